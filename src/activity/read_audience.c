/*
 * read_audience.c
 *		read_audience: the rows of a dimension that a saved audience, a table
 *		or a query names.
 *
 * A selecting kind that begins a branch.  What is read is joined to the
 * dimension once; a row of the dimension that several rows of the source lead
 * to comes out once, as keys have to be unique, and rows of the source that
 * lead to none are counted.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "activity/column.h"
#include "activity/option.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "set/row.h"
#include "store/audience.h"

static const CampaignOption options[] = {
	{"audience", CAMPAIGN_OPTION_TEXT, false, NULL,
	"Name of a saved audience of the owner's; or else source."},
	{"version", CAMPAIGN_OPTION_COUNT, false, "the newest",
	"Number of the version of the audience that is read."},
	{"source", CAMPAIGN_OPTION_TEXT, false, NULL,
	"A table or view, or a SELECT, that names the rows."},
	{"match", CAMPAIGN_OPTION_TEXT, false, "equal keys",
	"Condition under which a row of the source means a row of the dimension: \"source.email = lower(customers.email)\"."},
	{"columns", CAMPAIGN_OPTION_OBJECT, false, NULL,
	"Object of names and SQL expressions over both rows, to be added: {\"rank\": \"source.rank\"}."},
	{"sort_by", CAMPAIGN_OPTION_TEXT, false, "any",
	"Which row of the source gives the columns where several mean the same row; as in ORDER BY, the first one."},
	{"dimension", CAMPAIGN_OPTION_DIMENSION, false, "the campaign's",
	"The dimension whose rows are meant."},
	{"skip_empty", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether the branch ends here when no row comes out."}
};

/* What is found, what means nothing, and what means the same again. */
enum
{
	OUTCOME_RESULT,
	OUTCOME_UNMATCHED,
	OUTCOME_DUPLICATES,
	OUTCOMES
};

/* What the options say. */
typedef struct Reading
{
	const CampaignScope *scope;
	const CampaignAudience *audience;	/* or NULL */
	CampaignExpression *source; /* or NULL */
	CampaignExpression *match;	/* NULL: by keys */
	List	   *additions;		/* of CampaignAddition * */
	List	   *order;			/* of CampaignExpression * */
	List	   *names;			/* columns of the source; NIL: not known yet */
	char	   *item;			/* of FROM, with its alias; has no rows */
} Reading;

/* Outcomes. */
static List *
outcomes_of_read(const Jsonb *given)
{
	return list_make3(pstrdup("result"), pstrdup("unmatched"),
					  pstrdup("duplicates"));
}

/* An option of the activity's, for messages. */
static char *
describe(const CampaignScope *scope, const char *option)
{
	return psprintf("option \"%s\" of activity \"%s\"", option,
					scope->activity->name);
}

/* The owner's audience; NULL if there is none yet. */
static const CampaignAudience *
find_audience(const CampaignScope *scope, const char *name)
{
	CampaignAudience *audience;

	audience = campaign_audience_find(scope->graph->campaign->owner, name,
									  Min(campaign_option_count(scope->activity->options,
																"version", 0),
										  PG_INT32_MAX));
	return audience == NULL || audience->number == 0 ? NULL : audience;
}

/* The columns of a version, as an item without rows. */
static char *
audience_item(Reading *reading)
{
	CampaignPopulation *population =
		campaign_population_open(reading->audience->population,
								 reading->scope->target);
	ListCell   *cell;

	foreach(cell, population->columns)
		reading->names = lappend(reading->names,
								 ((CampaignColumn *) lfirst(cell))->name);
	return campaign_columns_item(population->columns);
}

/* The columns of the source, as an item without rows. */
static char *
source_item(Reading *reading)
{
	Query	   *query = campaign_expression_check(reading->scope,
												  reading->source);
	ListCell   *cell;

	foreach(cell, query->targetList)
	{
		TargetEntry *column = lfirst_node(TargetEntry, cell);

		if (!column->resjunk)
			reading->names = lappend(reading->names, column->resname);
	}
	return campaign_query_item(query);
}

