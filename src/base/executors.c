/*
 * executors.c
 *		The places of executors, and what they show of their work.
 *
 * The scheduler reserves a place and frees it; in between it is the process's
 * own.
 */
#include "postgres.h"

#include <signal.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"

#include "base/clock.h"
#include "base/rest.h"
#include "base/slots.h"

static CampaignExecutor *my_executor = NULL;	/* in an executor */

static void executor_exit(int code, Datum arg);

/*
 * Copies what is known about the executors of this database, those that are
 * about to begin or have ended included, or about those that are idle.
 */
static List *
copy_executors(bool idle)
{
	List	   *result = NIL;
	CampaignExecutor *copy;
	int			count = 0;

	if (!campaign_slots)
		return NIL;
	/* Nothing is allocated under the lock. */
	copy = palloc(mul_size(campaign_slots->nexecutors,
						   sizeof(CampaignExecutor)));
	LWLockAcquire(campaign_slots->lock, LW_SHARED);
	for (int i = 0; i < campaign_slots->nexecutors; i++)
	{
		const CampaignExecutor *executor = &campaign_slots->executors[i];

		if (executor->ticket != 0 && executor->database == MyDatabaseId &&
			(executor->idle && !executor->ended) == idle)
			copy[count++] = *executor;
	}
	LWLockRelease(campaign_slots->lock);
	for (int i = 0; i < count; i++)
		result = lappend(result, &copy[i]);
	return result;
}

/*
 * Those that are at a run, about to begin, or have ended.
 */
List *
campaign_shared_executors(void)
{
	return copy_executors(false);
}

/*
 * Those that wait for a run.
 */
List *
campaign_shared_executors_idle(void)
{
	return copy_executors(true);
}

/*
 * Reserves a place and describes it, for the process to be started.
 */
bool
campaign_shared_executor_reserve(Oid owner, int64 run_id,
								 CampaignExecutor *executor)
{
	bool		found = false;

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	for (int i = 0; i < campaign_slots->nexecutors && !found; i++)
	{
		CampaignExecutor *slot = &campaign_slots->executors[i];

		if (slot->ticket != 0)
			continue;
		memset(slot, 0, sizeof(CampaignExecutor));
		slot->slot = i;
		slot->ticket = ++campaign_slots->last_ticket;
		slot->database = MyDatabaseId;
		slot->owner = owner;
		slot->run_id = run_id;
		slot->reserved_at = campaign_clock_now();
		*executor = *slot;
		found = true;
	}
	LWLockRelease(campaign_slots->lock);
	return found;
}

/*
 * Frees the place of an executor that has ended or did not begin.
 */
void
campaign_shared_executor_release(const CampaignExecutor *executor)
{
	CampaignExecutor *slot = &campaign_slots->executors[executor->slot];

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	if (slot->ticket == executor->ticket &&
		(slot->ended || slot->pid == 0))
		slot->ticket = 0;
	LWLockRelease(campaign_slots->lock);
}

/*
 * Gives the place, and the process in it, to another run.  Who still has the
 * old ticket cannot interrupt it.
 */
bool
campaign_shared_executor_assign(CampaignExecutor *executor, int64 run_id)
{
	CampaignExecutor *slot = &campaign_slots->executors[executor->slot];
	bool		assigned;

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	assigned = slot->ticket == executor->ticket && slot->idle && !slot->ended &&
		!slot->dismissed;
	if (assigned)
	{
		slot->ticket = ++campaign_slots->last_ticket;
		slot->run_id = run_id;
		slot->reserved_at = campaign_clock_now();
		slot->interrupted_at = 0;
		slot->worked = false;
		slot->idle = false;
		SetLatch(slot->latch);
		*executor = *slot;
	}
	LWLockRelease(campaign_slots->lock);
	return assigned;
}

/*
 * Has an executor leave unless it has got a run.
 */
void
campaign_shared_executor_dismiss(const CampaignExecutor *executor)
{
	CampaignExecutor *slot = &campaign_slots->executors[executor->slot];

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	if (slot->ticket == executor->ticket && slot->idle && !slot->ended)
	{
		slot->dismissed = true;
		SetLatch(slot->latch);
	}
	LWLockRelease(campaign_slots->lock);
}

/*
 * Signals an executor unless it has ended since the copy was made.
 */
void
campaign_shared_executor_signal(const CampaignExecutor *executor, int signal)
{
	CampaignExecutor *slot = &campaign_slots->executors[executor->slot];

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	if (slot->ticket == executor->ticket && slot->pid != 0 && !slot->ended)
	{
		if (slot->interrupted_at == 0)
			slot->interrupted_at = campaign_clock_now();
		kill(slot->pid, signal);
	}
	LWLockRelease(campaign_slots->lock);
}

/*
 * Takes the place that was reserved for this process; false if the scheduler
 * gave up waiting for it.
 */
bool
campaign_shared_executor_attach(int slot, int64 ticket)
{
	CampaignExecutor *executor;

	if (!campaign_slots || slot < 0 || slot >= campaign_slots->nexecutors)
		return false;
	executor = &campaign_slots->executors[slot];
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	if (executor->ticket == ticket && executor->pid == 0)
	{
		executor->pid = MyProcPid;
		my_executor = executor;
	}
	LWLockRelease(campaign_slots->lock);
	if (my_executor == NULL)
		return false;
	before_shmem_exit(executor_exit, (Datum) 0);
	return true;
}

/*
 * True in an executor; other background workers may execute tasks, too.
 */
bool
campaign_shared_executing(void)
{
	return my_executor != NULL;
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

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	my_executor->worked = true;
	slot = campaign_slot_of(my_executor->database, false);
	contended = slot && slot->contended;
	LWLockRelease(campaign_slots->lock);
	return contended;
}

/*
 * Lets the scheduler dispose of this process.
 */
bool
campaign_shared_executor_rest(void)
{
	bool		rests;

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	rests = my_executor->worked;
	if (rests)
	{
		my_executor->idle = true;
		my_executor->latch = MyLatch;
		(void) campaign_slot_wake(my_executor->database);
	}
	LWLockRelease(campaign_slots->lock);
	return rests;
}

/*
 * Tells what becomes of it.  A place that is given up is free at once, and
 * nobody needs to be told.
 */
bool
campaign_shared_executor_next(int64 *run_id, bool leave)
{
	bool		decided = true;

	*run_id = 0;
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	if (!my_executor->idle)
		*run_id = my_executor->run_id;
	else if (leave || my_executor->dismissed)
	{
		my_executor->ticket = 0;
		my_executor = NULL;
	}
	else
		decided = false;
	LWLockRelease(campaign_slots->lock);
	return decided;
}

/*
 * Leaves the result in the slot, if there still is one, for the scheduler and
 * wakes it.
 */
static void
executor_exit(int code, Datum arg)
{
	if (my_executor == NULL)
		return;
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	my_executor->ended = true;
	my_executor->failed = code != 0;
	(void) campaign_slot_wake(my_executor->database);
	LWLockRelease(campaign_slots->lock);
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

	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	memcpy(my_executor->activity, activity, length);
	my_executor->activity[length] = '\0';
	my_executor->rows = 0;
	my_executor->expected = 0;
	my_executor->started_at = campaign_clock_now();
	LWLockRelease(campaign_slots->lock);
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
	LWLockAcquire(campaign_slots->lock, LW_EXCLUSIVE);
	my_executor->activity[0] = '\0';
	my_executor->rows = 0;
	my_executor->expected = 0;
	my_executor->started_at = 0;
	LWLockRelease(campaign_slots->lock);
	campaign_rest_release();
}
