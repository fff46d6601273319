/*
 * load_file.c
 *		load_file: the lines of a file, or rows that a client has sent.
 *
 * A selecting kind without a select: what it gives are rows of no dimension,
 * whose key is the number of their line.  Others go on with them: filters,
 * deduplicate, enrich, sql, and reconcile, which finds the rows of a dimension
 * that they mean.  Lines that are not as they should be come out by an outcome
 * of their own, and stay until the campaign is started again.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "activity/column.h"
#include "activity/load_column.h"
#include "activity/option.h"
#include "activity/scalar.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/identity.h"
#include "base/text.h"
#include "set/load.h"
#include "set/splitter.h"
#include "store/log.h"

/* Rejected lines a load fails over, unless option "max_errors" says otherwise. */
#define DEFAULT_ERRORS	100

/* Bytes a line may have, unless the option says otherwise, and at most. */
#define DEFAULT_LINE	(1024 * 1024)
#define LONGEST_LINE	(64 * 1024 * 1024)

static const CampaignOption options[] = {
	{"file", CAMPAIGN_OPTION_MESSAGE, false, NULL,
	"Path of a file below campaign.file_root; may have {{ expressions }} over the run: \"orders/{{ vars.day }}.csv\". Or else relation."},
	{"relation", CAMPAIGN_OPTION_TEXT, false, NULL,
	"A table of the owner's, into which clients COPY, and whose rows are taken out of it."},
	{"columns", CAMPAIGN_OPTION_OBJECTS, false, "those of the table",
	"The columns in the order of the file, each with its rules: [{\"name\": \"email\", \"type\": \"text\", \"trim\": true}]."},
	{"format", CAMPAIGN_OPTION_CHOICE, false, "csv",
		"csv: values with delimiters between; tsv: the same with tabs; fixed: values of fixed width.",
	"csv,tsv,fixed"},
	{"delimiter", CAMPAIGN_OPTION_TEXT, false, "a comma; in tsv a tab",
	"One ASCII character between values."},
	{"quote", CAMPAIGN_OPTION_TEXT, false, "a double quote",
	"One ASCII character around values that have delimiters in them; empty: nothing is quoted."},
	{"escape", CAMPAIGN_OPTION_TEXT, false, "the quote",
	"One ASCII character before a quote within quotes."},
	{"null_text", CAMPAIGN_OPTION_TEXT, false, "empty",
	"What stands for NULL where it is not quoted."},
	{"header", CAMPAIGN_OPTION_CHOICE, false, "match; in fixed none",
		"What the first line is: none: a record; skip: anything; match: the columns' names in their order; by_name: the columns' names, among others, in any order.",
	"none,skip,match,by_name"},
	{"skip_lines", CAMPAIGN_OPTION_COUNT, false, "none",
	"How many lines before that are passed over."},
	{"encoding", CAMPAIGN_OPTION_TEXT, false, "the database's",
	"How characters are written in the file: UTF8, LATIN1, WIN1252, ..."},
	{"multiline", CAMPAIGN_OPTION_BOOLEAN, false, "true",
	"Whether quoted values may have ends of lines in them."},
	{"max_line", CAMPAIGN_OPTION_COUNT, false, "1048576",
	"How many bytes a line may have; longer ones are rejected."},
	{"time_zone", CAMPAIGN_OPTION_TEXT, false, "the owner's",
	"Time zone of times that name none, where the column has no other."},
	{"max_errors", CAMPAIGN_OPTION_NUMBER, false, "100",
	"How many lines may be rejected; with more the activity fails."},
	{"consume", CAMPAIGN_OPTION_BOOLEAN, false, "true",
	"Whether rows that were read are deleted from the table; in a test they never are."},
	{"skip_empty", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether the branch ends here when no row comes out."}
};

/* What the first line of a file is. */
typedef enum Header
{
	HEADER_NONE,
	HEADER_SKIP,
	HEADER_MATCH,
	HEADER_BY_NAME
} Header;

/* What the options say. */
typedef struct Reading
{
	const CampaignScope *scope;
	CampaignLoadColumns columns;
	CampaignExpression *table;	/* or NULL */
	Oid			relation;		/* of the table */
	CampaignLineFormat lines;
	CampaignSplitFormat split;
	Header		header;
	int64		skipped;		/* lines before it */
} Reading;

/* Outcomes. */
static List *
outcomes_of_load(const Jsonb *given)
{
	return list_make2(pstrdup("result"), pstrdup("rejected"));
}

/* Rejected lines have columns of their own. */
static List *
shape_of_load(const char *outcome)
{
	return strcmp(outcome, "rejected") == 0 ? campaign_load_shape() : NIL;
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

/* ------------------------------- options -------------------------------- */

/* An option of one character. */
static char
read_character(const Jsonb *given, const char *option, char fallback)
{
	char	   *text = campaign_option_text(given, option);

	if (text == NULL)
		return fallback;
	if (*text == '\0' && strcmp(option, "quote") == 0)
		return '\0';
	if (strlen(text) != 1 || IS_HIGHBIT_SET(*text) || *text == '\r' ||
		*text == '\n')
		refuse_option(option, "It is one ASCII character.");
	return *text;
}

/* How lines and their values are written. */
static void
read_format(Reading *reading, const Jsonb *given)
{
	char	   *format = campaign_option_text(given, "format");
	char	   *encoding = campaign_option_text(given, "encoding");
	bool		fixed = format != NULL && strcmp(format, "fixed") == 0;
	bool		tabs = format != NULL && strcmp(format, "tsv") == 0;
	char		quote = fixed ? '\0' : read_character(given, "quote", '"');
	int64		longest = campaign_option_count(given, "max_line", DEFAULT_LINE);

	reading->split.quote = quote;
	reading->split.escape = read_character(given, "escape", quote);
	reading->split.delimiter = read_character(given, "delimiter",
											  tabs ? '\t' : ',');
	reading->split.null_text = campaign_option_text(given, "null_text");
	if (reading->split.null_text == NULL)
		reading->split.null_text = "";
	reading->lines.quote = quote;
	reading->lines.escape = reading->split.escape;
	reading->lines.multiline = campaign_option_bool(given, "multiline", true);
	reading->lines.encoding = encoding == NULL ? GetDatabaseEncoding() :
		pg_char_to_encoding(encoding);
	if (reading->lines.encoding < 0)
		refuse_option("encoding", "It is the name of an encoding, such as UTF8, LATIN1 or WIN1252.");
	if (longest > LONGEST_LINE)
		refuse_option("max_line", psprintf("It is at most %d.", LONGEST_LINE));
	reading->lines.longest = (int) longest;
	if (fixed)
	{
		reading->split.nwidths = reading->columns.count;
		reading->split.widths = reading->columns.widths;
	}
}

/* What the first lines are. */
static void
read_header(Reading *reading, const Jsonb *given)
{
	char	   *header = campaign_option_text(given, "header");
	bool		fixed = reading->split.nwidths > 0;

	reading->skipped = campaign_option_count(given, "skip_lines", 0);
	reading->header = header == NULL ? (fixed ? HEADER_NONE : HEADER_MATCH) :
		strcmp(header, "none") == 0 ? HEADER_NONE :
		strcmp(header, "skip") == 0 ? HEADER_SKIP :
		strcmp(header, "match") == 0 ? HEADER_MATCH : HEADER_BY_NAME;
	if (fixed && reading->header > HEADER_SKIP)
		refuse_option("header", "In a file of fixed width it is none, or skipped.");
}

/* Refuses options of files where a table is read, and the other way round. */
static void
check_together(const Reading *reading, const Jsonb *given)
{
	static const char *const of_files[] = {
		"format", "delimiter", "quote", "escape", "null_text", "header",
		"skip_lines", "encoding", "multiline", "max_line"
	};
	bool		file = campaign_option_text(given, "file") != NULL;

	if (file == (reading->table != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("load_file \"%s\" needs either \"file\" or \"relation\"",
						reading->scope->activity->name),
				 errhint("Name a file below campaign.file_root, or a table that clients copy into.")));
	if (file && campaign_object_member(&given->root, "consume") != NULL)
		refuse_option("consume", "Only rows of a table are deleted.");
	if (file && reading->columns.count == 0)
		refuse_option("columns", "A file has columns: [{\"name\": \"email\"}].");
	for (int i = 0; !file && i < lengthof(of_files); i++)
	{
		if (campaign_object_member(&given->root, of_files[i]) != NULL)
			refuse_option(of_files[i], "A table has no such thing.");
	}
}

/* The table that is read; refuses whatever is none. */
static void
read_table(Reading *reading)
{
	Query	   *query = campaign_expression_check(reading->scope,
												  reading->table);
	RangeTblEntry *entry = list_length(query->rtable) == 1 ?
		linitial_node(RangeTblEntry, query->rtable) : NULL;
	char		kind = entry == NULL || entry->rtekind != RTE_RELATION ? '\0' :
		get_rel_relkind(entry->relid);

	if ((kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE) ||
		query->jointree->quals != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" in option \"relation\" is not a table",
						campaign_option_text(reading->scope->activity->options,
											 "relation")),
				 errhint("Give the name of a table; rows of queries are read by kind \"sql\".")));
	reading->relation = entry->relid;
	if (reading->columns.count == 0)
		campaign_load_columns_of(reading->relation, &reading->columns);
}

