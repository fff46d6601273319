/*
 * filter.c
 *		Rows of campaign.filter: saved conditions.
 *
 * What has been published has its own copy, so that whoever changes a filter
 * changes drafts and what is published later, and no campaign that runs.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/sql.h"
#include "store/filter.h"

/* What every statement that reads a filter selects, in this order. */
#define FILTER_COLUMNS \
	"f.name, f.dimension, f.condition, f.parameters, f.description," \
	" f.search_path"

/* The first row of FILTER_COLUMNS, or NULL if there is none. */
static CampaignFilter *
read_filter(const CampaignRows *rows)
{
	CampaignFilter *filter;

	if (rows->count == 0)
		return NULL;
	filter = palloc(sizeof(CampaignFilter));
	filter->name = campaign_row_text(rows, 0, 1);
	filter->dimension = campaign_row_text(rows, 0, 2);
	filter->condition = campaign_row_text(rows, 0, 3);
	filter->parameters = campaign_row_jsonb(rows, 0, 4);
	filter->description = campaign_row_text(rows, 0, 5);
	filter->search_path = campaign_row_text(rows, 0, 6);
	return filter;
}

/* Texts of a result's first column. */
static List *
read_texts(const CampaignRows *rows)
{
	List	   *texts = NIL;

	for (int i = 0; i < rows->count; i++)
		texts = lappend(texts, campaign_row_text(rows, i, 1));
	return texts;
}

/* Writes the row, replacing the current user's filter of that name. */
void
campaign_filter_save(const CampaignFilter *filter)
{
	CAMPAIGN_STATEMENT(save,
					   "INSERT INTO campaign.filter (name, owner, owner_name,"
					   " dimension, condition, parameters, description,"
					   " search_path)"
					   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
					   " ON CONFLICT (owner, name, owner_name) DO UPDATE"
					   " SET dimension = excluded.dimension,"
					   " condition = excluded.condition,"
					   " parameters = excluded.parameters,"
					   " description = excluded.description,"
					   " search_path = excluded.search_path");

	campaign_execute(&save, campaign_text(filter->name),
					 campaign_oid(GetUserId()),
					 campaign_text(GetUserNameFromId(GetUserId(), false)),
					 campaign_text(filter->dimension),
					 campaign_text(filter->condition),
					 campaign_jsonb(filter->parameters),
					 campaign_text(filter->description),
					 campaign_text(filter->search_path));
}

/* The owner's filter of that name, or NULL. */
CampaignFilter *
campaign_filter_find(Oid owner, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT " FILTER_COLUMNS " FROM campaign.filter f"
					   " WHERE f.owner = $1 AND f.name = $2");

	return read_filter(campaign_query(&find, campaign_oid(owner),
									  campaign_text(name)));
}

/* As it was when the version was published, or NULL. */
CampaignFilter *
campaign_filter_of_version(int64 version_id, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT " FILTER_COLUMNS
					   " FROM campaign.version v,"
					   " LATERAL jsonb_populate_record(NULL::campaign.filter,"
					   " v.filters -> $2) f"
					   " WHERE v.version_id = $1 AND v.filters ? $2");

	return read_filter(campaign_query(&find, campaign_int8(version_id),
									  campaign_text(name)));
}

/* Names of the owner's filters. */
List *
campaign_filter_names(Oid owner)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT name FROM campaign.filter"
					   " WHERE owner = $1 ORDER BY name");

	return read_texts(campaign_query(&list, campaign_oid(owner)));
}

/* Where the owner's filter is used. */
List *
campaign_filter_uses(Oid owner, const char *name)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT u.use FROM campaign.filters f,"
					   " unnest(f.used_by) AS u (use)"
					   " WHERE f.owner = $1 AND f.name = $2");

	return read_texts(campaign_query(&list,
									 campaign_text(GetUserNameFromId(owner,
																	 false)),
									 campaign_text(name)));
}

/* Deletes it; false if there is none. */
bool
campaign_filter_forget(Oid owner, const char *name)
{
	CAMPAIGN_STATEMENT(drop,
					   "DELETE FROM campaign.filter"
					   " WHERE owner = $1 AND name = $2");

	return campaign_execute(&drop, campaign_oid(owner),
							campaign_text(name)) > 0;
}

/* The rows of these names as jsonb: name -> row. */
Jsonb *
campaign_filter_freeze(Oid owner, List *names)
{
	CAMPAIGN_STATEMENT(freeze,
					   "SELECT coalesce(jsonb_object_agg(f.name,"
					   " to_jsonb(f) - 'filter_id'), '{}')"
					   " FROM campaign.filter f"
					   " WHERE f.owner = $1 AND f.name = ANY ($2)");

	return campaign_row_jsonb(campaign_query(&freeze, campaign_oid(owner),
											 campaign_text_array(names)),
							  0, 1);
}
