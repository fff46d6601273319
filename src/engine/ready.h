/*
 * ready.h
 *		Which tasks may go on after one came to its end.
 */
#ifndef CAMPAIGN_READY_H
#define CAMPAIGN_READY_H

#include "postgres.h"

#include "store/run.h"
#include "store/run.h"

/*
 * Makes the successors of an activity that has ended ready, or skips those
 * that nothing will reach.  The run must be locked: two branches that end at
 * the same time must see each other.
 */
extern void campaign_ready_successors(int64 run_id,
									  const CampaignActivity *activity);
/*
 * Moves the run, which is in that state, to the one its tasks say it is in;
 * tells how many of them are in which.
 */
extern void campaign_ready_run(int64 run_id, const char *state,
							   CampaignRunSummary *tasks);
/*
 * Cancels what a stopped run has left and nobody is executing, and drops its
 * populations, unless its campaign keeps them.
 */
extern void campaign_ready_halt(const CampaignRun *run);
/* Drops those of the populations (char *) that nothing will read any more. */
extern void campaign_ready_sweep(int64 run_id, int64 version_id,
								 List *populations);
/*
 * At commit of what has moved tasks: wakes the scheduler if there is something
 * to do for it, and whoever waits for the run if nothing goes on at once.
 * changed: a task waits for a time, or failed.
 */
extern void campaign_ready_tell(const CampaignRunSummary *tasks, bool changed);

#endif							/* CAMPAIGN_READY_H */
