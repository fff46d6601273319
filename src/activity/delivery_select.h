/*
 * delivery_select.h
 *		The select of a delivery: who gets a message, and what is in it.
 */
#ifndef CAMPAIGN_DELIVERY_SELECT_H
#define CAMPAIGN_DELIVERY_SELECT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "activity/activity.h"
#include "activity/rule.h"
#include "queue/content.h"
#include "queue/delivery.h"
#include "set/select.h"

/* The expressions of an edition's templates, in the order of the variables. */
extern List *campaign_edition_expressions(const CampaignActivity *activity,
										  const CampaignMessageContent *content);
/* The language of the person; NULL if it makes no difference. */
extern CampaignExpression *campaign_language_expression(const CampaignScope *scope,
														const List *editions);
/* The whole select; campaign_enqueue says what its columns are. */
extern CampaignSelect *campaign_delivery_select(const CampaignTask *task,
												const List *editions,
												CampaignRuling *ruling,
												TimestampTz now);
/* Those put off who may not get their message now. */
extern CampaignSelect *campaign_delivery_judgement(const CampaignTask *task,
												   const CampaignDelivery *delivery,
												   TimestampTz now);

#endif							/* CAMPAIGN_DELIVERY_SELECT_H */
