/*
 * select.c
 *		A SELECT of ours with expressions of the owner's in it.
 *
 * Analysis happens under "pg_catalog, pg_temp"; each placeholder is analyzed
 * in its place under its own search_path; planning and execution happen under
 * the search_path of the activity, because functions of the owner's may look
 * names up at run time.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parser.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"

#include "base/compat.h"
#include "base/identity.h"
#include "base/settings.h"
#include "base/shared.h"
#include "base/text.h"
#include "set/condition.h"
#include "set/counter.h"
#include "set/footprint.h"
#include "set/literal.h"
#include "set/observe.h"
#include "set/plan.h"
#include "set/select.h"
#include "set/statistics.h"
#include "set/subquery.h"

/* Analysis in progress: what the parser's hooks need. */
typedef struct Analysis
{
	const CampaignSelect *select;
	const CampaignExpression *current;	/* being analyzed, or NULL */
	bool		probing;		/* literals are hidden */
} Analysis;

/* A new, empty select. */
CampaignSelect *
campaign_select_new(const CampaignVariables *variables,
					const char *search_path)
{
	CampaignSelect *select = palloc0(sizeof(CampaignSelect));

	initStringInfo(&select->text);
	select->variables = variables;
	select->search_path = search_path;
	return select;
}

/* Appends a placeholder for the expression. */
void
campaign_select_expression(CampaignSelect *select,
						   const CampaignExpression *expression)
{
	select->expressions = lappend(select->expressions, (void *) expression);
	appendStringInfo(&select->text, "$%d", list_length(select->expressions));
}

/* Gives errors inside an expression its own text and position. */
static void
analysis_error_context(void *arg)
{
	const CampaignExpression *expression = arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(expression->text);
	}
	if (expression->places != NIL)
		errcontext("rule at %s of %s",
				   campaign_condition_path(expression, position),
				   expression->what);
	else
		errcontext("%s", expression->what);
}

/*
 * Forgets where constants stood: the positions belong to the expression's
 * text, and whoever normalizes statement texts would apply them to ours.
 */
static bool
forget_positions(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Const))
		((Const *) node)->location = -1;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, forget_positions, context, 0);
	return expression_tree_walker(node, forget_positions, context);
}

/*
 * The items of FROM whose columns an expression over one of them sees: that
 * one, bare names included, though the item may be part of a join.
 */
static List *
sole_item(List *namespace, const char *alias)
{
	ListCell   *cell;

	foreach(cell, namespace)
	{
		ParseNamespaceItem *item = lfirst(cell);

		if (!item->p_rel_visible || strcmp(item->p_names->aliasname, alias) != 0)
			continue;
		item = memcpy(palloc(sizeof(ParseNamespaceItem)), item,
					  sizeof(ParseNamespaceItem));
		item->p_cols_visible = true;
		return list_make1(item);
	}
	elog(ERROR, "no item \"%s\" for an expression", alias);
	return NIL;					/* keep the compiler quiet */
}

/* Analyzes the expression where its placeholder stands. */
static Node *
transform_placeholder(ParseState *pstate, const CampaignExpression *expression)
{
	Analysis   *analysis = pstate->p_ref_hook_state;
	const CampaignExpression *outer = analysis->current;
	const char *source = pstate->p_sourcetext;
	List	   *namespace = pstate->p_namespace;
	ErrorContextCallback callback;
	int			nestlevel;
	Node	   *tree;
	Node	   *result;

	if (expression->alone != NULL)
		pstate->p_namespace = sole_item(namespace, expression->alone);
	if (expression->shown != NULL)
		*expression->shown = campaign_condition_text(pstate, expression,
													 analysis->select->variables);
	if (expression->rule)
		expression = campaign_condition_compile(pstate, expression,
												analysis->select->variables);
	analysis->current = expression;
	callback.callback = analysis_error_context;
	callback.arg = (void *) expression;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	nestlevel = campaign_search_path_enter(expression->search_path);
	pstate->p_sourcetext = expression->text;

	tree = copyObject(expression->tree);
	if (analysis->probing)
		campaign_literal_hide(tree);
	result = transformExpr(pstate, tree, pstate->p_expr_kind);
	/* Here, for the position of an error is one in the expression's text. */
	if (expression->condition)
		result = coerce_to_boolean(pstate, result, expression->what);
	if (expression->instant)
		result = coerce_to_specific_type(pstate, result, TIMESTAMPTZOID,
										 expression->what);
	(void) forget_positions(result, NULL);

	pstate->p_namespace = namespace;
	pstate->p_sourcetext = source;
	campaign_settings_leave(nestlevel);
	error_context_stack = callback.previous;
	analysis->current = outer;
	return result;
}

