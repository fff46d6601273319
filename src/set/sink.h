/*
 * sink.h
 *		Where the rows of a select go: counted, or written to populations.
 */
#ifndef CAMPAIGN_SINK_H
#define CAMPAIGN_SINK_H

#include "postgres.h"

#include "set/population.h"
#include "set/select.h"

/* One outcome of an activity. */
typedef struct CampaignOutlet
{
	CampaignPopulation *population; /* NULL: only counted */
	int64		capacity;		/* rows it takes at most; -1: all */
	int64		rows;			/* that came, set by campaign_sink_write */
} CampaignOutlet;

/* What the select's first column is; the others are the population's. */
typedef enum CampaignRouting
{
	CAMPAIGN_ROUTE_SOLE,		/* nothing: all columns go to the only outlet */
	CAMPAIGN_ROUTE_NUMBER,		/* integer: the outlet's number; NULL: none */
	CAMPAIGN_ROUTE_MASK			/* bigint: bit i set if outlet i would take it;
								 * the first with room gets it */
} CampaignRouting;

/*
 * Runs the select as the current user and writes every row to the outlet it
 * is routed to, in one pass.  Gives the number of rows the select had.
 */
extern int64 campaign_sink_write(CampaignSelect *select,
								 CampaignRouting routing,
								 CampaignOutlet *outlets, int noutlets);

#endif							/* CAMPAIGN_SINK_H */
