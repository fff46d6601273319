/*
 * ready.c
 *		Which tasks may go on after one came to its end.
 *
 * An activity is ready when as many outcomes that feed it have come, and are
 * to be followed, as its kind needs: mostly all.  It is skipped when all its
 * sources have ended and they are fewer.  What is skipped has no outcomes, so
 * whatever is behind it alone is skipped too.
 */
#include "postgres.h"

#include "activity/option.h"
#include "base/clock.h"
#include "base/rest.h"
#include "base/shared.h"
#include "base/text.h"
#include "engine/ready.h"
#include "set/population.h"
#include "store/state.h"
#include "store/task.h"

/* Appends the targets of an activity that are not in the list. */
static List *
add_targets(List *names, const CampaignActivity *activity)
{
	ListCell   *cell;

	foreach(cell, activity->outbound)
	{
		CampaignTransition *transition = lfirst(cell);

		if (!campaign_list_has(names, transition->target->name))
			names = lappend(names, transition->target->name);
	}
	return names;
}

/* The target of an activity's transition, by name. */
static CampaignActivity *
find_target(List *activities, const char *name)
{
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, activities)
	{
		foreach(inner, ((CampaignActivity *) lfirst(cell))->outbound)
		{
			CampaignActivity *target = ((CampaignTransition *) lfirst(inner))->target;

			if (strcmp(target->name, name) == 0)
				return target;
		}
	}
	return NULL;
}

/*
 * Decides about one target; gives it if it is skipped.  One that waits, for
 * more branches than have come, is executed again whenever one has ended.
 */
static CampaignActivity *
decide(int64 run_id, const CampaignReadiness *readiness,
	   CampaignActivity *target)
{
	if (strcmp(readiness->state, "waiting") == 0)
		campaign_task_wake(run_id, target->name);
	if (strcmp(readiness->state, "pending") != 0)
		return NULL;
	if (readiness->arrived >= campaign_activity_needs(target))
	{
		(void) campaign_state_move(CAMPAIGN_NOUN_TASK, run_id, target->name,
								   "ready", NULL);
		return NULL;
	}
	if (readiness->complete &&
		campaign_state_move(CAMPAIGN_NOUN_TASK, run_id, target->name,
							"skipped", "an inbound branch ended before it"))
		return target;
	return NULL;
}

/*
 * Decides about the targets of some activities; gives those it skipped, whose
 * own targets are to be decided about next.
 */
static List *
advance(int64 run_id, int64 version_id, List *activities)
{
	List	   *targets = NIL;
	List	   *skipped = NIL;
	ListCell   *cell;

	foreach(cell, activities)
		targets = add_targets(targets, lfirst(cell));
	if (targets == NIL)
		return NIL;
	foreach(cell, campaign_task_readiness(run_id, version_id, targets))
	{
		CampaignReadiness *readiness = lfirst(cell);
		CampaignActivity *target =
			decide(run_id, readiness,
				   find_target(activities, readiness->activity));

		if (target != NULL)
			skipped = lappend(skipped, target);
	}
	return skipped;
}

/* Makes the successors of an activity ready, or skips them. */
void
campaign_ready_successors(int64 run_id, const CampaignActivity *activity)
{
	CampaignRun *run;
	List	   *ended = list_make1((void *) activity);

	if (activity->outbound == NIL)
		return;
	run = campaign_run_find(run_id);
	while (ended != NIL)
		ended = advance(run_id, run->version_id, ended);
}

/* Moves the run to the state its tasks say it is in. */
void
campaign_ready_run(int64 run_id, const char *state, CampaignRunSummary *tasks)
{
	const char *to;

	campaign_run_summary(run_id, tasks);
	if (tasks->ready > 0)
		to = "running";			/* other branches go on after a failure */
	else if (tasks->failed > 0)
		to = "failed";
	else if (tasks->waiting > 0)
		to = "waiting";
	else if (tasks->pending > 0)
		to = "running";			/* another executor is about to go on */
	else
		to = "succeeded";
	if (strcmp(state, to) != 0)
		(void) campaign_state_move(CAMPAIGN_NOUN_RUN, run_id, NULL, to, NULL);
}

/* Cancels what has not ended and nobody is executing. */
static void
cancel_tasks(int64 run_id)
{
	static const char *const open_states[] = {
		"pending", "ready", "waiting", "failed"
	};
	ListCell   *cell;

	for (int i = 0; i < lengthof(open_states); i++)
	{
		foreach(cell, campaign_task_names(run_id, open_states[i]))
			(void) campaign_state_move(CAMPAIGN_NOUN_TASK, run_id,
									   lfirst(cell), "cancelled", NULL);
	}
}

/* Drops those of the populations that nothing will read any more. */
void
campaign_ready_sweep(int64 run_id, int64 version_id, List *populations)
{
	ListCell   *cell;

	if (populations == NIL)
		return;
	foreach(cell, campaign_flow_unneeded(run_id, version_id, populations))
	{
		if (campaign_population_drop(lfirst(cell)))
			campaign_flow_forget(run_id, lfirst(cell));
	}
}

/*
 * Tidies up a stopped run.  A task at work keeps its inbound populations: it
 * is still unfinished, and its executor comes here when it has given up.
 */
void
campaign_ready_halt(const CampaignRun *run)
{
	CampaignGraph *graph = campaign_graph_load(campaign_record_by_id(run->campaign_id),
											   run->version_id);

	cancel_tasks(run->id);
	campaign_task_end_follows(run->id);
	if (!run->test &&
		!campaign_option_bool(graph->campaign->settings, "keep_populations",
							  false))
		campaign_ready_sweep(run->id, run->version_id,
							 campaign_flow_populations(run->id));
}

/*
 * Tells who has to know.  One ready task is the executor's next one; without
 * any it leaves, which wakes the scheduler; several may be done before another
 * could begin.  changed: a task waits or failed.
 */
void
campaign_ready_tell(const CampaignRunSummary *tasks, bool changed)
{
	if (tasks->ready == 0)
		campaign_rest_tell_at_commit();
	if (tasks->ready == 0 && campaign_shared_executing())
		return;
	if (changed || tasks->ready + tasks->waiting + tasks->pending == 0)
		campaign_shared_wake_at_commit();
	else if (tasks->ready > 1)
		campaign_shared_remind_at_commit();
}
