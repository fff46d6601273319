/*
 * fusion.h
 *		Activities that are executed in one statement.
 */
#ifndef CAMPAIGN_FUSION_H
#define CAMPAIGN_FUSION_H

#include "postgres.h"

#include "activity/activity.h"

/*
 * Has the next task, which is empty, take the rows of a task that has been
 * prepared and not been executed, if it can: then neither has to write or read
 * them.  False if there is no such task.
 */
extern bool campaign_fusion_lend(CampaignTask *task, CampaignTask *next);
/* Notes how many rows came out of a task, when the next has taken them. */
extern void campaign_fusion_settle(CampaignTask *task,
								   const CampaignTask *next);

/*
 * Has the readers of a task's outcomes, one each, take the rows in one
 * statement; their tasks, those of the branches, have to be prepared.  NULL if
 * they cannot.
 */
extern CampaignFan *campaign_fusion_fan(CampaignTask *task);
/* Executes the task with them. */
extern void campaign_fusion_gather(CampaignTask *task, CampaignFan *fan);

#endif							/* CAMPAIGN_FUSION_H */
