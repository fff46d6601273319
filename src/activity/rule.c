/*
 * rule.c
 *		Rules: what may be said in them, and which hold for a delivery.
 *
 * Each setting is one row of a table: the kinds that take it, and what its
 * value must be.
 */
#include "postgres.h"

#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "activity/delivery.h"
#include "activity/option.h"
#include "activity/rule.h"
#include "base/errors.h"
#include "base/text.h"
#include "base/identity.h"
#include "set/quiet.h"

/* In the order they are applied in. */
static const char *const kinds[] = {
	"control", "pressure", "capacity", "quiet_hours"
};

#define MOST_MESSAGES	1000000000
#define LONGEST_DAYS	366

typedef struct RuleSetting
{
	const char *name;
	const char *kinds;			/* that take it, with commas between */
	bool		required;
	bool		(*fits) (const JsonbValue *value);
	const char *must;			/* be */
	const char *meaning;
} RuleSetting;

/* -------------------------------- settings ------------------------------ */

/* True if it is true or false. */
static bool
fits_boolean(const JsonbValue *value)
{
	return value->type == jbvBool;
}

/* True if it is a text that is not empty. */
static bool
fits_text(const JsonbValue *value)
{
	return value->type == jbvString && value->val.string.len > 0;
}

/* True if it is an array of texts, at least one. */
static bool
fits_texts(const JsonbValue *value)
{
	JsonbContainer *array = value->type == jbvBinary ?
		value->val.binary.data : NULL;

	if (array == NULL || !JsonContainerIsArray(array) ||
		JsonContainerSize(array) == 0)
		return false;
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		if (!fits_text(getIthJsonbValueFromContainer(array, i)))
			return false;
	}
	return true;
}

/* True if it is an array. */
static bool
fits_array(const JsonbValue *value)
{
	return value->type == jbvBinary &&
		JsonContainerIsArray(value->val.binary.data);
}

/* True if it is a whole number from 0 to a thousand million. */
static bool
fits_messages(const JsonbValue *value)
{
	bool		error = false;
	int32		messages;

	if (value->type != jbvNumeric)
		return false;
	messages = numeric_int4_opt_error(value->val.numeric, &error);
	return !error && messages >= 0 && messages <= MOST_MESSAGES &&
		strchr(campaign_scalar_text(value), '.') == NULL;
}

/* True if it is a share in percent. */
static bool
fits_percent(const JsonbValue *value)
{
	double		percent;

	if (value->type != jbvNumeric)
		return false;
	percent = strtod(campaign_scalar_text(value), NULL);
	return percent >= 0 && percent <= 100;
}

/* True if it is a unit of the calendar, or a stretch of time without months. */
static bool
fits_period(const JsonbValue *value)
{
	char	   *text;
	Interval   *span;

	if (!fits_text(value))
		return false;
	text = campaign_scalar_text(value);
	if (strcmp(text, "day") == 0 || strcmp(text, "week") == 0 ||
		strcmp(text, "month") == 0)
		return true;
	if (strpbrk(text, "0123456789") == NULL)
		return false;
	span = DatumGetIntervalP(DirectFunctionCall3(interval_in,
												 CStringGetDatum(text),
												 ObjectIdGetDatum(InvalidOid),
												 Int32GetDatum(-1)));
	return span->month == 0 && span->day >= 0 && span->day <= LONGEST_DAYS &&
		span->time >= 0 && span->time <= LONGEST_DAYS * USECS_PER_DAY &&
		span->day * USECS_PER_DAY + span->time >= USECS_PER_SEC;
}

/* True if the server knows the time zone. */
static bool
fits_time_zone(const JsonbValue *value)
{
	return fits_text(value) && value->val.string.len < TZ_STRLEN_MAX &&
		pg_tzset(campaign_scalar_text(value)) != NULL;
}

/* True if it says what becomes of excess. */
static bool
fits_excess(const JsonbValue *value)
{
	return fits_text(value) &&
		(strcmp(campaign_scalar_text(value), "defer") == 0 ||
		 strcmp(campaign_scalar_text(value), "exclude") == 0);
}

