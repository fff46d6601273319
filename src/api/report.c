/*
 * report.c
 *		SQL functions for reports that are more than a view.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/tuplestore.h"

#include "api/argument.h"
#include "base/compat.h"
#include "engine/crosstab.h"
#include "queue/report.h"
#include "store/origin.h"
#include "store/privilege.h"
#include "store/run.h"

CAMPAIGN_FUNCTION(campaign_funnel_run);
CAMPAIGN_FUNCTION(campaign_funnel_campaign);
CAMPAIGN_FUNCTION(campaign_crosstab);

/* Gives rows whose columns are those of the result. */
static Datum
give_rows(FunctionCallInfo fcinfo, const CampaignRows *rows)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < rows->count; i++)
		tuplestore_puttuple(result->setResult, rows->tuples[i]);
	return (Datum) 0;
}

/* campaign_funnel(run) */
Datum
campaign_funnel_run(PG_FUNCTION_ARGS)
{
	CampaignRun *run;

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	run = campaign_run_require_for(PG_GETARG_INT64(0),
								   CAMPAIGN_PRIVILEGE_VIEW);
	return give_rows(fcinfo, campaign_report_funnel(run->id, NULL));
}

/* campaign_funnel(campaign) */
Datum
campaign_funnel_campaign(PG_FUNCTION_ARGS)
{
	CampaignRecord *record;

	campaign_origin_require_user();
	record = campaign_record_require_for(campaign_argument_required(fcinfo, 0,
																	"campaign"),
										 false, CAMPAIGN_PRIVILEGE_VIEW);
	return give_rows(fcinfo, campaign_report_funnel(0, record->name));
}

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

/* campaign_crosstab(run, activity, attribute) */
Datum
campaign_crosstab(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Storing		storing = {{NULL, store_row}};
	char	   *activity;
	char	   *attribute;

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	activity = campaign_argument_required(fcinfo, 1, "activity");
	attribute = campaign_argument_required(fcinfo, 2, "attribute");
	InitMaterializedSRF(fcinfo, 0);
	storing.store = result->setResult;
	campaign_crosstab_read(PG_GETARG_INT64(0), activity, attribute,
						   &storing.receiver);
	return (Datum) 0;
}
