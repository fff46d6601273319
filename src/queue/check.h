/*
 * check.h
 *		The queue's half of verification: what must never be true.
 */
#ifndef CAMPAIGN_CHECK_H
#define CAMPAIGN_CHECK_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* Something that contradicts what is promised. */
typedef struct CampaignViolation
{
	const char *code;			/* stable, for programs */
	char	   *detail;			/* for people */
} CampaignViolation;

/* What is wrong with the deliveries of a run, of CampaignViolation *. */
extern List *campaign_queue_violations(int64 run_id);

#endif							/* CAMPAIGN_CHECK_H */
