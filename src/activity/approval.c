/*
 * approval.c
 *		approval: the branch goes on by the answer that people give.
 *
 * A controlling kind.  The first execution asks; later ones remind, or find
 * the answer or that it is too late.  Whoever answers does so under the run's
 * lock and makes the waiting task due; here one looks under the same lock.
 */
#include "postgres.h"

#include "utils/acl.h"
#include "utils/timestamp.h"

#include "activity/notice.h"
#include "activity/option.h"
#include "activity/scalar.h"
#include "activity/trial.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/approval.h"
#include "store/log.h"
#include "store/news.h"

static const CampaignOption options[] = {
	{"question", CAMPAIGN_OPTION_MESSAGE, true, NULL,
	"What is asked: text with {{ expressions }} over the run."},
	{"roles", CAMPAIGN_OPTION_TEXT, true, NULL,
	"Names of the roles that are asked, with commas between; their members may answer for them."},
	{"answers", CAMPAIGN_OPTION_TEXT, false, "approved, rejected",
	"Names of the possible answers, with commas between; each is an outcome."},
	{"all_answer", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether each of the roles has to answer; of different answers the one that stands last in \"answers\" counts."},
	{"timeout", CAMPAIGN_OPTION_INTERVAL, false, "none",
	"How long to wait for answers; then \"default_answer\" is taken or, without one, outcome \"timeout\"."},
	{"default_answer", CAMPAIGN_OPTION_TEXT, false, NULL,
	"The answer that is taken when nobody has answered in time."},
	{"remind_every", CAMPAIGN_OPTION_INTERVAL, false, "never",
	"How often the question is repeated until it is answered."}
};

/* The possible answers. */
static List *
read_answers(const Jsonb *given)
{
	char	   *text = campaign_option_text(given, "answers");
	List	   *answers = campaign_split_commas(text ? text :
												"approved, rejected");
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, answers)
	{
		char	   *name = lfirst(cell);

		if (!campaign_is_name(name) || strcmp(name, "timeout") == 0 ||
			campaign_list_has(names, name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("invalid name of an answer: \"%s\"", name),
					 errhint("Names have small letters, digits and underscores; each is there once, and none is \"timeout\".")));
		names = lappend(names, name);
	}
	return names;
}

/* The answers, and "timeout" where it can be taken. */
static List *
outcomes_of_approval(const Jsonb *given)
{
	List	   *names = read_answers(given);

	if (campaign_option_text(given, "timeout") != NULL &&
		campaign_option_text(given, "default_answer") == NULL)
		names = lappend(names, pstrdup("timeout"));
	return names;
}

/* The roles that are asked; refuses one that does not exist. */
static List *
read_roles(const CampaignActivity *activity)
{
	List	   *roles = campaign_split_commas(campaign_option_text(activity->options,
																   "roles"));
	ListCell   *cell;

	foreach(cell, roles)
	{
		if (!OidIsValid(get_role_oid(lfirst(cell), true)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("role \"%s\", which activity \"%s\" asks, does not exist",
							(char *) lfirst(cell), activity->name),
					 errhint("Create the role, or name another one in option \"roles\".")));
	}
	return roles;
}

/* Refuses roles and a default that are not there, and too many reminders. */
static void
check_approval(const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;
	char	   *fallback = campaign_option_text(given, "default_answer");
	Interval   *every = campaign_option_interval(given, "remind_every");

	(void) read_roles(scope->activity);
	if (fallback != NULL && !campaign_list_has(read_answers(given), fallback))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("default answer \"%s\" is none of the answers",
						fallback),
				 errhint("%s", campaign_nearest_hint(fallback,
													 read_answers(given),
													 "answers"))));
	if (fallback != NULL && campaign_option_text(given, "timeout") == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"default_answer\" needs option \"timeout\""),
				 errhint("Give both, or none of them.")));
	if (every != NULL && campaign_clock_after(0, every) < USECS_PER_SEC / 10)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"remind_every\" must be at least 0.1 seconds"),
				 errhint("Each reminder is a transaction.")));
}

