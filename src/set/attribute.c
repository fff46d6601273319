/*
 * attribute.c
 *		Attributes in rule trees: columns of the row, and of rows that it leads
 *		to by links.
 *
 * Columns come first, then links: whoever adds a link takes no name away from
 * the rules that are there.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/json.h"
#include "base/text.h"
#include "set/clause.h"
#include "set/link.h"
#include "set/target.h"

/* The parts of a name: an array of strings, or a string with dots. */
List *
campaign_clause_names(const JsonbValue *value, const char *path)
{
	JsonbContainer *array = value == NULL || value->type != jbvBinary ? NULL :
		value->val.binary.data;
	List	   *names = NIL;

	if (value != NULL && value->type == jbvString)
	{
		char	   *text = campaign_scalar_text(value);
		char	   *dot;

		for (; (dot = strchr(text, '.')) != NULL; text = dot + 1)
			names = lappend(names, pnstrdup(text, dot - text));
		return lappend(names, text);
	}
	for (uint32 i = 0; array != NULL && JsonContainerIsArray(array) &&
		 i < JsonContainerSize(array); i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(array, i);

		if (element->type != jbvString)
			names = NIL;
		if (element->type != jbvString)
			break;
		names = lappend(names, campaign_scalar_text(element));
	}
	if (names == NIL)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "a name must be a string or an array of strings",
							   "Write \"country\", or with links before it \"city.country\".");
	return names;
}

/* ------------------------------ of one row ------------------------------- */

/* The column of an item of the statement's; false if it has none. */
static bool
find_in_item(const ParseNamespaceItem *item, const char *name,
			 CampaignAttribute *attribute)
{
	ListCell   *cell;

	foreach(cell, item->p_names->colnames)
	{
		int			number = foreach_current_index(cell);

		if (strcmp(strVal(lfirst(cell)), name) != 0 ||
			!OidIsValid(item->p_nscolumns[number].p_vartype))
			continue;
		attribute->item = item->p_names->aliasname;
		attribute->column = pstrdup(name);
		attribute->type = getBaseType(item->p_nscolumns[number].p_vartype);
		return true;
	}
	return false;
}

/* The column of the first item that has it, or of the one of that name. */
static bool
find_in_statement(const ParseState *pstate, const char *item_name,
				  const char *name, CampaignAttribute *attribute)
{
	ListCell   *cell;

	foreach(cell, pstate->p_namespace)
	{
		ParseNamespaceItem *item = lfirst(cell);

		if (item->p_rel_visible &&
			(item_name == NULL ||
			 strcmp(item->p_names->aliasname, item_name) == 0) &&
			strncmp(name, "campaign.", strlen("campaign.")) != 0 &&
			find_in_item(item, name, attribute))
			return true;
	}
	return false;
}

/* The column of a relation. */
static bool
find_in_relation(const CampaignClauseRow *row, const char *name,
				 CampaignAttribute *attribute)
{
	AttrNumber	number = get_attnum(row->relation, name);

	if (number <= 0)
		return false;
	attribute->item = row->alias;
	attribute->column = pstrdup(name);
	attribute->type = getBaseType(get_atttype(row->relation, number));
	return true;
}

/* The column of a row. */
static bool
find_column(const CampaignClause *clause, const CampaignClauseRow *row,
			const char *name, CampaignAttribute *attribute)
{
	return OidIsValid(row->relation) ?
		find_in_relation(row, name, attribute) :
		find_in_statement(clause->pstate, NULL, name, attribute);
}

/* What a row has, for hints: its columns and its links. */
static List *
names_of_row(const CampaignClause *clause, const CampaignClauseRow *row)
{
	List	   *names = NIL;
	ListCell   *cell;
	ListCell   *column;

	if (OidIsValid(row->relation))
		names = campaign_target_columns(row->relation);
	else
	{
		foreach(cell, clause->pstate->p_namespace)
		{
			ParseNamespaceItem *item = lfirst(cell);

			foreach(column, item->p_rel_visible ? item->p_names->colnames : NIL)
			{
				char	   *name = strVal(lfirst(column));

				if (name[0] != '\0' && strncmp(name, "campaign.", 9) != 0)
					names = lappend(names, name);
			}
		}
	}
	foreach(cell, campaign_clause_link_names(clause, row))
	{
		if (!campaign_list_has(names, lfirst(cell)))
			names = lappend(names, lfirst(cell));
	}
	return names;
}

/* Refuses a name that a row does not have. */
static void
refuse_name(const CampaignClause *clause, const CampaignClauseRow *row,
			const char *name, const char *path)
{
	campaign_clause_refuse(ERRCODE_UNDEFINED_COLUMN, path,
						   psprintf("attribute \"%s\" does not exist", name),
						   campaign_nearest_hint(name,
												 names_of_row(clause, row),
												 "attributes and links"));
}

/* ------------------------------ along links ------------------------------ */

/* The link of that name from the row, which must be there. */
CampaignLink *
campaign_clause_require_link(const CampaignClause *clause,
							 const CampaignClauseRow *row, const char *name,
							 const char *path)
{
	CampaignLink *link = campaign_clause_find_link(clause, row, name);

	if (link == NULL)
		campaign_clause_refuse(ERRCODE_UNDEFINED_OBJECT, path,
							   psprintf("link \"%s\" does not exist", name),
							   psprintf("%s Links come from foreign keys, or are declared with campaign_link().",
										campaign_nearest_hint(name,
															  campaign_clause_link_names(clause, row),
															  "links")));
	return link;
}

/* Adds the link to the way; refuses one that leads to many rows. */
static void
take_link(CampaignClause *clause, CampaignClauseRow *row, const char *name,
		  const char *path, CampaignAttribute *attribute)
{
	CampaignLink *link = campaign_clause_find_link(clause, row, name);

	if (link == NULL)
		refuse_name(clause, row, name, path);
	if (strcmp(link->cardinality, CAMPAIGN_LINK_MANY) == 0)
		campaign_clause_refuse(ERRCODE_CARDINALITY_VIOLATION, path,
							   psprintf("link \"%s\" leads to many rows", name),
							   psprintf("Write {\"link\": \"%s\", \"where\": …} to ask whether there is such a row, or add \"aggregate\".",
										name));
	attribute->links = lappend(attribute->links, link);
	row->relation = link->relation;
	row->dimension = link->dimension;
	row->alias = NULL;
}

/* Finds an attribute. */
CampaignAttribute
campaign_clause_attribute(CampaignClause *clause, const CampaignClauseRow *row,
						  const JsonbValue *value, const char *path)
{
	CampaignAttribute attribute = {NIL};
	CampaignClauseRow place = *row;
	List	   *names = campaign_clause_names(value, path);

	if (value->type == jbvString &&
		find_column(clause, row, campaign_scalar_text(value), &attribute))
		return attribute;
	if (list_length(names) == 2 && !OidIsValid(row->relation) &&
		find_in_statement(clause->pstate, linitial(names), lsecond(names),
						  &attribute))
		return attribute;
	for (int i = 0; i < list_length(names) - 1; i++)
		take_link(clause, &place, list_nth(names, i), path, &attribute);
	if (!find_column(clause, &place, llast(names), &attribute))
		refuse_name(clause, &place, llast(names), path);
	return attribute;
}
