/*
 * lifecycle.c
 *		What people do with campaigns and runs: publish, start, pause, stop.
 *
 * Locks are taken in one order: campaign, run, task.  Nothing here waits for
 * an executor: it changes a state, and the executor meets that state when it
 * wants to record its work.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "activity/option.h"
#include "activity/trial.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/rest.h"
#include "base/settings.h"
#include "base/shared.h"
#include "base/text.h"
#include "engine/child.h"
#include "engine/lifecycle.h"
#include "engine/ready.h"
#include "queue/enqueue.h"
#include "set/population.h"
#include "set/variable.h"
#include "queue/chunk.h"
#include "store/child.h"
#include "store/hold.h"
#include "store/log.h"
#include "store/news.h"
#include "store/origin.h"
#include "store/privilege.h"
#include "store/run.h"
#include "store/schedule.h"
#include "store/state.h"
#include "store/task.h"
#include "store/version.h"

/* A waiting session looks so often even if it hears nothing. */
#define LOOK_MS			250

/* Makes what was changed durable and known. */
void
campaign_lifecycle_hand_over(void)
{
	ForceSyncCommit();
	campaign_shared_wake_at_commit();
	CAMPAIGN_FAULT("hand_over");
}

/* Refuses a verb in the status the campaign is in. */
void
campaign_lifecycle_refuse_status(const CampaignRecord *record, const char *verb)
{
	bool		archived = strcmp(record->status, "archived") == 0;

	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("cannot %s campaign \"%s\": it is %s", verb, record->name,
					strcmp(record->status, "draft") == 0 ? "a draft" :
					record->status),
			 errhint("%s(%s) %s.",
					 archived ? "campaign_duplicate" : "campaign_publish",
					 archived ? psprintf("%s, name",
										 quote_literal_cstr(record->name)) :
					 quote_literal_cstr(record->name),
					 archived ? "makes a new campaign of it" :
					 "lets it be started")));
}

/* -------------------------------- start --------------------------------- */

/* Refuses to touch the campaign while a run of it has not ended. */
void
campaign_lifecycle_require_idle(int64 campaign_id, const char *campaign,
								const char *verb)
{
	int64		run_id = campaign_run_unfinished(campaign_id);

	if (run_id == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("cannot %s campaign \"%s\": run " INT64_FORMAT " has not ended",
					verb, campaign, run_id),
			 errhint("Wait for it with campaign_wait(" INT64_FORMAT "), or end it with campaign_stop(" INT64_FORMAT ").",
					 run_id, run_id)));
}

/* Refuses what nobody may execute: the owner is gone, or not allowed to. */
void
campaign_lifecycle_check_owner(const CampaignRecord *record)
{
	if (!OidIsValid(record->owner))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("role \"%s\", owner of campaign \"%s\", does not exist",
						record->owner_name, record->name),
				 errhint("Create the role, or drop the campaign.")));
	if (superuser_arg(record->owner) && !campaign_enable_superuser_campaigns)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("campaigns of superusers are disabled"),
				 errhint("Let a role of its own own the campaign, or set campaign.enable_superuser_campaigns.")));
}

/* Refuses what nobody may or can execute, whatever its status. */
void
campaign_lifecycle_check_executable(const CampaignRecord *record)
{
	const char *problem;

	if (campaign_held())
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("all campaigns of the database are held"),
				 errhint("Once the cause is gone, call campaign_resume_all().")));
	campaign_lifecycle_check_owner(record);
	problem = campaign_shared_active() ?
		campaign_role_problem(record->owner) : NULL;
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("owner \"%s\" cannot execute campaign \"%s\"",
						record->owner_name, record->name),
				 errdetail("Workers connect as the owner, but %s.", problem),
				 errhint("ALTER ROLE … LOGIN, GRANT CONNECT ON DATABASE, or GRANT USAGE ON SCHEMA campaign mend that.")));
}

