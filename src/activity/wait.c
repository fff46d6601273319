/*
 * wait.c
 *		wait: the branch goes on later.
 *
 * A controlling kind: the first execution says until when, the second, when
 * that time has come, passes the population on.  Between them there is a row
 * in a table and nothing else: no process, transaction or snapshot.  Only one
 * that waits for a condition is executed in between, to look.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "activity/option.h"
#include "activity/scalar.h"
#include "activity/trial.h"
#include "base/clock.h"
#include "set/quiet.h"
#include "set/zone.h"

/* How often a condition is looked at unless the option says it. */
#define DEFAULT_CHECK_EVERY		(USECS_PER_MINUTE)
/* Who looks more often than that keeps a process busy. */
#define LEAST_CHECK_EVERY		(USECS_PER_SEC / 10)

static const CampaignOption options[] = {
	{"duration", CAMPAIGN_OPTION_INTERVAL, false, NULL,
	"How long to wait, from when the population arrives: \"3 days\"."},
	{"fixed_time", CAMPAIGN_OPTION_TIME, false, NULL,
	"When to go on; at once if that has passed."},
	{"until_time", CAMPAIGN_OPTION_RUN_INSTANT, false, NULL,
	"SQL expression that gives the time to go on, evaluated once, when the population arrives."},
	{"until_condition", CAMPAIGN_OPTION_RUN_CONDITION, false, NULL,
	"SQL condition that has to hold."},
	{"check_every", CAMPAIGN_OPTION_INTERVAL, false, "1 minute",
	"How often the condition is looked at."},
	{"timeout", CAMPAIGN_OPTION_INTERVAL, false, "none",
	"How long to wait for the condition; then the population goes on by outcome \"timeout\"."},
	{"quiet_hours", CAMPAIGN_OPTION_OBJECT, false, NULL,
	"When not to go on, as campaign.quiet_until() takes it; alone: at once, but not then."},
	{"time_zone", CAMPAIGN_OPTION_TEXT, false, "the owner's",
	"By whose clocks the quiet hours are."}
};

static const char *const ways[] = {
	"duration", "fixed_time", "until_time", "until_condition"
};

/* True if the option was given. */
static bool
is_given(const Jsonb *given, const char *name)
{
	return campaign_object_member(&given->root, name) != NULL;
}

/* "timeout" is there where it can be taken. */
static List *
outcomes_of_wait(const Jsonb *given)
{
	List	   *names = campaign_outcome_sole(given);

	if (is_given(given, "timeout"))
		names = lappend(names, pstrdup("timeout"));
	return names;
}

/* How often the condition is looked at, in microseconds. */
static int64
check_interval(const Jsonb *given)
{
	Interval   *every = campaign_option_interval(given, "check_every");

	return every == NULL ? DEFAULT_CHECK_EVERY :
		campaign_clock_after(0, every);
}

/* Refuses an option that means nothing without another. */
static void
require_other(const Jsonb *given, const char *name, const char *other)
{
	if (is_given(given, name) && !is_given(given, other))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" needs option \"%s\"", name, other),
				 errhint("Give both, or none of them.")));
}

/* Refuses none and several of what it can wait for. */
static void
check_ways(const Jsonb *given)
{
	int			count = 0;

	for (int i = 0; i < lengthof(ways); i++)
		count += is_given(given, ways[i]) ? 1 : 0;
	if (count == 1 || (count == 0 && is_given(given, "quiet_hours")))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a wait needs one of \"duration\", \"fixed_time\", \"until_time\" and \"until_condition\""),
			 errhint("Give one of the options, or \"quiet_hours\" alone.")));
}

/* When quiet hours allow to go on, from then on. */
static TimestampTz
after_quiet_hours(const Jsonb *given, TimestampTz then)
{
	Jsonb	   *rule = campaign_object_document(given, "quiet_hours");
	char	   *zone = campaign_option_text(given, "time_zone");

	if (rule == NULL)
		return then;
	return campaign_quiet_apply(campaign_quiet_parse(rule), then,
								zone == NULL ? session_timezone :
								campaign_zone_require(zone));
}

/* Refuses options that do not go together. */
static void
check_wait(const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;

	check_ways(given);
	require_other(given, "check_every", "until_condition");
	require_other(given, "timeout", "until_condition");
	require_other(given, "time_zone", "quiet_hours");
	if (check_interval(given) < LEAST_CHECK_EVERY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"check_every\" must be at least 0.1 seconds"),
				 errhint("Each look is a transaction.")));
	(void) after_quiet_hours(given, campaign_clock_now());
}

/* When a time is waited for: until when, from now. */
static TimestampTz
waiting_until(const CampaignTask *task)
{
	const Jsonb *given = task->scope.activity->options;
	Interval   *duration = campaign_option_interval(given, "duration");
	TimestampTz now = campaign_clock_now();
	TimestampTz until = now;

	if (duration != NULL)
		until = campaign_clock_after(now, duration);
	else if (is_given(given, "fixed_time"))
		until = campaign_option_time(given, "fixed_time");
	else if (is_given(given, "until_time"))
		until = campaign_scalar_instant(task, "until_time");
	return after_quiet_hours(given, Max(until, now));
}

/* Looks whether the condition holds, and when to look again if not. */
static void
look(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	Interval   *timeout = campaign_option_interval(activity->options,
												   "timeout");
	TimestampTz deadline = timeout == NULL ? DT_NOEND :
		campaign_clock_after(task->since, timeout);
	TimestampTz now = campaign_clock_now();
	bool		holds = campaign_scalar_holds(task,
											  campaign_scalar_option(activity,
																	 "until_condition"));
	TimestampTz open = after_quiet_hours(activity->options, now);

	if ((holds && open <= now) || campaign_trial_rushes(task))
		campaign_task_choose(task, 0, "result");
	else if (timeout != NULL && campaign_task_overdue(task, deadline))
		campaign_task_choose(task, 0, "timeout");
	else
		task->wait_until = Min(deadline, holds ? open :
							   now + check_interval(activity->options));
}

/* Waits, then passes its population on. */
static void
run_wait(CampaignTask *task)
{
	TimestampTz until = 0;

	if (is_given(task->scope.activity->options, "until_condition"))
	{
		look(task);
		return;
	}
	if (!task->due)
		until = waiting_until(task);
	if (until > campaign_clock_now() &&
		!(task->run->test && campaign_trial_rushes(task)))
		task->wait_until = until;
	else
		campaign_task_choose(task, 0, "result");
}

const CampaignKind campaign_kind_wait = {
	.name = "wait",
	.category = "flow control",
	.purpose = "Lets the population go on after a time, at a time, or when a condition holds.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result, timeout",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_wait,
	.check = check_wait,
	.run = run_wait,
	.reads_expressions = true
};
