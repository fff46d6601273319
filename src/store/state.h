/*
 * state.h
 *		States of campaigns, runs and tasks, and the moves between them.
 */
#ifndef CAMPAIGN_STATE_H
#define CAMPAIGN_STATE_H

#include "postgres.h"

#include "datatype/timestamp.h"

typedef enum CampaignNoun
{
	CAMPAIGN_NOUN_CAMPAIGN,
	CAMPAIGN_NOUN_RUN,
	CAMPAIGN_NOUN_TASK
} CampaignNoun;

/*
 * Moves a campaign, a run, or a task of a run (activity not NULL for tasks
 * only) to a state and logs it with the reason.  Gives the state it was in,
 * or NULL if the move is not allowed from there or the row is gone: then
 * nothing was changed.  Moving to where it is already is not a move.  A task
 * that becomes ready is due now, and its attempts are counted from zero.
 */
extern char *campaign_state_move(CampaignNoun noun, int64 id,
								 const char *activity, const char *to,
								 const char *why);
/*
 * The same for a task that has been executed and ends; rows_in of -1: nothing
 * flows in.
 */
extern void campaign_state_end_task(int64 run_id, const char *activity,
									const char *to, const char *why,
									TimestampTz started_at, int64 rows_in);
/* The same for one that waits until then, perhaps again. */
extern void campaign_state_wait_task(int64 run_id, const char *activity,
									 TimestampTz started_at, int64 rows_in,
									 TimestampTz due_at);

#endif							/* CAMPAIGN_STATE_H */
