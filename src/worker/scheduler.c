/*
 * scheduler.c
 *		The process that starts executors in one database.
 *
 * It looks at the tables, starts executors for what is due, interrupts those
 * whose run was paused or stopped, and sleeps until the next instant or until
 * somebody commits something.  It executes nothing itself: it is connected as
 * a superuser, and no code of a user may ever run in it.  Without work it
 * leaves, because a connected process is in the way of DROP DATABASE.
 *
 * There are two memory contexts: "life" holds what it remembers between
 * turns, "turn" everything else.  No transaction or snapshot is open while it
 * waits.
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "utils/backend_status.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/settings.h"
#include "base/shared.h"
#include "engine/due.h"
#include "engine/history.h"
#include "engine/schedule.h"
#include "engine/lifecycle.h"
#include "engine/step.h"
#include "store/hold.h"
#include "store/run.h"
#include "worker/executor.h"
#include "worker/scheduler.h"
#include "worker/turns.h"
#include "worker/worker.h"

/* An executor that has not begun after so long is given up. */
#define BEGIN_SECONDS 30
/* Wait in milliseconds after an executor that failed at once; it doubles. */
#define FAILED_DELAY 1000
#define FAILED_DELAY_MAX 60000
/* The same after an executor that found nothing to do. */
#define IDLE_DELAY 100
#define IDLE_DELAY_MAX 10000
/* Milliseconds until objects of another version are looked at again. */
#define UPDATE_DELAY 60000
/* Minutes between looking for what is old. */
#define CLEAN_MINUTES 60
/* What take_turn() returns when the scheduler has left. */
#define LEFT (-1)

/* A run whose executors ended before they had done anything. */
typedef struct Trouble
{
	int64		run_id;			/* hash key */
	int			failures;		/* in a row */
	TimestampTz until;			/* start none before */
} Trouble;

typedef struct Scheduler
{
	MemoryContext life;
	MemoryContext turn;
	HTAB	   *troubles;		/* in life */
	TimestampTz busy_at;		/* when there was last something to do */
	CampaignTurns *turns;		/* whose turn it is; in life */
	bool		exhausted;		/* the log says that no process could be had */
	TimestampTz clean_at;		/* when to look for what is old */
	TimestampTz old_at;			/* when the next thing is old; 0: never */
} Scheduler;

/* What one turn finds, in the turn's memory. */
typedef struct Situation
{
	List	   *executors;		/* CampaignExecutor *, present or beginning */
	List	   *idle;			/* the same; those that have no run */
	List	   *runs;			/* CampaignDueRun *; tasks: without executor */
	List	   *interrupted;	/* int64 *, runs to be interrupted */
	TimestampTz launched_until; /* launches until then have been looked at */
	TimestampTz next_due;		/* 0: never */
	TimestampTz retry_at;		/* when to do what was put off; 0: nothing */
	bool		exhausted;		/* no process could be had */
} Situation;

static void run_turns(Scheduler *scheduler);
static void wait_for_turn(long wait);
static long take_turn_safely(Scheduler *scheduler);
static long take_turn(Scheduler *scheduler);
static bool leave_unusable(void);
static List *collect_executors(Scheduler *scheduler);
static void note_end(Scheduler *scheduler, const CampaignExecutor *executor);
static bool launch_schedules(Situation *situation);
static void begin_launch(void);
static bool look(const Scheduler *scheduler, Situation *situation);
static List *executing_runs(const Situation *situation);
static int	need(Situation *situation, const CampaignDueRun *run);
static void refuse_runs(Situation *situation);
static int	count_executors(const Situation *situation, int64 run_id);
static void interrupt_executors(Situation *situation);
static void start_executors(Scheduler *scheduler, Situation *situation);
static void clean_up(Scheduler *scheduler, Situation *situation);
static bool is_contended(const Situation *situation);
static void drop_troubled_runs(Scheduler *scheduler, Situation *situation);
static bool assign_executor(Situation *situation, CampaignDueRun *run);
static void dismiss_idle(Situation *situation, int most);
static bool start_executor(Scheduler *scheduler, Situation *situation,
						   CampaignDueRun *run);
static long decide_wait(Scheduler *scheduler, const Situation *situation);
static void put_off(Situation *situation, TimestampTz when);

/*
 * Registers a scheduler; the caller's process is told when it ends.
 */
