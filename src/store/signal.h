/*
 * signal.h
 *		Rows of campaign.signal: what runs were told from outside.
 */
#ifndef CAMPAIGN_STORE_SIGNAL_H
#define CAMPAIGN_STORE_SIGNAL_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "store/graph.h"

/*
 * Gives the signal to the runs of the campaign in which an activity waits for
 * it or may still come to it, whose rows are locked from then on; gives their
 * number.  Refuses one that neither they nor the newest version know (42704).
 */
extern int	campaign_signal_send(const CampaignRecord *record,
								 const char *name, const Jsonb *payload);
/*
 * Names of the variables the signal has to bring, of char *; NULL where it may
 * bring any.
 */
extern List *campaign_signal_parameters(const CampaignRecord *record,
										const char *name);
/* The payload of the newest signal of that name; NULL if there is none. */
extern Jsonb *campaign_signal_newest(int64 run_id, const char *name);

#endif							/* CAMPAIGN_STORE_SIGNAL_H */
