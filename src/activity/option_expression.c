/*
 * option_expression.c
 *		The expressions in options of activities, checked against their rows.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "activity/common.h"
#include "activity/option.h"
#include "activity/scalar.h"
#include "base/identity.h"
#include "base/text.h"
#include "set/row.h"

/* Refuses what PostgreSQL allows in a SELECT list but a row does not have. */
static void
check_no_sets(const CampaignExpression *expression, const Query *query)
{
	const char *found = query->hasWindowFuncs ? "window functions" :
	query->hasTargetSRFs ? "set-returning functions" :
	query->hasAggs && !expression->aggregate && !expression->grouped ? "aggregate functions" : NULL;

	if (found != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_GROUPING_ERROR),
				 errmsg("%s must not contain %s", expression->what, found),
				 errhint("It is computed %s; aggregate over other tables in a subquery.",
						 expression->scalar ? "once" : "for each row")));
	if (expression->aggregate && !query->hasAggs)
		ereport(ERROR,
				(errcode(ERRCODE_GROUPING_ERROR),
				 errmsg("%s must contain an aggregate function",
						expression->what),
				 errhint("It is computed over all rows that are found, such as sum(total) or count(*).")));
}

/*
 * Refuses ctid and the like, and the row as one value: they would be there for
 * the first activity of a branch, and for later ones not, or with columns of
 * our own.
 */
static void
check_columns_only(const CampaignExpression *expression, Query *query)
{
	ListCell   *cell;

	foreach(cell, pull_vars_of_level((Node *) query, 0))
	{
		if (IsA(lfirst(cell), Var) && ((Var *) lfirst(cell))->varattno <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("%s must not use the whole row or system columns",
							expression->what),
					 errhint("Name the columns of the dimension that are needed.")));
	}
}

/* Refuses a collection whose type has no items. */
static void
check_collection(const CampaignExpression *expression, const Query *query)
{
	Oid			type = exprType((Node *) linitial_node(TargetEntry,
													   query->targetList)->expr);
	Oid			base = getBaseType(type);

	if (base == JSONBOID || base == JSONOID ||
		OidIsValid(get_base_element_type(type)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("collection in %s must be of type jsonb, json or an array, not type %s",
					expression->what, format_type_be(type)),
			 errdetail("It is \"%s\".", expression->text),
			 errhint("Collect rows in a subquery, such as (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.id) FROM orders o WHERE ...), or convert the value with to_jsonb().")));
}

/* Refuses a type that has no order, where rows are sorted or grouped by it. */
static void
check_sortable(const CampaignExpression *expression, const Query *query)
{
	Oid			type = exprType((Node *) linitial_node(TargetEntry,
													   query->targetList)->expr);

	if (OidIsValid(lookup_type_cache(type, TYPECACHE_LT_OPR)->lt_opr))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("%s cannot be compared: type %s has no order",
					expression->what, format_type_be(type)),
			 errhint("Convert it to a type that has one, such as text or jsonb.")));
}

/* A select of nothing but an expression over the run. */
static CampaignSelect *
select_scalar(const CampaignScope *scope, const CampaignExpression *expression)
{
	CampaignSelect *select = campaign_select_new(scope->variables,
												 expression->search_path);

	appendStringInfoString(&select->text, "SELECT ");
	campaign_select_expression(select, expression);
	campaign_scalar_from(select, scope, NULL, expression);
	return select;
}

/* A select of nothing but the expression over the scope's rows. */
static CampaignSelect *
select_expression(const CampaignScope *scope,
				  const CampaignExpression *expression)
{
	CampaignSelect *select = campaign_select_new(scope->variables,
												 expression->search_path);

	appendStringInfoString(&select->text,
						   expression->condition ? "SELECT 1 FROM " : "SELECT ");
	if (!expression->condition)
	{
		campaign_select_expression(select, expression);
		appendStringInfoString(&select->text, " FROM ");
	}
	if (expression->apart)
		appendStringInfoString(&select->text, "(SELECT) AS \"campaign.apart\"");
	else
		campaign_row_from(select, scope->target,
						  campaign_population_declare(scope->target,
													  scope->added),
						  CAMPAIGN_ROW_LEFT);
	if (scope->person != NULL)
		appendStringInfo(&select->text, ", %s",
						 campaign_row_whole(scope->person));
	if (expression->beside != NULL)
		appendStringInfo(&select->text, ", %s", expression->beside);
	if (expression->condition)
	{
		appendStringInfoString(&select->text,
							   expression->grouped ? " HAVING " : " WHERE ");
		campaign_select_expression(select, expression);
	}
	return select;
}

