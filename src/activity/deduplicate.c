/*
 * deduplicate.c
 *		deduplicate: of the rows that are equal in something, the best ones.
 *
 * A selecting kind, in one pass with one sort: rows are numbered within those
 * they are equal to, in the order of preference, and the first ones stay.  The
 * last criterion is a keyed hash of the key, so that which of two equally good
 * rows stays is drawn, but the same in every run.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#include "activity/activity.h"
#include "activity/column.h"
#include "activity/merge.h"
#include "activity/option.h"
#include "set/row.h"
#include "set/stream.h"

static const CampaignOption options[] = {
	{"by", CAMPAIGN_OPTION_VALUES, true, NULL,
	"Expressions, with commas between; rows equal in all of them are duplicates of each other."},
	{"keep", CAMPAIGN_OPTION_ORDER, false, "drawn",
	"Which of them stay, as in ORDER BY: \"score DESC\"; NULLs come last."},
	{"prefer", CAMPAIGN_OPTION_OBJECTS, false, NULL,
	"Array of objects, asked before keep: expression, and among (list of values, best first); without among, rows in which it is not empty come first."},
	{"max_rows", CAMPAIGN_OPTION_NUMBER, false, "1",
	"How many of them stay; 0: all."},
	{"seed", CAMPAIGN_OPTION_TEXT, false, "campaign.activity",
	"Text on which equally good rows are drawn; the same seed draws the same rows."},
	{"match_nulls", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether NULL equals NULL; else a row with a NULL in by is nobody's duplicate."},
	{"merge", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether added columns that are NULL in a row that stays are filled from its duplicates, the best first."},
	{"records", CAMPAIGN_OPTION_OBJECTS, false, NULL,
	"Array of objects, for columns that are added from one of the equal rows: columns (names and expressions), filter, sort_by; the best row that satisfies the filter and has all of them gives them."}
};

/* Digits of the largest number of rows. */
#define MOST_DIGITS		15

/* What stays, and what does not. */
enum
{
	OUTCOME_RESULT,
	OUTCOME_DUPLICATES,
	OUTCOMES
};

/* One of the preferences. */
typedef struct Preference
{
	CampaignExpression *expression;
	char	   *among;			/* array literal; NULL: what is not empty */
} Preference;

/* What the select is made of. */
typedef struct Plan
{
	const CampaignTask *task;
	const CampaignPopulation *population;
	CampaignSelect *select;
	List	   *by;				/* of CampaignExpression * */
	List	   *order;			/* likewise */
	List	   *preferences;	/* of Preference * */
	List	   *records;		/* of CampaignMerge * */
	bool		merge;
	char	   *stays;			/* condition under which a row stays */
	char	   *group;			/* what PARTITION BY has */
} Plan;

/* What stays, and what does not. */
static List *
outcomes_of_deduplicate(const Jsonb *given)
{
	return list_make2(pstrdup("result"), pstrdup("duplicates"));
}

/* Refuses a preference for what it has not. */
static void
refuse_preference(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an object in option \"prefer\" %s", problem),
			 errhint("Write [{\"expression\": \"country\", \"among\": [\"FR\", \"DE\"]}, {\"expression\": \"phone\"}].")));
}

/* The values of "among" as an array literal; NULL if there are none. */
static char *
read_among(const JsonbContainer *object)
{
	JsonbValue *value = campaign_object_member(object, "among");
	ArrayBuildState *state = NULL;
	JsonbContainer *array;

	if (value == NULL)
		return NULL;
	array = value->type == jbvBinary ? value->val.binary.data : NULL;
	if (array == NULL || !JsonContainerIsArray(array) ||
		JsonContainerSize(array) == 0)
		refuse_preference("has no list of values in \"among\"");
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		char	   *text = campaign_scalar_text(getIthJsonbValueFromContainer(array, i));

		if (text == NULL)
			refuse_preference("has a value in \"among\" that is no scalar");
		state = accumArrayResult(state, CStringGetTextDatum(text), false,
								 TEXTOID, CurrentMemoryContext);
	}
	return OidOutputFunctionCall(F_ARRAY_OUT,
								 makeArrayResult(state, CurrentMemoryContext));
}

