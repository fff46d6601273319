/*
 * signal.c
 *		signal: the branch goes on when somebody outside says so.
 *
 * A controlling kind.  Whoever sends a signal writes it under the run's lock
 * and makes the waiting task due; here one looks for it under the same lock.
 * So it is found by this execution or by the one that it causes.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "activity/option.h"
#include "activity/trial.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/signal.h"

static const CampaignOption options[] = {
	{"signal", CAMPAIGN_OPTION_TEXT, false, "the activity's name",
	"Name of the signal, as given to campaign_signal()."},
	{"parameters", CAMPAIGN_OPTION_TEXT, false, "any variables",
	"Names of the variables that the signal has to bring, all of them and no others, with commas between."},
	{"timeout", CAMPAIGN_OPTION_INTERVAL, false, "none",
	"How long to wait for it; then the population goes on by outcome \"timeout\"."}
};

/* "timeout" is there where it can be taken. */
static List *
outcomes_of_signal(const Jsonb *given)
{
	List	   *names = campaign_outcome_sole(given);

	if (campaign_option_text(given, "timeout") != NULL)
		names = lappend(names, pstrdup("timeout"));
	return names;
}

/* Refuses parameters that are no variables. */
static void
check_parameters(const CampaignScope *scope)
{
	char	   *text = campaign_option_text(scope->activity->options,
											"parameters");
	ListCell   *cell;

	foreach(cell, text == NULL ? NIL : campaign_split_commas(text))
	{
		if (campaign_variables_find(scope->variables, lfirst(cell)) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_PARAMETER),
					 errmsg("parameter \"%s\" of signal activity \"%s\" is no variable",
							(char *) lfirst(cell), scope->activity->name),
					 errhint("Declare it in the campaign's setting \"variables\".")));
	}
}

/* Refuses a text that names no signal. */
static void
check_signal(const CampaignScope *scope)
{
	char	   *name = campaign_option_text(scope->activity->options,
											"signal");

	if (name != NULL && !campaign_is_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of a signal: \"%s\"", name),
				 errhint("Names have small letters, digits and underscores, at most 63.")));
	check_parameters(scope);
}

/* Goes on with what the signal says, or waits. */
static void
run_signal(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	char	   *name = campaign_option_text(activity->options, "signal");
	Interval   *timeout = campaign_option_interval(activity->options,
												   "timeout");
	TimestampTz deadline = timeout == NULL ? DT_NOEND :
		campaign_clock_after(task->since, timeout);

	if (name == NULL)
		name = activity->name;
	(void) campaign_run_lock(task->run->id);
	task->variables = task->run->test ? campaign_trial_payload(task, name) :
		campaign_signal_newest(task->run->id, name);
	if (task->variables != NULL || task->rehearsal || task->run->test)
		campaign_task_choose(task, 0, "result");
	else if (timeout != NULL && campaign_task_overdue(task, deadline))
		campaign_task_choose(task, 0, "timeout");
	else
		task->wait_until = deadline;
}

const CampaignKind campaign_kind_signal = {
	.name = "signal",
	.category = "flow control",
	.purpose = "Waits for campaign_signal(), whose payload sets variables of the run.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result, timeout",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_signal,
	.check = check_signal,
	.run = run_signal
};
