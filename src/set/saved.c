/*
 * saved.c
 *		Saved filters in rule trees.
 *
 * A filter is written where it is used, under the search_path it was saved
 * with, and its parameters are constants there: the planner sees no difference
 * to a condition that somebody wrote out.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/identity.h"
#include "base/json.h"
#include "base/text.h"
#include "set/clause.h"
#include "set/condition.h"
#include "set/filter.h"
#include "set/literal.h"
#include "set/renaming.h"

/* ------------------------------- parameters ------------------------------ */

/* Errors of types and their input functions do not say what they are about. */
static void
parameter_error_context(void *arg)
{
	errcontext("parameter \"%s\"", (const char *) arg);
}

/* The type in a declaration, which is written for the server's own path. */
static char *
declared_type(const Jsonb *parameters, const char *name)
{
	Jsonb	   *declaration = campaign_object_document(parameters, name);

	return campaign_object_text(&declaration->root, "type");
}

/*
 * A value as a literal of the declared type; refuses one that it cannot read,
 * unless reading it executes a user's code.
 */
static char *
typed_literal(const char *name, const char *type_name, const char *text)
{
	ErrorContextCallback callback = {
		error_context_stack, parameter_error_context, (void *) name
	};
	int			nestlevel = campaign_search_path_enter("pg_catalog, pg_temp");
	Oid			type;
	Oid			input;
	Oid			parameter;
	int32		typmod;

	error_context_stack = &callback;
	parseTypeString(type_name, &type, &typmod, false);
	getTypeInputInfo(type, &input, &parameter);
	if (!campaign_literal_executes(type))
		(void) OidInputFunctionCall(input, (char *) text, parameter, typmod);
	error_context_stack = callback.previous;
	campaign_settings_leave(nestlevel);
	return psprintf("%s::%s", quote_literal_cstr(text), type_name);
}

/* The given value of a parameter, else its default; NULL if it has none. */
static JsonbValue *
chosen_value(const Jsonb *parameters, const JsonbContainer *given,
			 const char *name)
{
	JsonbValue *value = given == NULL ? NULL :
		campaign_object_member(given, name);
	Jsonb	   *declaration;

	if (value != NULL)
		return value;
	declaration = campaign_object_document(parameters, name);
	return campaign_object_member(&declaration->root, "default");
}

/* A value that names a parameter of what is around stands for that one. */
static JsonbValue *
passed_value(const CampaignClause *clause, JsonbValue *value, const char *path)
{
	char	   *name;
	JsonbValue *passed;

	if (value == NULL || value->type != jbvBinary)
		return value;
	name = !JsonContainerIsObject(value->val.binary.data) ? NULL :
		campaign_object_text(value->val.binary.data, "parameter");
	if (name != NULL && clause->expression->lenient)
		return NULL;
	passed = name == NULL || clause->parameters == NULL ? NULL :
		campaign_object_member(&clause->parameters->root, name);
	if (passed == NULL)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "the value of a parameter must be a constant",
							   "It may be {\"parameter\": name} too, within a filter that has that parameter.");
	return passed;
}

/* Refuses parameters that the filter does not have. */
static void
check_given(const CampaignFilter *filter, const JsonbValue *given,
			const char *path)
{
	List	   *known = campaign_object_keys(filter->parameters);

	if (given == NULL)
		return;
	if (given->type != jbvBinary ||
		!JsonContainerIsObject(given->val.binary.data))
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "\"parameters\" must be an object",
							   "Write {\"saved\": \"loyal\", \"parameters\": {\"points\": 100}}.");
	campaign_members_check(given->val.binary.data,
						   psprintf("rule at %s", path),
						   known == NIL ? "" : campaign_list_join(known));
}

