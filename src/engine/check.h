/*
 * check.h
 *		Everything that is wrong with a campaign, at once.
 */
#ifndef CAMPAIGN_ENGINE_CHECK_H
#define CAMPAIGN_ENGINE_CHECK_H

#include "postgres.h"

#include "activity/activity.h"

typedef struct CampaignProblem
{
	const char *severity;		/* "error" or "warning" */
	const char *activity;		/* NULL: the campaign as a whole */
	const char *code;			/* what kind of problem, for programs */
	const char *message;
	const char *hint;			/* may be NULL */
} CampaignProblem;

/* The problems of a graph, of CampaignProblem *; errors prevent publishing. */
extern List *campaign_check_graph(CampaignGraph *graph);
/*
 * Identities of all that an activity's expressions refer to; what is found
 * now must be what was found when the version was published.
 */
extern List *campaign_activity_objects(const CampaignScope *scope);

#endif							/* CAMPAIGN_ENGINE_CHECK_H */
