/*
 * failure.c
 *		What is done about an activity that has failed.
 *
 * First it is tried again, as often as its options say; then its error counts
 * as what they say.  Too many errors in a row suspend the run whatever they
 * say: what was meant for an exception has become the rule.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "activity/common.h"
#include "activity/option.h"
#include "base/attempt.h"
#include "base/clock.h"
#include "engine/failure.h"
#include "engine/lifecycle.h"
#include "engine/ready.h"
#include "store/log.h"
#include "store/state.h"

/* Notes an error in the log. */
void
campaign_failure_log(const CampaignTask *task, const char *activity,
					 const ErrorData *error)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = activity,
		.event = "error",
		.message = error->message,
		.sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode)),
		.hint = error->hint
	};

	campaign_log_add(&line);
}

/* True if there have been more errors in a row than the campaign lets pass. */
static bool
too_many(const CampaignTask *task)
{
	int64		limit = campaign_option_count(task->scope.graph->campaign->settings,
											  "max_consecutive_errors", 0);

	return campaign_run_count_error(task->run->id) > limit && limit > 0;
}

/* The policy in force; what broke before the activity was found suspends. */
static CampaignErrorPolicy
choose_policy(const CampaignTask *task)
{
	CampaignErrorPolicy policy = task->scope.activity == NULL ?
		CAMPAIGN_ERROR_SUSPEND :
		campaign_common_on_error(task->scope.activity);

	if ((policy == CAMPAIGN_ERROR_IGNORE ||
		 policy == CAMPAIGN_ERROR_AS_OUTCOME) && too_many(task))
		return CAMPAIGN_ERROR_SUSPEND;
	return policy;
}

/* Ends the task in that state; what is behind it may go on, or never will. */
static void
end_task(CampaignTask *task, const char *activity, const char *state,
		 const char *why)
{
	ListCell   *cell;

	foreach(cell, task->outbound)
		campaign_flow_insert(task->run->id, lfirst(cell));
	(void) campaign_state_move(CAMPAIGN_NOUN_TASK, task->run->id, activity,
							   state, why);
	campaign_ready_successors(task->run->id, task->scope.activity);
}

/* Does what the policy says; true if the task has ended. */
static bool
apply_policy(CampaignTask *task, const char *activity, const char *message)
{
	switch (choose_policy(task))
	{
		case CAMPAIGN_ERROR_IGNORE:
			task->outbound = NIL;
			end_task(task, activity, "skipped",
					 psprintf("its error is ignored: %s", message));
			return true;
		case CAMPAIGN_ERROR_AS_OUTCOME:
			task->inbound = campaign_task_inbound(task->run->id,
												  task->run->version_id,
												  activity);
			campaign_common_divert(task);
			end_task(task, activity, "succeeded", message);
			return true;
		case CAMPAIGN_ERROR_ABORT:
			(void) campaign_state_move(CAMPAIGN_NOUN_TASK, task->run->id,
									   activity, "failed", message);
			campaign_lifecycle_abort(task->run->id,
									 psprintf("activity \"%s\" failed: %s",
											  activity, message));
			return false;
		case CAMPAIGN_ERROR_SUSPEND:
			break;
	}
	(void) campaign_state_move(CAMPAIGN_NOUN_TASK, task->run->id, activity,
							   "failed", message);
	return false;
}

/* Records a failed attempt. */
bool
campaign_failure_record(CampaignTask *task, const CampaignTaken *taken,
						TimestampTz started_at, const ErrorData *error)
{
	int			attempts = taken->attempts + 1;
	int64		pause = -1;
	CampaignTaskError recorded = {
		unpack_sql_state(error->sqlerrcode), error->message, error->detail,
		error->hint
	};

	campaign_task_record_error(task->run->id, taken->activity, started_at,
							   &recorded, attempts);
	campaign_failure_log(task, taken->activity, error);
	if (task->scope.activity != NULL)
		pause = campaign_common_backoff(task->scope.activity, attempts,
										campaign_error_may_pass(error));
	if (pause < 0)
		return apply_policy(task, taken->activity, error->message);
	campaign_task_set_due(task->run->id, taken->activity,
						  TimestampTzPlusMilliseconds(campaign_clock_now(),
													  pause));
	return false;
}
