/*
 * footprint.h
 *		How much memory a plan takes.
 */
#ifndef CAMPAIGN_FOOTPRINT_H
#define CAMPAIGN_FOOTPRINT_H

#include "postgres.h"

#include "nodes/plannodes.h"

/*
 * The work_mem, in kB, with which the plan's nodes together stay within three
 * times work_mem; work_mem itself where they do anyway.
 */
extern int	campaign_footprint_fit(const PlannedStmt *plan);
/* What a hash table of all rows of a plan takes, in kB: for a join. */
extern double campaign_footprint_of_rows(const Plan *plan);
/* The same for a subquery. */
extern double campaign_footprint_of_groups(const Plan *plan);

#endif							/* CAMPAIGN_FOOTPRINT_H */
