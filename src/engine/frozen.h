/*
 * frozen.h
 *		The graph a run was started with.
 */
#ifndef CAMPAIGN_FROZEN_H
#define CAMPAIGN_FROZEN_H

#include "postgres.h"

#include "activity/activity.h"
#include "store/graph.h"
#include "store/run.h"

/* Loads it; refused if somebody has changed what was published. */
extern CampaignGraph *campaign_frozen_load(const CampaignRun *run);
/* That of the run this process executes, which lives until it is another's. */
extern CampaignGraph *campaign_frozen_graph(const CampaignRun *run);
/*
 * Refuses expressions of an activity that now mean something else than when it
 * was published.
 */
extern void campaign_frozen_check(const CampaignScope *scope);

#endif							/* CAMPAIGN_FROZEN_H */
