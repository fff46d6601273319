/*
 * throttle.h
 *		Limits on how many messages are handed out in a period.
 */
#ifndef CAMPAIGN_THROTTLE_H
#define CAMPAIGN_THROTTLE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

/* At most so many messages in any stretch of time of that length. */
typedef struct CampaignLimit
{
	int64		messages;		/* 0: there is no limit */
	int64		period;			/* in microseconds */
} CampaignLimit;

typedef struct CampaignThrottle CampaignThrottle;

/*
 * Reads {"messages": n, "per": interval}; what names it in errors.  A value
 * of NULL gives no limit.
 */
extern CampaignLimit campaign_limit_parse(const JsonbValue *value,
										  const char *what);

/*
 * Locks what was handed out under a limit, until the end of the transaction.
 * NULL if others have it locked and the caller does not want to wait; whoever
 * waits must hold no other throttle.
 */
extern CampaignThrottle *campaign_throttle_lock(const char *bucket,
												const CampaignLimit *limit,
												TimestampTz now, bool wait);
/* How many messages may be handed out now; a hint, for nothing is locked. */
extern int64 campaign_throttle_left(const char *bucket,
									const CampaignLimit *limit,
									TimestampTz now);
/* How many messages may be handed out now. */
extern int64 campaign_throttle_room(const CampaignThrottle *throttle);
/* Counts messages; they stay counted, whatever becomes of them. */
extern void campaign_throttle_take(CampaignThrottle *throttle, int64 count);
/* Writes what was counted; to be called before the transaction ends. */
extern void campaign_throttle_write(CampaignThrottle *throttle);

#endif							/* CAMPAIGN_THROTTLE_H */
