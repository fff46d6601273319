/*
 * lexer.c
 *		Where an SQL expression inside of another text ends.
 *
 * Only the end is looked for, by the lexical rules that decide whether "}}"
 * is inside of a string, a quoted name or a comment (with
 * standard_conforming_strings on).  What the expression means is left to the
 * server's parser.
 *
 * The text is scanned byte by byte: in every encoding a server can have,
 * ASCII bytes stand for themselves only.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "set/lexer.h"

static const char *skip_quoted(const char *p, const char *end, char quote);
static const char *skip_word(const char *p, const char *end);
static const char *skip_escape_string(const char *p, const char *end);
static const char *skip_gap(const char *p, const char *end);
static const char *skip_dollar_quoted(const char *p, const char *end);
static const char *skip_line_comment(const char *p, const char *end);
static const char *skip_block_comment(const char *p, const char *end);

/* Returns what follows the token at p, or NULL if it has no end. */
const char *
campaign_lexer_skip(const char *p, const char *end)
{
	if (*p == '\'' || *p == '"')
		return skip_quoted(p + 1, end, *p);
	if (*p == '$')
		return skip_dollar_quoted(p, end);
	if (p[0] == '-' && p[1] == '-')
		return skip_line_comment(p, end);
	if (p[0] == '/' && p[1] == '*')
		return skip_block_comment(p + 2, end);
	if (campaign_lexer_begins_word(*p))
		return skip_word(p, end);
	return p + 1;
}

/*
 * Returns where "}}" ends the expression that begins at p, or NULL.  Braces
 * mean nothing in SQL; they nest so that what somebody pasted reaches the
 * parser whole, whose message is better.  Parentheses need not be watched.
 */
const char *
campaign_lexer_find_end(const char *p, const char *end)
{
	int			depth = 0;

	while (p != NULL && p < end)
	{
		if (p[0] == '}' && p[1] == '}' && depth == 0)
			return p;
		if (*p == '{')
			depth++;
		else if (*p == '}' && depth > 0)
			depth--;
		p = campaign_lexer_skip(p, end);
	}
	return NULL;
}

/*
 * Returns what follows the closing quote, or NULL.  A doubled quote looks
 * like an end and another beginning, which comes to the same.
 */
static const char *
skip_quoted(const char *p, const char *end, char quote)
{
	p = memchr(p, quote, end - p);
	return p == NULL ? NULL : p + 1;
}

/*
 * Skips a name or key word, with the dollar signs in it, which would else be
 * taken for quotes; goes on into the string if the word is the E of E'...'.
 */
static const char *
skip_word(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && campaign_lexer_continues_word(*p))
		p++;
	if (p == start + 1 && (*start == 'e' || *start == 'E') && *p == '\'')
		return skip_escape_string(p + 1, end);
	return p;
}

/*
 * Returns what follows a string with backslash escapes, or NULL.  A string
 * that goes on after a line break still has them.
 */
static const char *
skip_escape_string(const char *p, const char *end)
{
	while (p < end)
	{
		if (*p == '\\')
			p += 2;
		else if (*p != '\'')
			p++;
		else if (p[1] == '\'')
			p += 2;
		else
		{
			const char *next = skip_gap(p + 1, end);

			if (*next != '\'')
				return p + 1;
			p = next + 1;
		}
	}
	return NULL;
}

/*
 * Skips white space and line comments between the parts of a string.  Does
 * not move without a line break, because the string does not go on then.
 */
static const char *
skip_gap(const char *p, const char *end)
{
	const char *start = p;
	bool		broken = false;

	while (p < end)
	{
		if (p[0] == '-' && p[1] == '-')
			p = skip_line_comment(p, end);
		else if (campaign_lexer_is_space(*p))
		{
			broken = broken || *p == '\n' || *p == '\r';
			p++;
		}
		else
			break;
	}
	return broken ? p : start;
}

/*
 * Returns what follows a dollar-quoted string, NULL if it has no end, and the
 * next byte if the dollar sign begins none.
 */
static const char *
skip_dollar_quoted(const char *p, const char *end)
{
	const char *body = p + 1;
	size_t		length;

	if (campaign_lexer_begins_word(*body))
		while (*body != '$' && campaign_lexer_continues_word(*body))
			body++;
	if (*body != '$')
		return p + 1;
	body++;
	length = body - p;

	while ((body = memchr(body, '$', end - body)) != NULL)
	{
		if ((size_t) (end - body) >= length && memcmp(body, p, length) == 0)
			return body + length;
		body++;
	}
	return NULL;
}

/* Returns the line break that ends a comment, or the end of the text. */
static const char *
skip_line_comment(const char *p, const char *end)
{
	while (p < end && *p != '\n' && *p != '\r')
		p++;
	return p;
}

/* Returns what follows a comment, which may contain others, or NULL. */
static const char *
skip_block_comment(const char *p, const char *end)
{
	int			depth = 1;

	while (p < end && depth > 0)
	{
		if (p[0] == '/' && p[1] == '*')
			depth++;
		else if (p[0] == '*' && p[1] == '/')
			depth--;
		else
		{
			p++;
			continue;
		}
		p += 2;
	}
	return depth == 0 ? p : NULL;
}

/*
 * Tells whether a name or the tag of a dollar quote may begin with the byte.
 */
bool
campaign_lexer_begins_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		IS_HIGHBIT_SET(c);
}

/* Tells whether a name may go on with the byte. */
bool
campaign_lexer_continues_word(char c)
{
	return campaign_lexer_begins_word(c) || (c >= '0' && c <= '9') || c == '$';
}

/* Tells whether the byte is white space in SQL. */
bool
campaign_lexer_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