/* The preferences as they were given, of Preference *. */
static List *
read_preferences(const CampaignActivity *activity)
{
	List	   *preferences = NIL;
	ListCell   *cell;

	foreach(cell, campaign_option_objects(activity->options, "prefer"))
	{
		const JsonbContainer *object = lfirst(cell);
		Preference *preference = palloc(sizeof(Preference));
		char	   *text = campaign_object_text(object, "expression");

		campaign_members_check(object, "an object in option \"prefer\"",
							   "expression, among");
		if (text == NULL)
			refuse_preference("has no \"expression\"");
		preference->expression =
			campaign_expression_parse(text,
									  psprintf("option \"prefer\" of activity \"%s\"",
											   activity->name),
									  activity->search_path);
		preference->among = read_among(object);
		preferences = lappend(preferences, preference);
	}
	return preferences;
}

/* The expressions of the preferences and the records. */
static List *
expressions_of_deduplicate(const CampaignScope *scope)
{
	List	   *expressions =
		campaign_merges_expressions(campaign_merges_read(scope));
	ListCell   *cell;

	foreach(cell, read_preferences(scope->activity))
		expressions = lappend(expressions,
							  ((Preference *) lfirst(cell))->expression);
	return expressions;
}

/* The columns that records add. */
static List *
columns_of_deduplicate(const CampaignScope *scope)
{
	return campaign_merges_columns(scope, campaign_merges_read(scope));
}

/* Refuses a number of rows that is none, and columns that are taken. */
static void
check_deduplicate(const CampaignScope *scope)
{
	char	   *number = campaign_option_text(scope->activity->options,
											  "max_rows");

	if (number != NULL && (strspn(number, "0123456789") != strlen(number) ||
						   strlen(number) > MOST_DIGITS))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"max_rows\" must be a whole number of at least 0"),
				 errhint("It says how many of the rows that are equal stay.")));
	campaign_columns_check_names(scope, columns_of_deduplicate(scope));
}

/* Sets what rows are grouped by, and when one stays. */
static void
set_group(Plan *plan)
{
	const Jsonb *given = plan->task->scope.activity->options;
	bool		nulls = campaign_option_bool(given, "match_nulls", false);
	int64		number = campaign_option_count(given, "max_rows", 1);
	StringInfoData group;
	StringInfoData unmatched;

	initStringInfo(&group);
	initStringInfo(&unmatched);
	for (int i = 0; i < list_length(plan->by); i++)
	{
		appendStringInfo(&group, "%s\"campaign.by%d\"", i > 0 ? ", " : "", i);
		appendStringInfo(&unmatched, "%s\"campaign.by%d\" IS NULL",
						 i > 0 ? " OR " : "", i);
	}
	/* Who has no duplicates must not lend values either. */
	if ((plan->merge || plan->records != NIL) && !nulls)
		appendStringInfo(&group, ", CASE WHEN %s THEN %s END", unmatched.data,
						 campaign_row_recipient(plan->task->scope.target,
												plan->population));
	plan->group = group.data;
	plan->stays = number == 0 ? "true" :
		psprintf("%s%s\"campaign.rank\" <= " INT64_FORMAT,
				 nulls ? "" : unmatched.data, nulls ? "" : " OR ", number);
}

