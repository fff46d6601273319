/*
 * version.c
 *		Frozen definitions of a campaign.
 *
 * A version's hash is computed from its rows, not from a document beside
 * them: what executes is what was hashed.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/errors.h"
#include "base/sql.h"
#include "store/link.h"
#include "store/filter.h"
#include "store/version.h"

/* The activities and transitions of version v as jsonb. */
#define ACTIVITIES_JSON \
	"coalesce((SELECT jsonb_agg(jsonb_build_object('name', a.name," \
	" 'kind', a.kind, 'options', a.options, 'search_path', a.search_path)" \
	" ORDER BY a.position) FROM campaign.activity a" \
	" WHERE a.version_id = v.version_id), '[]')"
#define TRANSITIONS_JSON \
	"coalesce((SELECT jsonb_agg(jsonb_build_object('source', t.source," \
	" 'outcome', t.outcome, 'target', t.target) ORDER BY t.position)" \
	" FROM campaign.transition t WHERE t.version_id = v.version_id), '[]')"
#define OBJECTS_JSON \
	"(SELECT jsonb_agg(to_jsonb(a.objects) ORDER BY a.position)" \
	" FROM campaign.activity a WHERE a.version_id = v.version_id)"
/*
 * What versions of the extension before did not freeze counts only where there
 * is some, so that versions of campaigns keep their hashes.
 */
#define IF_ANY(column) \
	" || CASE WHEN coalesce(v." column ", '[]') IN ('[]', '{}') THEN '[]'" \
	" ELSE jsonb_build_array(jsonb_build_object('" column "', v." column ")) END"
#define HASH \
	"sha256(convert_to((jsonb_build_array(v.definition, v.dimensions," \
	" v.rules, " ACTIVITIES_JSON ", " TRANSITIONS_JSON ", " OBJECTS_JSON ")" \
	IF_ANY("links") IF_ANY("filters") ")::text, 'UTF8'))"

/* The whole definition as jsonb. */
Jsonb *
campaign_version_definition(const CampaignRecord *record, int64 version_id)
{
	CAMPAIGN_STATEMENT(build,
					   "SELECT coalesce(v.definition, jsonb_build_object("
					   "'name', c.name, 'dimension', c.dimension,"
					   " 'description', c.description, 'settings', c.settings,"
					   " 'activities', " ACTIVITIES_JSON ","
					   " 'transitions', " TRANSITIONS_JSON "))"
					   " FROM campaign.version v"
					   " JOIN campaign.campaign c ON c.campaign_id = v.campaign_id"
					   " WHERE v.version_id = $1");
	CampaignRows *rows = campaign_query(&build, campaign_int8(version_id));

	campaign_ensure(rows->count == 1, "version " INT64_FORMAT " is missing",
					version_id);
	return campaign_row_jsonb(rows, 0, 1);
}

/*
 * Copies the graph's rows into the new version, with the options the
 * activities have by now: texts of templates are written out in them.
 */
static void
copy_graph(const CampaignGraph *draft, int64 version_id)
{
	CAMPAIGN_STATEMENT(copy_activity,
					   "INSERT INTO campaign.activity"
					   " SELECT $2, name, position, kind, $5, search_path, $4"
					   " FROM campaign.activity WHERE version_id = $1 AND name = $3");
	CAMPAIGN_STATEMENT(copy_transitions,
					   "INSERT INTO campaign.transition"
					   " SELECT $2, source, outcome, target, position"
					   " FROM campaign.transition WHERE version_id = $1"
					   " AND source IN (SELECT name FROM campaign.activity"
					   " WHERE version_id = $2)"
					   " AND target IN (SELECT name FROM campaign.activity"
					   " WHERE version_id = $2)");
	ListCell   *cell;

	foreach(cell, draft->activities)
	{
		CampaignActivity *activity = lfirst(cell);

		campaign_execute(&copy_activity, campaign_int8(draft->version_id),
						 campaign_int8(version_id),
						 campaign_text(activity->name),
						 campaign_text_array(activity->objects),
						 campaign_jsonb(activity->options));
	}
	campaign_execute(&copy_transitions, campaign_int8(draft->version_id),
					 campaign_int8(version_id));
}