/* Refuses a reading that has nothing to read, or two things. */
static void
check_one(const Reading *reading, const char *audience)
{
	if ((audience == NULL) == (reading->source == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("read_audience \"%s\" needs either \"audience\" or \"source\"",
						reading->scope->activity->name),
				 errhint("Name a saved audience, or give a table or a SELECT as source.")));
	if (reading->source != NULL &&
		campaign_option_text(reading->scope->activity->options,
							 "version") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"version\" goes with \"audience\""),
				 errhint("A source has no versions.")));
	if (strcmp(reading->scope->target->dimension->name, "source") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dimension \"source\" cannot be read into"),
				 errhint("In expressions that name stands for what is read; declare the dimension under another name.")));
}

/* Tells the expressions what they see beside the row. */
static void
set_beside(Reading *reading)
{
	ListCell   *cell;

	foreach(cell, reading->additions)
		((CampaignAddition *) lfirst(cell))->expression->beside = reading->item;
	foreach(cell, reading->order)
		((CampaignExpression *) lfirst(cell))->beside = reading->item;
	if (reading->match != NULL)
	{
		reading->match->beside = reading->item;
		reading->match->condition = true;
	}
}

/* Parses the options of a reading. */
static void
parse_options(Reading *reading)
{
	const CampaignScope *scope = reading->scope;
	const Jsonb *given = scope->activity->options;
	const char *path = scope->activity->search_path;
	char	   *source = campaign_option_text(given, "source");
	char	   *match = campaign_option_text(given, "match");
	char	   *order = campaign_option_text(given, "sort_by");

	if (source != NULL)
		reading->source = campaign_expression_parse_rows(source,
														 describe(scope, "source"),
														 path);
	if (match != NULL)
		reading->match = campaign_expression_parse(match,
												   describe(scope, "match"),
												   path);
	if (order != NULL)
		reading->order = campaign_expression_parse_order(order,
														 describe(scope, "sort_by"),
														 path);
	reading->additions =
		campaign_additions_read(scope,
								campaign_object_document(given, "columns"),
								"");
}

/*
 * Reads the options.  An audience that is not there yet has no columns: what
 * needs them is refused.
 */
static void
read_options(Reading *reading, const CampaignScope *scope)
{
	char	   *audience = campaign_option_text(scope->activity->options,
												"audience");
	char	   *item = pstrdup("(SELECT WHERE false)");

	memset(reading, 0, sizeof(*reading));
	reading->scope = scope;
	parse_options(reading);
	check_one(reading, audience);
	if (audience != NULL)
		reading->audience = find_audience(scope, audience);
	if (reading->audience != NULL)
		item = audience_item(reading);
	else if (reading->source != NULL)
		item = source_item(reading);
	else if (reading->match != NULL || reading->additions != NIL ||
			 reading->order != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("audience \"%s\" does not exist, or not in that version",
						audience),
				 errhint("%s Its columns have to be known; save it first.",
						 campaign_nearest_hint(audience,
											   campaign_audience_names(scope->graph->campaign->owner),
											   "audiences"))));
	reading->item = psprintf("%s AS source", item);
	set_beside(reading);
}

/* All expressions, and the query that is the source. */
static List *
expressions_of_read(const CampaignScope *scope)
{
	Reading		reading;
	List	   *expressions = NIL;

	read_options(&reading, scope);
	if (reading.source != NULL)
		expressions = lappend(expressions, reading.source);
	if (reading.match != NULL)
		expressions = lappend(expressions, reading.match);
	expressions = list_concat(expressions, reading.order);
	return campaign_additions_expressions(expressions, reading.additions);
}

/* The columns that are added. */
static List *
columns_of_read(const CampaignScope *scope)
{
	Reading		reading;

	read_options(&reading, scope);
	return campaign_additions_columns(scope, reading.additions);
}

