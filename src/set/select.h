/*
 * select.h
 *		A SELECT of ours with expressions of the owner's in it.
 *
 * The text is ours and names everything with its schema; where an expression
 * of the owner's belongs it has a placeholder $n.  The placeholder is replaced
 * by the expression's own parse tree during analysis, read under the
 * search_path it was defined with: text is never pasted into text.
 */
#ifndef CAMPAIGN_SELECT_H
#define CAMPAIGN_SELECT_H

#include "postgres.h"

#include "executor/tuptable.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"

#include "set/expression.h"
#include "set/target.h"
#include "set/variable.h"

typedef struct CampaignSelect
{
	StringInfoData text;		/* append to it freely */
	List	   *expressions;	/* of CampaignExpression *, $1 is the first */
	const CampaignVariables *variables; /* what vars.x means; may be NULL */
	const char *search_path;	/* in force while it is planned and run */
	List	   *counters;		/* of CampaignCounter *; they count while it runs */
	List	   *queries;		/* of Query *, see campaign_select_rows */
	Query	   *effect;			/* see campaign_select_effect; or NULL */
	bool		ordered;		/* its rows come in the order of an index, which
								 * is cheaper than to sort them in parallel */
	bool		answer;			/* it is run where others are only planned */
	bool		unkeyed;		/* rows of which a sink only counts how many
								 * there are may have NULLs for a key */
	const struct CampaignSample *sample;	/* which of its rows a sink gets;
											 * NULL: all */
} CampaignSelect;

/* Who takes the rows; embed it and cast. */
typedef struct CampaignReceiver CampaignReceiver;
struct CampaignReceiver
{
	/* before the first row; may be NULL */
	void		(*start) (CampaignReceiver *self, TupleDesc desc);
	/* once per row; memory allocated here is freed after the row */
	void		(*row) (CampaignReceiver *self, TupleTableSlot *slot);
	/*
	 * Set before start(): rows that are expected of a parallel plan, while which
	 * runs nothing can be taken; 0: there is none.
	 */
	double		ahead;
};

extern CampaignSelect *campaign_select_new(const CampaignVariables *variables,
										   const char *search_path);
/* Appends a placeholder for the expression to the text. */
extern void campaign_select_expression(CampaignSelect *select,
									   const CampaignExpression *expression);
/*
 * Analyzes a SELECT of the owner's alone; raises what is wrong with it.  Each
 * call gives a query of its own.
 */
extern Query *campaign_select_analyze_rows(const CampaignVariables *variables,
										   const CampaignExpression *rows);
/*
 * An item of FROM, without an alias, that has the query's columns and no row:
 * what expressions beside it are checked against.
 */
extern char *campaign_query_item(const Query *query);
/* The same for columns, of CampaignColumn *. */
extern char *campaign_columns_item(List *columns);
/* The item that has its rows; the query becomes part of the select. */
extern char *campaign_select_rows(CampaignSelect *select, Query *query);
/*
 * The name of an item that has what a statement of the owner's that changes
 * data returns; the text must begin with campaign_select_effect_with().  If it
 * returns nothing, it is the whole select, and the text is empty.
 */
extern char *campaign_select_effect(CampaignSelect *select, Query *query);
extern char *campaign_select_effect_with(const CampaignSelect *select);
/* The columns of a statement of the owner's, of TargetEntry *. */
extern List *campaign_query_columns(const Query *query);
/* Parses and analyzes; raises what is wrong with an expression. */
extern Query *campaign_select_analyze(CampaignSelect *select);
/*
 * Plans the statement, in parallel where that pays, and runs it as the
 * current user; gives the number of rows.  A receiver that writes must have
 * taken its XID and relations before, for none can be taken while it runs.
 */
extern uint64 campaign_select_run(CampaignSelect *select,
								  CampaignReceiver *receiver);

/* What the planner thinks it costs. */
extern double campaign_select_cost(CampaignSelect *select);
/*
 * What the subqueries in its expressions cost, each executed once; -1 if one
 * would not be, see campaign_subqueries_cost().
 */
extern double campaign_select_cost_subqueries(CampaignSelect *select);

#endif							/* CAMPAIGN_SELECT_H */
