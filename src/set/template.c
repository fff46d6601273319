/*
 * template.c
 *		Message texts with placeholders: {{ expression }} is escaped for the
 *		place where it stands, {{{ expression }}} is not; and with blocks:
 *		{{#if condition}} and {{#each collection}}.
 *
 * Parsing collects the expressions and cuts the text into parts; somebody
 * else evaluates the expressions, and rendering (render.c) only joins
 * strings.
 *
 * An expression is PostgreSQL's SQL, over the recipient's row, and is
 * evaluated once per message.  The items of a collection are no rows: within
 * {{#each}}, what begins with the word "item" is no SQL but a reference that
 * rendering follows, as is what begins with "message." (reference.c).
 *
 * The text is scanned byte by byte: in every encoding a server can have,
 * ASCII bytes stand for themselves only.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"

#include "set/html.h"
#include "set/lexer.h"
#include "set/reference.h"
#include "set/render.h"
#include "set/template.h"

#define MAX_EXPRESSIONS 1000

#define LITERAL_HINT "To get two literal braces, write {{ '{{' }}."

/* A block whose end was not met yet. */
typedef struct Block
{
	const char *open;			/* its tag */
	bool		is_loop;
	int			part;			/* of its tag */
	int			jump;			/* the part that skips {{else}}; -1: none */
	CampaignHtml *begin;		/* where it begins and where its first branch */
	CampaignHtml *end;			/* ends, of HTML content */
} Block;

/* What a placeholder or block is about. */
typedef struct Operand
{
	int			expression;		/* position; -1: an item's, or none */
	const char *const *path;
	CampaignOwn own;
} Operand;

/* An expression that has a position in the list already. */
typedef struct KnownExpression
{
	CampaignTemplateExpression expression;
	int			position;
	char		status;
} KnownExpression;

#define SH_PREFIX known
#define SH_ELEMENT_TYPE KnownExpression
#define SH_KEY_TYPE CampaignTemplateExpression
#define SH_KEY expression
#define SH_HASH_KEY(tb, key) \
	(hash_bytes((const unsigned char *) (key).text, strlen((key).text)) + (key).use)
#define SH_EQUAL(tb, a, b) ((a).use == (b).use && strcmp((a).text, (b).text) == 0)
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
	Block		blocks[CAMPAIGN_TEMPLATE_DEPTH];
	int			depth;			/* number of blocks within each other */
	int			loops;			/* of them, those that have an item here */
} TemplateParser;

static void open_parser(TemplateParser *parser, const char *text);
static void read_literal(TemplateParser *parser, const char *text,
						 const char *end);
static const char *read_tag(TemplateParser *parser, const char *literal,
							const char *open);
static const char *read_placeholder(TemplateParser *parser,
									const char *literal, const char *open);
static const char *read_block(TemplateParser *parser, const char *literal,
							  const char *open, const char *first,
							  bool is_loop);
static const char *read_else(TemplateParser *parser, const char *literal,
							 const char *open, const char *p);
static const char *read_end(TemplateParser *parser, const char *literal,
							const char *open, const char *p, bool is_loop);
static void end_branch(TemplateParser *parser, Block *block,
					   const char *literal, const char *open);
static void join_branches(TemplateParser *parser, Block *block,
						  const char *open);
static const char *close_tag(TemplateParser *parser, const char *open,
							 const char *p);
static void trim_operand(TemplateParser *parser, const char *open,
						 const char **first, const char **close);
static Operand read_operand(TemplateParser *parser, const char *open,
							const char *first, const char *close,
							CampaignTemplateUse use);
static void check_block_place(TemplateParser *parser, const char *open);
static void refuse_branches(TemplateParser *parser, Block *block,
							const char *open);
static void refuse_end(TemplateParser *parser, const char *open, bool is_loop);
static void refuse_unclosed_block(TemplateParser *parser);
static void refuse_reserved(TemplateParser *parser, const char *open,
							const char *first);
static void refuse_tag(TemplateParser *parser, const char *open,
					   const char *last);
static void refuse_unclosed(TemplateParser *parser, const char *open,
							bool raw);
static CampaignEscape choose_escape(TemplateParser *parser, const char *open,
									bool raw);
