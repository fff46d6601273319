/*
 * lines.c
 *		The records of a text file, one after the other.
 *
 * COPY reads what it can trust, and ends at the first byte that is not as it
 * should be.  A file that somebody sent is not like that: so what would end it
 * is found here, in time to leave one record out and to go on with the next.
 * Bytes are turned into the database's encoding, and what is none of its
 * characters is told by its place; a record ends at any of LF, CR LF and CR,
 * outside of quotes as COPY sees them, and is never longer than the caller
 * allows.  Memory is that of a record.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "set/lines.h"

/* Bytes that are read at once. */
#define READ_BYTES	(64 * 1024)

/* Read bytes beyond which those of records that are done are thrown away. */
#define STALE_BYTES	(256 * 1024)

struct CampaignLines
{
	CampaignFile *file;
	CampaignLineFormat format;
	Oid			conversion;		/* InvalidOid: none is needed */
	int			verify;			/* encoding that bytes are held against */
	bool		begun;
	bool		ended;			/* all bytes have been read */
	char		raw[READ_BYTES];
	int			rawlen;
	StringInfoData text;		/* in the database's encoding */
	int			next;			/* where the next record begins */
	int64		number;			/* of its line */
	int		   *bad;			/* places in text of what was no character */
	int			nbad;
	int			maxbad;
	int			passed;			/* so many of them lie before the record */
	/* of the record given last: */
	int			rest;			/* where its second line begins */
	bool		special[256];	/* bytes that may end it */
};

/* What a scan for the end of a record finds. */
typedef struct Scan
{
	int			end;			/* of the text */
	int			after;			/* where the next record begins */
	int			lines;
	int			second;			/* where its second line begins; 0: nowhere */
	bool		quoted;			/* its end is within quotes */
	bool		long_one;
} Scan;

/* Opens the records of a file. */
CampaignLines *
campaign_lines_open(CampaignFile *file, const CampaignLineFormat *format)
{
	CampaignLines *lines = palloc0(sizeof(CampaignLines));
	int			server = GetDatabaseEncoding();

	lines->file = file;
	lines->format = *format;
	lines->verify = format->encoding == PG_SQL_ASCII ? server :
		format->encoding;
	if (format->encoding != server && server != PG_SQL_ASCII &&
		format->encoding != PG_SQL_ASCII)
	{
		lines->conversion = FindDefaultConversionProc(format->encoding, server);
		if (!OidIsValid(lines->conversion))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FUNCTION),
					 errmsg("default conversion function for encoding \"%s\" to \"%s\" does not exist",
							pg_encoding_to_char(format->encoding),
							pg_encoding_to_char(server))));
	}
	initStringInfo(&lines->text);
	lines->number = 1;
	lines->maxbad = 16;
	lines->bad = palloc(sizeof(int) * lines->maxbad);
	lines->special['\n'] = lines->special['\r'] = true;
	if (format->quote != '\0')
	{
		lines->special[(unsigned char) format->quote] = true;
		lines->special[(unsigned char) format->escape] = true;
	}
	return lines;
}

/* ------------------------------ characters ------------------------------ */

/* Notes that there was a byte that is no character. */
static void
add_bad(CampaignLines *lines)
{
	if (lines->nbad == lines->maxbad)
	{
		lines->maxbad *= 2;
		lines->bad = repalloc(lines->bad, sizeof(int) * lines->maxbad);
	}
	lines->bad[lines->nbad++] = lines->text.len;
	appendStringInfoChar(&lines->text, '?');
}

/* Appends the characters at the beginning; gives how many bytes they were. */
static int
append_good(CampaignLines *lines, char *from, int length)
{
	StringInfo	text = &lines->text;
	int			bytes;

	if (!OidIsValid(lines->conversion))
	{
		bytes = pg_encoding_verifymbstr(lines->verify, from, length);
		appendBinaryStringInfo(text, from, bytes);
		return bytes;
	}
	enlargeStringInfo(text, length * MAX_CONVERSION_GROWTH + 1);
	bytes = pg_do_encoding_conversion_buf(lines->conversion,
										  lines->format.encoding,
										  GetDatabaseEncoding(),
										  (unsigned char *) from, length,
										  (unsigned char *) text->data + text->len,
										  text->maxlen - text->len, true);
	text->len += strlen(text->data + text->len);
	return bytes;
}

