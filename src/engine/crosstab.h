/*
 * crosstab.h
 *		Figures of a delivery by what its people are.
 */
#ifndef CAMPAIGN_CROSSTAB_H
#define CAMPAIGN_CROSSTAB_H

#include "set/select.h"

/*
 * Gives rows of the attribute's value (text) and counts: targeted, excluded,
 * queued, sent, delivered, bounced, opened, clicked, unsubscribed, complained,
 * converted (int8) and the value of conversions (numeric).  Only for who acts
 * for the owner, whose rights are in force.
 */
extern void campaign_crosstab_read(int64 run_id, const char *activity,
								   const char *attribute,
								   CampaignReceiver *receiver);

#endif							/* CAMPAIGN_CROSSTAB_H */
