/*
 * plan.c
 *		What plans are made of, and which of two is better.
 *
 * To the planner a search in a hash table costs the same, however large that is.
 * But the processor waits for memory that is in none of its caches as long as
 * several rows take that it reads one after the other; a merge of keys in their
 * order waits for none.  So where a plan has such searches, their time is added
 * to what it costs, and it is compared with one that has none.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "base/identity.h"
#include "set/footprint.h"
#include "set/plan.h"
#include "set/statistics.h"

/* A table of so many kB is in no cache. */
#define LARGE_TABLE			16384

/* A search in one takes as long as reading so many rows. */
#define ROWS_PER_SEARCH		4

/* The nodes that a node has its rows from. */
List *
campaign_plan_children(const Plan *plan)
{
	List	   *children = NIL;

	if (IsA(plan, Append))
		children = list_copy(((const Append *) plan)->appendplans);
	else if (IsA(plan, MergeAppend))
		children = list_copy(((const MergeAppend *) plan)->mergeplans);
	else if (IsA(plan, SubqueryScan))
		children = list_make1(((const SubqueryScan *) plan)->subplan);
	if (plan->lefttree != NULL)
		children = lappend(children, plan->lefttree);
	if (plan->righttree != NULL)
		children = lappend(children, plan->righttree);
	return children;
}

/*
 * True if a hash table is large.  Keys have to be of fixed length: what sorting
 * others costs the planner knows as little.
 */
static bool
is_large_join(const HashJoin *join)
{
	ListCell   *cell;

	foreach(cell, join->hashclauses)
	{
		Node	   *key = linitial(((OpExpr *) lfirst(cell))->args);

		if (get_typlen(exprType(key)) < 0)
			return false;
	}
	return campaign_footprint_of_rows(innerPlan(join)) > LARGE_TABLE;
}

/* What a plan waits for memory. */
static Cost
waiting_cost(const Plan *plan)
{
	Cost		cost = 0;
	ListCell   *cell;

	foreach(cell, campaign_plan_children(plan))
		cost += waiting_cost(lfirst(cell));
	if (IsA(plan, HashJoin) && is_large_join((const HashJoin *) plan))
		cost += ROWS_PER_SEARCH * cpu_tuple_cost * outerPlan(plan)->plan_rows;
	return cost;
}

/* The same, of a statement. */
static Cost
waiting_of(const PlannedStmt *statement)
{
	Cost		cost = waiting_cost(statement->planTree);
	ListCell   *cell;

	foreach(cell, statement->subplans)
	{
		/* What was not chosen is NULL. */
		if (lfirst(cell) != NULL)
			cost += waiting_cost(lfirst(cell));
	}
	return cost;
}

/* What it costs with that. */
static Cost
full_cost(const PlannedStmt *statement)
{
	return statement->planTree->total_cost + waiting_of(statement);
}

/* The better plan. */
PlannedStmt *
campaign_plan_query(Query *query, const char *text, int options,
					ParamListInfo parameters)
{
	/* Planning takes the query to pieces. */
	Query	   *again = copyObject(query);
	PlannedStmt *plan = campaign_statistics_plan(query, text, options,
												 parameters);
	PlannedStmt *other;
	int			nestlevel;

	if (waiting_of(plan) == 0)
		return plan;
	nestlevel = campaign_planning_enter_merged();
	other = campaign_statistics_plan(again, text, options, parameters);
	campaign_settings_leave(nestlevel);
	return full_cost(other) < full_cost(plan) ? other : plan;
}