/*
 * Appends all that was read; the beginning of a character that is not whole
 * yet stays.
 */
static void
convert(CampaignLines *lines)
{
	int			from = 0;
	int			longest = pg_encoding_max_length(lines->verify);

	while (from < lines->rawlen)
	{
		from += append_good(lines, lines->raw + from, lines->rawlen - from);
		if (from == lines->rawlen ||
			(!lines->ended && lines->rawlen - from < longest))
			break;
		add_bad(lines);
		from++;
	}
	memmove(lines->raw, lines->raw + from, lines->rawlen - from);
	lines->rawlen -= from;
}

/* Reads on; false if there is nothing more. */
static bool
read_on(CampaignLines *lines)
{
	static const char mark[] = "\xEF\xBB\xBF";
	int			bytes;

	if (lines->ended)
		return false;
	bytes = campaign_file_read(lines->file, lines->raw + lines->rawlen,
							   READ_BYTES - lines->rawlen);
	lines->ended = bytes == 0;
	lines->rawlen += bytes;
	if (!lines->begun && lines->verify == PG_UTF8 && lines->rawlen >= 3 &&
		memcmp(lines->raw, mark, 3) == 0)
	{
		lines->rawlen -= 3;
		memmove(lines->raw, lines->raw + 3, lines->rawlen);
	}
	lines->begun = true;
	convert(lines);
	return true;
}

/* True if there is a byte at that place; reads on if need be. */
static inline bool
has_byte(CampaignLines *lines, int place)
{
	while (place >= lines->text.len)
	{
		if (!read_on(lines))
			return false;
	}
	return true;
}

/* Throws away what is done. */
static void
forget_stale(CampaignLines *lines)
{
	int			stale = lines->next;
	int			kept = 0;

	if (stale < STALE_BYTES && stale < lines->text.len)
		return;
	memmove(lines->text.data, lines->text.data + stale,
			lines->text.len - stale);
	lines->text.len -= stale;
	lines->text.data[lines->text.len] = '\0';
	for (int i = 0; i < lines->nbad; i++)
	{
		if (lines->bad[i] >= stale)
			lines->bad[kept++] = lines->bad[i] - stale;
	}
	lines->nbad = kept;
	lines->passed = 0;
	lines->next = 0;
}

/*
 * True if there was a bad byte between two places; they must not go back, for
 * a file may have nothing but bad bytes.
 */
static bool
has_bad(CampaignLines *lines, int from, int to)
{
	while (lines->passed < lines->nbad && lines->bad[lines->passed] < from)
		lines->passed++;
	return lines->passed < lines->nbad && lines->bad[lines->passed] < to;
}

/* ------------------------------- records -------------------------------- */

/* Where the line after the end of one at that place begins. */
static int
after_end(CampaignLines *lines, int place)
{
	if (lines->text.data[place] == '\r' && has_byte(lines, place + 1) &&
		lines->text.data[place + 1] == '\n')
		return place + 2;
	return place + 1;
}

/* Passes over bytes that mean nothing; false at the end of the file. */
static inline bool
skip_plain(CampaignLines *lines, int *place, int limit)
{
	while (*place <= limit && has_byte(lines, *place))
	{
		const char *data = lines->text.data;
		int			last = Min(lines->text.len, limit + 1);

		while (*place < last && !lines->special[(unsigned char) data[*place]])
			(*place)++;
		if (*place < last)
			return true;
	}
	return *place > limit;
}

/*
 * Finds the end of the record that begins at "next", following quotes as COPY
 * does.
 */
