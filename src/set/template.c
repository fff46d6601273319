/*
 * template.c
 *		Message texts with placeholders: {{ expression }} is escaped for the
 *		place where it stands, {{{ expression }}} is not.
 *
 * Parsing collects the expressions and cuts the text into parts; somebody
 * else evaluates the expressions, and rendering only joins strings.  So a
 * message is a pure function of (template, values): nothing in here runs SQL,
 * reads a catalog or calls a function that a user could have written, which
 * is why messages may be rendered in the session of a role that does not own
 * them.
 *
 * An expression is PostgreSQL's SQL.  Only its end is looked for here, by the
 * lexical rules that decide whether "}}" is inside of a string, a quoted
 * name or a comment (with standard_conforming_strings on).
 *
 * The text is scanned byte by byte: in every encoding a server can have,
 * ASCII bytes stand for themselves only.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"

#include "set/escape.h"
#include "set/template.h"

#define MAX_TEMPLATE_BYTES (1024 * 1024)
#define MAX_EXPRESSIONS 1000

#define LITERAL_HINT "To get two literal braces, write {{ '{{' }}."

/* A piece of literal text and the placeholder that follows it. */
typedef struct TemplatePart
{
	int			start;			/* of the literal text */
	int			length;
	int			expression;		/* -1 after the last placeholder */
	CampaignEscape escape;
} TemplatePart;

struct CampaignTemplate
{
	char	   *text;
	TemplatePart *parts;
	int			nparts;
};

/* An expression that has a position in the list already. */
typedef struct KnownExpression
{
	const char *text;
	int			position;
	char		status;
} KnownExpression;

#define SH_PREFIX known
#define SH_ELEMENT_TYPE KnownExpression
#define SH_KEY_TYPE const char *
#define SH_KEY text
#define SH_HASH_KEY(tb, key) \
	hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(tb, a, b) (strcmp(a, b) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct TemplateParser
{
	CampaignTemplate *template;
	const char *text;			/* the template's copy of the text */
	const char *end;			/* its terminating zero */
	const char *what;
	CampaignContent content;
	CampaignHtml *html;			/* of HTML content only */
	List	  **expressions;
	known_hash *known;
	int			capacity;		/* of template->parts */
} TemplateParser;

static void open_parser(TemplateParser *parser, const char *text);
static void read_literal(TemplateParser *parser, const char *text,
						 const char *end);
static const char *read_placeholder(TemplateParser *parser,
									const char *literal, const char *open);
static void refuse_reserved(TemplateParser *parser, const char *open,
							const char *first);
static void refuse_unclosed(TemplateParser *parser, const char *open,
							bool raw);
static CampaignEscape choose_escape(TemplateParser *parser, const char *open,
									bool raw);
static int	find_expression(TemplateParser *parser, const char *first,
							const char *end);
static int	add_expression(TemplateParser *parser, char *text);
static void add_part(TemplateParser *parser, const char *literal,
					 const char *end, int expression, CampaignEscape escape);
static int	count_lines(TemplateParser *parser, const char *position);
static const char *scan_expression(const char *p, const char *end);
static const char *skip_quoted(const char *p, const char *end, char quote);
static const char *skip_word(const char *p, const char *end);
static const char *skip_escape_string(const char *p, const char *end);
static const char *skip_gap(const char *p, const char *end);
static const char *skip_dollar_quoted(const char *p, const char *end);
static const char *skip_line_comment(const char *p, const char *end);
static const char *skip_block_comment(const char *p, const char *end);
static bool begins_word(char c);
static bool continues_word(char c);
static bool is_space(char c);

/*
 * Parses the text and appends to *expressions the text of each expression
 * that is not in it yet.  The template refers to expressions by position, so
 * templates that share a list share the values, and the list must not be
 * reordered between parsing and rendering.  "what" names the option in
 * errors.  Everything returned is in the current memory context.
 */
CampaignTemplate *
campaign_template_parse(const char *text, CampaignContent content,
						const char *what, List **expressions)
{
	TemplateParser parser = {0};
	const char *position;
	const char *open;

	parser.what = what;
	parser.content = content;
	parser.expressions = expressions;
	open_parser(&parser, text);

	position = parser.text;
	while ((open = strstr(position, "{{")) != NULL)
	{
		read_literal(&parser, position, open);
		position = read_placeholder(&parser, position, open);
	}
	read_literal(&parser, position, parser.end);
	add_part(&parser, position, parser.end, -1, CAMPAIGN_ESCAPE_NONE);

	known_destroy(parser.known);
	return parser.template;
}

/*
 * Appends the rendered text.  values[i] is the text of expression i; NULL
 * renders as nothing.  Allocates nothing but what "out" needs to grow, since
 * it is called once per message.
 */
void
campaign_template_render(const CampaignTemplate *template,
						 const char *const *values, int nvalues,
						 StringInfo out)
{
	int			i;

	for (i = 0; i < template->nparts; i++)
	{
		const TemplatePart *part = &template->parts[i];

		appendBinaryStringInfo(out, template->text + part->start,
							   part->length);
		if (part->expression < 0)
			continue;
		if (part->expression >= nvalues)
			elog(ERROR, "template needs the value of expression %d of %d",
				 part->expression, nvalues);
		if (values[part->expression] != NULL)
			campaign_escape_append(out, values[part->expression],
								   part->escape);
	}
}

/*
 * Copies the text and prepares the parser's tables; refuses a text that is
 * too long.  The expressions already in the list are known from the start.
 */
static void
open_parser(TemplateParser *parser, const char *text)
{
	size_t		length = strlen(text);
	ListCell   *cell;

	if (length > MAX_TEMPLATE_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("template \"%s\" is too long", parser->what),
				 errdetail("It has %zu bytes; at most %d are allowed.",
						   length, MAX_TEMPLATE_BYTES),
				 errhint("Link to large content instead of including it.")));

	parser->template = palloc0(sizeof(CampaignTemplate));
	parser->template->text = pstrdup(text);
	parser->text = parser->template->text;
	parser->end = parser->text + length;
	parser->capacity = 8;
	parser->template->parts = palloc(parser->capacity * sizeof(TemplatePart));
	if (parser->content == CAMPAIGN_CONTENT_HTML)
		parser->html = campaign_escape_begin_html();

	parser->known = known_create(CurrentMemoryContext, 64, NULL);
	foreach(cell, *parser->expressions)
	{
		bool		found;
		KnownExpression *entry;

		entry = known_insert(parser->known, (const char *) lfirst(cell),
							 &found);
		if (!found)
			entry->position = foreach_current_index(cell);
	}
}

