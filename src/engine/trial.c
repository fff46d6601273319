/*
 * trial.c
 *		Test runs: the whole graph on the real data, without an effect.
 *
 * A test is a run like any other, so that what is tested is what will be
 * executed; kinds of activities ask whether it is one where they would have an
 * effect.  What it tests is frozen as a version of its own, number -1, so the
 * draft may be changed meanwhile.  A campaign has one test at most: with the
 * next one, or with the campaign, all of it goes.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "activity/activity.h"
#include "activity/trial.h"
#include "base/errors.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/lifecycle.h"
#include "engine/publish.h"
#include "engine/trial.h"
#include "queue/enqueue.h"
#include "queue/erase.h"
#include "set/population.h"
#include "set/variable.h"
#include "store/child.h"
#include "store/log.h"
#include "store/run.h"
#include "store/task.h"
#include "store/version.h"

/* What feedback may be pretended to be. */
static const char *const known_events =
"delivered,bounced,opened,clicked,unsubscribed,complained,converted";

/* ------------------------------- options -------------------------------- */

/* The graph's activity of that name; refused with the nearest names. */
static CampaignActivity *
require_activity(const CampaignGraph *graph, const char *name)
{
	CampaignActivity *activity = campaign_graph_find(graph, name);

	if (activity == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("activity \"%s\" does not exist in campaign \"%s\"",
						name, graph->campaign->name),
				 errhint("%s",
						 campaign_nearest_hint(name,
											   campaign_activity_names(graph->version_id),
											   "activities"))));
	return activity;
}

/* The keys of an object among the options; refused if it is none. */
static List *
option_keys(const Jsonb *options, const char *name, Jsonb **object)
{
	*object = campaign_object_document(options, name);
	if (*object == NULL)
		return NIL;
	if (!JB_ROOT_IS_OBJECT(*object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be a JSON object", name),
				 errhint("Its members are named after what they are for.")));
	return campaign_object_keys(*object);
}

/* Refuses answers to no question, and those that none of the answers is. */
static void
check_answers(const CampaignGraph *graph, const Jsonb *options)
{
	Jsonb	   *answers;
	ListCell   *cell;

	foreach(cell, option_keys(options, "answers", &answers))
	{
		CampaignActivity *activity = require_activity(graph, lfirst(cell));
		char	   *answer = campaign_object_text(&answers->root,
												  activity->name);
		List	   *possible = campaign_activity_outcomes(activity);

		if (strcmp(activity->kind, "approval") == 0 && answer != NULL &&
			campaign_list_has(possible, answer))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("activity \"%s\" cannot be answered \"%s\"",
						activity->name, answer == NULL ? "" : answer),
				 errhint("Activities of kind \"approval\" are answered with one of their outcomes.")));
	}
}

/* True if the graph waits for the signal. */
static bool
waits_for(const CampaignGraph *graph, const char *signal)
{
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);
		char	   *name = campaign_object_text(&activity->options->root,
												"signal");

		if (strcmp(activity->kind, "signal") == 0 &&
			strcmp(name == NULL ? activity->name : name, signal) == 0)
			return true;
	}
	return false;
}

/* Refuses values that variables cannot have, with the rights of the owner. */
static void
check_values(const CampaignGraph *graph, const Jsonb *values)
{
	CampaignIdentity identity;

	campaign_identity_assume(&identity, graph->campaign->owner);
	campaign_variables_check(graph->campaign->settings, values);
	campaign_identity_leave(&identity);
}

/* Refuses signals nothing waits for, and values variables cannot have. */
static void
check_signals(const CampaignGraph *graph, const Jsonb *options)
{
	Jsonb	   *signals;
	ListCell   *cell;

	foreach(cell, option_keys(options, "signals", &signals))
	{
		Jsonb	   *payload = campaign_object_document(signals, lfirst(cell));

		if (!waits_for(graph, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
					 errmsg("campaign \"%s\" does not wait for a signal \"%s\"",
							graph->campaign->name, (char *) lfirst(cell)),
					 errhint("Activities of kind \"signal\" do.")));
		if (payload == NULL || !JB_ROOT_IS_OBJECT(payload))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the payload of signal \"%s\" must be a JSON object",
							(char *) lfirst(cell)),
					 errhint("Its members are variables of the run.")));
		check_values(graph, payload);
	}
}

/* Refuses an event that is none. */
static void
check_event(void *arg, const char *event, double percent, List *recipients)
{
	List	   *known = campaign_split_commas(known_events);

	if (!campaign_list_has(known, event))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no event of delivery \"%s\"", event,
						(char *) arg),
				 errhint("%s", campaign_nearest_hint(event, known, "events"))));
}