static int	find_expression(TemplateParser *parser, const char *first,
						   const char *end, CampaignTemplateUse use);
static int	add_expression(TemplateParser *parser,
						  CampaignTemplateExpression expression);
static CampaignTemplatePart *add_part(TemplateParser *parser,
									  const char *literal, const char *end,
									  CampaignPartKind kind);
static int	count_lines(TemplateParser *parser, const char *position);

/*
 * Parses the text and appends to *expressions the text of each expression
 * that is not in it yet.  The template refers to expressions by position, so
 * templates that share a list share the values, and the list, of
 * CampaignTemplateExpression *, must not be reordered between parsing and
 * rendering.  "what" names the option in errors.  Everything returned is in
 * the current memory context.
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
		position = read_tag(&parser, position, open);
	}
	read_literal(&parser, position, parser.end);
	if (parser.depth > 0)
		refuse_unclosed_block(&parser);
	(void) add_part(&parser, position, parser.end, CAMPAIGN_PART_END);
	if (parser.html != NULL)
		parser.template->unclosed = campaign_html_unclosed(parser.html);

	known_destroy(parser.known);
	return parser.template;
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

	if (length > CAMPAIGN_TEMPLATE_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("template \"%s\" is too long", parser->what),
				 errdetail("It has %zu bytes; at most %d are allowed.",
						   length, CAMPAIGN_TEMPLATE_BYTES),
				 errhint("Link to large content instead of including it.")));

	parser->template = palloc0(sizeof(CampaignTemplate));
	parser->template->text = pstrdup(text);
	parser->text = parser->template->text;
	parser->end = parser->text + length;
	parser->capacity = 8;
	parser->template->parts =
		palloc(parser->capacity * sizeof(CampaignTemplatePart));
	if (parser->content == CAMPAIGN_CONTENT_HTML)
		parser->html = campaign_html_begin();

	parser->known = known_create(CurrentMemoryContext, 64, NULL);
	foreach(cell, *parser->expressions)
	{
		bool		found;
		KnownExpression *entry;

		entry = known_insert(parser->known,
							 *(CampaignTemplateExpression *) lfirst(cell),
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
		offence = campaign_html_scan(parser->html, text, end);
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
 * Reads the placeholder or block tag at "open", adds it together with the
 * literal text before it, and returns what follows it.
 */
static const char *
read_tag(TemplateParser *parser, const char *literal, const char *open)
{
	const char *first = open + 2;
	const char *name = first;

	if (*first == '#' && campaign_reference_names(first + 1, "if"))
		return read_block(parser, literal, open, first + 3, false);
	if (*first == '#' && campaign_reference_names(first + 1, "each"))
		return read_block(parser, literal, open, first + 5, true);
	if (*first == '/' && campaign_reference_names(first + 1, "if"))
		return read_end(parser, literal, open, first + 3, false);
	if (*first == '/' && campaign_reference_names(first + 1, "each"))
		return read_end(parser, literal, open, first + 5, true);
	while (campaign_lexer_is_space(*name))
		name++;
	if (campaign_reference_names(name, "else"))
		return read_else(parser, literal, open, name + 4);
	return read_placeholder(parser, literal, open);
}

/* Reads a placeholder, as read_tag says. */
static const char *
read_placeholder(TemplateParser *parser, const char *literal,
				 const char *open)
{
	bool		raw = (open[2] == '{');
	int			width = raw ? 3 : 2;
	const char *first = open + width;
	const char *close;
	CampaignEscape escape;
	Operand		operand;
	CampaignTemplatePart *part;

	refuse_reserved(parser, open, first);
	escape = choose_escape(parser, open, raw);
	close = campaign_lexer_find_end(first, parser->end);
	if (close == NULL || (raw && close[2] != '}'))
		refuse_unclosed(parser, open, raw);
	operand = read_operand(parser, open, first, close, CAMPAIGN_USE_VALUE);
	part = add_part(parser, literal, open, CAMPAIGN_PART_VALUE);
	part->expression = operand.expression;
	part->path = operand.path;
	part->own = operand.own;
	part->escape = escape;
	return close + width;
}