/* Refuses to match by keys what does not have them. */
static void
check_keys(const Reading *reading)
{
	const CampaignDimension *dimension = reading->scope->target->dimension;
	ListCell   *cell;

	if (reading->match != NULL ||
		(reading->audience == NULL && reading->source == NULL))
		return;
	if (reading->audience != NULL &&
		strcmp(reading->audience->dimension, dimension->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("audience \"%s\" is of dimension \"%s\", not \"%s\"",
						reading->audience->name, reading->audience->dimension,
						dimension->name),
				 errhint("Say in option \"match\" how its rows belong to those of \"%s\".",
						 dimension->name)));
	foreach(cell, dimension->key)
	{
		if (!campaign_list_has(reading->names, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("what is read has no column \"%s\"",
							(char *) lfirst(cell)),
					 errhint("%s Or say in option \"match\" how its rows belong to those of \"%s\".",
							 campaign_nearest_hint(lfirst(cell),
												   reading->names, "columns"),
							 dimension->name)));
	}
}

/* Refuses options that do not go together, and names that are taken. */
static void
check_read(const CampaignScope *scope)
{
	Reading		reading;

	read_options(&reading, scope);
	check_keys(&reading);
	campaign_columns_check_names(scope,
								 campaign_additions_columns(scope,
															reading.additions));
	campaign_scope_check_counted(scope);
}

/* Nothing to read is seen before a run meets it. */
static List *
warn_read(const CampaignScope *scope)
{
	char	   *audience = campaign_option_text(scope->activity->options,
												"audience");

	if (audience == NULL || find_audience(scope, audience) != NULL)
		return NIL;
	return list_make1(campaign_warning("no_audience",
									   psprintf("audience \"%s\" does not exist, or not in that version",
												audience),
									   "It has to be saved before this activity is executed."));
}

/* The item of FROM that has the rows to be read. */
static char *
rows_item(const Reading *reading, CampaignSelect *select)
{
	if (reading->audience != NULL)
		return psprintf("campaign_data.%s",
						quote_identifier(reading->audience->population));
	return campaign_select_rows(select,
								campaign_select_analyze_rows(select->variables,
															 reading->source));
}

/*
 * Appends the rows of the source with what they mean; a key that is NULL is
 * none.
 */
static void
append_joined(const Reading *reading, CampaignSelect *select)
{
	const CampaignTarget *target = reading->scope->target;
	StringInfo	text = &select->text;
	const char *alias = quote_identifier(target->dimension->name);
	char	   *item = rows_item(reading, select);

	appendStringInfo(text, "%s AS source LEFT JOIN ", item);
	campaign_row_from(select, target, NULL, CAMPAIGN_ROW_INNER);
	appendStringInfoString(text, " ON ");
	if (reading->match != NULL)
		campaign_select_expression(select, reading->match);
	else
		appendStringInfoString(text,
							   campaign_row_match(target, "source", alias));
	for (int i = 0; i < list_length(target->key) && !target->not_null; i++)
		appendStringInfo(text, " AND %s IS NOT NULL",
						 campaign_row_column(target, NULL, i));
}

/* Appends the key, the columns and the order, each evaluated once. */
static void
append_evaluated(const Reading *reading, CampaignSelect *select)
{
	StringInfo	text = &select->text;
	ListCell   *cell;

	appendStringInfoString(text, "(SELECT ");
	for (int i = 0; i < list_length(reading->scope->target->key); i++)
		appendStringInfo(text, "%s%s AS \"campaign.%d\"", i > 0 ? ", " : "",
						 campaign_row_column(reading->scope->target, NULL, i),
						 i + 1);
	foreach(cell, reading->additions)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(select,
								   ((CampaignAddition *) lfirst(cell))->expression);
		appendStringInfo(text, " AS \"campaign.c%d\"",
						 foreach_current_index(cell));
	}
	foreach(cell, reading->order)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(select, lfirst(cell));
		appendStringInfo(text, " AS \"campaign.s%d\"",
						 foreach_current_index(cell));
	}
	appendStringInfoString(text, " FROM ");
	append_joined(reading, select);
	appendStringInfoString(text, " OFFSET 0) AS x");
}

