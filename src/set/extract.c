/*
 * extract.c
 *		Rows of a select as lines of a file, or in a table of their own.
 *
 * Lines are written as COPY writes them in its CSV format, so that COPY, and
 * load_file, read back what was there: what looks like NULL is quoted.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/toasting.h"
#include "commands/tablecmds.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "base/shared.h"
#include "base/text.h"
#include "set/extract.h"

#define QUOTE	'"'

/* Rows between two reports of progress. */
#define PROGRESS_ROWS	10000

/* A file in the making. */
typedef struct Extract
{
	CampaignReceiver receiver;	/* first: it is cast */
	const CampaignExtractFormat *format;
	CampaignOutput *output;
	MemoryContext context;
	FmgrInfo   *functions;		/* by which types write their values */
	int			count;
	StringInfoData line;
	int64		rows;
} Extract;

/* Appends a value; quoted if it would not be read back otherwise. */
static void
append_value(Extract *extract, const char *value, bool sole)
{
	const CampaignExtractFormat *format = extract->format;
	StringInfo	line = &extract->line;
	char		special[] = {format->delimiter, QUOTE, '\r', '\n', '\0'};

	if (strpbrk(value, special) == NULL &&
		strcmp(value, format->null_text) != 0 &&
		!(sole && strcmp(value, "\\.") == 0))
	{
		appendStringInfoString(line, value);
		return;
	}
	appendStringInfoChar(line, QUOTE);
	for (; *value != '\0'; value++)
	{
		if (*value == QUOTE)
			appendStringInfoChar(line, QUOTE);
		appendStringInfoChar(line, *value);
	}
	appendStringInfoChar(line, QUOTE);
}

/* Writes the line, in the file's encoding. */
static void
write_line(Extract *extract)
{
	StringInfo	line = &extract->line;
	char	   *text;

	appendStringInfoChar(line, '\n');
	text = (char *) pg_do_encoding_conversion((unsigned char *) line->data,
											  line->len, GetDatabaseEncoding(),
											  extract->format->encoding);
	campaign_output_write(extract->output, text,
						  text == line->data ? line->len : strlen(text));
	resetStringInfo(line);
}

/* Receiver: looks up how values are written; writes the header. */
static void
begin_lines(CampaignReceiver *receiver, TupleDesc desc)
{
	Extract    *extract = (Extract *) receiver;
	MemoryContext old = MemoryContextSwitchTo(extract->context);
	ListCell   *cell;

	extract->count = desc->natts;
	extract->functions = palloc(sizeof(FmgrInfo) * desc->natts);
	for (int i = 0; i < desc->natts; i++)
	{
		Oid			function;
		bool		varlena;

		getTypeOutputInfo(TupleDescAttr(desc, i)->atttypid, &function,
						  &varlena);
		fmgr_info(function, &extract->functions[i]);
	}
	initStringInfo(&extract->line);
	MemoryContextSwitchTo(old);
	if (!extract->format->header)
		return;
	foreach(cell, extract->format->names)
	{
		if (foreach_current_index(cell) > 0)
			appendStringInfoChar(&extract->line, extract->format->delimiter);
		append_value(extract, lfirst(cell), extract->count == 1);
	}
	write_line(extract);
}

/* Receiver: a row. */
static void
take_line(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	Extract    *extract = (Extract *) receiver;

	slot_getallattrs(slot);
	for (int i = 0; i < extract->count; i++)
	{
		if (i > 0)
			appendStringInfoChar(&extract->line, extract->format->delimiter);
		if (slot->tts_isnull[i])
			appendStringInfoString(&extract->line, extract->format->null_text);
		else
			append_value(extract, OutputFunctionCall(&extract->functions[i],
													 slot->tts_values[i]),
						 extract->count == 1);
	}
	write_line(extract);
	if (++extract->rows % PROGRESS_ROWS == 0)
		campaign_shared_progress_rows(extract->rows);
}

/* Writes the rows; gives their number. */
int64
campaign_extract_write(CampaignSelect *select,
					   const CampaignExtractFormat *format,
					   CampaignOutput *output)
{
	Extract		extract = {
		{begin_lines, take_line}, format, output, CurrentMemoryContext
	};

	(void) campaign_select_run(select, &extract.receiver);
	campaign_shared_progress_rows(extract.rows);
	return extract.rows;
}

/* Receiver: a row that is counted by whoever gives it. */
static void
ignore_row(CampaignReceiver *receiver, TupleTableSlot *slot)
{
}

/* Counts them. */
int64
campaign_extract_count(CampaignSelect *select)
{
	CampaignReceiver receiver = {NULL, ignore_row};

	return (int64) campaign_select_run(select, &receiver);
}

/* -------------------------------- tables -------------------------------- */

/* The columns of the query, under these names. */
static List *
column_definitions(const Query *query, List *names)
{
	List	   *definitions = NIL;
	ListCell   *cell;

	foreach(cell, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		Node	   *value = (Node *) entry->expr;

		if (entry->resjunk)
			continue;
		definitions = lappend(definitions,
							  makeColumnDef(list_nth(names,
													 list_length(definitions)),
											exprType(value), exprTypmod(value),
											exprCollation(value)));
	}
	return definitions;
}

/* The table of that name, made if it is not there. */
Oid
campaign_extract_table(const char *name, const Query *query, List *names)
{
	CreateStmt *create = makeNode(CreateStmt);
	RangeVar   *relation =
		makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(name)));
	Oid			relid = RangeVarGetRelid(relation, NoLock, true);
	ObjectAddress address;

	if (OidIsValid(relid))
	{
		char		kind = get_rel_relkind(relid);

		if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" in option \"relation\" is not a table",
							name),
					 errhint("Give the name of a table, or one that nothing has.")));
		return relid;
	}
	create->relation = relation;
	create->oncommit = ONCOMMIT_NOOP;
	create->tableElts = column_definitions(query, names);
	address = DefineRelation(create, RELKIND_RELATION, GetUserId(), NULL, NULL);
	CommandCounterIncrement();
	NewRelationCreateToastTable(address.objectId, (Datum) 0);
	CommandCounterIncrement();
	return address.objectId;
}

/* Takes all rows out of the table, as TRUNCATE does. */
void
campaign_extract_empty(Oid relation)
{
	TruncateStmt *truncate = makeNode(TruncateStmt);

	truncate->relations =
		list_make1(makeRangeVar(get_namespace_name(get_rel_namespace(relation)),
								get_rel_name(relation), -1));
	truncate->behavior = DROP_RESTRICT;
	ExecuteTruncate(truncate);
	CommandCounterIncrement();
}
