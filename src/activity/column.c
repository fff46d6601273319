/*
 * column.c
 *		Columns that activities add to rows: names, expressions, types.
 *
 * A column has the type of its expression, and not the limits of where the
 * expression takes its values from: what is computed need not fit them.
 */
#include "postgres.h"

#include "catalog/heap.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "activity/column.h"
#include "activity/option.h"
#include "base/text.h"

/* Reads an object of names and expressions. */
List *
campaign_additions_read(const CampaignScope *scope, Jsonb *object,
						const char *owner)
{
	List	   *additions = NIL;
	ListCell   *cell;

	foreach(cell, object == NULL ? NIL : campaign_object_keys(object))
	{
		CampaignAddition *addition = palloc(sizeof(CampaignAddition));
		JsonbValue *value = campaign_object_member(&object->root, lfirst(cell));

		addition->name = lfirst(cell);
		if (value == NULL || value->type != jbvString)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("column \"%s\"%s must be an expression",
							addition->name, owner),
					 errhint("Write {\"name\": \"SQL expression\"}.")));
		addition->expression =
			campaign_expression_parse(campaign_scalar_text(value),
									  psprintf("column \"%s\"%s of activity \"%s\"",
											   addition->name, owner,
											   scope->activity->name),
									  scope->activity->search_path);
		additions = lappend(additions, addition);
	}
	return additions;
}

/* The list with the expressions of the additions added to it. */
List *
campaign_additions_expressions(List *expressions, List *additions)
{
	ListCell   *cell;

	foreach(cell, additions)
		expressions = lappend(expressions,
							  ((CampaignAddition *) lfirst(cell))->expression);
	return expressions;
}

/* A column of that type, without the limits of where it came from. */
CampaignColumn *
campaign_column_make(char *name, Oid type, Oid collation)
{
	CampaignColumn *column = palloc(sizeof(CampaignColumn));

	column->name = name;
	column->type = type;
	column->typmod = -1;
	column->collation = collation;
	return column;
}

/* The column an expression becomes; refused if no table can hold it. */
CampaignColumn *
campaign_addition_column(const CampaignScope *scope,
						 const CampaignAddition *addition, char *name)
{
	Query	   *query = campaign_expression_check(scope, addition->expression);
	Node	   *value = (Node *) linitial_node(TargetEntry,
											   query->targetList)->expr;
	Oid			type = getBaseType(exprType(value));

	if (get_typtype(type) == TYPTYPE_PSEUDO ||
		get_typtype(type) == TYPTYPE_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s cannot be of type %s", addition->expression->what,
						format_type_be(type)),
				 errhint("Name one of its columns, or convert it with to_jsonb().")));
	return campaign_column_make(name, type, exprCollation(value));
}

/* The columns of all of them. */
List *
campaign_additions_columns(const CampaignScope *scope, List *additions)
{
	List	   *columns = NIL;
	ListCell   *cell;

	foreach(cell, additions)
	{
		const CampaignAddition *addition = lfirst(cell);

		columns = lappend(columns,
						  campaign_addition_column(scope, addition,
												   addition->name));
	}
	return columns;
}

/* Refuses a name that would mean something else, or mean nothing. */
void
campaign_column_check_name(const char *name, List *own, List *taken)
{
	if (!campaign_is_name(name) || strcmp(quote_identifier(name), name) != 0 ||
		SystemAttributeByName(name) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of an added column: \"%s\"", name),
				 errhint("Names have small letters, digits and underscores, at most 63, and are no reserved words.")));
	if (campaign_list_has(own, name) || campaign_list_has(taken, name))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_COLUMN),
				 errmsg("added column \"%s\" is there already", name),
				 errdetail("%s", campaign_list_has(own, name) ?
						   "It is a column of the dimension." :
						   "It was added before."),
				 errhint("Choose another name.")));
}

/* The same for all columns that are added to those of the scope's rows. */
void
campaign_columns_check_names(const CampaignScope *scope, List *columns)
{
	List	   *own = campaign_target_names(scope->target);
	List	   *taken = NIL;
	ListCell   *cell;

	foreach(cell, scope->added)
		taken = lappend(taken, ((CampaignColumn *) lfirst(cell))->name);
	foreach(cell, columns)
	{
		CampaignColumn *column = lfirst(cell);

		campaign_column_check_name(column->name, own, taken);
		taken = lappend(taken, column->name);
	}
}

/* The end of a cast to the column. */
char *
campaign_column_cast(const CampaignColumn *column, int number)
{
	return psprintf(" AS %s)%s AS \"campaign.%d\"",
					format_type_extended(column->type, column->typmod,
										 FORMAT_TYPE_TYPEMOD_GIVEN |
										 FORMAT_TYPE_FORCE_QUALIFY),
					!OidIsValid(column->collation) ? "" :
					psprintf(" COLLATE %s",
							 campaign_collation_name(column->collation)),
					number);
}

/* Appends their expressions as columns of these types. */
void
campaign_additions_append(CampaignSelect *select, List *additions,
						  List *columns, int first, const char *condition)
{
	ListCell   *cell;

	foreach(cell, additions)
	{
		int			number = foreach_current_index(cell);

		appendStringInfoString(&select->text, ", CAST(");
		if (condition != NULL)
			appendStringInfo(&select->text, "CASE WHEN %s THEN ", condition);
		campaign_select_expression(select,
								   ((CampaignAddition *) lfirst(cell))->expression);
		if (condition != NULL)
			appendStringInfoString(&select->text, " END");
		appendStringInfoString(&select->text,
							   campaign_column_cast(list_nth(columns, number),
													first + number));
	}
}
