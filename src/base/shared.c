/*
 * shared.c
 *		What the processes of one server tell each other.
 *
 * Two arrays under one lock.  A database has a slot while a scheduler works
 * in it or is to be started, at once or at an instant; an executor has one
 * from the moment its scheduler decides to start it.  Processes leave their
 * slots in exit callbacks, so a slot tells the truth about everybody who was
 * not killed; and after a kill -9 the server begins with empty memory, and
 * the launcher has every database looked at.
 *
 * A flag that asks for work is cleared before the tables are read, and read
 * again, under the lock, before leaving: so nothing that was committed in
 * between is missed.  Latches are set and processes signalled with the lock
 * held: they belong to the process for as long as its slot says so.
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"

#include "base/clock.h"
#include "base/rest.h"
#include "base/shared.h"

/* How many databases can have something to do at the same time. */
#define MAX_DATABASES 1024
/* How many databases the launcher has looked at side by side. */
#define MAX_VISITS 2
/* A scheduler that has not finished a look for so long does not count there. */
#define VISIT_SECONDS 10
/* The longest pause between attempts to start a scheduler. */
#define MAX_DELAY_SECONDS 60

typedef struct DatabaseSlot
{
	Oid			database;		/* InvalidOid: free */
	int			pid;			/* its scheduler, or 0 */
	Latch	   *latch;			/* the scheduler's */
	bool		wanted;			/* somebody committed work */
	bool		visit;			/* nobody has looked since the server began */
	bool		contended;		/* more wants to run than may */
	TimestampTz next_due;		/* without a scheduler: when to start one */
	int			attempts;		/* to start one, since one last succeeded */
	TimestampTz attempted_at;
	Oid			cleaned;		/* the database of the next two; stays behind */
	TimestampTz clean_at;		/* when to look for what is old */
	TimestampTz old_at;			/* when there will be some; 0: never */
} DatabaseSlot;

typedef struct SharedState
{
	LWLock	   *lock;			/* protects all below */
	Latch	   *launcher;
	int64		last_ticket;
	DatabaseSlot databases[MAX_DATABASES];
	int			nexecutors;
	CampaignExecutor executors[FLEXIBLE_ARRAY_MEMBER];
} SharedState;

static SharedState *shared = NULL;	/* NULL: not preloaded */
static DatabaseSlot *my_database = NULL;	/* in a scheduler */
static CampaignExecutor *my_executor = NULL;	/* in an executor */
static bool wake_registered = false;
static bool wake_pending = false;	/* this transaction asked for it */

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void request_memory(void);
static void create_memory(void);
static void wake_scheduler(XactEvent event, void *arg);
static bool want_scheduler(Oid database);
static DatabaseSlot *find_database(Oid database, bool add);
static TimestampTz when_to_start(const DatabaseSlot *slot, int visits);
static int	count_visits(void);
static void launcher_exit(int code, Datum arg);
static void scheduler_exit(int code, Datum arg);
static void executor_exit(int code, Datum arg);

/*
 * Gives the size of it all.  There is a slot for every executor the server
 * could have, whatever campaign.max_executors is set to later.
 */
static Size
shared_size(void)
{
	return add_size(offsetof(SharedState, executors),
					mul_size(max_worker_processes, sizeof(CampaignExecutor)));
}

/*
 * Hooks into the server's start; has an effect only while preloading.
 */
void
campaign_shared_request(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = create_memory;
}

/*
 * Reserves memory and a lock while the server computes their total.
 */
static void
request_memory(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(shared_size());
	RequestNamedLWLockTranche("campaign", 1);
}

/*
 * Creates the memory, again after each crash.
 */
static void
create_memory(void)
{
	bool		found;

	if (previous_startup_hook)
		previous_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("campaign", shared_size(), &found);
	if (!found)
	{
		memset(shared, 0, shared_size());
		shared->lock = &GetNamedLWLockTranche("campaign")->lock;
		shared->nexecutors = max_worker_processes;
	}
	LWLockRelease(AddinShmemInitLock);
}

