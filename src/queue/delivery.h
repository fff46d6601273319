/*
 * delivery.h
 *		One channel activity of one run, and what it has put off.
 */
#ifndef CAMPAIGN_QUEUE_DELIVERY_H
#define CAMPAIGN_QUEUE_DELIVERY_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "set/select.h"

typedef struct CampaignDelivery
{
	int64		delivery_id;
	char	   *channel;
	int64		queued;
	bool		confirmed;
} CampaignDelivery;

/* The delivery of an activity; NULL if it has not been enqueued. */
extern CampaignDelivery *campaign_delivery_find(int64 run_id,
												const char *activity);
/* True if the current user may look at its messages. */
extern bool campaign_delivery_visible(int64 delivery_id);
/* Messages the activity had in the campaign's last finished run; -1: none. */
extern int64 campaign_delivery_previous(int64 run_id, const char *activity);
/* Hands its messages out only after campaign_delivery_confirm. */
extern void campaign_delivery_hold(int64 delivery_id);
extern void campaign_delivery_confirm(const CampaignDelivery *delivery);

/* Recipients of an activity with the same fate. */
typedef struct CampaignFate
{
	char	   *activity;
	char	   *reason;			/* NULL: they have a message */
	int64		recipients;
} CampaignFate;

/* What the deliveries of a run have come to, of CampaignFate *. */
extern List *campaign_delivery_fates(int64 run_id);

/* When messages that were put off at the enqueue are to be judged; 0: none. */
extern TimestampTz campaign_delivery_deferred(int64 delivery_id);
/*
 * Judges the messages put off that fall due now.  The select, run as the
 * current user, reads campaign.deferred(delivery) and gives those that are to
 * be withdrawn: message_id bigint, reason text; a message may come twice.  The
 * others are handed out from now on.
 */
extern void campaign_delivery_judge(const CampaignDelivery *delivery,
									CampaignSelect *select, TimestampTz now);

#endif							/* CAMPAIGN_QUEUE_DELIVERY_H */