/* Reads the tag that begins a block, whose operand is at "first". */
static const char *
read_block(TemplateParser *parser, const char *literal, const char *open,
		   const char *first, bool is_loop)
{
	Block	   *block = &parser->blocks[parser->depth];
	const char *close;
	Operand		operand;
	CampaignTemplatePart *part;

	check_block_place(parser, open);
	if (parser->depth == CAMPAIGN_TEMPLATE_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("blocks in template \"%s\" are nested too deep",
						parser->what),
				 errdetail("There are more than %d within each other on line %d.",
						   CAMPAIGN_TEMPLATE_DEPTH,
						   count_lines(parser, open)),
				 errhint("Combine the conditions of blocks in each other with AND.")));
	close = campaign_lexer_find_end(first, parser->end);
	if (close == NULL)
		refuse_unclosed(parser, open, false);
	operand = read_operand(parser, open, first, close,
						   is_loop ? CAMPAIGN_USE_COLLECTION :
						   CAMPAIGN_USE_CONDITION);

	block->open = open;
	block->is_loop = is_loop;
	block->part = parser->template->nparts;
	block->jump = -1;
	block->begin = parser->html == NULL ? NULL :
		campaign_html_copy(parser->html);
	block->end = NULL;
	parser->depth++;
	if (is_loop)
		parser->loops++;

	part = add_part(parser, literal, open,
					is_loop ? CAMPAIGN_PART_EACH : CAMPAIGN_PART_IF);
	part->expression = operand.expression;
	part->path = operand.path;
	return close + 2;
}

/* Reads {{else}}, of which what is at p comes after the name. */
static const char *
read_else(TemplateParser *parser, const char *literal, const char *open,
		  const char *p)
{
	Block	   *block = parser->depth == 0 ? NULL :
		&parser->blocks[parser->depth - 1];

	p = close_tag(parser, open, p);
	if (block == NULL || block->jump >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 block == NULL ?
				 errmsg("\"{{else}}\" without a block in template \"%s\"",
						parser->what) :
				 errmsg("second \"{{else}}\" of a block in template \"%s\"",
						parser->what),
				 errdetail("It is on line %d.", count_lines(parser, open)),
				 errhint("Write {{else}} once between {{#if condition}} and {{/if}}, or {{#each collection}} and {{/each}}.")));
	check_block_place(parser, open);

	end_branch(parser, block, literal, open);
	block->jump = parser->template->nparts;
	(void) add_part(parser, open, open, CAMPAIGN_PART_JUMP);
	parser->template->parts[block->part].target = parser->template->nparts;
	if (parser->html != NULL)
	{
		block->end = parser->html;
		parser->html = campaign_html_copy(block->begin);
	}
	return p;
}

/* Reads {{/if}} or {{/each}}, of which what is at p comes after the name. */
static const char *
read_end(TemplateParser *parser, const char *literal, const char *open,
		 const char *p, bool is_loop)
{
	Block	   *block;

	p = close_tag(parser, open, p);
	if (parser->depth == 0 ||
		parser->blocks[parser->depth - 1].is_loop != is_loop)
		refuse_end(parser, open, is_loop);
	block = &parser->blocks[parser->depth - 1];
	check_block_place(parser, open);

	if (block->jump < 0)
	{
		end_branch(parser, block, literal, open);
		parser->template->parts[block->part].target = parser->template->nparts;
	}
	else
	{
		(void) add_part(parser, literal, open, CAMPAIGN_PART_NOTHING);
		parser->template->parts[block->jump].target = parser->template->nparts;
	}
	join_branches(parser, block, open);
	parser->depth--;
	return p;
}

/*
 * Ends the first branch of a block.  That of a loop must lead to where it
 * began, as it is gone through again.
 */
static void
end_branch(TemplateParser *parser, Block *block, const char *literal,
		   const char *open)
{
	if (!block->is_loop)
	{
		(void) add_part(parser, literal, open, CAMPAIGN_PART_NOTHING);
		return;
	}
	if (parser->html != NULL &&
		!campaign_html_covers(block->begin, parser->html))
		refuse_branches(parser, block, open);
	add_part(parser, literal, open, CAMPAIGN_PART_AGAIN)->target =
		block->part + 1;
	parser->loops--;
}