/* The values of all parameters, as an object. */
static Jsonb *
bind_parameters(const CampaignClause *clause, const CampaignFilter *filter,
				JsonbValue *given, const char *path)
{
	JsonbParseState *state = NULL;
	ListCell   *cell;

	check_given(filter, given, path);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, campaign_object_keys(filter->parameters))
	{
		char	   *name = lfirst(cell);
		JsonbValue	key = {.type = jbvString};
		JsonbValue *value =
			passed_value(clause, chosen_value(filter->parameters,
											  given == NULL ? NULL :
											  given->val.binary.data, name),
						 path);

		if (value == NULL && clause->expression->lenient)
			continue;
		if (value == NULL)
			campaign_clause_refuse(ERRCODE_UNDEFINED_PARAMETER, path,
								   psprintf("parameter \"%s\" of filter \"%s\" has no value",
											name, filter->name),
								   "It has no default; give one in \"parameters\".");
		(void) typed_literal(name, declared_type(filter->parameters, name),
							 campaign_scalar_text(value));
		key.val.string.val = name;
		key.val.string.len = strlen(name);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* What references to parameters become. */
typedef struct Binding
{
	const CampaignFilter *filter;
	const Jsonb *values;
	bool		lenient;
} Binding;

/* CampaignRename: params.name becomes a literal. */
static char *
rename_parameter(const char *row, const char *column, bool *whole,
				 void *context)
{
	const Binding *binding = context;
	char	   *value;

	if (strcmp(row, "params") != 0)
		return NULL;
	value = campaign_object_text(&binding->values->root, column);
	*whole = true;
	if (value == NULL && binding->lenient &&
		campaign_object_member(&binding->filter->parameters->root,
							   column) != NULL)
		return psprintf("(NULL::%s)",
						declared_type(binding->filter->parameters, column));
	if (value == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_PARAMETER),
				 errmsg("filter \"%s\" has no parameter \"%s\"",
						binding->filter->name, column),
				 errhint("%s",
						 campaign_nearest_hint(column,
											   campaign_object_keys(binding->filter->parameters),
											   "parameters"))));
	return psprintf("(%s)",
					typed_literal(column,
								  declared_type(binding->filter->parameters,
												column), value));
}

/* ------------------------------ declarations ----------------------------- */

/* Refuses a declaration of a parameter; gives its type's name for any path. */
static char *
check_parameter(const char *name, const Jsonb *declaration)
{
	ErrorContextCallback callback = {
		error_context_stack, parameter_error_context, (void *) name
	};
	char	   *type_name = declaration == NULL ||
		!JB_ROOT_IS_OBJECT(declaration) ? NULL :
		campaign_object_text(&declaration->root, "type");
	Oid			type;
	int32		typmod;
	int			nestlevel;

	if (!campaign_is_name(name) || type_name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" is not declared properly", name),
				 errhint("Declare it as {\"points\": {\"type\": \"integer\", \"default\": 100}}; names have small letters, digits and underscores.")));
	campaign_members_check(&declaration->root,
						   psprintf("parameter \"%s\"", name),
						   "type, default");
	error_context_stack = &callback;
	parseTypeString(type_name, &type, &typmod, false);
	error_context_stack = callback.previous;
	if (get_typtype(type) == TYPTYPE_PSEUDO)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" cannot have type %s", name,
						format_type_be(type)),
				 errhint("Choose a type that a column can have.")));
	nestlevel = campaign_search_path_enter("pg_catalog, pg_temp");
	type_name = format_type_extended(type, typmod,
									 FORMAT_TYPE_TYPEMOD_GIVEN);
	campaign_settings_leave(nestlevel);
	return type_name;
}

/* The declarations as they are stored; refuses wrong ones. */
Jsonb *
campaign_filter_parameters(const Jsonb *declared)
{
	JsonbParseState *state = NULL;
	ListCell   *cell;

	if (declared == NULL)
		return campaign_object_empty();
	if (!JB_ROOT_IS_OBJECT(declared))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameters must be a JSON object"),
				 errhint("Declare them as {\"points\": {\"type\": \"integer\", \"default\": 100}}.")));
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, campaign_object_keys(declared))
	{
		char	   *name = lfirst(cell);
		Jsonb	   *declaration = campaign_object_document(declared, name);
		char	   *type = check_parameter(name, declaration);
		JsonbValue *value = campaign_object_member(&declaration->root,
												   "default");
		JsonbValue	text = {.type = jbvString};

		text.val.string.val = name;
		text.val.string.len = strlen(name);
		pushJsonbValue(&state, WJB_KEY, &text);
		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		text.val.string.val = "type";
		text.val.string.len = 4;
		pushJsonbValue(&state, WJB_KEY, &text);
		text.val.string.val = type;
		text.val.string.len = strlen(type);
		pushJsonbValue(&state, WJB_VALUE, &text);
		if (value != NULL)
		{
			if (campaign_scalar_text(value) == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("the default of parameter \"%s\" is no constant", name),
						 errhint("Write a number, a string, true or false.")));
			(void) typed_literal(name, type, campaign_scalar_text(value));
			text.val.string.val = "default";
			text.val.string.len = 7;
			pushJsonbValue(&state, WJB_KEY, &text);
			pushJsonbValue(&state, WJB_VALUE, value);
		}
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* --------------------------------- writing ------------------------------- */

/* Leaves the filter's name with the graph; it has to live as long. */
static void
remember(CampaignGraph *graph, const char *name)
{
	MemoryContext old;

	if (graph == NULL || campaign_list_has(graph->filters, name))
		return;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(graph));
	graph->filters = lappend(graph->filters, pstrdup(name));
	MemoryContextSwitchTo(old);
}

