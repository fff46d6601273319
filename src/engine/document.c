/*
 * document.c
 *		Whole definitions as JSON documents, in and out.
 *
 * What export gives, define takes, and gives it again.  A document may hold
 * what is not right yet (a campaign is drafted where its tables are not), so
 * names and shapes are refused at once and the rest is for campaign_check().
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/varlena.h"

#include "activity/option.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/define.h"
#include "set/variable.h"
#include "store/graph.h"
#include "store/log.h"
#include "store/privilege.h"
#include "store/version.h"

/* Members of a document and of its parts; each is known, or refused. */
static const char *const document_members =
"name, dimension, description, settings, activities, transitions";
static const char *const activity_members =
"name, kind, options, search_path";
static const char *const transition_members =
"source, outcome, target";

/* Refuses members that mean nothing, and whatever is not an object. */
static void
check_members(const Jsonb *object, const char *members, const char *noun)
{
	List	   *known = campaign_split_commas(members);
	ListCell   *cell;

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a JSON object", noun),
				 errhint("Its members are %s.", members)));
	foreach(cell, campaign_object_keys(object))
	{
		if (!campaign_list_has(known, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized member \"%s\" of %s",
							(char *) lfirst(cell), noun),
					 errhint("%s", campaign_nearest_hint(lfirst(cell), known,
														 "members"))));
	}
}

/* A member that must be a text. */
static char *
required_text(const Jsonb *object, const char *name, const char *noun)
{
	JsonbValue *value;

	value = getKeyJsonValueFromContainer((JsonbContainer *) &object->root,
										 name, strlen(name), NULL);
	if (value == NULL || value->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have a \"%s\" that is a string", noun, name),
				 errhint("campaign_export() shows what a definition looks like.")));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* The elements of a member that is an array, of Jsonb *. */
static List *
member_elements(const Jsonb *object, const char *name)
{
	Jsonb	   *array = campaign_object_document(object, name);
	List	   *elements = NIL;

	if (array == NULL)
		return NIL;
	if (!JB_ROOT_IS_ARRAY(array) || JB_ROOT_IS_SCALAR(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" must be an array of objects", name),
				 errhint("campaign_export() shows what a definition looks like.")));
	for (uint32 i = 0; i < JB_ROOT_COUNT(array); i++)
		elements = lappend(elements,
						   JsonbValueToJsonb(getIthJsonbValueFromContainer(&array->root,
																		   i)));
	return elements;
}

/* The search_path of an activity: as given, or the caller's. */
static char *
search_path_member(const Jsonb *element)
{
	char	   *path = campaign_object_text(&element->root, "search_path");
	List	   *schemas;

	if (path == NULL)
		return campaign_search_path_current();
	if (!SplitIdentifierString(pstrdup(path), ',', &schemas))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid search_path: \"%s\"", path),
				 errhint("Write schemas as in SQL, with commas between, or leave the member out.")));
	return path;
}

/* Adds one activity of the document. */
static void
add_activity(const CampaignRecord *record, const Jsonb *element)
{
	const CampaignKind *kind;
	char	   *name;
	Jsonb	   *options;

	check_members(element, activity_members, "an activity");
	name = required_text(element, "name", "an activity");
	campaign_define_check_name(name);
	kind = campaign_kind_find(required_text(element, "kind", "an activity"));
	options = campaign_object_document(element, "options");
	if (options == NULL)
		options = campaign_object_empty();
	options = campaign_options_check_shape(kind, options);
	(void) kind->outcomes(options);
	campaign_activity_insert(record->draft_id, name, kind->name, options,
							 search_path_member(element));
}

/* Refuses a transition's end that is not among the activities. */
static void
check_end(List *names, const char *name)
{
	if (campaign_list_has(names, name))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("activity \"%s\" does not exist in the definition", name),
			 errhint("%s", campaign_nearest_hint(name, names, "activities"))));
}

/* Adds one transition of the document. */
static void
add_transition(const CampaignRecord *record, List *names,
			   const Jsonb *element)
{
	char	   *source;
	char	   *target;

	check_members(element, transition_members, "a transition");
	source = required_text(element, "source", "a transition");
	target = required_text(element, "target", "a transition");
	check_end(names, source);
	check_end(names, target);
	(void) campaign_transition_insert(record->draft_id, source,
									  required_text(element, "outcome",
													"a transition"),
									  target);
}

/* Removes what the draft had. */
static void
empty_draft(const CampaignRecord *record)
{
	ListCell   *cell;

	foreach(cell, campaign_activity_names(record->draft_id))
		campaign_activity_delete(record->draft_id, lfirst(cell));
}

/* True if both have the member, with the same value, or neither has it. */
static bool
same_member(const Jsonb *one, const Jsonb *other, const char *name)
{
	JsonbValue *first = campaign_object_member(&one->root, name);
	JsonbValue *second = campaign_object_member(&other->root, name);

	if (first == NULL || second == NULL)
		return first == second;
	return compareJsonbContainers(&JsonbValueToJsonb(first)->root,
								  &JsonbValueToJsonb(second)->root) == 0;
}