bool
campaign_scheduler_start(Oid database)
{
	BackgroundWorker worker;

	worker = campaign_worker_describe("campaign scheduler",
									  "campaign_scheduler_main");
	snprintf(worker.bgw_name, BGW_MAXLEN, "campaign scheduler database %u",
			 database);
	worker.bgw_notify_pid = MyProcPid;
	worker.bgw_main_arg = ObjectIdGetDatum(database);
	return RegisterDynamicBackgroundWorker(&worker, NULL);
}

/*
 * Main function of a scheduler.
 */
void
campaign_scheduler_main(Datum arg)
{
	Oid			database = DatumGetObjectId(arg);
	Scheduler	scheduler = {0};
	HASHCTL		control = {0};

	campaign_worker_begin();
	if (!campaign_shared_scheduler_attach(database))
		return;
	CAMPAIGN_FAULT("scheduler_connect");
	campaign_worker_connect(database, InvalidOid);

	scheduler.life = AllocSetContextCreate(TopMemoryContext,
										   "campaign scheduler life",
										   ALLOCSET_DEFAULT_SIZES);
	scheduler.turn = AllocSetContextCreate(TopMemoryContext,
										   "campaign scheduler turn",
										   ALLOCSET_DEFAULT_SIZES);
	control.keysize = sizeof(int64);
	control.entrysize = sizeof(Trouble);
	control.hcxt = scheduler.life;
	scheduler.troubles = hash_create("campaign scheduler troubles", 16,
									 &control,
									 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	MemoryContextSwitchTo(scheduler.life);
	scheduler.turns = campaign_turns_create();
	campaign_shared_clean_times(&scheduler.clean_at, &scheduler.old_at);
	run_turns(&scheduler);
}

/*
 * Takes turns until there is nothing left to do for a while.
 */
static void
run_turns(Scheduler *scheduler)
{
	for (;;)
	{
		long		wait;

		campaign_worker_check();
		MemoryContextSwitchTo(scheduler->turn);
		pgstat_report_activity(STATE_RUNNING, "campaign scheduler");
		wait = take_turn_safely(scheduler);
		MemoryContextReset(scheduler->turn);
		if (wait == LEFT)
			return;
		pgstat_report_activity(STATE_IDLE, NULL);
		if (wait > 0)
			wait_for_turn(wait);
	}
}

/*
 * Sleeps until the next turn; a reminder does not begin one, but sets when it
 * is.
 */
static void
wait_for_turn(long wait)
{
	TimestampTz until = campaign_clock_now() + wait * INT64CONST(1000);

	do
	{
		campaign_worker_check();
		campaign_worker_wait(campaign_clock_until(until, INT_MAX));
	} while (campaign_shared_scheduler_reminded(&until));
}

/*
 * Takes a turn and survives its errors: they are logged and it is tried again
 * after a while.  Returns how long to wait, or LEFT.
 */
static long
take_turn_safely(Scheduler *scheduler)
{
	volatile long wait = 0;

	PG_TRY();
	{
		wait = take_turn(scheduler);
	}
	PG_CATCH();
	{
		wait = campaign_scheduler_naptime;
		if (!campaign_worker_recover(scheduler->turn) &&
			campaign_shared_scheduler_leave(0))
			wait = LEFT;
	}
	PG_END_TRY();
	return wait;
}

/*
 * Looks and does what is to be done now; returns how long to wait, or LEFT.
 * Executors that ended are collected before the tables are read, so that none
 * counts as present whose work is still due.
 */
static long
take_turn(Scheduler *scheduler)
{
	Situation	situation = {0};

	if (campaign_shared_scheduler_begin())
		scheduler->busy_at = campaign_clock_now();
	situation.executors = collect_executors(scheduler);
	situation.idle = campaign_shared_executors_idle();
	CAMPAIGN_FAULT("scheduler_turn");
	if (!launch_schedules(&situation) || !look(scheduler, &situation))
		return leave_unusable() ? LEFT : 0;
	campaign_shared_scheduler_end();

	interrupt_executors(&situation);
	drop_troubled_runs(scheduler, &situation);
	start_executors(scheduler, &situation);
	clean_up(scheduler, &situation);
	campaign_shared_scheduler_contend(is_contended(&situation));
	return decide_wait(scheduler, &situation);
}

/*
 * Leaves a database that has no extension, or one of another version: that is
 * looked at again later, because runs may be waiting for its update.
 */
static bool
leave_unusable(void)
{
	if (!campaign_worker_awaits_update())
		return campaign_shared_scheduler_leave(0);
	ereport(LOG,
			(errmsg("campaigns wait because the extension's objects are of another version than its library"),
			 errhint("Run ALTER EXTENSION campaign UPDATE in this database.")));
	return campaign_shared_scheduler_leave(campaign_clock_now() +
										   UPDATE_DELAY * INT64CONST(1000));
}

/*
 * Gives the executors that are present or about to begin; takes note of those
 * that ended or will never begin, and frees their places.
 */
static List *
collect_executors(Scheduler *scheduler)
{
	TimestampTz limit;
	List	   *present = NIL;
	ListCell   *cell;

	limit = campaign_clock_now() - BEGIN_SECONDS * USECS_PER_SEC;
	foreach(cell, campaign_shared_executors())
	{
		CampaignExecutor *executor = lfirst(cell);

		if (executor->ended ||
			(executor->pid == 0 && executor->reserved_at < limit))
		{
			note_end(scheduler, executor);
			campaign_shared_executor_release(executor);
		}
		else
			present = lappend(present, executor);
	}
	return present;
}

/*
 * Remembers that an executor ended: if it did nothing although nobody asked
 * it to stop, the next one has to wait, longer each time.
 */
static void
note_end(Scheduler *scheduler, const CampaignExecutor *executor)
{
	bool		failed = executor->failed || executor->pid == 0;
	Trouble    *trouble;
	bool		found;
	int			delay;

	if (executor->worked || executor->interrupted_at != 0)
	{
		hash_search(scheduler->troubles, &executor->run_id, HASH_REMOVE, NULL);
		return;
	}
	trouble = hash_search(scheduler->troubles, &executor->run_id, HASH_ENTER,
						  &found);
	if (!found)
		trouble->failures = 0;
	delay = (failed ? FAILED_DELAY : IDLE_DELAY) << Min(trouble->failures, 10);
	delay = Min(delay, failed ? FAILED_DELAY_MAX : IDLE_DELAY_MAX);
	trouble->failures++;
	trouble->until = campaign_clock_now() + delay * INT64CONST(1000);
	if (failed)
		ereport(LOG,
				(errmsg("executor of campaign run " INT64_FORMAT " ended before it had done anything",
						executor->run_id),
				 errdetail("Another one is started in %d ms.", delay)));
}

/*
 * Launches what schedules say, each in a transaction of its own; false if the
 * extension is not installed.  No code of a user runs on the way.
 */
static bool
launch_schedules(Situation *situation)
{
	static const CampaignTransactions transactions = {
		begin_launch, campaign_worker_commit, campaign_worker_abort
	};
	bool		installed;
	List	   *due = NIL;
	ListCell   *cell;

	campaign_worker_begin_transaction();
	installed = campaign_worker_installed();
	if (installed)
	{
		situation->launched_until = campaign_clock_now();
		due = campaign_launches_due(situation->launched_until, InvalidOid);
	}
	campaign_worker_commit();
	foreach(cell, due)
	{
		TimestampTz again = campaign_clock_now();

		if (campaign_launch(*(int64 *) lfirst(cell), &transactions) ==
			CAMPAIGN_LAUNCH_POSTPONED)
			again += campaign_scheduler_naptime * INT64CONST(1000);
		put_off(situation, again);
	}
	return installed;
}

/*
 * Begins the transaction of a launch.
 */
static void
begin_launch(void)
{
	campaign_worker_begin_transaction();
	if (!campaign_worker_installed())
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"%s\" does not exist", "campaign")));
}

