/*
 * judge.c
 *		What decided over one row in an activity.
 *
 * What was drawn is known for ever, for a draw depends on key and seed alone.
 * Conditions are not: they are evaluated again, part by part, over the row as
 * it is today, as the owner in a security-restricted operation and in
 * subtransactions that are undone, so that one that fails spoils no other.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "activity/activity.h"
#include "activity/option.h"
#include "activity/split_select.h"
#include "base/attempt.h"
#include "base/identity.h"
#include "base/sql.h"
#include "base/text.h"
#include "engine/judge.h"
#include "set/part.h"
#include "set/row.h"
#include "set/select.h"

/* So many of the rows that stayed instead are named. */
#define MOST_SURVIVORS	5

/* An activity that is looked into as the owner. */
typedef struct Judge
{
	CampaignJudgement *judgement;
	CampaignTask task;
	CampaignPopulation *population; /* the row is read from, or NULL */
	MemoryContext context;		/* of what is found */
	StringInfoData conditions;	/* elements of a JSON array */
	bool		exists;			/* there is such a row today */
	/* one evaluation */
	CampaignSelect *select;
	List	   *values;			/* of char *, or NULL */
} Judge;

/* -------------------------------- answers -------------------------------- */

/* Begins a member of the facts. */
void
campaign_judge_member(CampaignJudgement *judgement, const char *name)
{
	if (judgement->facts.len > 0)
		appendStringInfoString(&judgement->facts, ", ");
	escape_json(&judgement->facts, name);
	appendStringInfoString(&judgement->facts, ": ");
}

/* Adds a part to what decided. */
void
campaign_judge_decide(CampaignJudgement *judgement, const char *format,...)
{
	if (judgement->decided.len > 0)
		appendStringInfoString(&judgement->decided, "; ");
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&judgement->decided, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&judgement->decided, needed);
	}
}

/* The facts as a document; NULL if there are none. */
Jsonb *
campaign_judge_facts(const CampaignJudgement *judgement)
{
	if (judgement->facts.len == 0)
		return NULL;
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(psprintf("{%s}",
																	   judgement->facts.data))));
}

/* ------------------------------- evaluation ------------------------------ */

typedef struct Taker
{
	CampaignReceiver receiver;
	Judge	   *judge;
} Taker;

/* Receiver: keeps the first column as text. */
static void
take_value(CampaignReceiver *self, TupleTableSlot *slot)
{
	Judge	   *judge = ((Taker *) self)->judge;
	MemoryContext old = MemoryContextSwitchTo(judge->context);

	slot_getallattrs(slot);
	judge->values = lappend(judge->values, slot->tts_isnull[0] ? NULL :
							TextDatumGetCString(slot->tts_values[0]));
	MemoryContextSwitchTo(old);
}

/* Runs the select that was built. */
static void
run_select(void *arg)
{
	Judge	   *judge = arg;
	Taker		taker = {{NULL, take_value}, judge};

	(void) campaign_select_run(judge->select, &taker.receiver);
}

/*
 * Tries something; gives the message of its error, or NULL.  Whoever cancels
 * means all of it.
 */
static char *
try(void (*body) (void *arg), void *arg)
{
	ErrorData  *error = campaign_attempt(body, arg);

	if (error == NULL)
		return NULL;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error->message;
}

/* Begins a select of a text over the row; the expression is the caller's. */
static StringInfo
begin_select(Judge *judge)
{
	judge->select = campaign_task_select(&judge->task);
	judge->select->sample = NULL;
	judge->values = NIL;
	appendStringInfoString(&judge->select->text, "SELECT (");
	return &judge->select->text;
}

/* Ends it: from where the row is, with its key. */
static void
end_select(Judge *judge)
{
	const CampaignTarget *target = judge->task.scope.target;

	appendStringInfoString(&judge->select->text, ")::pg_catalog.text FROM ");
	campaign_row_from(judge->select, target, judge->population,
					  CAMPAIGN_ROW_LEFT);
	appendStringInfo(&judge->select->text, " WHERE %s LIMIT 1",
					 campaign_row_has_key(target, judge->judgement->key));
}

/* Finds out whether there is a row of that key; it may be none at all. */
static void
seek(Judge *judge)
{
	const CampaignTarget *target = judge->task.scope.target;

	if (!OidIsValid(target->relation) && judge->population == NULL)
		return;
	appendStringInfoString(begin_select(judge), "true");
	end_select(judge);
	judge->exists = try(run_select, judge) == NULL && judge->values != NIL;
}

/*
 * What the expression gives for the row: a text, "null", or an error; *value is
 * set if it is a value.
 */
