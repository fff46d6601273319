/*
 * difference.c
 *		What two versions of a campaign differ in.
 *
 * Versions are compared by what they are frozen with, and the draft by what
 * publishing would freeze now: so a template or a dimension that somebody
 * changed shows, although nobody touched the campaign.
 */
#include "postgres.h"

#include "base/errors.h"
#include "base/sql.h"
#include "store/difference.h"

/* The parts of a document, a row each; oids and ids say nothing to people. */
#define PARTS(document) \
	"(SELECT 1 AS rank, 'campaign' AS part, key AS name, value" \
	" FROM jsonb_each(" document " -> 'definition')" \
	" WHERE key IN ('dimension', 'description')" \
	" UNION ALL SELECT 2, 'setting', key, value" \
	" FROM jsonb_each(" document " #> '{definition,settings}')" \
	" WHERE key <> 'variables'" \
	" UNION ALL SELECT 3, 'variable', key, value" \
	" FROM jsonb_each(" document " #> '{definition,settings,variables}')" \
	" UNION ALL SELECT 4, 'activity', a ->> 'name'," \
	" coalesce(a -> 'options', '{}') || jsonb_build_object(" \
	"'kind', a -> 'kind', 'search_path', a -> 'search_path')" \
	" FROM jsonb_array_elements(" document " #> '{definition,activities}') a" \
	" UNION ALL SELECT 5, 'transition', format('%s.%s -> %s'," \
	" t ->> 'source', t ->> 'outcome', t ->> 'target'), 'true'" \
	" FROM jsonb_array_elements(" document " #> '{definition,transitions}') t" \
	" UNION ALL SELECT 6, 'dimension', key, value - '{owner,owner_name,relation,name}'::text[]" \
	" FROM jsonb_each(" document " -> 'dimensions')" \
	" UNION ALL SELECT 7, 'rule', r ->> 'name', r - '{rule_id,name}'::text[]" \
	" FROM jsonb_array_elements(" document " -> 'rules') r)"

/* What a version is frozen with. */
Jsonb *
campaign_version_contents(int64 version_id)
{
	CAMPAIGN_STATEMENT(read,
					   "SELECT jsonb_build_object('definition', definition,"
					   " 'dimensions', dimensions, 'rules', rules)"
					   " FROM campaign.version WHERE version_id = $1");
	CampaignRows *rows = campaign_query(&read, campaign_int8(version_id));

	campaign_ensure(rows->count == 1, "version " INT64_FORMAT " is missing",
					version_id);
	return campaign_row_jsonb(rows, 0, 1);
}

/* What a draft would be frozen with. */
Jsonb *
campaign_contents_of(const Jsonb *definition, const Jsonb *dimensions,
					 const Jsonb *rules)
{
	CAMPAIGN_STATEMENT(build,
					   "SELECT jsonb_build_object('definition', $1,"
					   " 'dimensions', $2, 'rules', $3)");

	return campaign_row_jsonb(campaign_query(&build,
											 campaign_jsonb(definition),
											 campaign_jsonb(dimensions),
											 campaign_jsonb(rules)),
							  0, 1);
}

/*
 * Compares two documents.  Of an activity, a dimension or a rule that both
 * have, each member that differs is a row.
 */
List *
campaign_contents_compare(const Jsonb *before, const Jsonb *after)
{
	CAMPAIGN_STATEMENT(compare,
					   "SELECT w.part, w.name, m.member,"
					   " CASE WHEN m.before IS NULL THEN 'added'"
					   " WHEN m.after IS NULL THEN 'removed'"
					   " ELSE 'changed' END, m.before, m.after"
					   " FROM (SELECT rank, part, name,"
					   " nullif(o.value, 'null') AS before,"
					   " nullif(n.value, 'null') AS after"
					   " FROM " PARTS("$1") " o"
					   " FULL JOIN " PARTS("$2") " n USING (rank, part, name)"
					   " WHERE o.value IS DISTINCT FROM n.value) w"
					   " CROSS JOIN LATERAL (SELECT w.rank IN (4, 6, 7)"
					   " AND w.before IS NOT NULL"
					   " AND w.after IS NOT NULL AS split) s"
					   " CROSS JOIN LATERAL (SELECT NULL AS member, w.before,"
					   " w.after WHERE NOT s.split"
					   " UNION ALL SELECT key, nullif(o.value, 'null'),"
					   " nullif(n.value, 'null')"
					   " FROM jsonb_each(CASE WHEN s.split THEN w.before END) o"
					   " FULL JOIN jsonb_each(CASE WHEN s.split"
					   " THEN w.after END) n USING (key)) m"
					   " WHERE m.before IS DISTINCT FROM m.after"
					   " ORDER BY w.rank, w.name COLLATE \"C\","
					   " m.member COLLATE \"C\"");
	CampaignRows *rows = campaign_query(&compare, campaign_jsonb(before),
										campaign_jsonb(after));
	List	   *differences = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignDifference *difference = palloc(sizeof(CampaignDifference));

		difference->part = campaign_row_text(rows, i, 1);
		difference->name = campaign_row_text(rows, i, 2);
		difference->member = campaign_row_text(rows, i, 3);
		difference->change = campaign_row_text(rows, i, 4);
		difference->before = campaign_row_jsonb(rows, i, 5);
		difference->after = campaign_row_jsonb(rows, i, 6);
		differences = lappend(differences, difference);
	}
	return differences;
}
