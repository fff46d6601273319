/*
 * tally.h
 *		Rows counted by a number that each of them has.
 */
#ifndef CAMPAIGN_TALLY_H
#define CAMPAIGN_TALLY_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/hsearch.h"

/* How many rows had one value. */
typedef struct CampaignTally
{
	int64		value;
	int64		rows;
} CampaignTally;

/* Values that are told apart; rows with others are counted under -1. */
#define CAMPAIGN_MOST_TALLIES	1000

typedef struct CampaignTallies
{
	HTAB	   *table;			/* of CampaignTally */
	CampaignTally *last;		/* that of the row before */
} CampaignTallies;

/* Forgets what was counted before, and counts in the current context. */
extern void campaign_tallies_begin(CampaignTallies *tallies);
/* Counts so many rows under a value. */
extern void campaign_tallies_add(CampaignTallies *tallies, int64 value,
								 int64 rows);
/* What was counted, of CampaignTally *, in no order. */
extern List *campaign_tallies_list(const CampaignTallies *tallies);

#endif							/* CAMPAIGN_TALLY_H */
