/*
 * change.h
 *		Rows of one dimension become rows of another: what the kinds that do so
 *		have in common.
 */
#ifndef CAMPAIGN_CHANGE_H
#define CAMPAIGN_CHANGE_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/select.h"

/* What becomes of a row that leads to more than one. */
typedef enum CampaignChoice
{
	CAMPAIGN_CHOOSE_ALL,		/* all of them */
	CAMPAIGN_CHOOSE_FIRST,		/* the first one, as rows are sorted */
	CAMPAIGN_CHOOSE_NONE		/* none: it comes out by an outcome of its own */
} CampaignChoice;

/* Which rows a collection has. */
typedef enum CampaignCollect
{
	CAMPAIGN_COLLECT_ALL,
	CAMPAIGN_COLLECT_KEPT,
	CAMPAIGN_COLLECT_DROPPED
} CampaignCollect;

/* The outcomes, in this order; kinds give them names. */
enum
{
	CAMPAIGN_CHANGE_RESULT,		/* rows of the other dimension */
	CAMPAIGN_CHANGE_DROPPED,	/* those before it that are not kept */
	CAMPAIGN_CHANGE_LOST,		/* those that lead to none */
	CAMPAIGN_CHANGE_AMBIGUOUS	/* those that lead to several, if none may */
};

typedef struct CampaignChange CampaignChange;
struct CampaignChange
{
	const CampaignScope *scope;
	/*
	 * Appends the rows of the other dimension to FROM as what the rows before
	 * it are joined to: "(...) AS alias ON condition", with the key as
	 * "campaign.end.1" and so on.
	 */
	void		(*append) (const CampaignChange *change,
						   CampaignSelect *select);
	const void *arg;			/* of append() */
	CampaignChoice choice;
	bool		single;			/* rows are known to lead to one at most */
	int64		keep;			/* so many rows are kept for one */
	List	   *additions;		/* columns of the first of them, of
								 * CampaignAddition * */
	List	   *order;			/* which is first, of CampaignExpression * */
	char	   *collection;		/* name of a column with an array of them */
	List	   *lines;			/* what it has of each, of CampaignAddition * */
	CampaignCollect collect;
};

/* The columns of the result. */
extern List *campaign_change_columns(const CampaignChange *change);
/* All expressions but those of append(). */
extern List *campaign_change_expressions(const CampaignChange *change);
/* Refuses columns that the other dimension's rows cannot have. */
extern void campaign_change_check(const CampaignChange *change);
/* Writes the rows of all outcomes of the kind. */
extern void campaign_change_run(const CampaignChange *change,
								CampaignTask *task);

#endif							/* CAMPAIGN_CHANGE_H */