/*
 * True if there is a launcher that will see what is asked for.
 */
bool
campaign_shared_active(void)
{
	return shared != NULL;
}

/* -------------------------------- waking -------------------------------- */

/*
 * Wakes the scheduler of this database if and when the transaction commits, and
 * who waits for a run.  Undoing a subtransaction does not take it back: a look for nothing is
 * cheap.
 */
void
campaign_shared_wake_at_commit(void)
{
	if (!shared)
		return;
	if (!wake_registered)
	{
		RegisterXactCallback(wake_scheduler, NULL);
		wake_registered = true;
	}
	wake_pending = true;
	campaign_rest_tell_at_commit();
}

/*
 * The callback, one for the life of the process.  It must not fail once the
 * transaction has committed.
 */
static void
wake_scheduler(XactEvent event, void *arg)
{
	bool		full;

	if (!wake_pending)
		return;
	switch (event)
	{
		case XACT_EVENT_PRE_PREPARE:
			/* Whoever commits it later would not know whom to wake. */
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot PREPARE a transaction that gives work to a scheduler")));
			break;
		case XACT_EVENT_COMMIT:
			wake_pending = false;
			LWLockAcquire(shared->lock, LW_EXCLUSIVE);
			full = !want_scheduler(MyDatabaseId);
			LWLockRelease(shared->lock);
			if (full)
				ereport(LOG,
						(errmsg("no scheduler can be started: %d databases have one or wait for one",
								MAX_DATABASES)));
			break;
		case XACT_EVENT_ABORT:
			wake_pending = false;
			break;
		default:
			break;
	}
}

/*
 * Wakes the database's scheduler or has one started; needs the lock.  False
 * if there is no room.
 */
static bool
want_scheduler(Oid database)
{
	DatabaseSlot *slot = find_database(database, true);

	if (slot == NULL)
		return false;
	slot->wanted = true;
	if (slot->pid != 0)
		SetLatch(slot->latch);
	else if (shared->launcher)
		SetLatch(shared->launcher);
	return true;
}

/*
 * Makes an empty slot that of the database.
 */
static DatabaseSlot *
take_slot(DatabaseSlot *slot, Oid database)
{
	DatabaseSlot former = *slot;

	memset(slot, 0, sizeof(DatabaseSlot));
	slot->database = database;
	if (former.cleaned == database)
	{
		slot->clean_at = former.clean_at;
		slot->old_at = former.old_at;
	}
	slot->cleaned = database;
	return slot;
}

/*
 * Finds the slot of a database, or makes one if asked to, of the one it had
 * before if that is empty; needs the lock.  NULL if there is none and no room.
 */
static DatabaseSlot *
find_database(Oid database, bool add)
{
	DatabaseSlot *empty = NULL;

	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &shared->databases[i];

		if (slot->database == database)
			return slot;
		if (!OidIsValid(slot->database) &&
			(empty == NULL || slot->cleaned == database))
			empty = slot;
	}
	if (!add || empty == NULL)
		return NULL;
	return take_slot(empty, database);
}

/* ----------------------------- the launcher ----------------------------- */

/*
 * Makes this process the one that is woken for databases without scheduler.
 */
void
campaign_shared_launcher_attach(void)
{
	before_shmem_exit(launcher_exit, (Datum) 0);
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher = MyLatch;
	LWLockRelease(shared->lock);
}

/*
 * Leaves; what is asked for meanwhile waits for the next launcher.
 */
static void
launcher_exit(int code, Datum arg)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shared->launcher = NULL;
	LWLockRelease(shared->lock);
}

/*
 * Marks databases as not looked at.  Those for which there is no room are
 * left out: somebody will wake them or the server has too many.
 */
void
campaign_shared_visit(List *databases)
{
	ListCell   *cell;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	foreach(cell, databases)
	{
		DatabaseSlot *slot = find_database(lfirst_oid(cell), true);

		if (slot == NULL)
			break;
		slot->visit = true;
	}
	LWLockRelease(shared->lock);
}

