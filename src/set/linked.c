/*
 * linked.c
 *		Links in rule trees: rows that exist, and attributes of rows that a row
 *		leads to.
 *
 * Both become EXISTS, also where a link leads to one row: a scalar subquery
 * would be executed row by row, while EXISTS and NOT EXISTS become joins.
 */
#include "postgres.h"

#include "access/transam.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/json.h"
#include "base/text.h"
#include "set/clause.h"
#include "set/renaming.h"

/* ------------------------------ finding links ---------------------------- */

/* Whose links, filters and dimensions are meant. */
static Oid
owner_of(const CampaignClause *clause)
{
	const CampaignVariables *variables = clause->variables;

	return variables != NULL && variables->graph != NULL ?
		variables->graph->campaign->owner : GetUserId();
}

/* The graph the rule belongs to, or NULL. */
static CampaignGraph *
graph_of(const CampaignClause *clause)
{
	return clause->variables == NULL ? NULL : clause->variables->graph;
}

/* The target of that name, or NULL. */
CampaignTarget *
campaign_clause_target(const CampaignClause *clause, const char *dimension)
{
	const CampaignGraph *graph = graph_of(clause);
	CampaignDimension *found = NULL;

	if (dimension != NULL)
		found = graph != NULL && graph->frozen ?
			campaign_dimension_of_version(graph->version_id, dimension) :
			campaign_dimension_find(owner_of(clause), dimension);
	return found == NULL ? NULL : campaign_target_resolve(found);
}

/* The table that an item of the statement's is, by its name, or InvalidOid. */
static Oid
relation_of_item(const CampaignClause *clause, const char *name)
{
	ListCell   *cell;

	foreach(cell, clause->pstate->p_namespace)
	{
		const ParseNamespaceItem *item = lfirst(cell);

		if (name != NULL && item->p_rte->rtekind == RTE_RELATION &&
			strcmp(item->p_names->aliasname, name) == 0)
			return item->p_rte->relid;
	}
	return InvalidOid;
}

/*
 * The relation of the row; InvalidOid if it has none.  Sets the dimension that
 * it is of: of none while it is being declared.
 */
static Oid
relation_of(const CampaignClause *clause, const CampaignClauseRow *row,
			const char **dimension)
{
	CampaignTarget *target;

	*dimension = row->dimension;
	if (OidIsValid(row->relation))
		return row->relation;
	target = campaign_clause_target(clause, row->dimension);
	if (target != NULL)
		return target->relation;
	*dimension = NULL;
	return relation_of_item(clause, row->dimension);
}

/* The link of that name from the row, or NULL. */
CampaignLink *
campaign_clause_find_link(const CampaignClause *clause,
						  const CampaignClauseRow *row, const char *name)
{
	CampaignGraph *graph = graph_of(clause);
	const char *dimension;
	Oid			relation = relation_of(clause, row, &dimension);
	CampaignLink *link;

	if (!OidIsValid(relation))
		return NULL;
	link = graph != NULL && graph->frozen ?
		campaign_link_of_version(graph->version_id, dimension != NULL ?
								 dimension : campaign_relation_name(relation),
								 name) :
		campaign_link_read(owner_of(clause), dimension, relation, name);
	return link == NULL ? NULL :
		campaign_link_find(graph, dimension, relation, name);
}

/* Names of the links from the row. */
List *
campaign_clause_link_names(const CampaignClause *clause,
						   const CampaignClauseRow *row)
{
	const char *dimension;
	Oid			relation = relation_of(clause, row, &dimension);

	return !OidIsValid(relation) ? NIL :
		campaign_link_names(owner_of(clause), dimension, relation);
}

/* --------------------------- conditions of links ------------------------- */

/* What the two rows of a link are called here. */
typedef struct Renaming
{
	const char *from[2];
	const char *to[2];
} Renaming;

/* CampaignRename: the rows of a link. */
static char *
rename_row(const char *row, const char *column, bool *whole, void *context)
{
	const Renaming *renaming = context;

	for (int i = 0; i < 2; i++)
	{
		if (strcmp(row, renaming->from[i]) == 0)
			return pstrdup(quote_identifier(renaming->to[i]));
	}
	return NULL;
}

/* The name of the column of a reference row.column, or NULL. */
static char *
column_of(Node *node, const char *row)
{
	List	   *fields = IsA(node, ColumnRef) ? ((ColumnRef *) node)->fields :
		NIL;

	if (list_length(fields) != 2 || !IsA(linitial(fields), String) ||
		!IsA(lsecond(fields), String) ||
		strcmp(strVal(linitial(fields)), row) != 0)
		return NULL;
	return strVal(lsecond(fields));
}

