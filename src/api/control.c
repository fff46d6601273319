/*
 * control.c
 *		SQL functions that publish, start, wait for and control runs.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "api/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "base/identity.h"
#include "base/sql.h"
#include "engine/brake.h"
#include "engine/due.h"
#include "engine/lifecycle.h"
#include "engine/publish.h"
#include "engine/schedule.h"
#include "engine/simulate.h"
#include "engine/step.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_publish);
CAMPAIGN_FUNCTION(campaign_start);
CAMPAIGN_FUNCTION(campaign_wait);
CAMPAIGN_FUNCTION(campaign_pause);
CAMPAIGN_FUNCTION(campaign_resume);
CAMPAIGN_FUNCTION(campaign_stop);
CAMPAIGN_FUNCTION(campaign_retry);
CAMPAIGN_FUNCTION(campaign_confirm);
CAMPAIGN_FUNCTION(campaign_hold_all);
CAMPAIGN_FUNCTION(campaign_resume_all);
CAMPAIGN_FUNCTION(campaign_simulate);
CAMPAIGN_FUNCTION(campaign_adopt);
CAMPAIGN_FUNCTION(campaign_work);

/* campaign_publish(campaign, hash) */
Datum
campaign_publish(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	PG_RETURN_INT32(campaign_publish_draft(campaign_argument_required(fcinfo, 0,
																	  "campaign"),
										   campaign_argument_text(fcinfo, 1)));
}

/* campaign_start(campaign, variables) */
Datum
campaign_start(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	PG_RETURN_INT64(campaign_lifecycle_start(campaign_argument_required(fcinfo, 0,
																		"campaign"),
											 campaign_argument_jsonb(fcinfo, 1)));
}

/* campaign_wait(run, timeout) */
Datum
campaign_wait(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	campaign_argument_require(fcinfo, 1, "timeout");
	PG_RETURN_TEXT_P(cstring_to_text(campaign_lifecycle_wait(PG_GETARG_INT64(0),
															 PG_GETARG_INTERVAL_P(1))));
}

/* Runs a verb on the run given as the first argument. */
static Datum
control_run(FunctionCallInfo fcinfo, char *(*verb) (int64 run_id))
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	PG_RETURN_TEXT_P(cstring_to_text(verb(PG_GETARG_INT64(0))));
}

/* campaign_pause(run) */
Datum
campaign_pause(PG_FUNCTION_ARGS)
{
	return control_run(fcinfo, campaign_lifecycle_pause);
}

/* campaign_resume(run) */
Datum
campaign_resume(PG_FUNCTION_ARGS)
{
	return control_run(fcinfo, campaign_lifecycle_resume);
}

/* campaign_stop(run) */
Datum
campaign_stop(PG_FUNCTION_ARGS)
{
	return control_run(fcinfo, campaign_lifecycle_stop);
}

/* campaign_retry(run) */
Datum
campaign_retry(PG_FUNCTION_ARGS)
{
	return control_run(fcinfo, campaign_lifecycle_retry);
}

/* campaign_confirm(run, activity) */
Datum
campaign_confirm(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	campaign_brake_confirm(PG_GETARG_INT64(0),
						   campaign_argument_required(fcinfo, 1, "activity"));
	PG_RETURN_VOID();
}

/* campaign_hold_all(reason) */
Datum
campaign_hold_all(PG_FUNCTION_ARGS)
{
	campaign_require_user();
	PG_RETURN_BOOL(campaign_brake_hold(campaign_argument_text(fcinfo, 0)));
}

/* campaign_resume_all() */
Datum
campaign_resume_all(PG_FUNCTION_ARGS)
{
	campaign_require_user();
	PG_RETURN_BOOL(campaign_brake_release());
}

/* The elements of a text[], of char *; refuses NULL among them. */
static List *
argument_names(FunctionCallInfo fcinfo, int number, const char *name)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	List	   *names = NIL;

	campaign_argument_require(fcinfo, number, name);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not contain null", name),
					 errhint("Give names of campaigns.")));
		names = lappend(names, TextDatumGetCString(elements[i]));
	}
	return names;
}

