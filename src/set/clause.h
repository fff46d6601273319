/*
 * clause.h
 *		A rule tree on its way to SQL: what its parts share.
 */
#ifndef CAMPAIGN_CLAUSE_H
#define CAMPAIGN_CLAUSE_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "parser/parse_node.h"
#include "utils/jsonb.h"

#include "base/compat.h"
#include "set/expression.h"
#include "set/link.h"
#include "set/target.h"
#include "set/variable.h"

/* The row whose attributes a node names: that of the statement, or a linked one. */
typedef struct CampaignClauseRow
{
	const struct CampaignClauseRow *outer;
	const char *alias;			/* NULL: of the statement */
	Oid			relation;		/* whose columns it has, unless of the statement */
	const char *dimension;		/* at which links begin; NULL: at the relation */
} CampaignClauseRow;

/* A rule tree being written. */
typedef struct CampaignClause
{
	StringInfoData text;
	ParseState *pstate;			/* of the statement it becomes a part of */
	const CampaignExpression *expression;
	const CampaignVariables *variables; /* may be NULL */
	const Jsonb *parameters;	/* values of those named in it; may be NULL */
	const char *search_path;	/* of the expressions in it */
	bool		display;		/* for people: expressions are in the text */
	List	   *pieces;			/* else they are these, in place of $n */
	List	   *places;			/* where nodes begin, of CampaignClausePlace * */
	List	   *saved;			/* names of the saved filters it is in */
	int			aliases;		/* how many were given out */
	int			indent;
} CampaignClause;

/* A node's place in the text. */
typedef struct CampaignClausePlace
{
	int			offset;
	const char *path;
} CampaignClausePlace;

/* A value to be compared with. */
typedef struct CampaignClauseValue
{
	char	   *text;			/* as it is written */
	char	   *constant;		/* what it is, if it is known by now; or NULL */
} CampaignClauseValue;

/* ------------------------------ condition.c ------------------------------ */

/* Raises an error that names the node by its path. */
pg_noreturn extern void campaign_clause_refuse(int sqlstate, const char *path,
											   const char *problem,
											   const char *hint);
/* Writes a node, or its complement. */
extern void campaign_clause_node(CampaignClause *clause,
								 const CampaignClauseRow *row,
								 const JsonbValue *node, const char *path,
								 bool negated);
/* Writes an expression of the owner's in SQL, in parentheses. */
extern void campaign_clause_piece(CampaignClause *clause, const char *sql,
								  const char *path, bool condition);
/* Begins a line of its own, for people. */
extern void campaign_clause_line(CampaignClause *clause);

/* ----------------------------- comparison.c ------------------------------ */

/*
 * Writes "left operator value", or its complement; the operator and the value
 * are members of the node.  type is that of the left side, or InvalidOid.
 */
extern void campaign_clause_compare(CampaignClause *clause,
									const CampaignClauseRow *row,
									const JsonbContainer *node,
									const char *path, const char *left,
									Oid type, bool negated);
/*
 * The operator of a node without "not_", which is told apart; refuses what is
 * none.
 */
extern const char *campaign_clause_operator(const JsonbContainer *node,
											const char *path,
											const char *fallback,
											bool *negated);

/* -------------------------------- value.c -------------------------------- */

/* A value of a node, to be compared with something of the type. */
extern CampaignClauseValue campaign_clause_value(CampaignClause *clause,
												 const CampaignClauseRow *row,
												 const JsonbValue *value,
												 const char *path, Oid type);

/* ------------------------------ attribute.c ------------------------------ */

/* What a node's "attribute" names. */
typedef struct CampaignAttribute
{
	List	   *links;			/* on the way to it, of CampaignLink * */
	const char *item;			/* alias of an item of the statement's */
	char	   *column;
	Oid			type;			/* domains are replaced by their base type */
} CampaignAttribute;

/* The parts of a name: strings of an array, or between dots. */
extern List *campaign_clause_names(const JsonbValue *value, const char *path);
/* Finds it; refuses what is not there, and ways that lead to many rows. */
extern CampaignAttribute campaign_clause_attribute(CampaignClause *clause,
												   const CampaignClauseRow *row,
												   const JsonbValue *value,
												   const char *path);

/* The link of that name from the row; refused if there is none. */
extern CampaignLink *campaign_clause_require_link(const CampaignClause *clause,
												  const CampaignClauseRow *row,
												  const char *name,
												  const char *path);

/* ------------------------------- linked.c -------------------------------- */

/* The target of that name, or NULL: frozen with the graph, or as it is now. */
extern CampaignTarget *campaign_clause_target(const CampaignClause *clause,
											  const char *dimension);
/* Has what follows written apart, until campaign_clause_taken gives it. */
extern StringInfoData campaign_clause_apart(CampaignClause *clause);
extern char *campaign_clause_taken(CampaignClause *clause,
								   const StringInfoData *outer);
/* The link of that name from the row, or NULL. */
extern CampaignLink *campaign_clause_find_link(const CampaignClause *clause,
											   const CampaignClauseRow *row,
											   const char *name);
/* Names of the links from the row, of char *. */
extern List *campaign_clause_link_names(const CampaignClause *clause,
										const CampaignClauseRow *row);
/* Writes a comparison with an attribute of a row that the row leads to. */
extern void campaign_clause_direct(CampaignClause *clause,
								   const CampaignClauseRow *row,
								   const JsonbContainer *node,
								   const char *path,
								   const CampaignAttribute *attribute,
								   bool negated);
/* Such an attribute as a value. */
extern char *campaign_clause_linked_value(CampaignClause *clause,
										  const CampaignClauseRow *row,
										  const CampaignAttribute *attribute);
/* Writes a node that asks for linked rows, or for an aggregate over them. */
extern void campaign_clause_link(CampaignClause *clause,
								 const CampaignClauseRow *row,
								 const JsonbContainer *node, const char *path,
								 bool negated);
/*
 * Writes " FROM ..." of the rows that links lead to; gives the row at their
 * end, and the condition of the first link, which belongs into WHERE.
 */
extern CampaignClauseRow campaign_clause_from(CampaignClause *clause,
											  const CampaignClauseRow *row,
											  List *links, char **condition);
/*
 * The columns that the condition of a link sets equal, as pairs: of the row
 * it leads from, of the one it leads to; NIL if it says something else.
 */
extern List *campaign_clause_pairs(const CampaignLink *link);
/* The name under which links begin at the row. */
extern const char *campaign_clause_alias(const CampaignClause *clause,
										 const CampaignClauseRow *row);

/* ----------------------------- aggregate.c ------------------------------- */

/* Writes a comparison with an aggregate over the rows that links lead to. */
extern void campaign_clause_aggregate(CampaignClause *clause,
									  const CampaignClauseRow *row,
									  List *links,
									  const JsonbContainer *node,
									  const char *path, bool negated);

/* -------------------------------- saved.c -------------------------------- */

/* Writes a saved filter. */
extern void campaign_clause_saved(CampaignClause *clause,
								  const CampaignClauseRow *row,
								  const JsonbContainer *node,
								  const char *path, bool negated);

/* ------------------------------ reacted.c -------------------------------- */

/* Writes a condition on what people did with messages. */
extern void campaign_clause_feedback(CampaignClause *clause,
									 const CampaignClauseRow *row,
									 const JsonbContainer *node,
									 const char *path, bool negated);

#endif							/* CAMPAIGN_CLAUSE_H */
