/*
 * define.c
 *		Changes to the draft of a campaign.
 *
 * Every change locks the campaign, is made, and is then checked where it was
 * made: an activity with a wrong option or expression is refused at once.
 * What only the whole graph shows is left to campaign_check().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/numeric.h"

#include "activity/common.h"
#include "activity/option.h"
#include "activity/wording.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/settings.h"
#include "queue/throttle.h"
#include "base/text.h"
#include "engine/define.h"
#include "engine/lifecycle.h"
#include "engine/trial.h"
#include "queue/erase.h"
#include "set/variable.h"
#include "set/zone.h"
#include "store/log.h"
#include "store/privilege.h"
#include "store/run.h"
#include "store/schedule.h"
#include "store/task.h"

/* Most days that history is kept, if not for ever. */
#define MOST_DAYS 36500
/* Most supervisors, and bytes of one: all of them go into a notification. */
#define MOST_SUPERVISORS 20
#define SUPERVISOR_BYTES 100

/* Settings of a campaign. */
static const char *const setting_names = "variables, history, keep_populations, priority, template, throttle, time_zone, max_consecutive_errors, supervisors";

/* Notes a change in the log. */
static void
log_change(const CampaignRecord *record, const char *activity,
		   const char *message)
{
	CampaignLogLine line = {
		.owner = record->owner,
		.campaign = record->name,
		.activity = activity,
		.event = "define",
		.message = message
	};

	campaign_log_add(&line);
}

/* Refuses a text that cannot name an activity. */
void
campaign_define_check_name(const char *name)
{
	if (campaign_is_name(name))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_NAME),
			 errmsg("invalid name of an activity: \"%s\"", name),
			 errhint("Names have small letters, digits and underscores, do not begin with a digit, and are at most 63 long.")));
}

/* Refuses a priority that is not a whole number from 0 to 100. */
static void
check_priority(const JsonbValue *value)
{
	bool		error = false;
	int32		priority = 0;

	if (value->type == jbvNumeric)
		priority = numeric_int4_opt_error(value->val.numeric, &error);
	if (value->type != jbvNumeric || error || priority < 0 || priority > 100)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"priority\" must be a number between 0 and 100"),
				 errhint("Of campaigns with due messages the one with the highest priority is served first.")));
}

/* Refuses a number of errors that is none. */
static void
check_consecutive_errors(const JsonbValue *value)
{
	bool		error = false;

	if (value != NULL &&
		(value->type != jbvNumeric ||
		 numeric_int4_opt_error(value->val.numeric, &error) < 1 || error ||
		 strchr(campaign_scalar_text(value), '.') != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"max_consecutive_errors\" must be a whole number of at least 1"),
				 errhint("After as many errors in a row the next one suspends the run, even where errors are ignored.")));
}

/* Refuses a history that does not say for how many days what is kept. */
static void
check_history(const JsonbValue *value)
{
	const char *hint = "Write {\"populations\": 30, \"messages\": 400, \"runs\": 1830}: days, or -1 for ever.";
	Jsonb	   *history;
	ListCell   *cell;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"history\" must be a JSON object"),
				 errhint("%s", hint)));
	campaign_members_check(value->val.binary.data, "setting \"history\"",
						   "populations, messages, runs");
	history = JsonbValueToJsonb((JsonbValue *) value);
	foreach(cell, campaign_object_keys(history))
	{
		JsonbValue *days = campaign_object_member(&history->root, lfirst(cell));
		bool		error = days == NULL || days->type != jbvNumeric;
		int32		number = error ? 0 :
			numeric_int4_opt_error(days->val.numeric, &error);

		if (error || number < -1 || number > MOST_DAYS ||
			!DatumGetBool(DirectFunctionCall2(numeric_eq,
											  NumericGetDatum(days->val.numeric),
											  NumericGetDatum(int64_to_numeric(number)))))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" of setting \"history\" must be a whole number of days",
							(char *) lfirst(cell)),
					 errhint("%s", hint)));
	}
}