/*
 * Parser hook: $n stands for the n-th expression of the statement, or of the
 * rule that is being analyzed.
 */
static Node *
resolve_placeholder(ParseState *pstate, ParamRef *reference)
{
	Analysis   *analysis = pstate->p_ref_hook_state;
	List	   *expressions = analysis->current != NULL ?
		analysis->current->pieces : analysis->select->expressions;

	if (reference->number == CAMPAIGN_LITERAL)
		return campaign_literal_hidden(reference);
	if (reference->number < 1 ||
		reference->number > list_length(expressions))
		elog(ERROR, "unexpected placeholder $%d", reference->number);
	return transform_placeholder(pstate,
								 list_nth(expressions, reference->number - 1));
}

/* The name behind "vars.", or NULL if the reference is something else. */
static const char *
variable_name(const ColumnRef *reference)
{
	if (list_length(reference->fields) != 2 ||
		!IsA(linitial(reference->fields), String) ||
		!IsA(lsecond(reference->fields), String) ||
		strcmp(strVal(linitial(reference->fields)), "vars") != 0)
		return NULL;
	return strVal(lsecond(reference->fields));
}

/* The names of the variables, for hints. */
static List *
variable_names(const CampaignVariables *variables)
{
	List	   *names = NIL;

	for (int i = 0; variables != NULL && i < variables->count; i++)
		names = lappend(names, variables->names[i]);
	return names;
}

/* Parser hook: vars.name is a variable, where no column answers to it. */
static Node *
resolve_variable(ParseState *pstate, ColumnRef *reference, Node *found)
{
	Analysis   *analysis = pstate->p_ref_hook_state;
	const CampaignVariables *variables = analysis->select->variables;
	const char *name = variable_name(reference);
	Param	   *param;
	int			number;

	if (found != NULL || name == NULL)
		return NULL;
	number = campaign_variables_find(variables, name);
	if (number == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("variable \"%s\" is not declared", name),
				 errhint("%s Variables are declared in the campaign's setting \"variables\".",
						 campaign_nearest_hint(name,
											   variable_names(variables),
											   "variables")),
				 parser_errposition(pstate, reference->location)));
	param = makeNode(Param);
	param->paramkind = PARAM_EXTERN;
	param->paramid = number;
	param->paramtype = variables->types[number - 1];
	param->paramtypmod = -1;
	param->paramcollid = get_typcollation(param->paramtype);
	param->location = -1;
	return (Node *) param;
}

/* Installs the hooks; subqueries inherit them. */
static void
setup_parser(ParseState *pstate, void *arg)
{
	pstate->p_paramref_hook = resolve_placeholder;
	pstate->p_post_columnref_hook = resolve_variable;
	pstate->p_coerce_param_hook = campaign_literal_coerce;
	pstate->p_ref_hook_state = arg;
}

/* Analyzes a statement, once it is known that reading it executes nothing. */
static Query *
analyze(RawStmt *statement, const char *text, Analysis *analysis)
{
	RawStmt    *probe = copyObject(statement);

	campaign_literal_hide(probe->stmt);
	analysis->probing = true;
	(void) parse_analyze_withcb(probe, text, setup_parser, analysis, NULL);
	analysis->probing = false;
	return parse_analyze_withcb(statement, text, setup_parser, analysis, NULL);
}

