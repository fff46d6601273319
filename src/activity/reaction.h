/*
 * reaction.h
 *		Conditions on what people did with the messages of a delivery.
 */
#ifndef CAMPAIGN_REACTION_H
#define CAMPAIGN_REACTION_H

#include "postgres.h"

#include "activity/activity.h"

/* Expressions of option "feedback", of CampaignExpression *. */
extern List *campaign_reaction_expressions(const CampaignScope *scope);
/* Refuses an option that says nothing, or nothing that can be. */
extern void campaign_reaction_check(const CampaignScope *scope);
/* Doubts about it, of CampaignWarning *. */
extern List *campaign_reaction_warn(const CampaignScope *scope);
/*
 * Writes the recipients it is true for into a table of one column
 * "recipient"; NULL if there is no such option.  Drop it when it has been read.
 */
extern CampaignPopulation *campaign_reaction_select(CampaignTask *task);

#endif							/* CAMPAIGN_REACTION_H */
