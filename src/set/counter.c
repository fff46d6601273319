/*
 * counter.c
 *		Rows counted on their way through a statement.
 *
 * Where several activities are one statement, nobody sees the rows that one of
 * them drops.  A condition counts what it is asked about instead, and what it
 * lets pass.  Only a running statement's counters are found, by a number that
 * is drawn for each, so that nobody else can add to them.
 */
#include "postgres.h"

#include "set/counter.h"

/* Those of the statements that run, one inside of the other. */
static List *open_counters = NIL;

/* A new one. */
CampaignCounter *
campaign_counter_new(void)
{
	CampaignCounter *counter = palloc0(sizeof(CampaignCounter));

	if (!pg_strong_random(&counter->number, sizeof(counter->number)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not get random bytes")));
	counter->number &= PG_INT64_MAX;
	return counter;
}

/* Has the counters of a statement found. */
List *
campaign_counters_open(List *counters)
{
	List	   *before = open_counters;
	ListCell   *cell;

	foreach(cell, counters)
	{
		CampaignCounter *counter = lfirst(cell);

		counter->came = 0;
		counter->passed = 0;
	}
	open_counters = list_concat_copy(counters, before);
	return before;
}

/* Forgets them; what they have counted stays. */
void
campaign_counters_close(List *before)
{
	open_counters = before;
}

/* The one of that number. */
CampaignCounter *
campaign_counter_find(int64 number)
{
	ListCell   *cell;

	foreach(cell, open_counters)
	{
		CampaignCounter *counter = lfirst(cell);

		if (counter->number == number)
			return counter;
	}
	return NULL;
}