/* Analyzes a SELECT of the owner's alone. */
Query *
campaign_select_analyze_rows(const CampaignVariables *variables,
							 const CampaignExpression *rows)
{
	CampaignSelect select = {.variables = variables};
	Analysis	analysis = {&select, rows};
	ErrorContextCallback callback;
	RawStmt    *statement = makeNode(RawStmt);
	Query	   *query;
	int			nestlevel;

	callback.callback = analysis_error_context;
	callback.arg = (void *) rows;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	nestlevel = campaign_search_path_enter(rows->search_path);
	statement->stmt = copyObject(rows->tree);
	query = analyze(statement, rows->text, &analysis);
	(void) forget_positions((Node *) query, NULL);
	campaign_settings_leave(nestlevel);
	error_context_stack = callback.previous;
	return query;
}

/* ------------------------- queries of the owner's ------------------------- */

/* What a query of number n is called until it is put in its place. */
#define QUERY_ALIAS "campaign.query%d"

/* Appends a column that is NULL to an item's SELECT list. */
static void
append_null(StringInfo text, const char *name, Oid type, int32 typmod,
			Oid collation)
{
	appendStringInfo(text, "%s NULL::%s", text->len > 0 ? "," : "(SELECT",
					 format_type_extended(type, typmod,
										  FORMAT_TYPE_TYPEMOD_GIVEN |
										  FORMAT_TYPE_FORCE_QUALIFY));
	if (OidIsValid(collation))
		appendStringInfo(text, " COLLATE %s",
						 campaign_collation_name(collation));
	appendStringInfo(text, " AS %s", quote_identifier(name));
}

/* The columns of a statement of the owner's. */
List *
campaign_query_columns(const Query *query)
{
	return query->commandType == CMD_SELECT ? query->targetList :
		query->returningList;
}

/* The item with the query's columns, and no row. */
char *
campaign_query_item(const Query *query)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, campaign_query_columns(query))
	{
		TargetEntry *column = lfirst_node(TargetEntry, cell);
		Node	   *value = (Node *) column->expr;

		if (!column->resjunk)
			append_null(&text, column->resname, exprType(value),
						exprTypmod(value), exprCollation(value));
	}
	appendStringInfoString(&text, text.len > 0 ? " WHERE false)" :
						   "(SELECT WHERE false)");
	return text.data;
}

/* The item with those columns, of which there is at least one, and no row. */
char *
campaign_columns_item(List *columns)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, columns)
	{
		const CampaignColumn *column = lfirst(cell);

		append_null(&text, column->name, column->type, column->typmod,
					column->collation);
	}
	appendStringInfoString(&text, " WHERE false)");
	return text.data;
}

/* The item that has the query's rows. */
char *
campaign_select_rows(CampaignSelect *select, Query *query)
{
	char	   *alias;

	select->queries = lappend(select->queries, query);
	alias = psprintf("\"" QUERY_ALIAS "\"", list_length(select->queries));
	return psprintf("(SELECT %s.* FROM %s AS %s)", alias,
					campaign_query_item(query), alias);
}

/* The name of the item that has what a statement returns. */
#define EFFECT_NAME "campaign.effect"

/* Has the select execute a statement that changes data. */
char *
campaign_select_effect(CampaignSelect *select, Query *query)
{
	select->effect = query;
	return "\"" EFFECT_NAME "\"";
}

/* What the text of such a select begins with. */
char *
campaign_select_effect_with(const CampaignSelect *select)
{
	return psprintf("WITH \"" EFFECT_NAME "\" AS %s ",
					campaign_query_item(select->effect));
}

/*
 * Puts the statement where its columns are.  It could not be a subquery, but
 * in a WITH of the whole statement it may change data.
 */
static void
place_effect(Query *query, const CampaignSelect *select)
{
	ListCell   *cell;

	foreach(cell, query->cteList)
	{
		CommonTableExpr *common = lfirst_node(CommonTableExpr, cell);

		if (strcmp(common->ctename, EFFECT_NAME) != 0)
			continue;
		common->ctequery = copyObject((Node *) select->effect);
		/* Only the whole statement counts its rows. */
		((Query *) common->ctequery)->canSetTag = false;
		query->hasModifyingCTE = true;
	}
}

