/*
 * check.h
 *		The queue's half of verification: what must never be true.
 */
#ifndef CAMPAIGN_QUEUE_CHECK_H
#define CAMPAIGN_QUEUE_CHECK_H

#include "postgres.h"

#include "store/check.h"

/* Adds what is wrong with the deliveries of a run, of CampaignViolation *. */
extern List *campaign_queue_check(List *violations, int64 run_id,
								  const Jsonb *kinds);

#endif							/* CAMPAIGN_QUEUE_CHECK_H */
