/*
 * turns.h
 *		Whose turn it is to get an executor.
 */
#ifndef CAMPAIGN_TURNS_H
#define CAMPAIGN_TURNS_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "store/run.h"

typedef struct CampaignTurns CampaignTurns;

/* To be kept as long as the scheduler lives; in the current context. */
extern CampaignTurns *campaign_turns_create(void);
/* In a transaction: reads the quotas of the runs' owners. */
extern void campaign_turns_learn(CampaignTurns *turns, List *runs);
/*
 * Begins to give places to the runs (CampaignDueRun *, by number), besides
 * executors that are present (CampaignExecutor *).
 */
extern void campaign_turns_deal(CampaignTurns *turns, List *runs,
								List *executors);
/* The run whose turn it is, or NULL; it counts as served. */
extern CampaignDueRun *campaign_turns_next(CampaignTurns *turns);

#endif							/* CAMPAIGN_TURNS_H */
