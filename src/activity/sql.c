/*
 * sql.c
 *		sql: the rows that a query of the owner's gives.
 *
 * A selecting kind for what no other does.  The query reads inbound
 * transitions by their names, as if they were tables; what it gives are keys
 * of the dimension and columns added to them.  Nothing is believed of it: keys
 * that are NULL or come twice are told apart, as later activities rely on it.
 *
 * With effect it is an acting kind: the query may change data, and what it
 * returns goes on; if it returns nothing, what came in does.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "activity/column.h"
#include "activity/option.h"
#include "base/attempt.h"
#include "base/compat.h"
#include "base/identity.h"
#include "base/text.h"
#include "set/row.h"
#include "store/log.h"

static const CampaignOption options[] = {
	{"query", CAMPAIGN_OPTION_TEXT, true, NULL,
	"One SELECT that gives the key's columns under their names, and columns to be added; names of inbound transitions stand for their rows."},
	{"effect", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether the query may change data: one INSERT, UPDATE, DELETE or MERGE, or a SELECT for what its functions do. Without RETURNING the rows that came in go on."},
	{"dimension", CAMPAIGN_OPTION_DIMENSION, false, "that of the first inbound transition, or the campaign's",
	"The dimension whose keys it gives."},
	{"skip_empty", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether the branch ends here when no row comes out."}
};

/* What comes out, and what has no usable key. */
enum
{
	OUTCOME_RESULT,
	OUTCOME_REJECTED,
	OUTCOMES
};

/* Outcomes. */
static List *
outcomes_of_sql(const Jsonb *given)
{
	return list_make2(pstrdup("result"), pstrdup("rejected"));
}

/* The query of the owner's, as it is written. */
static CampaignExpression *
parse_query(const CampaignActivity *activity)
{
	char	   *text = campaign_option_text(activity->options, "query");
	char	   *what = psprintf("option \"query\" of activity \"%s\"",
								activity->name);

	if (campaign_option_bool(activity->options, "effect", false))
		return campaign_expression_parse_effect(text, what,
												activity->search_path);
	return campaign_expression_parse_rows(text, what, activity->search_path);
}

/*
 * Added columns that came in are the query's to give on, or not; if it returns
 * nothing, the rows go on as they are.
 */
static List *
merge_sql(const CampaignActivity *activity, List *inbound)
{
	if (campaign_statement_returns(parse_query(activity)->tree))
		return NIL;
	return list_nth(inbound, campaign_activity_leading(activity));
}

/* True if the activity alone names this inbound transition. */
static bool
named_alone(const CampaignActivity *activity,
			const CampaignTransition *transition)
{
	int			count = 0;
	ListCell   *cell;

	foreach(cell, activity->inbound)
	{
		if (((CampaignTransition *) lfirst(cell))->source == transition->source)
			count++;
	}
	return count == 1 || strcmp(transition->outcome, "result") == 0;
}

/* The rows of an inbound transition; without a task, as they are declared. */
static char *
inbound_query(const CampaignScope *scope, const CampaignTask *task, int number)
{
	CampaignTransition *transition = list_nth(scope->activity->inbound, number);
	CampaignTarget *target;
	CampaignPopulation *population;

	target = campaign_graph_target(scope->graph,
								   campaign_transition_dimension(scope->graph,
																 transition));
	if (task == NULL)
		return campaign_columns_item(list_concat_copy(target->key,
													  list_nth(scope->inbound,
															   number)));
	population =
		campaign_population_open(((CampaignFlow *) list_nth(task->inbound,
															number))->population,
								 target);
	return psprintf("SELECT p.* FROM %s AS p", population->source);
}

/* The query, with names for what comes in. */
static CampaignExpression *
read_query(const CampaignScope *scope, const CampaignTask *task)
{
	const CampaignActivity *activity = scope->activity;
	CampaignExpression *query;
	ListCell   *cell;

	query = parse_query(activity);
	foreach(cell, activity->inbound)
	{
		CampaignTransition *transition = lfirst(cell);

		campaign_expression_name_rows(query, transition->source->name,
									  transition->outcome,
									  named_alone(activity, transition),
									  inbound_query(scope, task,
													foreach_current_index(cell)));
	}
	return query;
}

/* The query is what refers to objects. */
static List *
expressions_of_sql(const CampaignScope *scope)
{
	return list_make1(read_query(scope, NULL));
}

/* True if it is the name of a column of the key. */
static bool
is_key(const CampaignScope *scope, const char *name)
{
	return campaign_list_has(scope->target->dimension->key, name);
}

