/*
 * inspect.c
 *		SQL functions for looking: kinds, checks, drawings, verification.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "activity/common.h"
#include "activity/option.h"
#include "api/argument.h"
#include "base/compat.h"
#include "base/hash.h"
#include "base/identity.h"
#include "engine/check.h"
#include "engine/picture.h"
#include "engine/preview.h"
#include "engine/verify.h"
#include "store/run.h"
#include "store/origin.h"
#include "store/privilege.h"

CAMPAIGN_FUNCTION(campaign_install_check);
CAMPAIGN_FUNCTION(campaign_visible);
CAMPAIGN_FUNCTION(campaign_home_text);
CAMPAIGN_FUNCTION(campaign_sample_position);
CAMPAIGN_FUNCTION(campaign_kinds);
CAMPAIGN_FUNCTION(campaign_common_options_json);
CAMPAIGN_FUNCTION(campaign_check);
CAMPAIGN_FUNCTION(campaign_preview);
CAMPAIGN_FUNCTION(campaign_read_message);
CAMPAIGN_FUNCTION(campaign_graph);
CAMPAIGN_FUNCTION(campaign_verify);

/* Refuses to put the functions into the schema of the tables. */
Datum
campaign_install_check(PG_FUNCTION_ARGS)
{
	char	   *schema = campaign_argument_text(fcinfo, 0);

	if (strcmp(schema, "campaign") == 0 || strcmp(schema, "campaign_data") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_SCHEMA_NAME),
				 errmsg("extension \"campaign\" cannot be created in schema \"%s\"",
						schema),
				 errdetail("That schema is made by the extension for its tables; the SCHEMA clause names where the functions go."),
				 errhint("DROP SCHEMA %s; CREATE EXTENSION campaign; puts the functions into the current schema.",
						 schema)));
	PG_RETURN_VOID();
}

/* campaign.visible(owner): whether the current user acts for that role */
Datum
campaign_visible(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(campaign_origin_visible(PG_GETARG_OID(0)));
}

/* campaign.home(): this server and database */
Datum
campaign_home_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(campaign_home()));
}

/* campaign.sample_position(key, seed): where in [0, 1) a key stands */
Datum
campaign_sample_position(PG_FUNCTION_ARGS)
{
	text	   *key = PG_GETARG_TEXT_PP(0);
	text	   *seed = PG_GETARG_TEXT_PP(1);
	uint64		key0 = campaign_siphash(0, 0, VARDATA_ANY(seed),
										VARSIZE_ANY_EXHDR(seed));
	uint64		key1 = campaign_siphash(1, 1, VARDATA_ANY(seed),
										VARSIZE_ANY_EXHDR(seed));
	uint64		hash = campaign_siphash(key0, key1, VARDATA_ANY(key),
										VARSIZE_ANY_EXHDR(key));

	/* The upper 53 bits are what a double holds exactly. */
	PG_RETURN_FLOAT8((double) (hash >> 11) / (double) (UINT64CONST(1) << 53));
}

/* A text, or NULL, as a column of a result. */
static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column] = text == NULL;
	values[column] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* campaign_kinds() */
