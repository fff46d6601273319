/*
 * explain.c
 *		What the activities of a draft would execute, and what it would cost.
 *
 * Two passes, each in a subtransaction that is undone.  In the first, every
 * activity is given populations that are empty and is executed up to the point
 * where its statement has been planned; the rows that were expected become
 * the size by which what follows is planned.  In the second, which is only
 * made where it is asked for, a test run is executed from end to end.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "activity/activity.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/explain.h"
#include "engine/simulate.h"
#include "engine/step.h"
#include "engine/trial.h"
#include "set/observe.h"
#include "store/run.h"
#include "store/task.h"

typedef struct Explanation
{
	CampaignRecord *record;
	const CampaignRun *shown;	/* whose version it is; NULL: the draft */
	const Jsonb *variables;		/* of the draft */
	bool		together;		/* find out what is executed in one statement */
	MemoryContext context;		/* of the lines */
	List	   *lines;			/* of CampaignExplained * */
	/* while it is planned */
	CampaignRun *run;
	List	   *flows;			/* of CampaignFlow *: all that came out */
	const char *activity;		/* that is being planned */
	List	   *groups;			/* of Together * */
} Explanation;

/* Activities that are executed in one statement. */
typedef struct Together
{
	List	   *names;			/* of char *; the first executes the others */
	char	   *sql;
} Together;

/* ------------------------------- planning ------------------------------- */

/* What flows out of an activity of which nothing is executed. */
static List *
pass_on(const Explanation *explanation, const CampaignActivity *activity)
{
	List	   *inbound = campaign_task_inbound(explanation->run->id,
												explanation->run->version_id,
												activity->name);
	int			leading = Max(campaign_activity_leading(activity), 0);
	List	   *flows = NIL;
	ListCell   *cell;

	foreach(cell, campaign_activity_outcomes(activity))
	{
		CampaignFlow *flow = palloc(sizeof(CampaignFlow));

		*flow = *(CampaignFlow *) list_nth(inbound, leading);
		flow->source = activity->name;
		flow->outcome = lfirst(cell);
		flow->active = true;
		flows = lappend(flows, flow);
	}
	return flows;
}

/* Plans an activity; gives what would come out of it. */
static List *
plan_activity(const Explanation *explanation, const CampaignActivity *activity)
{
	if (strcmp(campaign_kind_find(activity->kind)->category,
			   "flow control") == 0)
		return pass_on(explanation, activity);
	return campaign_step_plan(explanation->run, activity->name);
}

/* True if the text goes on with what could be part of the name. */
static bool
goes_on(char next)
{
	return next == '_' || (next >= '0' && next <= '9') ||
		(next >= 'a' && next <= 'z');
}

/* The text with one table called something else. */
static char *
replace_name(const char *text, const char *name, const char *by)
{
	StringInfoData result;
	const char *found;

	initStringInfo(&result);
	while ((found = strstr(text, name)) != NULL)
	{
		appendBinaryStringInfo(&result, text, found - text);
		text = found + strlen(name);
		appendStringInfoString(&result, goes_on(*text) ? name : by);
	}
	appendStringInfoString(&result, text);
	return result.data;
}

/* The text with populations called after where they come from. */
static char *
name_populations(const Explanation *explanation, char *sql)
{
	ListCell   *cell;

	foreach(cell, explanation->flows)
	{
		const CampaignFlow *flow = lfirst(cell);

		/* Those that were passed on are called after where they were made. */
		if (flow->population != NULL)
			sql = replace_name(sql,
							   psprintf("campaign_data.%s", flow->population),
							   psprintf("campaign_data.\"%s.%s\"",
										flow->source, flow->outcome));
	}
	return sql;
}

/* The statements as one text. */
static char *
join_statements(const Explanation *explanation, List *statements)
{
	StringInfoData sql;
	ListCell   *cell;

	initStringInfo(&sql);
	foreach(cell, statements)
		appendStringInfo(&sql, "%s%s", sql.len > 0 ? ";\n" : "",
						 ((CampaignObserved *) lfirst(cell))->sql);
	return name_populations(explanation, sql.data);
}

