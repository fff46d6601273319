/*
 * update_plan.c
 *		What an activity is to change in a table of the owner's.
 *
 * Expressions are evaluated once, in one select over the inbound rows that
 * also finds the rows of the table; what they gave is kept in a table of ours,
 * from which plain statements without any expression of a user's change the
 * owner's table.  So a row that the table refuses can be isolated by repeating
 * statements, without evaluating anything again.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/ruleutils.h"
#include "utils/varlena.h"

#include "activity/update_plan.h"
#include "activity/column.h"
#include "activity/option.h"
#include "base/cluster.h"
#include "base/identity.h"
#include "base/text.h"
#include "set/row.h"

/* ------------------------------- the table ------------------------------ */

/* The table that is meant. */
static Oid
find_relation(const CampaignScope *scope)
{
	char	   *text = campaign_option_text(scope->activity->options, "target");
	int			nestlevel;
	Oid			relation;

	if (text == NULL)
	{
		if (OidIsValid(scope->target->relation))
			return scope->target->relation;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"target\" of activity \"%s\" is required",
						scope->activity->name),
				 errdetail("The rows are in no table of their own.")));
	}
	nestlevel = campaign_search_path_enter(scope->activity->search_path);
	relation = RangeVarGetRelid(makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(text))),
								NoLock, false);
	campaign_settings_leave(nestlevel);
	return relation;
}

/* Refuses what is no table, and tables that are not the owner's business. */
static void
check_relation(Oid relation)
{
	char		kind = get_rel_relkind(relation);

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE &&
		kind != RELKIND_VIEW && kind != RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is no table or view", get_rel_name(relation)),
				 errhint("Name a table, a partitioned table, a foreign table or a view that can be updated.")));
	if (get_rel_namespace(relation) == campaign_schema_oid() ||
		get_rel_namespace(relation) == PG_CATALOG_NAMESPACE)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("\"%s\" cannot be changed by a campaign",
						get_rel_name(relation)),
				 errhint("Name a table of your own.")));
}

/* A column's default as an expression that names everything; or NULL. */
static char *
read_default(Relation relation, int number)
{
	TupleConstr *constraints = RelationGetDescr(relation)->constr;

	for (int i = 0; constraints != NULL && i < constraints->num_defval; i++)
	{
		AttrDefault *given = &constraints->defval[i];

		if (given->adnum == number)
			return deparse_expression(stringToNode(given->adbin),
									  deparse_context_for(RelationGetRelationName(relation),
														  RelationGetRelid(relation)),
									  false, false);
	}
	return NULL;
}

/* The columns of the table. */
static List *
read_columns(Relation relation)
{
	TupleDesc	desc = RelationGetDescr(relation);
	int			nestlevel = campaign_search_path_enter("pg_catalog, pg_temp");
	List	   *columns = NIL;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		CampaignUpdateColumn *column;

		if (attribute->attisdropped)
			continue;
		column = palloc0(sizeof(CampaignUpdateColumn));
		column->column.name = pstrdup(NameStr(attribute->attname));
		column->column.type = getBaseType(attribute->atttypid);
		column->column.typmod = -1;
		column->column.collation = attribute->attcollation;
		column->generated = attribute->attgenerated != '\0';
		column->identity = attribute->attidentity == ATTRIBUTE_IDENTITY_ALWAYS;
		if (!column->generated)
			column->fallback = read_default(relation, attribute->attnum);
		columns = lappend(columns, column);
	}
	campaign_settings_leave(nestlevel);
	return columns;
}

/* The column of that name; refused with the nearest names. */
static CampaignUpdateColumn *
find_column(const CampaignUpdate *change, const char *name)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, change->columns)
	{
		CampaignUpdateColumn *column = lfirst(cell);

		if (strcmp(column->column.name, name) == 0)
			return column;
		names = lappend(names, column->column.name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of relation \"%s\" does not exist", name,
					get_rel_name(change->relation)),
			 errhint("%s", campaign_nearest_hint(name, names, "columns"))));
	return NULL;				/* keep the compiler quiet */
}

/* ------------------------------- the options ---------------------------- */

/* Reads what tells rows of the table apart. */
static void
read_keys(CampaignUpdate *change)
{
	const CampaignScope *scope = change->scope;
	ListCell   *cell;

	foreach(cell, campaign_additions_read(scope,
										  campaign_object_document(scope->activity->options,
																   "by"), ""))
	{
		CampaignAddition *addition = lfirst(cell);
		CampaignUpdateKey *key = palloc0(sizeof(CampaignUpdateKey));

		key->column = find_column(change, addition->name);
		key->expression = addition->expression;
		change->keys = lappend(change->keys, key);
	}
	if (change->keys != NIL || change->relation != scope->target->relation ||
		change->operation == CAMPAIGN_UPDATE_INSERT)
		return;
	foreach(cell, scope->target->key)
	{
		CampaignUpdateKey *key = palloc0(sizeof(CampaignUpdateKey));

		key->column = find_column(change,
								  ((CampaignColumn *) lfirst(cell))->name);
		key->number = foreach_current_index(cell);
		change->keys = lappend(change->keys, key);
	}
}

