/*
 * grouping.h
 *		Whether linked rows can be aggregated before they are joined.
 */
#ifndef CAMPAIGN_GROUPING_H
#define CAMPAIGN_GROUPING_H

#include "postgres.h"

#include "set/population.h"
#include "set/select.h"
#include "set/target.h"

/* By what linked rows are grouped, and how the groups are joined to the rows. */
typedef struct CampaignGrouping
{
	List	   *columns;		/* of char *: one for each column of the key */
	List	   *matches;		/* of char *: operators between row and group */
	bool		plain;			/* nothing can go wrong in groups nobody asks for */
	bool		held;			/* no row is linked to one that is gone */
} CampaignGrouping;

/*
 * The grouping, or NULL if the rows have to be joined first.  The select has
 * the aggregates over "row JOIN linked ON condition", and the filter in WHERE.
 */
extern CampaignGrouping *campaign_grouping_find(CampaignSelect *select,
												const CampaignTarget *target);
/*
 * Appends " FROM linked" with the conditions that stand in for the join: groups
 * of nobody's, and where those could do harm, of nobody's in the population.
 */
extern void campaign_grouping_from(StringInfo text,
								   const CampaignGrouping *grouping,
								   const CampaignPopulation *population,
								   const char *item, const char *alias);
/* The columns, with commas between. */
extern char *campaign_grouping_columns(const CampaignGrouping *grouping,
									   const char *alias);
/*
 * The condition that joins the groups, an item whose columns are named
 * "campaign.1" and so on, to the rows of the dimension.
 */
extern char *campaign_grouping_match(const CampaignGrouping *grouping,
									 const CampaignTarget *target,
									 const char *item);

#endif							/* CAMPAIGN_GROUPING_H */