/* Freezes the graph as the version of that number, 0: the next; gives it. */
static int
freeze(const CampaignGraph *draft, int number, const Jsonb *dimensions,
	   const Jsonb *rules)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.version (campaign_id, number,"
					   " dimensions, rules, links, filters, published_at,"
					   " published_by)"
					   " VALUES ($1, coalesce(nullif($7, 0),"
					   " (SELECT max(number) + 1 FROM campaign.version"
					   " WHERE campaign_id = $1)), $2, $3, $4, $5,"
					   " clock_timestamp(), $6)"
					   " RETURNING version_id, number");
	CAMPAIGN_STATEMENT(describe,
					   "UPDATE campaign.version SET definition = $2"
					   " WHERE version_id = $1");
	CAMPAIGN_STATEMENT(stamp,
					   "UPDATE campaign.version v SET hash = " HASH
					   " WHERE version_id = $1");
	CampaignRows *rows;
	int64		version_id;

	rows = campaign_query(&insert, campaign_int8(draft->campaign->id),
						  campaign_jsonb(dimensions), campaign_jsonb(rules),
						  campaign_jsonb(campaign_link_freeze(draft->links)),
						  campaign_jsonb(campaign_filter_freeze(draft->campaign->owner,
																draft->filters)),
						  campaign_text(GetUserNameFromId(GetUserId(), false)),
						  campaign_int4(number));
	version_id = campaign_row_int8(rows, 0, 1);
	copy_graph(draft, version_id);
	campaign_execute(&describe, campaign_int8(version_id),
					 campaign_jsonb(campaign_version_definition(draft->campaign,
																version_id)));
	campaign_execute(&stamp, campaign_int8(version_id));
	return campaign_row_int4(rows, 0, 2);
}

/* Freezes the draft as the next version; gives its number. */
int
campaign_version_publish(const CampaignGraph *draft, const Jsonb *dimensions,
						 const Jsonb *rules)
{
	return freeze(draft, 0, dimensions, rules);
}

/* Freezes the graph's part of the draft. */
void
campaign_version_freeze_part(const CampaignGraph *draft, int number,
							 const Jsonb *dimensions, const Jsonb *rules)
{
	(void) freeze(draft, number, dimensions, rules);
}

/* Deletes the version that is tested. */
void
campaign_version_drop_test(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(drop,
					   "DELETE FROM campaign.version"
					   " WHERE campaign_id = $1 AND number = -1");

	campaign_execute(&drop, campaign_int8(campaign_id));
}

/* True if the version's rows still have the hash they were frozen with. */
bool
campaign_version_intact(int64 version_id)
{
	CAMPAIGN_STATEMENT(compare,
					   "SELECT v.hash IS NOT DISTINCT FROM " HASH
					   " FROM campaign.version v WHERE v.version_id = $1");
	CampaignRows *rows = campaign_query(&compare, campaign_int8(version_id));

	return rows->count == 1 && campaign_row_bool(rows, 0, 1);
}

/* The hash that was stamped on it. */
char *
campaign_version_hash(int64 version_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT encode(hash, 'hex') FROM campaign.version"
					   " WHERE version_id = $1");

	return campaign_row_text(campaign_query(&find, campaign_int8(version_id)),
							 0, 1);
}

/* The version of that number; 0 if there is none. */
int64
campaign_version_find(int64 campaign_id, int number)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT version_id FROM campaign.version"
					   " WHERE campaign_id = $1 AND number = $2");
	CampaignRows *rows = campaign_query(&find, campaign_int8(campaign_id),
										campaign_int4(number));

	return rows->count == 0 ? 0 : campaign_row_int8(rows, 0, 1);
}

/* A definition with other defaults of variables, and no template any more. */
Jsonb *
campaign_definition_instantiate(const Jsonb *definition,
								const Jsonb *parameters)
{
	CAMPAIGN_STATEMENT(build,
					   "SELECT CASE WHEN $2 IS NULL THEN d ELSE jsonb_set(d,"
					   " '{settings,variables}', (SELECT jsonb_object_agg(key,"
					   " CASE WHEN $2 ? key"
					   " THEN jsonb_set(value, '{default}', $2 -> key)"
					   " ELSE value END)"
					   " FROM jsonb_each(d #> '{settings,variables}'))) END"
					   " FROM (SELECT $1 #- '{settings,template}' AS d) t");

	if (parameters != NULL && JB_ROOT_COUNT(parameters) == 0)
		parameters = NULL;
	return campaign_row_jsonb(campaign_query(&build,
											 campaign_jsonb(definition),
											 campaign_jsonb(parameters)),
							  0, 1);
}

/* Variables that have no default and are not given. */
List *
campaign_settings_missing(const Jsonb *settings, const Jsonb *parameters)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT key FROM jsonb_each($1 -> 'variables')"
					   " WHERE coalesce(value -> 'default', 'null') = 'null'"
					   " AND NOT value ? 'query'"
					   " AND coalesce($2 -> key, 'null') = 'null' ORDER BY 1");
	CampaignRows *rows = campaign_query(&find, campaign_jsonb(settings),
										campaign_jsonb(parameters));
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}