/* Sets the time zone of columns that name none. */
static void
read_zone(Reading *reading, const Jsonb *given)
{
	char	   *name = campaign_option_text(given, "time_zone");
	pg_tz	   *zone = name == NULL ? NULL : pg_tzset(name);

	if (name == NULL)
		return;
	if (zone == NULL)
		refuse_option("time_zone", "It is the name of a time zone, such as Europe/Paris.");
	for (int i = 0; i < reading->columns.count; i++)
	{
		if (reading->columns.fields[i].zone == NULL)
			reading->columns.fields[i].zone = zone;
	}
}

/* Reads the options. */
static void
read_options(Reading *reading, const CampaignScope *scope)
{
	const CampaignActivity *activity = scope->activity;
	const Jsonb *given = activity->options;
	char	   *relation = campaign_option_text(given, "relation");

	memset(reading, 0, sizeof(*reading));
	reading->scope = scope;
	campaign_load_columns_read(activity, &reading->columns);
	if (relation != NULL)
		reading->table =
			campaign_expression_parse_rows(relation,
										   psprintf("option \"relation\" of activity \"%s\"",
													activity->name),
										   activity->search_path);
	check_together(reading, given);
	if (reading->table != NULL)
		read_table(reading);
	read_zone(reading, given);
	read_format(reading, given);
	read_header(reading, given);
}