/* True if the two have columns of the same types: one can be the other. */
static bool
same_columns(const Query *one, const Query *other)
{
	List	   *left = NIL;
	List	   *right = NIL;
	ListCell   *cell;

	foreach(cell, one->targetList)
	{
		if (!lfirst_node(TargetEntry, cell)->resjunk)
			left = lappend_oid(left, exprType((Node *) lfirst_node(TargetEntry, cell)->expr));
	}
	foreach(cell, other->targetList)
	{
		if (!lfirst_node(TargetEntry, cell)->resjunk)
			right = lappend_oid(right, exprType((Node *) lfirst_node(TargetEntry, cell)->expr));
	}
	return equal(left, right);
}

/* A place that a query is to take. */
typedef struct QueryPlace
{
	RangeTblEntry *entry;
	Query	   *query;
} QueryPlace;

/* Where queries belong. */
typedef struct QueryPlaces
{
	const CampaignSelect *select;
	List	   *found;			/* of QueryPlace * */
} QueryPlaces;

/* Notes the entry if a query belongs there. */
static void
note_place(RangeTblEntry *entry, QueryPlaces *places)
{
	ListCell   *cell;

	if (entry->rtekind != RTE_SUBQUERY || entry->alias == NULL)
		return;
	foreach(cell, places->select->queries)
	{
		QueryPlace *place;

		/* Somebody may have chosen that name; types keep it harmless. */
		if (strcmp(entry->alias->aliasname,
				   psprintf(QUERY_ALIAS, foreach_current_index(cell) + 1)) != 0 ||
			!same_columns(entry->subquery, lfirst(cell)))
			continue;
		place = palloc(sizeof(QueryPlace));
		place->entry = entry;
		place->query = lfirst(cell);
		places->found = lappend(places->found, place);
	}
}

/* Walks queries and expressions alike. */
static bool
find_places(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		note_place((RangeTblEntry *) node, context);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_places, context,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, find_places, context);
}

/* Puts the queries in their places, once all those are known. */
static void
place_queries(Query *query, const CampaignSelect *select)
{
	QueryPlaces places = {select, NIL};
	ListCell   *cell;

	if (select->queries == NIL)
		return;
	(void) find_places((Node *) query, &places);
	foreach(cell, places.found)
	{
		QueryPlace *place = lfirst(cell);

		place->entry->subquery = copyObject(place->query);
	}
}

/* Parses and analyzes the statement. */
Query *
campaign_select_analyze(CampaignSelect *select)
{
	Analysis	analysis = {select, NULL};
	List	   *statements;
	Query	   *query;
	int			nestlevel;

	if (select->effect != NULL && select->text.len == 0)
		return copyObject(select->effect);
	nestlevel = campaign_search_path_enter("pg_catalog, pg_temp");
	statements = raw_parser(select->text.data, RAW_PARSE_DEFAULT);
	query = analyze(linitial_node(RawStmt, statements), select->text.data,
					&analysis);
	campaign_settings_leave(nestlevel);
	place_queries(query, select);
	if (select->effect != NULL)
		place_effect(query, select);
	return query;
}

/* ------------------------------ execution ------------------------------- */

/* A DestReceiver that hands rows to a CampaignReceiver. */
typedef struct RowReceiver
{
	DestReceiver base;
	CampaignReceiver *receiver;
	MemoryContext context;		/* reset after each row */
} RowReceiver;

/* DestReceiver: before the first row. */
static void
rows_startup(DestReceiver *self, int operation, TupleDesc desc)
{
	RowReceiver *rows = (RowReceiver *) self;

	if (rows->receiver->start != NULL)
		rows->receiver->start(rows->receiver, desc);
}

/* DestReceiver: one row. */
static bool
rows_receive(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *rows = (RowReceiver *) self;
	MemoryContext old = MemoryContextSwitchTo(rows->context);

	rows->receiver->row(rows->receiver, slot);
	MemoryContextSwitchTo(old);
	MemoryContextReset(rows->context);
	return true;
}

/* DestReceiver: nothing to do at the end; the caller closes what it opened. */
static void
rows_nothing(DestReceiver *self)
{
}

/* Values of the variables; a list without any would be none for copyParamList. */
static ParamListInfo
parameters(const CampaignSelect *select)
{
	ParamListInfo values = select->variables ? select->variables->values : NULL;

	return values != NULL && values->numParams > 0 ? values : NULL;
}

