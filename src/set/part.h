/*
 * part.h
 *		The parts of a condition that have to be true together.
 */
#ifndef CAMPAIGN_PART_H
#define CAMPAIGN_PART_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "set/expression.h"

typedef struct CampaignPart
{
	char	   *text;			/* for people; of a rule with the node's path */
	CampaignExpression *expression;
} CampaignPart;

/*
 * Of SQL what stands between the outermost ANDs, of a rule its nodes as far as
 * all of them have to be true; a condition that is no such list is one part.
 * Of CampaignPart *.
 */
extern List *campaign_expression_parts(const CampaignExpression *whole);

#endif							/* CAMPAIGN_PART_H */
