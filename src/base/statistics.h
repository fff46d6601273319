/*
 * statistics.h
 *		What the planner is told about relations this extension has filled.
 */
#ifndef CAMPAIGN_STATISTICS_H
#define CAMPAIGN_STATISTICS_H

#include "postgres.h"

#include "utils/rel.h"

/* Notes how many rows the relation has. */
extern void campaign_statistics_size(Relation relation, double rows);
/* Notes that no two rows share the value of a column, by number from 1. */
extern void campaign_statistics_unique(Relation relation, AttrNumber column);

#endif							/* CAMPAIGN_STATISTICS_H */
