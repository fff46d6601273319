/*
 * rule.h
 *		Rows of campaign.rule: rules on how much people are sent.
 */
#ifndef CAMPAIGN_STORE_RULE_H
#define CAMPAIGN_STORE_RULE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct CampaignRule
{
	int64		id;
	char	   *name;
	char	   *kind;
	Jsonb	   *settings;
	char	   *search_path;
} CampaignRule;

/* Writes the row, replacing the current user's rule of that name. */
extern void campaign_rule_save(const CampaignRule *rule);
/* Deletes the owner's rule of that name; false if there is none. */
extern bool campaign_rule_forget(Oid owner, const char *name);
/* The owner's rules, of CampaignRule *, in the order they were declared in. */
extern List *campaign_rule_list(Oid owner);
/* Those copied into the version that have not been dropped since. */
extern List *campaign_rule_list_of_version(int64 version_id);
/* Rules of these names, and those that hold always, to be frozen. */
extern Jsonb *campaign_rule_freeze(Oid owner, List *names);
/*
 * Locks a rule until the end of the transaction, so that nobody else counts
 * by it; gives its settings now, NULL if it was dropped.
 */
extern Jsonb *campaign_rule_lock(int64 rule_id);

#endif							/* CAMPAIGN_STORE_RULE_H */