static const RuleSetting rule_settings[] = {
	{"always", "control, pressure, capacity, quiet_hours", false, fits_boolean,
		"true or false",
	"True has all marketing deliveries of the owner follow the rule."},
	{"channels", "control, pressure, capacity, quiet_hours", false, fits_texts,
		"an array of names of channels",
	"Deliveries by other channels do not follow the rule; the default is all."},
	{"messages", "pressure, capacity", true, fits_messages,
		"a whole number from 0 to 1,000,000,000",
	"So many messages a period, at most."},
	{"per", "pressure, capacity", true, fits_period,
		"day, week, month, or an interval of days and times, from a second to 366 days",
	"Write a calendar unit such as \"week\", or a stretch of time such as \"7 days\"."},
	{"time_zone", "pressure, capacity", false, fits_time_zone,
		"a time zone",
	"Write a name such as \"Europe/Paris\"; the default is \"UTC\"."},
	{"by", "pressure", false, fits_text,
		"an SQL expression over the row",
	"Messages are counted for rows in which it is the same; the default is the key of the person."},
	{"excess", "capacity", false, fits_excess,
		"\"defer\" or \"exclude\"",
	"Messages that find no room wait for a later period, or are excluded; the default is \"defer\"."},
	{"percent", "control", true, fits_percent,
		"a number from 0 to 100",
	"So many of a hundred people are in the control group."},
	{"seed", "control", false, fits_text,
		"a text that is not empty",
	"Another one gives another group; the default is the name of the rule."},
	{"weekly", "quiet_hours", false, fits_array,
		"an array of objects",
	"Write windows as {\"days\": [\"sat\"], \"from\": \"20:00\", \"until\": \"08:00\"}."},
	{"dates", "quiet_hours", false, fits_texts,
		"an array of dates",
	"Write them as \"2026-12-25\" or, for every year, \"12-25\"."},
};

/* True if the kind of rule takes the setting. */
static bool
takes(const char *kind, const RuleSetting *setting)
{
	return campaign_list_has(campaign_split_commas(setting->kinds), kind);
}

/* Names of the settings of a kind. */
static List *
setting_names(const char *kind)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(rule_settings); i++)
	{
		if (takes(kind, &rule_settings[i]))
			names = lappend(names, (char *) rule_settings[i].name);
	}
	return names;
}

/* Refuses a kind that there is not. */
static void
check_kind(const char *kind)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(kinds); i++)
		names = lappend(names, (char *) kinds[i]);
	if (!campaign_list_has(names, kind))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a kind of rule", kind),
				 errhint("Kinds are pressure, capacity, control and quiet_hours.")));
}

/* Refuses what the kind has no setting for. */
static void
check_names(const char *kind, const Jsonb *settings)
{
	List	   *names = setting_names(kind);
	ListCell   *cell;

	if (!JB_ROOT_IS_OBJECT(settings))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("settings must be a JSON object"),
				 errhint("Settings of kind \"%s\" are %s.", kind,
						 campaign_list_join(names))));
	foreach(cell, campaign_object_keys(settings))
	{
		if (!campaign_list_has(names, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized setting \"%s\" of a rule of kind \"%s\"",
							(char *) lfirst(cell), kind),
					 errhint("%s", campaign_nearest_hint(lfirst(cell), names,
														 "settings"))));
	}
}

/* True if any of the settings has the member. */
static bool
any_has(List *settings, const char *name)
{
	ListCell   *cell;

	foreach(cell, settings)
	{
		if (campaign_object_member(&((Jsonb *) lfirst(cell))->root,
								   name) != NULL)
			return true;
	}
	return false;
}

/* Pushes a member with the elements it has in any of the settings. */
static void
push_elements(JsonbParseState **state, List *settings, const char *name)
{
	JsonbValue	key = {.type = jbvString};
	ListCell   *cell;

	if (!any_has(settings, name))
		return;
	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	foreach(cell, settings)
	{
		const Jsonb *one = lfirst(cell);
		JsonbValue *array = campaign_object_member(&one->root, name);

		for (uint32 i = 0; array != NULL &&
			 i < JsonContainerSize(array->val.binary.data); i++)
			pushJsonbValue(state, WJB_ELEM,
						   getIthJsonbValueFromContainer(array->val.binary.data,
														 i));
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* What is quiet by any of the settings of rules, as campaign_quiet_parse reads it. */
static Jsonb *
join_quiet(List *settings)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_elements(&state, settings, "weekly");
	push_elements(&state, settings, "dates");
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Refuses settings that are missing, or whose values are wrong. */
static void
check_values(const char *kind, const Jsonb *settings)
{
	for (int i = 0; i < lengthof(rule_settings); i++)
	{
		const RuleSetting *setting = &rule_settings[i];
		JsonbValue *value = campaign_object_member(&settings->root,
												   setting->name);

		if (value == NULL && setting->required && takes(kind, setting))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("setting \"%s\" of a rule of kind \"%s\" is required",
							setting->name, kind),
					 errhint("%s", setting->meaning)));
		if (value != NULL && !setting->fits(value))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("setting \"%s\" must be %s", setting->name,
							setting->must),
					 errhint("%s", setting->meaning)));
	}
}

/* Refuses wrong settings. */
void
campaign_rule_check(const char *kind, const Jsonb *settings)
{
	check_kind(kind);
	check_names(kind, settings);
	check_values(kind, settings);
	if (strcmp(kind, "quiet_hours") == 0)
		(void) campaign_quiet_parse(join_quiet(list_make1((void *) settings)));
}