/*
 * Checks a run of literal text, and follows the HTML in it, so that the
 * place of the next placeholder is known.  Runs must be passed in order.
 */
static void
read_literal(TemplateParser *parser, const char *text, const char *end)
{
	const char *offence = NULL;

	if (parser->content == CAMPAIGN_CONTENT_HEADER)
		offence = campaign_escape_find_control(text, end);
	if (offence != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("template \"%s\" contains a line break or control character",
						parser->what),
				 errdetail("It is on line %d.",
						   count_lines(parser, offence)),
				 errhint("Write the text on one line.")));

	if (parser->html != NULL)
		offence = campaign_escape_scan_html(parser->html, text, end);
	if (offence != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("scheme of a URL in template \"%s\" depends on a placeholder",
						parser->what),
				 errdetail("A colon follows the placeholder on line %d.",
						   count_lines(parser, offence)),
				 errhint("Write the scheme as literal text, or the whole URL as one expression; a colon of the path is written %%3A.")));
}

/*
 * Reads the placeholder at "open", adds it together with the literal text
 * before it, and returns what follows it.
 */
static const char *
read_placeholder(TemplateParser *parser, const char *literal,
				 const char *open)
{
	bool		raw = (open[2] == '{');
	int			width = raw ? 3 : 2;
	const char *first = open + width;
	const char *close;
	CampaignEscape escape;

	refuse_reserved(parser, open, first);
	escape = choose_escape(parser, open, raw);
	close = scan_expression(first, parser->end);
	if (close == NULL || (raw && close[2] != '}'))
		refuse_unclosed(parser, open, raw);

	while (first < close && is_space(*first))
		first++;
	if (first == close)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("empty placeholder in template \"%s\"", parser->what),
				 errdetail("It is on line %d.", count_lines(parser, open)),
				 errhint("Write an expression between the braces. "
						 LITERAL_HINT)));
	add_part(parser, literal, open,
			 find_expression(parser, first, close), escape);
	return close + width;
}

/*
 * Raises an error for the tags that other template languages have, before
 * their names are taken for expressions.  No expression begins with ELSE; the
 * signs are operators, which is why they are refused next to the brace only.
 */
static void
refuse_reserved(TemplateParser *parser, const char *open, const char *first)
{
	const char *last = first;

	if (*first != '\0' && strchr("#/^>!", *first) != NULL)
	{
		last++;
		while (continues_word(*last))
			last++;
	}
	else
	{
		while (is_space(*first))
			first++;
		if (pg_strncasecmp(first, "else", 4) != 0 || continues_word(first[4]))
			return;
		last = first + 4;
	}

	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("unsupported tag \"%.*s\" in template \"%s\"",
					pg_mbcliplen(open, last - open, 40), open, parser->what),
			 errdetail("It is on line %d.", count_lines(parser, open)),
			 errhint("Use an expression such as {{ CASE WHEN vip THEN 'Dear friend' ELSE 'Hello' END }}; one that begins with an operator needs a space after the braces.")));
}

/*
 * Raises the error for a placeholder that has no end, or not the one that
 * its beginning asks for.
 */
