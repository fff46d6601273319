/*
 * extract_file.c
 *		extract_file: writes rows to a file, or to a table.
 *
 * An acting kind: the rows are those of one statement, in its order, and the
 * population goes on.  Neither the file nor the rows in the table are there
 * before the task is recorded; a test writes neither.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "activity/column.h"
#include "activity/option.h"
#include "activity/scalar.h"
#include "base/identity.h"
#include "base/text.h"
#include "set/extract.h"
#include "set/row.h"
#include "store/log.h"

static const CampaignOption options[] = {
	{"file", CAMPAIGN_OPTION_MESSAGE, false, NULL,
	"Path of the file below campaign.file_root, which is replaced; may have {{ expressions }} over the run: \"out/{{ vars.day }}.csv\". Or else relation."},
	{"relation", CAMPAIGN_OPTION_TEXT, false, NULL,
	"A table that clients copy out, made if it is not there."},
	{"mode", CAMPAIGN_OPTION_CHOICE, false, "overwrite",
		"Whether rows that are in the table already go or stay.",
	"overwrite,append"},
	{"columns", CAMPAIGN_OPTION_OBJECTS, false, "the key and the added columns",
	"The columns in their order, with SQL expressions over the row: [{\"name\": \"E-Mail\", \"value\": \"lower(email)\"}]."},
	{"sort_by", CAMPAIGN_OPTION_TEXT, false, "any",
	"In which order the lines are written, as in ORDER BY."},
	{"group_by", CAMPAIGN_OPTION_TEXT, false, NULL,
	"Expressions with commas between; columns may have aggregate functions then, and there is a line for each group."},
	{"group_filter", CAMPAIGN_OPTION_TEXT, false, "all groups",
	"Condition on a group, as in HAVING: \"count(*) > 1\"."},
	{"format", CAMPAIGN_OPTION_CHOICE, false, "csv",
		"csv: with commas; tsv: with tabs.",
	"csv,tsv"},
	{"delimiter", CAMPAIGN_OPTION_TEXT, false, "a comma; in tsv a tab",
	"One ASCII character between values."},
	{"header", CAMPAIGN_OPTION_BOOLEAN, false, "true",
	"Whether the first line has the columns' names."},
	{"null_text", CAMPAIGN_OPTION_TEXT, false, "empty",
	"What stands for NULL."},
	{"encoding", CAMPAIGN_OPTION_TEXT, false, "the database's",
	"How characters are written: UTF8, LATIN1, WIN1252, ..."}
};

/* A column to be written. */
typedef struct Written
{
	char	   *name;
	CampaignExpression *expression;
} Written;

/* What the options say. */
typedef struct Extraction
{
	const CampaignScope *scope;
	List	   *columns;		/* of Written *; NIL: those of the population */
	List	   *order;			/* of CampaignExpression * */
	List	   *groups;
	CampaignExpression *group_filter;	/* or NULL */
	CampaignExtractFormat format;
} Extraction;

/* An option of the activity's, for messages. */
static const char *
describe(const CampaignScope *scope, const char *option)
{
	return psprintf("option \"%s\" of activity \"%s\"", option,
					scope->activity->name);
}

/* Refuses an option. */
static void
refuse_option(const char *option, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid option \"%s\"", option),
			 errhint("%s", hint)));
}

/* Reads one column. */
static Written *
read_column(const CampaignScope *scope, const JsonbContainer *object)
{
	Written    *column = palloc0(sizeof(Written));
	char	   *value = campaign_object_text(object, "value");

	campaign_members_check(object, "columns", "name,value");
	column->name = campaign_object_text(object, "name");
	if (column->name == NULL || *column->name == '\0')
		refuse_option("columns", "Each has a name: [{\"name\": \"E-Mail\", \"value\": \"lower(email)\"}].");
	column->expression =
		campaign_expression_parse(value == NULL ?
								  quote_identifier(column->name) : value,
								  psprintf("column \"%s\" of activity \"%s\"",
										   column->name,
										   scope->activity->name),
								  scope->activity->search_path);
	return column;
}

