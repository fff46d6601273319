/*
 * element.c
 *		Which elements of an HTML text are open.
 *
 * Mail programs mend an element that is not closed in different ways, so it
 * is worth a warning.  Elements whose end may be left out in HTML are none of
 * those, and an end tag without an element does no harm.
 */
#include "postgres.h"

#include "set/element.h"

/* In order of name: elements that have no content, or may be left open. */
static const char *const careless[] = {
	"area", "base", "body", "br", "caption", "col", "colgroup", "dd", "dt",
	"embed", "head", "hr", "html", "img", "input", "li", "link", "meta",
	"optgroup", "option", "p", "param", "rp", "rt", "source", "tbody", "td",
	"tfoot", "th", "thead", "tr", "track", "wbr"
};

/* True if nobody expects the element to be closed. */
static bool
is_careless(const char *name)
{
	for (int i = 0; i < lengthof(careless); i++)
	{
		if (strcmp(careless[i], name) == 0)
			return true;
	}
	return false;
}

/* Notes a start tag. */
void
campaign_element_open(CampaignElements *elements, const char *name)
{
	if (is_careless(name))
		return;
	if (elements->depth == CAMPAIGN_ELEMENT_DEPTH)
		elements->ignored++;
	else
		strlcpy(elements->open[elements->depth++], name,
				CAMPAIGN_ELEMENT_BYTES);
}

/* Takes the innermost element off, as one that was not closed. */
static void
leave_unclosed(CampaignElements *elements)
{
	elements->depth--;
	if (elements->unclosed[0] == '\0')
		strlcpy(elements->unclosed, elements->open[elements->depth],
				CAMPAIGN_ELEMENT_BYTES);
}

/* Notes an end tag: of the innermost element of that name, if there is one. */
void
campaign_element_close(CampaignElements *elements, const char *name)
{
	int			i = elements->depth - 1;

	if (is_careless(name))
		return;
	if (elements->ignored > 0)
	{
		elements->ignored--;
		return;
	}
	while (i >= 0 && strcmp(elements->open[i], name) != 0)
		i--;
	if (i < 0)
		return;
	while (elements->depth > i + 1)
		leave_unclosed(elements);
	elements->depth--;
}

/* The name of an element that is not closed, or NULL. */
const char *
campaign_element_unclosed(CampaignElements *elements)
{
	if (elements->unclosed[0] == '\0' && elements->depth > 0)
		return elements->open[elements->depth - 1];
	return elements->unclosed[0] == '\0' ? NULL : elements->unclosed;
}
