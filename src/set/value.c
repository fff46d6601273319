/*
 * value.c
 *		Values in rule trees: constants, other attributes, variables,
 *		parameters, expressions, and days relative to now.
 *
 * A constant is read by the type of what it is compared with, here and not
 * when it is executed, so that an error names it; and it is written with that
 * type, so that an index on the attribute serves.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/json.h"
#include "base/text.h"
#include "set/clause.h"
#include "set/literal.h"

/* Errors of input functions do not say what they are about. */
static void
constant_error_context(void *arg)
{
	errcontext("rule at %s", (const char *) arg);
}

/*
 * Reads the constant with its type's input function, for the error alone,
 * unless that executes a user's code.
 */
static void
check_constant(const char *text, Oid type, const char *path)
{
	ErrorContextCallback callback = {
		error_context_stack, constant_error_context, (void *) path
	};
	Oid			input;
	Oid			parameter;

	if (campaign_literal_executes(type))
		return;
	getTypeInputInfo(type, &input, &parameter);
	error_context_stack = &callback;
	(void) OidInputFunctionCall(input, (char *) text, parameter, -1);
	error_context_stack = callback.previous;
}

/* True if a JSON value of that type can be a constant of the SQL type. */
static bool
fits(const JsonbValue *value, Oid type)
{
	char		category = TypeCategory(type);

	if (value->type == jbvBool)
		return type == BOOLOID;
	if (value->type == jbvNumeric)
		return category == TYPCATEGORY_NUMERIC;
	return value->type == jbvString;
}

/* A constant as it is written for an unknown type. */
static char *
plain_constant(const JsonbValue *value, const char *text)
{
	return value->type == jbvString ? quote_literal_cstr(text) : pstrdup(text);
}

/* A constant of the type. */
static char *
write_constant(const JsonbValue *value, const char *text, Oid type,
			   const char *path)
{
	/* Numbers keep their own type: 1.5 is no integer, but compares with one. */
	if (!OidIsValid(type) || value->type == jbvNumeric ||
		value->type == jbvBool)
		return plain_constant(value, text);
	check_constant(text, type, path);
	/* An unadorned literal is of the type of a text it is compared with. */
	if (TypeCategory(type) == TYPCATEGORY_STRING)
		return quote_literal_cstr(text);
	return psprintf("%s::%s", quote_literal_cstr(text),
					format_type_extended(type, -1, FORMAT_TYPE_FORCE_QUALIFY));
}

/* A scalar of JSON. */
static CampaignClauseValue
scalar_value(const JsonbValue *value, const char *path, Oid type)
{
	CampaignClauseValue result;

	if (value == NULL || value->type == jbvNull)
		campaign_clause_refuse(ERRCODE_NULL_VALUE_NOT_ALLOWED, path,
							   "there is no value",
							   "NULL equals nothing; ask with the operators \"empty\" and \"not_empty\".");
	if (OidIsValid(type) && !fits(value, type))
		campaign_clause_refuse(ERRCODE_DATATYPE_MISMATCH, path,
							   psprintf("%s is no value of type %s",
										value->type == jbvString ? "a string" :
										value->type == jbvBool ? "true or false" :
										"a number", format_type_be(type)),
							   "Write it as a JSON value of that kind, or as a string.");
	result.constant = campaign_scalar_text(value);
	result.text = write_constant(value, result.constant, type, path);
	return result;
}

/* ------------------------------- presets --------------------------------- */

static const struct
{
	const char *name;
	const char *sql;
}			presets[] = {
	{"now", "now()"},
	{"today", "date_trunc('day', now())"},
	{"start_of_week", "date_trunc('week', now())"},
	{"start_of_month", "date_trunc('month', now())"},
	{"start_of_quarter", "date_trunc('quarter', now())"},
	{"start_of_year", "date_trunc('year', now())"}
};

/* What a preset is in SQL; refuses what is none. */
static const char *
find_preset(const char *name, const char *path)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(presets); i++)
	{
		if (strcmp(presets[i].name, name) == 0)
			return presets[i].sql;
		names = lappend(names, (char *) presets[i].name);
	}
	campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
						   psprintf("unrecognized preset \"%s\"", name),
						   campaign_nearest_hint(name, names, "presets"));
}