/* Reads the columns, the order and the groups. */
static void
read_expressions(Extraction *extraction)
{
	const CampaignScope *scope = extraction->scope;
	const Jsonb *given = scope->activity->options;
	const char *path = scope->activity->search_path;
	char	   *order = campaign_option_text(given, "sort_by");
	char	   *groups = campaign_option_text(given, "group_by");
	char	   *filter = campaign_option_text(given, "group_filter");
	ListCell   *cell;

	foreach(cell, campaign_option_objects(given, "columns"))
		extraction->columns = lappend(extraction->columns,
									  read_column(scope, lfirst(cell)));
	if (order != NULL)
		extraction->order =
			campaign_expression_parse_order(order, describe(scope, "sort_by"),
											path);
	if (groups != NULL)
		extraction->groups =
			campaign_expression_parse_list(groups, describe(scope, "group_by"),
										   path);
	if (filter != NULL)
	{
		extraction->group_filter =
			campaign_expression_parse(filter, describe(scope, "group_filter"),
									  path);
		extraction->group_filter->condition = true;
		extraction->group_filter->grouped = true;
	}
	foreach(cell, extraction->columns)
		((Written *) lfirst(cell))->expression->grouped = groups != NULL;
	foreach(cell, extraction->order)
		((CampaignExpression *) lfirst(cell))->grouped = groups != NULL;
}

/* How lines are written. */
static void
read_format(Extraction *extraction, const Jsonb *given)
{
	CampaignExtractFormat *format = &extraction->format;
	char	   *word = campaign_option_text(given, "format");
	char	   *delimiter = campaign_option_text(given, "delimiter");
	char	   *encoding = campaign_option_text(given, "encoding");

	format->delimiter = word != NULL && strcmp(word, "tsv") == 0 ? '\t' : ',';
	if (delimiter != NULL)
	{
		if (strlen(delimiter) != 1 || IS_HIGHBIT_SET(*delimiter) ||
			strchr("\r\n\"", *delimiter) != NULL)
			refuse_option("delimiter", "It is one ASCII character, and not the quote.");
		format->delimiter = *delimiter;
	}
	format->null_text = campaign_option_text(given, "null_text");
	if (format->null_text == NULL)
		format->null_text = "";
	if (strchr(format->null_text, format->delimiter) != NULL ||
		strpbrk(format->null_text, "\r\n\"") != NULL)
		refuse_option("null_text", "It has neither delimiters nor quotes nor ends of lines.");
	format->encoding = encoding == NULL ? GetDatabaseEncoding() :
		pg_char_to_encoding(encoding);
	if (format->encoding < 0)
		refuse_option("encoding", "It is the name of an encoding, such as UTF8, LATIN1 or WIN1252.");
	format->header = campaign_option_bool(given, "header", true);
}

/* Refuses options that do not go together. */
static void
check_together(const Extraction *extraction, const Jsonb *given)
{
	static const char *const of_files[] = {
		"format", "delimiter", "header", "null_text", "encoding"
	};
	bool		file = campaign_option_text(given, "file") != NULL;

	if (file == (campaign_option_text(given, "relation") != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("extract_file \"%s\" needs either \"file\" or \"relation\"",
						extraction->scope->activity->name),
				 errhint("Name a file below campaign.file_root, or a table that clients copy out.")));
	if (file && campaign_object_member(&given->root, "mode") != NULL)
		refuse_option("mode", "A file is always replaced.");
	for (int i = 0; !file && i < lengthof(of_files); i++)
	{
		if (campaign_object_member(&given->root, of_files[i]) != NULL)
			refuse_option(of_files[i], "A table has no such thing.");
	}
	if (extraction->groups != NIL && extraction->columns == NIL)
		refuse_option("columns", "With \"group_by\", say what is written of a group.");
	if (extraction->groups == NIL && extraction->group_filter != NULL)
		refuse_option("group_filter", "It goes with \"group_by\".");
}

