/*
 * splitter.c
 *		The values in a record of a text file.
 *
 * Delimited ones are taken apart by COPY, so that quotes, escapes and NULLs
 * mean what they mean there.  COPY asks for bytes when it has none left, and is
 * given one record each time: it never sees the end of the file, nor anything
 * it would end the load for.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "commands/copy.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "utils/rel.h"

#include "set/splitter.h"

struct CampaignSplitter
{
	CampaignSplitFormat format;
	Relation	relation;		/* COPY wants one; only its shape is read */
	CopyFromState copy;
	const char *text;			/* that COPY has not got yet */
	int			left;
	bool		ended;			/* so is the end of the record */
	char	  **fields;			/* that are not COPY's */
	int			maxfields;
	StringInfoData buffer;
};

/* Whose record COPY is reading: its callback is told nothing. */
static CampaignSplitter *reading = NULL;

/* One character, as an option of COPY takes it. */
static DefElem *
character_option(const char *name, char value)
{
	return makeDefElem(pstrdup(name),
					   (Node *) makeString(psprintf("%c", value)), -1);
}

/*
 * What is said to COPY.  The text has been verified: as SQL_ASCII it is not
 * verified again.
 */
static List *
copy_options(const CampaignSplitFormat *format)
{
	List	   *options = NIL;

	options = lappend(options, makeDefElem("format",
										   (Node *) makeString("csv"), -1));
	options = lappend(options, makeDefElem("encoding",
										   (Node *) makeString("SQL_ASCII"),
										   -1));
	options = lappend(options, makeDefElem("null",
										   (Node *) makeString(pstrdup(format->null_text)),
										   -1));
	options = lappend(options, character_option("delimiter",
												format->delimiter));
	if (format->quote == '\0')
		return options;
	options = lappend(options, character_option("quote", format->quote));
	return lappend(options, character_option("escape", format->escape));
}

/* Refuses what COPY does not take. */
void
campaign_splitter_check(const CampaignSplitFormat *format)
{
	if (format->nwidths == 0)
		ProcessCopyOptions(NULL, NULL, true, copy_options(format));
}

/* Gives COPY what is left of the record, then its end. */
static int
give_record(void *buffer, int least, int most)
{
	int			bytes = Min(most, reading->left);

	memcpy(buffer, reading->text, bytes);
	reading->text += bytes;
	reading->left -= bytes;
	if (bytes < most && !reading->ended)
	{
		((char *) buffer)[bytes++] = '\n';
		reading->ended = true;
	}
	return bytes;
}

/* Opens a splitter. */
CampaignSplitter *
campaign_splitter_open(const CampaignSplitFormat *format)
{
	CampaignSplitter *splitter = palloc0(sizeof(CampaignSplitter));

	splitter->format = *format;
	initStringInfo(&splitter->buffer);
	splitter->maxfields = Max(format->nwidths, 16);
	splitter->fields = palloc(sizeof(char *) * splitter->maxfields);
	if (format->nwidths > 0 || format->quote == '\0')
		return splitter;
	splitter->relation = table_open(RelationRelationId, AccessShareLock);
	splitter->copy = BeginCopyFrom(NULL, splitter->relation, NULL, NULL, false,
								   give_record, NIL, copy_options(format));
	return splitter;
}

/* Sets a value that is not COPY's. */
static void
set_field(CampaignSplitter *splitter, int number, char *text)
{
	if (number == splitter->maxfields)
	{
		splitter->maxfields *= 2;
		splitter->fields = repalloc(splitter->fields,
									sizeof(char *) * splitter->maxfields);
	}
	splitter->fields[number] =
		strcmp(text, splitter->format.null_text) == 0 ? NULL : text;
}

/* The values of a record in which nothing is quoted. */
static int
split_plain(CampaignSplitter *splitter, const CampaignLine *line)
{
	StringInfo	buffer = &splitter->buffer;
	char	   *from;
	int			count = 0;

	resetStringInfo(buffer);
	appendBinaryStringInfo(buffer, line->text, line->length);
	from = buffer->data;
	for (;;)
	{
		char	   *end = strchr(from, splitter->format.delimiter);

		if (end != NULL)
			*end = '\0';
		set_field(splitter, count++, from);
		if (end == NULL)
			return count;
		from = end + 1;
	}
}

/* The values of a record of fixed width; those beyond its end are missing. */
static int
split_fixed(CampaignSplitter *splitter, const CampaignLine *line)
{
	StringInfo	buffer = &splitter->buffer;
	const char *from = line->text;
	const char *end = line->text + line->length;
	int			count = 0;
	int		   *places = palloc(sizeof(int) * splitter->format.nwidths);

	resetStringInfo(buffer);
	while (count < splitter->format.nwidths && (count == 0 || from < end))
	{
		int			width = splitter->format.widths[count];
		int			bytes = 0;

		while (width-- > 0 && from + bytes < end)
			bytes += pg_mblen(from + bytes);
		places[count++] = buffer->len;
		appendBinaryStringInfo(buffer, from, bytes);
		appendStringInfoChar(buffer, '\0');
		from += bytes;
	}
	for (int i = 0; i < count; i++)
		set_field(splitter, i, buffer->data + places[i]);
	pfree(places);
	/* More than all values: one too many. */
	return from < end ? count + 1 : count;
}

/* The values of a record. */
int
campaign_splitter_split(CampaignSplitter *splitter, const CampaignLine *line,
						char ***fields)
{
	int			count = 0;

	if (splitter->copy == NULL)
	{
		count = splitter->format.nwidths > 0 ? split_fixed(splitter, line) :
			split_plain(splitter, line);
		*fields = splitter->fields;
		return count;
	}
	splitter->text = line->text;
	splitter->left = line->length;
	splitter->ended = false;
	/* What ends a COPY is, in a file, a value like any other. */
	if (line->length == 2 && strncmp(line->text, "\\.", 2) == 0)
	{
		char		quote = splitter->format.quote;

		resetStringInfo(&splitter->buffer);
		appendStringInfo(&splitter->buffer, "%c\\.%c", quote, quote);
		splitter->text = splitter->buffer.data;
		splitter->left = splitter->buffer.len;
	}
	reading = splitter;
	if (!NextCopyFromRawFields(splitter->copy, fields, &count))
		elog(ERROR, "a record was not taken apart");
	return count;
}

/* Closes it. */
void
campaign_splitter_close(CampaignSplitter *splitter)
{
	if (splitter->copy == NULL)
		return;
	EndCopyFrom(splitter->copy);
	table_close(splitter->relation, AccessShareLock);
	reading = NULL;
}
