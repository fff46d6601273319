/*
 * health.c
 *		SQL function that says what waits for what.
 */
#include "postgres.h"

#include "funcapi.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "engine/health.h"

#define HEALTH_COLUMNS 9

CAMPAIGN_FUNCTION(campaign_health);

/* A text, or NULL, as a column of the result. */
static Datum
text_column(const char *text, bool *isnull)
{
	*isnull = text == NULL;
	return text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* Texts as a column of the result; NULL if there are none. */
static Datum
list_column(List *texts, bool *isnull)
{
	Datum	   *elements = palloc(sizeof(Datum) * list_length(texts));
	ListCell   *cell;

	*isnull = texts == NIL;
	foreach(cell, texts)
		elements[foreach_current_index(cell)] = CStringGetTextDatum(lfirst(cell));
	return *isnull ? (Datum) 0 :
		PointerGetDatum(construct_array(elements, list_length(texts), TEXTOID,
										-1, false, TYPALIGN_INT));
}

/* campaign_health() */
Datum
campaign_health(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, campaign_health_examine())
	{
		const CampaignSymptom *symptom = lfirst(cell);
		Datum		values[HEALTH_COLUMNS];
		bool		nulls[HEALTH_COLUMNS] = {false};

		values[0] = text_column(symptom->code, &nulls[0]);
		values[1] = text_column(symptom->severity, &nulls[1]);
		values[2] = text_column(symptom->campaign, &nulls[2]);
		values[3] = Int64GetDatum(symptom->run_id);
		nulls[3] = symptom->run_id == 0;
		values[4] = text_column(symptom->activity, &nulls[4]);
		values[5] = TimestampTzGetDatum(symptom->since);
		nulls[5] = symptom->since == 0;
		values[6] = text_column(symptom->message, &nulls[6]);
		values[7] = text_column(symptom->hint, &nulls[7]);
		values[8] = list_column(symptom->supervisors, &nulls[8]);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}
