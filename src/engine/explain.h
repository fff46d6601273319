/*
 * explain.h
 *		What the activities of a draft would execute, and what it would cost.
 */
#ifndef CAMPAIGN_EXPLAIN_H
#define CAMPAIGN_EXPLAIN_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "store/graph.h"
#include "store/run.h"

/* A line of an explanation: an outcome, or an activity without any. */
typedef struct CampaignExplained
{
	char	   *activity;
	char	   *outcome;		/* NULL: it has none */
	/* of the activity; in the line of its first outcome, else NULL */
	char	   *sql;
	double		cost;
	char	   *advice;
	bool		executed;		/* the two that follow are known */
	TimestampTz started_at;
	TimestampTz ended_at;
	char	   *together_with;	/* the first of those executed in one statement;
								 * NULL: it is executed by itself */
	char	   *together_sql;	/* of the first: that statement */
	int64		estimated_rows; /* -1: not known */
	int64		actual_rows;	/* -1: not known */
} CampaignExplained;

/*
 * Explains the draft, of CampaignExplained *; with analyze it is executed too,
 * in a subtransaction that is undone.  Refused to all but its owner.
 */
extern List *campaign_explain_draft(const char *campaign, bool analyze,
									const Jsonb *variables);
/*
 * What the activities of the run's version execute, with the values of its
 * variables; of the draft, if the run is NULL.  The same is refused.
 */
extern List *campaign_explain_sql(CampaignRecord *record,
								  const CampaignRun *run);

#endif							/* CAMPAIGN_EXPLAIN_H */