/* The filter of that name; refused with the nearest names. */
static CampaignFilter *
require_filter(const CampaignClause *clause, const char *name,
			   const char *path)
{
	CampaignGraph *graph = clause->variables == NULL ? NULL :
		clause->variables->graph;
	Oid			owner = graph == NULL ? GetUserId() : graph->campaign->owner;
	CampaignFilter *filter = graph != NULL && graph->frozen ?
		campaign_filter_of_version(graph->version_id, name) :
		campaign_filter_find(owner, name);

	if (filter == NULL)
		campaign_clause_refuse(ERRCODE_UNDEFINED_OBJECT, path,
							   psprintf("filter \"%s\" does not exist", name),
							   psprintf("%s Filters are saved with campaign_filter().",
										campaign_nearest_hint(name,
															  campaign_filter_names(owner),
															  "filters")));
	remember(graph, filter->name);
	return filter;
}

/* Refuses a filter that is about other rows, or that it is within. */
static void
check_place(const CampaignClause *clause, const CampaignClauseRow *row,
			const CampaignFilter *filter, const char *path)
{
	if (campaign_list_has(clause->saved, filter->name))
		campaign_clause_refuse(ERRCODE_INVALID_RECURSION, path,
							   psprintf("filter \"%s\" is used within itself",
										filter->name),
							   psprintf("The way there is %s.",
										campaign_list_join(clause->saved)));
	if (row->dimension == NULL ||
		strcmp(row->dimension, filter->dimension) != 0)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   psprintf("filter \"%s\" is about rows of dimension \"%s\", not \"%s\"",
										filter->name, filter->dimension,
										row->dimension == NULL ? "" :
										row->dimension),
							   "Put it behind a link that leads to such rows, or save one for these.");
}

/* Writes an SQL condition with its parameters. */
static void
write_sql_filter(CampaignClause *clause, const CampaignClauseRow *row,
				 const CampaignFilter *filter, const Jsonb *values,
				 const char *path)
{
	Binding		binding = {filter, values, clause->expression->lenient};
	CampaignExpression *expression =
		campaign_expression_parse(filter->condition,
								  psprintf("filter \"%s\"", filter->name),
								  filter->search_path);

	/* In it the row goes by the name of the dimension. */
	if (row->alias != NULL && strcmp(row->alias, filter->dimension) != 0)
		campaign_clause_refuse(ERRCODE_FEATURE_NOT_SUPPORTED, path,
							   psprintf("filter \"%s\" is written in SQL, for a row \"%s\" and not \"%s\"",
										filter->name, filter->dimension,
										row->alias),
							   "Save it as a rule.");
	campaign_clause_piece(clause, campaign_renamed(expression->text,
												   expression->tree,
												   rename_parameter, &binding),
						  path, true);
}

/* Writes a filter that is a rule. */
static void
write_rule_filter(CampaignClause *clause, const CampaignClauseRow *row,
				  const CampaignFilter *filter, const char *path, bool negated)
{
	Jsonb	   *tree = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
														  CStringGetDatum(filter->condition)));
	JsonbValue	root = {.type = jbvBinary};

	root.val.binary.data = &tree->root;
	root.val.binary.len = VARSIZE(tree) - VARHDRSZ;
	campaign_clause_node(clause, row, &root,
						 psprintf("%s (filter \"%s\") $", path, filter->name),
						 negated);
}

/* Writes a saved filter. */
void
campaign_clause_saved(CampaignClause *clause, const CampaignClauseRow *row,
					  const JsonbContainer *node, const char *path,
					  bool negated)
{
	char	   *name = campaign_object_text(node, "saved");
	CampaignFilter *filter = require_filter(clause, name == NULL ? "" : name,
											psprintf("%s.saved", path));
	const Jsonb *parameters = clause->parameters;
	const char *search_path = clause->search_path;
	Jsonb	   *values;

	check_place(clause, row, filter, path);
	values = bind_parameters(clause, filter,
							 campaign_object_member(node, "parameters"),
							 psprintf("%s.parameters", path));
	clause->parameters = values;
	clause->search_path = filter->search_path;
	clause->saved = lappend(clause->saved, filter->name);
	if (campaign_condition_is_tree(filter->condition))
		write_rule_filter(clause, row, filter, path, negated);
	else
	{
		write_sql_filter(clause, row, filter, values, path);
		if (negated)
			appendStringInfoString(&clause->text, " IS NOT TRUE");
	}
	clause->saved = list_delete_last(clause->saved);
	clause->search_path = search_path;
	clause->parameters = parameters;
}
