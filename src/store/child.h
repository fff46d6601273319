/*
 * child.h
 *		Runs that another run has started, and who may start whom.
 */
#ifndef CAMPAIGN_CHILD_H
#define CAMPAIGN_CHILD_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "store/graph.h"
#include "store/run.h"

/*
 * Makes a new run the child of an activity's; the parent is locked.  Attached:
 * the parent waits for it, and what is done to the parent is done to it.
 */
extern void campaign_child_attach(int64 run_id, const CampaignRun *parent,
								  const char *activity, bool attached);
/* The attached run of an activity; 0: none has been started. */
extern int64 campaign_child_find(int64 parent_id, const char *activity);
/* The parent of that activity does not wait any more. */
extern void campaign_child_release(int64 parent_id, const char *activity);
/* Attached runs, of int64 *, in the order in which they are to be locked. */
extern List *campaign_child_attached(int64 parent_id);
/* All runs that an activity (NULL: any) has started, attached or not. */
extern List *campaign_child_all(int64 parent_id, const char *activity);
/* Locks the attached runs; the parent is locked already. */
extern void campaign_child_lock(int64 parent_id);
/*
 * Makes due what could not be told of the end of its run; false if some of it
 * still cannot be.
 */
extern bool campaign_child_tell(void);
/* What a run has come to: its number, campaign, state, variables and counts. */
extern Jsonb *campaign_child_report(int64 run_id);
/* The first error of a run's tasks, as text; NULL if there is none. */
extern char *campaign_child_error(int64 run_id);
/* True if the run, or one above it, is of that campaign. */
extern bool campaign_run_descends(int64 run_id, int64 campaign_id);
/*
 * True if the newest version of the campaign called start, or one that starts
 * by its doing, starts the campaign called target.
 */
extern bool campaign_call_reaches(const char *start, const char *target);

#endif							/* CAMPAIGN_CHILD_H */
