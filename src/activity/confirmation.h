/*
 * confirmation.h
 *		Deliveries that wait in the queue until somebody has looked at them.
 */
#ifndef CAMPAIGN_CONFIRMATION_H
#define CAMPAIGN_CONFIRMATION_H

#include "postgres.h"

#include "activity/activity.h"
#include "queue/delivery.h"

/* Why the messages must not go before somebody has looked; NULL: they may. */
extern char *campaign_confirmation_reason(const CampaignTask *task,
										  const CampaignDelivery *delivery);
/* Has the messages wait for campaign_confirm(), and the task with them. */
extern void campaign_confirmation_wait(CampaignTask *task,
									   const CampaignDelivery *delivery,
									   const char *reason);

#endif							/* CAMPAIGN_CONFIRMATION_H */
