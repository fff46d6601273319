/*
 * statistics.c
 *		What the planner is told of sets that are taken together.
 *
 * Tables have statistics, a UNION ALL of them has none: the planner takes its
 * rows for 200 different ones, however many there are, and joins and hashes
 * accordingly.  Ours are sets of keys; how they overlap is not known, but each
 * has a key once.  So it is told that there are as many keys as rows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_statistic.h"
#include "tcop/tcopprot.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"

#include "set/statistics.h"

/* What else wants to be asked while we plan. */
static get_relation_stats_hook_type others;

/* Statistics of a column without NULLs that has another value in each row. */
static HeapTuple
make_distinct(void)
{
	Relation	relation = table_open(StatisticRelationId, AccessShareLock);
	Datum		values[Natts_pg_statistic] = {0};
	bool		nulls[Natts_pg_statistic] = {false};
	HeapTuple	tuple;

	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(-1);
	for (int i = 0; i < STATISTIC_NUM_SLOTS; i++)
	{
		nulls[Anum_pg_statistic_stanumbers1 - 1 + i] = true;
		nulls[Anum_pg_statistic_stavalues1 - 1 + i] = true;
	}
	tuple = heap_form_tuple(RelationGetDescr(relation), values, nulls);
	table_close(relation, AccessShareLock);
	return tuple;
}

/* get_relation_stats_hook: answers for our sets, and leaves others to others. */
static bool
tell_statistics(PlannerInfo *root, RangeTblEntry *entry, AttrNumber number,
				VariableStatData *variable)
{
	if (entry->rtekind == RTE_SUBQUERY && entry->inh && number > 0 &&
		strcmp(entry->eref->aliasname, CAMPAIGN_ALIAS_OF_SETS) == 0)
	{
		variable->statsTuple = make_distinct();
		variable->freefunc = heap_freetuple;
		variable->acl_ok = true;
		return true;
	}
	return others != NULL && others(root, entry, number, variable);
}

/* Plans it; functions that are executed for a constant may plan meanwhile. */
PlannedStmt *
campaign_statistics_plan(Query *query, const char *text, int options,
						 ParamListInfo parameters)
{
	get_relation_stats_hook_type before = get_relation_stats_hook;
	get_relation_stats_hook_type before_others = others;
	PlannedStmt *volatile plan = NULL;

	/* If one of them comes here again, the hook is ours already. */
	if (before != tell_statistics)
		others = before;
	get_relation_stats_hook = tell_statistics;
	PG_TRY();
	{
		plan = pg_plan_query(query, text, options, parameters);
	}
	PG_FINALLY();
	{
		get_relation_stats_hook = before;
		others = before_others;
	}
	PG_END_TRY();
	return plan;
}
