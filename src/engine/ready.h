/*
 * ready.h
 *		Which tasks may go on after one came to its end.
 */
#ifndef CAMPAIGN_READY_H
#define CAMPAIGN_READY_H

#include "postgres.h"

#include "store/graph.h"

/*
 * Makes the successors of an activity that has ended ready, or skips those
 * that nothing will reach.  The run must be locked: two branches that end at
 * the same time must see each other.
 */
extern void campaign_ready_successors(int64 run_id,
									  const CampaignActivity *activity);
/* Moves the run to the state its tasks say it is in. */
extern void campaign_ready_run(int64 run_id, const char *state);
/* Cancels what has not ended and nobody is executing; the run is stopped. */
extern void campaign_ready_cancel(int64 run_id);
/* Drops populations of the run that nothing will read any more. */
extern void campaign_ready_sweep(int64 run_id, int64 version_id);

#endif							/* CAMPAIGN_READY_H */
