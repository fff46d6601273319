/*
 * end.c
 *		end: a branch ends here, on purpose.
 *
 * A controlling kind: no row moves and nothing comes out.
 */
#include "postgres.h"

#include "activity/activity.h"

/* Nothing is left to be done. */
static void
run_end(CampaignTask *task)
{
	task->outbound = NIL;
}

const CampaignKind campaign_kind_end = {
	.name = "end",
	.category = "flow control",
	.purpose = "Marks the end of a branch.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "none",
	.outcomes = campaign_outcome_none,
	.run = run_end
};
