/*
 * reacted.c
 *		What people did with messages, in rule trees.
 *
 * The recipients are grouped once and joined with the row by its key, as the
 * audience's option does with those it has written down before.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/json.h"
#include "base/text.h"
#include "set/clause.h"
#include "set/feedback.h"
#include "set/row.h"

/* The dimension of the row; refused if it is none. */
static CampaignTarget *
require_target(const CampaignClause *clause, const CampaignClauseRow *row,
			   const char *path)
{
	CampaignTarget *target = campaign_clause_target(clause, row->dimension);

	if (target == NULL || row->alias != NULL)
		campaign_clause_refuse(ERRCODE_FEATURE_NOT_SUPPORTED, path,
							   "feedback is asked of the row itself",
							   "Move the condition out of \"where\", or select the linked rows in an audience of their dimension.");
	return target;
}

/* Refuses a delivery of this campaign that is none. */
static void
check_delivery(const CampaignClause *clause, const CampaignReacted *reacted,
			   const char *path)
{
	const CampaignGraph *graph = clause->variables == NULL ? NULL :
		clause->variables->graph;
	List	   *names = NIL;
	ListCell   *cell;

	if (reacted->campaign != NULL || graph == NULL)
		return;
	foreach(cell, graph->activities)
		names = lappend(names, ((CampaignActivity *) lfirst(cell))->name);
	if (!campaign_list_has(names, reacted->delivery))
		campaign_clause_refuse(ERRCODE_UNDEFINED_OBJECT, path,
							   psprintf("\"%s\" is no delivery of this campaign",
										reacted->delivery),
							   psprintf("%s For one of another campaign, name that in \"campaign\".",
										campaign_nearest_hint(reacted->delivery,
															  names,
															  "activities")));
}

/* A time as it is written; NULL if absent. */
static char *
write_time(CampaignClause *clause, const char *sql, const char *path)
{
	StringInfoData outer;

	if (sql == NULL)
		return NULL;
	outer = campaign_clause_apart(clause);
	campaign_clause_piece(clause, sql, path, false);
	return campaign_clause_taken(clause, &outer);
}

/* The number of this run, as it is written. */
static char *
run_number(const CampaignClause *clause)
{
	if (clause->variables == NULL || clause->variables->run_id == 0)
		return pstrdup("NULL::bigint /* this run */");
	return psprintf(INT64_FORMAT, clause->variables->run_id);
}

/* Writes a condition on what people did with messages. */
void
campaign_clause_feedback(CampaignClause *clause, const CampaignClauseRow *row,
						 const JsonbContainer *node, const char *path,
						 bool negated)
{
	JsonbValue *value = campaign_object_member(node, "feedback");
	CampaignReacted reacted;
	CampaignTarget *target;
	char	   *what = psprintf("rule at %s.feedback:", path);
	char	   *since;
	char	   *until;

	path = psprintf("%s.feedback", path);
	target = require_target(clause, row, path);
	if (value == NULL || value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "it must be an object",
							   "Write {\"feedback\": {\"delivery\": \"mail\", \"not\": \"opened\"}}.");
	campaign_reacted_read(value->val.binary.data, what, &reacted);
	campaign_reacted_check(&reacted, what);
	check_delivery(clause, &reacted, path);
	since = write_time(clause, reacted.since, psprintf("%s.since", path));
	until = write_time(clause, reacted.until, psprintf("%s.until", path));
	appendStringInfo(&clause->text, "%sEXISTS (SELECT FROM (",
					 negated ? "NOT " : "");
	campaign_reacted_select(&clause->text, &reacted, row->dimension,
							run_number(clause), clause->variables != NULL &&
							clause->variables->test, since, until);
	appendStringInfo(&clause->text,
					 ") AS feedback WHERE feedback.recipient = %s COLLATE \"C\")",
					 campaign_row_recipient(target, NULL));
}
