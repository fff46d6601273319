/*
 * launch.c
 *		Activities that start another campaign: options and values.
 *
 * The parameters are evaluated here, with the rights and the search_path of
 * the campaign that starts; the engine starts the run, and binds them to the
 * variables of the other campaign.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "activity/launch.h"
#include "activity/option.h"
#include "activity/scalar.h"
#include "base/text.h"
#include "store/child.h"

/* Names of the parameters, of char *. */
static List *
parameter_names(const Jsonb *given)
{
	Jsonb	   *parameters = campaign_object_document(given, "parameters");

	return parameters == NULL ? NIL : campaign_object_keys(parameters);
}

/* The expression of a parameter; NULL where JSON null was given. */
static CampaignExpression *
parse_parameter(const CampaignActivity *activity, const char *name)
{
	Jsonb	   *parameters = campaign_object_document(activity->options,
													  "parameters");
	char	   *text = campaign_object_text(&parameters->root, name);

	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" of activity \"%s\" is no expression",
						name, activity->name),
				 errhint("Write {\"discount\": \"vars.discount * 2\"}.")));
	return campaign_scalar_parse(activity, text,
								 psprintf("parameter \"%s\" of activity \"%s\"",
										  name, activity->name));
}

/* Refuses parameters that are no names and expressions. */
void
campaign_launch_check(const CampaignScope *scope)
{
	ListCell   *cell;

	foreach(cell, parameter_names(scope->activity->options))
	{
		if (!campaign_is_name(lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("invalid name of a variable: \"%s\"",
							(char *) lfirst(cell)),
					 errhint("Names have small letters, digits and underscores, at most 63.")));
		(void) parse_parameter(scope->activity, lfirst(cell));
	}
}

/* The parameters' expressions. */
List *
campaign_launch_expressions(const CampaignScope *scope)
{
	List	   *expressions = NIL;
	ListCell   *cell;

	foreach(cell, parameter_names(scope->activity->options))
		expressions = lappend(expressions,
							  parse_parameter(scope->activity, lfirst(cell)));
	return expressions;
}

/* Lacking: parameters are no variables of the campaign. */
static CampaignWarning *
lack_variables(const CampaignScope *scope, const CampaignRecord *record)
{
	CampaignVariables *declared = campaign_variables_declared(record->settings);
	ListCell   *cell;

	foreach(cell, parameter_names(scope->activity->options))
	{
		if (campaign_variables_find(declared, lfirst(cell)) == 0)
			return campaign_warning("bad_parameter",
									psprintf("campaign \"%s\" has no variable \"%s\", which activity \"%s\" sets",
											 record->name,
											 (char *) lfirst(cell),
											 scope->activity->name),
									"Declare it in the setting \"variables\" of that campaign, or take the parameter away.");
	}
	foreach(cell, campaign_variables_required(record->settings))
	{
		if (!campaign_list_has(parameter_names(scope->activity->options),
							   lfirst(cell)))
			return campaign_warning("bad_parameter",
									psprintf("campaign \"%s\" requires variable \"%s\", which activity \"%s\" does not set",
											 record->name,
											 (char *) lfirst(cell),
											 scope->activity->name),
									"Add it to option \"parameters\".");
	}
	return NULL;
}

/* Lacking: the campaign is not there, not published, or leads back here. */
CampaignWarning *
campaign_launch_lack(const CampaignScope *scope)
{
	char	   *name = campaign_option_text(scope->activity->options,
											"starts");
	const char *self = scope->graph->campaign->name;
	CampaignRecord *record;

	if (name == NULL)
		return NULL;
	if (strcmp(name, self) == 0 || campaign_call_reaches(name, self))
		return campaign_warning("campaign_cycle",
								psprintf("campaign \"%s\" would start itself again by activity \"%s\", which starts \"%s\"",
										 self, scope->activity->name, name),
								"Campaigns start each other in one direction only.");
	if (!campaign_record_visible(name))
		return campaign_warning("no_campaign",
								psprintf("campaign \"%s\", which activity \"%s\" starts, does not exist",
										 name, scope->activity->name),
								"It must belong to a role whose rights the owner of this campaign has.");
	record = campaign_record_require(name, false);
	if (record->live_id == 0 || strcmp(record->status, "published") != 0)
		return campaign_warning("no_campaign",
								psprintf("campaign \"%s\", which activity \"%s\" starts, is not published",
										 name, scope->activity->name),
								"Publish it first.");
	return lack_variables(scope, record);
}

/* The value of a parameter for a variable of that type. */
static JsonbValue *
evaluate_parameter(const CampaignTask *task, const char *name, Oid type)
{
	bool		document = type == JSONOID || type == JSONBOID;

	return campaign_value_of_text(campaign_scalar_value(task,
														parse_parameter(task->scope.activity,
																		name),
														document),
								  document);
}

/* The type of a variable of the campaign; text if it has none of that name. */
static Oid
variable_type(const CampaignVariables *declared, const char *name)
{
	int			number = campaign_variables_find(declared, name);

	return number == 0 ? TEXTOID : declared->types[number - 1];
}

/* What is to be started. */
CampaignLaunch *
campaign_launch_prepare(CampaignTask *task, bool attached)
{
	const Jsonb *given = task->scope.activity->options;
	CampaignLaunch *launch = palloc0(sizeof(CampaignLaunch));
	CampaignVariables *declared;
	JsonbParseState *state = NULL;
	ListCell   *cell;

	launch->campaign = campaign_option_text(given, "starts");
	launch->attached = attached;
	declared = campaign_variables_declared(campaign_record_require(launch->campaign,
																   false)->settings);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, parameter_names(given))
	{
		char	   *name = lfirst(cell);
		JsonbValue	key = {.type = jbvString};

		key.val.string.val = name;
		key.val.string.len = strlen(name);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE,
					   evaluate_parameter(task, name,
										  variable_type(declared, name)));
	}
	launch->variables = JsonbValueToJsonb(pushJsonbValue(&state,
														 WJB_END_OBJECT,
														 NULL));
	return launch;
}
