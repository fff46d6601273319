/*
 * roster.c
 *		SQL functions that show the population of a transition.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "api/argument.h"
#include "base/compat.h"
#include "engine/roster.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_roster);
CAMPAIGN_FUNCTION(campaign_roster_schema);

/* Receives rows into a tuplestore. */
typedef struct Storing
{
	CampaignReceiver receiver;
	Tuplestorestate *store;
} Storing;

/* Receiver: keeps the row. */
static void
store_row(CampaignReceiver *self, TupleTableSlot *slot)
{
	tuplestore_puttupleslot(((Storing *) self)->store, slot);
}

/* The transition that the first three arguments name. */
static CampaignRoster
read_roster(FunctionCallInfo fcinfo)
{
	CampaignRoster roster = {.rows = -1};

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	roster.run_id = PG_GETARG_INT64(0);
	roster.activity = campaign_argument_required(fcinfo, 1, "activity");
	roster.outcome = campaign_argument_text(fcinfo, 2);
	return roster;
}

/* campaign_population(run, activity, outcome, max_rows, sample) */
Datum
campaign_roster(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	CampaignRoster roster = read_roster(fcinfo);
	Storing		storing = {{NULL, store_row}};

	roster.rows = PG_ARGISNULL(3) ? -1 : Max(PG_GETARG_INT64(3), 0);
	roster.sample = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	InitMaterializedSRF(fcinfo, 0);
	storing.store = result->setResult;
	campaign_roster_rows(&roster, &storing.receiver);
	return (Datum) 0;
}

/* campaign_population_columns(run, activity, outcome) */
Datum
campaign_roster_schema(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	CampaignRoster roster = read_roster(fcinfo);
	int			nkeys;
	List	   *columns = campaign_roster_columns(&roster, &nkeys);
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, columns)
	{
		CampaignColumn *column = lfirst(cell);
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = CStringGetTextDatum(column->name);
		values[1] = CStringGetTextDatum(format_type_with_typemod(column->type,
																 column->typmod));
		values[2] = BoolGetDatum(foreach_current_index(cell) < nkeys);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}
