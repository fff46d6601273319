/*
 * condition.h
 *		Conditions written as JSON: rule trees.
 */
#ifndef CAMPAIGN_CONDITION_H
#define CAMPAIGN_CONDITION_H

#include "postgres.h"

#include "parser/parse_node.h"

#include "set/expression.h"
#include "set/variable.h"

/* True if the text is a rule tree and no SQL: it begins with a brace. */
extern bool campaign_condition_is_tree(const char *text);
/*
 * The rule tree as an expression in SQL, to be analyzed in that state.  Where
 * it has $n stands the n-th of its pieces.  Raises what is wrong with the
 * tree, naming the node.
 */
extern CampaignExpression *campaign_condition_compile(ParseState *pstate,
													  const CampaignExpression *rule,
													  const CampaignVariables *variables);
/* The path of the node that a position of its text belongs to. */
extern const char *campaign_condition_path(const CampaignExpression *compiled,
										   int position);
/* The same as text for people, with its expressions in it. */
extern char *campaign_condition_text(ParseState *pstate,
									 const CampaignExpression *expression,
									 const CampaignVariables *variables);

#endif							/* CAMPAIGN_CONDITION_H */
