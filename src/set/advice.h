/*
 * advice.h
 *		Indexes that a plan misses.
 */
#ifndef CAMPAIGN_ADVICE_H
#define CAMPAIGN_ADVICE_H

#include "postgres.h"

#include "nodes/plannodes.h"

/*
 * Names the columns by which a large table would better be looked up than read
 * whole; NULL where the plan does not show that.
 */
extern char *campaign_advice(const PlannedStmt *plan);

#endif							/* CAMPAIGN_ADVICE_H */
