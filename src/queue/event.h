/*
 * event.h
 *		Recording what became of messages, and what follows from it.
 */
#ifndef CAMPAIGN_EVENT_H
#define CAMPAIGN_EVENT_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* What became of reported events. */
typedef struct CampaignEventCounts
{
	int64		recorded;
	int64		repeated;		/* were known before */
	int64		parked;			/* there is no such message */
} CampaignEventCounts;

/*
 * Records the events (CampaignFeedback *), and suppresses the addresses that
 * must not be contacted any more.  The caller is who has to have the rights of
 * the messages' owners; InvalidOid: nobody has to.
 */
extern void campaign_events_record(List *events, Oid caller,
								   CampaignEventCounts *counts);

/*
 * Has that percent of a test delivery's messages (drawn by their recipients),
 * or those to the named recipients (char *), have the event.  Nothing follows
 * from it: nobody is suppressed.
 */
extern void campaign_events_pretend(int64 delivery_id, const char *event,
									double percent, List *recipients);

#endif							/* CAMPAIGN_EVENT_H */
