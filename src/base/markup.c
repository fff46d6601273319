/*
 * markup.c
 *		Free text inside of XML, DOT and Mermaid.
 *
 * What is no letter or digit could mean something in one of these, or will in
 * a later version of a program that reads them, so the rule is the narrow one:
 * XML's five characters by name, and for the other two nearly everything by
 * its number.  Control characters, which XML cannot hold at all, are blanks.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "base/markup.h"

#define ELLIPSIS		0x2026
/* holds the digits of any int64 */
#define COUNT_SIZE		32
/* characters without width must not make a text endless */
#define MOST_BYTES		8

/* Appends a character by its number; every program knows the ASCII ones. */
void
campaign_markup_character(StringInfo out, int code, CampaignMarkup markup)
{
	appendStringInfo(out, markup == CAMPAIGN_MARKUP_MERMAID ? "#%d;" : "&#%d;",
					 code);
}

/* True if an ASCII character means nothing but itself. */
static bool
is_plain(char c, CampaignMarkup markup)
{
	if (c == ' ' || isalnum((unsigned char) c))
		return true;
	if (markup == CAMPAIGN_MARKUP_LINE || markup == CAMPAIGN_MARKUP_LINES)
		return strchr("&<>\"'", c) == NULL;
	return strchr("_.,/=+", c) != NULL;
}

/* Appends an ASCII character. */
static void
put_ascii(StringInfo out, char c, CampaignMarkup markup)
{
	if (is_plain(c, markup))
		appendStringInfoChar(out, c);
	/* Graphviz reads escapes after character references. */
	else if (c == '\\' && markup == CAMPAIGN_MARKUP_DOT)
		appendStringInfoString(out, "\\\\");
	else
		campaign_markup_character(out, c, markup);
}

/* True for what XML forbids beyond ASCII: U+FFFE and U+FFFF. */
static bool
is_forbidden(const char *text)
{
	return GetDatabaseEncoding() == PG_UTF8 &&
		(strncmp(text, "\xEF\xBF\xBE", 3) == 0 ||
		 strncmp(text, "\xEF\xBF\xBF", 3) == 0);
}

/* True for a control character; it takes no column and means no good. */
static bool
is_control(const char *text)
{
	return pg_encoding_dsplen(GetDatabaseEncoding(), text) < 0 ||
		is_forbidden(text);
}

/* Appends a text as lines; the width is of no use to anybody. */
static int
append_lines(StringInfo out, const char *text)
{
	while (*text != '\0')
	{
		int			bytes = pg_encoding_mblen(GetDatabaseEncoding(), text);

		if (*text == '\n')
			appendStringInfoChar(out, '\n');
		else if (*text == '\t' || is_control(text))
			appendStringInfoChar(out, ' ');
		else if (bytes == 1 && !IS_HIGHBIT_SET(*text))
			put_ascii(out, *text, CAMPAIGN_MARKUP_LINES);
		else
			appendBinaryStringInfo(out, text, strnlen(text, bytes));
		text += strnlen(text, bytes);
	}
	return 0;
}

/*
 * Appends a text as one line.  Blanks and control characters between words are
 * one blank, those around the text are none.
 */
static int
append_line(StringInfo out, const char *text, int columns,
			CampaignMarkup markup)
{
	int			encoding = GetDatabaseEncoding();
	int			start = out->len;
	int			cut = start;	/* where an ellipsis can stand */
	int			width = 0;
	bool		blank = false;

	while (*text != '\0')
	{
		int			bytes = strnlen(text, pg_encoding_mblen(encoding, text));
		int			taken = pg_encoding_dsplen(encoding, text);

		if (*text == ' ' || is_control(text))
			blank = width > 0;
		else
		{
			taken += blank ? 1 : 0;
			if (columns >= 0 && (width + taken > columns ||
								 out->len - start > (columns + 1) * MOST_BYTES))
			{
				out->len = cut;
				out->data[out->len] = '\0';
				campaign_markup_character(out, ELLIPSIS, markup);
				return columns;
			}
			if (blank)
				appendStringInfoChar(out, ' ');
			if (bytes == 1 && !IS_HIGHBIT_SET(*text))
				put_ascii(out, *text, markup);
			else
				appendBinaryStringInfo(out, text, bytes);
			width += taken;
			if (width < columns)
				cut = out->len;
			blank = false;
		}
		text += bytes;
	}
	return width;
}

/* Appends a text, escaped, and gives the columns it takes. */
int
campaign_markup_append(StringInfo out, const char *text, int columns,
					   CampaignMarkup markup)
{
	return markup == CAMPAIGN_MARKUP_LINES ? append_lines(out, text) :
		append_line(out, text, columns, markup);
}

/* Appends a number with a comma at every thousand. */
void
campaign_markup_count(StringInfo out, int64 count)
{
	char		digits[COUNT_SIZE];
	int			ndigits = snprintf(digits, COUNT_SIZE, INT64_FORMAT, count);

	for (int i = 0; i < ndigits; i++)
	{
		if (i > (digits[0] == '-' ? 1 : 0) && (ndigits - i) % 3 == 0)
			appendStringInfoChar(out, ',');
		appendStringInfoChar(out, digits[i]);
	}
}
