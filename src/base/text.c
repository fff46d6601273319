/*
 * text.c
 *		Names: what is one, how it is quoted, and which one was meant.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "lib/stringinfo.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "base/text.h"

/* Candidates a hint lists at most. */
#define HINTED_NAMES	8
/* varstr_levenshtein refuses longer strings. */
#define COMPARED_BYTES	255

/* True if the text matches [a-z_][a-z0-9_]{0,62}. */
bool
campaign_is_name(const char *text)
{
	size_t		length = strlen(text);

	if (length == 0 || length >= NAMEDATALEN)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		char		c = text[i];

		if (!((c >= 'a' && c <= 'z') || c == '_' ||
			  (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return true;
}

typedef struct Candidate
{
	const char *name;
	int			distance;
} Candidate;

/* Nearest first; equals in order of name. */
static int
compare_candidates(const void *a, const void *b)
{
	const Candidate *left = a;
	const Candidate *right = b;

	if (left->distance != right->distance)
		return left->distance - right->distance;
	return strcmp(left->name, right->name);
}

/* How far apart two names are; far, if one is too long to compare. */
static int
distance_of(const char *typed, const char *name)
{
	int			typed_length = (int) strlen(typed);
	int			name_length = (int) strlen(name);

	if (typed_length > COMPARED_BYTES || name_length > COMPARED_BYTES)
		return PG_INT32_MAX;
	return varstr_levenshtein(typed, typed_length, name, name_length,
							  1, 1, 1, false);
}

/* Appends the names, quoted, with commas. */
static void
append_names(StringInfo text, const Candidate *candidates, int count)
{
	for (int i = 0; i < count; i++)
		appendStringInfo(text, "%s\"%s\"", i > 0 ? ", " : "",
						 candidates[i].name);
}

/* A sentence for a hint: the nearest of the candidates. */
char *
campaign_nearest_hint(const char *typed, List *candidates, const char *noun)
{
	StringInfoData hint;
	Candidate  *sorted;
	int			count = 0;
	ListCell   *cell;

	initStringInfo(&hint);
	if (candidates == NIL)
	{
		appendStringInfo(&hint, "There are no %s.", noun);
		return hint.data;
	}
	sorted = palloc(sizeof(Candidate) * list_length(candidates));
	foreach(cell, candidates)
	{
		sorted[count].name = lfirst(cell);
		sorted[count].distance = distance_of(typed, lfirst(cell));
		count++;
	}
	qsort(sorted, count, sizeof(Candidate), compare_candidates);

	if (sorted[0].distance <= Max(1, (int) strlen(typed) / 3))
	{
		appendStringInfoString(&hint, "Perhaps you meant ");
		append_names(&hint, sorted, 1);
		appendStringInfoChar(&hint, '.');
		return hint.data;
	}
	appendStringInfo(&hint, "The %s are ", noun);
	append_names(&hint, sorted, Min(count, HINTED_NAMES));
	appendStringInfoString(&hint, count > HINTED_NAMES ? " and others." : ".");
	return hint.data;
}

/* schema.relation, quoted; NULL if the relation is gone. */
char *
campaign_relation_name(Oid relation)
{
	char	   *name = get_rel_name(relation);
	char	   *schema;

	if (name == NULL)
		return NULL;
	schema = get_namespace_name(get_rel_namespace(relation));
	if (schema == NULL)
		return NULL;
	return quote_qualified_identifier(schema, name);
}

/* Who owns it; InvalidOid if it is gone. */
Oid
campaign_relation_owner(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* True if the list of char * has the string. */
bool
campaign_list_has(List *strings, const char *string)
{
	ListCell   *cell;

	foreach(cell, strings)
	{
		if (strcmp(lfirst(cell), string) == 0)
			return true;
	}
	return false;
}

/* The strings with ", " between them. */
char *
campaign_list_join(List *strings)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, strings)
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
						 (char *) lfirst(cell));
	return text.data;
}

/* A copy of the characters between two pointers, without blanks around. */
static char *
trimmed(const char *start, const char *end)
{
	while (start < end && scanner_isspace(*start))
		start++;
	while (end > start && scanner_isspace(end[-1]))
		end--;
	return pnstrdup(start, end - start);
}

/* Splits at commas and trims; empty parts are kept. */
List *
campaign_split_commas(const char *text)
{
	List	   *parts = NIL;
	const char *start = text;

	for (const char *p = text;; p++)
	{
		if (*p != ',' && *p != '\0')
			continue;
		parts = lappend(parts, trimmed(start, p));
		if (*p == '\0')
			return parts;
		start = p + 1;
	}
}

/* The name of a collation with its schema. */
char *
campaign_collation_name(Oid collation)
{
	HeapTuple	tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->collnamespace),
									  NameStr(form->collname));
	ReleaseSysCache(tuple);
	return name;
}
