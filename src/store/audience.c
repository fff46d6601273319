/*
 * audience.c
 *		Saved audiences: rows kept beyond the run that selected them.
 *
 * A version is a table of its own that is written once, so whoever reads one
 * is not disturbed by the next, and two can be compared.  Audiences belong to
 * their owner and not to a campaign: what one saves, another reads.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "base/text.h"
#include "store/audience.h"

CAMPAIGN_STATEMENT(find,
				   "SELECT a.audience_id, a.name, v.dimension, a.owner,"
				   " coalesce(v.number, 0), v.population"
				   " FROM campaign.audience a LEFT JOIN LATERAL"
				   " (SELECT v.number, v.population, v.dimension"
				   " FROM campaign.audience_version v"
				   " WHERE v.audience_id = a.audience_id"
				   " AND (v.number = $3 OR $3 = 0)"
				   " ORDER BY v.number DESC LIMIT 1) v ON true"
				   " WHERE a.owner = $1 AND a.name = $2");

CAMPAIGN_STATEMENT(find_owners,
				   "SELECT owner FROM campaign.audience WHERE name = $1");

CAMPAIGN_STATEMENT(list,
				   "SELECT name FROM campaign.audience"
				   " WHERE owner = $1 ORDER BY name");

CAMPAIGN_STATEMENT(make,
				   "INSERT INTO campaign.audience"
				   " (name, owner, owner_name) VALUES ($1, $2, $3)"
				   " ON CONFLICT (owner, name, owner_name) DO NOTHING");

CAMPAIGN_STATEMENT(lock,
				   "SELECT FROM campaign.audience"
				   " WHERE owner = $1 AND name = $2 FOR NO KEY UPDATE");

CAMPAIGN_STATEMENT(add,
				   "INSERT INTO campaign.audience_version (audience_id,"
				   " number, population, dimension, mode, rows, run_id,"
				   " activity, campaign)"
				   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");

CAMPAIGN_STATEMENT(list_populations,
				   "SELECT population FROM campaign.audience_version"
				   " WHERE audience_id = $1 ORDER BY number DESC OFFSET $2");

CAMPAIGN_STATEMENT(forget,
				   "DELETE FROM campaign.audience_version"
				   " WHERE audience_id = $1 AND population = $2");

CAMPAIGN_STATEMENT(delete_audience,
				   "DELETE FROM campaign.audience WHERE audience_id = $1");

/* The owner's audience with one of its versions. */
CampaignAudience *
campaign_audience_find(Oid owner, const char *name, int number)
{
	CampaignRows *rows = campaign_query(&find, campaign_oid(owner),
										campaign_text(name),
										campaign_int4(number));
	CampaignAudience *audience;

	if (rows->count == 0)
		return NULL;
	audience = palloc(sizeof(CampaignAudience));
	audience->id = campaign_row_int8(rows, 0, 1);
	audience->name = campaign_row_text(rows, 0, 2);
	audience->dimension = campaign_row_text(rows, 0, 3);
	audience->owner = campaign_row_oid(rows, 0, 4);
	audience->number = campaign_row_int4(rows, 0, 5);
	audience->population = campaign_row_text(rows, 0, 6);
	return audience;
}

/* Names of the owner's audiences. */
List *
campaign_audience_names(Oid owner)
{
	CampaignRows *rows = campaign_query(&list, campaign_oid(owner));
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* Whose audience of that name the current user means; 0: nobody's. */
static Oid
find_owner(const char *name)
{
	CampaignRows *rows = campaign_query(&find_owners, campaign_text(name));
	Oid			found = InvalidOid;

	for (int i = 0; i < rows->count; i++)
	{
		Oid			owner = campaign_row_oid(rows, i, 1);

		if (owner == GetUserId())
			return owner;
		if (!OidIsValid(owner) || !campaign_acts_for(owner))
			continue;
		if (OidIsValid(found))
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
					 errmsg("several roles have an audience \"%s\"", name),
					 errhint("SET ROLE to the owner that is meant.")));
		found = owner;
	}
	return found;
}

/* One of a role the caller acts for. */
CampaignAudience *
campaign_audience_require(const char *name, int number)
{
	Oid			owner = find_owner(name);
	CampaignAudience *audience = OidIsValid(owner) ?
		campaign_audience_find(owner, name, number) : NULL;

	if (audience == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("audience \"%s\" does not exist", name),
				 errhint("%s",
						 campaign_nearest_hint(name,
											   campaign_audience_names(GetUserId()),
											   "audiences"))));
	if (audience->number == 0 && number != 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("audience \"%s\" has no version %d", name, number),
				 errhint("View campaign.audiences shows the versions that are kept.")));
	return audience;
}

/* Locks the audience; makes it first if need be. */
CampaignAudience *
campaign_audience_lock(Oid owner, const char *name)
{
	CampaignAudience *audience;

	campaign_execute(&make, campaign_text(name), campaign_oid(owner),
					 campaign_text(GetUserNameFromId(owner, false)));
	(void) campaign_query(&lock, campaign_oid(owner), campaign_text(name));
	audience = campaign_audience_find(owner, name, 0);
	campaign_ensure(audience != NULL, "audience \"%s\" is gone", name);
	return audience;
}

/* Adds a version. */
void
campaign_audience_add(int64 audience_id, const CampaignAudienceSave *save)
{
	campaign_execute(&add, campaign_int8(audience_id),
					 campaign_int4(save->number),
					 campaign_text(save->population),
					 campaign_text(save->dimension),
					 campaign_text(save->mode), campaign_int8(save->rows),
					 campaign_int8(save->run_id),
					 campaign_text(save->activity),
					 campaign_text(save->campaign));
}

/* Tables of the versions but the newest ones. */
List *
campaign_audience_populations(int64 audience_id, int keep)
{
	CampaignRows *rows = campaign_query(&list_populations,
										campaign_int8(audience_id),
										campaign_int8(keep));
	List	   *populations = NIL;

	for (int i = 0; i < rows->count; i++)
		populations = lappend(populations, campaign_row_text(rows, i, 1));
	return populations;
}

/* Forgets the version that had that table. */
void
campaign_audience_forget(int64 audience_id, const char *population)
{
	campaign_execute(&forget, campaign_int8(audience_id),
					 campaign_text(population));
}

/* Deletes the audience and what is known of its versions. */
void
campaign_audience_delete(int64 audience_id)
{
	campaign_execute(&delete_audience, campaign_int8(audience_id));
}