/*
 * Chooses a database that needs a scheduler now and counts the attempt.  The
 * caller must start one or say that it could not.
 */
Oid
campaign_shared_next_database(TimestampTz *next)
{
	TimestampTz now = campaign_clock_now();
	Oid			chosen = InvalidOid;
	int			visits;

	*next = DT_NOEND;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	visits = count_visits();
	for (int i = 0; i < MAX_DATABASES && !OidIsValid(chosen); i++)
	{
		DatabaseSlot *slot = &shared->databases[i];
		TimestampTz when = when_to_start(slot, visits);

		if (when <= now)
		{
			slot->attempts++;
			slot->attempted_at = now;
			chosen = slot->database;
		}
		else
			*next = Min(*next, when);
	}
	LWLockRelease(shared->lock);
	return chosen;
}

/*
 * Counts the schedulers that were started and have not finished a look, but
 * not for ever, because one that cannot begin never will.
 */
static int
count_visits(void)
{
	TimestampTz limit = campaign_clock_now() - VISIT_SECONDS * USECS_PER_SEC;
	int			visits = 0;

	for (int i = 0; i < MAX_DATABASES; i++)
	{
		const DatabaseSlot *slot = &shared->databases[i];

		if (slot->attempts > 0 && slot->attempted_at > limit)
			visits++;
	}
	return visits;
}

/*
 * When to start a scheduler: infinity if there is one or nothing to do.
 * Failed attempts put it off, longer each time.
 */
static TimestampTz
when_to_start(const DatabaseSlot *slot, int visits)
{
	TimestampTz when = DT_NOEND;

	if (!OidIsValid(slot->database) || slot->pid != 0)
		return DT_NOEND;
	if (slot->wanted || slot->visit)
		when = 0;
	else if (slot->next_due != 0)
		when = slot->next_due;
	else
		return DT_NOEND;

	if (slot->attempts > 0)
	{
		int			delay = 1 << Min(slot->attempts - 1, 10);

		delay = Min(delay, MAX_DELAY_SECONDS);
		when = Max(when, slot->attempted_at + delay * USECS_PER_SEC);
	}
	if (!slot->wanted && slot->visit && visits >= MAX_VISITS)
		when = Max(when, campaign_clock_now() + USECS_PER_SEC);
	return when;
}

/*
 * Takes an attempt back that failed for a reason common to all databases.
 */
void
campaign_shared_next_postponed(Oid database)
{
	DatabaseSlot *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_database(database, false);
	if (slot && slot->attempts > 0)
		slot->attempts--;
	LWLockRelease(shared->lock);
}

/*
 * Frees everything of a database that is gone, unless processes of ours are
 * in it after all.
 */
void
campaign_shared_forget(Oid database)
{
	DatabaseSlot *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_database(database, false);
	if (slot && slot->pid == 0)
		slot->database = InvalidOid;
	for (int i = 0; i < shared->nexecutors; i++)
	{
		CampaignExecutor *executor = &shared->executors[i];

		if (executor->database == database &&
			(executor->ended || executor->pid == 0))
			executor->ticket = 0;
	}
	LWLockRelease(shared->lock);
}

/* ------------------------------ schedulers ------------------------------ */

/*
 * Makes this process the scheduler of a database; false if it has one.  To be
 * called before connecting, so that the failure to connect is an attempt that
 * failed.
 */
bool
campaign_shared_scheduler_attach(Oid database)
{
	DatabaseSlot *slot;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	slot = find_database(database, true);
	if (slot && slot->pid == 0)
	{
		slot->pid = MyProcPid;
		slot->latch = MyLatch;
		my_database = slot;
	}
	LWLockRelease(shared->lock);
	if (my_database == NULL)
		return false;
	before_shmem_exit(scheduler_exit, (Datum) 0);
	return true;
}

/*
 * Notes that all that was committed until now is going to be seen.
 */
bool
campaign_shared_scheduler_begin(void)
{
	bool		woken;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	woken = my_database->wanted;
	my_database->wanted = false;
	my_database->next_due = 0;
	LWLockRelease(shared->lock);
	return woken;
}

