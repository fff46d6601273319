/*
 * sink_method.h
 *		The ways to get the rows of a select into populations.
 *
 * For the files of the sink alone.
 */
#ifndef CAMPAIGN_SINK_METHOD_H
#define CAMPAIGN_SINK_METHOD_H

#include "postgres.h"

#include "set/sink.h"
#include "set/tally.h"

/* One way. */
typedef struct CampaignSinkMethod
{
	/*
	 * Runs the select, writes each row to its outlet, counts the outlets' rows
	 * and, unless that is NULL, the tallies; gives the number of rows.
	 */
	int64		(*write) (CampaignSelect *select, CampaignRouting routing,
						  CampaignOutlet *outlets, int noutlets,
						  CampaignTallies *tallies);
} CampaignSinkMethod;

/* Rows never leave the servers they are on. */
extern const CampaignSinkMethod campaign_sink_distributed;
/*
 * True if they need not: all populations are spread, every row has a key, and
 * which row goes where does not depend on the rows before it.
 */
extern bool campaign_sink_stays_distributed(const CampaignSelect *select,
											const CampaignOutlet *outlets,
											int noutlets);
/* Moves rows that were staged here into the population. */
extern void campaign_sink_distribute(CampaignPopulation *population);

/* The first outlet of the mask that has room; -1 if none has. */
extern int	campaign_sink_route(const CampaignOutlet *outlets, int noutlets,
								uint64 mask);
/* Rows of all outlets up to that one that write to its population. */
extern int64 campaign_sink_rows(const CampaignOutlet *outlets, int last);

#endif							/* CAMPAIGN_SINK_METHOD_H */
