/*
 * wait.c
 *		wait: the branch goes on later.
 *
 * A controlling kind: the first execution says until when, the second, when
 * that time has come, passes the population on.  Between them there is a row
 * in a table and nothing else: no process, transaction or snapshot.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "activity/activity.h"
#include "activity/option.h"
#include "base/clock.h"

static const CampaignOption options[] = {
	{"duration", CAMPAIGN_OPTION_INTERVAL, false, NULL,
	"How long to wait, from when the population arrives: \"3 days\"."},
	{"fixed_time", CAMPAIGN_OPTION_TIME, false, NULL,
	"When to go on; at once if that has passed."}
};

/* Refuses none and both of the two. */
static void
check_wait(const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;
	bool		duration = campaign_option_text(given, "duration") != NULL;
	bool		fixed = campaign_option_text(given, "fixed_time") != NULL;

	if (duration != fixed)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a wait needs either \"duration\" or \"fixed_time\""),
			 errhint("Give one of the two options.")));
}

/* When to go on, from now. */
static TimestampTz
waiting_until(const Jsonb *given)
{
	Interval   *duration = campaign_option_interval(given, "duration");

	if (duration == NULL)
		return campaign_option_time(given, "fixed_time");
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(campaign_clock_now()),
												   IntervalPGetDatum(duration)));
}

/* Waits, then passes its population on. */
static void
run_wait(CampaignTask *task)
{
	TimestampTz until = 0;

	if (!task->due)
		until = waiting_until(task->scope.activity->options);
	if (until > campaign_clock_now())
		task->wait_until = until;
	else
		campaign_task_pass(task, 0);
}

const CampaignKind campaign_kind_wait = {
	.name = "wait",
	.category = "flow control",
	.purpose = "Lets the population go on after a time, or at a time.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.check = check_wait,
	.run = run_wait
};
