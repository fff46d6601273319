/*
 * audience.c
 *		SQL functions about saved audiences.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/tuplestore.h"

#include "api/argument.h"
#include "base/compat.h"
#include "engine/audience.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_audience_diff);
CAMPAIGN_FUNCTION(campaign_audience_drop);

/* Puts rows of a select into the result. */
typedef struct ResultReceiver
{
	CampaignReceiver receiver;
	ReturnSetInfo *result;
} ResultReceiver;

/* Takes a row. */
static void
put_row(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	ReturnSetInfo *result = ((ResultReceiver *) receiver)->result;

	slot_getallattrs(slot);
	tuplestore_putvalues(result->setResult, result->setDesc,
						 slot->tts_values, slot->tts_isnull);
}

/* A number of a version. */
static int
version_argument(FunctionCallInfo fcinfo, int number, const char *name)
{
	campaign_argument_require(fcinfo, number, name);
	if (PG_GETARG_INT32(number) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("versions are numbered from 1"),
				 errhint("View campaign.audiences shows the versions that are kept.")));
	return PG_GETARG_INT32(number);
}

/* campaign_audience_diff(name, version1, version2) */
Datum
campaign_audience_diff(PG_FUNCTION_ARGS)
{
	ResultReceiver receiver = {{NULL, put_row}};
	char	   *name;
	int			before;
	int			after;

	campaign_origin_require_user();
	name = campaign_argument_required(fcinfo, 0, "name");
	before = version_argument(fcinfo, 1, "version1");
	after = version_argument(fcinfo, 2, "version2");
	InitMaterializedSRF(fcinfo, 0);
	receiver.result = (ReturnSetInfo *) fcinfo->resultinfo;
	campaign_audience_compare(name, before, after, &receiver.receiver);
	return (Datum) 0;
}

/* campaign_audience_drop(name) */
Datum
campaign_audience_drop(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_audience_drop_all(campaign_argument_required(fcinfo, 0, "name"));
	PG_RETURN_VOID();
}
