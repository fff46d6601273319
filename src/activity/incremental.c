/*
 * incremental.c
 *		incremental: rows that were not returned before.
 *
 * A selecting kind with a memory: the rows that earlier executions of the
 * activity have returned are left out, and what comes out is written to
 * the memory by the same pass.  The memory is part of the task's transaction,
 * and counts for as long as the run does: what a stopped run has returned
 * comes again, unless it was sent a message.  Executions in runs that overlap
 * take turns, and each decides once, at its beginning, which earlier ones
 * count; so no row comes out of two.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "activity/activity.h"
#include "activity/option.h"
#include "base/clock.h"
#include "base/cluster.h"
#include "base/settings.h"
#include "set/row.h"
#include "store/memory.h"

/* So many rows are forgotten for their age in one execution. */
#define MOST_FORGOTTEN	INT64CONST(5000000)

/* A history of more days is as good as one without end. */
#define LONGEST_HISTORY	36500

/* How far before the last execution dates are looked at again. */
#define OVERLAP			"1 hour"

static const CampaignOption options[] = {
	{"filter", CAMPAIGN_OPTION_CONDITION, false, "all rows",
	"Condition on the row: columns of the dimension, subqueries, vars.name."},
	{"history_days", CAMPAIGN_OPTION_NUMBER, false, "0",
	"Days after which a row that was returned may come again; 0: never."},
	{"changed_by", CAMPAIGN_OPTION_VALUES, false, NULL,
	"Expressions, with commas between; a row that was returned comes again when one of them has changed."},
	{"date_field", CAMPAIGN_OPTION_VALUE, false, NULL,
	"Expression that gives a time: of rows whose time lies before the last execution none is looked at, and of those whose time is to come none yet."},
	{"overlap", CAMPAIGN_OPTION_INTERVAL, false, "1 hour",
	"With date_field: so much before the last execution counts as after it, for times that somebody else's clock has set."},
	{"dimension", CAMPAIGN_OPTION_DIMENSION, false, "the campaign's",
	"The dimension whose rows are selected; only at the start of a branch."},
	{"skip_empty", CAMPAIGN_OPTION_BOOLEAN, false, "true",
	"Whether the branch ends here when no row comes out."}
};

/* What comes out, and what has no usable key. */
enum
{
	OUTCOME_RESULT,
	OUTCOME_REJECTED,
	OUTCOMES
};

/* An execution. */
typedef struct Increment
{
	CampaignTask *task;
	CampaignPopulation *population; /* NULL: the dimension */
	CampaignMemoryBatch batch;
	TimestampTz since;			/* rows returned before count no more; 0: all
								 * count */
	TimestampTz now;
	List	   *earlier;		/* batches that count, of int64 * */
} Increment;

/* What comes out, and what has no usable key. */
static List *
outcomes_of_incremental(const Jsonb *given)
{
	return list_make2(pstrdup("result"), pstrdup("rejected"));
}

/* Refuses a date that does not say when, and an option for nothing. */
static void
check_date(const CampaignScope *scope)
{
	CampaignExpression *date = campaign_option_expression(scope->activity,
														  "date_field");
	Query	   *query;
	Oid			type;

	if (date == NULL)
	{
		if (campaign_option_text(scope->activity->options, "overlap") != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"overlap\" needs option \"date_field\""),
					 errhint("Without a date, all rows are looked at each time.")));
		return;
	}
	query = campaign_expression_check(scope, date);
	type = getBaseType(exprType((Node *) linitial_node(TargetEntry,
													   query->targetList)->expr));
	if (type != TIMESTAMPTZOID && type != TIMESTAMPOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("option \"date_field\" must give a timestamp, not %s",
						format_type_be(type)),
				 errhint("A day does not say whether it lies before an execution; leave the option out, and rows are told apart by their keys.")));
}

