/*
 * counter.c
 *		SQL-callable functions of statements that count their rows.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"

#include "base/compat.h"
#include "set/counter.h"

CAMPAIGN_FUNCTION(campaign_count_passing);
CAMPAIGN_FUNCTION(campaign_count_passing_support);

/*
 * The counter that a row is counted by.  It is looked for each time, because
 * functions of users outlive statements, and with them what they remember.
 */
static CampaignCounter *
counter_of(FunctionCallInfo fcinfo)
{
	CampaignCounter *counter = NULL;

	if (!PG_ARGISNULL(0))
		counter = campaign_counter_find(PG_GETARG_INT64(0));
	if (counter == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rows can be counted only by a statement of a run"),
				 errhint("A run writes such statements itself, with numbers that are theirs alone.")));
	return counter;
}

/* True if the row's mask, behind the condition, says that it is wanted. */
static bool
count_sets(CampaignCounter *counter, FunctionCallInfo fcinfo)
{
	return PG_NARGS() > 2 && !PG_ARGISNULL(2) &&
		campaign_counter_add(counter, PG_GETARG_INT64(2));
}

/*
 * campaign.count_passing(counter, condition, …): whether a row passes.  What
 * follows the condition is only evaluated, or is the mask of its sets.
 */
Datum
campaign_count_passing(PG_FUNCTION_ARGS)
{
	CampaignCounter *counter = counter_of(fcinfo);
	bool		passes = PG_NARGS() > 1 && !PG_ARGISNULL(1) &&
		PG_GETARG_BOOL(1);

	if (counter->sets != NULL && !count_sets(counter, fcinfo))
		PG_RETURN_BOOL(false);
	counter->came++;
	counter->passed += passes;
	PG_RETURN_BOOL(passes);
}

/* As many rows pass as the condition lets pass. */
Datum
campaign_count_passing_support(PG_FUNCTION_ARGS)
{
	SupportRequestSelectivity *request = (SupportRequestSelectivity *) PG_GETARG_POINTER(0);
	Node	   *condition;

	if (!IsA(request, SupportRequestSelectivity) || request->is_join ||
		list_length(request->args) < 2)
		PG_RETURN_POINTER(NULL);
	condition = lsecond(request->args);
	if (exprType(condition) != BOOLOID)
		PG_RETURN_POINTER(NULL);
	request->selectivity = clause_selectivity(request->root, condition,
											  request->varRelid,
											  request->jointype,
											  request->sjinfo);
	PG_RETURN_POINTER(request);
}
