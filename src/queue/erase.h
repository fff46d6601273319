/*
 * erase.h
 *		Taking messages out of the dispatch queue.
 */
#ifndef CAMPAIGN_ERASE_H
#define CAMPAIGN_ERASE_H

#include "postgres.h"

/* Deletes messages, exclusions and events of all deliveries of a campaign. */
extern void campaign_queue_erase(int64 campaign_id);
/* Those of one run, without reading the messages of others. */
extern void campaign_queue_erase_run(int64 run_id);

#endif							/* CAMPAIGN_ERASE_H */
