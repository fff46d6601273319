/*
 * restart.c
 *		Executing activities of a run anew.
 *
 * What they have come to is taken back as if they had never been executed, as
 * far as it is ours: populations, counts, questions, runs they have started.
 * Messages cannot be taken back.  So a delivery is never made twice by one run:
 * where there is one behind the activity, nothing is restarted.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"

#include "base/errors.h"
#include "base/fault.h"
#include "base/shared.h"
#include "base/text.h"
#include "engine/lifecycle.h"
#include "engine/ready.h"
#include "engine/restart.h"
#include "queue/delivery.h"
#include "queue/enqueue.h"
#include "set/population.h"
#include "store/child.h"
#include "store/log.h"
#include "store/restart.h"
#include "store/privilege.h"
#include "store/run.h"
#include "store/state.h"
#include "store/task.h"

/* The activity and all behind it, by name. */
static List *
names_behind(const CampaignRun *run, const char *activity)
{
	CampaignGraph *graph = campaign_graph_load(campaign_record_by_id(run->campaign_id),
											   run->version_id);
	List	   *found = list_make1(campaign_graph_find(graph, activity));
	List	   *names = NIL;

	/* The list grows while it is read; each is in it once. */
	for (int i = 0; i < list_length(found); i++)
	{
		CampaignActivity *next = list_nth(found, i);
		ListCell   *cell;

		names = lappend(names, next->name);
		foreach(cell, next->outbound)
			found = list_append_unique_ptr(found,
										   ((CampaignTransition *) lfirst(cell))->target);
	}
	return names;
}

/* The task of that name. */
static CampaignTaskState *
find_task(List *tasks, const char *name)
{
	ListCell   *cell;

	foreach(cell, tasks)
	{
		if (strcmp(((CampaignTaskState *) lfirst(cell))->activity, name) == 0)
			return lfirst(cell);
	}
	elog(ERROR, "no task \"%s\"", name);
}

/* Refuses an activity that was never reached, in a run that is over. */
static void
check_reached(const CampaignRun *run, const char *state,
			  const CampaignTaskState *task)
{
	if (strcmp(state, "stopped") == 0 || strcmp(state, "missed") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("cannot restart run " INT64_FORMAT ": it is %s",
						run->id, state),
				 errhint("Start another one with campaign_start().")));
	if (strcmp(task->state, "pending") == 0 ||
		(strcmp(task->state, "skipped") == 0 && task->started_at == 0))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("activity \"%s\" of run " INT64_FORMAT " has not been executed",
						task->activity, run->id),
				 errdetail("It is %s.", task->state),
				 errhint("Restart from one before it.")));
	if (strcmp(state, "succeeded") == 0 && run->parent_id == 0)
		campaign_lifecycle_require_idle(run->campaign_id, run->campaign,
										"restart");
}

/* Locks the tasks; refuses if one is being executed. */
static void
lock_tasks(const CampaignRun *run, List *names)
{
	List	   *locked = campaign_restart_lock(run->id, names);
	ListCell   *cell;

	foreach(cell, names)
	{
		if (!campaign_list_has(locked, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("activity \"%s\" of run " INT64_FORMAT " is being executed",
							(char *) lfirst(cell), run->id),
					 errhint("Pause the run with campaign_pause(), restart, and resume it.")));
	}
}

/* True if one of the runs, or one below it, has made messages. */
static bool
have_sent(List *runs)
{
	ListCell   *cell;

	check_stack_depth();
	foreach(cell, runs)
	{
		int64		run_id = *(int64 *) lfirst(cell);

		if (campaign_delivery_fates(run_id) != NIL ||
			have_sent(campaign_child_all(run_id, NULL)))
			return true;
	}
	return false;
}

/* Refuses where messages would be made again, or what came in is gone. */
static void
check_possible(const CampaignRun *run, List *names)
{
	List	   *starved = campaign_restart_starved(run->id, run->version_id,
												   names);
	ListCell   *cell;

	foreach(cell, names)
	{
		if (campaign_delivery_find(run->id, lfirst(cell)) == NULL &&
			!have_sent(campaign_child_all(run->id, lfirst(cell))))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("activity \"%s\" of run " INT64_FORMAT " has put its messages into the queue",
						(char *) lfirst(cell), run->id),
				 errdetail("To execute it again would send them twice."),
				 errhint("Restart from an activity that no delivery is behind, or start another run.")));
	}
	if (starved != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("what came into activity \"%s\" of run " INT64_FORMAT " is not there any more",
						(char *) linitial(starved), run->id),
				 errhint("Restart from an activity before it; the campaign's setting \"keep_populations\" keeps all of later runs.")));
}

/* Ends the runs that the activities have started and waited for. */
static void
let_children_go(int64 run_id, List *names)
{
	ListCell   *cell;

	foreach(cell, names)
	{
		int64		child_id = campaign_child_find(run_id, lfirst(cell));

		if (child_id == 0)
			continue;
		campaign_lifecycle_stop_child(child_id);
		campaign_child_release(run_id, lfirst(cell));
	}
}

/* Takes back what the activities have come to. */
static void
take_back(const CampaignRun *run, List *names)
{
	ListCell   *cell;

	let_children_go(run->id, names);
	foreach(cell, campaign_restart_forget(run->id, names))
	{
		/* An executor that has just ended may still be letting go of it. */
		if (!campaign_population_drop_after(lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("population \"%s\" of run " INT64_FORMAT " is being read",
							(char *) lfirst(cell), run->id),
					 errhint("Try again when nobody reads it.")));
	}
	foreach(cell, names)
		(void) campaign_state_move(CAMPAIGN_NOUN_TASK, run->id, lfirst(cell),
								   foreach_current_index(cell) == 0 ?
								   "ready" : "pending", "restart");
}

/* Notes it in the log. */
static void
log_restart(const CampaignRun *run, const char *activity)
{
	CampaignLogLine line = {
		.owner = run->owner,
		.campaign = run->campaign,
		.run_id = run->id,
		.activity = activity,
		.event = "restart"
	};

	campaign_log_add(&line);
}

/* Has the activity, and all that is behind it, executed again. */
char *
campaign_restart_from(int64 run_id, const char *activity)
{
	CampaignRun *run = campaign_run_require_for(run_id,
												CAMPAIGN_PRIVILEGE_RUN);
	CampaignTaskState *task;
	CampaignRunSummary tasks;
	List	   *names;
	char	   *state;

	/* Who starts a run, or drops the campaign, has asked what is under way. */
	(void) campaign_record_require_for(run->campaign, true,
									   CAMPAIGN_PRIVILEGE_RUN);
	state = campaign_run_lock(run_id);
	campaign_child_lock(run_id);
	campaign_task_require(run_id, activity);
	task = find_task(campaign_task_states(run_id), activity);
	check_reached(run, state, task);
	names = names_behind(run, activity);
	lock_tasks(run, names);
	check_possible(run, names);
	take_back(run, names);
	campaign_run_revive(run_id, campaign_epoch_current());
	campaign_run_forget_errors(run_id);
	if (strcmp(state, "paused") != 0)
		campaign_ready_run(run_id, state, &tasks);
	log_restart(run, activity);
	ForceSyncCommit();
	campaign_shared_wake_at_commit();
	CAMPAIGN_FAULT("restart");
	return campaign_run_lock(run_id);
}
