/*
 * sms.c
 *		How many segments a text message is sent in.
 *
 * A message whose characters are all in the alphabet of GSM 03.38 counts in
 * septets, of which some characters take two; any other counts in units of
 * UCS-2, of which characters beyond the first plane take two.  A message of
 * one segment has more room than the segments of a longer one, and no
 * character is torn between two of them.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "set/sms.h"

/* Room of a message of one segment, and in each segment of a longer one. */
#define SEPTETS_ALONE	160
#define SEPTETS_EACH	153
#define UNITS_ALONE		70
#define UNITS_EACH		67

/* Counts the segments of a text, character by character. */
typedef struct Segments
{
	int			alone;
	int			each;
	int			total;			/* septets or units, as if in one segment */
	int			full;			/* segments before the last */
	int			last;			/* septets or units in the last one */
} Segments;

/* Characters of the alphabet that are not ASCII. */
static const pg_wchar letters[] = {
	0xa1, 0xa3, 0xa4, 0xa5, 0xa7, 0xbf, 0xc4, 0xc5, 0xc6, 0xc7, 0xc9, 0xd1,
	0xd6, 0xd8, 0xdc, 0xdf, 0xe0, 0xe4, 0xe5, 0xe6, 0xe8, 0xe9, 0xec, 0xf1,
	0xf2, 0xf6, 0xf8, 0xf9, 0xfc, 0x393, 0x394, 0x398, 0x39b, 0x39e, 0x3a0,
	0x3a3, 0x3a6, 0x3a8, 0x3a9
};

#define EURO_SIGN 0x20ac

/* Septets of a character; 0 if the alphabet does not have it. */
static int
count_septets(pg_wchar c)
{
	if (c == EURO_SIGN)
		return 2;
	if (c < 0x80)
	{
		if (c == '\f' || (c > 0 && strchr("^{}\\[~]|", (int) c) != NULL))
			return 2;
		return c == '\n' || c == '\r' ||
			(c >= ' ' && c != '`' && c != 0x7f) ? 1 : 0;
	}
	for (int i = 0; i < lengthof(letters); i++)
	{
		if (letters[i] == c)
			return 1;
	}
	return 0;
}

/* Takes a character of that size. */
static void
add_character(Segments *segments, int size)
{
	segments->total += size;
	if (segments->last + size > segments->each)
	{
		segments->full++;
		segments->last = 0;
	}
	segments->last += size;
}

/* How many segments it makes. */
static int
count_segments(const Segments *segments)
{
	return segments->total <= segments->alone ? 1 : segments->full + 1;
}

/* The next character; without an encoding, each byte is one. */
static pg_wchar
next_character(const char *text, int encoding, int *length)
{
	if (encoding != PG_UTF8)
	{
		*length = 1;
		/* Some character, but nobody knows which. */
		return IS_HIGHBIT_SET(*text) ? 0xffff : (pg_wchar) *text;
	}
	*length = pg_utf_mblen((const unsigned char *) text);
	return utf8_to_unicode((const unsigned char *) text);
}

/* Segments of a text in the server's encoding. */
int
campaign_sms_segments(const char *text, int length)
{
	Segments	septets = {SEPTETS_ALONE, SEPTETS_EACH};
	Segments	units = {UNITS_ALONE, UNITS_EACH};
	int			encoding = GetDatabaseEncoding();
	bool		plain = true;
	const char *end;

	if (encoding != PG_UTF8 && encoding != PG_SQL_ASCII)
	{
		char	   *converted = pg_server_to_any(text, length, PG_UTF8);

		if (converted != text)
			length = (int) strlen(converted);
		text = converted;
		encoding = PG_UTF8;
	}
	end = text + length;
	while (text < end)
	{
		int			bytes;
		pg_wchar	c = next_character(text, encoding, &bytes);
		int			size = count_septets(c);

		plain &= size > 0;
		add_character(&septets, size);
		add_character(&units, c > 0xffff ? 2 : 1);
		text += bytes;
	}
	return count_segments(plain ? &septets : &units);
}
