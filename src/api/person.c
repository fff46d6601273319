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
#include "engine/chronicle.h"
#include "engine/forget.h"
#include "engine/why.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_why);
CAMPAIGN_FUNCTION(campaign_history);
CAMPAIGN_FUNCTION(campaign_forget);

/* Columns of the result of campaign_why. */
#define WHY_COLUMNS 16

/* A text, or NULL, as a column of a result. */
static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	values[column] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* A document, or NULL, as a column of a result. */
static void
set_jsonb(Datum *values, bool *nulls, int column, const Jsonb *document)
{
	nulls[column] = document == NULL;
	values[column] = PointerGetDatum(document);
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
		Datum		values[WHY_COLUMNS];
		bool		nulls[WHY_COLUMNS] = {0};

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
		nulls[11] = station->met == CAMPAIGN_MET_UNKNOWN;
		values[11] = BoolGetDatum(station->met == CAMPAIGN_MET_YES);
		set_text(values, nulls, 12, station->decided_by);
		set_text(values, nulls, 13, station->judged);
		set_jsonb(values, nulls, 14, station->facts);
		set_jsonb(values, nulls, 15, station->events);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/* One row of campaign_history. */
static void
put_occasion(ReturnSetInfo *result, const CampaignOccasion *occasion)
{
	Datum		values[11];
	bool		nulls[11] = {0};

	values[0] = TimestampTzGetDatum(occasion->at);
	nulls[0] = occasion->at == 0;
	set_text(values, nulls, 1, occasion->what);
	set_text(values, nulls, 2, occasion->owner);
	set_text(values, nulls, 3, occasion->campaign);
	values[4] = Int64GetDatum(occasion->run_id);
	set_text(values, nulls, 5, occasion->activity);
	set_text(values, nulls, 6, occasion->channel);
	set_text(values, nulls, 7, occasion->recipient);
	values[8] = Int64GetDatum(occasion->message_id);
	nulls[8] = occasion->message_id == 0;
	set_text(values, nulls, 9, occasion->address);
	set_jsonb(values, nulls, 10, occasion->detail);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* campaign_history(dimension, key, max_rows, related) */
Datum
campaign_history(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *dimension;
	char	   *key;
	int64		most = PG_INT64_MAX;
	ListCell   *cell;

	campaign_origin_require_user();
	dimension = campaign_argument_required(fcinfo, 0, "dimension");
	key = campaign_argument_required(fcinfo, 1, "key");
	campaign_argument_require(fcinfo, 3, "related");
	if (!PG_ARGISNULL(2))
		most = PG_GETARG_INT64(2);
	if (most < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_rows must not be negative"),
				 errhint("NULL gives all rows.")));
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, campaign_chronicle(dimension, key, PG_GETARG_BOOL(3)))
	{
		if (foreach_current_index(cell) >= most)
			break;
		put_occasion(result, lfirst(cell));
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
