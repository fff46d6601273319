/*
 * sink.h
 *		Where the rows of a select go: counted, or written to populations.
 */
#ifndef CAMPAIGN_SINK_H
#define CAMPAIGN_SINK_H

#include "postgres.h"

#include "set/population.h"
#include "set/select.h"

/* One outcome of an activity; several may write to the same population. */
typedef struct CampaignOutlet
{
	CampaignPopulation *population; /* NULL: only counted */
	int64		capacity;		/* rows it takes at most; -1: all */
	int			first;			/* of the population's columns in the
								 * select, from 0 */
	const int  *places;			/* of the population's columns among them;
								 * NULL: one after the other */
	double		share;			/* of the rows, as far as an estimate can say
								 * that; 0: not known */
	int64		rows;			/* that came, set by campaign_sink_write */
	/*
	 * A further table of ours that every row is written to, or InvalidOid: the
	 * last of the select's columns, as many as it has, are its columns.
	 */
	Oid			aside;
} CampaignOutlet;

/*
 * What the select's first column is; the others are the population's, or those
 * of several populations one after the other.
 */
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
/*
 * The same for a select that changes data, whose effect is undone; its rows
 * are written all the same.
 */
extern int64 campaign_sink_write_in_vain(CampaignSelect *select,
										 CampaignRouting routing,
										 CampaignOutlet *outlets,
										 int noutlets);
/*
 * The same for CAMPAIGN_ROUTE_MASK; *tallies gets how many rows had which value
 * in the first column, of CampaignTally *.
 */
extern int64 campaign_sink_write_tallied(CampaignSelect *select,
										 CampaignOutlet *outlets, int noutlets,
										 List **tallies);

/*
 * The same for CAMPAIGN_ROUTE_MASK, for rows that were not counted before: the
 * select's last column says how many there are, and the capacities are set by a
 * function that is told so before the first one comes.
 */
typedef void (*CampaignSizing) (void *arg, int64 rows);
extern int64 campaign_sink_write_sized(CampaignSelect *select,
									   CampaignOutlet *outlets, int noutlets,
									   CampaignSizing sizing, void *arg);

/* Tells the planner about what has been written to a population. */
extern void campaign_sink_note(const CampaignPopulation *population,
							   int64 rows);

/* ------------------- rows that come from elsewhere ----------------------- */

typedef struct CampaignFeed CampaignFeed;

/* Opens the outlets for rows that no select gives. */
extern CampaignFeed *campaign_feed_open(CampaignOutlet *outlets, int noutlets);
/* Gives an outlet a row, which is copied at once. */
extern void campaign_feed_add(CampaignFeed *feed, int number,
							  const Datum *values, const bool *isnull);
/* Writes what is left. */
extern void campaign_feed_close(CampaignFeed *feed);

#endif							/* CAMPAIGN_SINK_H */
