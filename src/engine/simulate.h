/*
 * simulate.h
 *		What planned campaigns would do, without doing it.
 */
#ifndef CAMPAIGN_SIMULATE_H
#define CAMPAIGN_SIMULATE_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* Recipients of an activity with the same fate. */
typedef struct CampaignSimulated
{
	char	   *campaign;
	char	   *activity;
	char	   *reason;			/* NULL: they would get a message */
	int64		recipients;
} CampaignSimulated;

/*
 * Runs the newest versions of the campaigns (char *) one after the other and
 * undoes it; gives CampaignSimulated *.  Only for their owner.
 */
extern List *campaign_simulate_all(List *campaigns);

#endif							/* CAMPAIGN_SIMULATE_H */
