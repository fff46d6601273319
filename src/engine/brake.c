/*
 * brake.c
 *		Stopping before too much is sent: confirmation and the emergency stop.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"

#include "base/clock.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/shared.h"
#include "base/text.h"
#include "engine/brake.h"
#include "queue/delivery.h"
#include "store/hold.h"
#include "store/log.h"
#include "store/privilege.h"
#include "store/run.h"
#include "store/task.h"

/* Notes who let the messages go. */
static void
log_confirmation(const CampaignRun *run, const char *activity, int64 queued)
{
	CampaignLogLine line = {
		.owner = run->owner,
		.campaign = run->campaign,
		.run_id = run->id,
		.activity = activity,
		.event = "confirm",
		.message = psprintf(INT64_FORMAT " messages", queued)
	};

	campaign_log_add(&line);
}

/* The delivery that waits; an error if there is none. */
static CampaignDelivery *
require_waiting(int64 run_id, const char *activity)
{
	CampaignDelivery *delivery = campaign_delivery_find(run_id, activity);

	campaign_task_require(run_id, activity);
	if (delivery == NULL || delivery->confirmed)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("activity \"%s\" of run " INT64_FORMAT " does not wait for a confirmation",
						activity, run_id),
				 errhint("Its state is in campaign.run_progress.")));
	return delivery;
}

/* Confirms what an activity has put into the queue. */
void
campaign_brake_confirm(int64 run_id, const char *activity)
{
	CampaignRun *run = campaign_run_require_for(run_id,
												CAMPAIGN_PRIVILEGE_RUN);
	char	   *state = campaign_run_lock(run_id);
	CampaignDelivery *delivery = require_waiting(run_id, activity);

	if (strcmp(state, "stopped") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("cannot confirm activity \"%s\" of run " INT64_FORMAT ": it is stopped",
						activity, run_id),
				 errhint("Its messages have been withdrawn; start another run.")));
	campaign_delivery_confirm(delivery);
	campaign_task_set_due(run_id, activity, campaign_clock_now());
	log_confirmation(run, activity, delivery->queued);
	ForceSyncCommit();
	campaign_shared_wake_at_commit();
}

/* Refuses those who may not stop everybody. */
static void
require_database_owner(void)
{
	campaign_require_database_owner("hold all campaigns",
									"Pause your own runs with campaign_pause().");
}

/* The emergency stop. */
bool
campaign_brake_hold(const char *reason)
{
	require_database_owner();
	ForceSyncCommit();
	campaign_shared_wake_at_commit();
	return campaign_hold_set(reason);
}

/* Its end. */
bool
campaign_brake_release(void)
{
	require_database_owner();
	ForceSyncCommit();
	campaign_shared_wake_at_commit();
	return campaign_hold_lift();
}
