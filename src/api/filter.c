/*
 * filter.c
 *		SQL functions for saved filters, and for conditions before they are
 *		used.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/tuplestore.h"

#include "api/argument.h"
#include "base/compat.h"
#include "engine/filter.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_filter);
CAMPAIGN_FUNCTION(campaign_unfilter);
CAMPAIGN_FUNCTION(campaign_rule_sql);
CAMPAIGN_FUNCTION(campaign_count);
CAMPAIGN_FUNCTION(campaign_values);

/* campaign_filter(name, dimension, condition, parameters, description) */
Datum
campaign_filter(PG_FUNCTION_ARGS)
{
	CampaignFilter filter = {0};

	campaign_origin_require_user();
	filter.name = campaign_argument_required(fcinfo, 0, "name");
	filter.dimension = campaign_argument_required(fcinfo, 1, "dimension");
	filter.condition = campaign_argument_required(fcinfo, 2, "condition");
	filter.parameters = campaign_argument_jsonb(fcinfo, 3);
	filter.description = campaign_argument_text(fcinfo, 4);
	campaign_define_filter(&filter);
	PG_RETURN_TEXT_P(cstring_to_text(filter.name));
}

/* campaign_unfilter(name) */
Datum
campaign_unfilter(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_define_unfilter(campaign_argument_required(fcinfo, 0, "name"));
	PG_RETURN_VOID();
}

/* campaign_rule_sql(dimension, rule, parameters) */
Datum
campaign_rule_sql(PG_FUNCTION_ARGS)
{
	CampaignSurvey survey = {0};
	Jsonb	   *rule;

	campaign_origin_require_user();
	survey.dimension = campaign_argument_required(fcinfo, 0, "dimension");
	campaign_argument_require(fcinfo, 1, "rule");
	rule = campaign_argument_jsonb(fcinfo, 1);
	if (!JB_ROOT_IS_OBJECT(rule))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a rule must be a JSON object"),
				 errhint("Write {\"attribute\": \"country\", \"operator\": \"equal\", \"value\": \"DE\"}.")));
	survey.condition = JsonbToCString(NULL, &rule->root, VARSIZE(rule));
	survey.parameters = campaign_argument_jsonb(fcinfo, 2);
	PG_RETURN_TEXT_P(cstring_to_text(campaign_survey_sql(&survey)));
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

/* Receives one row. */
typedef struct Answer
{
	CampaignReceiver receiver;
	MemoryContext context;
	TupleDesc	desc;
	HeapTuple	tuple;
} Answer;

/* Receiver: keeps it. */
static void
keep_row(CampaignReceiver *self, TupleTableSlot *slot)
{
	Answer	   *answer = (Answer *) self;
	MemoryContext old = MemoryContextSwitchTo(answer->context);

	slot_getallattrs(slot);
	answer->tuple = heap_form_tuple(answer->desc, slot->tts_values,
									slot->tts_isnull);
	MemoryContextSwitchTo(old);
}

/* campaign_count(dimension, condition, parameters, sample) */
Datum
campaign_count(PG_FUNCTION_ARGS)
{
	CampaignSurvey survey = {0};
	Answer		answer = {{NULL, keep_row}, CurrentMemoryContext};

	campaign_origin_require_user();
	survey.dimension = campaign_argument_required(fcinfo, 0, "dimension");
	survey.condition = campaign_argument_text(fcinfo, 1);
	survey.parameters = campaign_argument_jsonb(fcinfo, 2);
	survey.limit = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3);
	if (get_call_result_type(fcinfo, NULL, &answer.desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	campaign_survey_count(&survey, &answer.receiver);
	PG_RETURN_DATUM(HeapTupleGetDatum(answer.tuple));
}

/* campaign_values(dimension, attribute, condition, max_values, estimated) */
Datum
campaign_values(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	CampaignSurvey survey = {0};
	Storing		storing = {{NULL, store_row}};

	campaign_origin_require_user();
	survey.dimension = campaign_argument_required(fcinfo, 0, "dimension");
	survey.attribute = campaign_argument_required(fcinfo, 1, "attribute");
	survey.condition = campaign_argument_text(fcinfo, 2);
	survey.limit = PG_ARGISNULL(3) ? -1 : Max(PG_GETARG_INT64(3), 0);
	InitMaterializedSRF(fcinfo, 0);
	storing.store = result->setResult;
	if (!PG_ARGISNULL(4) && PG_GETARG_BOOL(4))
		campaign_survey_estimates(&survey, &storing.receiver);
	else
		campaign_survey_values(&survey, &storing.receiver);
	return (Datum) 0;
}