/* Reads the options. */
static void
read_options(Extraction *extraction, const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;
	List	   *columns = list_concat_copy(scope->target->key, scope->added);
	ListCell   *cell;

	memset(extraction, 0, sizeof(*extraction));
	extraction->scope = scope;
	read_expressions(extraction);
	read_format(extraction, given);
	check_together(extraction, given);
	foreach(cell, extraction->columns)
		extraction->format.names = lappend(extraction->format.names,
										   ((Written *) lfirst(cell))->name);
	if (extraction->columns != NIL)
		return;
	foreach(cell, columns)
		extraction->format.names = lappend(extraction->format.names,
										   ((CampaignColumn *) lfirst(cell))->name);
}

/*
 * The table that is written to, if it is there and somebody else's: then it
 * must be the one it was when published.  One of the owner's is his to swap,
 * and if there is none the first execution makes it.
 */
static CampaignExpression *
foreign_table(const CampaignScope *scope)
{
	const CampaignActivity *activity = scope->activity;
	char	   *name = campaign_option_text(activity->options, "relation");
	int			nestlevel;
	Oid			relation;

	if (name == NULL)
		return NULL;
	nestlevel = campaign_search_path_enter(activity->search_path);
	relation = RangeVarGetRelid(makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(name))),
								NoLock, true);
	campaign_settings_leave(nestlevel);
	if (!OidIsValid(relation) ||
		campaign_relation_owner(relation) == scope->graph->campaign->owner)
		return NULL;
	return campaign_expression_parse_rows(name,
										  psprintf("option \"relation\" of activity \"%s\"",
												   activity->name),
										  activity->search_path);
}

/* All expressions, and the table. */
static List *
expressions_of_extract(const CampaignScope *scope)
{
	Extraction	extraction;
	CampaignExpression *table = foreign_table(scope);
	List	   *expressions = table == NULL ? NIL : list_make1(table);
	ListCell   *cell;

	read_options(&extraction, scope);
	foreach(cell, extraction.columns)
		expressions = lappend(expressions,
							  ((Written *) lfirst(cell))->expression);
	expressions = list_concat(expressions, extraction.order);
	expressions = list_concat(expressions, extraction.groups);
	return extraction.group_filter == NULL ? expressions :
		lappend(expressions, extraction.group_filter);
}

/* Appends what is selected. */
static void
append_columns(const Extraction *extraction, CampaignSelect *select,
			   const CampaignPopulation *population)
{
	int			count = list_length(extraction->format.names);

	for (int number = 0; number < count; number++)
	{
		if (number > 0)
			appendStringInfoString(&select->text, ", ");
		if (extraction->columns == NIL)
			appendStringInfoString(&select->text,
								   campaign_row_column(extraction->scope->target,
													   population, number));
		else
			campaign_select_expression(select,
									   ((Written *) list_nth(extraction->columns,
															 number))->expression);
	}
}

/* Appends expressions behind the words, with commas between. */
static void
append_list(CampaignSelect *select, const char *words, List *expressions)
{
	ListCell   *cell;

	foreach(cell, expressions)
	{
		const CampaignExpression *expression = lfirst(cell);

		appendStringInfoString(&select->text,
							   foreach_current_index(cell) > 0 ? ", " : words);
		campaign_select_expression(select, expression);
		if (expression->order != NULL)
			appendStringInfo(&select->text, " %s", expression->order);
	}
}

/* Appends the whole select. */
static void
append_select(const Extraction *extraction, CampaignSelect *select,
			  const CampaignPopulation *population)
{
	appendStringInfoString(&select->text, "SELECT ");
	append_columns(extraction, select, population);
	appendStringInfoString(&select->text, " FROM ");
	campaign_row_from(select, extraction->scope->target, population,
					  CAMPAIGN_ROW_LEFT);
	append_list(select, " GROUP BY ", extraction->groups);
	if (extraction->group_filter != NULL)
		append_list(select, " HAVING ", list_make1(extraction->group_filter));
	append_list(select, " ORDER BY ", extraction->order);
}