/*
 * Goes on behind a block with the state that covers all ways through it.
 */
static void
join_branches(TemplateParser *parser, Block *block, const char *open)
{
	CampaignHtml *other = block->end == NULL ? block->begin : block->end;

	if (parser->html == NULL)
		return;
	if (campaign_html_covers(other, parser->html))
	{
		pfree(parser->html);
		parser->html = campaign_html_copy(other);
	}
	else if (!campaign_html_covers(parser->html, other))
		refuse_branches(parser, block, open);
	pfree(block->begin);
	if (block->end != NULL)
		pfree(block->end);
}

/*
 * Returns what follows a tag without an operand, of which what is at p comes
 * after the name.
 */
static const char *
close_tag(TemplateParser *parser, const char *open, const char *p)
{
	const char *last = p;

	while (campaign_lexer_is_space(*p))
		p++;
	if (p[0] != '}' || p[1] != '}')
		refuse_tag(parser, open, last);
	return p + 2;
}

/* Trims what is between first and close; there must be something. */
static void
trim_operand(TemplateParser *parser, const char *open, const char **first,
			 const char **close)
{
	while (*first < *close && campaign_lexer_is_space(**first))
		(*first)++;
	while (*close > *first && campaign_lexer_is_space((*close)[-1]))
		(*close)--;
	if (*first == *close)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("empty placeholder in template \"%s\"", parser->what),
				 errdetail("It is on line %d.", count_lines(parser, open)),
				 errhint("Write an expression between the braces. "
						 LITERAL_HINT)));
}

/*
 * Reads what is between first and close: a reference to an item or to the
 * message, or an expression, which gets its position in the list.
 */
static Operand
read_operand(TemplateParser *parser, const char *open, const char *first,
			 const char *close, CampaignTemplateUse use)
{
	CampaignSpot place = {parser->what, parser->text, open};
	Operand		operand = {-1, NULL, CAMPAIGN_OWN_NONE};

	trim_operand(parser, open, &first, &close);
	if (use == CAMPAIGN_USE_VALUE && campaign_reference_is_own(first))
	{
		operand.own = campaign_reference_own(&place, &first, &close);
		if (operand.own != CAMPAIGN_OWN_ID)
			parser->template->tracked = true;
		if (operand.own != CAMPAIGN_OWN_LINK)
			return operand;
		trim_operand(parser, open, &first, &close);
	}
	if (parser->loops > 0 && campaign_reference_names(first, "item"))
		operand.path = campaign_reference_path(&place, first, close);
	else
		operand.expression = find_expression(parser, first, close, use);
	return operand;
}

/*
 * Checks that a tag of a block may stand where the literal text so far ends.
 */
static void
check_block_place(TemplateParser *parser, const char *open)
{
	const char *place;
	const char *hint;

	if (parser->html == NULL)
		return;
	place = campaign_html_refuse_block(parser->html, &hint);
	if (place != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("block tag in template \"%s\" stands in %s",
						parser->what, place),
				 errdetail("It is on line %d.", count_lines(parser, open)),
				 errhint("%s", hint)));
}

/* Raises the error for ways through a block that lead to different places. */
static void
refuse_branches(TemplateParser *parser, Block *block, const char *open)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("branches of a block in template \"%s\" end in different places",
					parser->what),
			 errdetail("The block begins on line %d; the branch that ends on line %d leads to another place in the HTML than leaving it out, or another branch, does.",
					   count_lines(parser, block->open),
					   count_lines(parser, open)),
			 errhint("Let each branch be text and whole tags, or a part of one attribute value; let a URL begin before the block or in both branches.")));
}

/* Raises the error for the end of a block that is not open. */
static void
refuse_end(TemplateParser *parser, const char *open, bool is_loop)
{
	const char *name = is_loop ? "each" : "if";
	Block	   *block;

	if (parser->depth == 0)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("\"{{/%s}}\" without a block in template \"%s\"", name,
						parser->what),
				 errdetail("It is on line %d.", count_lines(parser, open)),
				 errhint("Begin the block with {{#%s}}, or remove its end.",
						 name)));
	block = &parser->blocks[parser->depth - 1];
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("\"{{/%s}}\" ends another block in template \"%s\"", name,
					parser->what),
			 errdetail("It is on line %d; the block that is open there begins on line %d.",
					   count_lines(parser, open),
					   count_lines(parser, block->open)),
			 errhint("Write {{/%s}} first.", block->is_loop ? "each" : "if")));
}

