/*
 * schedule.c
 *		SQL functions of schedules and of the life of a campaign.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "api/argument.h"
#include "base/compat.h"
#include "base/identity.h"
#include "engine/define.h"
#include "engine/lifecycle.h"
#include "engine/schedule.h"
#include "store/cron.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_schedule);
CAMPAIGN_FUNCTION(campaign_cron_problems_rows);
CAMPAIGN_FUNCTION(campaign_unschedule);
CAMPAIGN_FUNCTION(campaign_next_launches);
CAMPAIGN_FUNCTION(campaign_unpublish);
CAMPAIGN_FUNCTION(campaign_close);
CAMPAIGN_FUNCTION(campaign_archive);
CAMPAIGN_FUNCTION(campaign_duplicate);

/* campaign_schedule(campaign, schedule, cron) */
Datum
campaign_schedule(PG_FUNCTION_ARGS)
{
	char	   *campaign;
	char	   *cron;

	campaign_origin_require_user();
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	cron = campaign_argument_text(fcinfo, 2);
	if (cron != NULL && !PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a campaign has a schedule or is started by pg_cron, not both"),
				 errhint("Give either schedule or cron.")));
	if (cron != NULL)
		PG_RETURN_TEXT_P(cstring_to_text(campaign_define_cron(campaign,
															  cron)));
	campaign_argument_require(fcinfo, 1, "schedule");
	PG_RETURN_TEXT_P(cstring_to_text(campaign_define_schedule(campaign,
															  campaign_argument_jsonb(fcinfo, 1))));
}

/* campaign.cron_problems() */
Datum
campaign_cron_problems_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List	   *problems;
	ListCell   *cell;

	campaign_origin_require_user();
	problems = campaign_cron_problems();
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, problems)
	{
		CampaignCronProblem *problem = lfirst(cell);
		Datum		values[3];
		bool		nulls[3] = {problem->campaign == NULL};

		if (problem->campaign != NULL && !campaign_acts_for(problem->owner))
			continue;
		values[0] = nulls[0] ? (Datum) 0 :
			CStringGetTextDatum(problem->campaign);
		values[1] = CStringGetTextDatum(problem->problem);
		values[2] = CStringGetTextDatum(problem->hint);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/* campaign_unschedule(campaign) */
Datum
campaign_unschedule(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	PG_RETURN_BOOL(campaign_define_unschedule(campaign_argument_required(fcinfo, 0,
																		 "campaign")));
}

/* campaign_next_launches(campaign, n, since) */
Datum
campaign_next_launches(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List	   *launches;
	ListCell   *cell;
	char	   *campaign;

	campaign_origin_require_user();
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	campaign_argument_require(fcinfo, 1, "n");
	campaign_argument_require(fcinfo, 2, "since");
	launches = campaign_schedule_preview(campaign, PG_GETARG_INT32(1),
										 PG_GETARG_TIMESTAMPTZ(2));
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, launches)
	{
		CampaignLaunch *launch = lfirst(cell);
		Datum		values[4];
		bool		nulls[4] = {0};

		values[0] = TimestampTzGetDatum(launch->at);
		values[1] = CStringGetTextDatum(launch->local);
		nulls[2] = launch->note == NULL;
		values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(launch->note);
		values[3] = CStringGetTextDatum(launch->meaning);
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/* campaign_unpublish(campaign) */
Datum
campaign_unpublish(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_lifecycle_unpublish(campaign_argument_required(fcinfo, 0,
															"campaign"));
	PG_RETURN_VOID();
}

/* campaign_close(campaign) */
Datum
campaign_close(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_lifecycle_close(campaign_argument_required(fcinfo, 0,
														"campaign"));
	PG_RETURN_VOID();
}

/* campaign_archive(campaign) */
Datum
campaign_archive(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_lifecycle_archive(campaign_argument_required(fcinfo, 0,
														  "campaign"));
	PG_RETURN_VOID();
}

/* campaign_duplicate(campaign, name, parameters) */
Datum
campaign_duplicate(PG_FUNCTION_ARGS)
{
	char	   *campaign;

	campaign_origin_require_user();
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	PG_RETURN_TEXT_P(cstring_to_text(campaign_define_duplicate(campaign,
															   campaign_argument_required(fcinfo, 1, "name"),
															   campaign_argument_jsonb(fcinfo, 2))));
}