/* The table is what refers to an object. */
static List *
expressions_of_load(const CampaignScope *scope)
{
	Reading		reading;

	read_options(&reading, scope);
	return reading.table == NULL ? NIL : list_make1(reading.table);
}

/* The columns that are added to the number of the line. */
static List *
columns_of_load(const CampaignScope *scope)
{
	Reading		reading;

	read_options(&reading, scope);
	return campaign_load_columns_added(&reading.columns);
}

/* Refuses columns that cannot be read. */
static void
check_columns(const Reading *reading)
{
	CampaignIdentity identity;

	campaign_columns_check_names(reading->scope,
								 campaign_load_columns_added(&reading->columns));
	campaign_identity_assume(&identity,
							 reading->scope->graph->campaign->owner);
	for (int i = 0; i < reading->columns.count; i++)
	{
		if (!reading->columns.fields[i].ignored)
			campaign_field_prepare(&reading->columns.fields[i]);
		if (reading->split.nwidths > 0 && reading->columns.widths[i] == 0)
			refuse_option("columns", "In a file of fixed width each column has a \"width\".");
		if (reading->split.nwidths == 0 && reading->columns.widths[i] > 0)
			refuse_option("columns", "A \"width\" goes with format \"fixed\".");
	}
	campaign_identity_leave(&identity);
}

