/*
 * signal.h
 *		Rows of campaign.signal: what runs were told from outside.
 */
#ifndef CAMPAIGN_STORE_SIGNAL_H
#define CAMPAIGN_STORE_SIGNAL_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/*
 * Runs of the campaign, at home here, in which an activity waits for the
 * signal or may still come to it; of int64 *, in order.
 */
extern List *campaign_signal_runs(int64 campaign_id, const char *name);
/* Names of those activities of the run, of char *. */
extern List *campaign_signal_listeners(int64 run_id, const char *name);
/* Names of the signals that a version knows, of char *. */
extern List *campaign_signal_names(int64 version_id);
extern void campaign_signal_insert(int64 run_id, const char *name,
								   const Jsonb *payload);
/* The payload of the newest signal of that name; NULL if there is none. */
extern Jsonb *campaign_signal_newest(int64 run_id, const char *name);

#endif							/* CAMPAIGN_STORE_SIGNAL_H */
