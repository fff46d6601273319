/*
 * secret.c
 *		What tracking URLs are signed with.
 *
 * One secret per database, in a table, so that a dump brings it along and the
 * links in messages that were sent long ago still work after a restore.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/errors.h"
#include "base/sql.h"
#include "queue/secret.h"
#include "set/tracking.h"

CAMPAIGN_STATEMENT(read_secret, "SELECT secret FROM campaign.secret");

CAMPAIGN_STATEMENT(insert_secret,
				   "INSERT INTO campaign.secret (secret) VALUES ($1)"
				   " ON CONFLICT (sole) DO NOTHING");

/* The secret, or NULL. */
char *
campaign_secret_read(void)
{
	CampaignRows *rows = campaign_sql_query(&read_secret, 0, NULL);
	bytea	   *secret = rows->count == 0 ? NULL :
		campaign_row_bytes(rows, 0, 1);

	if (secret == NULL)
		return NULL;
	campaign_ensure(VARSIZE_ANY_EXHDR(secret) == CAMPAIGN_SECRET_BYTES,
					"the secret has another length");
	return VARDATA_ANY(secret);
}

/* The secret; whoever makes it first, it is read after that has committed. */
char *
campaign_secret_require(void)
{
	char	   *secret = campaign_secret_read();
	char		bytes[CAMPAIGN_SECRET_BYTES];

	if (secret != NULL)
		return secret;
	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	campaign_execute(&insert_secret,
					 campaign_bytes(bytes, sizeof(bytes)));
	secret = campaign_secret_read();
	campaign_ensure(secret != NULL, "the secret is gone");
	return secret;
}
