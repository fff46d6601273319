/*
 * due.c
 *		Which runs have something to do.
 *
 * Apart from how it is done: executors and sessions take the tasks of a run
 * one by one, and somebody has to tell them which run.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/clock.h"
#include "base/settings.h"
#include "engine/due.h"
#include "store/child.h"
#include "store/run.h"
#include "store/task.h"

/* Runs of this database with due tasks, and when the next becomes due. */
List *
campaign_due_runs(int patience, TimestampTz *next_due)
{
	bool		told = campaign_child_tell();
	TimestampTz now = campaign_clock_now();
	TimestampTz again = now + campaign_scheduler_naptime * INT64CONST(1000);
	List	   *due = campaign_run_due(now, now - patience * INT64CONST(1000),
									   true);

	campaign_task_warn(now);
	*next_due = campaign_run_next_due(now);
	if (!told && (*next_due == 0 || again < *next_due))
		*next_due = again;
	return due;
}

/* Those of one owner; *others counts the rest. */
List *
campaign_due_runs_of(Oid owner, int *others)
{
	List	   *own = NIL;
	ListCell   *cell;

	*others = 0;
	(void) campaign_child_tell();
	foreach(cell, campaign_run_due(campaign_clock_now(), 0, false))
	{
		CampaignDueRun *run = lfirst(cell);

		if (OidIsValid(owner) && run->owner == owner)
			own = lappend(own, run);
		else
			(*others)++;
	}
	return own;
}
