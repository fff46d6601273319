/*
 * lease.h
 *		Who holds which chunks, and until when.
 */
#ifndef CAMPAIGN_LEASE_H
#define CAMPAIGN_LEASE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/uuid.h"

typedef enum CampaignLeaseState
{
	CAMPAIGN_LEASE_UNKNOWN,		/* there is none, or it is somebody else's */
	CAMPAIGN_LEASE_LATE,		/* it ran out, or others have its messages */
	CAMPAIGN_LEASE_SETTLED,		/* acknowledged before */
	CAMPAIGN_LEASE_LIVE
} CampaignLeaseState;

/*
 * Locks the chunks of a lease and says how it stands for the current user;
 * chunks (of CampaignChunk *) are given for a live one only, now is when they
 * were locked.
 */
extern CampaignLeaseState campaign_lease_lock(const pg_uuid_t *lease,
											  TimestampTz *now, List **chunks);
/* Remembers that a lease has lost messages to somebody else. */
extern void campaign_lease_lost(const pg_uuid_t *lease, Oid holder,
								TimestampTz now);
/* So long after now; 0 if it is negative or longer than a year. */
extern TimestampTz campaign_duration_end(TimestampTz now,
										 const Interval *duration);
/* When a lease of that length ends; refuses what is no future instant. */
extern TimestampTz campaign_lease_end(TimestampTz now,
									  const Interval *duration,
									  const char *parameter);

/* Both give the number of messages it was about, 0 if it is not live. */
extern int64 campaign_lease_release(const pg_uuid_t *lease);
extern int64 campaign_lease_extend(const pg_uuid_t *lease,
								   const Interval *duration);

#endif							/* CAMPAIGN_LEASE_H */