/* Refuses campaigns that nobody may or can execute. */
void
campaign_lifecycle_check_startable(const CampaignRecord *record)
{
	if (strcmp(record->status, "closed") == 0 ||
		strcmp(record->status, "archived") == 0)
		campaign_lifecycle_refuse_status(record, "start");
	if (strcmp(record->status, "published") != 0 || record->live_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("campaign \"%s\" is not published", record->name),
				 errhint("Publish it with campaign_publish(%s).",
						 quote_literal_cstr(record->name))));
	if (campaign_call_reaches(record->name, record->name))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("campaign \"%s\" would start itself again",
						record->name),
				 errdetail("It starts a campaign that starts it, as they are published now."),
				 errhint("Campaigns start each other in one direction only; publish one of them without that.")));
	campaign_lifecycle_check_executable(record);
}

/*
 * Drops what ended runs have left because somebody was reading it when they
 * ended.
 */
static void
drop_leftovers(const CampaignRecord *record)
{
	List	   *dropped = NIL;
	ListCell   *cell;

	if (campaign_option_bool(record->settings, "keep_populations", false))
		return;
	foreach(cell, campaign_run_populations(record->id, false))
	{
		if (campaign_population_drop(lfirst(cell)))
			dropped = lappend(dropped, lfirst(cell));
	}
	if (dropped != NIL)
		campaign_run_forget_populations(record->id, dropped);
}

/* The values of a run's variables, read with the rights of the owner. */
Jsonb *
campaign_lifecycle_bind(const CampaignGraph *graph, const Jsonb *given)
{
	CampaignIdentity identity;
	Jsonb	   *bound;

	campaign_identity_assume(&identity, graph->campaign->owner);
	bound = campaign_variables_bind(graph->campaign->settings, given);
	campaign_identity_leave(&identity);
	return bound;
}

/* Adds a run of the newest version; gives its number. */
static int64
add_run(CampaignRecord *record, const CampaignGraph *graph, Jsonb *variables,
		TimestampTz occurrence)
{
	int64		run_id;
	CampaignLogLine line = {
		.owner = record->owner,
		.campaign = record->name,
		.event = "start"
	};
	CampaignNews news = {.event = "started", .campaign = record->name};

	run_id = campaign_run_create(graph, campaign_epoch_current(), variables,
								 occurrence);
	if (campaign_option_count(record->settings, "max_consecutive_errors", 0) > 0)
		campaign_run_inherit_errors(run_id, record->id);
	line.run_id = run_id;
	line.message = psprintf("version %d", record->live_number);
	campaign_log_add(&line);
	news.run_id = run_id;
	campaign_news_send(CAMPAIGN_NEWS_CHANNEL, &news);
	campaign_lifecycle_hand_over();
	return run_id;
}

/* Tells that no worker will do it. */
void
campaign_lifecycle_notice(const char *what)
{
	if (!campaign_shared_active())
		ereport(NOTICE,
				(errmsg("no worker will %s", what),
				 errdetail("The library is not in shared_preload_libraries."),
				 errhint("CALL campaign_work() executes what is due in this session.")));
}

/* Starts a run of the newest version; gives its number. */
int64
campaign_lifecycle_start(const char *campaign, const Jsonb *variables)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_RUN);
	CampaignGraph *graph;
	int64		run_id;

	campaign_lifecycle_check_startable(record);
	campaign_lifecycle_require_idle(record->id, record->name, "start");
	graph = campaign_graph_load(record, record->live_id);
	drop_leftovers(record);
	run_id = add_run(record, graph, campaign_lifecycle_bind(graph, variables), 0);
	campaign_lifecycle_notice(psprintf("execute run " INT64_FORMAT, run_id));
	return run_id;
}

/* Starts a run for an activity of another run; that of a test is a test. */
int64
campaign_lifecycle_start_beside(CampaignRecord *record, const Jsonb *variables,
								const CampaignRun *parent)
{
	CampaignGraph *graph;
	Jsonb	   *waits;

	campaign_lifecycle_check_startable(record);
	graph = campaign_graph_load(record, record->live_id);
	if (parent->test)
	{
		waits = campaign_trial_inherited(parent);
		return campaign_run_create_test(graph, campaign_epoch_current(),
										campaign_lifecycle_bind(graph, variables),
										waits);
	}
	if (campaign_run_unfinished(record->id) == 0)
		drop_leftovers(record);
	return add_run(record, graph, campaign_lifecycle_bind(graph, variables), 0);
}