/* Parses a part of an object in option "fields". */
static CampaignExpression *
read_part(const CampaignScope *scope, const JsonbContainer *object,
		  const char *column, const char *part)
{
	char	   *text = campaign_object_text(object, part);

	if (text == NULL)
		return NULL;
	return campaign_expression_parse(text,
									 psprintf("\"%s\" of column \"%s\" of activity \"%s\"",
											  part, column,
											  scope->activity->name),
									 scope->activity->search_path);
}

/* Refuses a field that is not complete. */
static void
refuse_field(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an object in option \"fields\" %s", problem),
			 errhint("Write [{\"column\": \"status\", \"value\": \"'gold'\", \"if\": \"score > 100\", \"only\": \"update\"}].")));
}

/* Refuses a column that nobody gives a value. */
static void
check_settable(const CampaignUpdate *change, const CampaignUpdateField *field)
{
	const char *name = field->column->column.name;

	if (field->column->generated ||
		(field->column->identity && field->updates &&
		 change->operation != CAMPAIGN_UPDATE_INSERT))
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("column \"%s\" cannot be set", name),
				 errdetail("It is generated."),
				 errhint("Leave it out, or set it with \"only\": \"insert\" if it is an identity.")));
}

/* Reads a field. */
static CampaignUpdateField *
read_field(const CampaignUpdate *change, const JsonbContainer *object)
{
	CampaignUpdateField *field = palloc0(sizeof(CampaignUpdateField));
	char	   *name = campaign_object_text(object, "column");
	char	   *only = campaign_object_text(object, "only");

	campaign_members_check(object, "an object in option \"fields\"",
						   "column, value, if, only");
	if (name == NULL)
		refuse_field("has no \"column\"");
	field->column = find_column(change, name);
	field->value = read_part(change->scope, object, name, "value");
	if (field->value == NULL)
		refuse_field("has no \"value\"");
	field->condition = read_part(change->scope, object, name, "if");
	if (field->condition != NULL)
		field->condition->condition = true;
	if (only != NULL && strcmp(only, "insert") != 0 &&
		strcmp(only, "update") != 0)
		refuse_field("has \"only\" that is neither insert nor update");
	field->inserts = only == NULL || strcmp(only, "insert") == 0;
	field->updates = only == NULL || strcmp(only, "update") == 0;
	check_settable(change, field);
	return field;
}

/* True if the column is told apart by, or set already. */
static bool
is_named(const CampaignUpdate *change, const CampaignUpdateColumn *column)
{
	ListCell   *cell;

	foreach(cell, change->keys)
	{
		if (((CampaignUpdateKey *) lfirst(cell))->column == column)
			return true;
	}
	foreach(cell, change->fields)
	{
		if (((CampaignUpdateField *) lfirst(cell))->column == column)
			return true;
	}
	return false;
}

/* Adds the columns that the row has under the same names. */
static void
map_by_name(CampaignUpdate *change)
{
	const CampaignScope *scope = change->scope;
	List	   *names = change->relation == scope->target->relation ? NIL :
		campaign_target_names(scope->target);
	ListCell   *cell;

	foreach(cell, scope->added)
		names = lappend(names, ((CampaignColumn *) lfirst(cell))->name);
	foreach(cell, change->columns)
	{
		CampaignUpdateColumn *column = lfirst(cell);
		CampaignUpdateField *field;

		if (column->generated || column->identity ||
			!campaign_list_has(names, column->column.name) ||
			is_named(change, column))
			continue;
		field = palloc0(sizeof(CampaignUpdateField));
		field->column = column;
		field->value =
			campaign_expression_parse(quote_identifier(column->column.name),
									  psprintf("column \"%s\", mapped by name, of activity \"%s\"",
											   column->column.name,
											   scope->activity->name),
									  scope->activity->search_path);
		field->inserts = field->updates = true;
		change->fields = lappend(change->fields, field);
	}
}

/* The operation that was chosen. */
static CampaignUpdateOperation
read_operation(const Jsonb *given)
{
	char	   *word = campaign_option_text(given, "operation");

	return strcmp(word, "insert") == 0 ? CAMPAIGN_UPDATE_INSERT :
		strcmp(word, "update") == 0 ? CAMPAIGN_UPDATE_UPDATE :
		strcmp(word, "upsert") == 0 ? CAMPAIGN_UPDATE_UPSERT :
		CAMPAIGN_UPDATE_DELETE;
}

