/*
 * common.c
 *		Options that activities of every kind have.
 */
#include "postgres.h"

#include "activity/common.h"
#include "activity/option.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"

/* Attempts more at what may pass by itself, and the first pause before one. */
#define PASSING_RETRIES		4
#define FIRST_PAUSE_MS		1000
/* Pauses double up to that, unless the first is longer. */
#define LONGEST_PAUSE_MS	(60 * 60 * 1000)
#define MOST_DOUBLINGS		12

const CampaignOption campaign_common_options[] = {
	{"execution", CAMPAIGN_OPTION_CHOICE, false, "normal",
		"Whether the activity is executed; if it is disabled its branch ends before it, with pass_through the population goes on by its first outcome.",
	"normal, disabled, pass_through"},
	{"on_error", CAMPAIGN_OPTION_CHOICE, false, "suspend",
		"What happens when it fails: suspend the run until campaign_retry(), ignore the error and end the branch, or abort the run. What follows outcome \"error\" gets the population instead.",
	"suspend, ignore, abort"},
	{"retries", CAMPAIGN_OPTION_COUNT, false, "4 for errors that may pass by themselves, else none",
	"How many times it is tried again before that."},
	{"retry_after", CAMPAIGN_OPTION_INTERVAL, false, "1 second",
	"The pause before it is tried again; it doubles each time, up to an hour."},
	{"max_duration", CAMPAIGN_OPTION_INTERVAL, false, "none",
	"How long it may take, from when it can be executed to its end, before somebody is told; it goes on."}
};
const int	campaign_common_count = lengthof(campaign_common_options);

/* True if the option has that value. */
static bool
has_choice(const CampaignActivity *activity, const char *option,
		   const char *choice)
{
	char	   *given = campaign_option_text(activity->options, option);

	return given != NULL && strcmp(given, choice) == 0;
}

/* Whether it is executed. */
CampaignExecution
campaign_common_execution(const CampaignActivity *activity)
{
	if (has_choice(activity, "execution", "disabled"))
		return CAMPAIGN_EXECUTION_DISABLED;
	if (has_choice(activity, "execution", "pass_through"))
		return CAMPAIGN_EXECUTION_PASS_THROUGH;
	return CAMPAIGN_EXECUTION_NORMAL;
}

/* True if something follows outcome "error", and that is not the kind's own. */
bool
campaign_common_diverts(const CampaignActivity *activity)
{
	ListCell   *cell;

	foreach(cell, activity->outbound)
	{
		if (strcmp(((CampaignTransition *) lfirst(cell))->outcome,
				   CAMPAIGN_ERROR_OUTCOME) == 0)
			return !campaign_list_has(campaign_kind_find(activity->kind)->outcomes(activity->options),
									  CAMPAIGN_ERROR_OUTCOME);
	}
	return false;
}

/* What is done about its errors. */
CampaignErrorPolicy
campaign_common_on_error(const CampaignActivity *activity)
{
	if (campaign_common_diverts(activity))
		return CAMPAIGN_ERROR_AS_OUTCOME;
	if (has_choice(activity, "on_error", "ignore"))
		return CAMPAIGN_ERROR_IGNORE;
	if (has_choice(activity, "on_error", "abort"))
		return CAMPAIGN_ERROR_ABORT;
	return CAMPAIGN_ERROR_SUSPEND;
}

/* How long to wait before the next attempt; -1: there is none. */
int64
campaign_common_backoff(const CampaignActivity *activity, int attempts,
						bool may_pass)
{
	Interval   *given = campaign_option_interval(activity->options,
												 "retry_after");
	int64		first = given == NULL ? FIRST_PAUSE_MS :
		campaign_clock_after(0, given) / 1000;

	if (attempts > campaign_option_count(activity->options, "retries",
										 may_pass ? PASSING_RETRIES : 0))
		return -1;
	return Min(first << Min(attempts - 1, MOST_DOUBLINGS),
			   Max(first, LONGEST_PAUSE_MS));
}

/* Refuses options that mean nothing where they are. */
void
campaign_common_check(const CampaignScope *scope)
{
	const CampaignActivity *activity = scope->activity;
	bool		passes = campaign_common_execution(activity) == CAMPAIGN_EXECUTION_PASS_THROUGH;
	bool		diverts = campaign_common_diverts(activity);

	if ((passes || diverts) &&
		campaign_kind_find(activity->kind)->max_inbound == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no population could go on at activity \"%s\"",
						activity->name),
				 errhint("None comes in; %s.", passes ?
						 "take the option \"execution\" away" :
						 "disconnect what follows outcome \"error\"")));
	if (diverts && campaign_option_text(activity->options, "on_error") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("activity \"%s\" has option \"on_error\" and something that follows its outcome \"error\"",
						activity->name),
				 errhint("Take the option away, or disconnect what follows.")));
}

/* ------------------------------ execution ------------------------------- */

/* The inbound branch that goes on: the leading one, or one that has come. */
static int
branch_that_came(const CampaignTask *task)
{
	int			leading = campaign_activity_leading(task->scope.activity);
	ListCell   *cell;

	if (((CampaignFlow *) list_nth(task->inbound, leading))->active)
		return leading;
	foreach(cell, task->inbound)
	{
		if (((CampaignFlow *) lfirst(cell))->active)
			return foreach_current_index(cell);
	}
	return leading;
}

/* Passes the inbound population on by the first outcome. */
void
campaign_common_pass(CampaignTask *task)
{
	List	   *outcomes = campaign_activity_outcomes(task->scope.activity);

	if (task->inbound == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no population can go on at activity \"%s\"",
						task->scope.activity->name),
				 errhint("None comes in.")));
	if (outcomes != NIL)
		campaign_task_choose(task, branch_that_came(task), linitial(outcomes));
}

/* Passes it on by the outcome for errors. */
void
campaign_common_divert(CampaignTask *task)
{
	task->outbound = NIL;
	campaign_task_choose(task, branch_that_came(task), CAMPAIGN_ERROR_OUTCOME);
}

/* True if the rows of the transition went into its source as they are. */
static bool
is_untouched(const CampaignTransition *transition)
{
	const CampaignActivity *source = transition->source;

	if (source->inbound == NIL)
		return false;
	return campaign_common_execution(source) == CAMPAIGN_EXECUTION_PASS_THROUGH ||
		(strcmp(transition->outcome, CAMPAIGN_ERROR_OUTCOME) == 0 &&
		 campaign_common_diverts(source));
}

/* The transition out of which the rows of this one came. */
const CampaignTransition *
campaign_transition_origin(const CampaignTransition *transition)
{
	/* Counted, because a graph that was not checked may have cycles. */
	for (int i = 0; i < campaign_max_activities && is_untouched(transition); i++)
		transition = list_nth(transition->source->inbound,
							  campaign_activity_leading(transition->source));
	return transition;
}
