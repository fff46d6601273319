/*
 * executor.c
 *		The process that executes tasks of one run, connected as its owner.
 *
 * Connected as the owner and nobody else: whatever the owner's functions do
 * to the session, there are no other rights to return to.  It leaves when
 * nothing of the run is due, so that waiting runs cost no process, and
 * between two tasks if other runs would get no executor otherwise.  Before it
 * ends it waits a moment for another run of the owner's, which then begins with
 * everything that the process has read and planned.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/settings.h"
#include "base/shared.h"
#include "base/sql.h"
#include "engine/step.h"
#include "worker/executor.h"
#include "worker/worker.h"

/* What the scheduler tells the executor; travels in bgw_extra. */
typedef struct Assignment
{
	Oid			database;
	Oid			owner;
	int64		run_id;
	int64		ticket;
	int			slot;
} Assignment;

StaticAssertDecl(sizeof(Assignment) <= BGW_EXTRALEN,
				 "an assignment must fit into bgw_extra");

static void begin_task(void);

static const CampaignTransactions transactions = {
	begin_task,
	campaign_worker_commit,
	campaign_worker_abort
};

static int64 next_run(void);
static bool execute_run(int64 run_id);
static bool execute_tasks(int64 run_id, MemoryContext turn);
static void describe_run(void *arg);

/*
 * Registers an executor.  That this succeeds does not mean that it will be
 * able to connect.
 */
bool
campaign_executor_start(const CampaignExecutor *executor)
{
	BackgroundWorker worker;
	Assignment	assignment = {0};

	assignment.database = executor->database;
	assignment.owner = executor->owner;
	assignment.run_id = executor->run_id;
	assignment.ticket = executor->ticket;
	assignment.slot = executor->slot;

	worker = campaign_worker_describe("campaign executor",
									  "campaign_executor_main");
	snprintf(worker.bgw_name, BGW_MAXLEN, "campaign executor run " INT64_FORMAT,
			 executor->run_id);
	worker.bgw_notify_pid = MyProcPid;
	memcpy(worker.bgw_extra, &assignment, sizeof(assignment));
	return RegisterDynamicBackgroundWorker(&worker, NULL);
}

/*
 * Main function of an executor.
 */
void
campaign_executor_main(Datum arg)
{
	Assignment	assignment;

	memcpy(&assignment, MyBgworkerEntry->bgw_extra, sizeof(assignment));
	campaign_worker_begin();
	if (!campaign_shared_executor_attach(assignment.slot, assignment.ticket))
		return;
	CAMPAIGN_FAULT("executor_connect");
	campaign_sql_brief = true;
	campaign_worker_connect(assignment.database, assignment.owner);
	for (int64 run_id = assignment.run_id; run_id != 0; run_id = next_run())
	{
		if (!execute_run(run_id))
			proc_exit(1);
	}
}

/*
 * Waits for another run, and begins it as a new process would; 0 if none came,
 * or if a new process would be different.
 */
static int64
next_run(void)
{
	TimestampTz until = campaign_clock_now() +
		campaign_executor_idle * INT64CONST(1000);
	int64		run_id;
	long		wait;

	if (campaign_executor_idle == 0 || !campaign_shared_executor_rest())
		return 0;
	for (;;)
	{
		/* Whoever cancels now means a task that is over. */
		QueryCancelPending = false;
		campaign_worker_check();
		wait = campaign_clock_until(until, INT_MAX);
		if (campaign_shared_executor_next(&run_id, wait == 0))
			break;
		campaign_worker_wait(wait);
	}
	if (run_id == 0 || campaign_worker_renew())
		return run_id;
	/* It was worth it: the next one is started without delay. */
	(void) campaign_shared_executor_worked();
	return 0;
}

/*
 * Executes what is due of the run, and says in every message which it is.
 * False if an error came out of the engine; it has been logged.
 */
static bool
execute_run(int64 run_id)
{
	ErrorContextCallback callback = {0};
	MemoryContext turn;
	bool		result;

	turn = AllocSetContextCreate(TopMemoryContext, "campaign executor turn",
								 ALLOCSET_DEFAULT_SIZES);
	callback.callback = describe_run;
	callback.arg = &run_id;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	result = execute_tasks(run_id, turn);
	error_context_stack = callback.previous;
	return result;
}

/*
 * Takes tasks until nothing is due or other runs wait for the place.
 */
static bool
execute_tasks(int64 run_id, MemoryContext turn)
{
	volatile bool result = true;

	MemoryContextSwitchTo(turn);
	PG_TRY();
	{
		while (campaign_step(run_id, &transactions))
		{
			if (campaign_shared_executor_worked())
				break;
			campaign_worker_discard();
			MemoryContextReset(turn);
			/* A cancel that comes too late was meant for what is over. */
			QueryCancelPending = false;
			campaign_worker_check();
		}
	}
	PG_CATCH();
	{
		error_context_stack = NULL; /* the error names the run already */
		result = !campaign_worker_recover(turn);
	}
	PG_END_TRY();
	return result;
}

/*
 * Begins the transaction of a task.
 */
static void
begin_task(void)
{
	campaign_worker_begin_transaction();
	if (!campaign_worker_installed())
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"%s\" does not exist", "campaign")));
}

/*
 * Names the run in messages.
 */
static void
describe_run(void *arg)
{
	errcontext("campaign run " INT64_FORMAT, *(int64 *) arg);
}
