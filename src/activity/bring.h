/*
 * bring.h
 *		Inbound populations of other dimensions, brought to that of an activity.
 */
#ifndef CAMPAIGN_BRING_H
#define CAMPAIGN_BRING_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/select.h"

typedef struct CampaignBringing
{
	int			number;			/* of the inbound transition */
	CampaignTarget *from;		/* what its rows are */
	List	   *links;			/* of CampaignLink *, the path; or */
	CampaignExpression *condition;
} CampaignBringing;

/* True if an object of option "rules" is about that inbound transition. */
extern bool campaign_bringing_is_of(const CampaignActivity *activity,
									int number);
/* What option "rules" says, of CampaignBringing *; refuses what is wrong. */
extern List *campaign_bringings_read(const CampaignScope *scope,
									 const CampaignTask *task);
/* The one about that inbound transition, or NULL. */
extern const CampaignBringing *campaign_bringing_find(List *bringings,
													  int number);
/* All their expressions, of CampaignExpression *. */
extern List *campaign_bringings_expressions(List *bringings);
/*
 * The population as one of the scope's dimension, with no columns but the key:
 * its source is a subquery whose expressions are the select's.
 */
extern CampaignPopulation *campaign_bringing_population(const CampaignTask *task,
														CampaignSelect *select,
														const CampaignBringing *bringing);
/* How many of its rows lead nowhere. */
extern int64 campaign_bringing_count_lost(CampaignTask *task,
										  const CampaignBringing *bringing);

#endif							/* CAMPAIGN_BRING_H */
