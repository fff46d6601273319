/*
 * acknowledge.h
 *		Settling the messages of a lease.
 */
#ifndef CAMPAIGN_ACKNOWLEDGE_H
#define CAMPAIGN_ACKNOWLEDGE_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/uuid.h"

/* What an acknowledgement changed. */
typedef struct CampaignAcknowledged
{
	const char *result;			/* "settled", or why nothing was changed */
	int64		sent;
	int64		failed;
	int64		retried;
} CampaignAcknowledged;

/*
 * Settles all messages of the lease as sent, except those that are named as
 * failed.  A lease that is not live changes nothing, and the result says so.
 */
extern void campaign_acknowledge(const pg_uuid_t *lease, const Jsonb *failed,
								 CampaignAcknowledged *acknowledged);

#endif							/* CAMPAIGN_ACKNOWLEDGE_H */
