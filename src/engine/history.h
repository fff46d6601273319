/*
 * history.h
 *		Cleaning up behind runs that ended long ago.
 */
#ifndef CAMPAIGN_ENGINE_HISTORY_H
#define CAMPAIGN_ENGINE_HISTORY_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* What a round has done. */
typedef struct CampaignCleaned
{
	int64		erased;			/* runs whose messages are all gone now */
	int64		populations;
	int64		partitions;
	int64		runs;
	int64		lines;			/* of the log */
	bool		complete;		/* nothing was left for the next round */
} CampaignCleaned;

/*
 * Does as much as a transaction should, for campaigns whose owner the role acts
 * for; InvalidOid: for all.  Never for runs that have not ended, and never for
 * messages that may still be sent.
 */
extern void campaign_clean(Oid role, CampaignCleaned *cleaned);
/* When there is something to do again; 0: never. */
extern TimestampTz campaign_clean_next(void);

#endif							/* CAMPAIGN_ENGINE_HISTORY_H */
