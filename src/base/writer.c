/*
 * writer.c
 *		Bulk insertion into one relation without SQL.
 *
 * Rows are collected and written by table_multi_insert with a bulk
 * insert state, as COPY does: a page is filled and logged at once.  Opening
 * takes the relation, the XID and the command id, because a parallel plan that
 * feeds the writer must not.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/cluster.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/ranges.h"
#include "base/writer.h"

/* What is held before it is written, whichever comes first. */
#define BUFFERED_ROWS	500
#define BUFFERED_BYTES	(256 * 1024)

/* What each of several writers holds that write to one relation by turns. */
#define GATHERED_ROWS	1000
#define GATHERED_BYTES	(1024 * 1024)

struct CampaignWriter
{
	Relation	relation;
	MemoryContext context;		/* lives as long as the writer */
	MemoryContext batch;		/* reset after each write */
	CampaignWriter *first;		/* of several that write by turns: the next two
								 * are its own */
	BulkInsertState bulk;
	TupleTableSlot **slots;		/* that rows are written from; NULL: not made */
	CommandId	command;
	EState	   *estate;			/* for index entries; NULL without indexes */
	ResultRelInfo *target;
	CampaignRanges *ranges;		/* entries that are made for many rows at once;
								 * or NULL */
	bool		row_entries;	/* there are others */
	Bitmapset  *entry_columns;	/* without any of these a row has no entry in
								 * them; NULL: it may have */
	TupleDesc	desc;			/* a copy: the server keeps no account of slots
								 * for it, which costs more than they do */
	HeapTuple	tuples[GATHERED_ROWS];
	int			buffered;
	Size		bytes;
	int			most_rows;		/* that are buffered */
	Size		most_bytes;
	const int  *places;			/* of its columns among the values; or NULL */
	Datum	   *values;			/* those of a row, if there are places */
	bool	   *isnull;
	int64		written;
	BlockNumber first_block;	/* written to; see campaign_writer_blocks */
	BlockNumber last_block;
};

/* The column of an index of the rows that have it; 0 for another index. */
static AttrNumber
indexed_presence(const IndexInfo *info)
{
	const NullTest *test = list_length(info->ii_Predicate) == 1 ?
		linitial(info->ii_Predicate) : NULL;

	if (test == NULL || !IsA(test, NullTest) ||
		test->nulltesttype != IS_NOT_NULL || !IsA(test->arg, Var))
		return 0;
	return ((const Var *) test->arg)->varattno;
}

/*
 * Finds out which rows have no entries in indexes that get them one by one,
 * because asking the executor for each row costs more than writing it.
 */
static void
find_entry_columns(CampaignWriter *writer)
{
	bool		every_row = false;

	for (int i = 0; i < writer->target->ri_NumIndices; i++)
	{
		const IndexInfo *info = writer->target->ri_IndexRelationInfo[i];
		AttrNumber	column = indexed_presence(info);

		if (!info->ii_ReadyForInserts)
			continue;
		writer->row_entries = true;
		if (column <= 0)
			every_row = true;
		else
			writer->entry_columns = bms_add_member(writer->entry_columns,
												   column);
	}
	if (every_row)
		writer->entry_columns = NULL;
}

/* Prepares what ExecInsertIndexTuples wants to know. */
static void
open_indexes(CampaignWriter *writer)
{
	if (!writer->relation->rd_rel->relhasindex)
		return;
	writer->estate = CreateExecutorState();
	writer->target = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->target, writer->relation, 0, NULL, 0);
	ExecOpenIndices(writer->target, false);
	writer->ranges = campaign_ranges_open(writer->target);
	find_entry_columns(writer);
}

/*
 * Refuses what is not a table of this server's: rows written to the shell of a
 * distributed one would be lost without a word.
 */
static void
check_local(Oid relation)
{
	char		kind = get_rel_relkind(relation);

	if (kind != RELKIND_RELATION || campaign_cluster_has(relation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"%s\" cannot be written to without statements",
						get_rel_name(relation)),
				 errdetail("Its rows are not kept in a table of this server."),
				 errhint("Undo what was done to this table: campaigns distribute their populations by themselves, and keep their other tables on the coordinator.")));
}

