/*
 * fork.c
 *		fork: branches that go on independently, with the same population.
 *
 * A controlling kind: no row moves.  Any outcome may feed several activities;
 * a fork says so where people look for it.
 */
#include "postgres.h"

#include "activity/activity.h"

/* Passes its population to every branch. */
static void
run_fork(CampaignTask *task)
{
	campaign_task_pass(task, 0);
}

const CampaignKind campaign_kind_fork = {
	.name = "fork",
	.category = "flow control",
	.purpose = "Starts branches that go on independently with the same population.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result",
	.outcomes = campaign_outcome_sole,
	.run = run_fork,
	.reads_expressions = true
};
