/*
 * template.c
 *		Rows of campaign.template: named texts of messages.
 *
 * Rows are added and never changed, so that what somebody sent in spring can
 * still be read in autumn; the newest version of a name is the one that
 * counts.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/sql.h"
#include "store/template.h"

/* Adds the current user's next version of that name; gives its number. */
int
campaign_wording_save(const CampaignWording *wording)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.template (name, number, owner,"
					   " owner_name, channel, parts, description)"
					   " SELECT $1, coalesce(max(t.number), 0) + 1, $2, $3, $4,"
					   " $5, $6 FROM campaign.template t"
					   " WHERE t.owner = $2 AND t.name = $1"
					   " ON CONFLICT DO NOTHING RETURNING number");
	CampaignRows *rows;

	/* Again where somebody was faster: the number is taken then. */
	do
	{
		CHECK_FOR_INTERRUPTS();
		rows = campaign_query(&insert, campaign_text(wording->name),
							  campaign_oid(GetUserId()),
							  campaign_text(GetUserNameFromId(GetUserId(),
															  false)),
							  campaign_text(wording->channel),
							  campaign_jsonb(wording->parts),
							  campaign_text(wording->description));
	} while (rows->count == 0);
	return campaign_row_int4(rows, 0, 1);
}

/* The owner's newest version of that name, or NULL. */
CampaignWording *
campaign_wording_find(Oid owner, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT t.name, t.number, t.channel, t.parts, t.description"
					   " FROM campaign.template t"
					   " WHERE t.owner = $1 AND t.name = $2"
					   " ORDER BY t.number DESC LIMIT 1");
	CampaignRows *rows = campaign_query(&find, campaign_oid(owner),
										campaign_text(name));
	CampaignWording *wording;

	if (rows->count == 0)
		return NULL;
	wording = palloc(sizeof(CampaignWording));
	wording->name = campaign_row_text(rows, 0, 1);
	wording->number = campaign_row_int4(rows, 0, 2);
	wording->channel = campaign_row_text(rows, 0, 3);
	wording->parts = campaign_row_jsonb(rows, 0, 4);
	wording->description = campaign_row_text(rows, 0, 5);
	return wording;
}

/* Names of the owner's templates, or of its snippets. */
List *
campaign_wording_names(Oid owner, bool snippets)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT name FROM (SELECT DISTINCT ON (name) name, channel"
					   " FROM campaign.template WHERE owner = $1"
					   " ORDER BY name, number DESC) t"
					   " WHERE (channel IS NULL) = $2 ORDER BY name");
	CampaignRows *rows = campaign_query(&list, campaign_oid(owner),
										campaign_bool(snippets));
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* Deletes all versions of that name; false if there are none. */
bool
campaign_wording_drop(Oid owner, const char *name)
{
	CAMPAIGN_STATEMENT(drop,
					   "DELETE FROM campaign.template"
					   " WHERE owner = $1 AND name = $2");

	return campaign_execute(&drop, campaign_oid(owner),
							campaign_text(name)) > 0;
}
