/*
 * rule.c
 *		Rows of campaign.rule: rules on how much people are sent.
 *
 * What a rule says is copied into each version that is published; that it is
 * there, and who counts by it, is asked of the row.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/sql.h"
#include "store/rule.h"

/* What every statement that reads rules selects, in this order. */
#define RULE_COLUMNS "r.rule_id, r.name, r.kind, r.settings, r.search_path"

/* The rules of a result. */
static List *
read_rules(const CampaignRows *rows)
{
	List	   *rules = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignRule *rule = palloc(sizeof(CampaignRule));

		rule->id = campaign_row_int8(rows, i, 1);
		rule->name = campaign_row_text(rows, i, 2);
		rule->kind = campaign_row_text(rows, i, 3);
		rule->settings = campaign_row_jsonb(rows, i, 4);
		rule->search_path = campaign_row_text(rows, i, 5);
		rules = lappend(rules, rule);
	}
	return rules;
}

/* Writes the row, replacing the current user's rule of that name. */
void
campaign_rule_save(const CampaignRule *rule)
{
	CAMPAIGN_STATEMENT(save,
					   "INSERT INTO campaign.rule (name, owner, owner_name,"
					   " kind, settings, search_path)"
					   " VALUES ($1, $2, $3, $4, jsonb_strip_nulls($5), $6)"
					   " ON CONFLICT (owner, name, owner_name) DO UPDATE"
					   " SET settings = excluded.settings,"
					   " search_path = excluded.search_path");

	campaign_execute(&save, campaign_text(rule->name),
					 campaign_oid(GetUserId()),
					 campaign_text(GetUserNameFromId(GetUserId(), false)),
					 campaign_text(rule->kind),
					 campaign_jsonb(rule->settings),
					 campaign_text(rule->search_path));
}

/* Deletes the owner's rule of that name. */
bool
campaign_rule_forget(Oid owner, const char *name)
{
	CAMPAIGN_STATEMENT(drop,
					   "DELETE FROM campaign.rule"
					   " WHERE owner = $1 AND name = $2");

	return campaign_execute(&drop, campaign_oid(owner),
							campaign_text(name)) > 0;
}

/* The owner's rules. */
List *
campaign_rule_list(Oid owner)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT " RULE_COLUMNS " FROM campaign.rule r"
					   " WHERE r.owner = $1 ORDER BY r.rule_id");

	return read_rules(campaign_query(&list, campaign_oid(owner)));
}

/* Those copied into the version. */
List *
campaign_rule_list_of_version(int64 version_id)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT " RULE_COLUMNS " FROM campaign.version v,"
					   " LATERAL jsonb_populate_recordset(NULL::campaign.rule,"
					   " v.rules) r WHERE v.version_id = $1 AND EXISTS"
					   " (SELECT FROM campaign.rule n"
					   " WHERE n.rule_id = r.rule_id) ORDER BY r.rule_id");

	return read_rules(campaign_query(&list, campaign_int8(version_id)));
}

/* Rules of these names, and those that hold always, as a jsonb array. */
Jsonb *
campaign_rule_freeze(Oid owner, List *names)
{
	CAMPAIGN_STATEMENT(freeze,
					   "SELECT coalesce(jsonb_agg(to_jsonb(r) - 'owner'"
					   " - 'owner_name' ORDER BY r.rule_id), '[]')"
					   " FROM campaign.rule r WHERE r.owner = $1"
					   " AND (r.name = ANY ($2)"
					   " OR r.settings @> '{\"always\": true}')");

	return campaign_row_jsonb(campaign_query(&freeze, campaign_oid(owner),
											 campaign_text_array(names)),
							  0, 1);
}

/* Locks a rule; gives its settings now. */
Jsonb *
campaign_rule_lock(int64 rule_id)
{
	CAMPAIGN_STATEMENT(lock,
					   "SELECT settings FROM campaign.rule"
					   " WHERE rule_id = $1 FOR NO KEY UPDATE");
	CampaignRows *rows = campaign_query(&lock, campaign_int8(rule_id));

	return rows->count == 0 ? NULL : campaign_row_jsonb(rows, 0, 1);
}
