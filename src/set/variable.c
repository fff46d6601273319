/*
 * variable.c
 *		Typed variables of a run, seen by expressions as vars.name.
 *
 * A campaign declares them in its settings:
 *		{"variables": {"discount": {"type": "numeric", "default": 10}}}
 * Values travel as jsonb and become parameters of the planned statements, so
 * the planner knows them and nobody has to quote them.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/text.h"
#include "set/variable.h"

/* The member of a jsonb object, or NULL. */
static JsonbValue *
member(const Jsonb *object, const char *name)
{
	if (object == NULL || !JB_ROOT_IS_OBJECT(object))
		return NULL;
	return getKeyJsonValueFromContainer((JsonbContainer *) &object->root,
										name, strlen(name), NULL);
}

/* The member as a jsonb of its own, or NULL. */
static Jsonb *
member_jsonb(const Jsonb *object, const char *name)
{
	JsonbValue *value = member(object, name);

	return value == NULL ? NULL : JsonbValueToJsonb(value);
}

/* Keys of a jsonb object, of char *. */
static List *
object_keys(const Jsonb *object)
{
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) &object->root);
	JsonbValue	value;
	JsonbIteratorToken token;
	List	   *keys = NIL;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			keys = lappend(keys, pnstrdup(value.val.string.val,
										  value.val.string.len));
	}
	return keys;
}

/* The type named in a declaration. */
static Oid
declared_type(const char *name, const Jsonb *declaration)
{
	JsonbValue *type = member(declaration, "type");
	Oid			oid;
	int32		typmod;

	if (type == NULL || type->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variable \"%s\" has no type", name),
				 errhint("Declare it as {\"%s\": {\"type\": \"numeric\", \"default\": 10}}.",
						 name)));
	parseTypeString(pnstrdup(type->val.string.val, type->val.string.len),
					&oid, &typmod, false);
	if (get_typtype(oid) == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variable \"%s\" cannot have type %s", name,
						format_type_be(oid)),
				 errhint("Choose a type that a column can have.")));
	return oid;
}

/* Refuses names and members of a declaration that mean nothing. */
static void
check_declaration(const char *name, const Jsonb *declaration)
{
	ListCell   *cell;

	if (!campaign_is_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of a variable: \"%s\"", name),
				 errhint("Names have small letters, digits and underscores, at most 63.")));
	if (declaration == NULL || !JB_ROOT_IS_OBJECT(declaration))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variable \"%s\" must be declared by an object", name),
				 errhint("Declare it as {\"%s\": {\"type\": \"numeric\", \"default\": 10}}.",
						 name)));
	foreach(cell, object_keys(declaration))
	{
		const char *key = lfirst(cell);

		if (strcmp(key, "type") != 0 && strcmp(key, "default") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized member \"%s\" of variable \"%s\"",
							key, name),
					 errhint("A variable has \"type\" and \"default\".")));
	}
}

/* From the campaign's setting "variables". */
CampaignVariables *
campaign_variables_declared(const Jsonb *settings)
{
	CampaignVariables *variables = palloc0(sizeof(CampaignVariables));
	Jsonb	   *declared = member_jsonb(settings, "variables");
	List	   *names;
	ListCell   *cell;

	if (declared == NULL)
		return variables;
	if (!JB_ROOT_IS_OBJECT(declared))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"variables\" must be an object"),
				 errhint("Declare variables as {\"discount\": {\"type\": \"numeric\"}}.")));
	names = object_keys(declared);
	variables->names = palloc(sizeof(char *) * Max(list_length(names), 1));
	variables->types = palloc(sizeof(Oid) * Max(list_length(names), 1));
	foreach(cell, names)
	{
		char	   *name = lfirst(cell);
		Jsonb	   *declaration = member_jsonb(declared, name);

		check_declaration(name, declaration);
		variables->names[variables->count] = name;
		variables->types[variables->count] = declared_type(name, declaration);
		variables->count++;
	}
	return variables;
}

/* Number of the variable, from 1; 0 if there is none of that name. */
int
campaign_variables_find(const CampaignVariables *variables, const char *name)
{
	for (int i = 0; variables != NULL && i < variables->count; i++)
	{
		if (strcmp(variables->names[i], name) == 0)
			return i + 1;
	}
	return 0;
}

/* A jsonb value as the text its type reads; NULL for null. */
static char *
value_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return NULL;
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		default:
			{
				Jsonb	   *document = JsonbValueToJsonb((JsonbValue *) value);

				return JsonbToCString(NULL, &document->root,
									  VARSIZE(document));
			}
	}
}

/* Reads a value with the input function of its type. */
static Datum
read_value(const JsonbValue *value, Oid type, bool *isnull)
{
	Oid			input;
	Oid			parameter;
	char	   *text = value == NULL ? NULL : value_text(value);

	/* A json variable takes any value as it is, strings with their quotes. */
	if (text != NULL && (type == JSONOID || type == JSONBOID))
	{
		Jsonb	   *document = JsonbValueToJsonb((JsonbValue *) value);

		text = JsonbToCString(NULL, &document->root, VARSIZE(document));
	}
	*isnull = text == NULL;
	getTypeInputInfo(type, &input, &parameter);
	return OidInputFunctionCall(input, text, parameter, -1);
}

/* Refuses values of variables that are not declared. */
static void
check_given(const CampaignVariables *variables, const Jsonb *given)
{
	List	   *names = NIL;
	ListCell   *cell;

	if (given == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(given))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variables must be a JSON object"),
				 errhint("Give them as '{\"discount\": 15}'.")));
	for (int i = 0; i < variables->count; i++)
		names = lappend(names, variables->names[i]);
	foreach(cell, object_keys(given))
	{
		const char *name = lfirst(cell);

		if (campaign_variables_find(variables, name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_PARAMETER),
					 errmsg("variable \"%s\" is not declared", name),
					 errhint("%s Variables are declared in the campaign's setting \"variables\".",
							 campaign_nearest_hint(name, names, "variables"))));
	}
}

/* The value of a variable: given, else its default, else NULL. */
static JsonbValue *
chosen_value(const Jsonb *settings, const Jsonb *given, const char *name)
{
	JsonbValue *value = member(given, name);

	if (value != NULL)
		return value;
	return member(member_jsonb(member_jsonb(settings, "variables"), name),
				  "default");
}

/* Checks given values and fills in defaults. */
Jsonb *
campaign_variables_bind(const Jsonb *settings, const Jsonb *given)
{
	CampaignVariables *variables = campaign_variables_declared(settings);
	JsonbParseState *state = NULL;
	JsonbValue	null = {.type = jbvNull};

	check_given(variables, given);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < variables->count; i++)
	{
		const char *name = variables->names[i];
		JsonbValue *value = chosen_value(settings, given, name);
		JsonbValue	key;
		bool		isnull;

		(void) read_value(value, variables->types[i], &isnull);
		key.type = jbvString;
		key.val.string.val = (char *) name;
		key.val.string.len = strlen(name);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, value != NULL ? value : &null);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* The variables of a run, from what campaign_variables_bind gave. */
CampaignVariables *
campaign_variables_of_run(const Jsonb *settings, const Jsonb *values)
{
	CampaignVariables *variables = campaign_variables_declared(settings);

	variables->values = makeParamList(variables->count);
	for (int i = 0; i < variables->count; i++)
	{
		ParamExternData *param = &variables->values->params[i];

		param->value = read_value(member(values, variables->names[i]),
								  variables->types[i], &param->isnull);
		param->pflags = PARAM_FLAG_CONST;
		param->ptype = variables->types[i];
	}
	return variables;
}
