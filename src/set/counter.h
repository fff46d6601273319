/*
 * counter.h
 *		Rows counted on their way through a statement.
 */
#ifndef CAMPAIGN_COUNTER_H
#define CAMPAIGN_COUNTER_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "set/tally.h"

/* The most sets whose rows one counter counts: bits of a bigint. */
#define CAMPAIGN_MOST_SETS	60

/* Rows that bring along a mask of the sets they are in. */
typedef struct CampaignSets
{
	int64		wanted;			/* a row counts as having come, and may pass, if
								 * it is in any of these */
	int64		rows[CAMPAIGN_MOST_SETS];	/* of each set */
	CampaignTallies masks;		/* of those that came */
} CampaignSets;

typedef struct CampaignCounter
{
	int64		number;			/* by which the statement names it */
	int64		came;			/* rows that came to the place */
	int64		passed;			/* rows for which the condition was true */
	CampaignSets *sets;			/* NULL: they bring no masks along */
} CampaignCounter;

/* A new one, whose number nobody can guess. */
extern CampaignCounter *campaign_counter_new(void);
/* The same for rows with masks, of which those in some sets are wanted. */
extern CampaignCounter *campaign_counter_new_sets(int64 wanted);
/* Counts a row by its mask; true if it is in a set that is wanted. */
extern bool campaign_counter_add(CampaignCounter *counter, int64 mask);
/*
 * Sets those of a statement that is about to run to 0 and has their numbers
 * found; gives what campaign_counters_close() wants.
 */
extern List *campaign_counters_open(List *counters);
extern void campaign_counters_close(List *before);
/* The one of a running statement that has the number; NULL if there is none. */
extern CampaignCounter *campaign_counter_find(int64 number);

#endif							/* CAMPAIGN_COUNTER_H */
