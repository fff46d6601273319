/*
 * external.c
 *		What runs are told from outside: signals, answers, to hurry.
 *
 * All of it is written under the run's lock, under which the activity that
 * waits for it looks, so that none is missed.  The waiting task is then made
 * due, but never waited for: who executes it waits for the run's lock.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "base/errors.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/json.h"
#include "base/shared.h"
#include "base/text.h"
#include "engine/external.h"
#include "set/variable.h"
#include "store/approval.h"
#include "store/child.h"
#include "store/log.h"
#include "store/privilege.h"
#include "store/run.h"
#include "store/signal.h"
#include "store/task.h"

/* Makes what was written durable and known. */
static void
hand_over(void)
{
	ForceSyncCommit();
	campaign_shared_wake_at_commit();
	CAMPAIGN_FAULT("hand_over");
}

/* Notes in the log what somebody has told a run. */
static void
log_event(const CampaignRun *run, const char *activity, const char *event,
		  const char *message)
{
	CampaignLogLine line = {
		.owner = run->owner,
		.campaign = run->campaign,
		.run_id = run->id,
		.activity = activity,
		.event = event,
		.message = message
	};

	campaign_log_add(&line);
}

/* ------------------------------- signals -------------------------------- */

/* Refuses members that are no variables of the campaign, or not of their type. */
static void
check_payload(const CampaignRecord *record, const Jsonb *payload)
{
	CampaignIdentity identity;

	if (!JB_ROOT_IS_OBJECT(payload))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("payload must be a JSON object"),
				 errhint("Its members are variables of the run: '{\"discount\": 15}'.")));
	campaign_identity_assume(&identity, record->owner);
	campaign_variables_check(campaign_record_published_settings(record),
							 payload);
	campaign_identity_leave(&identity);
}

/* Sends a signal to the campaign's runs. */
int
campaign_external_signal(const char *campaign, const char *name,
						 const Jsonb *payload)
{
	CampaignRecord *record = campaign_record_require_for(campaign, false,
														 CAMPAIGN_PRIVILEGE_RUN);
	int			taken;

	if (payload == NULL)
		payload = campaign_object_empty();
	check_payload(record, payload);
	taken = campaign_signal_send(record, name, payload);
	hand_over();
	return taken;
}

/* ------------------------------- answers -------------------------------- */

/* True if the caller may answer for the role. */
static bool
answers_for(const char *role)
{
	return campaign_acts_for(get_role_oid(role, true));
}

/* Those of the asked roles that the caller may answer for. */
static List *
own_roles(const CampaignApproval *approval)
{
	List	   *roles = NIL;
	ListCell   *cell;

	foreach(cell, approval->roles)
	{
		if (answers_for(lfirst(cell)))
			roles = lappend(roles, lfirst(cell));
	}
	return roles;
}

/* The question, if the caller is asked; locks its run. */
static CampaignApproval *
require_approval(int64 approval_id, CampaignRun **run)
{
	CampaignApproval *approval = campaign_approval_by_id(approval_id);
	bool		asked;

	*run = approval == NULL ? NULL : campaign_run_find(approval->run_id);
	/* Elsewhere the names may be somebody else's. */
	asked = *run != NULL && strcmp((*run)->home, campaign_home()) == 0 &&
		own_roles(approval) != NIL;
	if (!asked && *run != NULL && campaign_acts_for((*run)->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only those who are asked may answer approval " INT64_FORMAT,
						approval_id),
				 errhint("Asked are: %s.",
						 campaign_list_join(approval->roles))));
	if (!asked)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("approval " INT64_FORMAT " does not exist",
						approval_id),
				 errhint("What you are asked is in campaign.approvals.")));
	(void) campaign_run_lock(approval->run_id);
	return campaign_approval_by_id(approval_id);
}

/* True if the activity that asked still waits for the answer. */
static bool
is_open(const CampaignApproval *approval)
{
	ListCell   *cell;

	if (approval->answer != NULL)
		return false;
	foreach(cell, campaign_task_states(approval->run_id))
	{
		CampaignTaskState *task = lfirst(cell);

		if (strcmp(task->activity, approval->activity) == 0)
			return strcmp(task->state, "waiting") == 0 ||
				strcmp(task->state, "running") == 0;
	}
	return false;
}

