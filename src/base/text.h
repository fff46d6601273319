/*
 * text.h
 *		Names: what is one, how it is quoted, and which one was meant.
 */
#ifndef CAMPAIGN_TEXT_H
#define CAMPAIGN_TEXT_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* True if the text matches [a-z_][a-z0-9_]{0,62}. */
extern bool campaign_is_name(const char *text);
/*
 * A hint's sentence naming those of the candidates (char *) that are nearest
 * to what was typed, or all of them if they are few; "" if there are none.
 * noun: what they are, in the plural ("options").
 */
extern char *campaign_nearest_hint(const char *typed, List *candidates,
								   const char *noun);
/* schema.relation of the oid, quoted where needed; NULL if it is gone. */
extern char *campaign_relation_name(Oid relation);
/* Who owns it; InvalidOid if it is gone. */
extern Oid	campaign_relation_owner(Oid relation);
/* schema.collation of the oid, quoted where needed. */
extern char *campaign_collation_name(Oid collation);
/* True if the list of char * has the string. */
extern bool campaign_list_has(List *strings, const char *string);
/* The strings with ", " between them. */
extern char *campaign_list_join(List *strings);
/* Splits at commas and trims; empty parts are kept. */
extern List *campaign_split_commas(const char *text);

#endif							/* CAMPAIGN_TEXT_H */