/* Appends the row with all that is evaluated over it, up to what it is from. */
static void
append_evaluation(Plan *plan)
{
	const CampaignTarget *target = plan->task->scope.target;
	StringInfo	text = &plan->select->text;
	const char *alias = quote_identifier(target->dimension->name);
	ListCell   *cell;

	appendStringInfo(text, "SELECT %s.*, %s AS \"campaign.position\"", alias,
					 campaign_task_position(plan->task, plan->population));
	foreach(cell, plan->by)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(plan->select, lfirst(cell));
		appendStringInfo(text, "%s AS \"campaign.by%d\"",
						 campaign_expression_collation(&plan->task->scope,
													   lfirst(cell)),
						 foreach_current_index(cell));
	}
	foreach(cell, plan->preferences)
	{
		const Preference *preference = lfirst(cell);

		if (preference->among == NULL)
			appendStringInfoString(text, ", coalesce((");
		else
			appendStringInfo(text, ", pg_catalog.array_position(%s::pg_catalog.text[], (",
							 quote_literal_cstr(preference->among));
		campaign_select_expression(plan->select, preference->expression);
		appendStringInfo(text, "%s AS \"campaign.prefer%d\"",
						 preference->among == NULL ?
						 ")::pg_catalog.text, '') COLLATE \"C\" = ''" :
						 ")::pg_catalog.text COLLATE \"C\")",
						 foreach_current_index(cell));
	}
	foreach(cell, plan->order)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(plan->select, lfirst(cell));
		appendStringInfo(text, " AS \"campaign.keep%d\"",
						 foreach_current_index(cell));
	}
	campaign_merges_evaluate(plan->select, plan->records);
	appendStringInfoString(text, " FROM ");
}

/* Appends the row with its rank among those it is equal to, likewise. */
static void
append_ranking(Plan *plan)
{
	StringInfo	text = &plan->select->text;
	const char *alias = quote_identifier(plan->task->scope.target->dimension->name);
	ListCell   *cell;

	appendStringInfo(text,
					 "SELECT %s.*, pg_catalog.row_number() OVER (PARTITION BY %s ORDER BY ",
					 alias, plan->group);
	foreach(cell, plan->preferences)
		appendStringInfo(text, "\"campaign.prefer%d\" NULLS LAST, ",
						 foreach_current_index(cell));
	foreach(cell, plan->order)
		appendStringInfo(text, "\"campaign.keep%d\" %s, ",
						 foreach_current_index(cell),
						 ((CampaignExpression *) lfirst(cell))->order);
	appendStringInfo(text, "%s) AS \"campaign.rank\" FROM ",
					 campaign_row_last_order(plan->task->scope.target,
											 plan->population, plan->order));
}

/* Appends the item that has both, each expression evaluated once. */
static void
append_ranked(Plan *plan)
{
	StringInfo	text = &plan->select->text;
	const CampaignTarget *target = plan->task->scope.target;
	const char *alias = quote_identifier(target->dimension->name);

	appendStringInfoChar(text, '(');
	append_ranking(plan);
	appendStringInfoChar(text, '(');
	append_evaluation(plan);
	campaign_row_from(plan->select, target, plan->population,
					  CAMPAIGN_ROW_LEFT);
	appendStringInfo(text, " OFFSET 0) AS %s) AS %s", alias, alias);
}

/* Appends, for each added column, the rank of the first row that has it. */
static void
append_lenders(Plan *plan)
{
	StringInfo	text = &plan->select->text;
	const CampaignTarget *target = plan->task->scope.target;
	const char *alias = quote_identifier(target->dimension->name);

	appendStringInfo(text, "(SELECT %s.*", alias);
	for (int i = plan->population->nkeys;
		 i < list_length(plan->population->columns); i++)
		appendStringInfo(text,
						 ", pg_catalog.min(\"campaign.rank\") FILTER (WHERE %s IS NOT NULL)"
						 " OVER (PARTITION BY %s) AS \"campaign.lender%d\"",
						 campaign_row_column(target, plan->population, i),
						 plan->group, i);
	appendStringInfoString(text, " FROM ");
	append_ranked(plan);
	appendStringInfo(text, ") AS %s", alias);
}

/* Appends the population's columns, added ones filled from the lenders'. */
static void
append_filled_columns(Plan *plan)
{
	StringInfo	text = &plan->select->text;

	for (int i = 0; i < list_length(plan->population->columns); i++)
	{
		const char *column = campaign_row_column(plan->task->scope.target,
												 plan->population, i);

		appendStringInfoString(text, ", ");
		if (i < plan->population->nkeys)
			appendStringInfoString(text, column);
		else
			appendStringInfo(text,
							 "CASE WHEN %s AND (%s) THEN pg_catalog.nth_value(%s,"
							 " \"campaign.lender%d\"::pg_catalog.int4) OVER"
							 " (PARTITION BY %s ORDER BY \"campaign.rank\""
							 " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
							 " ELSE %s END",
							 psprintf("%s IS NULL", column), plan->stays,
							 column, i, plan->group, column);
	}
}