/* campaign_simulate(campaigns...) */
Datum
campaign_simulate(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List	   *simulated;
	ListCell   *cell;

	campaign_origin_require_user();
	simulated = campaign_simulate_all(argument_names(fcinfo, 0, "campaigns"));
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, simulated)
	{
		CampaignSimulated *row = lfirst(cell);
		Datum		values[4];
		bool		isnull[4] = {false};

		values[0] = CStringGetTextDatum(row->campaign);
		values[1] = CStringGetTextDatum(row->activity);
		isnull[2] = row->reason == NULL;
		values[2] = isnull[2] ? (Datum) 0 : CStringGetTextDatum(row->reason);
		values[3] = Int64GetDatum(row->recipients);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 isnull);
	}
	return (Datum) 0;
}

/* campaign_adopt() */
Datum
campaign_adopt(PG_FUNCTION_ARGS)
{
	campaign_require_user();
	PG_RETURN_INT64(campaign_lifecycle_adopt());
}

/* SPI_commit begins the next transaction by itself. */
static void
procedure_begin(void)
{
}

static const CampaignTransactions procedure_transactions = {
	procedure_begin,
	campaign_sql_procedure_commit,
	campaign_sql_procedure_rollback
};

/* Refuses to work where it could not commit after each task. */
static void
check_can_commit(FunctionCallInfo fcinfo)
{
	if (fcinfo->context != NULL && IsA(fcinfo->context, CallContext) &&
		!((CallContext *) fcinfo->context)->atomic)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg("campaign_work() cannot run inside a transaction block or a function"),
			 errhint("CALL it as a statement of its own: it commits after each task.")));
}

/*
 * Refuses to work where a task would not see what others have ended since: a
 * join whose sources end side by side would never become ready.
 */
static void
check_isolation(void)
{
	if (XactIsoLevel <= XACT_READ_COMMITTED)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
			 errmsg("campaign_work() cannot run in transactions that see only what was there when they began"),
			 errhint("SET default_transaction_isolation = 'read committed' first.")));
}

/*
 * Launches what is due of the owner's schedules; true if something was.  The
 * list is the caller's memory: it outlives the transactions.
 */
static bool
launch_due(Oid owner)
{
	bool		launched = false;
	ListCell   *cell;

	foreach(cell, campaign_launches_due(campaign_clock_now(), owner))
	{
		if (campaign_launch(*(int64 *) lfirst(cell),
							&procedure_transactions) == CAMPAIGN_LAUNCH_DONE)
			launched = true;
		CHECK_FOR_INTERRUPTS();
	}
	return launched;
}

/* CALL campaign_work(): executes what is due of the caller's own campaigns. */
Datum
campaign_work(PG_FUNCTION_ARGS)
{
	MemoryContext context = CurrentMemoryContext;
	Oid			owner;
	int			others;
	List	   *due;
	bool		worked;

	campaign_origin_require_user();
	check_can_commit(fcinfo);
	check_isolation();
	campaign_sql_procedure_begin();
	/* Somebody who became the owner by SET ROLE could become himself again. */
	owner = GetUserId() == GetSessionUserId() ? GetUserId() : InvalidOid;
	/* What others are just executing stays due: end when nothing was done. */
	do
	{
		ListCell   *cell;

		MemoryContextSwitchTo(context);
		worked = OidIsValid(owner) && launch_due(owner);
		MemoryContextSwitchTo(context);
		due = campaign_due_runs_of(owner, &others);
		foreach(cell, due)
		{
			int64		run_id = ((CampaignDueRun *) lfirst(cell))->run_id;

			while (campaign_step(run_id, &procedure_transactions))
			{
				worked = true;
				CHECK_FOR_INTERRUPTS();
			}
		}
	} while (worked);
	campaign_sql_procedure_end();
	if (others > 0)
		ereport(NOTICE,
				(errmsg_plural("%d run of another owner is due",
							   "%d runs of other owners are due", others,
							   others),
				 errhint("Each owner calls campaign_work() in a session of its own.")));
	PG_RETURN_VOID();
}
