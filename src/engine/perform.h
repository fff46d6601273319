/*
 * perform.h
 *		What a task does, with others in one statement or alone.
 */
#ifndef CAMPAIGN_PERFORM_H
#define CAMPAIGN_PERFORM_H

#include "postgres.h"

#include "activity/activity.h"
#include "store/task.h"

/* A task that was taken, and those that are executed with it. */
typedef struct CampaignStep CampaignStep;
struct CampaignStep
{
	CampaignTask *task;
	CampaignStep *next;			/* executed in the same statement, or NULL */
	List	   *beside;			/* of Step *: others whose rows the next takes */
	CampaignFan *fan;			/* those of its outcomes, too; or NULL */
	List	   *branches;		/* of Step *: their tasks */
	bool		alone;			/* none is to be */
	bool		choosing;		/* nobody else takes a task of the run */
	bool		fused;			/* one is, or it is being found out */
	CampaignTaken *taken;
	bool		follow;			/* a follow-up of a task that has succeeded */
	bool		disabled;		/* it is not to be executed */
	TimestampTz started_at;
	ErrorData  *error;			/* of the owner's part; NULL: none */
};

/* Does the owner's part, and raises his errors; nothing is recorded. */
extern void campaign_step_perform(CampaignStep *step);
/*
 * Does it in a subtransaction; the error is noted.  What fails with others is
 * executed alone.
 */
extern void campaign_step_attempt(CampaignStep *step);
/* All steps that are executed together, each after the one before. */
extern List *campaign_step_all(CampaignStep *step);
/* Closes the cursors that the owner's functions have left open. */
extern void campaign_close_cursors(void);

#endif							/* CAMPAIGN_PERFORM_H */