/* Refuses values of variables that campaign_start() would refuse. */
void
campaign_lifecycle_check_variables(CampaignRecord *record,
								   const Jsonb *variables)
{
	(void) campaign_lifecycle_bind(campaign_graph_load(record, record->live_id),
						  variables);
}

/*
 * Starts a run for a launch of the campaign's schedule.  It runs where no code
 * of a user may, so values of variables, which were checked when they were
 * given, are not read.
 */
int64
campaign_lifecycle_launch(CampaignRecord *record, const Jsonb *variables,
						  TimestampTz occurrence)
{
	CampaignGraph *graph;

	campaign_lifecycle_check_startable(record);
	graph = campaign_graph_load(record, record->live_id);
	if (campaign_run_unfinished(record->id) == 0)
		drop_leftovers(record);
	return add_run(record, graph,
				   campaign_variables_fill(record->settings, variables),
				   occurrence);
}

/* ---------------------------- ends of campaigns ------------------------- */

/* Moves the campaign, which has no schedule then. */
static void
end_campaign(const CampaignRecord *record, const char *status,
			 const char *verb)
{
	if (strcmp(record->status, status) == 0)
		return;
	if (campaign_state_move(CAMPAIGN_NOUN_CAMPAIGN, record->id, NULL, status,
							NULL) == NULL)
		campaign_lifecycle_refuse_status(record, verb);
	(void) campaign_schedule_delete(record->id);
	ForceSyncCommit();
}

/* Makes a draft of it again, if nothing has been started. */
void
campaign_lifecycle_unpublish(const char *campaign)
{
	CampaignRecord *record = campaign_record_require(campaign, true);

	if (campaign_run_any(record->id))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("cannot unpublish campaign \"%s\": it has been started",
						record->name),
				 errhint("campaign_close() lets nothing be started any more.")));
	end_campaign(record, "draft", "unpublish");
}

/* Lets nothing be started any more; runs that were started go on. */
void
campaign_lifecycle_close(const char *campaign)
{
	end_campaign(campaign_record_require(campaign, true), "closed", "close");
}

/* Puts it away for good; only when no run is under way. */
void
campaign_lifecycle_archive(const char *campaign)
{
	CampaignRecord *record = campaign_record_require(campaign, true);

	campaign_lifecycle_require_idle(record->id, record->name, "archive");
	end_campaign(record, "archived", "archive");
}

/* -------------------------------- control ------------------------------- */

/* Refuses a verb in the state the run is in. */
static void
refuse_verb(int64 run_id, const char *state, const char *verb,
			const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("cannot %s run " INT64_FORMAT ": it is %s", verb, run_id,
					state),
			 errhint("%s", hint)));
}

/* Locks a run of the caller's; gives its state. */
static char *
lock_own_run(int64 run_id)
{
	(void) campaign_run_require_for(run_id, CAMPAIGN_PRIVILEGE_RUN);
	return campaign_run_lock(run_id);
}

/* Verb: pauses. */
static bool
pause_run(int64 run_id)
{
	return campaign_state_move(CAMPAIGN_NOUN_RUN, run_id, NULL, "paused",
							   NULL) != NULL;
}

/*
 * Pauses: claims stop at commit, the executor within the grace.  A run that
 * has ended may still have messages to be claimed, so it can be paused too.
 */
char *
campaign_lifecycle_pause(int64 run_id)
{
	char	   *state = lock_own_run(run_id);

	if (strcmp(state, "paused") == 0)
		return state;
	if (!pause_run(run_id))
		refuse_verb(run_id, state, "pause",
					"It was stopped for good.");
	campaign_child_apply(run_id, pause_run);
	campaign_lifecycle_hand_over();
	return pstrdup("paused");
}

/* True if the run goes on by itself: nothing is to be resumed or retried. */
static bool
goes_on(const char *state)
{
	return strcmp(state, "pending") == 0 || strcmp(state, "running") == 0 ||
		strcmp(state, "waiting") == 0;
}

/* Verb: goes on after a pause. */
static bool
resume_run(int64 run_id)
{
	CampaignRunSummary tasks;

	if (strcmp(campaign_run_lock(run_id), "paused") != 0)
		return false;
	campaign_ready_run(run_id, "paused", &tasks);
	return true;
}