/* Refuses another dimension than that of the inbound population, and more. */
static void
check_incremental(const CampaignScope *scope)
{
	CampaignActivity *activity = scope->activity;
	char	   *inbound;

	check_date(scope);
	if (activity->inbound == NIL ||
		campaign_option_text(activity->options, "dimension") == NULL)
		return;
	inbound = campaign_activity_dimension(scope->graph,
										  ((CampaignTransition *) linitial(activity->inbound))->source);
	if (strcmp(inbound, scope->target->dimension->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("incremental \"%s\" cannot change the dimension of its inbound population",
						activity->name),
				 errhint("Leave the option out, or start a branch of its own.")));
}

/* -------------------------------- select -------------------------------- */

/* An instant as a constant. */
static char *
instant(TimestampTz time)
{
	char		buffer[MAXDATELEN + 1];
	int			zone = 0;

	JsonEncodeDateTime(buffer, TimestampTzGetDatum(time), TIMESTAMPTZOID,
					   &zone);
	return psprintf("%s::pg_catalog.timestamptz", quote_literal_cstr(buffer));
}

/*
 * Appends an expression of changed_by.  A time is written in UTC: its text must
 * not change with the zone of whoever looks.
 */
static void
append_changing(const Increment *increment, CampaignSelect *select,
				CampaignExpression *expression)
{
	Query	   *query = campaign_expression_check(&increment->task->scope,
												  expression);
	Oid			type = getBaseType(exprType((Node *) linitial_node(TargetEntry,
																   query->targetList)->expr));

	appendStringInfoChar(&select->text, '(');
	campaign_select_expression(select, expression);
	appendStringInfoString(&select->text, type == TIMESTAMPTZOID ?
						   ") AT TIME ZONE 'UTC'" : ")");
}

/*
 * The expressions that bring a row back, of CampaignExpression *: those of
 * changed_by, or else its date.
 */
static List *
changing(const Increment *increment)
{
	const CampaignActivity *activity = increment->task->scope.activity;
	List	   *expressions = campaign_option_expressions(activity,
														  "changed_by");

	if (expressions == NIL &&
		campaign_option_text(activity->options, "date_field") != NULL)
		return list_make1(campaign_option_expression(activity, "date_field"));
	return expressions;
}

/* Appends the hash of what brings a row back; NULL if nothing does. */
static void
append_fingerprint(const Increment *increment, CampaignSelect *select)
{
	List	   *expressions = changing(increment);
	ListCell   *cell;

	if (expressions == NIL)
	{
		appendStringInfoString(&select->text, "NULL::pg_catalog.int8");
		return;
	}
	appendStringInfoString(&select->text,
						   "pg_catalog.hashtextextended(pg_catalog.jsonb_build_array(");
	foreach(cell, expressions)
	{
		if (foreach_current_index(cell) > 0)
			appendStringInfoString(&select->text, ", ");
		append_changing(increment, select, lfirst(cell));
	}
	appendStringInfoString(&select->text,
						   ")::pg_catalog.text COLLATE \"C\", 0)");
}

/* Appends "AND" or "WHERE". */
static void
append_word(CampaignSelect *select, bool *first)
{
	appendStringInfoString(&select->text, *first ? " WHERE " : " AND ");
	*first = false;
}

/* Appends the bounds between which a row's date lies. */
static void
append_dates(const Increment *increment, CampaignSelect *select, bool *first)
{
	CampaignExpression *date =
		campaign_option_expression(increment->task->scope.activity,
								   "date_field");

	if (date == NULL)
		return;
	append_word(select, first);
	campaign_select_expression(select, date);
	appendStringInfo(&select->text, " <= %s", instant(increment->now));
	if (TIMESTAMP_IS_NOBEGIN(increment->batch.begins))
		return;
	append_word(select, first);
	campaign_select_expression(select, date);
	appendStringInfo(&select->text, " > %s",
					 instant(increment->batch.begins));
}

/*
 * True if the keys can be kept as a set of integers while the statement is
 * executed, which a row's is looked up in at once.  Otherwise they are joined.
 */
static bool
fits_in_memory(const Increment *increment)
{
	const CampaignTarget *target = increment->task->scope.target;
	Oid			type = ((CampaignColumn *) linitial(target->key))->type;

	return list_length(target->key) == 1 &&
		(type == INT2OID || type == INT4OID || type == INT8OID) &&
		changing(increment) == NIL &&
		!campaign_cluster_has(target->relation) &&
		campaign_memory_size() * sizeof(int64) <
		campaign_work_mem * 1024.0 * hash_mem_multiplier;
}

