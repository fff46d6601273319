/*
 * variable.c
 *		Typed variables of a run, seen by expressions as vars.name.
 *
 * A campaign declares them in its settings:
 *		{"variables": {"discount": {"type": "numeric", "default": 10}}}
 * Instead of a default it may be required, or have a query (set/reckon.c).
 * Values travel as jsonb and become parameters of the planned statements, so
 * the planner knows them and nobody has to quote them.  Types are looked up
 * once under the search_path of who declares them and then stored by names
 * that are read under the server's own.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "parser/parse_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "base/identity.h"
#include "base/json.h"
#include "base/text.h"
#include "set/variable.h"

/* The member of a jsonb object, or NULL; a null is a value of its own here. */
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

/* The search_path under which stored names of types are read. */
static int
enter_stored_names(void)
{
	return campaign_search_path_enter("pg_catalog, pg_temp");
}

/* Errors of types and their input functions do not say what they are about. */
static void
variable_error_context(void *arg)
{
	errcontext("variable \"%s\"", (const char *) arg);
}

/* The type named in a declaration, under the search_path in force. */
static Oid
declared_type(const char *name, const Jsonb *declaration, int32 *typmod)
{
	JsonbValue *type = member(declaration, "type");
	Oid			oid;
	ErrorContextCallback callback = {
		error_context_stack, variable_error_context, (void *) name
	};

	if (type == NULL || type->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variable \"%s\" has no type", name),
				 errhint("Declare it as {\"%s\": {\"type\": \"numeric\", \"default\": 10}}.",
						 name)));
	error_context_stack = &callback;
	parseTypeString(pnstrdup(type->val.string.val, type->val.string.len),
					&oid, typmod, false);
	error_context_stack = callback.previous;
	if (get_typtype(oid) == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variable \"%s\" cannot have type %s", name,
						format_type_be(oid)),
				 errhint("Choose a type that a column can have.")));
	return oid;
}

/*
 * Refuses more than one thing that says where the value comes from, and what
 * does not say whose keys it holds.
 */
static void
check_source(const char *name, const Jsonb *declaration)
{
	JsonbValue *required = member(declaration, "required");
	JsonbValue *query = member(declaration, "query");
	JsonbValue *path = member(declaration, "search_path");
	JsonbValue *key = member(declaration, "key_of");

	if (key != NULL && key->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"key_of\" of variable \"%s\" is not a text", name),
				 errhint("It names the dimension whose keys the variable holds.")));
	if ((required == NULL || required->type == jbvBool) &&
		(query == NULL || query->type == jbvString) &&
		(path == NULL || (path->type == jbvString && query != NULL)) &&
		(query == NULL || (required == NULL &&
						   member(declaration, "default") == NULL)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("variable \"%s\" is not declared properly", name),
			 errhint("It has a text \"query\", or \"default\" and \"required\", which is true or false.")));
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
	foreach(cell, campaign_object_keys(declaration))
	{
		const char *key = lfirst(cell);

		if (strcmp(key, "type") != 0 && strcmp(key, "default") != 0 &&
			strcmp(key, "required") != 0 && strcmp(key, "query") != 0 &&
			strcmp(key, "key_of") != 0 && strcmp(key, "search_path") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized member \"%s\" of variable \"%s\"",
							key, name),
					 errhint("A variable has \"type\", \"key_of\", and \"default\", \"query\" or \"required\".")));
	}
	check_source(name, declaration);
}

/* The declarations, under the search_path in force. */
static CampaignVariables *
read_declarations(const Jsonb *settings)
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
	names = campaign_object_keys(declared);
	variables->names = palloc(sizeof(char *) * Max(list_length(names), 1));
	variables->types = palloc(sizeof(Oid) * Max(list_length(names), 1));
	variables->typmods = palloc(sizeof(int32) * Max(list_length(names), 1));
	foreach(cell, names)
	{
		char	   *name = lfirst(cell);
		Jsonb	   *declaration = member_jsonb(declared, name);

		check_declaration(name, declaration);
		variables->names[variables->count] = name;
		variables->types[variables->count] =
			declared_type(name, declaration,
						  &variables->typmods[variables->count]);
		variables->count++;
	}
	return variables;
}

/* The settings with another text for a member of that variable. */
static Datum
replace_member(Datum settings, const char *name, const char *member,
			   const char *text)
{
	Datum		path[3] = {
		CStringGetTextDatum("variables"),
		CStringGetTextDatum(name),
		CStringGetTextDatum(member)
	};
	JsonbValue	value = {.type = jbvString};

	value.val.string.val = (char *) text;
	value.val.string.len = strlen(text);
	return DirectFunctionCall4(jsonb_set, settings,
							   PointerGetDatum(construct_array(path, 3, TEXTOID, -1, false, TYPALIGN_INT)),
							   JsonbPGetDatum(JsonbValueToJsonb(&value)),
							   BoolGetDatum(true));
}

/* The declaration of a variable. */
static Jsonb *
declaration_of(const Jsonb *settings, const char *name)
{
	return member_jsonb(member_jsonb(settings, "variables"), name);
}

/* The settings with the search_path in force where a query has none. */
static Datum
add_search_paths(Datum result, const Jsonb *settings,
				 const CampaignVariables *variables)
{
	const char *path = campaign_search_path_current();

	for (int i = 0; i < variables->count; i++)
	{
		Jsonb	   *declaration = declaration_of(settings,
												 variables->names[i]);

		if (member(declaration, "query") != NULL &&
			member(declaration, "search_path") == NULL)
			result = replace_member(result, variables->names[i],
									"search_path", path);
	}
	return result;
}

