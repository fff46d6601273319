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

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/resowner.h"

#include "base/clock.h"
#include "base/rest.h"
#include "base/slots.h"

/* How many databases the launcher has looked at side by side. */
#define MAX_VISITS 2
/* A scheduler that has not finished a look for so long does not count there. */
#define VISIT_SECONDS 10
/* The longest pause between attempts to start a scheduler. */
#define MAX_DELAY_SECONDS 60

SharedState *campaign_slots = NULL;
static DatabaseSlot *my_database = NULL;	/* in a scheduler */
static bool wake_registered = false;
static bool wake_pending = false;	/* this transaction asked for it */
static bool remind_pending = false;

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void request_memory(void);
static void create_memory(void);
static void wake_scheduler(ResourceReleasePhase phase, bool committed,
						   bool top, void *arg);
static void notice_end(XactEvent event, void *arg);
static TimestampTz when_to_start(const DatabaseSlot *slot, int visits);
static int	count_visits(void);
static void launcher_exit(int code, Datum arg);
static void scheduler_exit(int code, Datum arg);

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
	campaign_slots = ShmemInitStruct("campaign", shared_size(), &found);
	if (!found)
	{
		memset(campaign_slots, 0, shared_size());
		campaign_slots->lock = &GetNamedLWLockTranche("campaign")->lock;
		campaign_slots->nexecutors = max_worker_processes;
	}
	LWLockRelease(AddinShmemInitLock);
}

/*
 * True if there is a launcher that will see what is asked for.
 */
bool
campaign_shared_active(void)
{
	return campaign_slots != NULL;
}

/* -------------------------------- waking -------------------------------- */

/*
 * Has the end of this transaction noticed.
 */
static bool
watch_end(void)
{
	if (!campaign_slots)
		return false;
	if (!wake_registered)
	{
		RegisterXactCallback(notice_end, NULL);
		RegisterResourceReleaseCallback(wake_scheduler, NULL);
	}
	wake_registered = true;
	return true;
}

/*
 * Wakes the scheduler of this database if and when the transaction commits, and
 * who waits for a run.  Undoing a subtransaction does not take it back: a look
 * for nothing is cheap.
 */
void
campaign_shared_wake_at_commit(void)
{
	if (watch_end())
		wake_pending = true;
	campaign_rest_tell_at_commit();
}

/*
 * A scheduler that would have nothing to do now is not disturbed.
 */
void
campaign_shared_remind_at_commit(void)
{
	if (watch_end())
		remind_pending = true;
}

/*
 * Sets when the scheduler looks, or has one started.
 */
static void
remind_scheduler(void)
{
	DatabaseSlot *slot = campaign_slot_of(MyDatabaseId, false);

	if (slot == NULL || slot->pid == 0)
		(void) campaign_slot_wake(MyDatabaseId);
	else if (slot->remind_at == 0)
	{
		slot->remind_at = campaign_clock_now() +
			CAMPAIGN_PATIENCE * INT64CONST(1000);
		slot->reminded = true;
		SetLatch(slot->latch);
	}
}

/*
 * A callback, one for the life of the process: does what was asked for when
 * nothing is left to do for the transaction, whose locks and messages to the
 * caches of others would be met otherwise.  It must not fail.
 */
static void
wake_scheduler(ResourceReleasePhase phase, bool committed, bool top, void *arg)
{
	bool		full = false;

	if ((!wake_pending && !remind_pending) || !committed || !top ||
		phase != RESOURCE_RELEASE_AFTER_LOCKS)
		return;
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	if (wake_pending)
		full = !campaign_slot_wake(MyDatabaseId);
	else
		remind_scheduler();
	LWLockRelease(campaign_slots->lock);
	wake_pending = remind_pending = false;
	if (full)
		ereport(LOG,
				(errmsg("no scheduler can be started: %d databases have one or wait for one",
						MAX_DATABASES)));
}

/*
 * Another one, for ends that wake nobody.
 */
static void
notice_end(XactEvent event, void *arg)
{
	/* Whoever commits it later would not know whom to wake. */
	if (event == XACT_EVENT_PRE_PREPARE && (wake_pending || remind_pending))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot PREPARE a transaction that gives work to a scheduler")));
	if (event == XACT_EVENT_ABORT)
		wake_pending = remind_pending = false;
}

/*
 * Wakes the database's scheduler or has one started; needs the lock.  False
 * if there is no room.
 */
