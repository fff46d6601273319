/*
 * footprint.c
 *		How much memory a plan takes.
 *
 * work_mem is what a node may have, and a statement has as many as it needs; so
 * the memory of a process depends on its statements.  Here it does not: what the
 * planner expects of the nodes is added up, and if that is too much, all get
 * less.  A hash table that has not enough goes to files by parts, which costs
 * less than memory that is not there.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"

#include "set/footprint.h"
#include "set/plan.h"

/* All nodes of a statement have so many times work_mem. */
#define MOST_WORK_MEM	3

/* None gets less, in kB. */
#define LEAST_WORK_MEM	4096

/* What a row costs besides its columns: headers, a bucket, what is allocated. */
#define ROW_OVERHEAD	40
#define GROUP_OVERHEAD	96

/* What a node wants, and what it may have at most, both in kB. */
typedef struct Appetite
{
	double		wanted;
	double		factor;			/* of work_mem */
} Appetite;

/* So many rows of that width, in kB. */
static double
kilobytes(double rows, int width, int overhead)
{
	return rows * (MAXALIGN(width) + overhead) / 1024;
}

/* What a table of a plan's rows takes, in kB. */
double
campaign_footprint_of_rows(const Plan *plan)
{
	return kilobytes(plan->plan_rows, plan->plan_width, ROW_OVERHEAD);
}

/* The same where each is a group. */
double
campaign_footprint_of_groups(const Plan *plan)
{
	return kilobytes(plan->plan_rows, plan->plan_width, GROUP_OVERHEAD);
}

/* Notes what a node wants. */
static void
note(List **appetites, double wanted, double factor)
{
	Appetite   *appetite = palloc(sizeof(Appetite));

	appetite->wanted = wanted;
	appetite->factor = factor;
	*appetites = lappend(*appetites, appetite);
}

/* Notes what the node itself wants; small things are left out. */
static void
note_node(const Plan *plan, List **appetites)
{
	switch (nodeTag(plan))
	{
		case T_Hash:
			note(appetites, campaign_footprint_of_rows(plan),
				 hash_mem_multiplier);
			break;
		case T_Agg:
			if (((const Agg *) plan)->aggstrategy == AGG_HASHED ||
				((const Agg *) plan)->aggstrategy == AGG_MIXED)
				note(appetites, kilobytes(((const Agg *) plan)->numGroups,
										  plan->plan_width, GROUP_OVERHEAD),
					 hash_mem_multiplier);
			break;
		case T_Sort:
		case T_IncrementalSort:
		case T_Material:
			note(appetites, kilobytes(plan->plan_rows, plan->plan_width,
									  ROW_OVERHEAD), 1);
			break;
		default:
			break;
	}
}

/* Notes what a plan's nodes want. */
static void
note_plan(const Plan *plan, List **appetites)
{
	ListCell   *cell;

	if (plan == NULL)
		return;
	note_node(plan, appetites);
	foreach(cell, campaign_plan_children(plan))
		note_plan(lfirst(cell), appetites);
}

/* What all get together of that work_mem, in kB. */
static double
total(const List *appetites, double kilobytes)
{
	double		sum = 0;
	ListCell   *cell;

	foreach(cell, appetites)
	{
		const Appetite *appetite = lfirst(cell);

		sum += Min(appetite->wanted, appetite->factor * kilobytes);
	}
	return sum;
}

/* The work_mem with which the plan's nodes have enough of it together. */
int
campaign_footprint_fit(const PlannedStmt *plan)
{
	List	   *appetites = NIL;
	double		most = (double) MOST_WORK_MEM * work_mem;
	int			fitting = work_mem;
	ListCell   *cell;

	note_plan(plan->planTree, &appetites);
	foreach(cell, plan->subplans)
		note_plan(lfirst(cell), &appetites);
	while (fitting > LEAST_WORK_MEM && total(appetites, fitting) > most)
		fitting -= Max(fitting / 16, 1);
	return fitting;
}