/*
 * Notes that the database is in order: failures are counted from zero.
 */
void
campaign_shared_scheduler_end(void)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_database->visit = false;
	my_database->attempts = 0;
	LWLockRelease(shared->lock);
}

/*
 * Gives what the last scheduler of this database found out about what is old;
 * 0 if there was none.
 */
void
campaign_shared_clean_times(TimestampTz *clean_at, TimestampTz *old_at)
{
	*clean_at = *old_at = 0;
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &shared->databases[i];

		if (slot->cleaned == MyDatabaseId)
		{
			*clean_at = slot->clean_at;
			*old_at = slot->old_at;
		}
	}
	LWLockRelease(shared->lock);
}

/*
 * Remembers it for the next one.
 */
void
campaign_shared_scheduler_cleaned(TimestampTz clean_at, TimestampTz old_at)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_database->clean_at = clean_at;
	my_database->old_at = old_at;
	LWLockRelease(shared->lock);
}

/*
 * Tells the executors of the database whether others wait for a place.
 */
void
campaign_shared_scheduler_contend(bool contended)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_database->contended = contended;
	LWLockRelease(shared->lock);
}

/*
 * Gives the database back to the launcher, which starts a scheduler at that
 * instant (0: never) or when somebody asks for it.  False, and nothing
 * happens, if somebody asked already.
 */
bool
campaign_shared_scheduler_leave(TimestampTz next_due)
{
	DatabaseSlot *slot = my_database;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (!slot->wanted)
	{
		my_database = NULL;
		slot->pid = 0;
		slot->latch = NULL;
		slot->next_due = next_due;
		if (next_due == 0)
			slot->database = InvalidOid;
		if (shared->launcher)
			SetLatch(shared->launcher);
	}
	LWLockRelease(shared->lock);
	return my_database == NULL;
}

/*
 * For a scheduler that ends without having left, asks for another one.
 */
static void
scheduler_exit(int code, Datum arg)
{
	if (my_database == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_database->pid = 0;
	my_database->latch = NULL;
	if (my_database->attempts == 0)
	{
		my_database->attempts = 1;
		my_database->attempted_at = campaign_clock_now();
	}
	(void) want_scheduler(my_database->database);
	LWLockRelease(shared->lock);
	my_database = NULL;
}

/* ------------------------------ executors ------------------------------- */

/*
 * Copies what is known about the executors of this database, those included
 * that are about to begin or have ended.
 */
List *
campaign_shared_executors(void)
{
	List	   *result = NIL;
	CampaignExecutor *copy;
	int			count = 0;

	if (!shared)
		return NIL;
	/* Nothing is allocated under the lock. */
	copy = palloc(mul_size(shared->nexecutors, sizeof(CampaignExecutor)));
	LWLockAcquire(shared->lock, LW_SHARED);
	for (int i = 0; i < shared->nexecutors; i++)
	{
		const CampaignExecutor *executor = &shared->executors[i];

		if (executor->ticket != 0 && executor->database == MyDatabaseId)
			copy[count++] = *executor;
	}
	LWLockRelease(shared->lock);
	for (int i = 0; i < count; i++)
		result = lappend(result, &copy[i]);
	return result;
}

/*
 * Reserves a place and describes it, for the process to be started.
 */
bool
campaign_shared_executor_reserve(Oid owner, int64 run_id,
								 CampaignExecutor *executor)
{
	bool		found = false;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < shared->nexecutors && !found; i++)
	{
		CampaignExecutor *slot = &shared->executors[i];

		if (slot->ticket != 0)
			continue;
		memset(slot, 0, sizeof(CampaignExecutor));
		slot->slot = i;
		slot->ticket = ++shared->last_ticket;
		slot->database = MyDatabaseId;
		slot->owner = owner;
		slot->run_id = run_id;
		slot->reserved_at = campaign_clock_now();
		*executor = *slot;
		found = true;
	}
	LWLockRelease(shared->lock);
	return found;
}