/* Adds a line, where the end of the subtransaction leaves it. */
static CampaignExplained *
add_line(Explanation *explanation, const char *activity, const char *outcome,
		 int64 rows)
{
	MemoryContext old = MemoryContextSwitchTo(explanation->context);
	CampaignExplained *line = palloc0(sizeof(CampaignExplained));

	line->activity = pstrdup(activity);
	line->outcome = outcome == NULL ? NULL : pstrdup(outcome);
	line->estimated_rows = rows;
	line->actual_rows = -1;
	explanation->lines = lappend(explanation->lines, line);
	MemoryContextSwitchTo(old);
	return line;
}

/* Writes what was planned for an activity into its first line. */
static void
describe(Explanation *explanation, CampaignExplained *line, List *statements)
{
	MemoryContext old;
	ListCell   *cell;

	if (statements == NIL)
		return;
	foreach(cell, statements)
	{
		const CampaignObserved *observed = lfirst(cell);

		line->cost += observed->cost;
		if (observed->advice != NULL && line->advice == NULL)
			line->advice = MemoryContextStrdup(explanation->context,
											   observed->advice);
	}
	old = MemoryContextSwitchTo(explanation->context);
	line->sql = join_statements(explanation, statements);
	MemoryContextSwitchTo(old);
}

/* The group that the activity is in, or NULL. */
static const Together *
find_group(const Explanation *explanation, const char *activity)
{
	ListCell   *cell;

	foreach(cell, explanation->groups)
	{
		if (campaign_list_has(((Together *) lfirst(cell))->names, activity))
			return lfirst(cell);
	}
	return NULL;
}

/* Plans the activity with those that are executed with it, if there are any. */
static void
plan_together(void *arg)
{
	Explanation *explanation = arg;
	List	   *names = campaign_step_plan_together(explanation->run,
													explanation->activity);
	List	   *statements = campaign_observe_taken();
	MemoryContext old = MemoryContextSwitchTo(explanation->context);
	Together   *group = palloc0(sizeof(Together));
	ListCell   *cell;

	foreach(cell, names)
		group->names = lappend(group->names, pstrdup(lfirst(cell)));
	group->sql = join_statements(explanation, statements);
	if (group->names != NIL)
		explanation->groups = lappend(explanation->groups, group);
	MemoryContextSwitchTo(old);
}

/* The same, undone. */
static void
plan_together_in_vain(void *arg)
{
	campaign_attempt_in_vain(plan_together, arg);
}

/*
 * Finds out what is executed in one statement with the activity.  What fails so
 * would be executed one by one; who cancels ends it all.
 */
