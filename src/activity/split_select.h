/*
 * split_select.h
 *		The statement of a split.
 */
#ifndef CAMPAIGN_SPLIT_SELECT_H
#define CAMPAIGN_SPLIT_SELECT_H

#include "postgres.h"

#include "activity/share.h"

/*
 * The select; its first column is the mask of the outcomes that would take a
 * row if it streams, else the number of the outlet.  rows is how many come in;
 * -1 if that is not known: the last column has it then, if it is needed.
 */
extern CampaignSelect *campaign_split_select(const CampaignTask *task,
											 const CampaignShares *shares,
											 const CampaignPopulation *population,
											 int64 rows);

/*
 * The population with one more column, which has the number of the outcome that
 * a row falls to; nothing is written.  NULL: that would cost more than it
 * spares, or is not known before the rows are.
 */
extern CampaignPopulation *campaign_split_number(const CampaignTask *task,
												 const CampaignShares *shares,
												 const CampaignPopulation *population,
												 int64 rows);

#endif							/* CAMPAIGN_SPLIT_SELECT_H */
