/*
 * markup.h
 *		Free text inside of XML, DOT and Mermaid.
 */
#ifndef CAMPAIGN_MARKUP_H
#define CAMPAIGN_MARKUP_H

#include "postgres.h"

#include "lib/stringinfo.h"

typedef enum CampaignMarkup
{
	CAMPAIGN_MARKUP_LINE,		/* XML, HTML: one line, also in an attribute */
	CAMPAIGN_MARKUP_LINES,		/* XML, HTML: line ends are kept */
	CAMPAIGN_MARKUP_DOT,		/* in a quoted label of Graphviz */
	CAMPAIGN_MARKUP_MERMAID		/* in a quoted label of Mermaid */
} CampaignMarkup;

/* No limit to the width of a text. */
#define CAMPAIGN_MARKUP_ALL		(-1)

/*
 * Appends a text, escaped, and gives the columns it takes.  What would take
 * more columns than given is cut and ends in an ellipsis.
 */
extern int	campaign_markup_append(StringInfo out, const char *text,
								   int columns, CampaignMarkup markup);
/* Appends a character that is not in the text, by its number. */
extern void campaign_markup_character(StringInfo out, int code,
									  CampaignMarkup markup);
/* Appends a number with a comma at every thousand. */
extern void campaign_markup_count(StringInfo out, int64 count);

#endif							/* CAMPAIGN_MARKUP_H */
