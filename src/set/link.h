/*
 * link.h
 *		Links as a graph's expressions follow them.
 *
 * A link leads from the rows of a dimension, or of a plain table, to those of
 * another.  Its condition sees the row it leads from as link->source_alias and
 * the row it leads to as link->alias, so that one hop is
 *
 *		FROM <source rows> AS source_alias JOIN <campaign_link_item> ON <condition>
 *
 * and the next hop begins at link->dimension and link->relation; its own
 * source_alias may differ from this one's alias.
 */
#ifndef CAMPAIGN_SET_LINK_H
#define CAMPAIGN_SET_LINK_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "set/expression.h"
#include "set/target.h"
#include "store/graph.h"
#include "store/link.h"

/*
 * The link of that name from a dimension, or from a relation if dimension is
 * NULL; relation is needed in both cases.  Frozen with the graph, or as it is
 * now, and then remembered for publishing; without a graph the current user's.
 * Its relation is resolved.  Refused with the nearest names (42704) if there
 * is none, and if the relation is gone (42P01).
 */
extern CampaignLink *campaign_link_find(CampaignGraph *graph,
										const char *dimension, Oid relation,
										const char *name);
/*
 * Those of a path from the dimension's rows, of CampaignLink *: names with
 * dots between, quoted as in SQL where need be.
 */
extern List *campaign_link_path(CampaignGraph *graph,
								const CampaignTarget *target,
								const char *path);
/*
 * The condition, parsed; what it belongs to is named in messages.  It is
 * still to be told what is beside the row: campaign_link_item.
 */
extern CampaignExpression *campaign_link_condition(const CampaignLink *link);
/* The relation it leads to as an item of FROM, with its alias. */
extern char *campaign_link_item(const CampaignLink *link);
/* True unless a row may lead to several. */
extern bool campaign_link_is_single(const CampaignLink *link);

#endif							/* CAMPAIGN_SET_LINK_H */
