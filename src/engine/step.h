/*
 * step.h
 *		One task, one transaction.
 */
#ifndef CAMPAIGN_STEP_H
#define CAMPAIGN_STEP_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "store/run.h"

/* How the caller begins and ends transactions. */
typedef struct CampaignTransactions
{
	void		(*begin) (void);
	void		(*commit) (void);
	void		(*abort) (void);
} CampaignTransactions;

/*
 * Executes one due task of the run in a transaction of its own, as the
 * current user, who must be the campaign's owner.  False when nothing of the
 * run is due (or somebody else is at it).  The current memory context must
 * outlive transactions; what begin and abort leave as the current one is not
 * relied upon.
 */
extern bool campaign_step(int64 run_id, const CampaignTransactions *control);

/*
 * Executes all tasks of a new run within the caller's transaction, which is to
 * be undone: whatever waits for a time goes on at once.  The first error is
 * raised.
 */
extern void campaign_step_rehearse(int64 run_id);

/*
 * Executes one activity of a new run for what it plans, and records nothing;
 * gives what would come out, of CampaignFlow *.
 */
extern List *campaign_step_plan(CampaignRun *run, const char *activity);

/*
 * The same of one that is executed in one statement with others; gives all their
 * names (char *), the first is its own.  NIL if there are none: nothing is
 * executed then.
 */
extern List *campaign_step_plan_together(CampaignRun *run,
										 const char *activity);

#endif							/* CAMPAIGN_STEP_H */
