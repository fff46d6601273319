/*
 * merge.h
 *		Fields that a group of duplicates has together: merged records.
 */
#ifndef CAMPAIGN_MERGE_H
#define CAMPAIGN_MERGE_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/select.h"

/* Fields that are taken from one row, all or none. */
typedef struct CampaignMerge
{
	List	   *fields;			/* of CampaignAddition * */
	CampaignExpression *filter; /* rows they may be taken from; NULL: all */
	List	   *order;			/* of CampaignExpression *, the best row first */
} CampaignMerge;

/* Those of option "records", of CampaignMerge *. */
extern List *campaign_merges_read(const CampaignScope *scope);
extern List *campaign_merges_expressions(List *records);
/* The columns that they add, of CampaignColumn *. */
extern List *campaign_merges_columns(const CampaignScope *scope,
									  List *records);
/* Appends what is evaluated over each row; each after a comma. */
extern void campaign_merges_evaluate(CampaignSelect *select, List *records);
/*
 * Appends the fields, each after a comma: for all rows of a group, which is
 * what PARTITION BY has; of equally good rows the one of the lowest rank.
 */
extern void campaign_merges_take(CampaignSelect *select, List *records,
								  const char *group, const char *rank);

#endif							/* CAMPAIGN_MERGE_H */
