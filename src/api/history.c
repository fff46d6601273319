/*
 * history.c
 *		SQL functions that clean up.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "base/compat.h"
#include "engine/history.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_clean_up);

/* campaign_clean_up() */
Datum
campaign_clean_up(PG_FUNCTION_ARGS)
{
	CampaignCleaned cleaned;
	TupleDesc	desc;
	Datum		values[6];
	bool		isnull[6] = {false};

	campaign_origin_require_user();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	campaign_clean(superuser() ? InvalidOid : GetUserId(), &cleaned);
	values[0] = Int64GetDatum(cleaned.erased);
	values[1] = Int64GetDatum(cleaned.populations);
	values[2] = Int64GetDatum(cleaned.partitions);
	values[3] = Int64GetDatum(cleaned.runs);
	values[4] = Int64GetDatum(cleaned.lines);
	values[5] = BoolGetDatum(cleaned.complete);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, isnull));
}
