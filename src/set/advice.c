/*
 * advice.c
 *		Indexes that a plan misses.
 *
 * Only what the plan shows is said: a table of some size is read from end to
 * end, a filter leaves few of its rows, and the filter compares columns that
 * no index begins with.  Filters on expressions are left alone, for what index
 * they need is not to be guessed.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/text.h"
#include "set/advice.h"

/* Smaller tables are read as fast as an index. */
#define LEAST_ROWS		10000
/* The filter leaves at most this share of them. */
#define MOST_LEFT		0.05

typedef struct Advisor
{
	const PlannedStmt *plan;
	List	   *advice;			/* of char *, one for each scan */
} Advisor;

/* The column of the scanned table that a side is, or 0. */
static AttrNumber
column_of(Node *side, Index relation)
{
	while (side != NULL && IsA(side, RelabelType))
		side = (Node *) ((RelabelType *) side)->arg;
	if (side == NULL || !IsA(side, Var) ||
		((Var *) side)->varno != (int) relation || ((Var *) side)->varattno < 0)
		return 0;
	return ((Var *) side)->varattno;
}

/* The column a clause compares with something that is the same for all rows. */
static AttrNumber
compared_column(Node *clause, Index relation)
{
	List	   *sides;
	Oid			operator;
	AttrNumber	column;

	if (IsA(clause, OpExpr))
	{
		sides = ((OpExpr *) clause)->args;
		operator = ((OpExpr *) clause)->opno;
	}
	else if (IsA(clause, ScalarArrayOpExpr) &&
			 ((ScalarArrayOpExpr *) clause)->useOr)
	{
		sides = ((ScalarArrayOpExpr *) clause)->args;
		operator = ((ScalarArrayOpExpr *) clause)->opno;
	}
	else
		return 0;
	if (list_length(sides) != 2 || !campaign_operator_is_ordered(operator))
		return 0;
	column = column_of(linitial(sides), relation);
	if (column != 0)
		return contain_var_clause(lsecond(sides)) ? 0 : column;
	column = column_of(lsecond(sides), relation);
	return contain_var_clause(linitial(sides)) ? 0 : column;
}

/* True if an index begins with the column. */
static bool
begins_index(Relation table, AttrNumber column)
{
	List	   *indexes = RelationGetIndexList(table);
	ListCell   *cell;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);
		bool		found = index->rd_index->indkey.values[0] == column;

		index_close(index, AccessShareLock);
		if (found)
			return true;
	}
	return false;
}

/* The columns the filter compares, by name; NIL if an index has one of them. */
static List *
missing_columns(Relation table, const Scan *scan)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, scan->plan.qual)
	{
		AttrNumber	column = compared_column(lfirst(cell), scan->scanrelid);
		char	   *name;

		if (column == 0)
			continue;
		if (begins_index(table, column))
			return NIL;
		name = pstrdup(quote_identifier(get_attname(RelationGetRelid(table),
													column, false)));
		if (!campaign_list_has(names, name))
			names = lappend(names, name);
	}
	return names;
}

/* Says what a scan that reads a whole table misses; so many do it together. */
static void
advise_scan(Advisor *advisor, const Scan *scan, int processes)
{
	Oid			relation = rt_fetch(scan->scanrelid, advisor->plan->rtable)->relid;
	Relation	table;
	double		tuples;
	double		left = scan->plan.plan_rows *
		(scan->plan.parallel_aware ? processes : 1);
	List	   *columns;

	table = table_open(relation, AccessShareLock);
	tuples = table->rd_rel->reltuples;
	columns = tuples < LEAST_ROWS || left > tuples * MOST_LEFT ? NIL :
		missing_columns(table, scan);
	if (columns != NIL)
		advisor->advice = lappend(advisor->advice,
								  psprintf("an index on %s (%s) would save reading all of its %.0f rows to find %.0f",
										   quote_identifier(RelationGetRelationName(table)),
										   campaign_list_join(columns), tuples,
										   left));
	table_close(table, AccessShareLock);
}

static void advise_plan(Advisor *advisor, const Plan *plan, int processes);

/* Looks at all plans of a list. */
static void
advise_plans(Advisor *advisor, List *plans, int processes)
{
	ListCell   *cell;

	foreach(cell, plans)
		advise_plan(advisor, lfirst(cell), processes);
}

/* Looks at a plan and those below it. */
static void
advise_plan(Advisor *advisor, const Plan *plan, int processes)
{
	if (plan == NULL)
		return;
	check_stack_depth();
	if (IsA(plan, Gather))
		processes = ((const Gather *) plan)->num_workers + 1;
	else if (IsA(plan, GatherMerge))
		processes = ((const GatherMerge *) plan)->num_workers + 1;
	else if (IsA(plan, SeqScan))
		advise_scan(advisor, (const Scan *) plan, processes);
	else if (IsA(plan, Append))
		advise_plans(advisor, ((const Append *) plan)->appendplans, processes);
	else if (IsA(plan, MergeAppend))
		advise_plans(advisor, ((const MergeAppend *) plan)->mergeplans,
					 processes);
	else if (IsA(plan, SubqueryScan))
		advise_plan(advisor, ((const SubqueryScan *) plan)->subplan, processes);
	advise_plan(advisor, plan->lefttree, processes);
	advise_plan(advisor, plan->righttree, processes);
}

/* Names the columns by which tables would better be looked up. */
char *
campaign_advice(const PlannedStmt *plan)
{
	Advisor		advisor = {plan, NIL};
	StringInfoData text;
	ListCell   *cell;

	advise_plan(&advisor, plan->planTree, 1);
	advise_plans(&advisor, plan->subplans, 1);
	if (advisor.advice == NIL)
		return NULL;
	initStringInfo(&text);
	foreach(cell, advisor.advice)
		appendStringInfo(&text, "%s%s",
						 foreach_current_index(cell) > 0 ? "; " : "",
						 (char *) lfirst(cell));
	return text.data;
}
