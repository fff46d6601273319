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
#include "base/text.h"

static const CampaignOption options[] = {
	{"primary_set", CAMPAIGN_OPTION_TRANSITION, false,
		"the first inbound transition",
	"The inbound transition whose population goes on, as activity or activity.outcome."}
};

/* Refuses a primary set that does not come in. */
static void
check_join(const CampaignScope *scope)
{
	char	   *primary = campaign_option_text(scope->activity->options,
											   "primary_set");
	List	   *names = NIL;
	ListCell   *cell;

	if (primary == NULL || scope->activity->inbound == NIL)
		return;
	foreach(cell, scope->activity->inbound)
	{
		CampaignTransition *transition = lfirst(cell);

		if (campaign_transition_named(primary, transition->source->name,
									  transition->outcome))
			return;
		names = lappend(names, psprintf("%s.%s", transition->source->name,
										transition->outcome));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("primary set \"%s\" is no inbound transition of \"%s\"",
					primary, scope->activity->name),
			 errhint("%s", campaign_nearest_hint(primary, names,
												 "inbound transitions"))));
}

/* Passes the primary set on. */
static void
run_join(CampaignTask *task)
{
	char	   *primary = campaign_option_text(task->scope.activity->options,
											   "primary_set");
	ListCell   *cell;

	foreach(cell, task->inbound)
	{
		CampaignFlow *flow = lfirst(cell);

		if (primary == NULL ||
			campaign_transition_named(primary, flow->source, flow->outcome))
		{
			campaign_task_pass(task, foreach_current_index(cell));
			return;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("primary set \"%s\" did not come in", primary)));
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