/* Analyzes an expression over the scope's rows, with its owner's rights. */
Query *
campaign_expression_check(const CampaignScope *scope,
						  const CampaignExpression *expression)
{
	CampaignIdentity identity;
	Query	   *query;

	campaign_identity_assume(&identity, scope->graph == NULL ?
							 GetUserId() : scope->graph->campaign->owner);
	query = expression->rows ?
		campaign_select_analyze_rows(scope->variables, expression) :
		campaign_select_analyze(expression->scalar ?
								select_scalar(scope, expression) :
								select_expression(scope, expression));
	campaign_identity_leave(&identity);
	if (expression->rows)
		return query;
	check_no_sets(expression, query);
	check_columns_only(expression, query);
	if (expression->collection)
		check_collection(expression, query);
	if (expression->sortable)
		check_sortable(expression, query);
	return query;
}

/* True if evaluating the expression may do more than to give a value. */
bool
campaign_expression_is_volatile(const CampaignScope *scope,
								const CampaignExpression *expression)
{
	return expression != NULL &&
		contain_volatile_functions((Node *) campaign_expression_check(scope,
																	  expression));
}

/* COLLATE "C" where equality means equal bytes. */
const char *
campaign_expression_collation(const CampaignScope *scope,
							  const CampaignExpression *expression)
{
	Query	   *query = campaign_expression_check(scope, expression);
	Node	   *value = (Node *) linitial_node(TargetEntry,
											   query->targetList)->expr;
	Oid			type = getBaseType(exprType(value));
	Oid			collation = exprCollation(value);

	if ((type != TEXTOID && type != VARCHAROID && type != BPCHAROID) ||
		!OidIsValid(collation) || !get_collation_isdeterministic(collation))
		return "";
	return " COLLATE \"C\"";
}

/* The expressions of one option. */
static List *
expressions_of_option(const CampaignActivity *activity,
					  const CampaignOption *option)
{
	CampaignExpression *expression;

	switch (option->type)
	{
		case CAMPAIGN_OPTION_CONDITION:
		case CAMPAIGN_OPTION_VALUE:
		case CAMPAIGN_OPTION_MOMENT:
			expression = campaign_option_expression(activity, option->name);
			if (expression == NULL)
				return NIL;
			expression->condition = option->type == CAMPAIGN_OPTION_CONDITION;
			return list_make1(expression);
		case CAMPAIGN_OPTION_RUN_CONDITION:
		case CAMPAIGN_OPTION_RUN_INSTANT:
			expression = campaign_scalar_option(activity, option->name);
			if (expression == NULL)
				return NIL;
			expression->condition = option->type == CAMPAIGN_OPTION_RUN_CONDITION;
			expression->instant = !expression->condition;
			return list_make1(expression);
		case CAMPAIGN_OPTION_MESSAGE:
			if (campaign_option_text(activity->options, option->name) == NULL)
				return NIL;
			return campaign_scalar_message(activity, option->name);
		case CAMPAIGN_OPTION_VALUES:
		case CAMPAIGN_OPTION_ORDER:
			return campaign_option_expressions(activity, option->name);
		default:
			return NIL;
	}
}

/* All expressions of an activity: options of these types, and inner ones. */
List *
campaign_activity_expressions(const CampaignScope *scope)
{
	const CampaignActivity *activity = scope->activity;
	const CampaignKind *kind = campaign_kind_find(activity->kind);
	List	   *expressions = NIL;

	for (int i = 0; i < kind->noptions; i++)
		expressions = list_concat(expressions,
								  expressions_of_option(activity,
														&kind->options[i]));
	if (kind->expressions != NULL)
		expressions = list_concat(expressions, kind->expressions(scope));
	return expressions;
}
