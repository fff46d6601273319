/*
 * transfer.c
 *		SQL functions that compare versions and import definitions.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/tuplestore.h"

#include "api/argument.h"
#include "base/compat.h"
#include "engine/transfer.h"
#include "store/difference.h"
#include "store/graph.h"
#include "store/origin.h"
#include "store/privilege.h"

CAMPAIGN_FUNCTION(campaign_import);
CAMPAIGN_FUNCTION(campaign_diff);

/* campaign_import(definition, name) */
Datum
campaign_import(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "definition");
	PG_RETURN_TEXT_P(cstring_to_text(campaign_transfer_import(campaign_argument_jsonb(fcinfo, 0),
															  campaign_argument_text(fcinfo, 1))));
}

/* A document, or NULL. */
static Datum
document_datum(const Jsonb *document, bool *isnull)
{
	*isnull = document == NULL;
	return document == NULL ? (Datum) 0 : JsonbPGetDatum(document);
}

/* campaign_diff(campaign, from_version, to_version) */
Datum
campaign_diff(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List	   *differences;
	ListCell   *cell;
	char	   *campaign;
	int			from;

	campaign_origin_require_user();
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	from = PG_ARGISNULL(1) ?
		campaign_record_require_for(campaign, false,
									CAMPAIGN_PRIVILEGE_VIEW)->live_number :
		PG_GETARG_INT32(1);
	differences = campaign_transfer_compare(campaign, from,
											PG_ARGISNULL(2) ? 0 :
											PG_GETARG_INT32(2));
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, differences)
	{
		CampaignDifference *difference = lfirst(cell);
		Datum		values[6];
		bool		isnull[6] = {false};

		values[0] = CStringGetTextDatum(difference->part);
		values[1] = CStringGetTextDatum(difference->name);
		isnull[2] = difference->member == NULL;
		values[2] = isnull[2] ? (Datum) 0 :
			CStringGetTextDatum(difference->member);
		values[3] = CStringGetTextDatum(difference->change);
		values[4] = document_datum(difference->before, &isnull[4]);
		values[5] = document_datum(difference->after, &isnull[5]);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 isnull);
	}
	return (Datum) 0;
}
