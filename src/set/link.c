/*
 * link.c
 *		Links as a graph's expressions follow them.
 *
 * Whatever finds a link in a draft leaves it with the graph, for publishing
 * freezes what has been found: no kind of activity has to say a second time
 * which links it uses.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/varlena.h"

#include "base/errors.h"
#include "base/text.h"
#include "set/link.h"
#include "set/row.h"

/* Hops of a path. */
#define LONGEST_PATH	20

/* Refuses a name that no link from there has. */
static void
refuse_missing(Oid owner, const char *dimension, Oid relation,
			   const char *name)
{
	const char *from = dimension != NULL ? dimension :
		campaign_relation_name(relation);

	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("there is no link \"%s\" from \"%s\"", name,
					from != NULL ? from : ""),
			 errhint("%s Links are declared with campaign_link(), or come from foreign keys; the view campaign.links shows them.",
					 campaign_nearest_hint(name,
										   campaign_link_names(owner,
															   dimension,
															   relation),
										   "links"))));
}

/* Leaves the link with the graph; it has to live as long. */
static void
remember(CampaignGraph *graph, const CampaignLink *link)
{
	MemoryContext old;
	CampaignLink *copy;
	ListCell   *cell;

	foreach(cell, graph->links)
	{
		copy = lfirst(cell);
		if (strcmp(copy->source, link->source) == 0 &&
			strcmp(copy->name, link->name) == 0)
			return;
	}
	old = MemoryContextSwitchTo(GetMemoryChunkContext(graph));
	copy = palloc(sizeof(CampaignLink));
	*copy = *link;
	copy->name = pstrdup(link->name);
	copy->source = pstrdup(link->source);
	copy->source_alias = pstrdup(link->source_alias);
	copy->alias = pstrdup(link->alias);
	copy->relation_name = pstrdup(link->relation_name);
	copy->dimension = link->dimension ? pstrdup(link->dimension) : NULL;
	copy->condition = pstrdup(link->condition);
	copy->cardinality = pstrdup(link->cardinality);
	copy->search_path = pstrdup(link->search_path);
	graph->links = lappend(graph->links, copy);
	MemoryContextSwitchTo(old);
}

/* The link of that name: frozen with the graph, or as it is now; or NULL. */
static CampaignLink *
read_link(const CampaignGraph *graph, const char *dimension, Oid relation,
		  const char *name)
{
	if (graph != NULL && graph->frozen)
		return campaign_link_of_version(graph->version_id,
										dimension != NULL ? dimension :
										campaign_relation_name(relation),
										name);
	return campaign_link_read(graph != NULL ? graph->campaign->owner :
							  GetUserId(), dimension, relation, name);
}

/* The link of that name from there. */
CampaignLink *
campaign_link_find(CampaignGraph *graph, const char *dimension, Oid relation,
				   const char *name)
{
	Oid			owner = graph != NULL ? graph->campaign->owner : GetUserId();
	CampaignLink *link = read_link(graph, dimension, relation, name);

	if (link == NULL)
		refuse_missing(owner, dimension, relation, name);
	link->source_relation = relation;
	link->relation = campaign_target_relation(link->relation,
											  link->relation_name,
											  psprintf("link \"%s\"", name));
	if (graph != NULL && !graph->frozen)
		remember(graph, link);
	return link;
}

/* Those of a path from the dimension's rows. */
List *
campaign_link_path(CampaignGraph *graph, const CampaignTarget *target,
				   const char *path)
{
	const char *dimension = target->dimension->name;
	Oid			relation = target->relation;
	List	   *names;
	List	   *links = NIL;
	ListCell   *cell;

	if (!SplitIdentifierString(pstrdup(path), '.', &names) || names == NIL ||
		list_length(names) > LONGEST_PATH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid path of links: \"%s\"", path),
				 errhint("Write names of links with dots between, at most %d.",
						 LONGEST_PATH)));
	foreach(cell, names)
	{
		CampaignLink *link = campaign_link_find(graph, dimension, relation,
												lfirst(cell));

		links = lappend(links, link);
		dimension = link->dimension;
		relation = link->relation;
	}
	return links;
}

/* The condition, parsed. */
CampaignExpression *
campaign_link_condition(const CampaignLink *link)
{
	CampaignExpression *condition;

	condition = campaign_expression_parse(link->condition,
										  psprintf("condition of link \"%s\"",
												   link->name),
										  link->search_path);
	condition->condition = true;
	condition->apart = true;
	condition->beside =
		psprintf("%s AS %s, %s AS %s",
				 campaign_relation_name(link->source_relation),
				 quote_identifier(link->source_alias),
				 campaign_relation_name(link->relation),
				 quote_identifier(link->alias));
	return condition;
}

/* The conditions of a path. */
List *
campaign_link_conditions(List *links)
{
	List	   *conditions = NIL;
	ListCell   *cell;

	foreach(cell, links)
		conditions = lappend(conditions,
							 campaign_link_condition(lfirst(cell)));
	return conditions;
}

