/*
 * json.h
 *		Members of JSON objects.
 */
#ifndef CAMPAIGN_JSON_H
#define CAMPAIGN_JSON_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* The member, or NULL; a null counts as absent.  NULL has no members. */
extern JsonbValue *campaign_object_member(const JsonbContainer *object,
										  const char *name);
/* The member as a document of its own, or NULL. */
extern Jsonb *campaign_object_document(const Jsonb *object, const char *name);
/* The member as text, a string without quotes; NULL if absent or no scalar. */
extern char *campaign_object_text(const JsonbContainer *object,
								  const char *name);
/*
 * The member as the text of a condition: a string, or an object, which is a
 * rule, as JSON; NULL if absent or neither.
 */
extern char *campaign_object_condition(const JsonbContainer *object,
									   const char *name);
/* True if the value is an object. */
extern bool campaign_is_object(const JsonbValue *value);
/* Refuses members of an object beyond the known ones, with commas between. */
extern void campaign_members_check(const JsonbContainer *object,
								   const char *what, const char *known);
/* Keys of an object, of char *. */
extern List *campaign_object_keys(const Jsonb *object);
/* A scalar as text, a string without quotes; NULL if it is none. */
extern char *campaign_scalar_text(const JsonbValue *value);
/* A text as a JSON string, or read as a document; NULL gives null. */
extern JsonbValue *campaign_value_of_text(char *text, bool document);
/* An object without members. */
extern Jsonb *campaign_object_empty(void);

#endif							/* CAMPAIGN_JSON_H */
