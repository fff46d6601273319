/*
 * share.h
 *		What a split's option says: its outcomes, and how rows fall to them.
 */
#ifndef CAMPAIGN_SHARE_H
#define CAMPAIGN_SHARE_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/expression.h"

/* How many rows of one value an outcome takes. */
typedef struct CampaignQuota
{
	char	   *value;			/* of the grouping expression, as text */
	double		limit;			/* rows, or percent */
} CampaignQuota;

/* One of the outcomes as it was given. */
typedef struct CampaignShare
{
	char	   *name;
	char	   *code;			/* that its rows are stamped with */
	char	   *filter;			/* NULL: all rows */
	bool		limited;		/* it takes so many rows and not all */
	bool		percent;		/* the limit is a percentage, not a number */
	double		limit;			/* valid unless one of the next two is set */
	char	   *formula;		/* expression over the run that gives it */
	List	   *quotas;			/* of CampaignQuota *, a limit for each value */
	bool		segment;		/* the percentage is not of the input, but of
								 * the rows that could fall to it */
	char	   *by;				/* expressions; the limit is per group */
	char	   *sort_by;		/* ordering; NULL: drawn */
	bool		with_ties;		/* rows like the last one come too */
	bool		skip_empty;
} CampaignShare;

/* All of them. */
typedef struct CampaignShares
{
	List	   *list;			/* of CampaignShare *, in order */
	bool		exact;			/* percentages are counted, not drawn */
	bool		overlap;		/* a row falls to all outcomes that take it */
	bool		one_relation;	/* all have one outcome, "result" */
	char	   *column;			/* for the code; NULL: none */
} CampaignShares;

/* Reads the options; refuses what is wrong with them. */
extern CampaignShares *campaign_shares_read(const Jsonb *options);
/* Evaluates the formulas; refuses values that are no limits. */
extern void campaign_shares_resolve(CampaignShares *shares,
									const CampaignTask *task);
/* Refuses what only expressions can show. */
extern void campaign_shares_check(const CampaignScope *scope);
/* The outcome takes whatever comes. */
extern bool campaign_share_takes_rest(const CampaignShare *share);
/* Its percentage is a range of positions, for which nothing is counted. */
extern bool campaign_share_drawn(const CampaignShares *shares,
								 const CampaignShare *share);
/* Its limit counts rows. */
extern bool campaign_share_counted(const CampaignShares *shares,
								   const CampaignShare *share);
/* The last outcome takes the rest; else there is one more, "remainder". */
extern bool campaign_shares_whole(const CampaignShares *shares);

/* Parts of an outcome, parsed; NULL or NIL if it has none. */
extern CampaignExpression *campaign_share_filter(const CampaignActivity *activity,
												 const CampaignShare *share);
extern List *campaign_share_by(const CampaignActivity *activity,
							   const CampaignShare *share);
extern List *campaign_share_order(const CampaignActivity *activity,
								  const CampaignShare *share);
/* All expressions of all outcomes. */
extern List *campaign_shares_expressions(const CampaignScope *scope);

/*
 * True if the rows that an outcome takes need no rank: then the sink counts
 * them, in the order that all outcomes have in common.
 */
extern bool campaign_split_streams(const CampaignShares *shares);
/*
 * How many rows an outcome takes at most, if that does not depend on the rows;
 * -1: all it gets.  *before is the sum of the percentages of those before it.
 */
extern int64 campaign_split_capacity(const CampaignShares *shares,
									 const CampaignShare *share, int64 rows,
									 double *before);
/*
 * True if a capacity depends on the rows; of an outcome that needs a rank, it
 * cannot be told later.
 */
extern bool campaign_split_sized(const CampaignShares *shares);
/*
 * Where the range of positions begins that an outcome draws; it ends at *from,
 * which is where the one before it ended.
 */
extern double campaign_split_range(const CampaignShares *shares,
								   const CampaignShare *share, double *from);

#endif							/* CAMPAIGN_SHARE_H */
