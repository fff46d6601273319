/*
 * outcome.h
 *		What there is to say about a message beyond its byte.
 */
#ifndef CAMPAIGN_OUTCOME_H
#define CAMPAIGN_OUTCOME_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* Collects rows of campaign.outcome; opens the table with the first one. */
typedef struct CampaignOutcomes CampaignOutcomes;

extern CampaignOutcomes *campaign_outcomes_new(TimestampTz now);
/* Opens the table already, for rows that come out of a parallel plan. */
extern void campaign_outcomes_open(CampaignOutcomes *outcomes);
/* status: "failed", "retried", "released" or "withdrawn"; the reason may be NULL. */
extern void campaign_outcomes_add(CampaignOutcomes *outcomes,
								  int64 delivery_id, int64 message_id,
								  int attempt, const char *status,
								  const char *reason);
extern void campaign_outcomes_write(CampaignOutcomes *outcomes);

#endif							/* CAMPAIGN_OUTCOME_H */