/* Writes the whole select: number of the outcome, then the columns. */
static void
build_select(Plan *plan)
{
	StringInfo	text = &plan->select->text;

	appendStringInfo(text, "SELECT CASE WHEN %s THEN %d ELSE %d END",
					 plan->stays, OUTCOME_RESULT, OUTCOME_DUPLICATES);
	if (plan->merge)
		append_filled_columns(plan);
	else
	{
		appendStringInfoString(text, ", ");
		campaign_row_columns(plan->select, plan->task->scope.target,
							 plan->population);
	}
	campaign_merges_take(plan->select, plan->records, plan->group,
						  "\"campaign.rank\"");
	appendStringInfoString(text, " FROM ");
	if (plan->merge)
		append_lenders(plan);
	else
		append_ranked(plan);
}

/* Reads the options of the activity. */
static void
open_plan(Plan *plan, const CampaignTask *task,
		  const CampaignPopulation *population)
{
	const CampaignActivity *activity = task->scope.activity;

	memset(plan, 0, sizeof(*plan));
	plan->task = task;
	plan->population = population;
	plan->select = campaign_task_select(task);
	plan->by = campaign_option_expressions(activity, "by");
	plan->order = campaign_option_expressions(activity, "keep");
	plan->preferences = read_preferences(activity);
	plan->records = campaign_merges_read(&task->scope);
	plan->merge = campaign_population_added(population) != NIL &&
		campaign_option_bool(activity->options, "merge", false);
	set_group(plan);
}

/* Routes every row in one pass. */
static void
run_deduplicate(CampaignTask *task)
{
	CampaignPopulation *population = campaign_task_population(task, 0);
	CampaignOutlet outlets[OUTCOMES];
	Plan		plan;

	open_plan(&plan, task, population);
	build_select(&plan);
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_outlet(task, &outlets[i], i,
							 list_concat_copy(campaign_population_added(population),
											  columns_of_deduplicate(&task->scope)));
	/* No estimate says how many are duplicates. */
	outlets[0].share = 1;
	campaign_task_came(task, campaign_sink_write(plan.select,
												 CAMPAIGN_ROUTE_NUMBER,
												 outlets, OUTCOMES));
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_emit(task, &outlets[i], i, true);
}

/* Gives the rows that stay, unless duplicates lend them values. */
static CampaignPopulation *
stream_deduplicate(CampaignTask *task)
{
	CampaignPopulation *stream = campaign_task_stream(task);
	Plan		plan;

	if (stream == NULL)
		return NULL;
	open_plan(&plan, task, stream);
	if (plan.merge || plan.records != NIL)
		return NULL;
	append_evaluation(&plan);
	stream = campaign_stream_stage(stream, plan.select, false);
	resetStringInfo(&plan.select->text);
	append_ranking(&plan);
	stream = campaign_stream_stage(stream, plan.select, true);
	resetStringInfo(&plan.select->text);
	appendStringInfoString(&plan.select->text, plan.stays);
	return campaign_stream_narrow(task->scope.target, stream, plan.select);
}

/* Every row comes out of the one statement. */
static bool
takes_rows(const CampaignScope *scope)
{
	return true;
}

const CampaignKind campaign_kind_deduplicate = {
	.name = "deduplicate",
	.category = "targeting",
	.purpose = "Keeps the best of the rows that are equal in given expressions.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result, duplicates",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_deduplicate,
	.expressions = expressions_of_deduplicate,
	.columns = columns_of_deduplicate,
	.check = check_deduplicate,
	.run = run_deduplicate,
	.stream = stream_deduplicate,
	.takes = takes_rows,
	.reads_expressions = true
};
