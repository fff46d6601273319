/*
 * snippet.h
 *		Texts that other texts include: {{> name }}.
 */
#ifndef CAMPAIGN_SNIPPET_H
#define CAMPAIGN_SNIPPET_H

#include "postgres.h"

/* Snippets within each other. */
#define CAMPAIGN_SNIPPET_DEPTH 8

/*
 * The text with the owner's snippets in the places where they are included,
 * and what they include in its turn.  "what" names the text in errors; a
 * snippet of the name "within" counts as being read already, unless NULL.
 */
extern char *campaign_snippet_expand(Oid owner, const char *text,
									 const char *what, const char *within);

#endif							/* CAMPAIGN_SNIPPET_H */