static char *
evaluate(Judge *judge, const CampaignExpression *expression, char **value)
{
	char	   *error;

	*value = NULL;
	begin_select(judge);
	campaign_select_expression(judge->select, expression);
	end_select(judge);
	error = try(run_select, judge);
	if (error != NULL)
		return psprintf("error: %s", error);
	*value = linitial(judge->values);
	return *value == NULL ? pstrdup("null") : *value;
}

/* Notes the result of a part of a condition. */
static void
note_condition(Judge *judge, const char *outcome, const char *part,
			   const char *result)
{
	StringInfo	text = &judge->conditions;

	appendStringInfoString(text, text->len > 0 ? ", {" : "{");
	if (outcome != NULL)
	{
		appendStringInfoString(text, "\"outcome\": ");
		escape_json(text, outcome);
		appendStringInfoString(text, ", ");
	}
	appendStringInfoString(text, "\"part\": ");
	escape_json(text, part);
	appendStringInfoString(text, ", \"result\": ");
	escape_json(text, result);
	appendStringInfoChar(text, '}');
}

/*
 * Evaluates a condition by its parts; gives those that are not true with what
 * they are, or NULL if all are true.
 */
static char *
fails(Judge *judge, const CampaignExpression *condition, const char *outcome)
{
	StringInfoData failed;
	ListCell   *cell;

	if (!judge->exists)
		return pstrdup("there is no such row today");
	initStringInfo(&failed);
	foreach(cell, campaign_expression_parts(condition))
	{
		const CampaignPart *part = lfirst(cell);
		char	   *value;
		char	   *result = evaluate(judge, part->expression, &value);

		note_condition(judge, outcome, part->text, result);
		if (strcmp(result, "true") != 0)
			appendStringInfo(&failed, "%s%s is %s", failed.len > 0 ? ", " : "",
							 part->text, result);
	}
	return failed.len > 0 ? failed.data : NULL;
}

/* -------------------------------- filters -------------------------------- */

/* Why a row that satisfies the filter today did not come out. */
static const char *
other_reason(const CampaignActivity *activity)
{
	if (campaign_object_member(&activity->options->root, "feedback") != NULL)
		return "feedback, or the filter is satisfied only today";
	if (strcmp(activity->kind, "incremental") == 0)
		return "it was returned before, or the filter is satisfied only today";
	if (strcmp(activity->kind, "reconcile") == 0)
		return "nothing matched";
	return "the filter is satisfied only today";
}

/* Judges the option "filter" of kinds that have one. */
static void
judge_filter(Judge *judge, const CampaignKind *kind)
{
	CampaignJudgement *judgement = judge->judgement;
	const CampaignActivity *activity = judgement->activity;
	bool		lost = judgement->settled &&
		(judgement->present == NIL ||
		 strcmp(linitial(judgement->present), "unmatched") == 0);

	for (int i = 0; i < kind->noptions; i++)
	{
		CampaignExpression *condition;
		char	   *failed;

		if (kind->options[i].type != CAMPAIGN_OPTION_CONDITION)
			continue;
		condition = campaign_option_expression(activity, kind->options[i].name);
		failed = condition == NULL ? NULL : fails(judge, condition, NULL);
		if (!lost)
			continue;
		judgement->judged = "now";
		if (failed != NULL)
			campaign_judge_decide(judgement, "%s", failed);
		else
			campaign_judge_decide(judgement, "%s", other_reason(activity));
	}
}

/* --------------------------------- split --------------------------------- */

/* Where the key stands in a draw of the activity. */
static double
draw(const CampaignTask *task, const char *key, const char *name)
{
	CAMPAIGN_STATEMENT(find, "SELECT campaign.sample_position($1, $2)");
	bool		isnull;
	CampaignRows *rows = campaign_query(&find, campaign_text(key),
										campaign_text(campaign_task_seed(task,
																		 name)));

	return DatumGetFloat8(campaign_row_datum(rows, 0, 1, &isnull));
}

/* The limit of a share, for people. */
static char *
limit_text(const CampaignShare *share)
{
	const char *unit = share->percent ? "percent" : "rows";

	if (share->formula != NULL)
		return psprintf("its limit of %s %s", share->formula, unit);
	if (share->quotas != NIL)
		return pstrdup("its limit for each value");
	return psprintf("its limit of %.15g %s%s", share->limit, unit,
					share->by != NULL ? " in each group" : "");
}

/*
 * Judges one outcome by its draw or its limit; the row satisfies its filter as
 * far as that is known.
 */