/* Puts the question. */
static CampaignApproval *
ask(CampaignTask *task, const char *question)
{
	const CampaignActivity *activity = task->scope.activity;
	const Jsonb *given = activity->options;
	Interval   *timeout = campaign_option_interval(given, "timeout");
	CampaignApproval *approval = palloc0(sizeof(CampaignApproval));

	approval->run_id = task->run->id;
	approval->activity = activity->name;
	approval->question = pstrdup(question);
	approval->answers = read_answers(given);
	approval->roles = read_roles(activity);
	approval->all_answer = campaign_option_bool(given, "all_answer", false);
	approval->asked_at = campaign_clock_now();
	approval->reminded_at = approval->asked_at;
	approval->deadline = timeout == NULL ? DT_NOEND :
		campaign_clock_after(approval->asked_at, timeout);
	approval->default_answer = campaign_option_text(given, "default_answer");
	campaign_approval_insert(approval);
	campaign_notice_send(task, CAMPAIGN_NEWS_CHANNEL, "approval", question,
						 approval->id);
	return approval;
}

/* Takes what is taken when nobody has answered in time. */
static void
settle_late(const CampaignTask *task, CampaignApproval *approval)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "answer"
	};

	approval->answer = approval->default_answer != NULL ?
		approval->default_answer : pstrdup("timeout");
	campaign_approval_settle(approval->id, approval->answer);
	line.message = psprintf("%s, because nobody has answered in time",
							approval->answer);
	campaign_log_add(&line);
}

/* Repeats the question if it is time; gives when it is time again. */
static TimestampTz
remind(const CampaignTask *task, CampaignApproval *approval)
{
	Interval   *every = campaign_option_interval(task->scope.activity->options,
												 "remind_every");

	if (every == NULL)
		return DT_NOEND;
	if (campaign_task_overdue(task,
							  campaign_clock_after(approval->reminded_at,
												   every)))
	{
		approval->reminded_at = campaign_clock_now();
		campaign_approval_set_reminded(approval->id, approval->reminded_at);
		campaign_notice_send(task, CAMPAIGN_NEWS_CHANNEL, "reminder",
							 approval->question, approval->id);
	}
	return campaign_clock_after(approval->reminded_at, every);
}

/* The answer where nobody is asked: the test's, the default, or the first. */
static const char *
untold_answer(const CampaignTask *task)
{
	const Jsonb *given = task->scope.activity->options;
	const char *answer = campaign_trial_answer(task);

	if (answer == NULL)
		answer = campaign_option_text(given, "default_answer");
	return answer != NULL ? answer : linitial(read_answers(given));
}

/* Asks, reminds, or goes on by the answer. */
static void
run_approval(CampaignTask *task)
{
	const char *activity = task->scope.activity->name;
	CampaignApproval *approval = campaign_approval_of_task(task->run->id,
														   activity);
	/* What the owner has written runs before the run is locked. */
	char	   *question = approval != NULL ? NULL :
		campaign_scalar_render(task, "question");

	if (task->rehearsal || task->run->test)
	{
		campaign_task_choose(task, 0, untold_answer(task));
		return;
	}
	(void) campaign_run_lock(task->run->id);
	approval = approval == NULL ? ask(task, question) :
		campaign_approval_of_task(task->run->id, activity);
	if (approval->answer == NULL && !TIMESTAMP_NOT_FINITE(approval->deadline) &&
		campaign_task_overdue(task, approval->deadline))
		settle_late(task, approval);
	if (approval->answer != NULL)
		campaign_task_choose(task, 0, approval->answer);
	else
		task->wait_until = Min(approval->deadline, remind(task, approval));
}

const CampaignKind campaign_kind_approval = {
	.name = "approval",
	.category = "flow control",
	.purpose = "Asks people, and lets the population go on by their answer.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "approved, rejected or those of the option, timeout",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_approval,
	.check = check_approval,
	.run = run_approval
};
