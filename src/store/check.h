/*
 * check.h
 *		Verification: statements that select what must never be true.
 */
#ifndef CAMPAIGN_STORE_CHECK_H
#define CAMPAIGN_STORE_CHECK_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "base/sql.h"

/* Something that contradicts what is promised. */
typedef struct CampaignViolation
{
	const char *code;			/* stable, for programs */
	char	   *detail;			/* for people */
} CampaignViolation;

/*
 * A statement that gives a text for each violation.  $1 is the run, $2 what
 * only the kinds of its activities know: an object of "needs" (the number of
 * branches, by name, of activities that do not need all), "divides" and
 * "delivers" (names of kinds).
 */
typedef struct CampaignPromise
{
	const char *code;
	CampaignStatement *statement;
} CampaignPromise;

/* Each adds to a list of CampaignViolation *. */
extern List *campaign_violation_add(List *violations, const char *code,
									char *detail);
extern List *campaign_promises_check(List *violations,
									 const CampaignPromise *promises,
									 int npromises, int64 run_id,
									 const Jsonb *kinds);
extern List *campaign_store_check(List *violations, int64 run_id,
								  const Jsonb *kinds);

#endif							/* CAMPAIGN_STORE_CHECK_H */
