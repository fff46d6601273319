/*
 * sink.c
 *		Where the rows of a select go: counted, or written to populations.
 *
 * The select runs as the campaign's owner; what it yields is written here
 * without SQL.  How it is written is a method behind one interface, because
 * tables spread over several servers will need another way than local ones:
 * a multi-insert into a distributed table would fill its local shell.
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/tuptable.h"
#include "port/pg_bitutils.h"
#include "utils/hsearch.h"
#include "utils/rel.h"

#include "base/errors.h"
#include "base/shared.h"
#include "base/statistics.h"
#include "base/writer.h"
#include "set/sink.h"

/* Rows between two reports of progress. */
#define PROGRESS_ROWS	10000

/* A way to get the rows of a select into populations. */
typedef struct CampaignSinkMethod
{
	int64		(*write) (CampaignSelect *select, CampaignRouting routing,
						  CampaignOutlet *outlets, int noutlets,
						  HTAB *tallies);
} CampaignSinkMethod;

/* The local method's receiver. */
typedef struct LocalSink
{
	CampaignReceiver receiver;
	CampaignRouting routing;
	CampaignOutlet *outlets;
	CampaignWriter **writers;	/* NULL where an outlet only counts */
	int			noutlets;
	int64		rows;
	HTAB	   *tallies;		/* of CampaignTally; NULL: nothing is counted */
	CampaignTally *last;		/* that of the row before */
} LocalSink;

/* True if the outlet takes one more row. */
static inline bool
has_room(const CampaignOutlet *outlet)
{
	return outlet->capacity < 0 || outlet->rows < outlet->capacity;
}

/* The first outlet of the mask that has room; -1 if none has. */
static int
route_by_mask(const LocalSink *sink, uint64 mask)
{
	while (mask != 0)
	{
		int			number = pg_rightmost_one_pos64(mask);

		if (number < sink->noutlets && has_room(&sink->outlets[number]))
			return number;
		mask &= mask - 1;
	}
	return -1;
}

/* The outlet a row goes to; -1 if it goes nowhere. */
static int
route(const LocalSink *sink, TupleTableSlot *slot)
{
	if (sink->routing == CAMPAIGN_ROUTE_SOLE)
		return 0;
	if (slot->tts_isnull[0])
		return -1;
	if (sink->routing == CAMPAIGN_ROUTE_MASK)
		return route_by_mask(sink, (uint64) DatumGetInt64(slot->tts_values[0]));
	return DatumGetInt32(slot->tts_values[0]);
}

/* Counts the row under the value of its first column. */
static void
tally(LocalSink *sink, int64 value)
{
	int64		other = -1;
	bool		found;

	if (sink->last == NULL || sink->last->value != value)
	{
		sink->last = hash_search(sink->tallies, &value, HASH_FIND, NULL);
		if (sink->last == NULL &&
			hash_get_num_entries(sink->tallies) >= CAMPAIGN_MOST_TALLIES)
			value = other;
		if (sink->last == NULL)
		{
			sink->last = hash_search(sink->tallies, &value, HASH_ENTER, &found);
			if (!found)
				sink->last->rows = 0;
		}
	}
	sink->last->rows++;
}

/* Takes one row. */
static void
local_row(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	LocalSink  *sink = (LocalSink *) receiver;
	int			skipped = sink->routing == CAMPAIGN_ROUTE_SOLE ? 0 : 1;
	int			number;

	slot_getallattrs(slot);
	if (++sink->rows % PROGRESS_ROWS == 0)
		campaign_shared_progress_rows(sink->rows);
	if (sink->tallies != NULL && !slot->tts_isnull[0])
		tally(sink, DatumGetInt64(slot->tts_values[0]));
	number = route(sink, slot);
	if (number < 0 || number >= sink->noutlets)
		return;
	sink->outlets[number].rows++;
	if (sink->writers[number] != NULL)
		campaign_writer_add(sink->writers[number],
							slot->tts_values + skipped,
							slot->tts_isnull + skipped);
}

/*
 * Tells the planner what the next join needs: how many rows were written, and
 * that no two share a key.  Without the second it would rather hash a whole
 * dimension than a small population.
 */
static void
note_statistics(const CampaignOutlet *outlet)
{
	CampaignPopulation *population = outlet->population;
	Relation	relation = table_open(population->relation, RowExclusiveLock);

	campaign_statistics_size(relation, (double) outlet->rows);
	if (population->nkeys == 1 && outlet->rows > 0)
		campaign_statistics_unique(relation, 1);
	table_close(relation, NoLock);
}

/* Writes with multi-inserts into tables of this server. */
static int64
local_write(CampaignSelect *select, CampaignRouting routing,
			CampaignOutlet *outlets, int noutlets, HTAB *tallies)
{
	LocalSink	sink = {{NULL, local_row}, routing, outlets};

	sink.tallies = tallies;
	sink.noutlets = noutlets;
	sink.writers = palloc0(sizeof(CampaignWriter *) * noutlets);
	for (int i = 0; i < noutlets; i++)
	{
		outlets[i].rows = 0;
		if (outlets[i].population != NULL)
			sink.writers[i] =
				campaign_writer_open(outlets[i].population->relation);
	}
	(void) campaign_select_run(select, &sink.receiver);
	for (int i = 0; i < noutlets; i++)
	{
		if (sink.writers[i] == NULL)
			continue;
		(void) campaign_writer_close(sink.writers[i]);
		note_statistics(&outlets[i]);
	}
	campaign_shared_progress_rows(sink.rows);
	return sink.rows;
}

static const CampaignSinkMethod local_method = {local_write};

/* Runs the select and writes every row to its outlet. */
int64
campaign_sink_write(CampaignSelect *select, CampaignRouting routing,
					CampaignOutlet *outlets, int noutlets)
{
	const CampaignSinkMethod *method = &local_method;

	Assert(routing != CAMPAIGN_ROUTE_SOLE || noutlets == 1);
	return method->write(select, routing, outlets, noutlets, NULL);
}

/* The same by mask; counts rows by the value of the mask. */
int64
campaign_sink_write_tallied(CampaignSelect *select, CampaignOutlet *outlets,
							int noutlets, List **tallies)
{
	const CampaignSinkMethod *method = &local_method;
	HASHCTL		control = {0};
	HASH_SEQ_STATUS scan;
	CampaignTally *entry;
	HTAB	   *table;
	int64		rows;

	control.keysize = sizeof(int64);
	control.entrysize = sizeof(CampaignTally);
	control.hcxt = CurrentMemoryContext;
	table = hash_create("campaign tallies", 64, &control,
						HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	rows = method->write(select, CAMPAIGN_ROUTE_MASK, outlets, noutlets, table);
	*tallies = NIL;
	hash_seq_init(&scan, table);
	while ((entry = hash_seq_search(&scan)) != NULL)
		*tallies = lappend(*tallies, entry);
	return rows;
}