/* True if it can say who is to be told. */
static bool
names_supervisor(const JsonbValue *element)
{
	return element->type == jbvString && element->val.string.len > 0 &&
		element->val.string.len <= SUPERVISOR_BYTES;
}

/* Refuses what is no list of who is to be told. */
static void
check_supervisors(const JsonbValue *value)
{
	bool		valid = value->type == jbvBinary &&
		JsonContainerIsArray(value->val.binary.data) &&
		JsonContainerSize(value->val.binary.data) <= MOST_SUPERVISORS;

	for (uint32 i = 0; valid && i < JsonContainerSize(value->val.binary.data); i++)
		valid = names_supervisor(getIthJsonbValueFromContainer(value->val.binary.data, i));
	if (!valid)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"supervisors\" must be a JSON array of at most %d texts of 1 to %d bytes",
						MOST_SUPERVISORS, SUPERVISOR_BYTES),
				 errhint("They are whatever your alerts are sent by: roles, addresses, names of teams.")));
}

/* Refuses settings whose values are not valid. */
static void
check_setting_values(const Jsonb *settings)
{
	JsonbValue *keep = campaign_object_member(&settings->root,
											  "keep_populations");
	JsonbValue *priority = campaign_object_member(&settings->root, "priority");
	JsonbValue *history = campaign_object_member(&settings->root, "history");
	JsonbValue *template = campaign_object_member(&settings->root, "template");
	JsonbValue *zone = campaign_object_member(&settings->root, "time_zone");
	JsonbValue *supervisors = campaign_object_member(&settings->root,
													 "supervisors");

	if (keep != NULL && keep->type != jbvBool)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"keep_populations\" must be true or false"),
				 errhint("True keeps the populations of a run after it has ended.")));
	if (history != NULL)
		check_history(history);
	if (template != NULL && template->type != jbvBool)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"template\" must be true or false"),
				 errhint("True makes it a template, of which campaign_duplicate() makes campaigns.")));
	if (priority != NULL)
		check_priority(priority);
	if (supervisors != NULL)
		check_supervisors(supervisors);
	check_consecutive_errors(campaign_object_member(&settings->root,
													"max_consecutive_errors"));
	if (zone != NULL)
		(void) campaign_zone_require(zone->type == jbvString ?
									 campaign_scalar_text(zone) : "");
	(void) campaign_limit_parse(campaign_object_member(&settings->root,
													   "throttle"),
								"setting \"throttle\"");
}

/* Settings in the form they are stored in. */
Jsonb *
campaign_define_settings(const Jsonb *settings)
{
	List	   *known = campaign_split_commas(setting_names);
	Jsonb	   *canonical;
	ListCell   *cell;

	if (settings == NULL)
		return campaign_object_empty();
	if (!JB_ROOT_IS_OBJECT(settings))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("settings must be a JSON object"),
				 errhint("Settings are %s.", setting_names)));
	foreach(cell, campaign_object_keys(settings))
	{
		if (!campaign_list_has(known, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized setting \"%s\"",
							(char *) lfirst(cell)),
					 errhint("%s", campaign_nearest_hint(lfirst(cell), known,
														 "settings"))));
	}
	check_setting_values(settings);
	canonical = campaign_variables_canonical(settings);
	campaign_variables_check(canonical, NULL);
	return canonical;
}

/* Creates a campaign with an empty draft. */
void
campaign_define_create(const char *campaign, const char *dimension,
					   const char *description, const Jsonb *settings)
{
	CampaignRecord *record;
	CampaignGraph graph = {0};

	campaign_define_check_title("campaign", campaign);
	campaign_activity_check_dimension(dimension);
	record = campaign_record_create(campaign, dimension, description,
									campaign_define_settings(settings));
	graph.campaign = record;
	(void) campaign_graph_target(&graph, dimension);
	log_change(record, NULL, "created");
}

