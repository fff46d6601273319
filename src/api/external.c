/*
 * external.c
 *		SQL functions that tell runs something from outside.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/argument.h"
#include "base/compat.h"
#include "engine/external.h"
#include "engine/restart.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_signal);
CAMPAIGN_FUNCTION(campaign_decide);
CAMPAIGN_FUNCTION(campaign_hurry);
CAMPAIGN_FUNCTION(campaign_restart);

/* campaign_signal(campaign, name, payload) */
Datum
campaign_signal(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	PG_RETURN_INT32(campaign_external_signal(campaign_argument_required(fcinfo, 0,
																		"campaign"),
											 campaign_argument_required(fcinfo, 1,
																		"name"),
											 campaign_argument_jsonb(fcinfo, 2)));
}

/* campaign_decide(approval, answer, comment) */
Datum
campaign_decide(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "approval");
	PG_RETURN_BOOL(campaign_external_decide(PG_GETARG_INT64(0),
											campaign_argument_required(fcinfo, 1,
																	   "answer"),
											campaign_argument_text(fcinfo, 2)));
}

/* campaign_hurry(run, activity) */
Datum
campaign_hurry(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	PG_RETURN_INT32(campaign_external_hurry(PG_GETARG_INT64(0),
											campaign_argument_text(fcinfo, 1)));
}

/* campaign_restart(run, activity) */
Datum
campaign_restart(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "run");
	PG_RETURN_TEXT_P(cstring_to_text(campaign_restart_from(PG_GETARG_INT64(0),
														   campaign_argument_required(fcinfo, 1,
																					  "activity"))));
}
