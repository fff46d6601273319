/*
 * roster.h
 *		Who is on a transition of a run: its population, for the owner to read.
 */
#ifndef CAMPAIGN_ROSTER_H
#define CAMPAIGN_ROSTER_H

#include "postgres.h"

#include "set/select.h"

typedef struct CampaignRoster
{
	int64		run_id;
	char	   *activity;
	char	   *outcome;		/* NULL: the only one it has */
	int64		rows;			/* at most; -1: all */
	bool		sample;			/* drawn by a hash of keys, else the first */
} CampaignRoster;

/*
 * Gives rows of (key text, data jsonb) to the receiver, read with the rights of
 * the campaign's owner; 55000 if the population is not there any more.  Only
 * who acts for the owner gets any: they are people's data.
 */
extern void campaign_roster_rows(const CampaignRoster *roster,
								 CampaignReceiver *receiver);
/* Its columns, of CampaignColumn *, and how many of them are the key. */
extern List *campaign_roster_columns(const CampaignRoster *roster,
									 int *nkeys);

#endif							/* CAMPAIGN_ROSTER_H */