/* The expression a rule counts by. */
CampaignExpression *
campaign_rule_expression(const CampaignRule *rule)
{
	char	   *text = campaign_object_text(&rule->settings->root, "by");

	return text == NULL ? NULL :
		campaign_expression_parse(text,
								  psprintf("setting \"by\" of rule \"%s\"",
										   rule->name),
								  rule->search_path);
}

/* What a rule's messages are counted in. */
CampaignPeriod
campaign_rule_period(const Jsonb *settings)
{
	CampaignPeriod period;

	period.per = campaign_object_text(&settings->root, "per");
	period.time_zone = campaign_object_text(&settings->root, "time_zone");
	if (period.time_zone == NULL)
		period.time_zone = "UTC";
	return period;
}

/* A whole number among a rule's settings. */
int64
campaign_rule_number(const Jsonb *settings, const char *name)
{
	return pg_strtoint64(campaign_object_text(&settings->root, name));
}

/* ---------------------------- which rules hold -------------------------- */

/* Names of the rules an activity names. */
List *
campaign_rule_names(const CampaignActivity *activity)
{
	char	   *text = campaign_option_text(activity->options, "rules");

	return text == NULL ? NIL : campaign_split_commas(text);
}

/* True if the rule is for the channel of the delivery. */
static bool
covers_channel(const CampaignRule *rule, const CampaignScope *scope)
{
	JsonbValue *channels = campaign_object_member(&rule->settings->root,
												  "channels");
	JsonbContainer *array;

	if (channels == NULL)
		return true;
	array = channels->val.binary.data;
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		char	   *name = campaign_scalar_text(getIthJsonbValueFromContainer(array, i));

		if (strcmp(name, scope->activity->kind) == 0 ||
			strcmp(name, campaign_delivery_channel(scope)) == 0)
			return true;
	}
	return false;
}

/* True if the delivery has to follow the rule. */
static bool
holds(const CampaignRule *rule, const CampaignScope *scope)
{
	if (campaign_list_has(campaign_rule_names(scope->activity), rule->name))
		return true;
	return campaign_option_bool(rule->settings, "always", false) &&
		!campaign_delivery_is_transactional(scope) &&
		covers_channel(rule, scope);
}

/* The rules there are: frozen with the version, or the owner's now. */
static List *
known_rules(const CampaignScope *scope)
{
	return scope->graph->frozen ?
		campaign_rule_list_of_version(scope->graph->version_id) :
		campaign_rule_list(scope->graph->campaign->owner);
}

/* The rules that hold for a delivery. */
List *
campaign_rules_of(const CampaignScope *scope)
{
	List	   *known = known_rules(scope);
	List	   *rules = NIL;
	ListCell   *cell;

	for (int i = 0; i < lengthof(kinds); i++)
	{
		foreach(cell, known)
		{
			CampaignRule *rule = lfirst(cell);

			if (strcmp(rule->kind, kinds[i]) == 0 && holds(rule, scope))
				rules = lappend(rules, rule);
		}
	}
	return rules;
}

/* When nothing is sent, by all rules of quiet hours that hold. */
Jsonb *
campaign_rules_quiet(const CampaignScope *scope)
{
	List	   *settings = NIL;
	ListCell   *cell;

	foreach(cell, campaign_rules_of(scope))
	{
		const CampaignRule *rule = lfirst(cell);

		if (strcmp(rule->kind, "quiet_hours") == 0)
			settings = lappend(settings, rule->settings);
	}
	return settings == NIL ? NULL : join_quiet(settings);
}

/* The rule of that name among the known ones; refused with the nearest. */
static CampaignRule *
require_rule(List *known, const char *name)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, known)
	{
		CampaignRule *rule = lfirst(cell);

		if (strcmp(rule->name, name) == 0)
			return rule;
		names = lappend(names, rule->name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("rule \"%s\" does not exist", name),
			 errhint("%s Rules are declared with campaign_rule().",
					 campaign_nearest_hint(name, names, "rules"))));
	return NULL;				/* keep the compiler quiet */
}

/* Refuses names of rules that cannot hold. */
void
campaign_rules_check(const CampaignScope *scope)
{
	List	   *names = campaign_rule_names(scope->activity);
	List	   *known = names == NIL ? NIL : known_rules(scope);
	Jsonb	   *quiet = campaign_rules_quiet(scope);
	ListCell   *cell;

	foreach(cell, names)
	{
		CampaignRule *rule = require_rule(known, lfirst(cell));

		if (!covers_channel(rule, scope))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("rule \"%s\" is not for channel \"%s\"",
							rule->name, campaign_delivery_channel(scope)),
					 errhint("Its channels are set with campaign_rule().")));
	}
	/* Rules that leave time one by one may leave none together. */
	if (quiet != NULL)
		(void) campaign_quiet_parse(quiet);
}
