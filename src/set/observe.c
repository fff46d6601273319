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
#include "utils/memutils.h"
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

/*
 * What is kept while a body runs.  It is in a context of its own, for functions
 * of the owner's may come here from contexts that end with them.
 */
static bool observing = false;
static MemoryContext context = NULL;
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

/*
 * Runs the body, in which selects are planned and not run.  Planning may
 * execute functions of the owner's, which must not come here once more.
 */
void
campaign_observe(void (*body) (void *arg), void *arg)
{
	if (observing)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot explain a campaign while another one is explained"),
				 errhint("A function that expressions call must not call campaign_explain().")));
	next_hook = get_relation_info_hook;
	get_relation_info_hook = set_size;
	observing = true;
	context = AllocSetContextCreate(CurrentMemoryContext, "campaign observed",
									ALLOCSET_DEFAULT_SIZES);
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
		MemoryContextDelete(context);
	}
	PG_END_TRY();
}

/* True within such a body. */
bool
campaign_observing(void)
{
	return observing;
}

/* The size the table is taken for; -1 if it is its own. */
double
campaign_observe_size_of(Oid relation)
{
	ListCell   *cell;

	foreach(cell, sizes)
	{
		const TableSize *size = lfirst(cell);

		if (size->relation == relation)
			return size->rows;
	}
	return -1;
}

/* Lets the planner take the table for one of that size. */
void
campaign_observe_size(Oid relation, double rows)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	TableSize  *size = palloc(sizeof(TableSize));

	size->relation = relation;
	size->rows = rows;
	sizes = lappend(sizes, size);
	MemoryContextSwitchTo(old);
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
campaign_observe_plan(const char *sql, const PlannedStmt *plan)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	CampaignObserved *observed = palloc(sizeof(CampaignObserved));

	observed->sql = pstrdup(sql);
	observed->cost = plan->planTree->total_cost;
	observed->rows = plan->planTree->plan_rows;
	observed->advice = campaign_advice(plan);
	taken = lappend(taken, observed);
	last_rows = observed->rows;
	MemoryContextSwitchTo(old);
}

/* How many rows the last statement is expected to give. */
double
campaign_observe_rows(void)
{
	return last_rows;
}
