/*
 * schedule.h
 *		Schedules of campaigns: setting them, and launching what is due.
 */
#ifndef CAMPAIGN_SCHEDULE_H
#define CAMPAIGN_SCHEDULE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "engine/step.h"

/* A launch to come. */
typedef struct CampaignLaunch
{
	TimestampTz at;
	char	   *local;			/* what clocks of its zone show then */
	char	   *note;			/* NULL: nothing is special */
	char	   *meaning;		/* the schedule in words */
} CampaignLaunch;

/* Gives the campaign a schedule, or another; gives its words. */
extern char *campaign_define_schedule(const char *campaign,
									  const Jsonb *schedule);
/* Has pg_cron start it at those times, which it reads; gives the words. */
extern char *campaign_define_cron(const char *campaign, const char *times);
/* Takes it away; false if there is none. */
extern bool campaign_define_unschedule(const char *campaign);
/* The next n launches after an instant, of CampaignLaunch *. */
extern List *campaign_schedule_preview(const char *campaign, int n,
									   TimestampTz since);

/* What came of looking at a schedule. */
typedef enum CampaignLaunched
{
	CAMPAIGN_LAUNCH_DONE,		/* it has been moved on */
	CAMPAIGN_LAUNCH_POSTPONED	/* it is to be looked at again soon */
} CampaignLaunched;

/*
 * Campaigns (int64 *) with a schedule that is due then; of one owner, or
 * InvalidOid.
 */
extern List *campaign_launches_due(TimestampTz then, Oid owner);
/*
 * When the next one is due after that, which may be past; 0 if none will be.
 * To be asked with the instant that those due were asked for with, or what
 * falls due between the two is never looked at.
 */
extern TimestampTz campaign_launches_next(TimestampTz then);
/* Launches what is due of a campaign's schedule, in a transaction. */
extern CampaignLaunched campaign_launch(int64 campaign_id,
										const CampaignTransactions *control);

#endif							/* CAMPAIGN_SCHEDULE_H */