/*
 * Reads the tables; false if the extension is not installed.  What it finds
 * is in the turn's memory and outlives the transaction.
 */
static bool
look(const Scheduler *scheduler, Situation *situation)
{
	bool		installed;
	TimestampTz launch;

	campaign_worker_begin_transaction();
	installed = campaign_worker_installed();
	if (installed)
	{
		if (situation->executors != NIL)
			situation->interrupted =
				campaign_run_halted(executing_runs(situation));
		situation->runs = campaign_due_runs(CAMPAIGN_PATIENCE,
											&situation->next_due);
		launch = campaign_launches_next(situation->launched_until);
		if (launch != 0 &&
			(situation->next_due == 0 || launch < situation->next_due))
			situation->next_due = launch;
		refuse_runs(situation);
		campaign_turns_learn(scheduler->turns, situation->runs);
	}
	campaign_worker_commit();
	return installed;
}

/*
 * Lists the runs that executors are at; a run may be there several times.
 */
static List *
executing_runs(const Situation *situation)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, situation->executors)
	{
		CampaignExecutor *executor = lfirst(cell);

		result = lappend(result, &executor->run_id);
	}
	return result;
}

/*
 * How many executors a run needs: one, and others for tasks that have been
 * left waiting.  Many tasks take less time than a process to begin.
 */