static void
judge_share(Judge *judge, const CampaignShares *shares,
			const CampaignShare *share, bool taken, double *from)
{
	CampaignJudgement *judgement = judge->judgement;
	double		start;
	double		position;

	if (!share->limited)
	{
		if (taken)
			campaign_judge_decide(judgement, "%s: %s", share->name,
								  share->filter == NULL ? "takes the rest" :
								  "its filter");
		return;
	}
	if (!campaign_share_drawn(shares, share))
	{
		campaign_judge_decide(judgement, "%s: %s %s", share->name,
							  taken ? "within" : "beyond", limit_text(share));
		return;
	}
	start = campaign_split_range(shares, share, from);
	position = draw(&judge->task, judgement->key,
					shares->overlap ? share->name : NULL);
	campaign_judge_decide(judgement,
						  "%s: draw %.6f is %s %.6g to %.6g", share->name,
						  position, position >= start && position < *from ?
						  "within" : "not within", start, *from);
}

/*
 * Judges a split: its outcomes in order, up to the one that took the row; with
 * overlap all of them.
 */
static void
judge_split(Judge *judge)
{
	CampaignJudgement *judgement = judge->judgement;
	CampaignShares *shares = campaign_shares_read(judgement->activity->options);
	double		from = 0;
	ListCell   *cell;

	foreach(cell, shares->list)
	{
		const CampaignShare *share = lfirst(cell);
		CampaignExpression *filter = campaign_share_filter(judgement->activity,
														   share);
		bool		taken = campaign_list_has(judgement->present, share->name);
		char	   *failed = NULL;

		if (filter != NULL && judgement->evaluate)
		{
			failed = fails(judge, filter, share->name);
			judgement->judged = "now";
		}
		if (!judgement->settled)
			continue;
		if (failed != NULL && !taken)
		{
			campaign_judge_decide(judgement, "%s: %s", share->name, failed);
			if (campaign_share_drawn(shares, share))
				(void) campaign_split_range(shares, share, &from);
		}
		else if (taken || judgement->evaluate || filter == NULL)
			judge_share(judge, shares, share, taken, &from);
		if (taken && !shares->overlap)
			break;
	}
	if (judgement->settled && judgement->judged == NULL)
		judgement->judged = "then";
	campaign_judge_member(judgement, "draw");
	appendStringInfo(&judgement->facts, "%.17g",
					 draw(&judge->task, judgement->key, NULL));
}

/* ------------------------------ deduplicate ------------------------------ */

/* Appends the values to the facts as an array. */
static void
note_values(CampaignJudgement *judgement, const char *name, List *values)
{
	ListCell   *cell;

	campaign_judge_member(judgement, name);
	appendStringInfoChar(&judgement->facts, '[');
	foreach(cell, values)
	{
		if (foreach_current_index(cell) > 0)
			appendStringInfoString(&judgement->facts, ", ");
		if (lfirst(cell) == NULL)
			appendStringInfoString(&judgement->facts, "null");
		else
			escape_json(&judgement->facts, lfirst(cell));
	}
	appendStringInfoChar(&judgement->facts, ']');
}

/* The flow of what stayed, if its population is still there. */
static CampaignFlow *
survivors(const CampaignJudgement *judgement)
{
	ListCell   *cell;

	foreach(cell, judgement->outbound)
	{
		CampaignFlow *flow = lfirst(cell);

		if (strcmp(flow->outcome, "result") == 0 && flow->population != NULL)
			return flow;
	}
	return NULL;
}

/* Names the rows that stayed and are equal to this one today. */
static void
name_survivors(Judge *judge, List *by, List *values)
{
	CampaignJudgement *judgement = judge->judgement;
	const CampaignTarget *target = judge->task.scope.target;
	CampaignFlow *flow = survivors(judgement);
	StringInfo	text;
	ListCell   *cell;

	if (flow == NULL)
	{
		campaign_judge_decide(judgement, "a duplicate of rows that are not kept");
		return;
	}
	text = begin_select(judge);
	appendStringInfo(text, "%s)::pg_catalog.text FROM ",
					 campaign_row_recipient(target, NULL));
	campaign_row_from(judge->select, target,
					  campaign_population_open(flow->population, target),
					  CAMPAIGN_ROW_LEFT);
	foreach(cell, by)
	{
		const char *value = list_nth(values, foreach_current_index(cell));

		appendStringInfo(text, " %s (", foreach_current_index(cell) > 0 ?
						 "AND" : "WHERE");
		campaign_select_expression(judge->select, lfirst(cell));
		appendStringInfo(text, ")::pg_catalog.text COLLATE \"C\" %s %s",
						 value == NULL ? "IS" : "=", value == NULL ? "NULL" :
						 quote_literal_cstr(value));
	}
	appendStringInfo(text, " ORDER BY 1 LIMIT %d", MOST_SURVIVORS);
	if (try(run_select, judge) != NULL || judge->values == NIL)
		return;
	campaign_judge_decide(judgement, "replaced by %s",
						  campaign_list_join(judge->values));
	note_values(judgement, "replaced_by", judge->values);
}