static void
find_together(Explanation *explanation, const CampaignActivity *activity)
{
	ErrorData  *error;

	if (!explanation->together ||
		find_group(explanation, activity->name) != NULL)
		return;
	explanation->activity = activity->name;
	error = campaign_attempt(plan_together_in_vain, explanation);
	if (error != NULL &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	(void) campaign_observe_taken();
}

/* Writes into the lines which activities are executed in one statement. */
static void
note_groups(Explanation *explanation)
{
	const char *before = NULL;
	ListCell   *cell;

	foreach(cell, explanation->lines)
	{
		CampaignExplained *line = lfirst(cell);
		const Together *group = find_group(explanation, line->activity);
		bool		first = before == NULL ||
			strcmp(before, line->activity) != 0;

		before = line->activity;
		if (group == NULL || !first)
			continue;
		line->together_with = linitial(group->names);
		if (strcmp(line->together_with, line->activity) == 0)
			line->together_sql = group->sql;
	}
}

/* Explains one activity: a line for each of its outcomes. */
static void
explain_activity(Explanation *explanation, const CampaignActivity *activity)
{
	List	   *flows;
	CampaignExplained *first = NULL;
	ListCell   *cell;

	find_together(explanation, activity);
	flows = plan_activity(explanation, activity);
	foreach(cell, flows)
	{
		CampaignFlow *flow = lfirst(cell);
		CampaignExplained *line = add_line(explanation, activity->name,
										   flow->outcome,
										   flow->population == NULL ? -1 :
										   flow->rows);

		campaign_flow_insert(explanation->run->id, flow);
		first = first == NULL ? line : first;
	}
	if (first == NULL)
		first = add_line(explanation, activity->name, NULL, -1);
	describe(explanation, first, campaign_observe_taken());
	explanation->flows = list_concat(explanation->flows, flows);
}

/* Explains all activities, sources before targets. */
static void
explain_all(void *arg)
{
	Explanation *explanation = arg;
	CampaignGraph *graph = campaign_graph_load(explanation->record,
											   explanation->run->version_id);
	ListCell   *cell;

	foreach(cell, campaign_graph_order(graph))
	{
		CHECK_FOR_INTERRUPTS();
		explain_activity(explanation, lfirst(cell));
	}
	note_groups(explanation);
}

/* The first pass. */
static void
plan_run(void *arg)
{
	Explanation *explanation = arg;
	int64		run_id = explanation->shown != NULL ?
		campaign_trial_repeat(explanation->record, explanation->shown) :
		campaign_trial_rehearse(explanation->record, explanation->variables);

	explanation->run = campaign_run_find(run_id);
	campaign_observe(explain_all, explanation);
}

/* ------------------------------- execution ------------------------------ */

/* Writes the rows that came out into the line of the outcome. */
static void
note_rows(Explanation *explanation, const CampaignFlow *flow)
{
	ListCell   *cell;

	foreach(cell, explanation->lines)
	{
		CampaignExplained *line = lfirst(cell);

		if (strcmp(line->activity, flow->source) == 0 &&
			line->outcome != NULL &&
			strcmp(line->outcome, flow->outcome) == 0)
			line->actual_rows = flow->rows;
	}
}

/* Writes the times of a task into the first line of the activity. */
static void
note_times(Explanation *explanation, const CampaignTaskState *task)
{
	ListCell   *cell;

	if (task->started_at == 0 || task->ended_at == 0)
		return;
	foreach(cell, explanation->lines)
	{
		CampaignExplained *line = lfirst(cell);

		if (strcmp(line->activity, task->activity) != 0)
			continue;
		line->executed = true;
		line->started_at = task->started_at;
		line->ended_at = task->ended_at;
		return;
	}
}

/* The second pass. */
static void
execute_run(void *arg)
{
	Explanation *explanation = arg;
	int64		run_id = campaign_trial_rehearse(explanation->record,
												 explanation->variables);
	ListCell   *cell;

	campaign_step_rehearse(run_id);
	foreach(cell, campaign_flow_all(run_id))
		note_rows(explanation, lfirst(cell));
	foreach(cell, campaign_task_states(run_id))
		note_times(explanation, lfirst(cell));
}

/* Explains the draft. */
List *
campaign_explain_draft(const char *campaign, bool analyze,
					   const Jsonb *variables)
{
	Explanation explanation = {
		.record = campaign_record_require(campaign, false),
		.variables = variables,
		.together = true,
		.context = CurrentMemoryContext
	};

	campaign_session_require_owner(explanation.record, "explain");
	campaign_attempt_in_vain(plan_run, &explanation);
	if (analyze)
	{
		explanation.record = campaign_record_require(campaign, false);
		campaign_attempt_in_vain(execute_run, &explanation);
	}
	return explanation.lines;
}

/* Explains a run, or the draft, without the second pass. */
List *
campaign_explain_sql(CampaignRecord *record, const CampaignRun *run)
{
	Explanation explanation = {
		.record = record,
		.shown = run,
		.variables = campaign_object_empty(),
		.context = CurrentMemoryContext
	};

	campaign_session_require_owner(record, "explain");
	campaign_attempt_in_vain(plan_run, &explanation);
	return explanation.lines;
}
