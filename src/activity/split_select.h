/*
 * split_select.h
 *		The statement of a split.
 */
#ifndef CAMPAIGN_SPLIT_SELECT_H
#define CAMPAIGN_SPLIT_SELECT_H

#include "postgres.h"

#include "activity/share.h"

/*
 * True if the rows that an outcome takes need no rank: then the sink counts
 * them, in the order that all outcomes have in common.
 */
extern bool campaign_split_streams(const CampaignShares *shares);
/*
 * How many rows an outcome takes at most, if that does not depend on the rows;
 * -1: all it gets.  *before is the sum of the percentages of those before it.
 */
extern int64 campaign_split_capacity(const CampaignShares *shares,
									 const CampaignShare *share, int64 rows,
									 double *before);
/*
 * Where the range of positions begins that an outcome draws; it ends at *from,
 * which is where the one before it ended.
 */
extern double campaign_split_range(const CampaignShares *shares,
								   const CampaignShare *share, double *from);
/*
 * The select; its first column is the mask of the outcomes that would take a
 * row if it streams, else the number of the outlet.  rows is how many come in.
 */
extern CampaignSelect *campaign_split_select(const CampaignTask *task,
											 const CampaignShares *shares,
											 const CampaignPopulation *population,
											 int64 rows);

#endif							/* CAMPAIGN_SPLIT_SELECT_H */