/* Refuses an operation without what it needs. */
static void
check_complete(const CampaignUpdate *change)
{
	if (change->keys == NIL && change->operation != CAMPAIGN_UPDATE_INSERT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"by\" of activity \"%s\" is required",
						change->scope->activity->name),
				 errhint("It says which row of the table is meant: {\"customer_id\": \"id\"}.")));
	if (change->fields == NIL &&
		(change->operation == CAMPAIGN_UPDATE_UPDATE ||
		 (change->operation == CAMPAIGN_UPDATE_INSERT && change->keys == NIL)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("activity \"%s\" sets no column",
						change->scope->activity->name),
				 errhint("Name columns in option \"fields\", or use \"auto_map\".")));
	if (change->fields != NIL && change->operation == CAMPAIGN_UPDATE_DELETE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("activity \"%s\" deletes rows, and sets no column",
						change->scope->activity->name),
				 errhint("Leave options \"fields\" and \"auto_map\" out.")));
}

/* Names of the columns that tell rows apart. */
static List *
key_names(const CampaignUpdate *change)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, change->keys)
		names = lappend(names, ((CampaignUpdateKey *) lfirst(cell))->column->column.name);
	return names;
}

/* Reads the options. */
CampaignUpdate *
campaign_update_read(const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;
	CampaignUpdate *change = palloc0(sizeof(CampaignUpdate));
	char	   *nulls = campaign_option_text(given, "nulls");
	Relation	relation;
	ListCell   *cell;

	change->scope = scope;
	change->operation = read_operation(given);
	change->relation = find_relation(scope);
	check_relation(change->relation);
	change->keep = nulls != NULL && strcmp(nulls, "keep") == 0;
	relation = relation_open(change->relation, AccessShareLock);
	change->columns = read_columns(relation);
	read_keys(change);
	foreach(cell, campaign_option_objects(given, "fields"))
		change->fields = lappend(change->fields,
								 read_field(change, lfirst(cell)));
	if (campaign_option_bool(given, "auto_map", false))
		map_by_name(change);
	change->unique = change->keys != NIL &&
		campaign_target_unique(relation, key_names(change));
	relation_close(relation, AccessShareLock);
	check_complete(change);
	return change;
}

/* True if the value is a literal, whose type is what is asked for. */
static bool
is_literal(const CampaignExpression *expression)
{
	return IsA(expression->tree, A_Const);
}

/* Refuses an expression that cannot be assigned to the column. */
static void
check_assignable(const CampaignUpdate *change, CampaignExpression *expression,
				 const CampaignColumn *column)
{
	Query	   *query;
	Oid			type;

	if (expression == NULL)
		return;
	query = campaign_expression_check(change->scope, expression);
	type = exprType((Node *) linitial_node(TargetEntry,
										   query->targetList)->expr);
	if (!is_literal(expression) &&
		!can_coerce_type(1, &type, &column->type, COERCION_ASSIGNMENT))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" is of type %s but %s is of type %s",
						column->name, format_type_be(column->type),
						expression->what, format_type_be(type)),
				 errhint("You will need to cast the expression.")));
}

/* Refuses values that the columns do not take. */
void
campaign_update_check(const CampaignUpdate *change)
{
	ListCell   *cell;

	if (campaign_cluster_has(change->relation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("update_data cannot change table %s, whose rows are on several servers",
						campaign_relation_name(change->relation)),
				 errhint("Write the statement in an activity of kind sql, with option \"effect\".")));
	foreach(cell, change->keys)
	{
		CampaignUpdateKey *key = lfirst(cell);

		check_assignable(change, key->expression, &key->column->column);
		(void) campaign_row_equality(key->column->column.type);
	}
	foreach(cell, change->fields)
	{
		CampaignUpdateField *field = lfirst(cell);

		check_assignable(change, field->value, &field->column->column);
	}
}

/* All expressions, and the table: it must be the one it was when published. */
List *
campaign_update_expressions(const CampaignUpdate *change)
{
	const CampaignActivity *activity = change->scope->activity;
	char	   *target = campaign_option_text(activity->options, "target");
	List	   *expressions = NIL;
	ListCell   *cell;

	foreach(cell, change->keys)
	{
		if (((CampaignUpdateKey *) lfirst(cell))->expression != NULL)
			expressions = lappend(expressions,
								  ((CampaignUpdateKey *) lfirst(cell))->expression);
	}
	foreach(cell, change->fields)
	{
		CampaignUpdateField *field = lfirst(cell);

		expressions = lappend(expressions, field->value);
		if (field->condition != NULL)
			expressions = lappend(expressions, field->condition);
	}
	if (target != NULL)
		expressions = lappend(expressions,
							  campaign_expression_parse_rows(target,
															 psprintf("option \"target\" of activity \"%s\"",
																	  activity->name),
															 activity->search_path));
	return expressions;
}
