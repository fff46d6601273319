/*
 * difference.h
 *		What two versions of a campaign differ in.
 */
#ifndef CAMPAIGN_DIFFERENCE_H
#define CAMPAIGN_DIFFERENCE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* Something that one of two versions has, or has otherwise. */
typedef struct CampaignDifference
{
	char	   *part;			/* campaign, setting, activity, … */
	char	   *name;
	char	   *member;			/* of it; NULL: it as a whole */
	char	   *change;			/* added, removed or changed */
	Jsonb	   *before;			/* NULL: not there */
	Jsonb	   *after;
} CampaignDifference;

/* What a version is frozen with: definition, dimensions, rules. */
extern Jsonb *campaign_version_contents(int64 version_id);
/* The same of a draft, from what it would be frozen with. */
extern Jsonb *campaign_contents_of(const Jsonb *definition,
								   const Jsonb *dimensions,
								   const Jsonb *rules);
/* Compares two such documents; of CampaignDifference *. */
extern List *campaign_contents_compare(const Jsonb *before,
									   const Jsonb *after);

#endif							/* CAMPAIGN_DIFFERENCE_H */
