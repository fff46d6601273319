/*
 * expression.h
 *		The gate for conditions and values that users write in SQL.
 */
#ifndef CAMPAIGN_EXPRESSION_H
#define CAMPAIGN_EXPRESSION_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "utils/jsonb.h"

typedef struct CampaignExpression
{
	const char *text;
	const char *what;			/* what it is, for messages: option "filter" */
	const char *shape;			/* what its text must be, for messages */
	const char *search_path;	/* under which its names are looked up */
	Node	   *tree;			/* raw parse tree of the one expression; NULL: a
								 * rule */
	const char *order;			/* of an ordering's item: DESC NULLS LAST */
	/* set by the caller: */
	bool		condition;		/* must be boolean */
	bool		collection;		/* must be jsonb, json or an array */
	bool		sortable;		/* its type must have an order */
	bool		aggregate;		/* over all rows of the item beside */
	bool		grouped;		/* over a group of rows: may be an aggregate */
	const char *beside;			/* a further item of FROM, or NULL */
	bool		apart;			/* over what is beside, not over the row */
	bool		scalar;			/* over the run, not over a row */
	bool		instant;		/* must be a time */
	const char *alone;			/* the item it is over, by alias; NULL: all */
	/*
	 * The text is a rule tree; it becomes SQL when it is analyzed, where one
	 * knows which rows it is about.
	 */
	bool		rule;
	const Jsonb *parameters;	/* of the rule: name -> value; or NULL */
	bool		lenient;		/* those without a value are NULL */
	char	  **shown;			/* where its SQL for people goes; or NULL */
	List	   *pieces;			/* what $n is in its SQL */
	List	   *places;			/* of its nodes, for errors */
	/* not an expression but a SELECT, whose rows are an item of FROM */
	bool		rows;
} CampaignExpression;

/* Parses text alone; refuses whatever is not exactly one expression. */
extern CampaignExpression *campaign_expression_parse(const char *text,
													 const char *what,
													 const char *search_path);
/* Parses text alone as expressions with commas between; at least one. */
extern List *campaign_expression_parse_list(const char *text, const char *what,
											const char *search_path);
/*
 * Parses text alone as what may follow ORDER BY; sets order and sortable.
 * NULLs come last unless the text says NULLS FIRST.
 */
extern List *campaign_expression_parse_order(const char *text,
											 const char *what,
											 const char *search_path);
/*
 * Parses text alone as one SELECT that only reads; sets rows.  The name of a
 * table will do for all its rows.
 */
extern CampaignExpression *campaign_expression_parse_rows(const char *text,
														  const char *what,
														  const char *search_path);
/*
 * Parses text alone as one statement: INSERT, UPDATE, DELETE or MERGE, or a
 * SELECT for what its functions do.  Sets rows.
 */
extern CampaignExpression *campaign_expression_parse_effect(const char *text,
															const char *what,
															const char *search_path);
/*
 * Has a name in FROM of such a statement stand for a query of ours, whose text
 * names everything with its schema: "source.outcome", and if it is the only
 * one of its source, or the one meant by it, "source" alone.
 */
extern void campaign_expression_name_rows(CampaignExpression *rows,
										  const char *source,
										  const char *outcome, bool alone,
										  const char *query);

/*
 * Identities (texts, sorted, unique) of the relations, functions, operators
 * and types an analyzed query refers to outside the server's own.
 */
extern List *campaign_query_objects(Query *query);
/* Functions in the query that the role may not execute, as text. */
extern List *campaign_query_forbidden(Query *query, Oid role);

#endif							/* CAMPAIGN_EXPRESSION_H */
