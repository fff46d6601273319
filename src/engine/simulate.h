/*
 * simulate.h
 *		What planned campaigns would do, without doing it.
 */
#ifndef CAMPAIGN_SIMULATE_H
#define CAMPAIGN_SIMULATE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "store/graph.h"

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
/*
 * Refuses (42501) who is not the campaign's owner: its expressions would be
 * evaluated in his session.  The verb is what he wants to do.
 */
extern void campaign_session_require_owner(const CampaignRecord *record,
										   const char *verb);

#endif							/* CAMPAIGN_SIMULATE_H */