/* Runs a plan into the receiver; gives the number of rows. */
static uint64
run_counting(PlannedStmt *plan, const CampaignSelect *select,
		 CampaignReceiver *receiver)
{
	RowReceiver rows = {
		{rows_receive, rows_startup, rows_nothing, rows_nothing, DestNone},
		receiver,
		AllocSetContextCreate(CurrentMemoryContext, "campaign row",
							  ALLOCSET_DEFAULT_SIZES)
	};
	QueryDesc  *desc;
	uint64		processed;

	desc = CreateQueryDesc(plan, select->text.data, GetActiveSnapshot(),
						   InvalidSnapshot, &rows.base,
						   parameters(select), NULL, 0);
	ExecutorStart(desc, 0);
	campaign_executor_run(desc);
	processed = desc->estate->es_processed;
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
	MemoryContextDelete(rows.context);
	return processed;
}

/* The same, with the counters of the statement open. */
static uint64
run_plan(PlannedStmt *plan, const CampaignSelect *select,
		 CampaignReceiver *receiver)
{
	List	   *before;
	volatile uint64 processed = 0;

	if (select->counters == NIL)
		return run_counting(plan, select, receiver);
	before = campaign_counters_open(select->counters);
	PG_TRY();
	{
		processed = run_counting(plan, select, receiver);
	}
	PG_FINALLY();
	{
		campaign_counters_close(before);
	}
	PG_END_TRY();
	return processed;
}

/* Plans and runs the statement as the current user. */
uint64
campaign_select_run(CampaignSelect *select, CampaignReceiver *receiver)
{
	Query	   *query = campaign_select_analyze(select);
	bool		observed = campaign_observing() && !select->answer;
	/* Rewriting takes the query to pieces. */
	Query	   *shown = observed ? copyObject(query) : NULL;
	List	   *rewritten = QueryRewrite(query);
	PlannedStmt *plan;
	uint64		processed = 0;
	int			nestlevel;

	if (list_length(rewritten) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("tables with rules cannot be changed here"),
				 errhint("Use triggers instead of rules, or change the table behind the view.")));
	nestlevel = campaign_search_path_enter(select->search_path);
	campaign_planning_adjust(campaign_work_mem);
	if (select->ordered)
		campaign_planning_ordered();
	/* Tables this transaction wrote must be seen, others as of now. */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	plan = campaign_plan_query(linitial_node(Query, rewritten),
							   select->text.data, CURSOR_OPT_PARALLEL_OK,
							   parameters(select));
	if (observed)
		campaign_observe_plan(pg_get_querydef(shown, true), plan);
	else
	{
		campaign_shared_progress_expect(plan->planTree->plan_rows);
		receiver->ahead = plan->parallelModeNeeded ?
			plan->planTree->plan_rows : 0;
		campaign_memory_set(campaign_footprint_fit(plan));
		processed = run_plan(plan, select, receiver);
	}
	PopActiveSnapshot();
	campaign_settings_leave(nestlevel);
	return processed;
}

/* What a plan costs. */
static double
total_cost(const PlannedStmt *plan)
{
	return plan->planTree->total_cost;
}

/* Plans it as the current user, for what one asks of the plan. */
static double
ask_plan(CampaignSelect *select, double (*ask) (const PlannedStmt *plan))
{
	List	   *rewritten = QueryRewrite(campaign_select_analyze(select));
	double		answer;
	int			nestlevel;

	nestlevel = campaign_search_path_enter(select->search_path);
	campaign_planning_adjust(campaign_work_mem);
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	answer = ask(campaign_statistics_plan(linitial_node(Query, rewritten),
										  select->text.data,
										  CURSOR_OPT_PARALLEL_OK,
										  parameters(select)));
	PopActiveSnapshot();
	campaign_settings_leave(nestlevel);
	return answer;
}

/* What the planner thinks it costs. */
double
campaign_select_cost(CampaignSelect *select)
{
	return ask_plan(select, total_cost);
}

/* What it thinks the subqueries cost. */
double
campaign_select_cost_subqueries(CampaignSelect *select)
{
	return ask_plan(select, campaign_subqueries_cost);
}
