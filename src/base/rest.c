/*
 * rest.c
 *		Who waits for a run hears when runs come to rest.
 *
 * All who wait are told of all runs, and look at theirs.  That is a hint: they
 * look from time to time in any case.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"

#include "base/rest.h"

static ConditionVariable *moves = NULL; /* NULL: not preloaded */
static bool registered = false;
static bool pending = false;	/* this transaction asked for it */
static bool held = false;		/* this process is at a task */
static bool committed = false;	/* one that was held asked for it */

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

/* Reserves memory while the server computes its total. */
static void
request_memory(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(ConditionVariable)));
}

/* Creates it, again after each crash. */
static void
create_memory(void)
{
	bool		found;

	if (previous_startup_hook)
		previous_startup_hook();

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	moves = ShmemInitStruct("campaign rest", sizeof(ConditionVariable), &found);
	if (!found)
		ConditionVariableInit(moves);
	LWLockRelease(AddinShmemInitLock);
}

/* Hooks into the server's start; has an effect only while preloading. */
void
campaign_rest_request(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = create_memory;
}

/* Has whoever waits look now. */
void
campaign_rest_tell(void)
{
	if (moves != NULL)
		ConditionVariableBroadcast(moves);
}

/* A callback, one for the life of the process: when all locks are gone. */
static void
tell_committed(ResourceReleasePhase phase, bool isCommit, bool isTopLevel,
			   void *arg)
{
	if (!pending || !isCommit || !isTopLevel ||
		phase != RESOURCE_RELEASE_AFTER_LOCKS)
		return;
	pending = false;
	if (held)
		committed = true;
	else
		campaign_rest_tell();
}

/* Another one, for ends of which nobody is told. */
static void
notice_abort(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		pending = false;
}

/* Has whoever waits look when this transaction has committed. */
void
campaign_rest_tell_at_commit(void)
{
	if (moves == NULL)
		return;
	if (!registered)
	{
		RegisterXactCallback(notice_abort, NULL);
		RegisterResourceReleaseCallback(tell_committed, NULL);
	}
	registered = true;
	pending = true;
}

/* A task begins. */
void
campaign_rest_hold(void)
{
	held = true;
}

/* A task has ended. */
void
campaign_rest_release(void)
{
	if (committed)
		campaign_rest_tell();
	held = committed = false;
}

/* Nothing is missed from now on. */
void
campaign_rest_begin(void)
{
	if (moves != NULL)
		ConditionVariablePrepareToSleep(moves);
}

/* Sleeps, interruptibly. */
void
campaign_rest_wait(long milliseconds)
{
	if (moves != NULL)
		(void) ConditionVariableTimedSleep(moves, milliseconds,
										   PG_WAIT_EXTENSION);
}

/* Hears nothing any more. */
void
campaign_rest_end(void)
{
	ConditionVariableCancelSleep();
}