/* Refuses options that do not go together. */
static void
check_load(const CampaignScope *scope)
{
	Reading		reading;

	read_options(&reading, scope);
	campaign_splitter_check(&reading.split);
	check_columns(&reading);
}

/* Who cannot read files now may be allowed to later. */
static List *
warn_load(const CampaignScope *scope)
{
	const char *forbidden;

	if (campaign_option_text(scope->activity->options, "file") == NULL)
		return NIL;
	forbidden = campaign_file_forbidden(scope->graph->campaign->owner, false);
	if (forbidden == NULL)
		return NIL;
	return list_make1(campaign_warning("no_file_right",
									   psprintf("no file of the server can be read: %s",
												forbidden),
									   "An administrator sets campaign.file_root to a folder, and grants the role."));
}

/* -------------------------------- files --------------------------------- */

/* A file in progress. */
typedef struct Source
{
	const Reading *reading;
	CampaignLoad *load;
	CampaignFile *file;
	CampaignLines *lines;
	CampaignSplitter *splitter;
	int		   *places;			/* of columns among values; NULL: in order */
	int			expected;		/* values of a record */
	char	  **values;			/* of the columns */
} Source;

/* Passes over the lines before the header. */
static void
skip_lines(Source *source)
{
	CampaignLine line;

	for (int64 i = 0; i < source->reading->skipped; i++)
	{
		if (!campaign_lines_next(source->lines, &line))
			return;
		if (line.several)
			campaign_lines_break(source->lines);
	}
}

/* Refuses a header that is not as it should be. */
static void
refuse_header(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
			 errmsg("the file's header is not that of its columns"),
			 errdetail("%s", detail),
			 errhint("Options \"header\" and \"columns\" say what it is to be.")));
}

/* The place of a column's name in the header. */
static int
find_header(const CampaignField *field, char **names, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (names[i] != NULL && strcmp(names[i], field->header) == 0)
			return i;
	}
	refuse_header(psprintf("It has no \"%s\".", field->header));
	return -1;					/* keep the compiler quiet */
}

/* Reads the header, if there is to be one. */
static void
take_header(Source *source)
{
	const Reading *reading = source->reading;
	CampaignLine line;
	char	  **names;
	int			count;

	source->expected = reading->columns.count;
	if (reading->header == HEADER_NONE)
		return;
	if (!campaign_lines_next(source->lines, &line))
	{
		if (reading->header != HEADER_SKIP)
			refuse_header("The file is empty.");
		return;
	}
	if (reading->header == HEADER_SKIP)
		return;
	if (line.sqlerrcode != 0)
		refuse_header(psprintf("In its line, %s.", line.problem));
	count = campaign_splitter_split(source->splitter, &line, &names);
	if (reading->header == HEADER_MATCH && count != source->expected)
		refuse_header(psprintf("It has %d names, not %d.", count,
							   source->expected));
	source->places = palloc(sizeof(int) * source->expected);
	for (int i = 0; i < source->expected; i++)
	{
		const CampaignField *field = &reading->columns.fields[i];

		if (reading->header == HEADER_MATCH &&
			(names[i] == NULL || strcmp(names[i], field->header) != 0))
			refuse_header(psprintf("Name %d is \"%s\", not \"%s\".", i + 1,
								   names[i] == NULL ? "" : names[i],
								   field->header));
		source->places[i] = reading->header == HEADER_MATCH ? i :
			find_header(field, names, count);
	}
	source->expected = count;
}

