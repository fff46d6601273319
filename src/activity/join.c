/*
 * join.c
 *		join: waits for all its inbound branches and goes on with one of them.
 *
 * A controlling kind: no row moves.  The engine makes it ready when every
 * branch has come; if one was skipped, it is skipped as well.
 */
#include "postgres.h"

#include "activity/activity.h"
#include "activity/option.h"

static const CampaignOption options[] = {
	{"primary_set", CAMPAIGN_OPTION_TRANSITION, false,
		"the first inbound transition",
	"The inbound transition whose population goes on, as activity or activity.outcome."}
};

/* Refuses a primary set that does not come in. */
static void
check_join(const CampaignScope *scope)
{
	campaign_scope_check_inbound(scope, "primary_set",
								 campaign_option_text(scope->activity->options,
													  "primary_set"));
}

/* Passes the primary set on. */
static void
run_join(CampaignTask *task)
{
	char	   *primary = campaign_option_text(task->scope.activity->options,
											   "primary_set");
	int			number = primary == NULL ? 0 :
		campaign_activity_inbound_number(task->scope.activity, primary);

	if (number < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("primary set \"%s\" did not come in", primary)));
	campaign_task_pass(task, number);
}

const CampaignKind campaign_kind_join = {
	.name = "join",
	.category = "flow control",
	.purpose = "Waits for all inbound branches, then goes on with the population of one.",
	.min_inbound = 1,
	.max_inbound = -1,
	.outcome_names = "result",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.check = check_join,
	.run = run_join
};