/* Adds the pair of an equality; false if the node is none. */
static bool
add_pair(Node *node, const CampaignLink *link, List **pairs)
{
	A_Expr	   *equality = (A_Expr *) node;
	char	   *source;
	char	   *target;

	if (!IsA(node, A_Expr) || equality->kind != AEXPR_OP ||
		strcmp(strVal(llast(equality->name)), "=") != 0 ||
		equality->lexpr == NULL)
		return false;
	source = column_of(equality->lexpr, link->source_alias);
	target = column_of(equality->rexpr, link->alias);
	if (source == NULL || target == NULL)
	{
		source = column_of(equality->rexpr, link->source_alias);
		target = column_of(equality->lexpr, link->alias);
	}
	if (source == NULL || target == NULL ||
		get_atttype(link->relation, get_attnum(link->relation,
											   target)) >= FirstNormalObjectId)
		return false;
	*pairs = lappend(*pairs, list_make2(source, target));
	return true;
}

/* The columns that the condition sets equal. */
List *
campaign_clause_pairs(const CampaignLink *link)
{
	Node	   *tree = campaign_link_condition(link)->tree;
	List	   *parts = IsA(tree, BoolExpr) &&
		((BoolExpr *) tree)->boolop == AND_EXPR ?
		((BoolExpr *) tree)->args : list_make1(tree);
	List	   *pairs = NIL;
	ListCell   *cell;

	if (strcmp(link->source_alias, link->alias) == 0)
		return NIL;
	foreach(cell, parts)
	{
		if (!add_pair(lfirst(cell), link, &pairs))
			return NIL;
	}
	return pairs;
}

/* The condition of a link between two rows as they are called here. */
static char *
write_condition(CampaignClause *clause, const CampaignLink *link,
				const char *source, const char *target)
{
	List	   *pairs = campaign_clause_pairs(link);
	Renaming	renaming = {
		{link->source_alias, link->alias}, {source, target}
	};
	CampaignExpression *piece;
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, pairs)
		appendStringInfo(&text, "%s%s.%s = %s.%s",
						 foreach_current_index(cell) > 0 ? " AND " : "",
						 quote_identifier(target),
						 quote_identifier(lsecond(lfirst(cell))),
						 quote_identifier(source),
						 quote_identifier(linitial(lfirst(cell))));
	if (pairs != NIL)
		return text.data;
	piece = campaign_link_condition(link);
	piece = campaign_expression_parse(campaign_renamed(link->condition,
													   piece->tree, rename_row,
													   &renaming),
									  piece->what, link->search_path);
	piece->condition = true;
	clause->pieces = lappend(clause->pieces, piece);
	if (clause->display)
		appendStringInfo(&text, "(%s\n)", piece->text);
	else
		appendStringInfo(&text, "$%d", list_length(clause->pieces));
	return text.data;
}

/* ------------------------------- linked rows ----------------------------- */

/* The name under which links begin at the row. */
const char *
campaign_clause_alias(const CampaignClause *clause,
					  const CampaignClauseRow *row)
{
	return row->alias != NULL ? row->alias : row->dimension;
}

/* True if the name is taken by a row around it. */
static bool
is_taken(const CampaignClause *clause, const CampaignClauseRow *row,
		 const char *name)
{
	ListCell   *cell;

	for (; row != NULL; row = row->outer)
	{
		if (row->alias != NULL && strcmp(row->alias, name) == 0)
			return true;
	}
	foreach(cell, clause->pstate->p_namespace)
	{
		if (strcmp(((ParseNamespaceItem *) lfirst(cell))->p_names->aliasname,
				   name) == 0)
			return true;
	}
	return false;
}

/* A name for the linked row that no row around it has. */
static char *
choose_alias(const CampaignClause *clause, const CampaignClauseRow *row,
			 const CampaignLink *link)
{
	char	   *name = link->alias;

	for (int i = 2; is_taken(clause, row, name); i++)
		name = psprintf("%.*s_%d", NAMEDATALEN - 12, link->alias, i);
	return name;
}

/* Writes the rows that links lead to; gives the one at their end. */
CampaignClauseRow
campaign_clause_from(CampaignClause *clause, const CampaignClauseRow *row,
					 List *links, char **condition)
{
	CampaignClauseRow current = *row;
	ListCell   *cell;

	foreach(cell, links)
	{
		CampaignLink *link = lfirst(cell);
		CampaignClauseRow *outer = palloc(sizeof(CampaignClauseRow));
		char	   *alias;
		char	   *on;

		*outer = current;
		alias = choose_alias(clause, outer, link);
		on = write_condition(clause, link,
							 campaign_clause_alias(clause, outer), alias);
		appendStringInfo(&clause->text, "%s %s AS %s",
						 cell == list_head(links) ? " FROM" : " JOIN",
						 campaign_relation_name(link->relation),
						 quote_identifier(alias));
		if (cell == list_head(links))
			*condition = on;
		else
			appendStringInfo(&clause->text, " ON %s", on);
		current.outer = outer;
		current.alias = alias;
		current.relation = link->relation;
		current.dimension = link->dimension;
	}
	return current;
}

