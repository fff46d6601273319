/*
 * step.c
 *		One task, one transaction.
 *
 * The transaction takes a task by its row lock, executes it in a
 * subtransaction as the owner, then locks the run and records what came of
 * it: counts, populations, successors.  A crash at any moment leaves the task
 * either as it was or done.  A run that was paused or stopped meanwhile is
 * noticed under the run's lock, and the whole transaction is given up.
 *
 * Tasks that are executed in one statement (see perform.c) are recorded in one
 * transaction.
 *
 * A task that has succeeded may have follow-ups: what is to be done for its
 * messages when they fall due.  They are taken, executed and recorded in the
 * same way, and move no state.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "activity/activity.h"
#include "activity/common.h"
#include "activity/count.h"
#include "activity/option.h"
#include "base/attempt.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/settings.h"
#include "base/shared.h"
#include "base/text.h"
#include "engine/check.h"
#include "engine/child.h"
#include "engine/failure.h"
#include "engine/frozen.h"
#include "engine/perform.h"
#include "engine/ready.h"
#include "engine/step.h"
#include "queue/chunk.h"
#include "set/reckon.h"
#include "store/child.h"
#include "store/hold.h"
#include "store/log.h"
#include "store/state.h"

/* The first pause between attempts at a follow-up. */
#define FIRST_BACKOFF_MS	1000

/* With so many rows a population is dropped as soon as it can be. */
#define MANY_ROWS	1000

/* The pause between attempts at a follow-up doubles up to about an hour. */
#define MOST_FOLLOW_DOUBLINGS	12

/* The sum of what flowed in; -1 where nothing flows in. */
static int64
rows_in(const CampaignTask *task)
{
	int64		sum = task->inbound == NIL ? -1 : 0;
	ListCell   *cell;

	foreach(cell, task->inbound)
		sum += ((CampaignFlow *) lfirst(cell))->rows;
	return sum;
}

/* Adds that nothing came out of the outcome for errors, if there is one. */
static void
add_no_error(CampaignTask *task)
{
	ListCell   *cell;
	CampaignFlow *flow;

	if (task->wait_until != 0 ||
		!campaign_common_diverts(task->scope.activity))
		return;
	foreach(cell, task->outbound)
	{
		if (strcmp(((CampaignFlow *) lfirst(cell))->outcome,
				   CAMPAIGN_ERROR_OUTCOME) == 0)
			return;
	}
	flow = palloc0(sizeof(CampaignFlow));
	flow->source = task->scope.activity->name;
	flow->outcome = pstrdup(CAMPAIGN_ERROR_OUTCOME);
	flow->dimension = task->scope.target->dimension->name;
	task->outbound = lappend(task->outbound, flow);
}

/* Records what came out and what may go on. */
static void
record_success(CampaignStep *step)
{
	CampaignTask *task = step->task;
	int64		run_id = task->run->id;
	const char *name = step->taken->activity;
	ListCell   *cell;

	if (!step->disabled)
		add_no_error(task);
	foreach(cell, task->outbound)
		campaign_flow_insert(run_id, lfirst(cell));
	if (task->overlaps != NULL)
		campaign_task_record_overlaps(run_id, name, task->overlaps);
	if (task->variables != NULL)
		campaign_run_set_variables(run_id, task->variables);
	if (task->wait_until != 0)
		campaign_state_wait_task(run_id, name, step->started_at,
								 rows_in(task), task->wait_until);
	else
		campaign_state_end_task(run_id, name,
								step->disabled ? "skipped" : "succeeded",
								step->disabled ? "it is disabled" : NULL,
								step->started_at, rows_in(task));
	if (task->follow_at != 0)
		campaign_task_set_follow(run_id, name, task->follow_at, 0);
	if (task->wait_until == 0)
		campaign_ready_successors(run_id, task->scope.activity);
}

/*
 * Records a follow-up: when there is more, or after a failure when it is tried
 * again.  It is never given up, for messages wait for it.
 */
static void
record_follow(CampaignStep *step)
{
	int64		run_id = step->task->run->id;
	int			attempts = 0;
	TimestampTz next = step->task->follow_at;

	if (step->error != NULL)
	{
		campaign_failure_log(step->task, step->taken->activity, step->error);
		attempts = step->taken->attempts + 1;
		next = TimestampTzPlusMilliseconds(campaign_clock_now(),
										   (int64) FIRST_BACKOFF_MS <<
										   Min(attempts - 1, MOST_FOLLOW_DOUBLINGS));
	}
	campaign_task_set_follow(run_id, step->taken->activity, next, attempts);
	campaign_shared_wake_at_commit();
}