static int
need(Situation *situation, const CampaignDueRun *run)
{
	int			result = Min(run->tasks, Max(run->late, 1));

	if (result < run->tasks)
		put_off(situation, campaign_clock_now() + CAMPAIGN_PATIENCE * INT64CONST(1000));
	return result;
}

/*
 * Leaves only those due runs that need another executor, with the number they
 * need, and refuses those whose owner could not connect: the server would
 * refuse without telling anybody but its log.
 */
static void
refuse_runs(Situation *situation)
{
	ListCell   *cell;

	foreach(cell, situation->runs)
	{
		CampaignDueRun *run = lfirst(cell);
		const char *problem = NULL;

		run->tasks = need(situation, run) -
			count_executors(situation, run->run_id);
		if (run->tasks > 0)
			problem = campaign_role_problem(run->owner);
		if (problem)
			campaign_run_refuse(run->run_id, problem);
		if (run->tasks <= 0 || problem)
			situation->runs = foreach_delete_current(situation->runs, cell);
	}
}

/*
 * Counts the executors of a run.
 */
static int
count_executors(const Situation *situation, int64 run_id)
{
	int			count = 0;
	ListCell   *cell;

	foreach(cell, situation->executors)
	{
		if (((CampaignExecutor *) lfirst(cell))->run_id == run_id)
			count++;
	}
	return count;
}

/*
 * Cancels what executors of interrupted runs are at, and ends those that go
 * on regardless: a function can catch the one but not the other.
 */
static void
interrupt_executors(Situation *situation)
{
	TimestampTz now = campaign_clock_now();
	ListCell   *run_cell;
	ListCell   *cell;

	foreach(run_cell, situation->interrupted)
	{
		int64		run_id = *(int64 *) lfirst(run_cell);

		foreach(cell, situation->executors)
		{
			CampaignExecutor *executor = lfirst(cell);
			TimestampTz first = executor->interrupted_at;
			TimestampTz end;

			if (executor->run_id != run_id)
				continue;
			end = (first ? first : now) +
				campaign_pause_grace * INT64CONST(1000);
			if (first == 0)
				campaign_shared_executor_signal(executor, SIGINT);
			if (now >= end)
				campaign_shared_executor_signal(executor, SIGTERM);
			else
				put_off(situation, end);
		}
	}
}

/*
 * Starts executors until there are as many as are allowed, or nobody who may
 * have one needs it.
 */
static void
start_executors(Scheduler *scheduler, Situation *situation)
{
	campaign_turns_deal(scheduler->turns, situation->runs,
						situation->executors);
	while (list_length(situation->executors) < campaign_max_executors)
	{
		CampaignDueRun *run = campaign_turns_next(scheduler->turns);

		if (run == NULL || !start_executor(scheduler, situation, run))
			return;
	}
}

/*
 * Does a round of cleaning up if it is time, in a transaction of its own.  It
 * looks at every campaign, so that a scheduler that has just been started
 * relies on the one before.
 */
static void
clean_up(Scheduler *scheduler, Situation *situation)
{
	TimestampTz now = campaign_clock_now();
	CampaignCleaned cleaned = {.complete = true};

	if (now < scheduler->clean_at)
		return;
	/* Whatever happens, not again at once. */
	scheduler->clean_at = now + CLEAN_MINUTES * USECS_PER_MINUTE;
	campaign_worker_begin_transaction();
	/* Who holds everything wants it to stay as it is. */
	if (campaign_worker_installed() && !campaign_held())
	{
		campaign_clean(InvalidOid, &cleaned);
		scheduler->old_at = campaign_clean_next();
	}
	campaign_worker_commit();
	if (!cleaned.complete)
		scheduler->clean_at = now;
	else if (scheduler->old_at != 0)
		scheduler->clean_at = Min(scheduler->clean_at, scheduler->old_at);
	if (!cleaned.complete)
		put_off(situation, now);
	campaign_shared_scheduler_cleaned(scheduler->clean_at, scheduler->old_at);
}

/*
 * True if a run waits that no executor is at.
 */
static bool
is_contended(const Situation *situation)
{
	ListCell   *cell;

	foreach(cell, situation->runs)
	{
		if (count_executors(situation,
							((CampaignDueRun *) lfirst(cell))->run_id) == 0)
			return true;
	}
	return false;
}

/*
 * Takes the runs out whose executors failed lately, until their time comes;
 * failures that are long past are forgotten.
 */
