/*
 * option.c
 *		Options of activities: reading them and refusing wrong ones.
 *
 * This is the shape: names and types, which need nothing but the options.
 * What is in them is checked against rows in option_expression.c.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"

#include "activity/common.h"
#include "activity/option.h"
#include "base/text.h"
#include "set/condition.h"
#include "set/zone.h"

/* Longest span of time an option takes, in years. */
#define LONGEST_YEARS	10

/* ------------------------------- reading -------------------------------- */

/* True if a text, "activity" or "activity.outcome", names the transition. */
bool
campaign_transition_named(const char *text, const char *source,
						  const char *outcome)
{
	size_t		length = strlen(source);

	if (strncmp(text, source, length) != 0)
		return false;
	return text[length] == '\0' ||
		(text[length] == '.' && strcmp(text + length + 1, outcome) == 0);
}

/* A text option; NULL if absent. */
char *
campaign_option_text(const Jsonb *options, const char *name)
{
	return campaign_object_text(&options->root, name);
}

/* A boolean option. */
bool
campaign_option_bool(const Jsonb *options, const char *name, bool fallback)
{
	JsonbValue *value = campaign_object_member(&options->root, name);

	return value == NULL ? fallback : value->val.boolean;
}

/* An interval option; NULL if absent. */
Interval *
campaign_option_interval(const Jsonb *options, const char *name)
{
	char	   *text = campaign_option_text(options, name);

	if (text == NULL)
		return NULL;
	return DatumGetIntervalP(DirectFunctionCall3(interval_in,
												 CStringGetDatum(text),
												 ObjectIdGetDatum(InvalidOid),
												 Int32GetDatum(-1)));
}

/* A point in time; 0 if absent. */
TimestampTz
campaign_option_time(const Jsonb *options, const char *name)
{
	char	   *text = campaign_option_text(options, name);

	if (text == NULL)
		return 0;
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
												   CStringGetDatum(text),
												   ObjectIdGetDatum(InvalidOid),
												   Int32GetDatum(-1)));
}

/* A whole number. */
int64
campaign_option_count(const Jsonb *options, const char *name, int64 fallback)
{
	char	   *text = campaign_option_text(options, name);

	return text == NULL ? fallback : pg_strtoint64(text);
}

/* The elements of an array of objects. */
List *
campaign_option_objects(const Jsonb *options, const char *name)
{
	JsonbValue *value = campaign_object_member(&options->root, name);
	List	   *objects = NIL;

	if (value == NULL)
		return NIL;
	for (uint32 i = 0; i < JsonContainerSize(value->val.binary.data); i++)
		objects = lappend(objects,
						  getIthJsonbValueFromContainer(value->val.binary.data,
														i)->val.binary.data);
	return objects;
}

/* The type of a kind's option. */
static CampaignOptionType
option_type(const char *kind, const char *name)
{
	const CampaignKind *found = campaign_kind_find(kind);

	for (int i = 0; i < found->noptions; i++)
	{
		if (strcmp(found->options[i].name, name) == 0)
			return found->options[i].type;
	}
	elog(ERROR, "kind \"%s\" has no option \"%s\"", kind, name);
}

/* A time as an expression: a literal gets the type that its form says. */
static char *
moment_expression(char *text)
{
	switch (campaign_moment_of(text))
	{
		case CAMPAIGN_MOMENT_LOCAL:
			return psprintf("TIMESTAMP WITHOUT TIME ZONE %s",
							quote_literal_cstr(text));
		case CAMPAIGN_MOMENT_INSTANT:
			return psprintf("TIMESTAMP WITH TIME ZONE %s",
							quote_literal_cstr(text));
		default:
			return text;
	}
}

/* An expression option, parsed; NULL if absent. */
CampaignExpression *
campaign_option_expression(const CampaignActivity *activity, const char *name)
{
	char	   *text = campaign_object_condition(&activity->options->root, name);

	if (text == NULL)
		return NULL;
	if (option_type(activity->kind, name) == CAMPAIGN_OPTION_MOMENT)
		text = moment_expression(text);
	return campaign_expression_parse(text,
									 psprintf("option \"%s\" of activity \"%s\"",
											  name, activity->name),
									 activity->search_path);
}

