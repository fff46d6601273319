/*
 * link.h
 *		Links as a graph's expressions follow them.
 *
 * A link leads from the rows of a dimension, or of a plain table, to those of
 * another.  Its condition sees the row it leads from as link->source_alias and
 * the row it leads to as link->alias, so that one hop is
 *
 *		FROM <source rows> AS source_alias JOIN <relation> AS alias ON <condition>
 *
 * and the next hop begins at link->dimension and link->relation; its own
 * source_alias may differ from this one's alias.
 */
#ifndef CAMPAIGN_SET_LINK_H
#define CAMPAIGN_SET_LINK_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "set/select.h"
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
 * The only link from the target's rows to a dimension; refused (22023) if
 * there is none, or more than one.
 */
extern CampaignLink *campaign_link_sole(CampaignGraph *graph,
										const CampaignTarget *target,
										const char *dimension);
/* The condition, parsed, to be checked over its two relations or grafted. */
extern CampaignExpression *campaign_link_condition(const CampaignLink *link);
/* Those of a path, of CampaignExpression *. */
extern List *campaign_link_conditions(List *links);
/*
 * The rows that a path leads to as an item of FROM that is joined to those it
 * leads from: "(...) AS alias ON condition".  The key of the dimension at its
 * end has the names "campaign.end.1" and so on.
 */
extern void campaign_link_append(CampaignSelect *select, List *links,
								 const CampaignTarget *end);
/*
 * The rows that a path leads to as "(SELECT ...)" for LATERAL, beside an item
 * of FROM that has the alias of the path's beginning.
 */
extern void campaign_link_append_lateral(CampaignSelect *select, List *links);
/* Its rows with that key alone, without an alias: "(SELECT ...)". */
extern void campaign_link_append_end(StringInfo text,
									 const CampaignTarget *end);
/* True if keys prove that a row leads to one at most, all along the path. */
extern bool campaign_link_are_single(List *links);
/* True unless a row may lead to several. */
extern bool campaign_link_is_single(const CampaignLink *link);

#endif							/* CAMPAIGN_SET_LINK_H */
