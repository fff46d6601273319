/*
 * join.c
 *		join: waits for inbound branches and goes on with one of them.
 *
 * A controlling kind: no row moves.  The engine makes it ready when as many
 * branches have come as it needs; if they cannot come any more, it is skipped.
 * One with a time-out is made ready by the first branch and waits for the
 * others itself; the engine executes it again whenever one of them has ended.
 */
#include "postgres.h"

#include "activity/option.h"
#include "activity/trial.h"
#include "base/clock.h"

static const CampaignOption options[] = {
	{"primary_set", CAMPAIGN_OPTION_TRANSITION, false,
		"the first inbound transition, with quorum or timeout the first to come",
	"The inbound transition whose population goes on, as activity or activity.outcome."},
	{"quorum", CAMPAIGN_OPTION_COUNT, false, "all",
	"How many inbound branches have to come; those that come later are ignored."},
	{"timeout", CAMPAIGN_OPTION_INTERVAL, false, "none",
	"How long to wait for them after the first; then the population goes on by outcome \"timeout\"."}
};

/* True if it may go on before all branches have come. */
static bool
goes_early(const Jsonb *given)
{
	return campaign_object_member(&given->root, "quorum") != NULL ||
		campaign_object_member(&given->root, "timeout") != NULL;
}

/* How many branches have to come. */
static int
quorum(const CampaignActivity *activity)
{
	int			all = list_length(activity->inbound);

	return (int) Min(campaign_option_count(activity->options, "quorum", all),
					 all);
}

/* How many have to come before it is executed. */
static int
needs_of_join(const CampaignActivity *activity)
{
	return campaign_object_member(&activity->options->root,
								  "timeout") != NULL ? 1 : quorum(activity);
}

/* "timeout" is there where it can be taken. */
static List *
outcomes_of_join(const Jsonb *given)
{
	List	   *names = campaign_outcome_sole(given);

	if (campaign_object_member(&given->root, "timeout") != NULL)
		names = lappend(names, pstrdup("timeout"));
	return names;
}

/* True if the two lists have the same columns in the same order. */
static bool
same_columns(List *columns, List *others)
{
	ListCell   *cell;
	ListCell   *other;

	if (list_length(columns) != list_length(others))
		return false;
	forboth(cell, columns, other, others)
	{
		CampaignColumn *left = lfirst(cell);
		CampaignColumn *right = lfirst(other);

		if (strcmp(left->name, right->name) != 0 || left->type != right->type)
			return false;
	}
	return true;
}

/* Refuses populations of which what follows could not take any one. */
static void
check_alike(const CampaignScope *scope)
{
	ListCell   *cell;

	foreach(cell, scope->activity->inbound)
	{
		CampaignTransition *transition = lfirst(cell);
		char	   *dimension = campaign_transition_dimension(scope->graph,
														 transition);

		if (strcmp(dimension, scope->target->dimension->name) == 0 &&
			same_columns(scope->added,
						 list_nth(scope->inbound,
								  foreach_current_index(cell))))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("inbound populations of join \"%s\" have different columns",
						scope->activity->name),
				 errdetail("Any of them may go on, but that of \"%s\" is not like the others.",
						   transition->source->name),
				 errhint("Without \"quorum\" and \"timeout\" it is known which one goes on.")));
	}
}

/* Refuses a primary set that does not come in, and more than can come. */
static void
check_join(const CampaignScope *scope)
{
	const CampaignActivity *activity = scope->activity;
	int			all = list_length(activity->inbound);

	campaign_scope_check_inbound(scope, "primary_set",
								 campaign_option_text(activity->options,
													  "primary_set"));
	if (all > 0 &&
		campaign_option_count(activity->options, "quorum", all) > all)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"quorum\" of join \"%s\" is more than its %d inbound transitions",
						activity->name, all),
				 errhint("Connect more with campaign_connect().")));
	if (goes_early(activity->options))
		check_alike(scope);
}

/* How many branches have come, and how many still can. */
static int
count_arrived(List *inbound, int *open)
{
	int			arrived = 0;
	ListCell   *cell;

	*open = 0;
	foreach(cell, inbound)
	{
		CampaignFlow *flow = lfirst(cell);

		if (flow->active)
			arrived++;
		else if (!flow->ended)
			(*open)++;
	}
	return arrived;
}

/* The number of the branch that goes on: the primary one, or the first. */
static int
leading_branch(const CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	char	   *primary = campaign_option_text(activity->options,
											   "primary_set");
	int			first = primary == NULL ? -1 :
		campaign_activity_inbound_number(activity, primary);
	ListCell   *cell;

	if (first < 0 && !goes_early(activity->options))
		first = 0;
	if (first >= 0 && ((CampaignFlow *) list_nth(task->inbound, first))->active)
		return first;
	first = -1;
	foreach(cell, task->inbound)
	{
		CampaignFlow *flow = lfirst(cell);

		if (flow->active &&
			(first < 0 || flow->ended_at <
			 ((CampaignFlow *) list_nth(task->inbound, first))->ended_at))
			first = foreach_current_index(cell);
	}
	return first;
}

/*
 * Passes one population on, or waits for more.  What comes while it looks is
 * kept out by the run's lock, so that none is missed.
 */
static void
run_join(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	Interval   *timeout = campaign_option_interval(activity->options,
												   "timeout");
	TimestampTz deadline;
	int			arrived;
	int			open;

	if (timeout != NULL)
	{
		(void) campaign_run_lock(task->run->id);
		task->inbound = campaign_task_inbound(task->run->id,
											  task->run->version_id,
											  activity->name);
	}
	arrived = count_arrived(task->inbound, &open);
	if (timeout == NULL || arrived >= quorum(activity))
	{
		campaign_task_choose(task, leading_branch(task), "result");
		return;
	}
	/* A test waits for nothing but its own work, which ends. */
	deadline = campaign_trial_rushes(task) ? DT_NOEND :
		campaign_clock_after(task->since, timeout);
	if (arrived + open < quorum(activity) ||
		campaign_task_overdue(task, deadline))
		campaign_task_choose(task, leading_branch(task), "timeout");
	else
		task->wait_until = deadline;
}

const CampaignKind campaign_kind_join = {
	.name = "join",
	.category = "flow control",
	.purpose = "Waits for all inbound branches, or some of them, then goes on with the population of one.",
	.min_inbound = 1,
	.max_inbound = -1,
	.outcome_names = "result, timeout",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_join,
	.needs = needs_of_join,
	.check = check_join,
	.run = run_join
};
