/*
 * fusion.h
 *		Activities that are executed in one statement.
 */
#ifndef CAMPAIGN_FUSION_H
#define CAMPAIGN_FUSION_H

#include "postgres.h"

#include "activity/activity.h"

/*
 * The prepared task of the activity that takes the rows of a task that has been
 * prepared and not been executed, if one can: then neither has to write or read
 * them.  NULL if there is none.
 */
extern CampaignTask *campaign_fusion_lend(CampaignTask *task);
/* Notes how many rows came out of a task, when the next has taken them. */
extern void campaign_fusion_settle(CampaignTask *task,
								   const CampaignTask *next);

/* --------------- for outcomes that have readers each, and others --------- */

/* The only activity that reads what comes out of this one, or NULL. */
extern CampaignActivity *campaign_fusion_reader(const CampaignActivity *activity);
/* True if there is nothing to be seen of the task but what comes out of it. */
extern bool campaign_fusion_plain(const CampaignTask *task);
/* True if the activity may be executed with the task, and its scope then. */
extern bool campaign_fusion_follows(CampaignActivity *reader,
									const CampaignTask *task,
									CampaignScope *scope);
/* Notes what comes out of the task's outcomes, without a population. */
extern void campaign_fusion_emit(CampaignTask *task);
/*
 * The prepared task of another activity, in the same run and for the same
 * purpose; the stream, if any, are the rows of its inbound flows.
 */
extern CampaignTask *campaign_fusion_task(const CampaignTask *task,
										  const char *activity,
										  List *inbound,
										  CampaignPopulation *stream);

#endif							/* CAMPAIGN_FUSION_H */
