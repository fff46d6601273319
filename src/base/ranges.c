/*
 * ranges.c
 *		Entries of rows just written in indexes over ranges of blocks.
 *
 * A BRIN index with minmax operators keeps the least and the greatest value of
 * each column in a range.  So of many rows written to one range, the index
 * needs these two and not each row, which would have it look up the range's
 * summary, decode and compare it.
 */
#include "postgres.h"

#include "access/brin.h"
#include "access/brin_internal.h"
#include "access/genam.h"
#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "storage/itemptr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "base/ranges.h"

/* An index, and what the rows have that were looked at last. */
typedef struct Summary
{
	Relation	index;
	IndexInfo  *info;
	BlockNumber blocks;			/* in a range */
	FmgrInfo   *compare[INDEX_MAX_KEYS];
	Datum		least[INDEX_MAX_KEYS];
	Datum		greatest[INDEX_MAX_KEYS];
	bool		isnull[INDEX_MAX_KEYS];	/* all false */
} Summary;

struct CampaignRanges
{
	Relation	table;
	int			count;
	Summary    *summaries;
};

/* True if the index's column has the order of its type, which we compare by. */
static bool
has_usual_order(Relation index, int column)
{
	Oid			type = index->rd_opcintype[column];
	Oid			less = get_opfamily_member(index->rd_opfamily[column],
										   type, type, BTLessStrategyNumber);

	return index_getprocid(index, column + 1, BRIN_PROCNUM_OPCINFO) ==
		F_BRIN_MINMAX_OPCINFO && OidIsValid(less) &&
		less == lookup_type_cache(type, TYPECACHE_LT_OPR)->lt_opr;
}

/* True if an entry's values are all of a column's that is never NULL. */
static bool
has_bounds(Relation table, Relation index, const IndexInfo *info)
{
	if (index->rd_rel->relam != BRIN_AM_OID || info->ii_Predicate != NIL)
		return false;
	for (int i = 0; i < info->ii_NumIndexAttrs; i++)
	{
		AttrNumber	column = info->ii_IndexAttrNumbers[i];

		if (column <= 0 ||
			!TupleDescAttr(RelationGetDescr(table), column - 1)->attnotnull ||
			!has_usual_order(index, i))
			return false;
	}
	return true;
}

/* Prepares what rows of the index are compared by. */
static void
open_summary(Summary *summary, Relation index, IndexInfo *info)
{
	summary->index = index;
	summary->info = info;
	summary->blocks = BrinGetPagesPerRange(index);
	for (int i = 0; i < info->ii_NumIndexAttrs; i++)
		summary->compare[i] =
			&lookup_type_cache(index->rd_opcintype[i],
							   TYPECACHE_CMP_PROC_FINFO)->cmp_proc_finfo;
}

/*
 * Takes indexes over.  Whether they are ready for inserts is what the executor
 * asks before it makes an entry.
 */
CampaignRanges *
campaign_ranges_open(ResultRelInfo *target)
{
	CampaignRanges *ranges = palloc0(sizeof(CampaignRanges));

	ranges->table = target->ri_RelationDesc;
	ranges->summaries = palloc0(sizeof(Summary) * target->ri_NumIndices);
	for (int i = 0; i < target->ri_NumIndices; i++)
	{
		Relation	index = target->ri_IndexRelationDescs[i];
		IndexInfo  *info = target->ri_IndexRelationInfo[i];

		if (!info->ii_ReadyForInserts ||
			!has_bounds(ranges->table, index, info))
			continue;
		open_summary(&ranges->summaries[ranges->count++], index, info);
		info->ii_ReadyForInserts = false;
	}
	return ranges->count > 0 ? ranges : NULL;
}

/* Compares two values of a column of the index. */
static int
compare_values(const Summary *summary, int column, Datum one, Datum other)
{
	return DatumGetInt32(FunctionCall2Coll(summary->compare[column],
										   summary->index->rd_indcollation[column],
										   one, other));
}

/* Widens the bounds by a row; the first row of a range is both of them. */
static void
widen_bounds(Summary *summary, TupleTableSlot *slot, bool first)
{
	for (int i = 0; i < summary->info->ii_NumIndexAttrs; i++)
	{
		bool		isnull;
		Datum		value = slot_getattr(slot,
										 summary->info->ii_IndexAttrNumbers[i],
										 &isnull);

		if (isnull)
			elog(ERROR, "column %d of index \"%s\" is NULL", i + 1,
				 RelationGetRelationName(summary->index));
		if (first)
			summary->least[i] = summary->greatest[i] = value;
		else if (compare_values(summary, i, value, summary->greatest[i]) > 0)
			summary->greatest[i] = value;
		else if (compare_values(summary, i, value, summary->least[i]) < 0)
			summary->least[i] = value;
	}
}

/* Gives the index the bounds of rows from the first one to the last. */
static void
insert_bounds(const CampaignRanges *ranges, Summary *summary,
			  TupleTableSlot *first, TupleTableSlot *last)
{
	index_insert(summary->index, summary->least, summary->isnull,
				 &first->tts_tid, ranges->table, UNIQUE_CHECK_NO, false,
				 summary->info);
	if (first != last)
		index_insert(summary->index, summary->greatest, summary->isnull,
					 &last->tts_tid, ranges->table, UNIQUE_CHECK_NO, false,
					 summary->info);
}

/* The range that a row is in. */
static BlockNumber
range_of(const Summary *summary, const TupleTableSlot *slot)
{
	return ItemPointerGetBlockNumber(&slot->tts_tid) / summary->blocks;
}

/* Makes the entries of rows that are in the table, in any order. */
void
campaign_ranges_insert(CampaignRanges *ranges, TupleTableSlot **slots,
					   int count)
{
	for (int i = 0; i < ranges->count; i++)
	{
		Summary    *summary = &ranges->summaries[i];
		int			first = 0;

		for (int row = 0; row < count; row++)
		{
			if (range_of(summary, slots[row]) != range_of(summary, slots[first]))
			{
				insert_bounds(ranges, summary, slots[first], slots[row - 1]);
				first = row;
			}
			widen_bounds(summary, slots[row], row == first);
		}
		insert_bounds(ranges, summary, slots[first], slots[count - 1]);
	}
}
