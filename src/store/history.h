/*
 * history.h
 *		What of ended runs is old enough to go.
 */
#ifndef CAMPAIGN_STORE_HISTORY_H
#define CAMPAIGN_STORE_HISTORY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/* A run whose messages are old. */
typedef struct CampaignOldRun
{
	int64		run_id;
	int64		epoch;
	bool		locked;			/* false: somebody is at it */
} CampaignOldRun;

/* A population that is old. */
typedef struct CampaignOldPopulation
{
	int64		run_id;
	char	   *name;
} CampaignOldPopulation;

/*
 * Of campaigns at home here whose owner the role acts for (InvalidOid: of
 * all): runs with messages to be deleted, which are locked; of
 * CampaignOldRun *, at most so many.
 */
extern List *campaign_history_runs(TimestampTz now, Oid role, int most);
/* True if all messages of the epoch are to be deleted. */
extern bool campaign_history_whole_epoch(TimestampTz now, int64 epoch);
/* Populations to be dropped, of CampaignOldPopulation *. */
extern List *campaign_history_populations(TimestampTz now, Oid role, int most);
/* Deletes runs, with their log, and versions that no run is of; their number. */
extern int64 campaign_history_delete_runs(TimestampTz now, Oid role, int most);
/* Deletes lines of the log that are of no run; their number. */
extern int64 campaign_history_delete_lines(TimestampTz now, Oid role, int most);
/* When the next messages or populations are old after now; 0: never. */
extern TimestampTz campaign_history_next(TimestampTz now);

#endif							/* CAMPAIGN_STORE_HISTORY_H */