/* Goes on after a pause. */
char *
campaign_lifecycle_resume(int64 run_id)
{
	char	   *state = lock_own_run(run_id);

	if (goes_on(state))
		return state;
	if (!resume_run(run_id))
		refuse_verb(run_id, state, "resume",
					strcmp(state, "failed") == 0 ?
					"Repair the cause and call campaign_retry()." :
					"Only a paused run can be resumed.");
	campaign_child_apply(run_id, resume_run);
	campaign_lifecycle_hand_over();
	return campaign_run_lock(run_id);
}

/* Stops a run, with what is left of its messages; false if it cannot be. */
static bool
end_run(int64 run_id, const char *why)
{
	if (!campaign_state_move(CAMPAIGN_NOUN_RUN, run_id, NULL, "stopped", why))
		return false;
	/* The end of one must not hold a task that is to be cancelled here. */
	campaign_child_lock(run_id);
	campaign_chunks_withdraw(run_id, campaign_clock_now());
	campaign_ready_halt(campaign_run_find(run_id));
	return true;
}

/* Verb: stops. */
static bool
stop_run(int64 run_id)
{
	return end_run(run_id, NULL);
}

/* Stops a run that another one has started, if it can be stopped. */
void
campaign_lifecycle_stop_child(int64 run_id)
{
	(void) campaign_run_lock(run_id);
	(void) stop_run(run_id);
	campaign_child_apply(run_id, stop_run);
}

/* Stops a locked run because of an error of its own. */
void
campaign_lifecycle_abort(int64 run_id, const char *why)
{
	(void) end_run(run_id, why);
	campaign_child_apply(run_id, stop_run);
	campaign_lifecycle_hand_over();
}

/*
 * Ends the run for good, with what is left of its messages; a task at work
 * finds out when it wants to record.
 */
char *
campaign_lifecycle_stop(int64 run_id)
{
	char	   *state = lock_own_run(run_id);

	if (strcmp(state, "stopped") == 0)
		return state;
	if (!stop_run(run_id))
		refuse_verb(run_id, state, "stop", "It has come to its end already.");
	campaign_child_apply(run_id, stop_run);
	campaign_lifecycle_hand_over();
	return pstrdup("stopped");
}

/* Verb: tries the failed tasks again. */
static bool
retry_run(int64 run_id)
{
	CampaignRunSummary tasks;
	ListCell   *cell;

	if (strcmp(campaign_run_lock(run_id), "failed") != 0)
		return false;
	foreach(cell, campaign_task_names(run_id, "failed"))
		(void) campaign_state_move(CAMPAIGN_NOUN_TASK, run_id, lfirst(cell),
								   "ready", "retry");
	campaign_run_forget_errors(run_id);
	(void) campaign_state_move(CAMPAIGN_NOUN_RUN, run_id, NULL, "running",
							   "retry");
	campaign_ready_run(run_id, "running", &tasks);
	return true;
}

/* Tries the failed tasks again, here and in the runs it has started. */
char *
campaign_lifecycle_retry(int64 run_id)
{
	char	   *state = lock_own_run(run_id);

	if (goes_on(state))
		return state;
	if (!retry_run(run_id))
		refuse_verb(run_id, state, "retry",
					"Only a failed run can be tried again.");
	campaign_child_apply(run_id, retry_run);
	campaign_lifecycle_hand_over();
	return campaign_run_lock(run_id);
}

/* Runs started in the database this is a copy of go on here. */
int64
campaign_lifecycle_adopt(void)
{
	List	   *missing = NIL;
	int64		adopted;

	if (superuser() || !campaign_origin_here())
		missing = campaign_origin_adopt();
	adopted = campaign_run_adopt();
	campaign_schedule_adopt();
	if (missing != NIL)
		ereport(WARNING,
				(errmsg("owners of campaigns do not exist here: %s",
						campaign_list_join(missing)),
				 errhint("Create the roles and call campaign_adopt() again, or drop the campaigns.")));
	campaign_lifecycle_hand_over();
	return adopted;
}

/* --------------------------------- wait --------------------------------- */

static bool at_rest(const CampaignRun *run);

