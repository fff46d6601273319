/*
 * erase.h
 *		Taking messages out of the dispatch queue.
 */
#ifndef CAMPAIGN_ERASE_H
#define CAMPAIGN_ERASE_H

#include "postgres.h"

/* Deletes messages, exclusions, events and figures of a campaign's deliveries. */
extern void campaign_queue_erase(int64 campaign_id);
/* Those of one test, which has no figures; does not read others' messages. */
extern void campaign_queue_erase_run(int64 run_id);

#endif							/* CAMPAIGN_ERASE_H */
