/*
 * scalar.h
 *		Expressions over a run: its counts, its variables, any subquery.
 *
 * They are evaluated once, and not for each row.  They see "rows", the number
 * of rows that came in; activity.outcome, the number that came out there, of
 * the activities before this one; vars.name; and what subqueries find.
 */
#ifndef CAMPAIGN_SCALAR_H
#define CAMPAIGN_SCALAR_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/expression.h"

/* Parses such an expression. */
extern CampaignExpression *campaign_scalar_parse(const CampaignActivity *activity,
												 const char *text,
												 const char *what);
/* The one of an option; NULL if absent. */
extern CampaignExpression *campaign_scalar_option(const CampaignActivity *activity,
												  const char *name);
/* Those in a text with {{ expressions }}. */
extern List *campaign_scalar_message(const CampaignActivity *activity,
									 const char *name);
/* Appends " FROM ..." with what the expression sees; without a task, NULLs. */
extern void campaign_scalar_from(CampaignSelect *select,
								 const CampaignScope *scope,
								 const CampaignTask *task,
								 const CampaignExpression *expression);
/* True if the condition holds now. */
extern bool campaign_scalar_holds(const CampaignTask *task,
								  CampaignExpression *condition);
/* What an expression gives, as text or as that of a jsonb; NULL if it is NULL. */
extern char *campaign_scalar_value(const CampaignTask *task,
								   CampaignExpression *expression,
								   bool as_jsonb);
/* The instant an expression gives; an error if it gives none. */
extern TimestampTz campaign_scalar_time(const CampaignTask *task,
										CampaignExpression *expression);
/* The same of an option. */
extern TimestampTz campaign_scalar_instant(const CampaignTask *task,
										   const char *name);
/* The text of an option with the values of its expressions. */
extern char *campaign_scalar_render(const CampaignTask *task,
									const char *name);

#endif							/* CAMPAIGN_SCALAR_H */
