/*
 * common.h
 *		Options that activities of every kind have.
 *
 * They say whether and how an activity is executed, not what it does: the
 * engine obeys them, and no kind knows of them.
 */
#ifndef CAMPAIGN_COMMON_H
#define CAMPAIGN_COMMON_H

#include "postgres.h"

#include "activity/activity.h"

/* The outcome of errors: every activity has it once something follows it. */
#define CAMPAIGN_ERROR_OUTCOME	"error"

typedef enum CampaignExecution
{
	CAMPAIGN_EXECUTION_NORMAL,
	CAMPAIGN_EXECUTION_DISABLED,	/* the branch ends before it */
	CAMPAIGN_EXECUTION_PASS_THROUGH /* its population goes on, untouched */
} CampaignExecution;

/* What is done about an error that is not tried again. */
typedef enum CampaignErrorPolicy
{
	CAMPAIGN_ERROR_SUSPEND,
	CAMPAIGN_ERROR_IGNORE,
	CAMPAIGN_ERROR_ABORT,
	CAMPAIGN_ERROR_AS_OUTCOME
} CampaignErrorPolicy;

/* True if errors of the activity are an outcome. */
extern bool campaign_common_diverts(const CampaignActivity *activity);
extern const CampaignOption campaign_common_options[];
extern const int campaign_common_count;

extern CampaignExecution campaign_common_execution(const CampaignActivity *activity);
extern CampaignErrorPolicy campaign_common_on_error(const CampaignActivity *activity);
/*
 * How many milliseconds after a failed attempt the next one is made; -1: none.
 * An error that may pass by itself is tried again unasked.
 */
extern int64 campaign_common_backoff(const CampaignActivity *activity,
									 int attempts, bool may_pass);
/* Refuses options that mean nothing where they are. */
extern void campaign_common_check(const CampaignScope *scope);
/* Passes the inbound population on by the first outcome. */
extern void campaign_common_pass(CampaignTask *task);
/* Passes it on by the outcome for errors. */
extern void campaign_common_divert(CampaignTask *task);
/*
 * The transition out of which the rows of this one came, where activities
 * between have let them through untouched; mostly itself.
 */
extern const CampaignTransition *campaign_transition_origin(const CampaignTransition *transition);

#endif							/* CAMPAIGN_COMMON_H */
