/*
 * subquery.h
 *		What the subqueries of a plan's expressions cost.
 */
#ifndef CAMPAIGN_SUBQUERY_H
#define CAMPAIGN_SUBQUERY_H

#include "postgres.h"

#include "nodes/plannodes.h"

/*
 * What they cost together; -1 if one is executed for each row, if their results
 * do not fit into the memory of one hash table together, or if a WHERE would
 * have asked parts of an AND in another order, the dear ones last.
 */
extern double campaign_subqueries_cost(const PlannedStmt *plan);

#endif							/* CAMPAIGN_SUBQUERY_H */
