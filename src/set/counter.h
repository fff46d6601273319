/*
 * counter.h
 *		Rows counted on their way through a statement.
 */
#ifndef CAMPAIGN_COUNTER_H
#define CAMPAIGN_COUNTER_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

typedef struct CampaignCounter
{
	int64		number;			/* by which the statement names it */
	int64		came;			/* rows that came to the place */
	int64		passed;			/* rows for which the condition was true */
} CampaignCounter;

/* A new one, whose number nobody can guess. */
extern CampaignCounter *campaign_counter_new(void);
/*
 * Sets those of a statement that is about to run to 0 and has their numbers
 * found; gives what campaign_counters_close() wants.
 */
extern List *campaign_counters_open(List *counters);
extern void campaign_counters_close(List *before);
/* The one of a running statement that has the number; NULL if there is none. */
extern CampaignCounter *campaign_counter_find(int64 number);

#endif							/* CAMPAIGN_COUNTER_H */