/*
 * True if that holds for all runs that the run has started and waits for, and
 * it knows of the end of those that have ended.
 */
static bool
children_at_rest(int64 run_id)
{
	ListCell   *cell;

	foreach(cell, campaign_child_attached(run_id))
	{
		CampaignRun *child = campaign_run_find(*(int64 *) lfirst(cell));

		if (child != NULL && (child->unheard || !at_rest(child)))
			return false;
	}
	return true;
}

/* True if an executor is at an activity of the run. */
static bool
in_execution(int64 run_id)
{
	ListCell   *cell;

	foreach(cell, campaign_shared_executors())
	{
		const CampaignExecutor *executor = lfirst(cell);

		if (executor->run_id == run_id && executor->activity[0] != '\0' &&
			executor->pid != 0 && !executor->ended)
			return true;
	}
	return false;
}

/* True if the run is still in the state it was read in. */
static bool
still_in_state(const CampaignRun *run)
{
	CampaignRun *again = campaign_run_find(run->id);

	return again != NULL && strcmp(again->state, run->state) == 0;
}

/*
 * True if nobody but a timer or a person can move the run; a timer that has
 * gone off already is no reason to rest, nor is an activity that is being
 * executed: it may have been told something meanwhile.  Runs that it waits for
 * are asked first, for their end makes its activity due.  What has moved while
 * one after the other was asked is not at rest.
 */
static bool
at_rest(const CampaignRun *run)
{
	if (strcmp(run->state, "waiting") == 0)
		return children_at_rest(run->id) && !in_execution(run->id) &&
			!campaign_task_is_due(run->id, campaign_clock_now()) &&
			still_in_state(run);
	return strcmp(run->state, "pending") != 0 &&
		strcmp(run->state, "running") != 0;
}

/* Refuses to wait for what this transaction cannot see. */
static void
check_can_wait(int64 run_id)
{
	if (XactIsoLevel > XACT_READ_COMMITTED)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("cannot wait for a run in a transaction that sees only what was there when it began"),
				 errhint("Wait outside of it, or in READ COMMITTED.")));
	if (campaign_run_is_new(run_id))
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("cannot wait for run " INT64_FORMAT " in a transaction that has changed it",
						run_id),
				 errhint("Commit first: nobody else sees the change before.")));
}

/* What to answer now; NULL if there is reason to look again. */
static char *
look(int64 run_id, TimestampTz until)
{
	CampaignRun *run = campaign_run_require_for(run_id,
												CAMPAIGN_PRIVILEGE_VIEW);

	if (strcmp(run->home, campaign_home()) != 0 || campaign_held())
		return pstrdup("held");
	if (at_rest(run) || campaign_clock_now() >= until)
		return run->state;
	if (!campaign_shared_active())
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("no worker executes run " INT64_FORMAT, run_id),
				 errdetail("The library is not in shared_preload_libraries."),
				 errhint("CALL campaign_work() executes what is due in this session.")));
	return NULL;
}

/* Waits until nobody but a timer or a person can move the run. */
char *
campaign_lifecycle_wait(int64 run_id, const Interval *timeout)
{
	MemoryContext old = CurrentMemoryContext;
	MemoryContext turn;
	TimestampTz until;
	char	   *state = NULL;

	check_can_wait(run_id);
	until = campaign_clock_after(campaign_clock_now(), timeout);
	turn = AllocSetContextCreate(old, "campaign wait", ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(turn);
	campaign_rest_begin();
	while (state == NULL)
	{
		MemoryContextReset(turn);
		state = look(run_id, until);
		if (state == NULL)
			campaign_rest_wait(campaign_clock_until(until, LOOK_MS));
	}
	campaign_rest_end();
	MemoryContextSwitchTo(old);
	return pstrdup(state);
}

/* Records that no executor can be connected as the run's owner. */
void
campaign_run_refuse(int64 run_id, const char *problem)
{
	char	   *state = campaign_run_lock(run_id);

	if (strcmp(state, "failed") != 0)
		(void) campaign_state_move(CAMPAIGN_NOUN_RUN, run_id, NULL, "failed",
								   psprintf("the owner cannot execute it: %s",
											problem));
}
