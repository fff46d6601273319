/*
 * trial.c
 *		SQL functions that try a campaign out.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/tuplestore.h"

#include "api/argument.h"
#include "base/compat.h"
#include "base/identity.h"
#include "engine/explain.h"
#include "engine/trial.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_test);
CAMPAIGN_FUNCTION(campaign_explain);

/* Adds a member to the object. */
static void
add_member(JsonbParseState **state, const char *name, JsonbValue *value)
{
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_VALUE, value);
}

/* Adds a jsonb argument, unless it is NULL. */
static void
add_document(JsonbParseState **state, FunctionCallInfo fcinfo, int number,
			 const char *name)
{
	Jsonb	   *document = campaign_argument_jsonb(fcinfo, number);
	JsonbValue	value = {.type = jbvBinary};

	if (document == NULL)
		return;
	if (JB_ROOT_IS_SCALAR(document))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be a JSON object", name),
				 errhint("Its members are named after what they are for.")));
	value.val.binary.data = &document->root;
	value.val.binary.len = VARSIZE_ANY_EXHDR(document);
	add_member(state, name, &value);
}

/* Adds a numeric, unless it is NULL. */
static void
add_number(JsonbParseState **state, const char *name, Numeric number)
{
	JsonbValue	value = {.type = jbvNumeric};

	value.val.numeric = number;
	add_member(state, name, &value);
}

/* Adds an array of texts, unless it is NULL. */
static void
add_texts(JsonbParseState **state, FunctionCallInfo fcinfo, int number,
		  const char *name)
{
	JsonbValue	key = {.type = jbvString};
	Datum	   *texts;
	int			count;

	if (PG_ARGISNULL(number))
		return;
	if (array_contains_nulls(PG_GETARG_ARRAYTYPE_P(number)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not contain NULL", name),
				 errhint("Write keys as campaign.message shows them in column recipient.")));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), TEXTOID, -1, false,
					  TYPALIGN_INT, &texts, NULL, &count);
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must not be empty", name),
				 errhint("Leave it out to test with all.")));
	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
	{
		JsonbValue	value = {.type = jbvString};

		value.val.string.val = TextDatumGetCString(texts[i]);
		value.val.string.len = strlen(value.val.string.val);
		pushJsonbValue(state, WJB_ELEM, &value);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* The arguments of campaign_test() from the third on, as one object. */
static Jsonb *
read_options(FunctionCallInfo fcinfo)
{
	JsonbParseState *state = NULL;
	JsonbValue	waits = {.type = jbvBool};
	JsonbValue	until = {.type = jbvString};

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (!PG_ARGISNULL(2))
	{
		until.val.string.val = campaign_argument_text(fcinfo, 2);
		until.val.string.len = strlen(until.val.string.val);
		add_member(&state, "until", &until);
	}
	if (!PG_ARGISNULL(3))
		add_number(&state, "sample_rows",
				   int64_to_numeric(PG_GETARG_INT64(3)));
	if (!PG_ARGISNULL(4))
		add_number(&state, "sample_percent", PG_GETARG_NUMERIC(4));
	add_texts(&state, fcinfo, 5, "recipients");
	campaign_argument_require(fcinfo, 6, "waits");
	waits.val.boolean = PG_GETARG_BOOL(6);
	add_member(&state, "waits", &waits);
	add_document(&state, fcinfo, 7, "answers");
	add_document(&state, fcinfo, 8, "signals");
	add_document(&state, fcinfo, 9, "events");
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/*
 * campaign_test(campaign, variables, until, sample_rows, sample_percent,
 * recipients, waits, answers, signals, events)
 */
Datum
campaign_test(PG_FUNCTION_ARGS)
{
	char	   *campaign;

	campaign_origin_require_user();
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	PG_RETURN_INT64(campaign_trial_start(campaign,
										 campaign_argument_jsonb(fcinfo, 1),
										 read_options(fcinfo)));
}

/* A text, or NULL, as a column of a result. */
static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	values[column] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* A count, -1 as NULL, as a column of a result. */
static void
set_count(Datum *values, bool *nulls, int column, int64 count)
{
	nulls[column] = count < 0;
	values[column] = Int64GetDatum(count);
}

/* campaign_explain(campaign, analyzed, variables) */
Datum
campaign_explain(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *campaign;
	ListCell   *cell;

	campaign_origin_require_user();
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	campaign_argument_require(fcinfo, 1, "analyzed");
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, campaign_explain_draft(campaign, PG_GETARG_BOOL(1),
										 campaign_argument_jsonb(fcinfo, 2)))
	{
		const CampaignExplained *line = lfirst(cell);
		Datum		values[10];
		bool		nulls[10] = {false};

		set_text(values, nulls, 0, line->activity);
		set_text(values, nulls, 1, line->outcome);
		set_text(values, nulls, 2, line->sql);
		set_count(values, nulls, 3, line->estimated_rows);
		values[4] = DirectFunctionCall2(numeric_round,
										DirectFunctionCall1(float8_numeric,
															Float8GetDatum(line->cost)),
										Int32GetDatum(2));
		nulls[4] = line->sql == NULL;
		set_count(values, nulls, 5, line->actual_rows);
		nulls[6] = !line->executed;
		values[6] = DirectFunctionCall2(timestamp_mi,
										TimestampTzGetDatum(line->ended_at),
										TimestampTzGetDatum(line->started_at));
		set_text(values, nulls, 7, line->advice);
		set_text(values, nulls, 8, line->together_with);
		set_text(values, nulls, 9, line->together_sql);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}
