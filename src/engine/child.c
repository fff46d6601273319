/*
 * child.c
 *		Runs started by activities of other runs.
 *
 * A run is started in the transaction of the activity that asks for it: a
 * crash leaves both or none.  Locks go from the top down, the campaign of the
 * new run before the run that starts it.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/errors.h"
#include "base/fault.h"
#include "base/settings.h"
#include "engine/child.h"
#include "engine/lifecycle.h"
#include "store/child.h"

/* Refuses a run that is too deep, or of a campaign that is above it. */
static void
check_descent(const CampaignRun *parent, const CampaignRecord *record)
{
	if (parent->depth + 1 > campaign_max_depth)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("campaign \"%s\" would be run at depth %d, the limit is %d",
						record->name, parent->depth + 1, campaign_max_depth),
				 errhint("An administrator can raise campaign.max_depth.")));
	if (campaign_run_descends(parent->id, record->id))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("campaign \"%s\" would start itself again",
						record->name),
				 errdetail("A run of it has led to this one."),
				 errhint("Campaigns start each other in one direction only.")));
}

/* Starts the run that the task asks for. */
void
campaign_child_start(const CampaignTask *task)
{
	const CampaignLaunch *launch = task->launch;
	CampaignRecord *record = campaign_record_require(launch->campaign, true);
	int64		run_id;

	check_descent(task->run, record);
	run_id = campaign_lifecycle_start_beside(record, launch->variables,
											 task->run);
	campaign_child_attach(run_id, task->run, task->scope.activity->name,
						  launch->attached);
	CAMPAIGN_FAULT("child_started");
}

/* Does to the attached runs below a run what was done to it. */
void
campaign_child_apply(int64 parent_id, CampaignRunVerb verb)
{
	ListCell   *cell;

	check_stack_depth();
	foreach(cell, campaign_child_attached(parent_id))
	{
		int64		child_id = *(int64 *) lfirst(cell);

		(void) campaign_run_lock(child_id);
		(void) verb(child_id);
		campaign_child_apply(child_id, verb);
	}
}