/* Raises the error for the innermost block that is open at the end. */
static void
refuse_unclosed_block(TemplateParser *parser)
{
	Block	   *block = &parser->blocks[parser->depth - 1];
	const char *name = block->is_loop ? "each" : "if";

	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("unclosed \"{{#%s}}\" in template \"%s\"", name, parser->what),
			 errdetail("It is on line %d.", count_lines(parser, block->open)),
			 errhint("Close the block with {{/%s}}.", name)));
}

/*
 * Raises an error for the tags that other template languages have, before
 * their names are taken for expressions.  The signs are operators, which is
 * why they are refused next to the brace only.
 */
static void
refuse_reserved(TemplateParser *parser, const char *open, const char *first)
{
	const char *last = first;

	if (*first == '\0' || strchr("#/^>!", *first) == NULL)
	{
		while (campaign_lexer_is_space(*first))
			first++;
		/* No expression begins with ELSE. */
		if (campaign_reference_names(first, "else"))
			refuse_tag(parser, open, first + 4);
		return;
	}
	last++;
	while (campaign_lexer_continues_word(*last))
		last++;
	refuse_tag(parser, open, last);
}

/* Raises the error for a tag that is none; its name ends at "last". */
static void
refuse_tag(TemplateParser *parser, const char *open, const char *last)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("unsupported tag \"%.*s\" in template \"%s\"",
					pg_mbcliplen(open, last - open, 40), open, parser->what),
			 errdetail("It is on line %d.", count_lines(parser, open)),
			 errhint("There are {{#if condition}}, {{#each collection}}, {{else}}, {{/if}} and {{/each}}; an expression that begins with an operator needs a space after the braces.")));
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

	place = campaign_html_choose(parser->html, raw, &escape, &hint);
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
 * adding it if it is new for this use.
 */
static int
find_expression(TemplateParser *parser, const char *first, const char *end,
				CampaignTemplateUse use)
{
	CampaignTemplateExpression expression = {pnstrdup(first, end - first), use};
	KnownExpression *entry = known_lookup(parser->known, expression);

	if (entry == NULL)
		return add_expression(parser, expression);
	pfree(unconstify(char *, expression.text));
	return entry->position;
}

/*
 * Appends an expression to the list and returns its position.  The list
 * keeps the text, so it must not be freed.
 */
static int
add_expression(TemplateParser *parser, CampaignTemplateExpression expression)
{
	CampaignTemplateExpression *element;
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
	element = palloc(sizeof(CampaignTemplateExpression));
	*element = expression;
	*parser->expressions = lappend(*parser->expressions, element);
	known_insert(parser->known, expression, &found)->position = position;
	return position;
}

/*
 * Adds a piece of literal text and what follows it.  The result is to be
 * filled in before the next part is added, which may move it.
 */
static CampaignTemplatePart *
add_part(TemplateParser *parser, const char *literal, const char *end,
		 CampaignPartKind kind)
{
	CampaignTemplate *template = parser->template;
	CampaignTemplatePart *part;

	if (template->nparts == parser->capacity)
	{
		parser->capacity *= 2;
		template->parts = repalloc(template->parts, parser->capacity *
								   sizeof(CampaignTemplatePart));
	}
	part = &template->parts[template->nparts++];
	part->start = literal - parser->text;
	part->length = end - literal;
	part->kind = kind;
	part->escape = CAMPAIGN_ESCAPE_NONE;
	part->expression = -1;
	part->target = -1;
	part->path = NULL;
	part->own = CAMPAIGN_OWN_NONE;
	return part;
}

/* Returns the number of the line that a position is on: for errors only. */
static int
count_lines(TemplateParser *parser, const char *position)
{
	return campaign_reference_line(parser->text, position);
}

/* Tells whether URLs that are tracked are asked for. */
bool
campaign_template_tracked(const CampaignTemplate *template)
{
	return template->tracked;
}
