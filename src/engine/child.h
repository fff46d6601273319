/*
 * child.h
 *		Runs started by activities of other runs.
 */
#ifndef CAMPAIGN_ENGINE_CHILD_H
#define CAMPAIGN_ENGINE_CHILD_H

#include "postgres.h"

#include "activity/activity.h"

/* What a verb does to a run that is locked; false: its state forbids it. */
typedef bool (*CampaignRunVerb) (int64 run_id);

/* Starts the run that the task asks for; to be called as its owner. */
extern void campaign_child_start(const CampaignTask *task);
/*
 * Does to the attached runs below a run what was done to it; what the state of
 * one forbids is left out.
 */
extern void campaign_child_apply(int64 parent_id, CampaignRunVerb verb);

#endif							/* CAMPAIGN_ENGINE_CHILD_H */
