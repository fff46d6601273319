/*
 * reckon.h
 *		Variables whose values a query gives when a run starts.
 */
#ifndef CAMPAIGN_RECKON_H
#define CAMPAIGN_RECKON_H

#include "postgres.h"

#include "nodes/parsenodes.h"
#include "utils/jsonb.h"

/* Names of the variables with a query that have no value yet, of char *. */
extern List *campaign_reckon_missing(const Jsonb *settings,
									 const Jsonb *values);
/* Analyzes the query of a variable; raises what is wrong with it. */
extern Query *campaign_reckon_check(const Jsonb *settings, const char *name);
/*
 * Evaluates the queries of those variables, as the current user; gives their
 * values.
 */
extern Jsonb *campaign_reckon(const Jsonb *settings, const Jsonb *values);

#endif							/* CAMPAIGN_RECKON_H */