/* The settings with types named independently of any search_path. */
Jsonb *
campaign_variables_canonical(const Jsonb *settings)
{
	CampaignVariables *variables = read_declarations(settings);
	Datum		result = add_search_paths(JsonbPGetDatum(settings), settings,
										  variables);
	int			nestlevel = enter_stored_names();

	for (int i = 0; i < variables->count; i++)
		result = replace_member(result, variables->names[i], "type",
							  format_type_extended(variables->types[i],
												   variables->typmods[i],
												   FORMAT_TYPE_TYPEMOD_GIVEN));
	campaign_settings_leave(nestlevel);
	return DatumGetJsonbP(result);
}

/* From the campaign's setting "variables", as it is stored. */
CampaignVariables *
campaign_variables_declared(const Jsonb *settings)
{
	int			nestlevel = enter_stored_names();
	CampaignVariables *variables = read_declarations(settings);

	campaign_settings_leave(nestlevel);
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

/* Reads a value of variable i with the input function of its type. */
static Datum
read_value(const CampaignVariables *variables, int i, const JsonbValue *value,
		   bool *isnull)
{
	Oid			type = variables->types[i];
	Oid			input;
	Oid			parameter;
	char	   *text = value == NULL ? NULL : value_text(value);
	Datum		result;
	ErrorContextCallback callback = {
		error_context_stack, variable_error_context, variables->names[i]
	};

	/* A json variable takes any value as it is, strings with their quotes. */
	if (text != NULL && (type == JSONOID || type == JSONBOID))
	{
		Jsonb	   *document = JsonbValueToJsonb((JsonbValue *) value);

		text = JsonbToCString(NULL, &document->root, VARSIZE(document));
	}
	*isnull = text == NULL;
	getTypeInputInfo(type, &input, &parameter);
	error_context_stack = &callback;
	result = OidInputFunctionCall(input, text, parameter,
								  variables->typmods[i]);
	error_context_stack = callback.previous;
	return result;
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
	foreach(cell, campaign_object_keys(given))
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

/* Refuses unknown names and values that are none of their type. */
void
campaign_variables_check(const Jsonb *settings, const Jsonb *given)
{
	CampaignVariables *variables = campaign_variables_declared(settings);

	check_given(variables, given);
	for (int i = 0; i < variables->count; i++)
	{
		bool		isnull;

		(void) read_value(variables, i,
						  chosen_value(settings, given, variables->names[i]),
						  &isnull);
	}
}

/* Names of the variables that must be given. */
List *
campaign_variables_required(const Jsonb *settings)
{
	Jsonb	   *declared = member_jsonb(settings, "variables");
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, declared == NULL ? NIL : campaign_object_keys(declared))
	{
		Jsonb	   *declaration = declaration_of(settings, lfirst(cell));
		JsonbValue *required = member(declaration, "required");

		if (required != NULL && required->val.boolean &&
			member(declaration, "default") == NULL)
			names = lappend(names, lfirst(cell));
	}
	return names;
}

/* Refuses to do without values that are required. */
static void
check_required(const Jsonb *settings, const Jsonb *given)
{
	ListCell   *cell;

	foreach(cell, campaign_variables_required(settings))
	{
		JsonbValue *value = member(given, lfirst(cell));

		if (value == NULL || value->type == jbvNull)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_PARAMETER),
					 errmsg("variable \"%s\" is required",
							(char *) lfirst(cell)),
					 errhint("Give it a value: campaign_start(campaign, '{\"%s\": …}').",
							 (char *) lfirst(cell))));
	}
}

/* Checks given values and fills in defaults. */
Jsonb *
campaign_variables_bind(const Jsonb *settings, const Jsonb *given)
{
	campaign_variables_check(settings, given);
	check_required(settings, given);
	return campaign_variables_fill(settings, given);
}

/* Fills in defaults without reading any value, which would run code. */
Jsonb *
campaign_variables_fill(const Jsonb *settings, const Jsonb *given)
{
	Jsonb	   *declared = member_jsonb(settings, "variables");
	JsonbParseState *state = NULL;
	JsonbValue	null = {.type = jbvNull};
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, declared == NULL ? NIL : campaign_object_keys(declared))
	{
		const char *name = lfirst(cell);
		JsonbValue *value = chosen_value(settings, given, name);
		JsonbValue	key = {.type = jbvString};

		if (value == NULL &&
			member(declaration_of(settings, name), "query") != NULL)
			continue;
		key.val.string.val = (char *) name;
		key.val.string.len = strlen(name);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, value != NULL ? value : &null);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* The dimension whose keys the variable holds; NULL: it does not say. */
char *
campaign_variable_key_of(const Jsonb *settings, const char *name)
{
	return campaign_object_text(&declaration_of(settings, name)->root,
								"key_of");
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

		param->value = read_value(variables, i,
								  member(values, variables->names[i]),
								  &param->isnull);
		param->pflags = PARAM_FLAG_CONST;
		param->ptype = variables->types[i];
	}
	return variables;
}

/* The variables as expressions of the graph see them; NULL has none. */
CampaignVariables *
campaign_variables_within(const CampaignVariables *variables,
						  CampaignGraph *graph)
{
	CampaignVariables *seen = palloc0(sizeof(CampaignVariables));

	if (variables != NULL)
		*seen = *variables;
	seen->graph = graph;
	return seen;
}