/* Refuses events of what delivers nothing, and those that cannot be. */
static void
check_events(const CampaignGraph *graph, const Jsonb *options)
{
	Jsonb	   *events;
	ListCell   *cell;

	foreach(cell, option_keys(options, "events", &events))
	{
		CampaignActivity *activity = require_activity(graph, lfirst(cell));

		if (strcmp(campaign_kind_find(activity->kind)->category,
				   "channel") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("activity \"%s\" sends no messages",
							activity->name),
					 errhint("Events are those of activities of category \"channel\".")));
		campaign_trial_events(events, activity->name, check_event,
							  activity->name);
	}
}

/* Refuses a sample that is none. */
static void
check_sample(const Jsonb *options)
{
	char	   *rows = campaign_object_text(&options->root, "sample_rows");
	char	   *percent = campaign_object_text(&options->root,
											   "sample_percent");

	if (rows != NULL && strtoll(rows, NULL, 10) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"sample_rows\" must not be negative"),
				 errhint("It is how many rows each source may have.")));
	if (percent != NULL &&
		!(strtod(percent, NULL) >= 0 && strtod(percent, NULL) <= 100))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"sample_percent\" must be between 0 and 100"),
				 errhint("It is how many of a hundred rows each source may have.")));
}

/* ------------------------------ the one before --------------------------- */

/* Erases a run, after the tests it has started. */
static void
erase_run(int64 run_id, const char *campaign)
{
	ListCell   *cell;

	check_stack_depth();
	/* As an executor does: its tasks before the run. */
	campaign_run_lock_whole(run_id);
	foreach(cell, campaign_child_all(run_id, NULL))
		erase_run(*(int64 *) lfirst(cell), campaign);
	foreach(cell, campaign_flow_populations(run_id))
	{
		if (!campaign_population_drop_after(lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("cannot erase the test of campaign \"%s\": a population of it is in use",
							campaign),
					 errdetail("Something reads or depends on campaign_data.%s.",
							   (char *) lfirst(cell)),
					 errhint("Drop what depends on it, or try again later.")));
	}
	campaign_queue_erase_run(run_id);
	campaign_run_delete(run_id);
}

/* Erases the campaign's test, with all that it has started. */
void
campaign_trial_erase(const CampaignRecord *record)
{
	int64		run_id = campaign_run_test(record->id);

	if (run_id == 0)
		return;
	erase_run(run_id, record->name);
	campaign_version_drop_test(record->id);
}

/* --------------------------------- start -------------------------------- */

/* The part of the draft that is tested. */
static CampaignGraph *
load_draft(CampaignRecord *record, const Jsonb *options)
{
	CampaignGraph *graph = campaign_graph_load(record, record->draft_id);
	char	   *last = campaign_object_text(&options->root, "until");

	if (last != NULL)
		campaign_graph_cut(graph, require_activity(graph, last));
	return graph;
}

/* Freezes the graph as that version and adds a run of it. */
static int64
add_run(CampaignRecord *record, CampaignGraph *graph, int number,
		const Jsonb *variables, const Jsonb *options)
{
	Jsonb	   *bound;

	(void) campaign_publish_freeze(graph, number);
	graph = campaign_graph_load(record,
								campaign_version_find(record->id, number));
	bound = campaign_lifecycle_bind(graph, variables);
	return campaign_run_create_test(graph, campaign_epoch_current(), bound,
									options);
}

/* Adds a run that is to be undone. */
int64
campaign_trial_rehearse(CampaignRecord *record, const Jsonb *variables)
{
	return add_run(record, campaign_graph_load(record, record->draft_id),
				   CAMPAIGN_VERSION_EXPLAINED, variables,
				   campaign_object_empty());
}

/* Adds a run of what another one executes, to be undone. */
int64
campaign_trial_repeat(CampaignRecord *record, const CampaignRun *run)
{
	return campaign_run_create_test(campaign_graph_load(record, run->version_id),
									campaign_epoch_current(), run->variables,
									campaign_object_empty());
}

/* Adds a run, in place of the one before. */
static int64
replace_test(CampaignRecord *record, const Jsonb *variables,
			 const Jsonb *options)
{
	CampaignGraph *graph = load_draft(record, options);

	check_sample(options);
	check_answers(graph, options);
	check_signals(graph, options);
	check_events(graph, options);
	campaign_trial_erase(record);
	CAMPAIGN_FAULT("test_replaced");
	return add_run(record, graph, CAMPAIGN_VERSION_TEST, variables, options);
}

/* Starts a test of the draft. */
int64
campaign_trial_start(const char *campaign, const Jsonb *variables,
					 const Jsonb *options)
{
	CampaignRecord *record = campaign_record_require(campaign, true);
	CampaignLogLine line = {
		.owner = record->owner,
		.campaign = record->name,
		.event = "test"
	};

	if (strcmp(record->status, "archived") == 0)
		campaign_lifecycle_refuse_status(record, "test");
	campaign_lifecycle_check_executable(record);
	line.run_id = replace_test(record, variables, options);
	campaign_log_add(&line);
	campaign_lifecycle_hand_over();
	campaign_lifecycle_notice(psprintf("execute run " INT64_FORMAT,
									   line.run_id));
	return line.run_id;
}
