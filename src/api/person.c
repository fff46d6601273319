/*
 * person.c
 *		SQL functions about one person.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "funcapi.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "api/argument.h"
#include "base/compat.h"
#include "engine/forget.h"
#include "engine/why.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_why);
CAMPAIGN_FUNCTION(campaign_forget);

/* A text, or NULL, as a column of a result. */
static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	values[column] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* campaign_why(run, key) */
Datum
campaign_why(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *key;
	ListCell   *cell;

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	key = campaign_argument_required(fcinfo, 1, "key");
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, campaign_why_path(PG_GETARG_INT64(0), key))
	{
		const CampaignStation *station = lfirst(cell);
		Datum		values[11];
		bool		nulls[11] = {0};

		values[0] = Int32GetDatum(station->position);
		set_text(values, nulls, 1, station->activity);
		set_text(values, nulls, 2, station->kind);
		set_text(values, nulls, 3, station->dimension);
		set_text(values, nulls, 4, station->fate);
		set_text(values, nulls, 5, station->outcome);
		set_text(values, nulls, 6, station->reason);
		values[7] = Int64GetDatum(station->message_id);
		nulls[7] = station->message_id == 0;
		set_text(values, nulls, 8, station->address);
		values[9] = Int32GetDatum(station->attempts);
		nulls[9] = nulls[7];
		values[10] = TimestampTzGetDatum(station->at);
		nulls[10] = station->at == 0;
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/* campaign_forget(dimension, key) */
Datum
campaign_forget(PG_FUNCTION_ARGS)
{
	CampaignForgotten counts;
	TupleDesc	desc;
	char	   *dimension;
	Datum		values[5];
	bool		isnull[5] = {false};

	campaign_origin_require_user();
	dimension = campaign_argument_required(fcinfo, 0, "dimension");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	ForceSyncCommit();
	campaign_forget_key(dimension, campaign_argument_required(fcinfo, 1, "key"),
						&counts);
	values[0] = Int64GetDatum(counts.messages);
	values[1] = Int64GetDatum(counts.withdrawn);
	values[2] = Int64GetDatum(counts.leased);
	values[3] = Int64GetDatum(counts.events);
	values[4] = Int64GetDatum(counts.rows);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values,
											 isnull));
}