/* The expressions of a list or of an ordering. */
List *
campaign_option_expressions(const CampaignActivity *activity, const char *name)
{
	char	   *text = campaign_option_text(activity->options, name);
	char	   *what = psprintf("option \"%s\" of activity \"%s\"", name,
								activity->name);
	List	   *expressions;
	ListCell   *cell;

	if (text == NULL)
		return NIL;
	if (option_type(activity->kind, name) == CAMPAIGN_OPTION_ORDER)
		return campaign_expression_parse_order(text, what,
											   activity->search_path);
	expressions = campaign_expression_parse_list(text, what,
												 activity->search_path);
	foreach(cell, expressions)
		((CampaignExpression *) lfirst(cell))->sortable = true;
	return expressions;
}

/* -------------------------------- shape --------------------------------- */

/* Names of a kind's options. */
static List *
option_names(const CampaignKind *kind)
{
	List	   *names = NIL;

	for (int i = 0; i < kind->noptions; i++)
		names = lappend(names, (char *) kind->options[i].name);
	for (int i = 0; i < campaign_common_count; i++)
		names = lappend(names, (char *) campaign_common_options[i].name);
	return names;
}

/* The kind's option of that name; refused with the nearest names. */
static const CampaignOption *
find_option(const CampaignKind *kind, const char *name)
{
	for (int i = 0; i < kind->noptions; i++)
	{
		if (strcmp(kind->options[i].name, name) == 0)
			return &kind->options[i];
	}
	for (int i = 0; i < campaign_common_count; i++)
	{
		if (strcmp(campaign_common_options[i].name, name) == 0)
			return &campaign_common_options[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized option \"%s\" of kind \"%s\"", name,
					kind->name),
			 errhint("%s", campaign_nearest_hint(name, option_names(kind),
												 "options"))));
	return NULL;				/* keep the compiler quiet */
}

/* Refuses a value for its type. */
static void
refuse_value(const CampaignOption *option, const char *must)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"%s\" must be %s", option->name, must),
			 errhint("%s", option->meaning)));
}

/*
 * A span of time in the style "3 days 04:05:06", whatever the session's is;
 * refuses infinite, negative and absurdly long ones.
 */
static char *
canonical_interval(const CampaignOption *option, const Jsonb *options)
{
	Interval   *span = campaign_option_interval(options, option->name);
	Interval	longest = {0, 0, LONGEST_YEARS * MONTHS_PER_YEAR};
	Interval	zero = {0, 0, 0};
	Datum		value = IntervalPGetDatum(span);
	char		buffer[MAXDATELEN + 1];
	struct pg_itm parts;

	if (DatumGetBool(DirectFunctionCall2(interval_lt, value,
										 IntervalPGetDatum(&zero))) ||
		DatumGetBool(DirectFunctionCall2(interval_gt, value,
										 IntervalPGetDatum(&longest))))
		refuse_value(option, "between 0 and 10 years");
	interval2itm(*span, &parts);
	EncodeInterval(&parts, INTSTYLE_POSTGRES, buffer);
	return pstrdup(buffer);
}

/* A time as ISO 8601 in UTC: no session's settings change its meaning. */
static char *
canonical_time(const CampaignOption *option, const Jsonb *options)
{
	TimestampTz time = campaign_option_time(options, option->name);
	char		buffer[MAXDATELEN + 1];
	int			zone = 0;

	if (TIMESTAMP_NOT_FINITE(time))
		refuse_value(option, "a finite time");
	JsonEncodeDateTime(buffer, TimestampTzGetDatum(time), TIMESTAMPTZOID,
					   &zone);
	return pstrdup(buffer);
}

/* Refuses a word that is none of the choices. */
static void
check_choice(const CampaignOption *option, const char *word)
{
	List	   *choices = campaign_split_commas(option->choices);

	if (campaign_list_has(choices, word))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for option \"%s\": \"%s\"", option->name,
					word),
			 errhint("%s", campaign_nearest_hint(word, choices, "values"))));
}

/* Refuses what is no whole number from 1 to 10^15. */
static void
check_count(const CampaignOption *option, const JsonbValue *value)
{
	char	   *end;
	long long	count;

	errno = 0;
	count = value->type != jbvNumeric ? 0 :
		strtoll(campaign_scalar_text(value), &end, 10);
	if (count < 1 || count > INT64CONST(1000000000000000) || *end != '\0')
		refuse_value(option, "a whole number of at least 1");
}

