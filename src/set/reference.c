/*
 * reference.c
 *		Operands of a template's tags that are no SQL: items of collections,
 *		and what a message knows of itself.
 *
 * The words "item" and "message" are taken for these before SQL sees them; a
 * column or table of that name is written in quotes.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "set/lexer.h"
#include "set/reference.h"

static const struct
{
	const char *name;
	CampaignOwn own;
}			owns[] = {
	{"id", CAMPAIGN_OWN_ID},
	{"open_url", CAMPAIGN_OWN_OPEN_URL},
	{"unsubscribe_url", CAMPAIGN_OWN_UNSUBSCRIBE_URL},
	{"link", CAMPAIGN_OWN_LINK}
};

/* True if the word stands at p and ends there. */
bool
campaign_reference_names(const char *p, const char *word)
{
	size_t		length = strlen(word);

	return pg_strncasecmp(p, word, length) == 0 &&
		!campaign_lexer_continues_word(p[length]);
}

/* The number of the line; counts from the beginning: for errors only. */
int
campaign_reference_line(const char *text, const char *position)
{
	int			line = 1;

	for (; text < position; text++)
		line += *text == '\n';
	return line;
}

/* ------------------------------- messages ------------------------------- */

/* True if what is at p is about the message. */
bool
campaign_reference_is_own(const char *p)
{
	return campaign_reference_names(p, "message") && p[7] == '.';
}

/* Raises the error for what begins like that and is not. */
static void
refuse_own(const CampaignSpot *place, const char *first, const char *close)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("invalid reference to the message in template \"%s\": %.*s",
					place->what, pg_mbcliplen(first, close - first, 60),
					first),
			 errdetail("It is on line %d.",
					   campaign_reference_line(place->text, place->open)),
			 errhint("Placeholders may be message.id, message.open_url, message.unsubscribe_url or message.link(expression); a table \"message\" is written in quotes.")));
}

/* Makes the two the bounds of what is in parentheses. */
static void
enter_parentheses(const CampaignSpot *place, const char *p,
				  const char **first, const char **close)
{
	const char *last = *close - 1;

	while (campaign_lexer_is_space(*p))
		p++;
	if (*p != '(' || p >= last || *last != ')')
		refuse_own(place, *first, *close);
	*first = p + 1;
	*close = last;
}

/* Reads message.name or message.link(destination). */
CampaignOwn
campaign_reference_own(const CampaignSpot *place, const char **first,
					   const char **close)
{
	const char *name = *first + strlen("message.");

	for (int i = 0; i < lengthof(owns); i++)
	{
		const char *end = name + strlen(owns[i].name);

		if (!campaign_reference_names(name, owns[i].name))
			continue;
		if (owns[i].own == CAMPAIGN_OWN_LINK)
			enter_parentheses(place, end, first, close);
		else if (end != *close)
			refuse_own(place, *first, *close);
		return owns[i].own;
	}
	refuse_own(place, *first, *close);
	return CAMPAIGN_OWN_NONE;	/* keep the compiler quiet */
}

/* --------------------------------- items -------------------------------- */

/* Raises an error for what begins like a reference to an item and is none. */
static void
refuse_path(const CampaignSpot *place, const char *first, const char *close)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("invalid reference to an item in template \"%s\": %.*s",
					place->what, pg_mbcliplen(first, close - first, 60),
					first),
			 errdetail("It is on line %d.",
					   campaign_reference_line(place->text, place->open)),
			 errhint("Within {{#each}} write item, item.name or item.name.name, and compute everything else in the collection; a column \"item\" of the row is written in quotes.")));
}

/* JSON tells upper from lower case, so the names are left as they are. */
const char *const *
campaign_reference_path(const CampaignSpot *place, const char *first,
						const char *close)
{
	const char **path;
	const char *p;
	int			count = 0;

	for (p = first; p < close; p++)
		count += *p == '.';
	path = palloc((count + 1) * sizeof(char *));

	count = 0;
	p = first + strlen("item");
	while (p < close)
	{
		const char *name = p + 1;

		if (*p != '.' || !campaign_lexer_begins_word(*name))
			refuse_path(place, first, close);
		for (p = name; p < close && campaign_lexer_continues_word(*p); p++)
			;
		path[count++] = pnstrdup(name, p - name);
	}
	path[count] = NULL;
	return path;
}