/* True if the work of a task may be recorded in a run of that state. */
static bool
accepts_work(const char *state)
{
	return strcmp(state, "pending") == 0 || strcmp(state, "running") == 0 ||
		strcmp(state, "waiting") == 0 || strcmp(state, "failed") == 0;
}

/* True if an activity that is to go on reads the flow. */
static bool
is_read_on(const CampaignTask *task, const CampaignFlow *flow)
{
	ListCell   *cell;

	if (!flow->active)
		return false;
	foreach(cell, task->scope.activity->outbound)
	{
		if (strcmp(((CampaignTransition *) lfirst(cell))->outcome,
				   flow->outcome) == 0)
			return true;
	}
	return false;
}

/* The populations this task may have been the last to need. */
static List *
released_populations(const CampaignTask *task)
{
	List	   *kept = NIL;
	List	   *released = NIL;
	ListCell   *cell;

	foreach(cell, task->outbound)
	{
		CampaignFlow *flow = lfirst(cell);

		if (flow->population != NULL &&
			(flow->kept || is_read_on(task, flow)))
			kept = lappend(kept, flow->population);
	}
	foreach(cell, list_concat_copy(task->inbound, task->outbound))
	{
		CampaignFlow *flow = lfirst(cell);

		if (flow->population != NULL &&
			!campaign_list_has(kept, flow->population) &&
			!campaign_list_has(released, flow->population))
			released = lappend(released, flow->population);
	}
	return released;
}

/* How many rows the populations of a task have together. */
static int64
rows_of(const CampaignTask *task)
{
	int64		rows = 0;
	ListCell   *cell;

	foreach(cell, list_concat_copy(task->inbound, task->outbound))
	{
		CampaignFlow *flow = lfirst(cell);

		if (flow->population != NULL)
			rows += flow->rows;
	}
	return rows;
}

/*
 * Drops what nothing will read any more: what a task with many rows released,
 * and when nothing is ready to be executed, whatever there is.  A commit that
 * drops tables searches all shared buffers for them, however small they are,
 * and however many.
 */
static void
drop_released(const CampaignStep *step, bool idle)
{
	const CampaignTask *task = step->task;

	if (task->keep)
		return;
	if (idle)
		campaign_ready_sweep(task->run->id, task->run->version_id,
							 campaign_flow_populations(task->run->id));
	else if (task->wait_until == 0 && rows_of(task) >= MANY_ROWS)
		campaign_ready_sweep(task->run->id, task->run->version_id,
							 released_populations(task));
}

/* Records them, the one before making the next one ready; true if one waits. */
static bool
record_successes(List *steps)
{
	bool		waits = false;
	ListCell   *cell;

	foreach(cell, steps)
	{
		CampaignStep *step = lfirst(cell);

		record_success(step);
		waits = waits || step->task->wait_until != 0;
		if (lnext(steps, cell) != NULL)
			CAMPAIGN_FAULT("fusion_recorded");
	}
	return waits;
}

/* Records the task, and what the run is in then. */
static void
record_task(CampaignStep *step, const char *state)
{
	int64		run_id = step->task->run->id;
	CampaignRunSummary tasks = {0};
	List	   *steps = campaign_step_all(step);
	bool		ended = true;
	bool		waits = false;
	ListCell   *cell;

	if (step->error == NULL)
		waits = record_successes(steps);
	else
		ended = campaign_failure_record(step->task, step->taken,
										step->started_at, step->error);
	if (step->error != NULL &&
		strcmp(campaign_run_lock(run_id), "stopped") == 0)
		return;					/* its error has aborted it */
	campaign_ready_run(run_id, state, &tasks);
	foreach(cell, steps)
	{
		if (ended)
			drop_released(lfirst(cell), tasks.ready == 0);
		/* Whatever there is has been dropped then. */
		if (tasks.ready == 0)
			break;
	}
	campaign_ready_tell(&tasks, waits || step->error != NULL);
}

/* Records the step under the run's lock; false if the run was halted. */
static bool
record(CampaignStep *step)
{
	char	   *state = campaign_run_lock(step->task->run->id);

	if (campaign_held() && !step->task->rehearsal)
		return false;
	if (step->follow)
	{
		if (strcmp(state, "paused") == 0 || strcmp(state, "stopped") == 0)
			return false;
		record_follow(step);
		return true;
	}
	if (!accepts_work(state))
		return false;
	record_task(step, state);
	CAMPAIGN_FAULT("task_recorded");
	return true;
}

