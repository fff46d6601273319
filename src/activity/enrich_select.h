/*
 * enrich_select.h
 *		The statement of an enrich.
 */
#ifndef CAMPAIGN_ENRICH_SELECT_H
#define CAMPAIGN_ENRICH_SELECT_H

#include "postgres.h"

#include "activity/activity.h"
#include "activity/grouping.h"

/* Something that is joined to the rows. */
typedef struct CampaignEnrichLink
{
	char	   *name;			/* its alias in expressions */
	List	   *path;			/* of CampaignLink *; or NIL */
	char	   *relation;		/* a table; or NULL */
	char	   *transition;		/* an inbound transition; or NULL */
	CampaignExpression *condition;	/* NULL: the path has one */
	CampaignExpression *filter; /* or NULL */
	char	   *cardinality;	/* to be kept; or NULL */
	List	   *additions;		/* of CampaignAddition * */
	List	   *order;			/* of CampaignExpression * */
	int			number;			/* of lines; 0: the first row only */
	bool		aggregate;		/* columns are aggregates over all rows */
	CampaignGrouping *grouping; /* they can be before the join; or NULL */
	Oid			table;			/* that has them, unless by a transition */
	char	   *item;			/* of FROM, with its alias */
} CampaignEnrichLink;

/* What the select is made of. */
typedef struct CampaignEnrichPlan
{
	const CampaignTask *task;
	const CampaignPopulation *population;
	CampaignSelect *select;
	List	   *additions;		/* of CampaignAddition * */
	List	   *links;			/* of CampaignEnrichLink * */
	bool		grouped;		/* aggregate before the join where possible */
	bool		each;			/* linked rows are those of one row */
	const char *concerned;		/* rows of a stream that get values; NULL: all */
} CampaignEnrichPlan;

/* Appends the key under its hidden names, of an item of FROM. */
extern void campaign_enrich_append_key(CampaignEnrichPlan *plan,
									   const char *alias);
/* Appends " FROM row JOIN linked ON condition", or LEFT JOIN. */
extern void campaign_enrich_append_join(CampaignEnrichPlan *plan,
										const CampaignEnrichLink *link,
										const char *join);
/*
 * Decides in which order rows are joined and aggregated: as the planner finds
 * it cheaper.  Few rows are not worth the question.
 */
extern void campaign_enrich_choose(CampaignEnrichPlan *plan);
/* Writes the whole select: the population's columns, then the new ones. */
extern void campaign_enrich_build(CampaignEnrichPlan *plan);
/*
 * The stream with the columns of the plan, of CampaignColumn *, which come from
 * expressions and aggregates; NULL if it is better to write its rows first.  The
 * population of the plan is one that stands for it.
 */
extern CampaignPopulation *campaign_enrich_stream(CampaignEnrichPlan *plan,
												  const CampaignPopulation *stream,
												  List *columns);

/* --------------------- parts that both ways share ------------------------ */

/* Finds how the linked rows may be aggregated before the join, if they may. */
extern void campaign_enrich_find_grouping(const CampaignEnrichPlan *plan,
										  CampaignEnrichLink *link);
/* Appends the aggregates of a link, each after a comma. */
extern void campaign_enrich_append_sums(CampaignEnrichPlan *plan,
										const CampaignEnrichLink *link);
/* Appends the aggregates of the linked rows alone, per value of the key. */
extern void campaign_enrich_append_groups(CampaignEnrichPlan *plan,
										  const CampaignEnrichLink *link);
/*
 * Appends aggregate number j of link number i; over no rows it is what it is
 * over none: count is 0.
 */
extern void campaign_enrich_append_aggregate(CampaignEnrichPlan *plan,
											 const CampaignEnrichLink *link,
											 int i, int j);

#endif							/* CAMPAIGN_ENRICH_SELECT_H */
