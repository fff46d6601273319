/*
 * state.h
 *		States of campaigns, runs and tasks, and the moves between them.
 */
#ifndef CAMPAIGN_STATE_H
#define CAMPAIGN_STATE_H

#include "postgres.h"

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
 * nothing was changed.  Moving to where it is already is not a move.
 */
extern char *campaign_state_move(CampaignNoun noun, int64 id,
								 const char *activity, const char *to,
								 const char *why);

#endif							/* CAMPAIGN_STATE_H */
