/*
 * fetch.h
 *		Rows of other servers on their way into the queue.
 */
#ifndef CAMPAIGN_FETCH_H
#define CAMPAIGN_FETCH_H

#include "postgres.h"

#include "set/select.h"
#include "set/population.h"
#include "set/target.h"

/*
 * Writes what campaign_row_item gives for a population that is spread, gone
 * rows included, to a table of that name on this server, which can stand for
 * the item and has to be dropped.  The select is empty and is used up.
 */
extern CampaignPopulation *campaign_fetch_rows(CampaignSelect *select,
											   const CampaignTarget *target,
											   const CampaignPopulation *population,
											   const char *name, Oid owner);

#endif							/* CAMPAIGN_FETCH_H */
