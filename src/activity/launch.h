/*
 * launch.h
 *		Activities that start another campaign: options and values.
 */
#ifndef CAMPAIGN_LAUNCH_H
#define CAMPAIGN_LAUNCH_H

#include "postgres.h"

#include "activity/activity.h"

/* The option that both kinds have; "starts" is required in one of them. */
#define CAMPAIGN_LAUNCH_PARAMETERS \
	{"parameters", CAMPAIGN_OPTION_OBJECT, false, NULL, \
	"Object: variable of that campaign -> SQL expression over the run that gives its value."}

/* Refuses parameters that are no names and expressions. */
extern void campaign_launch_check(const CampaignScope *scope);
/* The parameters' expressions. */
extern List *campaign_launch_expressions(const CampaignScope *scope);
/* Lacking: the campaign is not there, not published, or leads back here. */
extern CampaignWarning *campaign_launch_lack(const CampaignScope *scope);
/* What is to be started; evaluates the parameters. */
extern CampaignLaunch *campaign_launch_prepare(CampaignTask *task,
											   bool attached);

#endif							/* CAMPAIGN_LAUNCH_H */
