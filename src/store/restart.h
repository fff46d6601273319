/*
 * restart.h
 *		Taking back what activities of a run have come to.
 */
#ifndef CAMPAIGN_STORE_RESTART_H
#define CAMPAIGN_STORE_RESTART_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* Locks those of the run's tasks that nobody is executing; gives their names. */
extern List *campaign_restart_lock(int64 run_id, List *activities);
/*
 * Of these activities, those fed from outside of them by a population that is
 * not there any more.
 */
extern List *campaign_restart_starved(int64 run_id, int64 version_id,
									  List *activities);
/*
 * Takes their outcomes and questions back; gives the populations that nothing
 * refers to then, of char *.
 */
extern List *campaign_restart_forget(int64 run_id, List *activities);

#endif							/* CAMPAIGN_STORE_RESTART_H */
