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

/* The link of that name from there. */
CampaignLink *
campaign_link_find(CampaignGraph *graph, const char *dimension, Oid relation,
				   const char *name)
{
	Oid			owner = graph != NULL ? graph->campaign->owner : GetUserId();
	CampaignLink *link;

	if (graph != NULL && graph->frozen)
		link = campaign_link_of_version(graph->version_id,
										dimension != NULL ? dimension :
										campaign_relation_name(relation),
										name);
	else
		link = campaign_link_read(owner, dimension, relation, name);
	if (link == NULL)
		refuse_missing(owner, dimension, relation, name);
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
	return condition;
}

/* The relation it leads to as an item of FROM. */
char *
campaign_link_item(const CampaignLink *link)
{
	return psprintf("%s AS %s", campaign_relation_name(link->relation),
					quote_identifier(link->alias));
}

/* True unless a row may lead to several. */
bool
campaign_link_is_single(const CampaignLink *link)
{
	return strcmp(link->cardinality, CAMPAIGN_LINK_MANY) != 0;
}
