/*
 * judge.h
 *		What decided over one row in an activity.
 */
#ifndef CAMPAIGN_JUDGE_H
#define CAMPAIGN_JUDGE_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "store/graph.h"
#include "store/run.h"
#include "store/task.h"

typedef struct CampaignJudgement
{
	/* what is asked */
	CampaignRun *run;
	CampaignGraph *graph;
	CampaignActivity *activity;
	const char *key;
	CampaignFlow *inbound;		/* what it came in with, if that population is
								 * kept, or NULL */
	CampaignFlow *kept;			/* one the row is in, whose population is kept,
								 * or NULL */
	List	   *outbound;		/* of CampaignFlow *: all that came out */
	List	   *present;		/* outcomes the row came out of, of char * */
	bool		settled;		/* it is known to have come in, and where it is */
	bool		evaluate;		/* what the owner wrote, with his rights */
	/* the answer */
	StringInfoData decided;		/* empty: nothing to be said */
	StringInfoData facts;		/* members of a JSON object */
	const char *judged;			/* "then", "now" or NULL */
} CampaignJudgement;

/* Answers; what cannot be evaluated any more is said in the facts. */
extern void campaign_judge(CampaignJudgement *judgement);
/* Begins a member of the facts; its value is to be appended. */
extern void campaign_judge_member(CampaignJudgement *judgement,
								  const char *name);
/* Adds a part to what decided. */
extern void campaign_judge_decide(CampaignJudgement *judgement,
								  const char *format,...) pg_attribute_printf(2, 3);
/* The facts as a document; NULL if there are none. */
extern Jsonb *campaign_judge_facts(const CampaignJudgement *judgement);

#endif							/* CAMPAIGN_JUDGE_H */
