/*
 * observe.c
 *		Statements watched while they are planned, for explanations.
 *
 * An activity reads the populations of those before it, which are empty as
 * long as nothing is run.  So the planner is told how many rows each of them
 * was planned to have, and thinks of them as if they were there.
 */
#include "postgres.h"

#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"
#include "storage/bufpage.h"

#include "set/advice.h"
#include "set/observe.h"

/* What a row of a population takes, about: a key and what has been added. */
#define ROW_BYTES 48

typedef struct TableSize
{
	Oid			relation;
	double		rows;
} TableSize;

/* What is kept while a body runs; all of it is allocated by the caller. */
static bool observing = false;
static List *sizes = NIL;		/* of TableSize * */
static List *taken = NIL;		/* of CampaignObserved * */
static double last_rows = 0;
static get_relation_info_hook_type next_hook = NULL;

/* Planner hook: the size a table is to be taken for. */
static void
set_size(PlannerInfo *root, Oid relation, bool inhparent, RelOptInfo *rel)
{
	ListCell   *cell;

	if (next_hook != NULL)
		next_hook(root, relation, inhparent, rel);
	foreach(cell, sizes)
	{
		const TableSize *size = lfirst(cell);

		if (size->relation != relation)
			continue;
		rel->tuples = size->rows;
		rel->pages = (BlockNumber) (size->rows * ROW_BYTES / BLCKSZ) + 1;
	}
}

/* Runs the body, in which selects are planned and not run. */
void
campaign_observe(void (*body) (void *arg), void *arg)
{
	Assert(!observing);
	next_hook = get_relation_info_hook;
	get_relation_info_hook = set_size;
	observing = true;
	PG_TRY();
	{
		body(arg);
	}
	PG_FINALLY();
	{
		get_relation_info_hook = next_hook;
		observing = false;
		sizes = NIL;
		taken = NIL;
	}
	PG_END_TRY();
}

/* True within such a body. */
bool
campaign_observing(void)
{
	return observing;
}

/* Lets the planner take the table for one of that size. */
void
campaign_observe_size(Oid relation, double rows)
{
	TableSize  *size = palloc(sizeof(TableSize));

	size->relation = relation;
	size->rows = rows;
	sizes = lappend(sizes, size);
}

/* What was planned since the last call. */
List *
campaign_observe_taken(void)
{
	List	   *result = taken;

	taken = NIL;
	return result;
}

/* Notes a statement. */
void
campaign_observe_plan(char *sql, const PlannedStmt *plan)
{
	CampaignObserved *observed = palloc(sizeof(CampaignObserved));

	observed->sql = sql;
	observed->cost = plan->planTree->total_cost;
	observed->rows = plan->planTree->plan_rows;
	observed->advice = campaign_advice(plan);
	taken = lappend(taken, observed);
	last_rows = observed->rows;
}

/* How many rows the last statement is expected to give. */
double
campaign_observe_rows(void)
{
	return last_rows;
}
