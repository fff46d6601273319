/*
 * observe.h
 *		Statements watched while they are planned, for explanations.
 */
#ifndef CAMPAIGN_OBSERVE_H
#define CAMPAIGN_OBSERVE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

/* A statement that was planned. */
typedef struct CampaignObserved
{
	char	   *sql;			/* as PostgreSQL writes it */
	double		cost;
	double		rows;
	char	   *advice;			/* NULL: none */
} CampaignObserved;

/*
 * Runs body(arg), in which selects are planned and not run: sinks write
 * nothing and their outlets have the numbers of rows the planner expects.
 */
extern void campaign_observe(void (*body) (void *arg), void *arg);
/* True within such a body. */
extern bool campaign_observing(void);
/* Lets the planner take the table, which is empty, for one of that size. */
extern void campaign_observe_size(Oid relation, double rows);
/* The size it is taken for; -1 if it is its own. */
extern double campaign_observe_size_of(Oid relation);
/* What was planned since the last call, of CampaignObserved *. */
extern List *campaign_observe_taken(void);

/* For select.c: the statement's text, and its plan. */
extern void campaign_observe_plan(const char *sql, const PlannedStmt *plan);
/* For sink.c: how many rows the last statement is expected to give. */
extern double campaign_observe_rows(void);

#endif							/* CAMPAIGN_OBSERVE_H */