/*
 * After a stop: tidies up what the task at work was still holding.  Whoever
 * cancels now means the task.
 */
static void
clean_up_halted(int64 run_id, const CampaignTransactions *control)
{
	CampaignRun *run;

	HOLD_CANCEL_INTERRUPTS();
	control->begin();
	run = campaign_run_find(run_id);
	if (run != NULL && strcmp(campaign_run_lock(run_id), "stopped") == 0)
	{
		/* The stop did not wait for chunks that a follow-up was at. */
		campaign_chunks_withdraw(run_id, campaign_clock_now());
		campaign_ready_halt(run);
	}
	CAMPAIGN_FAULT("run_halted");
	control->commit();
	RESUME_CANCEL_INTERRUPTS();
}

/* What a query gives the variables of a run. */
typedef struct Reckoning
{
	const CampaignRun *run;
	Jsonb	   *values;
} Reckoning;

/* Evaluates the queries, as the owner. */
static void
reckon(void *arg)
{
	Reckoning  *reckoning = arg;
	int			nestlevel = campaign_formats_enter();

	PushActiveSnapshot(GetTransactionSnapshot());
	reckoning->values =
		campaign_reckon(campaign_frozen_graph(reckoning->run)->campaign->settings,
						reckoning->run->variables);
	PopActiveSnapshot();
	campaign_fire_deferred_triggers();
	campaign_close_cursors();
	campaign_settings_leave(nestlevel);
}

/* Records that the queries of variables failed; true if they have not. */
static bool
record_reckoning(const Reckoning *reckoning, const char *state,
				 const ErrorData *error)
{
	CampaignTask task = {.run = (CampaignRun *) reckoning->run};

	if (error == NULL)
	{
		if (reckoning->values != NULL)
			campaign_run_add_variables(reckoning->run->id, reckoning->values);
		return true;
	}
	campaign_failure_log(&task, NULL, error);
	if (strcmp(state, "failed") != 0)
		(void) campaign_state_move(CAMPAIGN_NOUN_RUN, reckoning->run->id,
								   NULL, "failed",
								   psprintf("values of variables: %s",
											error->message));
	campaign_shared_wake_at_commit();
	return false;
}

/*
 * A run that begins is seen to be running while its first task works: that
 * takes a transaction of its own, in which variables get the values of their
 * queries.  False if these failed.
 */
static bool
begin_run(CampaignRun *run, const CampaignTransactions *control)
{
	Reckoning	reckoning = {run, NULL};
	ErrorData  *error = run->unreckoned ? campaign_attempt(reckon, &reckoning) : NULL;
	char	   *state = campaign_run_lock(run->id);
	bool		begun = accepts_work(state) &&
		record_reckoning(&reckoning, state, error);

	if (begun && strcmp(state, "pending") == 0)
		(void) campaign_state_move(CAMPAIGN_NOUN_RUN, run->id, NULL,
								   "running", NULL);
	control->commit();
	CAMPAIGN_FAULT("run_begun");
	control->begin();
	return begun;
}

/* Takes a due task; false if there is none for us. */
static bool
take(CampaignStep *step, int64 run_id, const CampaignTransactions *control)
{
	CampaignRun *run = campaign_run_find(run_id);

	if (run == NULL || strcmp(run->home, campaign_home()) != 0 ||
		campaign_held())
		return false;
	campaign_ensure(run->owner == GetUserId(),
					"run " INT64_FORMAT " belongs to another role", run_id);
	step->task->run = run;
	if ((strcmp(run->state, "pending") == 0 || run->unreckoned) &&
		accepts_work(run->state))
	{
		if (!begin_run(run, control))
			return false;
		if (run->unreckoned)
			step->task->run = campaign_run_find(run_id);
	}
	campaign_task_choose_begin(run_id);
	step->choosing = true;
	step->started_at = campaign_clock_now();
	step->taken = campaign_task_take(run_id, step->started_at);
	if (step->taken == NULL)
		return false;
	step->follow = strcmp(step->taken->state, "succeeded") == 0;
	/* What was tried before, or waited, is not to be hurried along. */
	step->alone = strcmp(step->taken->state, "ready") != 0 ||
		step->taken->attempts > 0;
	return true;
}

/*
 * Records that all was done but a file could not take its name: in another
 * transaction, for everything else of this one is to be undone.  True if the
 * run was halted.
 */
