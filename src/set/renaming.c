/*
 * renaming.c
 *		An expression's text with other names in it.
 *
 * Where references stand is asked of the parser, so that nothing in a comment
 * or a constant is taken for one.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "parser/scansup.h"

#include "set/renaming.h"

/* A reference that gets another name. */
typedef struct Renamed
{
	int			place;			/* in bytes */
	char	   *text;
	bool		whole;
} Renamed;

/* A search for them. */
typedef struct Search
{
	CampaignRename rename;
	void	   *context;
	List	   *found;			/* of Renamed * */
} Search;

/* Notes references that get another name. */
static bool
find_references(Node *node, void *context)
{
	Search	   *search = context;
	List	   *fields;
	Renamed		renamed = {0};

	if (node == NULL)
		return false;
	if (!IsA(node, ColumnRef))
		return raw_expression_tree_walker(node, find_references, context);
	fields = ((ColumnRef *) node)->fields;
	if (list_length(fields) != 2 || !IsA(linitial(fields), String) ||
		!IsA(lsecond(fields), String))
		return false;
	renamed.place = ((ColumnRef *) node)->location;
	renamed.text = search->rename(strVal(linitial(fields)),
								  strVal(lsecond(fields)), &renamed.whole,
								  search->context);
	if (renamed.text != NULL)
		search->found = lappend(search->found,
								memcpy(palloc(sizeof(Renamed)), &renamed,
									   sizeof(Renamed)));
	return false;
}

/* The end of the identifier that begins there. */
static const char *
skip_identifier(const char *p)
{
	if (*p != '"')
	{
		while (*p == '_' || *p == '$' || (*p >= '0' && *p <= '9') ||
			   (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			   IS_HIGHBIT_SET(*p))
			p++;
		return p;
	}
	for (p++; *p != '\0'; p++)
	{
		if (*p == '"' && *++p != '"')
			break;
	}
	return p;
}

/* The end of the name behind the dot that follows. */
static const char *
skip_second(const char *p)
{
	while (*p == '.' || scanner_isspace(*p))
		p++;
	return skip_identifier(p);
}

/* For list_sort: by place. */
static int
compare_places(const ListCell *a, const ListCell *b)
{
	return ((Renamed *) lfirst(a))->place - ((Renamed *) lfirst(b))->place;
}

/* The text with other names. */
char *
campaign_renamed(const char *text, Node *tree, CampaignRename rename,
				 void *context)
{
	Search		search = {rename, context, NIL};
	StringInfoData result;
	const char *p = text;
	ListCell   *cell;

	(void) find_references(tree, &search);
	list_sort(search.found, compare_places);
	initStringInfo(&result);
	foreach(cell, search.found)
	{
		const Renamed *renamed = lfirst(cell);

		if (text + renamed->place < p)
			continue;
		appendBinaryStringInfo(&result, p, text + renamed->place - p);
		appendStringInfoString(&result, renamed->text);
		p = skip_identifier(text + renamed->place);
		if (renamed->whole)
			p = skip_second(p);
	}
	appendStringInfoString(&result, p);
	return result.data;
}
