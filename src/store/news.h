/*
 * news.h
 *		Telling whoever listens what becomes of runs: by NOTIFY.
 */
#ifndef CAMPAIGN_NEWS_H
#define CAMPAIGN_NEWS_H

#include "postgres.h"

/* What everything is told by that has no channel of its own. */
#define CAMPAIGN_NEWS_CHANNEL "campaign"

typedef struct CampaignNews
{
	const char *event;			/* as in the log, or what became of the run */
	const char *campaign;
	int64		run_id;
	const char *activity;		/* NULL: the run as a whole */
	int64		approval_id;	/* 0: none */
	const char *message;		/* shortened if need be; NULL: none */
} CampaignNews;

/* Notifies the channel when the transaction commits. */
extern void campaign_news_send(const char *channel, const CampaignNews *news);

#endif							/* CAMPAIGN_NEWS_H */