static void
drop_troubled_runs(Scheduler *scheduler, Situation *situation)
{
	TimestampTz now = campaign_clock_now();
	HASH_SEQ_STATUS status;
	Trouble    *trouble;
	ListCell   *cell;

	foreach(cell, situation->runs)
	{
		CampaignDueRun *run = lfirst(cell);

		trouble = hash_search(scheduler->troubles, &run->run_id, HASH_FIND,
							  NULL);
		if (trouble == NULL || trouble->until <= now)
			continue;
		put_off(situation, trouble->until);
		situation->runs = foreach_delete_current(situation->runs, cell);
	}

	hash_seq_init(&status, scheduler->troubles);
	while ((trouble = hash_seq_search(&status)) != NULL)
	{
		if (trouble->until + FAILED_DELAY_MAX * INT64CONST(1000) < now)
			hash_search(scheduler->troubles, &trouble->run_id, HASH_REMOVE,
						NULL);
	}
}

/*
 * Gives the run to an idle executor of the same owner, if there is one.
 */
static bool
assign_executor(Situation *situation, CampaignDueRun *run)
{
	ListCell   *cell;

	foreach(cell, situation->idle)
	{
		CampaignExecutor *executor = lfirst(cell);

		if (executor->owner != run->owner)
			continue;
		situation->idle = foreach_delete_current(situation->idle, cell);
		if (!campaign_shared_executor_assign(executor, run->run_id))
			continue;
		situation->executors = lappend(situation->executors, executor);
		run->tasks--;
		return true;
	}
	return false;
}

/*
 * Has idle executors leave of which there may be fewer.
 */
static void
dismiss_idle(Situation *situation, int most)
{
	while (list_length(situation->idle) > Max(most, 0))
	{
		campaign_shared_executor_dismiss(linitial(situation->idle));
		situation->idle = list_delete_first(situation->idle);
	}
}

/*
 * Has an executor begin with the run.  If the server has no process to spare,
 * says so once and returns false.
 */
static bool
start_executor(Scheduler *scheduler, Situation *situation,
			   CampaignDueRun *run)
{
	CampaignExecutor *executor;

	if (assign_executor(situation, run))
	{
		/* More may have been allowed when the others began to wait. */
		dismiss_idle(situation, campaign_max_executors -
					 list_length(situation->executors));
		return true;
	}
	dismiss_idle(situation, campaign_max_executors -
				 list_length(situation->executors) - 1);
	executor = palloc0(sizeof(CampaignExecutor));
	if (campaign_shared_executor_reserve(run->owner, run->run_id, executor))
	{
		if (campaign_executor_start(executor))
		{
			situation->executors = lappend(situation->executors, executor);
			run->tasks--;
			scheduler->exhausted = false;
			return true;
		}
		campaign_shared_executor_release(executor);
	}
	if (situation->idle != NIL)
	{
		/* Their end wakes us. */
		dismiss_idle(situation, 0);
		situation->exhausted = true;
		return false;
	}
	if (!scheduler->exhausted)
		ereport(LOG,
				(errmsg("out of background worker slots for a campaign executor"),
				 errhint("Consider increasing the configuration parameter \"max_worker_processes\".")));
	scheduler->exhausted = true;
	situation->exhausted = true;
	return false;
}

/*
 * Decides how long to wait, and leaves if there has been nothing to do for
 * long enough; the launcher knows then when to start a scheduler again.
 */
static long
decide_wait(Scheduler *scheduler, const Situation *situation)
{
	TimestampTz now = campaign_clock_now();
	TimestampTz next = situation->next_due;
	TimestampTz until;

	if (scheduler->old_at != 0 && (next == 0 || scheduler->old_at < next))
		next = scheduler->old_at;
	if (situation->executors != NIL || situation->exhausted ||
		situation->retry_at != 0)
	{
		scheduler->busy_at = now;
		until = now + campaign_scheduler_naptime * INT64CONST(1000);
		/* What was put off is put off for its own time. */
		if (situation->executors == NIL && !situation->exhausted)
			until = situation->retry_at;
	}
	else
	{
		until = scheduler->busy_at +
			campaign_scheduler_idle * INT64CONST(1000);
		if (until <= now)
			return campaign_shared_scheduler_leave(next) ?
				LEFT : 0;
	}
	if (situation->retry_at != 0)
		until = Min(until, situation->retry_at);
	if (next != 0)
		until = Min(until, next);
	return campaign_clock_until(until, INT_MAX);
}

/*
 * Notes that something is to be done at that time.
 */
static void
put_off(Situation *situation, TimestampTz when)
{
	if (situation->retry_at == 0 || when < situation->retry_at)
		situation->retry_at = when;
}
