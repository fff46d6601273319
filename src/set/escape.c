/*
 * escape.c
 *		How a value is written into a message.
 *
 * In a database of another encoding than UTF8, percent-encoding is of the
 * bytes of that encoding: converting would call what the search path finds.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "set/escape.h"

/* Longer than any safe scheme. */
#define SCHEME_BYTES 8

/* What makes an escaper stop at a byte; every one stops at the zero. */
#define STOP_HTML 1
#define STOP_URL 2
#define STOP_HEADER 4

static const uint8 stops[256] = {
	7, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
	2, 2, 3, 2, 2, 2, 3, 3, 2, 2, 2, 2, 2, 0, 0, 2,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 3, 2, 3, 2,
	2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 0,
	2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 0, 6,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 6, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,	/* 0xC2: U+0085 */
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 6, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,	/* 0xE2: U+2028, U+2029 */
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2
};

static const char *const safe_schemes[] = {
	"http", "https", "mailto", "sms", "tel"
};

static void append_header(StringInfo out, const char *value);
static void append_html(StringInfo out, const char *value);
static void append_url_part(StringInfo out, const char *value);
static bool is_safe_url(const char *value);
static int	control_length(const unsigned char *p);
static const char *skip_plain(StringInfo out, const char *value, uint8 stop);

/*
 * Appends a value, escaped.  Reads it once and allocates nothing of its own.
 */
void
campaign_escape_append(StringInfo out, const char *value,
					   CampaignEscape escape)
{
	switch (escape)
	{
		case CAMPAIGN_ESCAPE_NONE:
			appendStringInfoString(out, value);
			break;
		case CAMPAIGN_ESCAPE_HEADER:
			append_header(out, value);
			break;
		case CAMPAIGN_ESCAPE_HTML:
			append_html(out, value);
			break;
		case CAMPAIGN_ESCAPE_URL:
			append_html(out, is_safe_url(value) ? value : "#");
			break;
		case CAMPAIGN_ESCAPE_URL_PART:
			append_url_part(out, value);
			break;
	}
}

/* Tells whether a URL may be redirected to. */
bool
campaign_escape_is_safe_url(const char *url)
{
	return is_safe_url(url) &&
		campaign_escape_find_control(url, url + strlen(url)) == NULL;
}

/* Returns the first line break or control character, or NULL. */
const char *
campaign_escape_find_control(const char *text, const char *end)
{
	for (; text < end; text++)
		if (control_length((const unsigned char *) text) > 0)
			return text;
	return NULL;
}

/*
 * Appends a value to a line of a header, each run of control characters as
 * one space, so that it never begins another line.
 */
static void
append_header(StringInfo out, const char *value)
{
	while (*(value = skip_plain(out, value, STOP_HEADER)) != '\0')
	{
		const char *start = value;
		int			length;

		while ((length = control_length((const unsigned char *) value)) > 0)
			value += length;
		/* Else it is the first byte of a character that may pass. */
		appendStringInfoChar(out, value > start ? ' ' : *value++);
	}
}

/* Appends a value for text or a quoted attribute value. */
static void
append_html(StringInfo out, const char *value)
{
	while (*(value = skip_plain(out, value, STOP_HTML)) != '\0')
	{
		char		c = *value++;

		appendStringInfoString(out,
							   c == '&' ? "&amp;" :
							   c == '<' ? "&lt;" :
							   c == '>' ? "&gt;" :
							   c == '"' ? "&quot;" : "&#39;");
	}
}

/*
 * Appends a value that is a part of a URL: a colon or slash in it changes
 * neither the scheme nor the host.
 */
static void
append_url_part(StringInfo out, const char *value)
{
	static const char digits[] = "0123456789ABCDEF";

	while (*(value = skip_plain(out, value, STOP_URL)) != '\0')
	{
		unsigned char c = (unsigned char) *value++;
		char		encoded[3] = {'%', digits[c >> 4], digits[c & 15]};

		appendBinaryStringInfo(out, encoded, 3);
	}
}

/*
 * Tells whether a value is a relative URL or has a harmless scheme.  Browsers
 * ignore blanks and control characters before the scheme, and tabs and line
 * breaks within; anything else before a colon makes it unsafe.
 */
static bool
is_safe_url(const char *value)
{
	char		scheme[SCHEME_BYTES];
	int			length = 0;

	while (*value != '\0' && (unsigned char) *value <= ' ')
		value++;
	for (; *value != ':'; value++)
	{
		if (*value == '\0' || *value == '/' || *value == '?' || *value == '#')
			return true;
		if (*value == '\t' || *value == '\n' || *value == '\r')
			continue;
		if (length == SCHEME_BYTES - 1)
			length--;			/* no safe scheme is as long */
		scheme[length++] = pg_ascii_tolower(*value);
	}
	scheme[length] = '\0';
	for (int i = 0; i < lengthof(safe_schemes); i++)
		if (strcmp(scheme, safe_schemes[i]) == 0)
			return true;
	return false;
}

/*
 * Returns the number of bytes of the control character or line separator at
 * p, 0 if there is none.
 */
static int
control_length(const unsigned char *p)
{
	if (*p == '\0')
		return 0;
	if (*p < ' ' || *p == 0x7F)
		return 1;
	if ((*p != 0xC2 && *p != 0xE2) || GetDatabaseEncoding() != PG_UTF8)
		return 0;
	if (p[0] == 0xC2 && p[1] == 0x85)
		return 2;
	if (p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9))
		return 3;
	return 0;
}

/*
 * Appends the bytes that need no escape, and returns the first that does, or
 * the terminating zero.
 */
static const char *
skip_plain(StringInfo out, const char *value, uint8 stop)
{
	const char *start = value;

	while ((stops[(unsigned char) *value] & stop) == 0)
		value++;
	if (value > start)
		appendBinaryStringInfo(out, start, value - start);
	return value;
}
