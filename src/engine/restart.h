/*
 * restart.h
 *		Executing activities of a run anew.
 */
#ifndef CAMPAIGN_RESTART_H
#define CAMPAIGN_RESTART_H

#include "postgres.h"

/*
 * Has the activity, and all that is behind it, executed again with what came
 * in then; gives the state of the run.  Refused where messages would be made a
 * second time.
 */
extern char *campaign_restart_from(int64 run_id, const char *activity);

#endif							/* CAMPAIGN_RESTART_H */
