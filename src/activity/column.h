/*
 * column.h
 *		Columns that activities add to rows: names, expressions, types.
 */
#ifndef CAMPAIGN_COLUMN_H
#define CAMPAIGN_COLUMN_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/expression.h"

/* A column to be added. */
typedef struct CampaignAddition
{
	char	   *name;
	CampaignExpression *expression;
} CampaignAddition;

/*
 * Reads an object of names and expressions, of CampaignAddition *; NIL for
 * NULL.  owner says whose columns they are, for messages: " of link \"o\"".
 */
extern List *campaign_additions_read(const CampaignScope *scope,
									 Jsonb *object, const char *owner);
/* The list with the expressions of the additions added to it. */
extern List *campaign_additions_expressions(List *expressions,
											List *additions);
/* A column of that type, without the limits of where it came from. */
extern CampaignColumn *campaign_column_make(char *name, Oid type,
											Oid collation);
/* The column an expression becomes; refused if no table can hold it. */
extern CampaignColumn *campaign_addition_column(const CampaignScope *scope,
												const CampaignAddition *addition,
												char *name);
/* The columns of all of them. */
extern List *campaign_additions_columns(const CampaignScope *scope,
										List *additions);
/*
 * What follows an expression after ", CAST(" so that it is the column, and is
 * called "campaign.<number>".
 */
extern char *campaign_column_cast(const CampaignColumn *column, int number);
/*
 * Appends their expressions as columns of these types (CampaignColumn *), each
 * after a comma; they are called "campaign.<number>" from that number on.  With
 * a condition they are evaluated where that is true, and NULL elsewhere.
 */
extern void campaign_additions_append(CampaignSelect *select, List *additions,
									  List *columns, int first,
									  const char *condition);
/*
 * Refuses a name that no added column may have, one of the dimension's own
 * (char *), and one that is taken.
 */
extern void campaign_column_check_name(const char *name, List *own,
									   List *taken);
/* The same for all columns that are added to those of the scope's rows. */
extern void campaign_columns_check_names(const CampaignScope *scope,
										 List *columns);

#endif							/* CAMPAIGN_COLUMN_H */