/* Appends the rank of a row among those that mean the same. */
static void
append_rank(const Reading *reading, StringInfo text)
{
	ListCell   *cell;

	appendStringInfoString(text, "pg_catalog.row_number() OVER (PARTITION BY ");
	for (int i = 0; i < list_length(reading->scope->target->key); i++)
		appendStringInfo(text, "%sx.\"campaign.%d\"", i > 0 ? ", " : "", i + 1);
	foreach(cell, reading->order)
		appendStringInfo(text, "%s x.\"campaign.s%d\" %s",
						 foreach_current_index(cell) > 0 ? "," : " ORDER BY",
						 foreach_current_index(cell),
						 ((CampaignExpression *) lfirst(cell))->order);
	appendStringInfoChar(text, ')');
}

/*
 * Writes the whole select: number of the outcome, key, columns.  A version of
 * an audience has each key once, so those that are matched by key need no
 * rank.
 */
static void
build_select(const Reading *reading, CampaignSelect *select)
{
	const CampaignTarget *target = reading->scope->target;
	StringInfo	text = &select->text;

	appendStringInfo(text, "SELECT CASE WHEN x.\"campaign.1\" IS NULL THEN %d",
					 OUTCOME_UNMATCHED);
	if (reading->audience == NULL || reading->match != NULL || !target->unique)
	{
		appendStringInfoString(text, " WHEN ");
		append_rank(reading, text);
		appendStringInfo(text, " > 1 THEN %d", OUTCOME_DUPLICATES);
	}
	appendStringInfo(text, " ELSE %d END", OUTCOME_RESULT);
	for (int i = 0; i < list_length(target->key); i++)
		appendStringInfo(text, ", x.\"campaign.%d\"", i + 1);
	for (int i = 0; i < list_length(reading->additions); i++)
		appendStringInfo(text, ", x.\"campaign.c%d\"", i);
	appendStringInfoString(text, " FROM ");
	append_evaluated(reading, select);
}

/* Refuses to read what nobody has saved. */
static void
require_audience(const Reading *reading)
{
	if (reading->audience == NULL && reading->source == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("audience \"%s\" does not exist, or not in that version",
						campaign_option_text(reading->scope->activity->options,
											 "audience")),
				 errhint("Save it with an activity of kind \"save_audience\", then call campaign_retry().")));
	check_keys(reading);
}

/* Reads. */
static void
run_read(CampaignTask *task)
{
	CampaignSelect *select = campaign_task_select(task);
	List	   *added = columns_of_read(&task->scope);
	CampaignOutlet outlets[OUTCOMES];
	Reading		reading;
	bool		skip_empty;

	select->unkeyed = true;
	read_options(&reading, &task->scope);
	require_audience(&reading);
	build_select(&reading, select);
	for (int i = 0; i < OUTCOMES; i++)
	{
		if (i == OUTCOME_RESULT)
			campaign_task_outlet(task, &outlets[i], i, added);
		else
			outlets[i] = (CampaignOutlet) {.capacity = -1};
	}
	campaign_sink_write(select, CAMPAIGN_ROUTE_NUMBER, outlets, OUTCOMES);
	skip_empty = campaign_option_bool(task->scope.activity->options,
									  "skip_empty", false);
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_emit(task, &outlets[i], i,
						   i != OUTCOME_RESULT || !skip_empty ||
						   outlets[i].rows > 0);
}

const CampaignKind campaign_kind_read_audience = {
	.name = "read_audience",
	.category = "targeting",
	.purpose = "Begins a branch with the rows that a saved audience, a table or a query names.",
	.min_inbound = 0,
	.max_inbound = 0,
	.outcome_names = "result, unmatched, duplicates",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_read,
	.expressions = expressions_of_read,
	.columns = columns_of_read,
	.check = check_read,
	.warn = warn_read,
	.run = run_read
};
