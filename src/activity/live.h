/*
 * live.h
 *		Which added columns are still read.
 */
#ifndef CAMPAIGN_LIVE_H
#define CAMPAIGN_LIVE_H

#include "postgres.h"

#include "activity/activity.h"

/*
 * Of these columns, of CampaignColumn *, those that anybody behind the outcome
 * reads; all of them where that cannot be told.
 */
extern List *campaign_live_columns(const CampaignTask *task,
								   const char *outcome, List *columns);

#endif							/* CAMPAIGN_LIVE_H */