/* ----------------------------- transitions ------------------------------ */

/* The draft's activity of that name; refused with the nearest names. */
static CampaignActivity *
require_activity(const CampaignRecord *record, const char *name)
{
	CampaignActivity *activity = campaign_activity_find(record->draft_id,
														name);

	if (activity == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("activity \"%s\" does not exist in campaign \"%s\"",
						name, record->name),
				 errhint("%s",
						 campaign_nearest_hint(name,
											   campaign_activity_names(record->draft_id),
											   "activities"))));
	return activity;
}

/* The outcome meant when none is named: "result", or the only one. */
static char *
default_outcome(const CampaignActivity *activity, List *outcomes)
{
	if (list_length(outcomes) == 1)
		return linitial(outcomes);
	if (campaign_list_has(outcomes, "result"))
		return pstrdup("result");
	if (outcomes == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("nothing can follow activity \"%s\"", activity->name),
				 errhint("Activities of kind \"%s\" have no outcomes.",
						 activity->kind)));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("activity \"%s\" has several outcomes", activity->name),
			 errhint("Name one of them: %s.%s.", activity->name,
					 (char *) linitial(outcomes))));
	return NULL;				/* keep the compiler quiet */
}

/* Reads "activity" or "activity.outcome"; gives the outcome. */
static CampaignActivity *
read_source(const CampaignRecord *record, const char *text, char **outcome)
{
	char	   *name = pstrdup(text);
	char	   *dot = strchr(name, '.');
	CampaignActivity *activity;
	List	   *outcomes;

	if (dot != NULL)
		*dot = '\0';
	activity = require_activity(record, name);
	outcomes = campaign_activity_outcomes(activity);
	*outcome = dot == NULL ? default_outcome(activity, outcomes) : dot + 1;
	if (strcmp(*outcome, CAMPAIGN_ERROR_OUTCOME) != 0 &&
		!campaign_list_has(outcomes, *outcome))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("activity \"%s\" has no outcome \"%s\"", name,
						*outcome),
				 errhint("%s", campaign_nearest_hint(*outcome, outcomes,
													 "outcomes"))));
	return activity;
}

/* Adds one transition, which must not lead back to its source. */
static void
connect_one(const CampaignRecord *record, const char *source,
			const char *target)
{
	char	   *outcome;
	CampaignActivity *from = read_source(record, source, &outcome);

	if (strcmp(from->name, target) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("activity \"%s\" cannot follow itself", target),
				 errhint("Campaigns have no loops.")));
	if (!campaign_transition_insert(record->draft_id, from->name, outcome,
									target))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("\"%s.%s\" feeds \"%s\" already", from->name, outcome,
						target),
				 errhint("Two activities are connected by an outcome only once.")));
}

/* Adds the transitions of an "after": sources with commas between. */
static void
connect_after(const CampaignRecord *record, const char *after,
			  const char *target)
{
	ListCell   *cell;

	if (after == NULL)
		return;
	foreach(cell, campaign_split_commas(after))
	{
		if (*(char *) lfirst(cell) == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid list of activities: \"%s\"", after),
					 errhint("Write activity or activity.outcome, with commas between several.")));
		connect_one(record, lfirst(cell), target);
	}
}

/* ------------------------------ activities ------------------------------ */

/* Refuses an activity whose options or expressions do not hold. */
static void
check_in_graph(CampaignRecord *record, const char *name)
{
	CampaignGraph *graph = campaign_graph_load(record, record->draft_id);
	CampaignActivity *activity = campaign_graph_find(graph, name);
	const CampaignKind *kind = campaign_kind_find(activity->kind);
	CampaignScope scope = {0};
	ListCell   *cell;

	(void) kind->outcomes(activity->options);
	activity->options = campaign_wording_resolve(kind, activity->options,
												 record->owner);
	campaign_scope_open(&scope, graph, activity,
						campaign_variables_declared(record->settings));
	campaign_scope_declare(&scope);
	campaign_common_check(&scope);
	if (kind->check != NULL)
		kind->check(&scope);
	foreach(cell, campaign_activity_expressions(&scope))
		(void) campaign_expression_check(&scope, lfirst(cell));
}

