/*
 * sink.c
 *		Where the rows of a select go: counted, or written to populations.
 *
 * The select runs as the campaign's owner; what it yields is written here
 * without SQL.  How it is written is a method behind one interface, because
 * tables spread over several servers need another way than local ones: a
 * multi-insert into a distributed table would fill its local shell.  Rows that
 * must pass this server on their way to such a table are staged, and moved by
 * a statement at the end.
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "base/attempt.h"
#include "base/errors.h"
#include "base/shared.h"
#include "base/statistics.h"
#include "base/writer.h"
#include "set/observe.h"
#include "set/sample.h"
#include "set/sink.h"
#include "set/sink_method.h"

/* Rows between two reports of progress. */
#define PROGRESS_ROWS	10000

/* The local method's receiver. */
typedef struct LocalSink
{
	CampaignReceiver receiver;
	CampaignRouting routing;
	CampaignOutlet *outlets;
	CampaignWriter **writers;	/* NULL where an outlet only counts */
	CampaignWriter **asides;	/* NULL where nothing is written beside it */
	int			noutlets;
	int64		rows;
	CampaignTallies *tallies;	/* NULL: nothing is counted */
	CampaignSizing sizing;		/* sets capacities; or NULL */
	void	   *sizing_arg;
} LocalSink;

/* True if the outlet takes one more row. */
static inline bool
has_room(const CampaignOutlet *outlet)
{
	return outlet->capacity < 0 || outlet->rows < outlet->capacity;
}

