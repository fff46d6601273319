/*
 * subquery.c
 *		What the subqueries of a plan's expressions cost.
 *
 * A subquery is executed once if its result becomes a hash table, or is one
 * value.  The cost of the whole plan does not say so: where the planner has the
 * choice it adds up what it would be to execute it for each row, and chooses
 * later.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"

#include "set/footprint.h"
#include "set/plan.h"
#include "set/subquery.h"

typedef struct Subqueries
{
	const PlannedStmt *plan;
	double		memory;			/* of their hash tables, in kB */
	bool		repeated;		/* one is executed for each row */
	bool		misplaced;		/* what is dear is asked before what is cheap */
} Subqueries;

/* Of so many rows that the planner expects, the tables keep one of each key. */
#define ROWS_OF_A_KEY	1.25

/* What is dearer than so many operators is worth asking last. */
#define DEAR_OPERATORS	10

/*
 * True if an AND has something dear before what is cheaper.  In a WHERE the
 * planner would have changed their order, elsewhere it does not.
 */
static bool
is_misplaced(const BoolExpr *expression)
{
	Cost		dearest = DEAR_OPERATORS * cpu_operator_cost;
	bool		dear = false;
	ListCell   *cell;

	if (expression->boolop != AND_EXPR)
		return false;
	foreach(cell, expression->args)
	{
		QualCost	cost;

		cost_qual_eval_node(&cost, lfirst(cell), NULL);
		if (dear && cost.per_tuple < dearest)
			return true;
		dear = dear || cost.per_tuple > dearest;
		dearest = Max(dearest, cost.per_tuple);
	}
	return false;
}

/* expression_tree_walker: notes subqueries, and the order of what is asked. */
static bool
find_subqueries(Node *node, void *context)
{
	Subqueries *found = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubPlan))
	{
		SubPlan    *subplan = (SubPlan *) node;

		if (subplan->useHashTable)
			found->memory += campaign_footprint_of_groups(list_nth(found->plan->subplans,
																   subplan->plan_id - 1));
		else
			found->repeated = true;
	}
	if (IsA(node, BoolExpr) && is_misplaced((BoolExpr *) node))
		found->misplaced = true;
	return expression_tree_walker(node, find_subqueries, context);
}

/* Notes those of a plan's nodes. */
static void
search_plan(const Plan *plan, Subqueries *found)
{
	ListCell   *cell;

	(void) find_subqueries((Node *) plan->targetlist, found);
	(void) find_subqueries((Node *) plan->qual, found);
	foreach(cell, campaign_plan_children(plan))
		search_plan(lfirst(cell), found);
}

/* What they cost together. */
double
campaign_subqueries_cost(const PlannedStmt *plan)
{
	Subqueries	found = {plan};
	double		cost = 0;
	ListCell   *cell;

	search_plan(plan->planTree, &found);
	if (found.repeated || found.misplaced ||
		found.memory > work_mem * hash_mem_multiplier * ROWS_OF_A_KEY)
		return -1;
	foreach(cell, plan->subplans)
	{
		/* What was not chosen is NULL. */
		if (lfirst(cell) != NULL)
			cost += ((Plan *) lfirst(cell))->total_cost;
	}
	return cost;
}
