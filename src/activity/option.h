/*
 * option.h
 *		Options of activities: reading them and refusing wrong ones.
 */
#ifndef CAMPAIGN_OPTION_H
#define CAMPAIGN_OPTION_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "activity/activity.h"
#include "base/json.h"
#include "set/expression.h"

/* Reading options that were checked; absent ones give NULL, 0 or the fallback. */
extern char *campaign_option_text(const Jsonb *options, const char *name);
extern bool campaign_option_bool(const Jsonb *options, const char *name,
								 bool fallback);
extern Interval *campaign_option_interval(const Jsonb *options,
										  const char *name);
extern TimestampTz campaign_option_time(const Jsonb *options,
										const char *name);	/* 0: absent */
extern int64 campaign_option_count(const Jsonb *options, const char *name,
								   int64 fallback);
/* The elements of an array of objects, of JsonbContainer *; NIL if absent. */
extern List *campaign_option_objects(const Jsonb *options, const char *name);
/* An expression option, parsed; NULL if absent. */
extern CampaignExpression *campaign_option_expression(const CampaignActivity *activity,
													  const char *name);
/* True if the option is a part of messages, which a template may have. */
extern bool campaign_option_is_part(const CampaignOption *option);
/* The expressions of a list or of an ordering, parsed; NIL if absent. */
extern List *campaign_option_expressions(const CampaignActivity *activity,
										 const char *name);
/* True if a text, "activity" or "activity.outcome", names the transition. */
extern bool campaign_transition_named(const char *text, const char *source,
									  const char *outcome);

/*
 * Refuses options the kind does not have, values of the wrong type and
 * missing required ones, and gives the options with null members removed and
 * times written so that no setting changes them.
 */
extern Jsonb *campaign_options_check_shape(const CampaignKind *kind,
										   const Jsonb *options);
/*
 * Analyzes an expression over the scope's rows, as a condition or as a value.
 * Raises what is wrong; gives the query.
 */
extern Query *campaign_expression_check(const CampaignScope *scope,
										const CampaignExpression *expression);
/* True if evaluating it may do more than to give a value; NULL does nothing. */
extern bool campaign_expression_is_volatile(const CampaignScope *scope,
											const CampaignExpression *expression);
/*
 * What to write behind an expression of the scope's by which rows are grouped:
 * COLLATE "C" where that makes the same groups, for it sorts faster.
 */
extern const char *campaign_expression_collation(const CampaignScope *scope,
												 const CampaignExpression *expression);
/* All expressions of an activity, of CampaignExpression *. */
extern List *campaign_activity_expressions(const CampaignScope *scope);
/* Options as campaign_kinds() shows them. */
extern Jsonb *campaign_options_json(const CampaignOption *options, int count);

#endif							/* CAMPAIGN_OPTION_H */