/* The batches that count, as a constant. */
static char *
batches(const Increment *increment)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, "'{");
	foreach(cell, increment->earlier)
		appendStringInfo(&text, "%s" INT64_FORMAT,
						 foreach_current_index(cell) > 0 ? "," : "",
						 *(int64 *) lfirst(cell));
	appendStringInfoString(&text, "}'::pg_catalog.int8[]");
	return text.data;
}

/* Appends that the row was not returned before, or has changed since. */
static void
append_memory(const Increment *increment, CampaignSelect *select, bool *first)
{
	const CampaignTarget *target = increment->task->scope.target;
	StringInfo	text = &select->text;

	if (increment->earlier == NIL)
		return;
	append_word(select, first);
	if (fits_in_memory(increment))
	{
		appendStringInfo(text, "campaign.is_new(%s, %s)",
						 campaign_row_column(target, increment->population, 0),
						 batches(increment));
		return;
	}
	appendStringInfo(text,
					 "NOT EXISTS (SELECT FROM campaign.remembered AS \"campaign.remembered\""
					 " WHERE \"campaign.remembered\".batch_id = ANY (%s)"
					 " AND \"campaign.remembered\".key = %s COLLATE \"C\"",
					 batches(increment),
					 campaign_row_recipient(target, increment->population));
	if (changing(increment) != NIL)
	{
		appendStringInfoString(text,
							   " AND (\"campaign.remembered\".fingerprint IS NULL"
							   " OR \"campaign.remembered\".fingerprint = ");
		append_fingerprint(increment, select);
		appendStringInfoChar(text, ')');
	}
	appendStringInfoChar(text, ')');
}

/* Appends the columns of the memory: batch, key, fingerprint. */
static void
append_aside(const Increment *increment, CampaignSelect *select)
{
	appendStringInfo(&select->text, ", '" INT64_FORMAT "'::pg_catalog.int8, %s, ",
					 increment->batch.id,
					 campaign_row_recipient(increment->task->scope.target,
											increment->population));
	append_fingerprint(increment, select);
}

/* Writes the select: outcome, key and columns, then those of the memory. */
static CampaignSelect *
build_select(const Increment *increment)
{
	const CampaignScope *scope = &increment->task->scope;
	CampaignSelect *select = campaign_task_select(increment->task);
	CampaignExpression *filter = campaign_option_expression(scope->activity,
															"filter");
	bool		first = true;

	if (increment->population != NULL)
		appendStringInfo(&select->text, "SELECT %d, ", OUTCOME_RESULT);
	else
		appendStringInfo(&select->text, "SELECT CASE WHEN %s THEN %d ELSE %d END, ",
						 campaign_row_unusable(scope->target),
						 OUTCOME_REJECTED, OUTCOME_RESULT);
	campaign_row_columns(select, scope->target, increment->population);
	append_aside(increment, select);
	appendStringInfoString(&select->text, " FROM ");
	campaign_row_from(select, scope->target, increment->population,
					  CAMPAIGN_ROW_INNER);
	append_dates(increment, select, &first);
	append_memory(increment, select, &first);
	if (filter != NULL)
	{
		append_word(select, &first);
		campaign_select_expression(select, filter);
	}
	return select;
}

/* -------------------------------- memory -------------------------------- */

/* Sets since when rows that were returned stay away. */
static void
set_since(Increment *increment)
{
	char	   *days = campaign_option_text(increment->task->scope.activity->options,
											"history_days");
	double		number = days == NULL ? 0 : strtod(days, NULL);

	if (number > 0 && number < LONGEST_HISTORY)
		increment->since = increment->now - (TimestampTz) (number * USECS_PER_DAY);
}

/*
 * Sets the bounds of dates.  The next execution begins where no row can appear
 * any more that carries the time of its transaction, and before that by the
 * overlap; what comes twice for that is in the memory.  given_back: where rows
 * begin that an earlier execution had returned and that are free again.
 */