/* Opens the relation for appending, by turns with the first one, if any. */
static CampaignWriter *
open_writer(Oid relation, CampaignWriter *first)
{
	MemoryContext context;
	MemoryContext old;
	CampaignWriter *writer;

	check_local(relation);
	context = AllocSetContextCreate(CurrentMemoryContext, "campaign writer",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	writer = palloc0(sizeof(CampaignWriter));
	writer->context = context;
	writer->batch = AllocSetContextCreate(context, "campaign writer batch",
										  ALLOCSET_DEFAULT_SIZES);
	writer->relation = table_open(relation, RowExclusiveLock);
	writer->desc = CreateTupleDescCopy(RelationGetDescr(writer->relation));
	writer->first = first != NULL ? first : writer;
	if (first == NULL)
	{
		writer->bulk = GetBulkInsertState();
		writer->slots = palloc0(sizeof(TupleTableSlot *) * GATHERED_ROWS);
	}
	writer->most_rows = BUFFERED_ROWS;
	writer->most_bytes = BUFFERED_BYTES;
	(void) GetCurrentTransactionId();
	writer->command = GetCurrentCommandId(true);
	writer->first_block = InvalidBlockNumber;
	writer->last_block = 0;
	open_indexes(writer);
	MemoryContextSwitchTo(old);
	return writer;
}

/* Opens the relation for appending. */
CampaignWriter *
campaign_writer_open(Oid relation)
{
	return open_writer(relation, NULL);
}

/*
 * Opens it once more.  Rows that one of the two gets are neighbours in the
 * table: they are written more at a time, and where the last ones ended.
 */
CampaignWriter *
campaign_writer_open_beside(CampaignWriter *other)
{
	CampaignWriter *writer = open_writer(RelationGetRelid(other->relation),
										 other->first);

	other->most_rows = writer->most_rows = GATHERED_ROWS;
	other->most_bytes = writer->most_bytes = GATHERED_BYTES;
	return writer;
}

/* True if the row may have an entry in an index that gets them one by one. */
static bool
has_entries(const CampaignWriter *writer, HeapTuple tuple)
{
	int			column = -1;

	if (writer->entry_columns == NULL)
		return true;
	while ((column = bms_next_member(writer->entry_columns, column)) >= 0)
	{
		if (!heap_attisnull(tuple, column, writer->desc))
			return true;
	}
	return false;
}

/* Adds the index entries of the rows just written. */
static void
insert_index_entries(CampaignWriter *writer)
{
	if (writer->ranges != NULL)
		campaign_ranges_insert(writer->ranges, writer->first->slots,
							   writer->buffered);
	for (int i = 0; writer->row_entries && i < writer->buffered; i++)
	{
		List	   *recheck;

		if (!has_entries(writer, writer->tuples[i]))
			continue;
		recheck = campaign_insert_index_entries(writer->target,
												writer->first->slots[i],
												writer->estate);
		list_free(recheck);
		ResetPerTupleExprContext(writer->estate);
	}
}

/* Widens the span of blocks by those of the rows just written. */
static void
note_blocks(CampaignWriter *writer)
{
	for (int i = 0; i < writer->buffered; i++)
	{
		BlockNumber block = ItemPointerGetBlockNumber(&writer->first->slots[i]->tts_tid);

		writer->first_block = Min(writer->first_block, block);
		writer->last_block = Max(writer->last_block, block);
	}
}

/* Puts what is buffered into slots, which are made once and used again. */
static void
fill_slots(CampaignWriter *writer)
{
	TupleTableSlot **slots = writer->first->slots;

	for (int i = 0; i < writer->buffered; i++)
	{
		if (slots[i] == NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(writer->first->context);

			slots[i] = MakeSingleTupleTableSlot(writer->first->desc,
												&TTSOpsHeapTuple);
			slots[i]->tts_tableOid = RelationGetRelid(writer->relation);
			MemoryContextSwitchTo(old);
		}
		ExecStoreHeapTuple(writer->tuples[i], slots[i], false);
	}
}

/* Writes what is buffered. */
static void
flush(CampaignWriter *writer)
{
	MemoryContext old;

	if (writer->buffered == 0)
		return;
	fill_slots(writer);
	old = MemoryContextSwitchTo(writer->batch);
	table_multi_insert(writer->relation, writer->first->slots,
					   writer->buffered, writer->command, 0,
					   writer->first->bulk);
	insert_index_entries(writer);
	note_blocks(writer);
	MemoryContextSwitchTo(old);

	for (int i = 0; i < writer->buffered; i++)
		ExecClearTuple(writer->first->slots[i]);
	MemoryContextReset(writer->batch);
	writer->written += writer->buffered;
	writer->buffered = 0;
	writer->bytes = 0;
}

/* How many columns the relation has. */
int
campaign_writer_columns(const CampaignWriter *writer)
{
	return RelationGetDescr(writer->relation)->natts;
}

/* Has it take its columns out of those places of the values it is given. */
void
campaign_writer_choose(CampaignWriter *writer, const int *places)
{
	int			count = campaign_writer_columns(writer);

	writer->places = places;
	writer->values = MemoryContextAlloc(writer->context, sizeof(Datum) * count);
	writer->isnull = MemoryContextAlloc(writer->context, sizeof(bool) * count);
}

/* Adds a row; the values are copied at once. */
void
campaign_writer_add(CampaignWriter *writer, const Datum *values,
					const bool *isnull)
{
	MemoryContext old = MemoryContextSwitchTo(writer->batch);
	HeapTuple	tuple;

	if (writer->places != NULL)
	{
		for (int i = 0; i < writer->desc->natts; i++)
		{
			writer->values[i] = values[writer->places[i]];
			writer->isnull[i] = isnull[writer->places[i]];
		}
		values = writer->values;
		isnull = writer->isnull;
	}
	tuple = heap_form_tuple(writer->desc, (Datum *) values, (bool *) isnull);
	MemoryContextSwitchTo(old);
	writer->tuples[writer->buffered++] = tuple;
	writer->bytes += tuple->t_len;
	if (writer->buffered == writer->most_rows ||
		writer->bytes > writer->most_bytes)
		flush(writer);
}

/* Writes what is buffered and gives the span of blocks since last time. */
void
campaign_writer_blocks(CampaignWriter *writer, BlockNumber *first,
					   BlockNumber *last)
{
	flush(writer);
	*first = writer->first_block;
	*last = writer->last_block;
	writer->first_block = InvalidBlockNumber;
	writer->last_block = 0;
}

/* Writes the rest and closes; the lock on the relation stays to the end. */
int64
campaign_writer_close(CampaignWriter *writer)
{
	int64		written;

	flush(writer);
	written = writer->written;
	if (writer->first == writer)
	{
		for (int i = 0; i < GATHERED_ROWS && writer->slots[i] != NULL; i++)
			ExecDropSingleTupleTableSlot(writer->slots[i]);
		FreeBulkInsertState(writer->bulk);
	}
	if (writer->target != NULL)
	{
		ExecCloseIndices(writer->target);
		FreeExecutorState(writer->estate);
	}
	table_finish_bulk_insert(writer->relation, 0);
	table_close(writer->relation, NoLock);
	MemoryContextDelete(writer->context);
	return written;
}
