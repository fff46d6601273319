/*
 * cron.h
 *		Jobs of pg_cron that start campaigns.
 */
#ifndef CAMPAIGN_CRON_H
#define CAMPAIGN_CRON_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "store/graph.h"

/* Why a campaign that pg_cron should start may not be. */
typedef struct CampaignCronProblem
{
	char	   *campaign;		/* NULL: all of them */
	Oid			owner;
	char	   *problem;
	char	   *hint;
} CampaignCronProblem;

/*
 * Has pg_cron start the campaign, as its owner, at those times.  Refused
 * where pg_cron is not installed, or the owner may not use it.
 */
extern void campaign_cron_add(const CampaignRecord *record, const char *times);
/* Takes the campaign's job away; there may be none. */
extern void campaign_cron_remove(int64 campaign_id);
/* What keeps pg_cron from starting campaigns, of CampaignCronProblem *. */
extern List *campaign_cron_problems(void);

#endif							/* CAMPAIGN_CRON_H */
