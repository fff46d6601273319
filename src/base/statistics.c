/*
 * statistics.c
 *		What the planner is told about relations this extension has filled.
 *
 * What is known without looking is written down at once; an ANALYZE would
 * find the same by sampling, at the cost of a short statement.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_statistic.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/statistics.h"

/* Notes how many rows the relation has. */
void
campaign_statistics_size(Relation relation, double rows)
{
	campaign_set_relation_size(relation, RelationGetNumberOfBlocks(relation),
							   rows);
}

/* A row of pg_statistic that knows the number of distinct values alone. */
static HeapTuple
form_statistic(Relation catalog, Relation relation, AttrNumber column)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation),
												column - 1);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {0};

	values[Anum_pg_statistic_starelid - 1] =
		ObjectIdGetDatum(RelationGetRelid(relation));
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(column);
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(0);
	values[Anum_pg_statistic_stawidth - 1] =
		Int32GetDatum(get_typavgwidth(attribute->atttypid,
									  attribute->atttypmod));
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(-1);
	for (int slot = 0; slot < STATISTIC_NUM_SLOTS; slot++)
	{
		nulls[Anum_pg_statistic_stanumbers1 - 1 + slot] = true;
		nulls[Anum_pg_statistic_stavalues1 - 1 + slot] = true;
	}
	return heap_form_tuple(RelationGetDescr(catalog), values, nulls);
}

/* Notes that no two rows share the value of a column. */
void
campaign_statistics_unique(Relation relation, AttrNumber column)
{
	Relation	catalog;

	/* It does not change when more rows are written. */
	if (SearchSysCacheExists3(STATRELATTINH,
							  ObjectIdGetDatum(RelationGetRelid(relation)),
							  Int16GetDatum(column), BoolGetDatum(false)))
		return;
	catalog = table_open(StatisticRelationId, RowExclusiveLock);
	CatalogTupleInsert(catalog, form_statistic(catalog, relation, column));
	table_close(catalog, RowExclusiveLock);
}
