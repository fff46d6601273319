/*
 * combine_select.h
 *		The statement of a combine.
 */
#ifndef CAMPAIGN_COMBINE_SELECT_H
#define CAMPAIGN_COMBINE_SELECT_H

#include "postgres.h"

#include "activity/activity.h"

typedef enum CampaignOperation
{
	CAMPAIGN_OPERATION_UNION,
	CAMPAIGN_OPERATION_INTERSECTION,
	CAMPAIGN_OPERATION_EXCLUSION
} CampaignOperation;

/* Bits that route stand before those of the sets. */
#define CAMPAIGN_COMBINE_ROUTING_BITS	2

/* What the select is made of. */
typedef struct CampaignCombination
{
	CampaignTask *task;
	CampaignSelect *select;
	CampaignOperation operation;
	List	   *sets;			/* of CampaignPopulation *, first one first; NIL
								 * if the rows come with masks */
	List	   *names;			/* of char *, the same order */
	List	   *added;			/* of CampaignColumn * */
	List	   *by;				/* of CampaignExpression *; NIL: the key */
	List	   *bringings;		/* of CampaignBringing * */
	CampaignPopulation rows;	/* all rows with their mask */
} CampaignCombination;

/*
 * True if sets of rows of the target come in the order of their keys at little
 * cost; then they are merged.
 */
extern bool campaign_combine_in_order(const CampaignTarget *target);
/* Sets the rows with their masks, from the sets: a subquery. */
extern void campaign_combine_mask(CampaignCombination *plan);
/* A row comes out where this holds for its mask. */
extern char *campaign_combine_condition(const CampaignCombination *plan,
										const char *mask);
/* Writes the select: bits that route and bits of the sets, then columns. */
extern void campaign_combine_select(CampaignCombination *plan);

#endif							/* CAMPAIGN_COMBINE_SELECT_H */
