/*
 * rule.h
 *		Rules that hold for a delivery: which they are, and what they exclude.
 */
#ifndef CAMPAIGN_ACTIVITY_RULE_H
#define CAMPAIGN_ACTIVITY_RULE_H

#include "postgres.h"

#include "activity/activity.h"
#include "queue/contact.h"
#include "set/select.h"
#include "store/rule.h"

/* Refuses a kind of rule that there is not, and settings it does not take. */
extern void campaign_rule_check(const char *kind, const Jsonb *settings);
/* The expression a rule counts by, parsed; NULL if it counts people. */
extern CampaignExpression *campaign_rule_expression(const CampaignRule *rule);
/* What a rule's messages are counted in. */
extern CampaignPeriod campaign_rule_period(const Jsonb *settings);
/* A whole number among a rule's settings. */
extern int64 campaign_rule_number(const Jsonb *settings, const char *name);

/* Names of the rules an activity names, of char *. */
extern List *campaign_rule_names(const CampaignActivity *activity);
/*
 * The rules that hold for a delivery, of CampaignRule *: those it names and,
 * if it is marketing, those that hold always; in the order they are applied in.
 */
extern List *campaign_rules_of(const CampaignScope *scope);
/*
 * When nothing is sent, by the rules of quiet hours among them; NULL: there are
 * none.  As campaign_quiet_parse reads it.
 */
extern Jsonb *campaign_rules_quiet(const CampaignScope *scope);
/* Refuses names of rules that are not there or do not hold for the channel. */
extern void campaign_rules_check(const CampaignScope *scope);

/* What rules make of a delivery's rows. */
typedef struct CampaignRuling CampaignRuling;

/* Appends the item of FROM that rules are applied to, aliased as the dimension. */
typedef void (*CampaignRowsAppender) (const CampaignRuling *ruling);

struct CampaignRuling
{
	const CampaignTask *task;
	CampaignSelect *select;
	const CampaignPopulation *population;
	const List *editions;		/* contents of the messages */
	CampaignRowsAppender rows;
	TimestampTz now;
	List	   *stages;			/* of RulingStage * */
	/* for the caller, as soon as it is open: */
	char	   *reason;			/* column: why the row gets no message */
	char	   *send_at;		/* expression: not before; NULL: no rule defers */
	char	   *subjects;		/* expression: who is counted */
	List	   *counting;		/* of CampaignCounting * */
};

/*
 * Finds the rules that hold and locks those that count, until the end of the
 * transaction.  Rows come with the column "campaign.reason", NULL for those
 * rules are for.
 */
extern CampaignRuling *campaign_ruling_open(const CampaignTask *task,
											TimestampTz now);
/* Appends the item of FROM with all rules applied. */
extern void campaign_ruling_append(CampaignRuling *ruling,
								   CampaignSelect *select,
								   const CampaignPopulation *population,
								   const List *editions,
								   CampaignRowsAppender rows);

#endif							/* CAMPAIGN_ACTIVITY_RULE_H */
