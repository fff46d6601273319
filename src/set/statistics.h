/*
 * statistics.h
 *		What the planner is told of sets that are taken together.
 */
#ifndef CAMPAIGN_STATISTICS_H
#define CAMPAIGN_STATISTICS_H

#include "postgres.h"

#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"

/* The alias of a UNION ALL whose rows have as many values in each column. */
#define CAMPAIGN_ALIAS_OF_SETS	"campaign.sets"

/* pg_plan_query(), which knows that. */
extern PlannedStmt *campaign_statistics_plan(Query *query, const char *text,
											 int options,
											 ParamListInfo parameters);

#endif							/* CAMPAIGN_STATISTICS_H */