static void
refuse_unclosed(TemplateParser *parser, const char *open, bool raw)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("unclosed placeholder in template \"%s\"", parser->what),
			 errdetail("It begins on line %d.", count_lines(parser, open)),
			 raw ?
			 errhint("Close {{{ with }}}, outside of quotes and comments. "
					 LITERAL_HINT) :
			 errhint("Close {{ with }}, outside of quotes and comments. "
					 LITERAL_HINT)));
}

/*
 * Says how the placeholder at "open" is escaped; raises an error where none
 * may stand.
 */
static CampaignEscape
choose_escape(TemplateParser *parser, const char *open, bool raw)
{
	CampaignEscape escape;
	const char *place;
	const char *hint;

	if (parser->content == CAMPAIGN_CONTENT_HEADER)
		return CAMPAIGN_ESCAPE_HEADER;
	if (parser->content == CAMPAIGN_CONTENT_TEXT)
		return CAMPAIGN_ESCAPE_NONE;

	place = campaign_escape_choose(parser->html, raw, &escape, &hint);
	if (place != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("placeholder in template \"%s\" stands in %s",
						parser->what, place),
				 errdetail("It is on line %d.", count_lines(parser, open)),
				 errhint("%s", hint)));
	return escape;
}

/*
 * Returns the position in the list of the expression between first and end,
 * which is trimmed at its end here, adding it if it is new.
 */
static int
find_expression(TemplateParser *parser, const char *first, const char *end)
{
	char	   *text;
	KnownExpression *entry;

	while (end > first && is_space(end[-1]))
		end--;
	text = pnstrdup(first, end - first);
	entry = known_lookup(parser->known, text);
	if (entry == NULL)
		return add_expression(parser, text);
	pfree(text);
	return entry->position;
}

/*
 * Appends an expression to the list and returns its position.  The list
 * keeps the string, so it must not be freed.
 */
static int
add_expression(TemplateParser *parser, char *text)
{
	bool		found;
	int			position = list_length(*parser->expressions);

	if (position >= MAX_EXPRESSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many different expressions in template \"%s\"",
						parser->what),
				 errdetail("The templates of a message may have %d together.",
						   MAX_EXPRESSIONS),
				 errhint("Concatenate values in one expression.")));
	*parser->expressions = lappend(*parser->expressions, text);
	known_insert(parser->known, text, &found)->position = position;
	return position;
}

/* Adds a piece of literal text and the placeholder after it, if any. */
static void
add_part(TemplateParser *parser, const char *literal, const char *end,
		 int expression, CampaignEscape escape)
{
	CampaignTemplate *template = parser->template;
	TemplatePart *part;

	if (template->nparts == parser->capacity)
	{
		parser->capacity *= 2;
		template->parts = repalloc(template->parts,
								   parser->capacity * sizeof(TemplatePart));
	}
	part = &template->parts[template->nparts++];
	part->start = literal - parser->text;
	part->length = end - literal;
	part->expression = expression;
	part->escape = escape;
}

/*
 * Returns the number of the line that a position is on, from 1.  Counts from
 * the beginning of the text: for errors only.
 */
static int
count_lines(TemplateParser *parser, const char *position)
{
	const char *p;
	int			line = 1;

	for (p = parser->text; p < position; p++)
		if (*p == '\n')
			line++;
	return line;
}

/*
 * Returns where "}}" ends the expression that begins at p, or NULL.  Braces
 * mean nothing in SQL; they nest so that what somebody pasted reaches the
 * parser whole, whose message is better.  Parentheses need not be watched.
 */
static const char *
scan_expression(const char *p, const char *end)
{
	int			depth = 0;

	while (p != NULL && p < end)
	{
		if (*p == '\'' || *p == '"')
			p = skip_quoted(p + 1, end, *p);
		else if (*p == '$')
			p = skip_dollar_quoted(p, end);
		else if (p[0] == '-' && p[1] == '-')
			p = skip_line_comment(p, end);
		else if (p[0] == '/' && p[1] == '*')
			p = skip_block_comment(p + 2, end);
		else if (begins_word(*p))
			p = skip_word(p, end);
		else if (p[0] == '}' && p[1] == '}' && depth == 0)
			return p;
		else
		{
			if (*p == '{')
				depth++;
			else if (*p == '}' && depth > 0)
				depth--;
			p++;
		}
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

	while (p < end && continues_word(*p))
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
		else if (is_space(*p))
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

	if (begins_word(*body))
		while (*body != '$' && continues_word(*body))
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
static bool
begins_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		IS_HIGHBIT_SET(c);
}

/* Tells whether a name may go on with the byte. */
static bool
continues_word(char c)
{
	return begins_word(c) || (c >= '0' && c <= '9') || c == '$';
}

/* Tells whether the byte is white space in SQL. */
static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