/* Adds an activity to the draft, fed by the sources named in after. */
void
campaign_define_add(const char *campaign, const char *activity,
					const char *kind, const Jsonb *options, const char *after)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_EDIT);
	const CampaignKind *found = campaign_kind_find(kind);

	campaign_define_check_name(activity);
	if (campaign_activity_count(record->draft_id) >= campaign_max_activities)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("campaign \"%s\" has %d activities already", campaign,
						campaign_max_activities),
				 errhint("An administrator can raise campaign.max_activities.")));
	campaign_activity_insert(record->draft_id, activity, kind,
							 campaign_options_check_shape(found, options),
							 campaign_search_path_current());
	connect_after(record, after, activity);
	check_in_graph(record, activity);
	log_change(record, activity, "added");
}

/* Adds transitions between activities that are there. */
void
campaign_define_connect(const char *campaign, const char *source,
						const char *target)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_EDIT);

	(void) require_activity(record, target);
	connect_after(record, source, target);
	log_change(record, target, psprintf("connected to %s", source));
}

/* Removes one transition. */
void
campaign_define_disconnect(const char *campaign, const char *source,
						   const char *target)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_EDIT);
	CampaignActivity *from;
	char	   *outcome;

	(void) require_activity(record, target);
	from = read_source(record, source, &outcome);
	if (!campaign_transition_delete(record->draft_id, from->name, outcome,
									target))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("\"%s.%s\" does not feed \"%s\"", from->name, outcome,
						target),
				 errhint("campaign_graph() shows the transitions.")));
	log_change(record, target, psprintf("disconnected from %s", source));
}

/* Sets some options; a null removes one. */
void
campaign_define_alter(const char *campaign, const char *activity,
					  const Jsonb *options)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_EDIT);
	CampaignActivity *found = require_activity(record, activity);
	const CampaignKind *kind = campaign_kind_find(found->kind);
	Jsonb	   *merged;

	if (!JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be a JSON object"),
				 errhint("Give the options to change; null removes one.")));
	merged = DatumGetJsonbP(DirectFunctionCall2(jsonb_concat,
												JsonbPGetDatum(found->options),
												JsonbPGetDatum(options)));
	campaign_activity_update(record->draft_id, activity,
							 campaign_options_check_shape(kind, merged),
							 campaign_search_path_current());
	check_in_graph(record, activity);
	log_change(record, activity, "altered");
}

/* Removes an activity with its transitions. */
void
campaign_define_remove(const char *campaign, const char *activity)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_EDIT);

	(void) require_activity(record, activity);
	campaign_activity_delete(record->draft_id, activity);
	log_change(record, activity, "removed");
}

/* True if the text names the activity, or an outcome of it. */
static bool
refers_to(const char *text, const char *name)
{
	size_t		length = strlen(name);

	return strncmp(text, name, length) == 0 &&
		(text[length] == '\0' || text[length] == '.');
}

/* References with commas between, to the new name; NULL if none changes. */
static char *
renamed_references(const char *text, const char *name, const char *new_name)
{
	StringInfoData renamed;
	bool		changed = false;
	ListCell   *cell;

	if (text == NULL)
		return NULL;
	initStringInfo(&renamed);
	foreach(cell, campaign_split_commas(text))
	{
		const char *reference = lfirst(cell);

		if (foreach_current_index(cell) > 0)
			appendStringInfoString(&renamed, ", ");
		if (refers_to(reference, name))
		{
			changed = true;
			appendStringInfoString(&renamed, new_name);
			reference += strlen(name);
		}
		appendStringInfoString(&renamed, reference);
	}
	return changed ? renamed.data : NULL;
}

