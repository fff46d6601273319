/*
 * report.h
 *		Figures of a run's deliveries.
 */
#ifndef CAMPAIGN_REPORT_H
#define CAMPAIGN_REPORT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "base/sql.h"

/* A row of campaign.report, as far as it counts. */
typedef struct CampaignDeliveryFigures
{
	char	   *activity;
	char	   *channel;
	int64		targeted;
	int64		excluded;
	int64		queued;
	int64		sent;
	int64		delivered;
	int64		bounced;
	int64		opened;
	int64		clicked;
	int64		unsubscribed;
	int64		complained;
} CampaignDeliveryFigures;

/* How many a delivery left out for a reason. */
typedef struct CampaignExclusionFigures
{
	char	   *activity;
	char	   *reason;
	int64		people;
} CampaignExclusionFigures;

/* What happened in an hour, in all deliveries. */
typedef struct CampaignHourFigures
{
	TimestampTz hour;
	int64		sent;
	int64		opened;
	int64		clicked;
} CampaignHourFigures;

/* How often a link was clicked. */
typedef struct CampaignLinkFigures
{
	char	   *activity;
	char	   *link;
	int64		messages;
	int64		clicks;
} CampaignLinkFigures;

/* Of the run, whoever owns it: the caller has asked who is looking. */
extern List *campaign_report_deliveries(int64 run_id);
extern List *campaign_report_exclusions(int64 run_id);
/* Of at most so many hours, from the first one. */
extern List *campaign_report_hours(int64 run_id, int limit);
/* Of at most so many links, those clicked most first. */
extern List *campaign_report_links(int64 run_id, int limit);
/*
 * How many messages came how far: activity, channel, step, messages, their
 * share of those targeted and of the step before, and how many were lost
 * since.  Of the run or, with a campaign's name, of all runs of that.
 */
extern CampaignRows *campaign_report_funnel(int64 run_id, const char *campaign);

#endif							/* CAMPAIGN_REPORT_H */