/* A column of the query's; refused if no table can hold it. */
static CampaignColumn *
make_column(const CampaignScope *scope, const TargetEntry *entry)
{
	Oid			type = getBaseType(exprType((Node *) entry->expr));

	if (get_typtype(type) == TYPTYPE_PSEUDO ||
		get_typtype(type) == TYPTYPE_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the query cannot be of type %s",
						entry->resname, format_type_be(type)),
				 errhint("Name one of its columns, or convert it with to_jsonb().")));
	return campaign_column_make(entry->resname, type,
								exprCollation((Node *) entry->expr));
}

/* The columns of a query beyond the key; refused if the key is not whole. */
static List *
added_columns(const CampaignScope *scope, const Query *query)
{
	List	   *columns = NIL;
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, campaign_query_columns(query))
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);

		if (entry->resjunk)
			continue;
		names = lappend(names, entry->resname);
		if (!is_key(scope, entry->resname))
			columns = lappend(columns, make_column(scope, entry));
	}
	foreach(cell, scope->target->dimension->key)
	{
		if (!campaign_list_has(names, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("the query has no column \"%s\"",
							(char *) lfirst(cell)),
					 errdetail("It is a column of the key of dimension \"%s\".",
							   scope->target->dimension->name),
					 errhint("Select it, or give another column its name with AS.")));
	}
	return columns;
}

/* The columns that are added. */
static List *
columns_of_sql(const CampaignScope *scope)
{
	if (!campaign_statement_returns(parse_query(scope->activity)->tree))
		return NIL;
	return added_columns(scope,
						 campaign_expression_check(scope,
												   read_query(scope, NULL)));
}

/* Appends the key's columns in the types of the dimension, and the others. */
static void
append_columns(const CampaignScope *scope, StringInfo text, List *added)
{
	ListCell   *cell;

	foreach(cell, scope->target->key)
	{
		const CampaignColumn *column = lfirst(cell);

		appendStringInfo(text, "%sq.%s::%s AS \"campaign.%d\"",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_identifier(column->name),
						 format_type_extended(column->type, column->typmod,
											  FORMAT_TYPE_TYPEMOD_GIVEN |
											  FORMAT_TYPE_FORCE_QUALIFY),
						 foreach_current_index(cell) + 1);
	}
	foreach(cell, added)
		appendStringInfo(text, ", q.%s AS \"campaign.c%d\"",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name),
						 foreach_current_index(cell));
}

/* Writes the whole select: number of the outcome, key, columns. */
static void
build_select(const CampaignScope *scope, CampaignSelect *select, Query *query,
			 List *added)
{
	StringInfo	text = &select->text;
	int			nkeys = list_length(scope->target->key);
	bool		reads = query->commandType == CMD_SELECT;
	char	   *item = reads ? campaign_select_rows(select, query) :
		campaign_select_effect(select, query);
	StringInfoData keys;

	initStringInfo(&keys);
	if (!reads)
		appendStringInfoString(text, campaign_select_effect_with(select));
	appendStringInfoString(text, "SELECT CASE WHEN ");
	for (int i = 1; i <= nkeys; i++)
	{
		appendStringInfo(text, "x.\"campaign.%d\" IS NULL OR ", i);
		appendStringInfo(&keys, "%sx.\"campaign.%d\"", i > 1 ? ", " : "", i);
	}
	appendStringInfo(text,
					 "pg_catalog.row_number() OVER (PARTITION BY %s) > 1 THEN %d ELSE %d END, %s",
					 keys.data, OUTCOME_REJECTED, OUTCOME_RESULT, keys.data);
	for (int i = 0; i < list_length(added); i++)
		appendStringInfo(text, ", x.\"campaign.c%d\"", i);
	appendStringInfoString(text, " FROM (SELECT ");
	append_columns(scope, text, added);
	appendStringInfo(text, " FROM %s AS q OFFSET 0) AS x", item);
}

/* Refuses an option that says something about rows that are not returned. */
static void
check_silent(const CampaignScope *scope)
{
	if (campaign_option_text(scope->activity->options, "dimension") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a query that returns nothing has no dimension"),
				 errhint("Leave the option out: the rows that came in go on. Or add RETURNING.")));
}

/* Refuses what cannot become a population of the dimension. */
static void
check_sql(const CampaignScope *scope)
{
	Query	   *query = campaign_expression_check(scope,
												  read_query(scope, NULL));
	CampaignSelect *select = campaign_select_new(scope->variables,
												 scope->activity->search_path);
	CampaignIdentity identity;
	List	   *added;

	campaign_scope_check_counted(scope);
	if (campaign_query_columns(query) == NIL &&
		query->commandType != CMD_SELECT)
	{
		check_silent(scope);
		return;
	}
	added = added_columns(scope, query);
	campaign_columns_check_names(scope, added);
	campaign_identity_assume(&identity, scope->graph->campaign->owner);
	build_select(scope, select, query, added);
	(void) campaign_select_analyze(select);
	campaign_identity_leave(&identity);
}