/* A rename in progress, of the options of one activity. */
typedef struct Renaming
{
	const char *name;
	const char *new_name;
	Jsonb	   *options;
	bool		changed;
} Renaming;

/* Renames in the text at a path within the options; path is of char *. */
static void
rename_at(Renaming *renaming, const char *text, List *path)
{
	char	   *renamed = renamed_references(text, renaming->name,
											 renaming->new_name);
	ArrayBuildState *steps = NULL;
	StringInfoData quoted;
	ListCell   *cell;

	if (renamed == NULL)
		return;
	foreach(cell, path)
		steps = accumArrayResult(steps, CStringGetTextDatum(lfirst(cell)),
								 false, TEXTOID, CurrentMemoryContext);
	initStringInfo(&quoted);
	escape_json(&quoted, renamed);
	renaming->options =
		DatumGetJsonbP(DirectFunctionCall4(jsonb_set,
										   JsonbPGetDatum(renaming->options),
										   makeArrayResult(steps,
														   CurrentMemoryContext),
										   DirectFunctionCall1(jsonb_in,
															   CStringGetDatum(quoted.data)),
										   BoolGetDatum(false)));
	renaming->changed = true;
}

/* Renames in one option, or in the members "transition" of its objects. */
static void
rename_option(Renaming *renaming, const CampaignOption *option)
{
	char	   *name = pstrdup(option->name);
	ListCell   *cell;

	if (option->type == CAMPAIGN_OPTION_TRANSITION ||
		option->type == CAMPAIGN_OPTION_TRANSITIONS)
		rename_at(renaming, campaign_option_text(renaming->options, name),
				  list_make1(name));
	if (option->type != CAMPAIGN_OPTION_OBJECTS)
		return;
	foreach(cell, campaign_option_objects(renaming->options, name))
		rename_at(renaming, campaign_object_text(lfirst(cell), "transition"),
				  list_make3(name,
							 psprintf("%d", foreach_current_index(cell)),
							 "transition"));
}

/* Options that name a transition follow the new name of its source. */
static void
rename_references(const CampaignRecord *record, CampaignActivity *activity,
				  const char *name, const char *new_name)
{
	const CampaignKind *kind = campaign_kind_find(activity->kind);
	Renaming	renaming = {name, new_name, activity->options};

	for (int i = 0; i < kind->noptions; i++)
		rename_option(&renaming, &kind->options[i]);
	if (renaming.changed)
		campaign_activity_update(record->draft_id, activity->name,
								 renaming.options, activity->search_path);
}

/* Renames an activity; transitions and options that name it follow. */
void
campaign_define_rename(const char *campaign, const char *activity,
					   const char *name)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_EDIT);
	CampaignGraph *graph;
	ListCell   *cell;

	(void) require_activity(record, activity);
	campaign_define_check_name(name);
	if (strcmp(activity, name) == 0)
		return;
	if (campaign_activity_find(record->draft_id, name) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("activity \"%s\" already exists", name),
				 errhint("Choose another name.")));
	campaign_activity_rename(record->draft_id, activity, name);
	graph = campaign_graph_load(record, record->draft_id);
	foreach(cell, graph->activities)
		rename_references(record, lfirst(cell), activity, name);
	log_change(record, name, psprintf("renamed from %s", activity));
}

/* Drops a campaign of which no run is under way, with all its history. */
void
campaign_define_drop(const char *campaign)
{
	CampaignRecord *record = campaign_record_require(campaign, true);
	ListCell   *cell;

	campaign_lifecycle_require_idle(record->id, record->name, "drop");
	campaign_trial_erase(record);
	campaign_run_lock_all(record->id);
	foreach(cell, campaign_run_populations(record->id, true))
		(void) campaign_population_drop_after(lfirst(cell));
	campaign_queue_erase(record->id);
	(void) campaign_schedule_delete(record->id);
	log_change(record, NULL, "dropped");
	campaign_record_drop(record);
}