bool
campaign_slot_wake(Oid database)
{
	DatabaseSlot *slot = campaign_slot_of(database, true);

	if (slot == NULL)
		return false;
	slot->wanted = true;
	if (slot->pid != 0)
		SetLatch(slot->latch);
	else if (campaign_slots->launcher)
		SetLatch(campaign_slots->launcher);
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
DatabaseSlot *
campaign_slot_of(Oid database, bool add)
{
	DatabaseSlot *empty = NULL;

	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &campaign_slots->databases[i];

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
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	campaign_slots->launcher = MyLatch;
	LWLockRelease(campaign_slots->lock);
}

/*
 * Leaves; what is asked for meanwhile waits for the next launcher.
 */
static void
launcher_exit(int code, Datum arg)
{
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	campaign_slots->launcher = NULL;
	LWLockRelease(campaign_slots->lock);
}

/*
 * Marks databases as not looked at.  Those for which there is no room are
 * left out: somebody will wake them or the server has too many.
 */
void
campaign_shared_visit(List *databases)
{
	ListCell   *cell;

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	foreach(cell, databases)
	{
		DatabaseSlot *slot = campaign_slot_of(lfirst_oid(cell), true);

		if (slot == NULL)
			break;
		slot->visit = true;
	}
	LWLockRelease(campaign_slots->lock);
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
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	visits = count_visits();
	for (int i = 0; i < MAX_DATABASES && !OidIsValid(chosen); i++)
	{
		DatabaseSlot *slot = &campaign_slots->databases[i];
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
	LWLockRelease(campaign_slots->lock);
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
		const DatabaseSlot *slot = &campaign_slots->databases[i];

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

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	slot = campaign_slot_of(database, false);
	if (slot && slot->attempts > 0)
		slot->attempts--;
	LWLockRelease(campaign_slots->lock);
}

/*
 * Frees everything of a database that is gone, unless processes of ours are
 * in it after all.
 */
void
campaign_shared_forget(Oid database)
{
	DatabaseSlot *slot;

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	slot = campaign_slot_of(database, false);
	if (slot && slot->pid == 0)
		slot->database = InvalidOid;
	for (int i = 0; i < campaign_slots->nexecutors; i++)
	{
		CampaignExecutor *executor = &campaign_slots->executors[i];

		if (executor->database == database &&
			(executor->ended || executor->pid == 0))
			executor->ticket = 0;
	}
	LWLockRelease(campaign_slots->lock);
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

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	slot = campaign_slot_of(database, true);
	if (slot && slot->pid == 0)
	{
		slot->pid = MyProcPid;
		slot->latch = MyLatch;
		my_database = slot;
	}
	LWLockRelease(campaign_slots->lock);
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

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	woken = my_database->wanted;
	my_database->wanted = false;
	my_database->remind_at = 0;
	my_database->reminded = false;
	my_database->next_due = 0;
	LWLockRelease(campaign_slots->lock);
	return woken;
}

/*
 * Learns when to look at the latest.
 */
bool
campaign_shared_scheduler_reminded(TimestampTz *until)
{
	bool		alone;

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	alone = my_database->reminded && !my_database->wanted;
	if (my_database->remind_at != 0)
		*until = Min(*until, my_database->remind_at);
	my_database->reminded = false;
	LWLockRelease(campaign_slots->lock);
	return alone;
}

/*
 * Notes that the database is in order: failures are counted from zero.
 */
void
campaign_shared_scheduler_end(void)
{
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	my_database->visit = false;
	my_database->attempts = 0;
	LWLockRelease(campaign_slots->lock);
}

/*
 * Gives what the last scheduler of this database found out about what is old;
 * 0 if there was none.
 */
void
campaign_shared_clean_times(TimestampTz *clean_at, TimestampTz *old_at)
{
	*clean_at = *old_at = 0;
	LWLockAcquire(campaign_slots->lock, LW_SHARED);
	for (int i = 0; i < MAX_DATABASES; i++)
	{
		DatabaseSlot *slot = &campaign_slots->databases[i];

		if (slot->cleaned == MyDatabaseId)
		{
			*clean_at = slot->clean_at;
			*old_at = slot->old_at;
		}
	}
	LWLockRelease(campaign_slots->lock);
}

/*
 * Remembers it for the next one.
 */
void
campaign_shared_scheduler_cleaned(TimestampTz clean_at, TimestampTz old_at)
{
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	my_database->clean_at = clean_at;
	my_database->old_at = old_at;
	LWLockRelease(campaign_slots->lock);
}

/*
 * Tells the executors of the database whether others wait for a place.
 */
void
campaign_shared_scheduler_contend(bool contended)
{
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	my_database->contended = contended;
	LWLockRelease(campaign_slots->lock);
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

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	if (!slot->wanted)
	{
		my_database = NULL;
		slot->pid = 0;
		slot->latch = NULL;
		slot->next_due = next_due;
		if (next_due == 0)
			slot->database = InvalidOid;
		if (campaign_slots->launcher)
			SetLatch(campaign_slots->launcher);
	}
	LWLockRelease(campaign_slots->lock);
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
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	my_database->pid = 0;
	my_database->latch = NULL;
	if (my_database->attempts == 0)
	{
		my_database->attempts = 1;
		my_database->attempted_at = campaign_clock_now();
	}
	(void) campaign_slot_wake(my_database->database);
	LWLockRelease(campaign_slots->lock);
	my_database = NULL;
}