/* Adds the record, or rejects it. */
static void
take_line(Source *source, const CampaignLine *line)
{
	const Reading *reading = source->reading;
	bool		fixed = reading->split.nwidths > 0;
	char	  **values;
	int			count;

	if (line->sqlerrcode != 0)
	{
		campaign_load_reject(source->load, line->number, line->text,
							 line->length, line->sqlerrcode, line->problem);
		return;
	}
	/* Where there are several values, nothing is no record. */
	if (line->length == 0 && source->expected > 1)
		return;
	count = campaign_splitter_split(source->splitter, line, &values);
	if (count > source->expected || (count < source->expected && !fixed))
	{
		int			length = line->length;

		if (line->several)
		{
			length = strcspn(line->text, "\r\n");
			campaign_lines_break(source->lines);
		}
		campaign_load_reject(source->load, line->number, line->text, length,
							 ERRCODE_BAD_COPY_FILE_FORMAT,
							 fixed ? "the line is longer than its columns" :
							 psprintf("values in the line: %d, not %d", count,
									  source->expected));
		return;
	}
	for (int i = 0; i < reading->columns.count; i++)
	{
		int			place = source->places == NULL ? i : source->places[i];

		source->values[i] = place < count ? values[place] : NULL;
	}
	campaign_load_add(source->load, line->number, source->values, line->text,
					  line->length);
}

/* Reads the records of a file. */
static void
read_records(Source *source)
{
	const Reading *reading = source->reading;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "campaign line",
												  ALLOCSET_SMALL_SIZES);
	CampaignLine line;

	source->lines = campaign_lines_open(source->file, &reading->lines);
	source->splitter = campaign_splitter_open(&reading->split);
	source->values = palloc(sizeof(char *) * reading->columns.count);
	skip_lines(source);
	take_header(source);
	while (campaign_lines_next(source->lines, &line))
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		take_line(source, &line);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	campaign_splitter_close(source->splitter);
	MemoryContextDelete(context);
}

/* Loads the file. */
static void
take_file(CampaignTask *task, const Reading *reading, CampaignLoad *load)
{
	Source		source = {reading, load};

	source.file = campaign_file_open(campaign_scalar_render(task, "file"));
	PG_TRY();
	{
		read_records(&source);
		campaign_file_check_unchanged(source.file);
		CAMPAIGN_FAULT("load_file");
	}
	PG_FINALLY();
	{
		campaign_file_close(source.file);
	}
	PG_END_TRY();
}

/* -------------------------------- tables -------------------------------- */

/* Takes rows of a table. */
typedef struct Staging
{
	CampaignReceiver receiver;	/* first: it is cast */
	const Reading *reading;
	CampaignLoad *load;
	int64		rows;
	char	  **values;
} Staging;

/* Receiver: a row, its columns as text, and itself. */
static void
take_row(CampaignReceiver *self, TupleTableSlot *slot)
{
	Staging    *staging = (Staging *) self;
	int			count = staging->reading->columns.count;
	char	   *raw;

	slot_getallattrs(slot);
	for (int i = 0; i < count; i++)
		staging->values[i] = slot->tts_isnull[i] ? NULL :
			TextDatumGetCString(slot->tts_values[i]);
	raw = TextDatumGetCString(slot->tts_values[count]);
	campaign_load_add(staging->load, ++staging->rows, staging->values, raw,
					  strlen(raw));
}

/*
 * Loads rows of a table.  What is deleted is what is read, because it is one
 * statement: rows that arrive meanwhile are neither.
 */
