/*
 * tally.c
 *		Rows counted by a number that each of them has.
 *
 * Rows with the same number mostly come one after the other, so the last place
 * is remembered.  How many places there are is limited, because nothing limits
 * how many numbers there are.
 */
#include "postgres.h"

#include "set/tally.h"

/* Begins to count. */
void
campaign_tallies_begin(CampaignTallies *tallies)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(int64);
	control.entrysize = sizeof(CampaignTally);
	control.hcxt = CurrentMemoryContext;
	tallies->table = hash_create("campaign tallies", 64, &control,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	tallies->last = NULL;
}

/* Counts so many rows under a value. */
void
campaign_tallies_add(CampaignTallies *tallies, int64 value, int64 rows)
{
	int64		other = -1;
	bool		found;

	if (tallies->last == NULL || tallies->last->value != value)
	{
		tallies->last = hash_search(tallies->table, &value, HASH_FIND, NULL);
		if (tallies->last == NULL &&
			hash_get_num_entries(tallies->table) >= CAMPAIGN_MOST_TALLIES)
			value = other;
		if (tallies->last == NULL)
		{
			tallies->last = hash_search(tallies->table, &value, HASH_ENTER,
										&found);
			if (!found)
				tallies->last->rows = 0;
		}
	}
	tallies->last->rows += rows;
}

/* What was counted. */
List *
campaign_tallies_list(const CampaignTallies *tallies)
{
	List	   *list = NIL;
	HASH_SEQ_STATUS scan;
	CampaignTally *entry;

	hash_seq_init(&scan, tallies->table);
	while ((entry = hash_seq_search(&scan)) != NULL)
		list = lappend(list, entry);
	return list;
}