/*
 * Frees the place of an executor that has ended or did not begin.
 */
void
campaign_shared_executor_release(const CampaignExecutor *executor)
{
	CampaignExecutor *slot = &shared->executors[executor->slot];

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (slot->ticket == executor->ticket &&
		(slot->ended || slot->pid == 0))
		slot->ticket = 0;
	LWLockRelease(shared->lock);
}

/*
 * Signals an executor unless it has ended since the copy was made.
 */
void
campaign_shared_executor_signal(const CampaignExecutor *executor, int signal)
{
	CampaignExecutor *slot = &shared->executors[executor->slot];

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (slot->ticket == executor->ticket && slot->pid != 0 && !slot->ended)
	{
		if (slot->interrupted_at == 0)
			slot->interrupted_at = campaign_clock_now();
		kill(slot->pid, signal);
	}
	LWLockRelease(shared->lock);
}

/*
 * Takes the place that was reserved for this process; false if the scheduler
 * gave up waiting for it.
 */
bool
campaign_shared_executor_attach(int slot, int64 ticket)
{
	CampaignExecutor *executor;

	if (!shared || slot < 0 || slot >= shared->nexecutors)
		return false;
	executor = &shared->executors[slot];
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (executor->ticket == ticket && executor->pid == 0)
	{
		executor->pid = MyProcPid;
		my_executor = executor;
	}
	LWLockRelease(shared->lock);
	if (my_executor == NULL)
		return false;
	before_shmem_exit(executor_exit, (Datum) 0);
	return true;
}

/*
 * Notes that starting this process was worth it; true if others should have
 * the place now.
 */
bool
campaign_shared_executor_worked(void)
{
	DatabaseSlot *slot;
	bool		contended;

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_executor->worked = true;
	slot = find_database(my_executor->database, false);
	contended = slot && slot->contended;
	LWLockRelease(shared->lock);
	return contended;
}

/*
 * Leaves the result in the slot for the scheduler and wakes it.
 */
static void
executor_exit(int code, Datum arg)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_executor->ended = true;
	my_executor->failed = code != 0;
	(void) want_scheduler(my_executor->database);
	LWLockRelease(shared->lock);
	my_executor = NULL;
	campaign_rest_tell();
}

/*
 * Shows what this executor begins, here and in pg_stat_activity.
 */
void
campaign_shared_progress_begin(int64 run_id, const char *activity)
{
	static char title[NAMEDATALEN + 64];
	int			length;

	if (my_executor == NULL)
		return;
	length = pg_mbcliplen(activity, strlen(activity), NAMEDATALEN - 1);
	snprintf(title, sizeof(title), "campaign run " INT64_FORMAT ": %.*s",
			 run_id, length, activity);
	debug_query_string = title;
	pgstat_report_activity(STATE_RUNNING, title);

	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	memcpy(my_executor->activity, activity, length);
	my_executor->activity[length] = '\0';
	my_executor->rows = 0;
	my_executor->expected = 0;
	my_executor->started_at = campaign_clock_now();
	LWLockRelease(shared->lock);
	campaign_rest_hold();
}

/*
 * Shows how far it is.  Without the lock, because it may be called for every
 * row: at worst a reader sees half of an old number.
 */
void
campaign_shared_progress_rows(int64 rows)
{
	if (my_executor)
		((volatile CampaignExecutor *) my_executor)->rows = rows;
}

/* Tells how many rows are expected. */
void
campaign_shared_progress_expect(double rows)
{
	if (my_executor)
		((volatile CampaignExecutor *) my_executor)->expected = rows;
}

/* Shows that it is at nothing. */
void
campaign_shared_progress_end(void)
{
	if (my_executor == NULL)
		return;
	debug_query_string = NULL;
	pgstat_report_activity(STATE_IDLE, NULL);
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	my_executor->activity[0] = '\0';
	my_executor->rows = 0;
	my_executor->started_at = 0;
	LWLockRelease(shared->lock);
	campaign_rest_release();
}
