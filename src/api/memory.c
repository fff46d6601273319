/*
 * memory.c
 *		SQL functions about what incremental activities remember.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "api/argument.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/text.h"
#include "store/graph.h"
#include "store/log.h"
#include "store/memory.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_forget_returned);
CAMPAIGN_FUNCTION(campaign_is_new);

/* The elements of an array of texts that are not NULL. */
static List *
read_keys(ArrayType *array)
{
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	List	   *keys = NIL;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
			keys = lappend(keys, TextDatumGetCString(elements[i]));
	}
	return keys;
}

/* Refuses an activity that neither remembers anything nor will. */
static void
require_activity(const CampaignRecord *record, const char *activity)
{
	List	   *names = campaign_activity_names(record->draft_id);

	if (campaign_list_has(names, activity))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("campaign \"%s\" has no activity \"%s\"", record->name,
					activity),
			 errhint("%s", campaign_nearest_hint(activity, names,
												 "activities"))));
}

/* Notes in the log that somebody made it forget. */
static void
log_forgotten(const CampaignRecord *record, const char *activity,
			  int64 forgotten)
{
	CampaignLogLine line = {
		.owner = record->owner,
		.campaign = record->name,
		.activity = activity,
		.event = "forget",
		.message = psprintf("rows that may be returned again: " INT64_FORMAT,
							forgotten)
	};

	campaign_log_add(&line);
}

/* campaign_forget_returned(campaign, activity, keys) */
Datum
campaign_forget_returned(PG_FUNCTION_ARGS)
{
	CampaignRecord *record;
	char	   *activity;
	List	   *keys = NIL;
	int64		memory_id;
	int64		forgotten = 0;

	campaign_origin_require_user();
	record = campaign_record_require(campaign_argument_required(fcinfo, 0,
																"campaign"),
									 false);
	activity = campaign_argument_required(fcinfo, 1, "activity");
	memory_id = campaign_memory_find(record->id, activity);
	if (memory_id == 0)
		require_activity(record, activity);
	if (!PG_ARGISNULL(2))
	{
		keys = read_keys(PG_GETARG_ARRAYTYPE_P(2));
		/* No key is none, and not all of them. */
		if (keys == NIL)
			PG_RETURN_INT64(0);
	}
	if (memory_id != 0)
	{
		(void) campaign_memory_lock(record->id, activity);
		forgotten = campaign_memory_forget(memory_id, keys);
	}
	log_forgotten(record, activity, forgotten);
	PG_RETURN_INT64(forgotten);
}

/*
 * campaign.is_new(key, batches): whether none of the batches has the key, of
 * which there may be none.  A place of a statement reads them once.
 */
Datum
campaign_is_new(PG_FUNCTION_ARGS)
{
	CampaignIntegers *set = fcinfo->flinfo->fn_extra;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_BOOL(true);
	if (set == NULL)
	{
		set = campaign_memory_integers(PG_GETARG_DATUM(1),
									   fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = set;
	}
	PG_RETURN_BOOL(!campaign_integers_has(set, PG_GETARG_INT64(0)));
}