Datum
campaign_kinds(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *cell;

	campaign_origin_require_user();
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, campaign_kinds_all())
	{
		const CampaignKind *kind = lfirst(cell);
		Datum		values[6];
		bool		nulls[6] = {0};

		set_text(values, nulls, 0, kind->name);
		set_text(values, nulls, 1, kind->category);
		set_text(values, nulls, 2, kind->purpose);
		set_text(values, nulls, 3,
				 kind->max_inbound == kind->min_inbound ?
				 psprintf("%d", kind->min_inbound) :
				 kind->max_inbound < 0 ?
				 psprintf("%d or more", kind->min_inbound) :
				 psprintf("%d to %d", kind->min_inbound, kind->max_inbound));
		set_text(values, nulls, 4, kind->outcome_names);
		values[5] = JsonbPGetDatum(campaign_options_json(kind->options,
														 kind->noptions));
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/* campaign_common_options() */
Datum
campaign_common_options_json(PG_FUNCTION_ARGS)
{
	campaign_require_user();
	PG_RETURN_JSONB_P(campaign_options_json(campaign_common_options,
											campaign_common_count));
}

/* campaign_check(campaign) */
Datum
campaign_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	CampaignRecord *record;
	ListCell   *cell;

	campaign_origin_require_user();
	record = campaign_record_require_for(campaign_argument_required(fcinfo, 0,
																	"campaign"),
										 false, CAMPAIGN_PRIVILEGE_VIEW);
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, campaign_check_graph(campaign_graph_load(record,
														   record->draft_id)))
	{
		CampaignProblem *problem = lfirst(cell);
		Datum		values[5];
		bool		nulls[5];

		set_text(values, nulls, 0, problem->severity);
		set_text(values, nulls, 1, problem->activity);
		set_text(values, nulls, 2, problem->code);
		set_text(values, nulls, 3, problem->message);
		set_text(values, nulls, 4, problem->hint);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/* Gives one message as the only row. */
static Datum
give_preview(FunctionCallInfo fcinfo, const CampaignPreview *preview)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		values[7] = {0};
	bool		nulls[7] = {0};

	InitMaterializedSRF(fcinfo, 0);
	set_text(values, nulls, 0, preview->address);
	set_text(values, nulls, 1, preview->reason);
	set_text(values, nulls, 2, preview->message.subject);
	set_text(values, nulls, 3, preview->message.body);
	nulls[4] = preview->message.attributes == NULL;
	values[4] = JsonbPGetDatum(preview->message.attributes);
	values[5] = Int16GetDatum(preview->edition);
	set_text(values, nulls, 6, preview->language);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	return (Datum) 0;
}

/* campaign_preview(campaign, activity, key, version, variables) */
Datum
campaign_preview(PG_FUNCTION_ARGS)
{
	CampaignPreviewRequest request = {0};

	campaign_origin_require_user();
	request.campaign = campaign_argument_required(fcinfo, 0, "campaign");
	request.activity = campaign_argument_required(fcinfo, 1, "activity");
	request.key = campaign_argument_required(fcinfo, 2, "key");
	campaign_argument_require(fcinfo, 3, "version");
	request.version = PG_GETARG_INT32(3);
	request.variables = campaign_argument_jsonb(fcinfo, 4);
	return give_preview(fcinfo, campaign_preview_message(&request));
}

/* campaign_read_message(run, activity, key) */
Datum
campaign_read_message(PG_FUNCTION_ARGS)
{
	char	   *activity;
	char	   *key;

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	activity = campaign_argument_required(fcinfo, 1, "activity");
	key = campaign_argument_required(fcinfo, 2, "key");
	return give_preview(fcinfo, campaign_preview_read(PG_GETARG_INT64(0),
													  activity, key));
}

/* campaign_graph(campaign, format, run) */
Datum
campaign_graph(PG_FUNCTION_ARGS)
{
	char	   *campaign;
	char	   *format;
	int64		run_id = 0;

	campaign_origin_require_user();
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	format = campaign_argument_required(fcinfo, 1, "format");
	if (!PG_ARGISNULL(2))
		run_id = campaign_run_require_for(PG_GETARG_INT64(2),
											   CAMPAIGN_PRIVILEGE_VIEW)->id;
	PG_RETURN_TEXT_P(cstring_to_text(campaign_picture(campaign, format,
													  run_id)));
}

/* campaign_verify(run) */
Datum
campaign_verify(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *cell;

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	(void) campaign_run_require_for(PG_GETARG_INT64(0),
										CAMPAIGN_PRIVILEGE_VIEW);
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, campaign_verify_run(PG_GETARG_INT64(0)))
	{
		CampaignViolation *violation = lfirst(cell);
		Datum		values[2];
		bool		nulls[2];

		set_text(values, nulls, 0, violation->code);
		set_text(values, nulls, 1, violation->detail);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}
