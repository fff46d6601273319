/*
 * snippet.c
 *		Texts that other texts include: {{> name }}.
 *
 * They are put in before anything is parsed, so that a value in a snippet is
 * escaped for the place where the snippet stands.  Whatever else the text
 * says is copied as it is, and refused, if it must be, by who parses it.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "base/errors.h"
#include "base/json.h"
#include "base/text.h"
#include "set/lexer.h"
#include "set/snippet.h"
#include "set/template.h"
#include "store/template.h"

/* Names in errors are cut there. */
#define SHOWN_BYTES 200

/* A text that was read from the table already. */
typedef struct Known
{
	char	   *name;
	char	   *text;
} Known;

typedef struct Expansion
{
	Oid			owner;
	const char *what;
	StringInfoData out;
	size_t		length;			/* of all that was gone through */
	List	   *known;			/* of Known * */
	List	   *chain;			/* of char *: who includes whom just now */
} Expansion;

static void expand(Expansion *expansion, const char *text);

/* The chain with one more name, as "a > b > c". */
static char *
describe_chain(const Expansion *expansion, const char *name)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, expansion->chain)
		appendStringInfo(&text, "\"%s\" > ", (char *) lfirst(cell));
	appendStringInfo(&text, "\"%s\"", name);
	return text.data;
}

/* Refuses a snippet that is not there, or is none. */
static void
refuse_name(const Expansion *expansion, const char *name, bool is_template)
{
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("snippet \"%s\" does not exist", name),
			 is_template ?
			 errdetail("\"%s\" is a template of a channel. Included are %s in \"%s\".",
					   name, describe_chain(expansion, name), expansion->what) :
			 errdetail("Included are %s in \"%s\".",
					   describe_chain(expansion, name), expansion->what),
			 errhint("%s Snippets are declared by campaign_template(…) without a channel.",
					 campaign_nearest_hint(name,
										   campaign_wording_names(expansion->owner, true),
										   "snippets"))));
}

/* The text of the snippet; read once, however often it is included. */
static const char *
snippet_text(Expansion *expansion, const char *name)
{
	CampaignWording *wording;
	Known	   *known;
	ListCell   *cell;

	foreach(cell, expansion->known)
	{
		known = lfirst(cell);
		if (strcmp(known->name, name) == 0)
			return known->text;
	}
	wording = campaign_wording_find(expansion->owner, name);
	if (wording == NULL || wording->channel != NULL)
		refuse_name(expansion, name, wording != NULL);
	known = palloc(sizeof(Known));
	known->name = wording->name;
	known->text = campaign_object_text(&wording->parts->root, "body");
	campaign_ensure(known->text != NULL, "snippet \"%s\" has no body", name);
	expansion->known = lappend(expansion->known, known);
	return known->text;
}

/* Puts a snippet in; refuses one that includes itself, and deep nesting. */
static void
include(Expansion *expansion, const char *name)
{
	const char *text;

	CHECK_FOR_INTERRUPTS();
	if (campaign_list_has(expansion->chain, name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_RECURSION),
				 errmsg("snippet \"%s\" includes itself", name),
				 errdetail("Included are %s in \"%s\".",
						   describe_chain(expansion, name), expansion->what),
				 errhint("Take one of the tags {{> … }} out.")));
	if (list_length(expansion->chain) == CAMPAIGN_SNIPPET_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("snippets in \"%s\" are nested too deep",
						expansion->what),
				 errdetail("Included are %s; at most %d may be within each other.",
						   describe_chain(expansion, name),
						   CAMPAIGN_SNIPPET_DEPTH),
				 errhint("Include the inner ones directly.")));
	text = snippet_text(expansion, name);
	expansion->chain = lappend(expansion->chain, pstrdup(name));
	expand(expansion, text);
	expansion->chain = list_delete_last(expansion->chain);
}

/*
 * Reads the name in the tag at "open" and puts the snippet in; returns what
 * follows the tag.
 */
static const char *
read_inclusion(Expansion *expansion, const char *open)
{
	const char *first = open + strlen("{{>");
	const char *close = first + strcspn(first, "{}");
	const char *last = close;

	while (first < last && campaign_lexer_is_space(*first))
		first++;
	while (last > first && campaign_lexer_is_space(last[-1]))
		last--;
	if (first == last || close[0] != '}' || close[1] != '}')
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("unclosed or empty \"{{>\" in \"%s\"",
						expansion->chain == NIL ? expansion->what :
						(char *) llast(expansion->chain)),
				 errdetail("The tag begins \"%.*s\".",
						   pg_mbcliplen(open, strlen(open), 40), open),
				 errhint("Write {{> name }}; for an expression that begins with an operator, a space after the braces.")));
	include(expansion, pnstrdup(first, pg_mbcliplen(first, last - first,
													SHOWN_BYTES + 1)));
	return close + 2;
}

/* Counts what is gone through, so that snippets cannot multiply. */
static void
count_text(Expansion *expansion, size_t length)
{
	expansion->length += length;
	if (expansion->length <= CAMPAIGN_TEMPLATE_BYTES)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("template \"%s\" is too long", expansion->what),
			 errdetail("With its snippets it has more than %d bytes.",
					   CAMPAIGN_TEMPLATE_BYTES),
			 errhint("Link to large content instead of including it.")));
}

/*
 * Appends the text with its snippets.  Tags are gone through by the rules of
 * the lexer: "{{>" inside of a string of an expression is a string's.
 */
static void
expand(Expansion *expansion, const char *text)
{
	const char *end = text + strlen(text);
	const char *position = text;
	const char *open;

	count_text(expansion, end - text);
	while ((open = strstr(position, "{{")) != NULL)
	{
		const char *close;

		if (open[2] == '>')
		{
			appendBinaryStringInfo(&expansion->out, position, open - position);
			position = read_inclusion(expansion, open);
			continue;
		}
		close = campaign_lexer_find_end(open + 2, end);
		if (close == NULL)
			break;
		appendBinaryStringInfo(&expansion->out, position,
							   close + 2 - position);
		position = close + 2;
	}
	appendBinaryStringInfo(&expansion->out, position, end - position);
}

/* The text with the owner's snippets in it. */
char *
campaign_snippet_expand(Oid owner, const char *text, const char *what,
						const char *within)
{
	Expansion	expansion = {.owner = owner, .what = what};

	if (strstr(text, "{{>") == NULL)
		return pstrdup(text);
	initStringInfo(&expansion.out);
	if (within != NULL)
		expansion.chain = list_make1(pstrdup(within));
	expand(&expansion, text);
	return expansion.out.data;
}
