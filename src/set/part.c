/*
 * part.c
 *		The parts of a condition that have to be true together.
 *
 * SQL is cut as text, for people are shown what they wrote, and each part is
 * parsed alone again.  The server's parser is the judge: unless it sees as many
 * parts as were cut, the condition stays whole.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/fmgrprotos.h"

#include "base/json.h"
#include "set/lexer.h"
#include "set/part.h"

/* Adds a part of that text, which is read as the whole is. */
static List *
add_part(List *parts, const CampaignExpression *whole, char *text,
		 const char *path)
{
	CampaignPart *part = palloc(sizeof(CampaignPart));

	part->text = path == NULL ? text : psprintf("%s: %s", path, text);
	part->expression = campaign_expression_parse(text, whole->what,
												 whole->search_path);
	part->expression->condition = true;
	part->expression->parameters = whole->parameters;
	part->expression->lenient = whole->lenient;
	return lappend(parts, part);
}

/* ---------------------------------- SQL ---------------------------------- */

/* True if the word at p, up to end, is that one. */
static bool
is_word(const char *p, const char *end, const char *word)
{
	return end - p == strlen(word) && pg_strncasecmp(p, word, end - p) == 0;
}

/* The text without white space around it. */
static char *
trimmed(const char *p, const char *end)
{
	while (p < end && campaign_lexer_is_space(*p))
		p++;
	while (p < end && campaign_lexer_is_space(end[-1]))
		end--;
	return pnstrdup(p, end - p);
}

/* What stands between the outermost ANDs, of char *. */
static List *
cut(const char *text)
{
	const char *end = text + strlen(text);
	const char *start = text;
	const char *next;
	List	   *pieces = NIL;
	int			depth = 0;
	int			betweens = 0;

	for (const char *p = text; p < end; p = next)
	{
		next = campaign_lexer_skip(p, end);
		if (next == NULL)
			break;
		if (*p == '(' || *p == '[' || is_word(p, next, "case"))
			depth++;
		else if (*p == ')' || *p == ']' || is_word(p, next, "end"))
			depth--;
		else if (depth == 0 && is_word(p, next, "between"))
			betweens++;
		else if (depth == 0 && is_word(p, next, "and") && betweens-- <= 0)
		{
			pieces = lappend(pieces, trimmed(start, p));
			start = next;
			betweens = 0;
		}
	}
	return lappend(pieces, trimmed(start, end));
}

/* How many parts the server's parser sees. */
static int
count_parts(const CampaignExpression *whole)
{
	if (whole->tree != NULL && IsA(whole->tree, BoolExpr) &&
		((BoolExpr *) whole->tree)->boolop == AND_EXPR)
		return list_length(((BoolExpr *) whole->tree)->args);
	return 1;
}

/* The parts of a condition in SQL. */
static List *
parts_of_sql(const CampaignExpression *whole)
{
	List	   *pieces = cut(whole->text);
	List	   *parts = NIL;
	ListCell   *cell;

	if (list_length(pieces) != count_parts(whole))
		return add_part(NIL, whole, pstrdup(whole->text), NULL);
	foreach(cell, pieces)
		parts = add_part(parts, whole, lfirst(cell), NULL);
	return parts;
}

/* --------------------------------- rules --------------------------------- */

static List *add_nodes(List *parts, const CampaignExpression *whole,
					   Jsonb *node, const char *path);

/* The member of a node that must be an array, as groups have it; or NULL. */
static JsonbContainer *
group_of(const Jsonb *node, const char *name)
{
	JsonbValue *value = campaign_object_member(&node->root, name);

	if (value == NULL || value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		return NULL;
	return value->val.binary.data;
}

/* Adds the elements of a group; complements of those after the first, or not. */
static List *
add_group(List *parts, const CampaignExpression *whole,
		  JsonbContainer *group, const char *path, bool complement)
{
	for (uint32 i = 0; i < JsonContainerSize(group); i++)
	{
		Jsonb	   *element = JsonbValueToJsonb(getIthJsonbValueFromContainer(group, i));
		char	   *place = psprintf("%s[%u]", path, i);

		if (complement && i > 0)
			parts = add_part(parts, whole,
							 psprintf("{\"not\": %s}",
									  JsonbToCString(NULL, &element->root, 0)),
							 place);
		else
			parts = add_nodes(parts, whole, element, place);
	}
	return parts;
}

/* Adds the node, or those below it that have to be true together. */
static List *
add_nodes(List *parts, const CampaignExpression *whole, Jsonb *node,
		  const char *path)
{
	JsonbContainer *all;
	JsonbContainer *except;

	check_stack_depth();
	if (!JsonContainerIsObject(&node->root))
		return add_part(parts, whole, pstrdup(whole->text), "$");
	all = group_of(node, "and");
	except = group_of(node, "except");
	if (all != NULL)
		return add_group(parts, whole, all, psprintf("%s.and", path), false);
	if (except != NULL)
		return add_group(parts, whole, except, psprintf("%s.except", path),
						 true);
	return add_part(parts, whole, JsonbToCString(NULL, &node->root, 0), path);
}

/* The parts of a condition. */
List *
campaign_expression_parts(const CampaignExpression *whole)
{
	if (!whole->rule)
		return parts_of_sql(whole);
	return add_nodes(NIL, whole,
					 DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
														CStringGetDatum(whole->text))),
					 "$");
}
