/*
 * ranges.h
 *		Entries of rows just written in indexes over ranges of blocks.
 */
#ifndef CAMPAIGN_RANGES_H
#define CAMPAIGN_RANGES_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "nodes/execnodes.h"

typedef struct CampaignRanges CampaignRanges;

/*
 * Takes over those of the target's open indexes that it can: the executor
 * makes no entries in them any more.  NULL if there are none.
 */
extern CampaignRanges *campaign_ranges_open(ResultRelInfo *target);
/* Makes the entries of rows that are in the table. */
extern void campaign_ranges_insert(CampaignRanges *ranges,
								   TupleTableSlot **slots, int count);

#endif							/* CAMPAIGN_RANGES_H */
