/*
 * count.h
 *		Counts of earlier activities as variables: vars.buyers_count.
 */
#ifndef CAMPAIGN_COUNT_H
#define CAMPAIGN_COUNT_H

#include "postgres.h"

#include "activity/activity.h"

/* The activities before this one, of CampaignActivity *, nearest first. */
extern List *campaign_activities_before(CampaignActivity *activity);
/*
 * Adds the counts of activities before this one to the scope's variables; flows
 * are what came out of them, NIL where nothing has been executed.
 */
extern void campaign_scope_count(CampaignScope *scope, List *flows);
/* True if the activity's options may mention such a count. */
extern bool campaign_scope_counts(const CampaignScope *scope);

#endif							/* CAMPAIGN_COUNT_H */
