/*
 * trial.h
 *		Test runs: the whole graph on the real data, without an effect.
 */
#ifndef CAMPAIGN_ENGINE_TRIAL_H
#define CAMPAIGN_ENGINE_TRIAL_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "store/graph.h"
#include "store/run.h"

/*
 * Starts a test of the draft and gives the number of its run.  The campaign's
 * test before it is erased; while an activity of that is at work, this waits
 * for it.  The options are those of activity/trial.h; what is wrong with them
 * is refused.
 */
extern int64 campaign_trial_start(const char *campaign,
								  const Jsonb *variables,
								  const Jsonb *options);
/*
 * Adds a test run of the draft beside the campaign's test, within a transaction
 * that is to be undone.
 */
extern int64 campaign_trial_rehearse(CampaignRecord *record,
									 const Jsonb *variables);
/* The same of the version of a run, with the values of its variables. */
extern int64 campaign_trial_repeat(CampaignRecord *record,
								   const CampaignRun *run);
/*
 * Erases the campaign's test, if it has one, with all that it has started;
 * the campaign is locked.
 */
extern void campaign_trial_erase(const CampaignRecord *record);

#endif							/* CAMPAIGN_ENGINE_TRIAL_H */