/* Refuses what is no array of objects. */
static void
check_objects(const CampaignOption *option, const JsonbValue *value)
{
	JsonbContainer *array = value->type == jbvBinary ?
		value->val.binary.data : NULL;

	if (array == NULL || !JsonContainerIsArray(array))
		refuse_value(option, "an array of objects");
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(array, i);

		if (element->type != jbvBinary ||
			!JsonContainerIsObject(element->val.binary.data))
			refuse_value(option, "an array of objects");
	}
}

/* Refuses a JSON value of the wrong type for the option. */
static void
check_json_type(const CampaignOption *option, const JsonbValue *value)
{
	switch (option->type)
	{
		case CAMPAIGN_OPTION_BOOLEAN:
			if (value->type != jbvBool)
				refuse_value(option, "true or false");
			break;
		case CAMPAIGN_OPTION_OUTCOMES:
			if (value->type != jbvBinary ||
				!JsonContainerIsArray(value->val.binary.data))
				refuse_value(option, "an array of objects");
			break;
		case CAMPAIGN_OPTION_TEMPLATES:
		case CAMPAIGN_OPTION_OBJECT:
			if (!campaign_is_object(value))
				refuse_value(option, "an object");
			break;
		case CAMPAIGN_OPTION_CONDITION:
			if (value->type != jbvString &&
				!campaign_is_object(value))
				refuse_value(option, "a string, or a rule, which is an object");
			break;
		case CAMPAIGN_OPTION_COUNT:
			check_count(option, value);
			break;
		case CAMPAIGN_OPTION_NUMBER:
			if (value->type != jbvNumeric ||
				*campaign_scalar_text(value) == '-')
				refuse_value(option, "a number of at least 0");
			break;
		case CAMPAIGN_OPTION_WAVES:
			if (value->type == jbvBinary &&
				JsonContainerIsObject(value->val.binary.data))
				break;
			/* FALLTHROUGH */
		case CAMPAIGN_OPTION_OBJECTS:
			check_objects(option, value);
			break;
		default:
			if (value->type != jbvString)
				refuse_value(option, "a string");
			break;
	}
}

/* Errors of input functions do not say which option they are about. */
static void
option_error_context(void *arg)
{
	errcontext("option \"%s\"", ((const CampaignOption *) arg)->name);
}

/* Makes a rule in a string the object that it is. */
static void
read_rule(JsonbValue *value)
{
	char	   *text = campaign_scalar_text(value);
	Jsonb	   *rule;

	if (!campaign_condition_is_tree(text))
		return;
	rule = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(text)));
	value->type = jbvBinary;
	value->val.binary.data = &rule->root;
	value->val.binary.len = VARSIZE(rule) - VARHDRSZ;
}

/* Refuses a value its type cannot read; rewrites *value where needed. */
static void
check_value(const CampaignOption *option, const Jsonb *options,
			JsonbValue *value)
{
	ErrorContextCallback callback = {
		error_context_stack, option_error_context, (void *) option
	};

	check_json_type(option, value);
	error_context_stack = &callback;
	switch (option->type)
	{
		case CAMPAIGN_OPTION_INTERVAL:
			value->val.string.val = canonical_interval(option, options);
			value->val.string.len = strlen(value->val.string.val);
			break;
		case CAMPAIGN_OPTION_TIME:
			value->val.string.val = canonical_time(option, options);
			value->val.string.len = strlen(value->val.string.val);
			break;
		case CAMPAIGN_OPTION_CHOICE:
			check_choice(option, campaign_scalar_text(value));
			break;
		case CAMPAIGN_OPTION_CONDITION:
			if (value->type == jbvString)
				read_rule(value);
			break;
		case CAMPAIGN_OPTION_DIMENSION:
			campaign_activity_check_dimension(campaign_scalar_text(value));
			break;
		default:
			break;
	}
	error_context_stack = callback.previous;
}

/* True if the option is a part of messages, which a template may have. */
bool
campaign_option_is_part(const CampaignOption *option)
{
	return option->type == CAMPAIGN_OPTION_TEMPLATE ||
		option->type == CAMPAIGN_OPTION_TEMPLATES;
}

