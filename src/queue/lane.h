/*
 * lane.h
 *		Which deliveries of a channel have something to be handed out.
 */
#ifndef CAMPAIGN_LANE_H
#define CAMPAIGN_LANE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/uuid.h"

#include "queue/throttle.h"

/*
 * Messages of a delivery that are throttled alike: those to a domain with a
 * limit of its own, or all others.  Its unsettled chunks are at (due_at,
 * chunk_id) or behind.
 */
typedef struct CampaignLane
{
	int64		delivery_id;
	char	   *domain;			/* empty: not limited */
	int64		campaign_id;
	CampaignLimit throttle;		/* of the campaign */
	TimestampTz due_at;
	int64		chunk_id;
} CampaignLane;

/*
 * Lanes with due messages that the role may be handed, of CampaignLane *, in
 * the order they are to be served in: by priority, and among equals each lease
 * draws another order.  Also remembers what claims need not look at again.
 */
extern List *campaign_lanes_due(const char *channel, TimestampTz now, Oid role,
								const pg_uuid_t *lease);

/*
 * Has claims look at all chunks of a delivery again; before chunks are made
 * due that were not, and in the transaction that does it.
 */
extern void campaign_lanes_reopen(int64 delivery_id);

#endif							/* CAMPAIGN_LANE_H */