static bool
record_misplaced(const CampaignStep *step, ErrorData *error,
				 const CampaignTransactions *control)
{
	CampaignTask task = {
		.scope = step->task->scope,
		.keep = step->task->keep
	};
	CampaignStep again = {
		.task = &task,
		.started_at = step->started_at,
		.error = error
	};
	int64		run_id = step->task->run->id;

	control->abort();
	control->begin();
	task.run = campaign_run_find(run_id);
	/* Somebody else may have been quicker, or have dropped the run. */
	if (task.run == NULL)
		return false;
	again.taken = campaign_task_take(run_id, campaign_clock_now());
	if (again.taken == NULL ||
		strcmp(again.taken->activity, step->taken->activity) != 0)
		return false;
	return !record(&again);
}

/* The transaction of a task; sets *halted if its work was given up. */
static bool
step_in_transaction(int64 run_id, const CampaignTransactions *control,
					bool *halted)
{
	CampaignTask task = {0};
	CampaignStep step = {.task = &task};
	ErrorData  *error;

	control->begin();
	if (!take(&step, run_id, control))
	{
		/* An earlier process did not get to the end of a stopped run. */
		*halted = task.run != NULL &&
			strcmp(task.run->state, "stopped") == 0;
		control->commit();
		return false;
	}
	campaign_shared_progress_begin(run_id, step.taken->activity);
	campaign_step_attempt(&step);
	*halted = !record(&step);
	error = *halted ? NULL : campaign_outputs_place();
	if (error != NULL)
		*halted = record_misplaced(&step, error, control);
	if (*halted)
		control->abort();
	else
		control->commit();
	CAMPAIGN_FAULT("task_committed");
	campaign_shared_progress_end();
	return true;
}

/* Executes one due task of the run in a transaction of its own. */
bool
campaign_step(int64 run_id, const CampaignTransactions *control)
{
	MemoryContext context;
	MemoryContext old = CurrentMemoryContext;
	bool		found;
	bool		halted = false;

	context = AllocSetContextCreate(old, "campaign step",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	found = step_in_transaction(run_id, control, &halted);
	MemoryContextSwitchTo(context);
	if (halted)
		clean_up_halted(run_id, control);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return found && !halted;
}

/* ------------------------------- rehearsal ------------------------------ */

/* Executes a task for a rehearsal; true if it then still waits. */
static bool
rehearse_task(CampaignRun *run, CampaignTaken *taken)
{
	CampaignTask task = {.run = run, .rehearsal = true};
	CampaignStep step = {
		.task = &task,
		.taken = taken,
		.started_at = campaign_clock_now()
	};

	/* What the task before has written is to be seen. */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	campaign_step_perform(&step);
	PopActiveSnapshot();
	(void) record(&step);
	return task.wait_until != 0;
}

/* Executes one task after the other; who still waits then is left waiting. */
void
campaign_step_rehearse(int64 run_id)
{
	List	   *waiting = NIL;
	CampaignTaken *taken;

	(void) campaign_run_lock(run_id);
	(void) campaign_state_move(CAMPAIGN_NOUN_RUN, run_id, NULL, "running",
							   NULL);
	while ((taken = campaign_task_take_any(run_id, waiting)) != NULL)
	{
		bool		again = strcmp(taken->state, "waiting") == 0;

		CHECK_FOR_INTERRUPTS();
		if (rehearse_task(campaign_run_find(run_id), taken) && again)
			waiting = lappend(waiting, taken->activity);
	}
}

/* What several activities are in one statement, for what they plan. */
List *
campaign_step_plan_together(CampaignRun *run, const char *activity)
{
	CampaignTaken taken = {.activity = (char *) activity, .state = "ready"};
	CampaignTask task = {.run = run, .rehearsal = true, .together = true};
	CampaignStep step = {
		.task = &task,
		.taken = &taken,
		.started_at = campaign_clock_now()
	};
	List	   *names = NIL;
	ListCell   *cell;

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	campaign_step_perform(&step);
	PopActiveSnapshot();
	if (step.fused)
	{
		foreach(cell, campaign_step_all(&step))
			names = lappend(names,
							((CampaignStep *) lfirst(cell))->task->scope.activity->name);
	}
	return names;
}

/* Executes one activity for what it plans. */
List *
campaign_step_plan(CampaignRun *run, const char *activity)
{
	CampaignTaken taken = {.activity = (char *) activity, .state = "ready"};
	CampaignTask task = {.run = run, .rehearsal = true};
	CampaignStep step = {
		.task = &task,
		.taken = &taken,
		.started_at = campaign_clock_now()
	};

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	campaign_step_perform(&step);
	PopActiveSnapshot();
	return task.outbound;
}
