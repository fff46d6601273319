/*
 * sub_campaign.c
 *		sub_campaign: runs another campaign, and goes on by what became of it.
 *
 * A controlling kind.  The first execution has the engine start the run, in
 * the same transaction; later ones look at it under its lock, which is taken
 * after that of the run they belong to.  The end of the other run makes the
 * waiting activity due, so there is nothing to poll.  A run that was started
 * stays the activity's own, however often that is tried again.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/timestamp.h"

#include "activity/launch.h"
#include "activity/option.h"
#include "base/clock.h"
#include "base/errors.h"
#include "store/child.h"

static const CampaignOption options[] = {
	{"starts", CAMPAIGN_OPTION_TEXT, true, NULL,
	"Name of the published campaign that is run."},
	CAMPAIGN_LAUNCH_PARAMETERS,
	{"wait", CAMPAIGN_OPTION_BOOLEAN, false, "true",
	"Whether to wait for the end of its run; if not, the population goes on at once and the run goes its own way."},
	{"timeout", CAMPAIGN_OPTION_INTERVAL, false, "none",
	"How long to wait; then the population goes on by outcome \"timeout\", and the run goes its own way."},
	{"report", CAMPAIGN_OPTION_TEXT, false, NULL,
	"Name of a variable of type jsonb that is told at the end what became of the run: run, campaign, state, variables and counts."}
};

/* True if it waits for the end. */
static bool
waits(const Jsonb *given)
{
	return campaign_option_bool(given, "wait", true);
}

/* Who does not wait does not know how it ends. */
static List *
outcomes_of_sub_campaign(const Jsonb *given)
{
	List	   *names = campaign_outcome_sole(given);

	if (!waits(given))
		return names;
	names = lappend(lappend(names, pstrdup("failed")), pstrdup("stopped"));
	if (campaign_option_text(given, "timeout") != NULL)
		names = lappend(names, pstrdup("timeout"));
	return names;
}

/* Refuses a report into a variable that cannot take it. */
static void
check_report(const CampaignScope *scope)
{
	char	   *name = campaign_option_text(scope->activity->options,
											"report");
	int			number;

	if (name == NULL)
		return;
	number = campaign_variables_find(scope->variables, name);
	if (number == 0 || (scope->variables->types[number - 1] != JSONBOID &&
						scope->variables->types[number - 1] != JSONOID))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_PARAMETER),
				 errmsg("\"%s\" in option \"report\" is no variable of type jsonb",
						name),
				 errhint("Declare it in the campaign's setting \"variables\" as {\"%s\": {\"type\": \"jsonb\"}}.",
						 name)));
}

/* Refuses what only makes sense for who waits. */
static void
check_sub_campaign(const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;

	if (!waits(given) && (campaign_option_text(given, "timeout") != NULL ||
						  campaign_option_text(given, "report") != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"timeout\" and \"report\" need option \"wait\""),
				 errhint("Who does not wait does not know how it ends.")));
	check_report(scope);
	campaign_launch_check(scope);
}

/* Notes what became of the run, if that is wanted. */
static void
report(CampaignTask *task, int64 child_id)
{
	char	   *name = campaign_option_text(task->scope.activity->options,
											"report");
	JsonbParseState *state = NULL;
	JsonbValue	key = {.type = jbvString};
	JsonbValue	value = {.type = jbvBinary};
	Jsonb	   *told;

	if (name == NULL)
		return;
	told = campaign_child_report(child_id);
	key.val.string.val = name;
	key.val.string.len = strlen(name);
	value.val.binary.data = &told->root;
	value.val.binary.len = VARSIZE(told) - VARHDRSZ;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	pushJsonbValue(&state, WJB_KEY, &key);
	pushJsonbValue(&state, WJB_VALUE, &value);
	task->variables = JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT,
													   NULL));
}

/* Raises that the run did not succeed, where no transition says what then. */
static void
refuse_end(const CampaignTask *task, int64 child_id, const char *state)
{
	char	   *detail = campaign_child_error(child_id);

	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("run " INT64_FORMAT " of campaign \"%s\" %s", child_id,
					campaign_option_text(task->scope.activity->options,
										 "starts"),
					strcmp(state, "failed") == 0 ? "has failed" :
					"was stopped"),
			 detail == NULL ? 0 : errdetail_internal("%s", detail),
			 strcmp(state, "failed") == 0 ?
			 errhint("Repair the cause and call campaign_retry(" INT64_FORMAT "): it tries both runs again.",
					 task->run->id) :
			 errhint("Connect what is to follow to outcome \"stopped\", or stop run " INT64_FORMAT " too.",
					 task->run->id)));
}

/* Goes on if the run has come to an end, or it is too late for it. */
static void
look(CampaignTask *task, int64 child_id, TimestampTz deadline)
{
	char	   *state;

	(void) campaign_run_lock(task->run->id);
	state = campaign_run_lock(child_id);
	if (strcmp(state, "succeeded") == 0)
	{
		report(task, child_id);
		campaign_task_choose(task, 0, "result");
	}
	else if (strcmp(state, "failed") == 0 || strcmp(state, "stopped") == 0)
	{
		if (!campaign_task_followed(task, state))
			refuse_end(task, child_id, state);
		report(task, child_id);
		campaign_task_choose(task, 0, state);
	}
	else if (!TIMESTAMP_NOT_FINITE(deadline) &&
			 campaign_task_overdue(task, deadline))
	{
		campaign_child_release(task->run->id, task->scope.activity->name);
		campaign_task_choose(task, 0, "timeout");
	}
	else
		task->wait_until = deadline;
}

/* Starts the run, or looks what has become of it. */
static void
run_sub_campaign(CampaignTask *task)
{
	const Jsonb *given = task->scope.activity->options;
	Interval   *timeout = campaign_option_interval(given, "timeout");
	TimestampTz deadline = timeout == NULL ? DT_NOEND :
		campaign_clock_after(task->since, timeout);
	int64		child_id;

	if (task->rehearsal)
	{
		campaign_task_choose(task, 0, "result");
		return;
	}
	child_id = campaign_child_find(task->run->id, task->scope.activity->name);
	if (child_id != 0)
	{
		look(task, child_id, deadline);
		return;
	}
	task->launch = campaign_launch_prepare(task, waits(given));
	if (waits(given))
		task->wait_until = deadline;
	else
		campaign_task_choose(task, 0, "result");
}

const CampaignKind campaign_kind_sub_campaign = {
	.name = "sub_campaign",
	.category = "flow control",
	.purpose = "Runs another published campaign, and lets the population go on when that has ended.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result, failed, stopped, timeout",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_sub_campaign,
	.expressions = campaign_launch_expressions,
	.check = check_sub_campaign,
	.lack = campaign_launch_lack,
	.run = run_sub_campaign
};