/* True if keys prove that a row leads to one at most, all along the path. */
bool
campaign_link_are_single(List *links)
{
	ListCell   *cell;

	foreach(cell, links)
	{
		const CampaignLink *link = lfirst(cell);

		if (link->declared || !campaign_link_is_single(link))
			return false;
	}
	return true;
}

/* The only link from there to the dimension. */
CampaignLink *
campaign_link_sole(CampaignGraph *graph, const CampaignTarget *target,
				   const char *dimension)
{
	Oid			owner = graph->campaign->owner;
	List	   *names = graph->frozen ?
		campaign_link_names_of_version(graph->version_id,
									   target->dimension->name) :
		campaign_link_names(owner, target->dimension->name, target->relation);
	List	   *fit = NIL;
	ListCell   *cell;

	foreach(cell, names)
	{
		CampaignLink *link = read_link(graph, target->dimension->name,
									   target->relation, lfirst(cell));

		if (link->dimension != NULL && strcmp(link->dimension, dimension) == 0)
			fit = lappend(fit, link->name);
	}
	if (list_length(fit) == 1)
		return campaign_link_find(graph, target->dimension->name,
								  target->relation, linitial(fit));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg(fit == NIL ? "no link leads from \"%s\" to \"%s\"" :
					"several links lead from \"%s\" to \"%s\"",
					target->dimension->name, dimension),
			 fit == NIL ? errhint("Declare one with campaign_link(), or name a path of links.") :
			 errhint("Name one of them: %s.", campaign_list_join(fit))));
	return NULL;				/* keep the compiler quiet */
}

/* True unless a row may lead to several. */
bool
campaign_link_is_single(const CampaignLink *link)
{
	return strcmp(link->cardinality, CAMPAIGN_LINK_MANY) != 0;
}

/* Appends the rows of a dimension, with their key under hidden names. */
void
campaign_link_append_end(StringInfo text, const CampaignTarget *end)
{
	const char *alias = quote_identifier(end->dimension->name);
	ListCell   *cell;

	appendStringInfo(text, "(SELECT %s",
					 campaign_row_readable(end->relation, alias));
	foreach(cell, end->key)
		appendStringInfo(text, ", %s.%s AS \"campaign.end.%d\"", alias,
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name),
						 foreach_current_index(cell) + 1);
	appendStringInfo(text, " FROM %s)", campaign_row_whole(end));
}

/*
 * Appends the rows a path leads to, from its hop number "hop" on.  Each hop is
 * an item of its own, so that names in a condition mean what they meant when
 * the link was declared, whatever the other hops are called.
 */
static void
append_hop(CampaignSelect *select, List *links, int hop,
		   const CampaignTarget *end)
{
	StringInfo	text = &select->text;
	const CampaignLink *link = list_nth(links, hop);

	if (hop == list_length(links) - 1)
		campaign_link_append_end(text, end);
	else
	{
		const CampaignLink *next = list_nth(links, hop + 1);
		const char *here = quote_identifier(next->source_alias);

		appendStringInfo(text, "(SELECT %s",
						 campaign_row_readable(link->relation, here));
		for (int i = 0; i < list_length(end->key); i++)
			appendStringInfo(text, ", %s.\"campaign.end.%d\"",
							 quote_identifier(next->alias), i + 1);
		appendStringInfo(text, " FROM %s AS %s JOIN ",
						 campaign_relation_name(link->relation), here);
		append_hop(select, links, hop + 1, end);
		appendStringInfoChar(text, ')');
	}
	appendStringInfo(text, " AS %s ON ", quote_identifier(link->alias));
	campaign_select_expression(select, campaign_link_condition(link));
}

/* Appends the rows that a path leads to. */
void
campaign_link_append(CampaignSelect *select, List *links,
					 const CampaignTarget *end)
{
	append_hop(select, links, 0, end);
}

/*
 * Appends the rows a path leads to, from its hop number "hop" on.  The row a
 * hop comes from gets its name in a scope of its own: the hop before may call
 * another row so.
 */
static void
append_lateral(CampaignSelect *select, List *links, int hop)
{
	StringInfo	text = &select->text;
	const CampaignLink *link = list_nth(links, hop);
	const char *alias = quote_identifier(link->alias);
	bool		last = hop == list_length(links) - 1;

	appendStringInfo(text, "(SELECT %s FROM %s AS %s", last ?
					 campaign_row_readable(link->relation, alias) :
					 "\"campaign.next\".*",
					 campaign_relation_name(link->relation), alias);
	if (!last)
	{
		const CampaignLink *next = list_nth(links, hop + 1);

		appendStringInfo(text, ", LATERAL (SELECT \"campaign.last\".* FROM (SELECT %s) AS %s, LATERAL ",
						 campaign_row_readable(link->relation, alias),
						 quote_identifier(next->source_alias));
		append_lateral(select, links, hop + 1);
		appendStringInfoString(text, " AS \"campaign.last\") AS \"campaign.next\"");
	}
	appendStringInfoString(text, " WHERE ");
	campaign_select_expression(select, campaign_link_condition(link));
	appendStringInfoChar(text, ')');
}

/* Appends the rows that a path leads to, for LATERAL. */
void
campaign_link_append_lateral(CampaignSelect *select, List *links)
{
	append_lateral(select, links, 0);
}