/* Refuses what cannot be written. */
static void
check_extract(const CampaignScope *scope)
{
	Extraction	extraction;
	CampaignSelect *select = campaign_select_new(scope->variables,
												 scope->activity->search_path);
	CampaignIdentity identity;

	read_options(&extraction, scope);
	campaign_identity_assume(&identity, scope->graph->campaign->owner);
	append_select(&extraction, select,
				  campaign_population_declare(scope->target, scope->added));
	(void) campaign_select_analyze(select);
	campaign_identity_leave(&identity);
}

/* Who cannot write files now may be allowed to later. */
static List *
warn_extract(const CampaignScope *scope)
{
	const char *forbidden;

	if (campaign_option_text(scope->activity->options, "file") == NULL)
		return NIL;
	forbidden = campaign_file_forbidden(scope->graph->campaign->owner, true);
	if (forbidden == NULL)
		return NIL;
	return list_make1(campaign_warning("no_file_right",
									   psprintf("no file of the server can be written: %s",
												forbidden),
									   "An administrator sets campaign.file_root to a folder, and grants the role."));
}

/* Notes in the log what was written where. */
static void
log_extract(const CampaignTask *task, const char *where, int64 rows,
			bool written)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "effect",
		.message = psprintf(written ? "rows written to %s: " INT64_FORMAT :
							"rows not written to %s, for it is a test: " INT64_FORMAT,
							where, rows)
	};

	campaign_log_add(&line);
}

/* Writes the file. */
static int64
write_file(const Extraction *extraction, CampaignSelect *select,
		   const char *name)
{
	CampaignOutput *output = campaign_output_open(name);
	int64		rows = campaign_extract_write(select, &extraction->format,
											  output);

	campaign_output_finish(output);
	return rows;
}

/* Writes into the table. */
static int64
write_table(CampaignTask *task, const Extraction *extraction,
			CampaignPopulation *population, const char *name)
{
	CampaignSelect *select = campaign_task_select(task);
	char	   *mode = campaign_option_text(task->scope.activity->options,
											"mode");
	Oid			relation;
	ListCell   *cell;
	int			nestlevel;

	append_select(extraction, select, population);
	nestlevel = campaign_search_path_enter(select->search_path);
	relation = campaign_extract_table(name, campaign_select_analyze(select),
									  extraction->format.names);
	if (mode == NULL || strcmp(mode, "overwrite") == 0)
		campaign_extract_empty(relation);
	campaign_settings_leave(nestlevel);
	select = campaign_task_select(task);
	appendStringInfo(&select->text, "INSERT INTO %s (",
					 campaign_relation_name(relation));
	foreach(cell, extraction->format.names)
		appendStringInfo(&select->text, "%s%s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_identifier(lfirst(cell)));
	appendStringInfoString(&select->text, ") ");
	append_select(extraction, select, population);
	return campaign_extract_count(select);
}

/* Writes, and passes the population on. */
static void
run_extract(CampaignTask *task)
{
	const Jsonb *given = task->scope.activity->options;
	CampaignPopulation *population = campaign_task_population(task, 0);
	CampaignSelect *select = campaign_task_select(task);
	bool		write = !task->run->test && !task->rehearsal;
	char	   *relation = campaign_option_text(given, "relation");
	char	   *file = relation != NULL ? NULL :
		campaign_scalar_render(task, "file");
	Extraction	extraction;
	int64		rows;

	read_options(&extraction, &task->scope);
	append_select(&extraction, select, population);
	if (!write)
		rows = campaign_extract_count(select);
	else if (file != NULL)
		rows = write_file(&extraction, select, file);
	else
		rows = write_table(task, &extraction, population, relation);
	log_extract(task, file != NULL ? psprintf("file \"%s\"", file) :
				psprintf("table \"%s\"", relation), rows, write);
	campaign_task_pass(task, 0);
}

const CampaignKind campaign_kind_extract_file = {
	.name = "extract_file",
	.category = "targeting",
	.purpose = "Writes the rows to a file of the server, or to a table that clients copy out.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.expressions = expressions_of_extract,
	.check = check_extract,
	.warn = warn_extract,
	.run = run_extract
};