/*
 * Refuses a kind's required options that are missing; texts may be those of a
 * template.
 */
static void
check_required(const CampaignKind *kind, const Jsonb *options)
{
	bool		named = campaign_object_member(&options->root,
											   "template") != NULL;

	for (int i = 0; i < kind->noptions; i++)
	{
		const CampaignOption *option = &kind->options[i];

		if (option->required &&
			!(named && campaign_option_is_part(option)) &&
			campaign_object_member(&options->root, option->name) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" of kind \"%s\" is required",
							option->name, kind->name),
					 errhint("%s", option->meaning)));
	}
}

/* Refuses wrong shapes; gives the options in the form they are stored in. */
Jsonb *
campaign_options_check_shape(const CampaignKind *kind, const Jsonb *options)
{
	JsonbParseState *state = NULL;
	JsonbValue	key = {.type = jbvString};
	Jsonb	   *result;
	ListCell   *cell;

	if (!JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be a JSON object"),
				 errhint("campaign_kinds() lists the options of each kind.")));
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, campaign_object_keys(options))
	{
		const CampaignOption *option = find_option(kind, lfirst(cell));
		JsonbValue *value = campaign_object_member(&options->root, option->name);

		if (value == NULL)
			continue;
		check_value(option, options, value);
		key.val.string.val = (char *) option->name;
		key.val.string.len = strlen(option->name);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, value);
	}
	result = JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
	check_required(kind, result);
	return result;
}

/* ---------------------------- for people -------------------------------- */

static const char *const type_names[] = {
	[CAMPAIGN_OPTION_TEXT] = "text",
	[CAMPAIGN_OPTION_BOOLEAN] = "boolean",
	[CAMPAIGN_OPTION_INTERVAL] = "interval",
	[CAMPAIGN_OPTION_TIME] = "timestamptz",
	[CAMPAIGN_OPTION_CONDITION] = "condition",
	[CAMPAIGN_OPTION_VALUE] = "expression",
	[CAMPAIGN_OPTION_MOMENT] = "time or expression",
	[CAMPAIGN_OPTION_DIMENSION] = "dimension",
	[CAMPAIGN_OPTION_CHOICE] = "choice",
	[CAMPAIGN_OPTION_TEMPLATE] = "template",
	[CAMPAIGN_OPTION_TEMPLATES] = "templates",
	[CAMPAIGN_OPTION_OUTCOMES] = "outcomes",
	[CAMPAIGN_OPTION_TRANSITION] = "transition",
	[CAMPAIGN_OPTION_TRANSITIONS] = "transitions",
	[CAMPAIGN_OPTION_COUNT] = "count",
	[CAMPAIGN_OPTION_NUMBER] = "number",
	[CAMPAIGN_OPTION_VALUES] = "expressions",
	[CAMPAIGN_OPTION_ORDER] = "ordering",
	[CAMPAIGN_OPTION_WAVES] = "objects or object",
	[CAMPAIGN_OPTION_OBJECT] = "object",
	[CAMPAIGN_OPTION_OBJECTS] = "objects",
	[CAMPAIGN_OPTION_RUN_CONDITION] = "condition over the run",
	[CAMPAIGN_OPTION_RUN_INSTANT] = "time over the run",
	[CAMPAIGN_OPTION_MESSAGE] = "text over the run",
};

/* Pushes a member with a text, or null. */
static void
push_text(JsonbParseState **state, const char *name, const char *text)
{
	JsonbValue	key = {.type = jbvString};
	JsonbValue	value = {.type = jbvNull};

	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	if (text != NULL)
	{
		value.type = jbvString;
		value.val.string.val = (char *) text;
		value.val.string.len = strlen(text);
	}
	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_VALUE, &value);
}

/* Options as an array of {name, type, required, default, meaning}. */
Jsonb *
campaign_options_json(const CampaignOption *options, int count)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
	{
		const CampaignOption *option = &options[i];

		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, "name", option->name);
		push_text(&state, "type", option->type == CAMPAIGN_OPTION_CHOICE ?
				  option->choices : type_names[option->type]);
		push_text(&state, "required", option->required ? "yes" : "no");
		push_text(&state, "default", option->fallback);
		push_text(&state, "meaning", option->meaning);
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
}
