/*
 * update_plan.h
 *		What an activity is to change in a table of the owner's.
 */
#ifndef CAMPAIGN_UPDATE_PLAN_H
#define CAMPAIGN_UPDATE_PLAN_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/expression.h"
#include "set/select.h"

typedef enum CampaignUpdateOperation
{
	CAMPAIGN_UPDATE_INSERT,
	CAMPAIGN_UPDATE_UPDATE,
	CAMPAIGN_UPDATE_UPSERT,
	CAMPAIGN_UPDATE_DELETE
} CampaignUpdateOperation;

/* A column of the table. */
typedef struct CampaignUpdateColumn
{
	CampaignColumn column;
	bool		generated;		/* nobody gives it a value */
	bool		identity;		/* GENERATED ALWAYS AS IDENTITY */
	char	   *fallback;		/* its default, as an expression; or NULL */
} CampaignUpdateColumn;

/* A column that tells rows of the table apart. */
typedef struct CampaignUpdateKey
{
	CampaignUpdateColumn *column;
	CampaignExpression *expression; /* NULL: the row's own key ... */
	int			number;			/* ... its column of that number */
} CampaignUpdateKey;

/* A column that is set. */
typedef struct CampaignUpdateField
{
	CampaignUpdateColumn *column;
	CampaignExpression *value;
	CampaignExpression *condition;	/* NULL: always */
	bool		inserts;		/* taken for rows that are inserted */
	bool		updates;
} CampaignUpdateField;

typedef struct CampaignUpdate
{
	const CampaignScope *scope;
	CampaignUpdateOperation operation;
	Oid			relation;
	List	   *columns;		/* of CampaignUpdateColumn * */
	List	   *keys;			/* what tells rows apart; of CampaignUpdateKey * */
	List	   *fields;			/* what is set, in order; of CampaignUpdateField * */
	bool		unique;			/* at most one row has a key */
	bool		keep;			/* NULL leaves what is there */
} CampaignUpdate;

/* What becomes of a row: numbers that the select routes by. */
typedef enum CampaignVerdict
{
	CAMPAIGN_VERDICT_CHANGED,
	CAMPAIGN_VERDICT_SAME,
	CAMPAIGN_VERDICT_UNMATCHED,
	CAMPAIGN_VERDICT_REJECTED,
	CAMPAIGN_VERDICTS
} CampaignVerdict;

/* Reads the options; raises what is wrong with them. */
extern CampaignUpdate *campaign_update_read(const CampaignScope *scope);
/* Refuses values that the columns do not take. */
extern void campaign_update_check(const CampaignUpdate *change);
/* All expressions, and the table, of CampaignExpression *. */
extern List *campaign_update_expressions(const CampaignUpdate *change);
/* The columns that a row's change needs, of CampaignColumn *. */
extern List *campaign_update_columns(const CampaignUpdate *change);
/*
 * Writes the select: verdict, the population's columns; then, for a table with
 * its key and these columns, the key and the columns.  It is over the rows that
 * pass the sieve.
 */
extern void campaign_update_evaluate(const CampaignUpdate *change,
									 CampaignSelect *select,
									 const CampaignPopulation *population,
									 const struct CampaignSieve *sieve);
/* Writes the select that counts rows to be updated that change nothing. */
extern void campaign_update_same(const CampaignUpdate *change,
								 CampaignSelect *select,
								 const CampaignPopulation *work);
/* True if an update sets anything. */
extern bool campaign_update_updates(const CampaignUpdate *change);
/* Columns that a change is shown with: effect, before, after. */
extern List *campaign_update_shown(void);
/* Writes the select of what is to be changed in that table: key and these. */
extern void campaign_update_show(const CampaignUpdate *change,
								 CampaignSelect *select,
								 const CampaignPopulation *work);
/*
 * Writes the statements that change the rows of that table for which the
 * condition over w holds.
 */
extern void campaign_update_update(const CampaignUpdate *change,
								   CampaignSelect *select,
								   const CampaignPopulation *work,
								   const char *condition);
extern void campaign_update_insert(const CampaignUpdate *change,
								   CampaignSelect *select,
								   const CampaignPopulation *work,
								   const char *condition);
extern void campaign_update_delete(const CampaignUpdate *change,
								   CampaignSelect *select,
								   const CampaignPopulation *work,
								   const char *condition);

#endif							/* CAMPAIGN_UPDATE_PLAN_H */
