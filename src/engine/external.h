/*
 * external.h
 *		What runs are told from outside: signals, answers, to hurry.
 */
#ifndef CAMPAIGN_EXTERNAL_H
#define CAMPAIGN_EXTERNAL_H

#include "postgres.h"

#include "utils/jsonb.h"

/* Sends a signal to the campaign's runs; gives how many take it. */
extern int	campaign_external_signal(const char *campaign, const char *name,
									 const Jsonb *payload);
/* Answers a question; true if that has decided it. */
extern bool campaign_external_decide(int64 approval_id, const char *answer,
									 const char *comment);
/* What an activity (NULL: any) waits for counts as come; gives how many. */
extern int	campaign_external_hurry(int64 run_id, const char *activity);

#endif							/* CAMPAIGN_EXTERNAL_H */