/* A preset, and so much later or earlier, as a value of the type. */
static char *
preset_value(const JsonbContainer *object, const char *path, Oid type)
{
	const char *sql = find_preset(campaign_object_text(object, "preset"), path);
	char	   *plus = campaign_object_text(object, "plus");

	if (OidIsValid(type) && TypeCategory(type) != TYPCATEGORY_DATETIME)
		campaign_clause_refuse(ERRCODE_DATATYPE_MISMATCH, path,
							   psprintf("a preset is no value of type %s",
										format_type_be(type)),
							   "Presets are compared with dates and times.");
	if (plus != NULL)
	{
		check_constant(plus, INTERVALOID, psprintf("%s.plus", path));
		sql = psprintf("%s + %s::interval", sql, quote_literal_cstr(plus));
	}
	if (!OidIsValid(type) || type == TIMESTAMPTZOID)
		return psprintf(plus ? "(%s)" : "%s", sql);
	return psprintf(plus ? "(%s)::%s" : "%s::%s", sql, format_type_be(type));
}

/* ------------------------------- the rest -------------------------------- */

/* A text member of a value; refuses what is no text. */
static char *
text_member(const JsonbContainer *object, const char *name, const char *path)
{
	char	   *text = campaign_object_text(object, name);

	if (text == NULL)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   psprintf("\"%s\" must be a string", name),
							   "It is the name or the expression that gives the value.");
	return text;
}

/* An expression as a value. */
static char *
sql_value(CampaignClause *clause, const char *sql, const char *path)
{
	CampaignClause writer = *clause;

	initStringInfo(&writer.text);
	campaign_clause_piece(&writer, sql, path, false);
	clause->pieces = writer.pieces;
	return writer.text.data;
}

/* A parameter of the filter, or of the rule that is shown. */
static CampaignClauseValue
parameter_value(const CampaignClause *clause, const char *name,
				const char *path, Oid type)
{
	JsonbValue *value = clause->parameters == NULL ? NULL :
		campaign_object_member(&clause->parameters->root, name);

	if (value == NULL && clause->expression->lenient)
	{
		CampaignClauseValue none = {"NULL", NULL};

		if (OidIsValid(type))
			none.text = psprintf("NULL::%s",
								 format_type_extended(type, -1,
													  FORMAT_TYPE_FORCE_QUALIFY));
		return none;
	}
	if (value == NULL)
		campaign_clause_refuse(ERRCODE_UNDEFINED_PARAMETER, path,
							   psprintf("parameter \"%s\" has no value", name),
							   clause->parameters == NULL ?
							   "Parameters are those of a saved filter, declared with campaign_filter()." :
							   campaign_nearest_hint(name,
													 campaign_object_keys(clause->parameters),
													 "parameters"));
	return scalar_value(value, path, type);
}

/* Another attribute, which must be one of the row itself. */
static char *
attribute_value(CampaignClause *clause, const CampaignClauseRow *row,
				const JsonbValue *value, const char *path)
{
	CampaignAttribute attribute =
		campaign_clause_attribute(clause, row, value, path);

	if (attribute.links != NIL)
		return campaign_clause_linked_value(clause, row, &attribute);
	return psprintf("%s.%s", quote_identifier(attribute.item),
					quote_identifier(attribute.column));
}

/* A value that is written as an object. */
static CampaignClauseValue
object_value(CampaignClause *clause, const CampaignClauseRow *row,
			 const JsonbContainer *object, const char *path, Oid type)
{
	CampaignClauseValue result = {NULL, NULL};

	campaign_members_check(object, psprintf("rule at %s", path),
						   "attribute, sql, variable, parameter, preset, plus");
	if (campaign_object_member(object, "attribute") != NULL)
		result.text = attribute_value(clause, row,
									  campaign_object_member(object, "attribute"),
									  psprintf("%s.attribute", path));
	else if (campaign_object_member(object, "sql") != NULL)
		result.text = sql_value(clause, text_member(object, "sql", path), path);
	else if (campaign_object_member(object, "variable") != NULL)
		result.text = psprintf("vars.%s",
							   quote_identifier(text_member(object, "variable",
															path)));
	else if (campaign_object_member(object, "parameter") != NULL)
		result = parameter_value(clause,
								 text_member(object, "parameter", path),
								 path, type);
	else if (campaign_object_member(object, "preset") != NULL)
		result.text = preset_value(object, path, type);
	else
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "it is no value",
							   "A value is a constant, or has one of the members attribute, sql, variable, parameter, preset.");
	return result;
}

/* A value of a node. */
CampaignClauseValue
campaign_clause_value(CampaignClause *clause, const CampaignClauseRow *row,
					  const JsonbValue *value, const char *path, Oid type)
{
	if (value == NULL || value->type != jbvBinary)
		return scalar_value(value, path, type);
	if (!JsonContainerIsObject(value->val.binary.data))
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "a value must not be an array",
							   "Lists belong to the operators \"in\" and \"between\".");
	return object_value(clause, row, value->val.binary.data, path, type);
}