/*
 * Refuses other values of settings that act without being published, from
 * somebody who may only edit.
 */
static void
check_acting(const CampaignRecord *record, const Jsonb *settings)
{
	static const char *const acting[] = {"history", "priority", "throttle"};

	if (campaign_acts_for(record->owner))
		return;
	for (int i = 0; i < lengthof(acting); i++)
	{
		if (same_member(record->settings, settings, acting[i]))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to change setting \"%s\" of campaign \"%s\"",
						acting[i], record->name),
				 errdetail("It counts from now on, without being published."),
				 errhint("Only the owner of the campaign may do that.")));
	}
}

/*
 * The campaign of the document: the one of that name, if the caller may edit
 * it, or a new one.
 */
static CampaignRecord *
record_of_document(const Jsonb *document, const char *name)
{
	char	   *dimension = required_text(document, "dimension", "a definition");
	char	   *description = campaign_object_text(&document->root,
												   "description");
	Jsonb	   *settings = campaign_define_settings(campaign_object_document(document,
																	"settings"));
	CampaignRecord *record;

	campaign_define_check_title("campaign", name);
	if (!campaign_record_known(name))
		return campaign_record_create(name, dimension, description, settings);
	record = campaign_record_require_for(name, true, CAMPAIGN_PRIVILEGE_EDIT);
	check_acting(record, settings);
	record->dimension = dimension;
	record->description = description;
	record->settings = settings;
	campaign_record_update(record);
	empty_draft(record);
	return record;
}

/* The whole draft from a document, for a campaign of that name. */
static char *
define_as(const Jsonb *document, const char *name)
{
	CampaignRecord *record;
	List	   *names;
	ListCell   *cell;
	CampaignLogLine line = {.event = "define", .message = "defined"};

	record = record_of_document(document, name);
	foreach(cell, member_elements(document, "activities"))
		add_activity(record, lfirst(cell));
	names = campaign_activity_names(record->draft_id);
	foreach(cell, member_elements(document, "transitions"))
		add_transition(record, names, lfirst(cell));
	line.owner = record->owner;
	line.campaign = record->name;
	campaign_log_add(&line);
	return record->name;
}

/* The whole draft from a document; gives the campaign's name. */
char *
campaign_define_document(const Jsonb *document)
{
	check_members(document, document_members, "a definition");
	return define_as(document,
					 required_text(document, "name", "a definition"));
}

/* Refuses a name that a campaign has which the caller knows. */
static void
check_free(const char *name)
{
	if (campaign_record_known(name))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("campaign \"%s\" already exists", name),
				 errhint("Names of campaigns are unique in a database.")));
}

/* A new campaign from a document, under that name or its own (NULL). */
char *
campaign_define_new(const Jsonb *document, const char *name)
{
	check_members(document, document_members, "a definition");
	if (name == NULL)
		name = required_text(document, "name", "a definition");
	check_free(name);
	return define_as(document, name);
}

/* Refuses to make a campaign of a template without values it needs. */
static void
check_parameters(const CampaignRecord *record, const Jsonb *parameters)
{
	List	   *missing = campaign_settings_missing(record->settings,
													parameters);

	if (campaign_option_bool(record->settings, "template", false) &&
		missing != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("template \"%s\" needs values of its parameters",
						record->name),
				 errdetail("Without a default are: %s.",
						   campaign_list_join(missing)),
				 errhint("Give them as parameters => '{\"%s\": …}'.",
						 (char *) linitial(missing))));
}

/*
 * A new campaign with the draft of another; gives its name.  Parameters are
 * values of its variables, read by their types, and never text of SQL.
 */
char *
campaign_define_duplicate(const char *campaign, const char *name,
						  const Jsonb *parameters)
{
	CampaignRecord *record = campaign_record_require_for(campaign, false,
														 CAMPAIGN_PRIVILEGE_VIEW);
	Jsonb	   *document = campaign_define_export(campaign, 0);

	check_free(name);
	check_parameters(record, parameters);
	if (parameters != NULL)
		campaign_variables_check(record->settings, parameters);
	return define_as(campaign_definition_instantiate(document, parameters),
					 name);
}

/* The draft (version 0) or a version of the campaign's. */
int64
campaign_define_version(const CampaignRecord *record, int version)
{
	int64		version_id = campaign_version_find(record->id, version);

	if (version_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("campaign \"%s\" has no version %d", record->name,
						version),
				 errhint("Its newest version is %d; 0 is the draft.",
						 record->live_number)));
	return version_id;
}

/* The draft (version 0) or a version as a document. */
Jsonb *
campaign_define_export(const char *campaign, int version)
{
	CampaignRecord *record = campaign_record_require_for(campaign, false,
														 CAMPAIGN_PRIVILEGE_VIEW);

	return campaign_version_definition(record,
									   campaign_define_version(record,
															   version));
}