/* Judges a deduplication: what the row is compared by, and who has it too. */
static void
judge_deduplicate(Judge *judge)
{
	CampaignJudgement *judgement = judge->judgement;
	List	   *by = campaign_option_expressions(judgement->activity, "by");
	List	   *values = NIL;
	ListCell   *cell;

	if (!judge->exists)
		return;
	foreach(cell, by)
	{
		char	   *value;

		(void) evaluate(judge, lfirst(cell), &value);
		values = lappend(values, value);
	}
	note_values(judgement, "by", values);
	judgement->judged = "now";
	if (campaign_list_has(judgement->present, "duplicates"))
		name_survivors(judge, by, values);
}

/* ------------------------------- the whole ------------------------------- */

/* Adds the columns that activities added to the row, as they were. */
static void
note_columns(Judge *judge)
{
	CampaignJudgement *judgement = judge->judgement;
	CampaignFlow *flow = judgement->kept;
	const CampaignTarget *target;
	CampaignPopulation *population;
	StringInfo	text;
	List	   *added;
	ListCell   *cell;

	if (flow == NULL)
		return;
	target = campaign_graph_target(judgement->graph, flow->dimension);
	population = campaign_population_open(flow->population, target);
	added = campaign_population_added(population);
	if (added == NIL)
		return;
	text = begin_select(judge);
	appendStringInfoString(text, "SELECT pg_catalog.to_jsonb(v) FROM (SELECT ");
	foreach(cell, added)
		appendStringInfo(text, "%s%s.%s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_identifier(target->dimension->name),
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfo(text, " FROM %s AS %s WHERE %s LIMIT 1) AS v)::pg_catalog.text",
					 population->source,
					 quote_identifier(target->dimension->name),
					 campaign_row_has_key(target, judgement->key));
	if (try(run_select, judge) != NULL || linitial(judge->values) == NULL)
		return;
	campaign_judge_member(judgement, "columns");
	appendStringInfoString(&judgement->facts, linitial(judge->values));
}

/* Readies what expressions are evaluated with. */
static void
open_scope(Judge *judge)
{
	CampaignJudgement *judgement = judge->judgement;
	CampaignScope *scope = &judge->task.scope;
	CampaignVariables *variables =
		campaign_variables_of_run(judgement->graph->campaign->settings,
								  judgement->run->variables);

	variables->run_id = judgement->run->id;
	variables->test = judgement->run->test;
	campaign_scope_open(scope, judgement->graph, judgement->activity,
						variables);
	if (judgement->inbound != NULL)
	{
		judge->population =
			campaign_population_open(judgement->inbound->population,
									 scope->target);
		scope->added = campaign_population_added(judge->population);
	}
}

/* Judges by what the owner wrote. */
static void
judge_as_owner(void *arg)
{
	Judge	   *judge = arg;
	const CampaignActivity *activity = judge->judgement->activity;
	CampaignIdentity identity;
	int			nestlevel;

	campaign_identity_assume(&identity, judge->judgement->run->owner);
	nestlevel = campaign_formats_enter();
	note_columns(judge);
	open_scope(judge);
	seek(judge);
	if (strcmp(activity->kind, "split") == 0)
		judge_split(judge);
	else if (strcmp(activity->kind, "deduplicate") == 0)
		judge_deduplicate(judge);
	else
		judge_filter(judge, campaign_kind_find(activity->kind));
	campaign_settings_leave(nestlevel);
	campaign_identity_leave(&identity);
}

/* The same, leaving nothing behind. */
static void
judge_in_vain(void *arg)
{
	campaign_attempt_in_vain(judge_as_owner, arg);
}

/* Answers. */
void
campaign_judge(CampaignJudgement *judgement)
{
	Judge		judge = {judgement};
	char	   *error;

	judge.context = CurrentMemoryContext;
	judge.task.run = judgement->run;
	judge.task.scope.activity = judgement->activity;
	judge.task.scope.graph = judgement->graph;
	initStringInfo(&judge.conditions);
	if (!judgement->evaluate)
	{
		if (strcmp(judgement->activity->kind, "split") == 0)
			judge_split(&judge);
		return;
	}
	error = try(judge_in_vain, &judge);
	if (judge.conditions.len > 0)
	{
		campaign_judge_member(judgement, "conditions");
		appendStringInfo(&judgement->facts, "[%s]", judge.conditions.data);
	}
	if (error != NULL)
	{
		campaign_judge_member(judgement, "error");
		escape_json(&judgement->facts, error);
	}
}