/* Has what follows written apart. */
StringInfoData
campaign_clause_apart(CampaignClause *clause)
{
	StringInfoData outer = clause->text;

	initStringInfo(&clause->text);
	return outer;
}

/* Gives it. */
char *
campaign_clause_taken(CampaignClause *clause, const StringInfoData *outer)
{
	char	   *text = clause->text.data;

	clause->text = *outer;
	return text;
}

/* Writes a comparison with an attribute of a row that the row leads to. */
void
campaign_clause_direct(CampaignClause *clause, const CampaignClauseRow *row,
					   const JsonbContainer *node, const char *path,
					   const CampaignAttribute *attribute, bool negated)
{
	bool		turned = false;
	bool		empty = strcmp(campaign_clause_operator(node, path, NULL,
														&turned),
							   "empty") == 0;
	CampaignClauseRow linked;
	char	   *condition;

	/* Whoever has no such row has an attribute that is NULL. */
	appendStringInfo(&clause->text, "%sEXISTS (SELECT",
					 negated != (turned != empty) ? "NOT " : "");
	linked = campaign_clause_from(clause, row, attribute->links, &condition);
	appendStringInfo(&clause->text, " WHERE %s AND ", condition);
	linked.outer = row;
	campaign_clause_compare(clause, row, node, path,
							psprintf("%s.%s", quote_identifier(linked.alias),
									 quote_identifier(attribute->column)),
							attribute->type, turned != empty);
	appendStringInfoChar(&clause->text, ')');
}

/* Such an attribute as a value. */
char *
campaign_clause_linked_value(CampaignClause *clause,
							 const CampaignClauseRow *row,
							 const CampaignAttribute *attribute)
{
	StringInfoData outer = campaign_clause_apart(clause);
	CampaignClauseRow linked;
	char	   *from;
	char	   *condition;

	linked = campaign_clause_from(clause, row, attribute->links, &condition);
	from = campaign_clause_taken(clause, &outer);
	return psprintf("(SELECT %s.%s%s WHERE %s)",
					quote_identifier(linked.alias),
					quote_identifier(attribute->column), from, condition);
}

/* Writes whether there are such rows. */
static void
write_exists(CampaignClause *clause, const CampaignClauseRow *row,
			 List *links, const JsonbContainer *node, const char *path,
			 bool negated)
{
	JsonbValue *where = campaign_object_member(node, "where");
	CampaignClauseRow linked;
	char	   *condition;

	appendStringInfo(&clause->text, "%sEXISTS (SELECT", negated ? "NOT " : "");
	linked = campaign_clause_from(clause, row, links, &condition);
	clause->indent++;
	campaign_clause_line(clause);
	appendStringInfo(&clause->text, "WHERE %s", condition);
	if (where != NULL)
	{
		campaign_clause_line(clause);
		appendStringInfoString(&clause->text, "AND ");
		campaign_clause_node(clause, &linked, where,
							 psprintf("%s.where", path), false);
	}
	clause->indent--;
	appendStringInfoChar(&clause->text, ')');
}

/* The links a node names. */
static List *
read_links(CampaignClause *clause, const CampaignClauseRow *row,
		   const JsonbContainer *node, const char *path)
{
	CampaignClauseRow place = *row;
	List	   *links = NIL;
	ListCell   *cell;

	foreach(cell, campaign_clause_names(campaign_object_member(node, "link"),
										path))
	{
		CampaignLink *link = campaign_clause_require_link(clause, &place,
														  lfirst(cell), path);

		links = lappend(links, link);
		place.relation = link->relation;
		place.dimension = link->dimension;
		place.alias = link->alias;
	}
	return links;
}

/* Writes a node that asks for linked rows. */
void
campaign_clause_link(CampaignClause *clause, const CampaignClauseRow *row,
					 const JsonbContainer *node, const char *path,
					 bool negated)
{
	List	   *links = read_links(clause, row, node,
								   psprintf("%s.link", path));
	const char *operator;

	if (campaign_object_member(node, "aggregate") != NULL)
	{
		campaign_clause_aggregate(clause, row, links, node, path, negated);
		return;
	}
	operator = campaign_clause_operator(node, path, "exists", &negated);
	if (strcmp(operator, "exists") != 0)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE,
							   psprintf("%s.operator", path),
							   psprintf("operator \"%s\" cannot be used on a link",
										operator),
							   "A link has exists and not_exists; to compare, name an \"aggregate\" or write the condition into \"where\".");
	write_exists(clause, row, links, node, path, negated);
}
