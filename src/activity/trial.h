/*
 * trial.h
 *		What kinds of activities ask for in a test run.
 *
 * A test run has task->run->test set.  It is executed like any other, on the
 * real data, but nothing is written outside of it and nobody is told.
 */
#ifndef CAMPAIGN_ACTIVITY_TRIAL_H
#define CAMPAIGN_ACTIVITY_TRIAL_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/sample.h"

/*
 * Members of run->test_options; what is not there is not asked for.
 *	waits			true: times are waited for
 *	until			the last activity; it and those before it are in the version
 *	sample_rows, sample_percent, recipients		which rows sources may have
 *	answers			activity -> the answer of an approval
 *	signals			signal -> its payload
 *	events			delivery -> event -> percent, or array of recipients
 */

/* The options of tests that a test starts: those that name no activity. */
extern Jsonb *campaign_trial_inherited(const CampaignRun *run);
/* True if no time is waited for: a rehearsal, or a test that does not. */
extern bool campaign_trial_rushes(const CampaignTask *task);
/* The answer the test gives to an approval; NULL if it does not say. */
extern char *campaign_trial_answer(const CampaignTask *task);
/* The payload of a signal; NULL if the test does not say. */
extern Jsonb *campaign_trial_payload(const CampaignTask *task,
									 const char *signal);
/* The rows the activity may select; NULL: all. */
extern const CampaignSample *campaign_trial_sample(const CampaignTask *task);
/*
 * Notes in the log an effect that a test does not have: what would have been
 * done, as "would write 12 rows".
 */
extern void campaign_trial_withhold(const CampaignTask *task,
									const char *message);
/* Has people react to the messages of a delivery, as the test says. */
extern void campaign_trial_react(const CampaignTask *task, int64 delivery_id);

/* The last parameter is the percent, or -1; then recipients are named. */
typedef void (*CampaignTrialEvent) (void *arg, const char *event,
									double percent, List *recipients);
/*
 * Reads the events of a delivery; refuses (22023) what is neither a percent
 * nor an array of recipients.
 */
extern void campaign_trial_events(const Jsonb *events, const char *delivery,
								  CampaignTrialEvent take, void *arg);

#endif							/* CAMPAIGN_ACTIVITY_TRIAL_H */