/* Receiver: a statement without RETURNING gives no rows. */
static void
ignore_row(CampaignReceiver *self, TupleTableSlot *slot)
{
}

/* A statement that returns nothing, and how many rows it has changed. */
typedef struct Silent
{
	CampaignSelect *select;
	int64		changed;
} Silent;

/* Executes it. */
static void
execute_silent(void *arg)
{
	Silent	   *silent = arg;
	CampaignReceiver receiver = {NULL, ignore_row};

	silent->changed = (int64) campaign_select_run(silent->select, &receiver);
	campaign_fire_deferred_triggers();
}

/* Notes in the log how many rows were changed, or would have been. */
static void
log_effect(const CampaignTask *task, int64 changed)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "effect",
		.message = psprintf(task->run->test ?
							"rows changed, which was undone: " INT64_FORMAT :
							"rows changed: " INT64_FORMAT, changed)
	};

	campaign_log_add(&line);
}

/* Gives out what a select returns; its effect stays unless it is a test. */
static void
run_returning(CampaignTask *task, Query *query, CampaignOutlet *outlets)
{
	CampaignSelect *select = campaign_task_select(task);
	List	   *added = added_columns(&task->scope, query);
	bool		effect = campaign_option_bool(task->scope.activity->options,
											  "effect", false);
	int64		rows;

	select->unkeyed = true;
	build_select(&task->scope, select, query, added);
	campaign_task_outlet(task, &outlets[OUTCOME_RESULT], OUTCOME_RESULT, added);
	rows = effect && task->run->test ?
		campaign_sink_write_in_vain(select, CAMPAIGN_ROUTE_NUMBER, outlets,
									OUTCOMES) :
		campaign_sink_write(select, CAMPAIGN_ROUTE_NUMBER, outlets, OUTCOMES);
	if (effect)
		log_effect(task, rows);
	campaign_task_emit(task, &outlets[OUTCOME_RESULT], OUTCOME_RESULT,
					   outlets[OUTCOME_RESULT].rows > 0 ||
					   !campaign_option_bool(task->scope.activity->options,
											 "skip_empty", false));
}

/* Executes a statement that returns nothing; what came in goes on. */
static void
run_silent(CampaignTask *task, Query *query, CampaignOutlet *outlets)
{
	Silent		silent = {campaign_task_select(task)};
	CampaignFlow *flow;

	(void) campaign_select_effect(silent.select, query);
	if (task->run->test)
		campaign_attempt_in_vain(execute_silent, &silent);
	else
		execute_silent(&silent);
	log_effect(task, silent.changed);
	if (task->inbound != NIL)
		campaign_task_pass(task, campaign_activity_leading(task->scope.activity));
	else
	{
		campaign_task_outlet(task, &outlets[OUTCOME_RESULT], OUTCOME_RESULT,
							 NIL);
		campaign_task_emit(task, &outlets[OUTCOME_RESULT], OUTCOME_RESULT,
						   true);
	}
	flow = llast(task->outbound);
	flow->active = flow->rows > 0 ||
		!campaign_option_bool(task->scope.activity->options, "skip_empty",
							  false);
}

/* Runs the query. */
static void
run_sql(CampaignTask *task)
{
	CampaignOutlet outlets[OUTCOMES] = {0};
	Query	   *query;

	query = campaign_select_analyze_rows(task->scope.variables,
										 read_query(&task->scope, task));
	outlets[OUTCOME_REJECTED].capacity = -1;
	if (query->commandType == CMD_SELECT ||
		campaign_query_columns(query) != NIL)
		run_returning(task, query, outlets);
	else
		run_silent(task, query, outlets);
	campaign_task_emit(task, &outlets[OUTCOME_REJECTED], OUTCOME_REJECTED,
					   true);
}

const CampaignKind campaign_kind_sql = {
	.name = "sql",
	.category = "targeting",
	.purpose = "Goes on with the rows that a query over inbound transitions and tables gives.",
	.min_inbound = 0,
	.max_inbound = -1,
	.outcome_names = "result, rejected",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_sql,
	.expressions = expressions_of_sql,
	.merge = merge_sql,
	.columns = columns_of_sql,
	.check = check_sql,
	.run = run_sql
};
