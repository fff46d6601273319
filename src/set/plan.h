/*
 * plan.h
 *		What plans are made of, and which of two is better.
 */
#ifndef CAMPAIGN_PLAN_H
#define CAMPAIGN_PLAN_H

#include "postgres.h"

#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

/* The nodes that a node has its rows from, of Plan *. */
extern List *campaign_plan_children(const Plan *plan);
/*
 * pg_plan_query(), with statistics of our own; and without joins by large hash
 * tables, if that is better.
 */
extern PlannedStmt *campaign_plan_query(Query *query, const char *text,
										int options, ParamListInfo parameters);

#endif							/* CAMPAIGN_PLAN_H */