static void
scan_record(CampaignLines *lines, Scan *scan)
{
	const CampaignLineFormat *format = &lines->format;
	int			limit = lines->next + format->longest;
	int			place = lines->next;
	bool		escaped = false;
	int			escaped_at = 0;

	memset(scan, 0, sizeof(*scan));
	scan->lines = 1;
	while (skip_plain(lines, &place, limit))
	{
		char		c;

		if (place > limit)
		{
			scan->long_one = true;
			break;
		}
		c = lines->text.data[place];
		escaped = escaped && escaped_at == place - 1;
		if (c == '\n' || c == '\r')
		{
			int			after = after_end(lines, place);

			if (!scan->quoted || !format->multiline)
			{
				scan->end = place;
				scan->after = after;
				return;
			}
			scan->lines++;
			if (scan->second == 0)
				scan->second = after;
			place = after;
			continue;
		}
		if (scan->quoted && c == format->escape && c != format->quote)
		{
			escaped = !escaped;
			escaped_at = place;
		}
		else if (c == format->quote && !escaped)
			scan->quoted = !scan->quoted;
		place++;
	}
	scan->end = scan->after = Min(place, lines->text.len);
}

/* Passes over the rest of a line that is too long, without keeping it. */
static void
skip_rest(CampaignLines *lines, Scan *scan)
{
	int			place = scan->after;

	while (has_byte(lines, place))
	{
		char		c = lines->text.data[place];

		if (c == '\n' || c == '\r')
		{
			scan->after = after_end(lines, place);
			return;
		}
		if (++place - scan->after >= STALE_BYTES)
		{
			lines->text.len = place = scan->after;
			lines->text.data[place] = '\0';
			lines->nbad = lines->passed = 0;
		}
	}
	scan->after = place;
}

/* Says what is wrong with the record as a whole. */
static void
find_problem(CampaignLines *lines, Scan *scan, CampaignLine *line)
{
	line->sqlerrcode = 0;
	line->problem = NULL;
	if (scan->quoted)
	{
		line->sqlerrcode = ERRCODE_BAD_COPY_FILE_FORMAT;
		line->problem = "a quoted value does not end";
		/* Only the first line goes: the others may be as they should. */
		if (scan->second != 0)
		{
			scan->end = scan->after = scan->second;
			scan->lines = 1;
			while (scan->end > lines->next &&
				   strchr("\r\n", lines->text.data[scan->end - 1]) != NULL)
				scan->end--;
			scan->second = 0;
			scan->long_one = false;
		}
	}
	if (scan->long_one)
	{
		line->sqlerrcode = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		line->problem = psprintf("the line is longer than %d bytes",
								 lines->format.longest);
		skip_rest(lines, scan);
	}
	else if (has_bad(lines, lines->next, scan->end))
	{
		line->sqlerrcode = ERRCODE_CHARACTER_NOT_IN_REPERTOIRE;
		line->problem = psprintf("the line has bytes that are no characters in encoding \"%s\"",
								 pg_encoding_to_char(lines->verify));
	}
}

/* The next record; false at the end. */
bool
campaign_lines_next(CampaignLines *lines, CampaignLine *line)
{
	Scan		scan;

	CHECK_FOR_INTERRUPTS();
	forget_stale(lines);
	if (!has_byte(lines, lines->next))
		return false;
	scan_record(lines, &scan);
	line->number = lines->number;
	find_problem(lines, &scan, line);
	line->text = lines->text.data + lines->next;
	line->length = scan.end - lines->next;
	line->several = scan.second != 0 && !scan.long_one;
	lines->rest = scan.second;
	lines->number += scan.lines;
	lines->next = scan.after;
	return true;
}

/* Takes the second and later lines of the record just given back. */
void
campaign_lines_break(CampaignLines *lines)
{
	int			given = 0;

	for (int i = lines->rest; i < lines->next; i = after_end(lines, i))
	{
		while (i < lines->next && lines->text.data[i] != '\n' &&
			   lines->text.data[i] != '\r')
			i++;
		given++;
		if (i >= lines->next)
			break;
	}
	lines->number -= given;
	lines->next = lines->rest;
}