static void
set_dates(Increment *increment, TimestampTz given_back)
{
	const Jsonb *given = increment->task->scope.activity->options;
	Interval   *overlap = campaign_option_interval(given, "overlap");
	TimestampTz mark;

	increment->batch.begins = DT_NOBEGIN;
	if (campaign_option_text(given, "date_field") == NULL)
		return;
	if (overlap == NULL)
		overlap = DatumGetIntervalP(DirectFunctionCall3(interval_in,
														CStringGetDatum(OVERLAP),
														ObjectIdGetDatum(InvalidOid),
														Int32GetDatum(-1)));
	mark = campaign_memory_mark(increment->batch.memory_id);
	increment->batch.begins = Min(mark, given_back);
	increment->batch.mark =
		DatumGetTimestampTz(DirectFunctionCall2(timestamptz_mi_interval,
												TimestampTzGetDatum(campaign_memory_horizon()),
												IntervalPGetDatum(overlap)));
}

/*
 * Opens the memory.  Whoever else is executing the activity is waited for, so
 * that what he returns is seen; a test only reads.
 */
static void
open_memory(Increment *increment)
{
	const CampaignTask *task = increment->task;
	CampaignMemoryBatch *batch = &increment->batch;
	const char *name = task->scope.activity->name;
	TimestampTz given_back;

	batch->memory_id = task->run->test ?
		campaign_memory_find(task->run->campaign_id, name) :
		campaign_memory_lock(task->run->campaign_id, name);
	given_back = task->run->test ?
		campaign_memory_given_back(batch->memory_id) :
		campaign_memory_settle(batch->memory_id, task->run->id);
	increment->now = campaign_clock_now();
	batch->dimension = task->scope.target->dimension->name;
	set_since(increment);
	set_dates(increment, given_back);
	increment->earlier =
		campaign_memory_batches(batch->memory_id,
								batch->dimension,
								Max(increment->since, batch->begins),
								task->run->test);
	batch->run_id = task->run->id;
	batch->returned_at = increment->now;
	batch->id = task->run->test ? 0 : campaign_memory_number();
}

/* Notes the execution, and forgets what is too old to count. */
static void
close_memory(const Increment *increment, int64 rows)
{
	const CampaignMemoryBatch *batch = &increment->batch;

	if (increment->task->run->test)
		return;
	if (rows > 0 || batch->mark != 0)
		campaign_memory_add(batch);
	campaign_memory_prune(batch->memory_id, increment->since,
						  batch->mark != 0, MOST_FORGOTTEN);
}

/* Selects what was not returned before, and remembers it. */
static void
run_incremental(CampaignTask *task)
{
	Increment	increment = {task};
	CampaignOutlet outlets[OUTCOMES];
	bool		skip_empty;

	if (task->inbound != NIL)
		increment.population = campaign_task_population(task, 0);
	open_memory(&increment);
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_outlet(task, &outlets[i], i,
							 campaign_population_added(increment.population));
	if (!task->run->test)
		outlets[OUTCOME_RESULT].aside = campaign_memory_table();
	campaign_sink_write(build_select(&increment), CAMPAIGN_ROUTE_NUMBER,
						outlets, OUTCOMES);
	close_memory(&increment, outlets[OUTCOME_RESULT].rows);

	skip_empty = campaign_option_bool(task->scope.activity->options,
									  "skip_empty", true);
	campaign_task_emit(task, &outlets[OUTCOME_RESULT], OUTCOME_RESULT,
					   !skip_empty || outlets[OUTCOME_RESULT].rows > 0);
	campaign_task_emit(task, &outlets[OUTCOME_REJECTED], OUTCOME_REJECTED,
					   true);
}

const CampaignKind campaign_kind_incremental = {
	.name = "incremental",
	.category = "targeting",
	.purpose = "Selects rows that it has not returned before, in this run or in earlier ones.",
	.min_inbound = 0,
	.max_inbound = 1,
	.outcome_names = "result, rejected",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_incremental,
	.check = check_incremental,
	.run = run_incremental
};