/* The first outlet of the mask that has room; -1 if none has. */
int
campaign_sink_route(const CampaignOutlet *outlets, int noutlets, uint64 mask)
{
	while (mask != 0)
	{
		int			number = pg_rightmost_one_pos64(mask);

		if (number < noutlets && has_room(&outlets[number]))
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
		return campaign_sink_route(sink->outlets, sink->noutlets,
								   (uint64) DatumGetInt64(slot->tts_values[0]));
	return DatumGetInt32(slot->tts_values[0]);
}

/* Writes the last columns of the row beside it. */
static void
add_aside(CampaignWriter *writer, TupleTableSlot *slot)
{
	int			first = slot->tts_tupleDescriptor->natts -
		campaign_writer_columns(writer);

	campaign_writer_add(writer, slot->tts_values + first,
						slot->tts_isnull + first);
}

/* Takes one row. */
static void
local_row(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	LocalSink  *sink = (LocalSink *) receiver;
	int			skipped = sink->routing == CAMPAIGN_ROUTE_SOLE ? 0 : 1;
	int			number;

	slot_getallattrs(slot);
	if (sink->rows == 0 && sink->sizing != NULL)
		sink->sizing(sink->sizing_arg,
					 DatumGetInt64(slot->tts_values[slot->tts_tupleDescriptor->natts - 1]));
	if (++sink->rows % PROGRESS_ROWS == 0)
		campaign_shared_progress_rows(sink->rows);
	if (sink->tallies != NULL && !slot->tts_isnull[0])
		campaign_tallies_add(sink->tallies, DatumGetInt64(slot->tts_values[0]), 1);
	number = route(sink, slot);
	if (number < 0 || number >= sink->noutlets)
		return;
	sink->outlets[number].rows++;
	skipped += sink->outlets[number].first;
	if (sink->writers[number] != NULL)
		campaign_writer_add(sink->writers[number],
							slot->tts_values + skipped,
							slot->tts_isnull + skipped);
	if (sink->asides[number] != NULL)
		add_aside(sink->asides[number], slot);
}

/*
 * Tells the planner what the next join needs: how many rows were written, and
 * that no two share a key.  Without the second it would rather hash a whole
 * dimension than a small population.
 */
void
campaign_sink_note(const CampaignPopulation *population, int64 rows)
{
	Relation	relation = table_open(population->relation, RowExclusiveLock);

	campaign_statistics_size(relation, (double) rows);
	if (population->nkeys == 1 && rows > 0)
		campaign_statistics_unique(relation, 1);
	table_close(relation, NoLock);
}

/* Rows of all outlets up to that one that write to its population. */
int64
campaign_sink_rows(const CampaignOutlet *outlets, int last)
{
	int64		rows = 0;

	for (int i = 0; i <= last; i++)
	{
		if (outlets[i].population == outlets[last].population)
			rows += outlets[i].rows;
	}
	return rows;
}

/* True if no later outlet writes to the population of that one. */
static bool
is_last_writer(const LocalSink *sink, int number)
{
	for (int i = number + 1; i < sink->noutlets; i++)
	{
		if (sink->outlets[i].population == sink->outlets[number].population)
			return false;
	}
	return true;
}

/* The table that rows for a population are written to. */
static CampaignWriter *
open_population(CampaignPopulation *population)
{
	if (!population->spread)
		return campaign_writer_open(population->relation);
	return campaign_observing() ? NULL :
		campaign_writer_open(campaign_population_stage(population));
}

/* Opens what the outlets write to. */
static void
open_writers(LocalSink *sink)
{
	sink->writers = palloc0(sizeof(CampaignWriter *) * sink->noutlets);
	sink->asides = palloc0(sizeof(CampaignWriter *) * sink->noutlets);
	for (int i = 0; i < sink->noutlets; i++)
	{
		CampaignOutlet *outlet = &sink->outlets[i];

		outlet->rows = 0;
		if (outlet->population != NULL)
			sink->writers[i] = open_population(outlet->population);
		if (sink->writers[i] != NULL && outlet->places != NULL)
			campaign_writer_choose(sink->writers[i], outlet->places);
		if (OidIsValid(outlet->aside))
			sink->asides[i] = campaign_writer_open(outlet->aside);
	}
}

/* Closes it, moves what was staged, and says what has been written. */
static void
close_writers(LocalSink *sink)
{
	for (int i = 0; i < sink->noutlets; i++)
	{
		if (sink->asides[i] != NULL)
			(void) campaign_writer_close(sink->asides[i]);
		if (sink->writers[i] != NULL)
			(void) campaign_writer_close(sink->writers[i]);
	}
	for (int i = 0; i < sink->noutlets; i++)
	{
		CampaignPopulation *population = sink->outlets[i].population;

		if (sink->writers[i] == NULL || !is_last_writer(sink, i))
			continue;
		if (population->spread)
			campaign_sink_distribute(population);
		campaign_sink_note(population, campaign_sink_rows(sink->outlets, i));
	}
}

/* How many of the rows an outlet of which no share is known gets. */
static double
even_share(const LocalSink *sink)
{
	double		rest = 1;
	int			unknown = 0;

	for (int i = 0; i < sink->noutlets; i++)
	{
		rest -= sink->outlets[i].share;
		if (sink->outlets[i].population != NULL && sink->outlets[i].share == 0)
			unknown++;
	}
	return Max(rest, 0) / Max(unknown, 1);
}

/*
 * Where nothing was run: gives the outlets that are written the rows the
 * planner expects.  How they divide it does not know: where the activity does
 * not say it either, they do so evenly.
 */
static void
expect_rows(LocalSink *sink)
{
	double		rows = campaign_observe_rows();
	double		even = even_share(sink);

	for (int i = 0; i < sink->noutlets; i++)
	{
		CampaignOutlet *outlet = &sink->outlets[i];

		if (outlet->population == NULL)
			continue;
		outlet->rows = (int64) rint(rows * (outlet->share > 0 ?
											outlet->share : even));
		if (outlet->capacity >= 0)
			outlet->rows = Min(outlet->rows, outlet->capacity);
		campaign_observe_size(outlet->population->relation,
							  (double) outlet->rows);
	}
}

/* Writes with multi-inserts into tables of this server. */
static int64
local_write(CampaignSelect *select, CampaignRouting routing,
			CampaignOutlet *outlets, int noutlets, CampaignTallies *tallies)
{
	LocalSink	sink = {{NULL, local_row}, routing, outlets};

	if (select->sample != NULL && select->effect == NULL)
		campaign_sample_apply(select, select->sample,
							  routing == CAMPAIGN_ROUTE_SOLE ? 0 : 1);
	sink.tallies = tallies;
	sink.noutlets = noutlets;
	open_writers(&sink);
	(void) campaign_select_run(select, &sink.receiver);
	close_writers(&sink);
	if (campaign_observing())
		expect_rows(&sink);
	campaign_shared_progress_rows(sink.rows);
	return sink.rows;
}

static const CampaignSinkMethod local_method = {local_write};

/* The method for these rows. */
static const CampaignSinkMethod *
choose_method(const CampaignSelect *select, const CampaignOutlet *outlets,
			  int noutlets)
{
	return campaign_sink_stays_distributed(select, outlets, noutlets) ?
		&campaign_sink_distributed : &local_method;
}

/* Runs the select and writes every row to its outlet. */
int64
campaign_sink_write(CampaignSelect *select, CampaignRouting routing,
					CampaignOutlet *outlets, int noutlets)
{
	Assert(routing != CAMPAIGN_ROUTE_SOLE || noutlets == 1);
	return choose_method(select, outlets, noutlets)->write(select, routing,
														   outlets, noutlets,
														   NULL);
}

/* The same by mask; counts rows by the value of the mask. */
int64
campaign_sink_write_tallied(CampaignSelect *select, CampaignOutlet *outlets,
							int noutlets, List **tallies)
{
	CampaignTallies counted;
	int64		rows;

	campaign_tallies_begin(&counted);
	rows = choose_method(select, outlets, noutlets)->write(select,
														   CAMPAIGN_ROUTE_MASK,
														   outlets, noutlets,
														   &counted);
	*tallies = campaign_tallies_list(&counted);
	return rows;
}

/* The same by mask, for rows whose number they bring with them. */
int64
campaign_sink_write_sized(CampaignSelect *select, CampaignOutlet *outlets,
						  int noutlets, CampaignSizing sizing, void *arg)
{
	LocalSink	sink = {{NULL, local_row}, CAMPAIGN_ROUTE_MASK, outlets};

	sink.noutlets = noutlets;
	sink.sizing = sizing;
	sink.sizing_arg = arg;
	open_writers(&sink);
	(void) campaign_select_run(select, &sink.receiver);
	close_writers(&sink);
	campaign_shared_progress_rows(sink.rows);
	return sink.rows;
}

/* ------------------------ effects that are undone ------------------------ */

/* A select of which only the rows stay. */
typedef struct Vain
{
	CampaignReceiver receiver;
	CampaignSelect *select;
	MemoryContext context;		/* of what stays */
	TupleDesc	desc;
	Tuplestorestate *rows;
} Vain;

/* Receiver: before the first row. */
static void
vain_start(CampaignReceiver *receiver, TupleDesc desc)
{
	Vain	   *vain = (Vain *) receiver;
	MemoryContext old = MemoryContextSwitchTo(vain->context);

	vain->desc = CreateTupleDescCopy(desc);
	MemoryContextSwitchTo(old);
}

/* Receiver: keeps a row, with values that do not lie in what is undone. */
static void
vain_row(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	Vain	   *vain = (Vain *) receiver;

	slot_getallattrs(slot);
	for (int i = 0; i < vain->desc->natts; i++)
	{
		if (!slot->tts_isnull[i] && TupleDescAttr(vain->desc, i)->attlen == -1)
			slot->tts_values[i] =
				PointerGetDatum(PG_DETOAST_DATUM(slot->tts_values[i]));
	}
	tuplestore_putvalues(vain->rows, vain->desc, slot->tts_values,
						 slot->tts_isnull);
}

/* The body of the attempt. */
static void
run_in_vain(void *arg)
{
	Vain	   *vain = arg;

	(void) campaign_select_run(vain->select, &vain->receiver);
	campaign_fire_deferred_triggers();
}

/* Runs the select, undoes what it has changed, and writes its rows. */
int64
campaign_sink_write_in_vain(CampaignSelect *select, CampaignRouting routing,
							CampaignOutlet *outlets, int noutlets)
{
	LocalSink	sink = {{NULL, local_row}, routing, outlets};
	Vain		vain = {{vain_start, vain_row}, select, CurrentMemoryContext};
	TupleTableSlot *slot;

	/* Its file has to survive the subtransaction in which it is written. */
	vain.rows = tuplestore_begin_heap(false, true, work_mem);
	campaign_attempt_in_vain(run_in_vain, &vain);
	sink.noutlets = noutlets;
	open_writers(&sink);
	if (campaign_observing())
	{
		close_writers(&sink);
		expect_rows(&sink);
		return 0;
	}
	slot = MakeSingleTupleTableSlot(vain.desc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(vain.rows, true, false, slot))
		local_row(&sink.receiver, slot);
	ExecDropSingleTupleTableSlot(slot);
	close_writers(&sink);
	tuplestore_end(vain.rows);
	return sink.rows;
}

/* ------------------- rows that come from elsewhere ----------------------- */

struct CampaignFeed
{
	LocalSink	sink;
};

/* Opens the outlets for rows that no select gives. */
CampaignFeed *
campaign_feed_open(CampaignOutlet *outlets, int noutlets)
{
	CampaignFeed *feed = palloc0(sizeof(CampaignFeed));

	feed->sink.outlets = outlets;
	feed->sink.noutlets = noutlets;
	open_writers(&feed->sink);
	return feed;
}

/* Gives an outlet a row. */
void
campaign_feed_add(CampaignFeed *feed, int number, const Datum *values,
				  const bool *isnull)
{
	LocalSink  *sink = &feed->sink;

	if (++sink->rows % PROGRESS_ROWS == 0)
		campaign_shared_progress_rows(sink->rows);
	sink->outlets[number].rows++;
	if (sink->writers[number] != NULL)
		campaign_writer_add(sink->writers[number], values, isnull);
}

/* Writes what is left. */
void
campaign_feed_close(CampaignFeed *feed)
{
	close_writers(&feed->sink);
	campaign_shared_progress_rows(feed->sink.rows);
}
