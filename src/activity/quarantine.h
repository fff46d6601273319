/*
 * quarantine.h
 *		Selects of which single rows raise errors.
 */
#ifndef CAMPAIGN_QUARANTINE_H
#define CAMPAIGN_QUARANTINE_H

#include "postgres.h"

#include "activity/activity.h"
#include "queue/enqueue.h"

/* Rows an activity fails over, unless option "max_errors" says otherwise. */
#define CAMPAIGN_MAX_ERRORS 100

/* Which rows of the population a select is to evaluate. */
typedef struct CampaignSieve
{
	int64		first;			/* bounds of the hash of their recipients */
	int64		last;
	List	   *rejected;		/* of CampaignRejected *, not these */
} CampaignSieve;

/*
 * Appends the condition, with its WHERE, over an item of FROM in which that
 * expression is the recipient.  It belongs where nothing of the owner's is
 * evaluated before it.  NULL lets all rows pass.
 */
extern void campaign_sieve_append(CampaignSelect *select,
								  const CampaignSieve *sieve,
								  const char *recipient);

/* Builds the select over the rows that pass the task's sieve. */
typedef CampaignSelect *(*CampaignSifted) (const CampaignTask *task,
										   const void *arg);

/* Uses a select; it is called again after an error. */
typedef void (*CampaignUse) (CampaignSelect *select, void *arg);

/*
 * Uses the select over all rows but those that raise errors; gives the first
 * of the errors, or NULL.  Rejected may have rows already, none of which is
 * evaluated; as many as option "max_errors" says are allowed.
 */
extern ErrorData *campaign_quarantine(const CampaignTask *task,
									  CampaignSifted build, const void *arg,
									  CampaignUse use, void *use_arg,
									  List **rejected);

/* Raises the error again, with what was found out about it. */
extern void campaign_quarantine_give_up(ErrorData *error,
										const char *finding);

/* Enqueues all rows but those that raise errors, which are excluded. */
extern void campaign_quarantine_enqueue(const CampaignTask *task,
										CampaignEnqueue *enqueue,
										CampaignSifted build, const void *arg);

#endif							/* CAMPAIGN_QUARANTINE_H */