/* Refuses an answer that is none, or that comes too late. */
static void
check_answer(const CampaignApproval *approval, const char *answer)
{
	if (!campaign_list_has(approval->answers, answer))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no answer to approval " INT64_FORMAT,
						answer, approval->id),
				 errhint("%s", campaign_nearest_hint(answer,
													 approval->answers,
													 "answers"))));
	if (!is_open(approval))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("approval " INT64_FORMAT " is not open any more",
						approval->id),
				 approval->answer == NULL ?
				 errdetail("Its activity does not wait for an answer.") :
				 errdetail("The answer is \"%s\".", approval->answer),
				 errhint("Its answers are in campaign.log.")));
}

/* True if one of the votes is the role's. */
static bool
has_voted(List *votes, const char *role)
{
	ListCell   *cell;

	foreach(cell, votes)
	{
		if (strcmp(((CampaignVote *) lfirst(cell))->role, role) == 0)
			return true;
	}
	return false;
}

/* Answers for those of the caller's roles that have not yet; gives them. */
static List *
vote(const CampaignApproval *approval, const char *answer, const char *comment)
{
	List	   *votes = campaign_approval_votes(approval->id);
	List	   *voted = NIL;
	ListCell   *cell;

	foreach(cell, own_roles(approval))
	{
		if (has_voted(votes, lfirst(cell)))
			continue;
		campaign_approval_vote(approval->id, lfirst(cell), answer, comment);
		voted = lappend(voted, lfirst(cell));
	}
	if (voted == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("approval " INT64_FORMAT " has your answer already",
						approval->id),
				 errhint("It waits for the others.")));
	return voted;
}

/*
 * What the answers amount to; NULL if others are waited for.  With all the
 * last of the possible answers that was given; once that is the very last,
 * nobody else can change it.
 */
static const char *
decision(const CampaignApproval *approval, const char *answer)
{
	List	   *votes = campaign_approval_votes(approval->id);
	List	   *given = NIL;
	const char *last = NULL;
	ListCell   *cell;

	if (!approval->all_answer)
		return answer;
	foreach(cell, votes)
		given = lappend(given, ((CampaignVote *) lfirst(cell))->answer);
	foreach(cell, approval->answers)
	{
		if (campaign_list_has(given, lfirst(cell)))
			last = lfirst(cell);
	}
	if (list_length(votes) == list_length(approval->roles) ||
		last == llast(approval->answers))
		return last;
	return NULL;
}

/* Answers a question. */
bool
campaign_external_decide(int64 approval_id, const char *answer,
						 const char *comment)
{
	CampaignRun *run;
	CampaignApproval *approval = require_approval(approval_id, &run);
	const char *decided;
	char	   *roles;

	check_answer(approval, answer);
	roles = campaign_list_join(vote(approval, answer, comment));
	log_event(run, approval->activity, "answer",
			  comment == NULL ? psprintf("%s, for %s", answer, roles) :
			  psprintf("%s, for %s: %s", answer, roles, comment));
	decided = decision(approval, answer);
	if (decided != NULL)
	{
		campaign_approval_settle(approval_id, decided);
		campaign_task_wake(run->id, approval->activity);
	}
	hand_over();
	return decided != NULL;
}

/* -------------------------------- hurry --------------------------------- */

/* What an activity waits for counts as come. */
int
campaign_external_hurry(int64 run_id, const char *activity)
{
	CampaignRun *run = campaign_run_require_for(run_id,
												CAMPAIGN_PRIVILEGE_RUN);
	char	   *state = campaign_run_lock(run_id);
	List	   *hurried = NIL;
	ListCell   *cell;

	/* The end of one must not miss a task because of the lock taken here. */
	campaign_child_lock(run_id);
	if (activity != NULL)
		campaign_task_require(run_id, activity);
	if (strcmp(state, "stopped") != 0 && strcmp(state, "succeeded") != 0)
		hurried = campaign_task_hurry(run_id, activity);
	if (hurried == NIL && activity != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("activity \"%s\" of run " INT64_FORMAT " does not wait for a time",
						activity, run_id),
				 errhint("campaign.run_progress shows in eta until when activities wait; campaign_confirm(), campaign_signal() and campaign_decide() give others what they wait for.")));
	foreach(cell, hurried)
		log_event(run, lfirst(cell), "hurry", NULL);
	hand_over();
	return list_length(hurried);
}