static void
take_table(CampaignTask *task, const Reading *reading, CampaignLoad *load)
{
	CampaignSelect *select = campaign_task_select(task);
	StringInfo	text = &select->text;
	Staging		staging = {{NULL, take_row}, reading, load};
	const char *relation = campaign_relation_name(reading->relation);
	/* A test takes nothing away. */
	bool		consume = !task->run->test &&
		campaign_option_bool(task->scope.activity->options, "consume", true);

	if (consume)
		appendStringInfo(text, "DELETE FROM %s AS t RETURNING ", relation);
	else
		appendStringInfoString(text, "SELECT ");
	for (int i = 0; i < reading->columns.count; i++)
		appendStringInfo(text, "t.%s::pg_catalog.text, ",
						 quote_identifier(reading->columns.fields[i].header));
	appendStringInfoString(text, "t::pg_catalog.text");
	if (!consume)
		appendStringInfo(text, " FROM %s AS t", relation);
	staging.values = palloc(sizeof(char *) * (reading->columns.count + 1));
	(void) campaign_select_run(select, &staging.receiver);
}

/* --------------------------------- run ---------------------------------- */

/* Notes in the log what values were replaced. */
static void
log_replaced(const CampaignTask *task, const CampaignField *field)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "warning",
		.message = psprintf("values of column \"%s\" that were replaced by %s: " INT64_FORMAT,
							field->name, field->fallback_null ? "NULL" :
							psprintf("\"%s\"", field->fallback),
							field->replaced)
	};

	campaign_log_add(&line);
}

/* Notes what came out; rejected lines stay, to be looked at. */
static void
emit(CampaignTask *task, CampaignOutlet *outlets)
{
	bool		empty = outlets[CAMPAIGN_LOAD_ROWS].rows == 0;

	campaign_task_emit(task, &outlets[CAMPAIGN_LOAD_ROWS], CAMPAIGN_LOAD_ROWS,
					   !empty ||
					   !campaign_option_bool(task->scope.activity->options,
											 "skip_empty", false));
	campaign_task_emit(task, &outlets[CAMPAIGN_LOAD_REJECTED],
					   CAMPAIGN_LOAD_REJECTED, true);
	((CampaignFlow *) llast(task->outbound))->kept =
		outlets[CAMPAIGN_LOAD_REJECTED].rows > 0;
}

/* Loads. */
static void
run_load(CampaignTask *task)
{
	CampaignOutlet outlets[CAMPAIGN_LOAD_OUTLETS];
	CampaignLoad *load;
	Reading		reading;
	bool		keep = task->keep;

	read_options(&reading, &task->scope);
	campaign_task_outlet(task, &outlets[CAMPAIGN_LOAD_ROWS],
						 CAMPAIGN_LOAD_ROWS,
						 campaign_load_columns_added(&reading.columns));
	task->keep = true;
	campaign_task_outlet(task, &outlets[CAMPAIGN_LOAD_REJECTED],
						 CAMPAIGN_LOAD_REJECTED, campaign_load_shape());
	task->keep = keep;
	load = campaign_load_open(reading.columns.fields, reading.columns.count,
							  outlets,
							  campaign_option_count(task->scope.activity->options,
													"max_errors",
													DEFAULT_ERRORS));
	if (reading.table != NULL)
		take_table(task, &reading, load);
	else
		take_file(task, &reading, load);
	campaign_load_close(load);
	for (int i = 0; i < reading.columns.count; i++)
	{
		if (reading.columns.fields[i].replaced > 0)
			log_replaced(task, &reading.columns.fields[i]);
	}
	emit(task, outlets);
}

const CampaignKind campaign_kind_load_file = {
	.name = "load_file",
	.category = "targeting",
	.purpose = "Reads the lines of a file, or rows that a client has copied into a table.",
	.min_inbound = 0,
	.max_inbound = 0,
	.outcome_names = "result, rejected",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_load,
	.expressions = expressions_of_load,
	.columns = columns_of_load,
	.shape = shape_of_load,
	.dimension = CAMPAIGN_DIMENSION_FILE,
	.check = check_load,
	.warn = warn_load,
	.run = run_load
};
