/*
 * approval.h
 *		Rows of campaign.approval: questions put to roles, and their answers.
 */
#ifndef CAMPAIGN_STORE_APPROVAL_H
#define CAMPAIGN_STORE_APPROVAL_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

typedef struct CampaignApproval
{
	int64		id;
	int64		run_id;
	char	   *activity;
	char	   *question;
	List	   *answers;		/* of char *, in order */
	List	   *roles;			/* who is asked, by name, of char * */
	bool		all_answer;		/* each of them has to */
	TimestampTz asked_at;
	TimestampTz reminded_at;	/* or asked */
	TimestampTz deadline;		/* DT_NOEND: none */
	char	   *default_answer;	/* NULL: there is an outcome "timeout" */
	char	   *answer;			/* what was decided; NULL: it is open */
} CampaignApproval;

/* What one of the asked roles has answered. */
typedef struct CampaignVote
{
	char	   *role;
	char	   *answer;
} CampaignVote;

/* Adds a question; sets its id. */
extern void campaign_approval_insert(CampaignApproval *approval);
/* By id, or by activity of a run; NULL if there is none. */
extern CampaignApproval *campaign_approval_by_id(int64 approval_id);
extern CampaignApproval *campaign_approval_of_task(int64 run_id,
												   const char *activity);
/* The answers so far, of CampaignVote *. */
extern List *campaign_approval_votes(int64 approval_id);
/* Adds an answer for one of the asked roles. */
extern void campaign_approval_vote(int64 approval_id, const char *role,
								   const char *answer, const char *comment);
/* Writes what was decided. */
extern void campaign_approval_settle(int64 approval_id, const char *answer);
extern void campaign_approval_set_reminded(int64 approval_id, TimestampTz at);

#endif							/* CAMPAIGN_STORE_APPROVAL_H */
