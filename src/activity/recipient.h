/*
 * recipient.h
 *		What dimensions declare about the recipients of a delivery.
 */
#ifndef CAMPAIGN_RECIPIENT_H
#define CAMPAIGN_RECIPIENT_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/select.h"

/* The address: the option's expression, or the one declared; refused if none is. */
extern CampaignExpression *campaign_recipient_address(const CampaignScope *scope);
/* Others that are declared; NULL where nothing is. */
extern CampaignExpression *campaign_recipient_consent(const CampaignScope *scope);
extern CampaignExpression *campaign_recipient_language(const CampaignScope *scope);
extern CampaignExpression *campaign_recipient_zone(const CampaignScope *scope);
/* The key of the person behind the row; NULL if the row is the person. */
extern CampaignExpression *campaign_recipient_person(const CampaignScope *scope);
/* Refuses keys of persons that cannot be compared with the profile. */
extern void campaign_recipient_check(const CampaignScope *scope);

/*
 * Appends one of these expressions, NULL without a person if it is over the
 * person's row.
 */
extern void campaign_recipient_append(CampaignSelect *select,
									  const CampaignScope *scope,
									  const CampaignExpression *expression);
/* True if there is no message without a person. */
extern bool campaign_recipient_needs_person(const CampaignScope *scope);
/*
 * Columns of the first stage: "campaign.person" and, of scopes with a person,
 * "campaign.known" and those of the person's row.
 */
extern void campaign_recipient_columns(CampaignSelect *select,
									   const CampaignScope *scope);
/* Joins the person's row to that of the first stage, if the scope has one. */
extern void campaign_recipient_join(CampaignSelect *select,
									const CampaignScope *scope);
/*
 * What to write behind the item of FROM of a later stage, so that expressions
 * of the activity see the person's row as well; empty if there is none.
 */
extern const char *campaign_recipient_beside(const CampaignScope *scope);

#endif							/* CAMPAIGN_RECIPIENT_H */
