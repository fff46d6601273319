/*
 * failure.h
 *		What is done about an activity that has failed.
 */
#ifndef CAMPAIGN_FAILURE_H
#define CAMPAIGN_FAILURE_H

#include "postgres.h"

#include "activity/activity.h"

/* Notes an error in the log. */
extern void campaign_failure_log(const CampaignTask *task,
								 const char *activity, const ErrorData *error);
/*
 * Records a failed attempt as the activity's options want it; the run is
 * locked.  True if the task has ended with it, and something may go on.
 */
extern bool campaign_failure_record(CampaignTask *task,
									const CampaignTaken *taken,
									TimestampTz started_at,
									const ErrorData *error);

#endif							/* CAMPAIGN_FAILURE_H */
