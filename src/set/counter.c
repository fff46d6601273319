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

#include "port/pg_bitutils.h"

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

/* One for rows that bring along a mask. */
CampaignCounter *
campaign_counter_new_sets(int64 wanted)
{
	CampaignCounter *counter = campaign_counter_new();

	counter->sets = palloc0(sizeof(CampaignSets));
	counter->sets->wanted = wanted;
	return counter;
}

/* Counts a row in each of its sets. */
bool
campaign_counter_add(CampaignCounter *counter, int64 mask)
{
	CampaignSets *sets = counter->sets;

	for (uint64 rest = (uint64) mask; rest != 0; rest &= rest - 1)
		sets->rows[pg_rightmost_one_pos64(rest)]++;
	if ((mask & sets->wanted) == 0)
		return false;
	campaign_tallies_add(&sets->masks, mask, 1);
	return true;
}

/* Nothing has been counted yet. */
static void
reset(CampaignCounter *counter)
{
	counter->came = 0;
	counter->passed = 0;
	if (counter->sets == NULL)
		return;
	memset(counter->sets->rows, 0, sizeof(counter->sets->rows));
	campaign_tallies_begin(&counter->sets->masks);
}

/* Has the counters of a statement found. */
List *
campaign_counters_open(List *counters)
{
	List	   *before = open_counters;
	ListCell   *cell;

	foreach(cell, counters)
		reset(lfirst(cell));
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
