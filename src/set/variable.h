/*
 * variable.h
 *		Typed variables of a run, seen by expressions as vars.name.
 */
#ifndef CAMPAIGN_VARIABLE_H
#define CAMPAIGN_VARIABLE_H

#include "postgres.h"

#include "nodes/params.h"
#include "utils/jsonb.h"

#include "store/graph.h"

typedef struct CampaignVariables
{
	int			count;
	char	  **names;
	Oid		   *types;
	int32	   *typmods;
	ParamListInfo values;		/* NULL outside of a run */
	int64		run_id;			/* 0 outside of a run */
	bool		test;			/* that run is a test */
	CampaignGraph *graph;		/* whose links and filters are seen; NULL: the
								 * current user's */
} CampaignVariables;

/*
 * The settings with the types of variables named so that they are the same
 * ones under any search_path; what is stored has gone through this.
 */
extern Jsonb *campaign_variables_canonical(const Jsonb *settings);
/* From the campaign's setting "variables"; NULL settings give none. */
extern CampaignVariables *campaign_variables_declared(const Jsonb *settings);
/* The dimension whose keys the variable is declared to hold, or NULL. */
extern char *campaign_variable_key_of(const Jsonb *settings, const char *name);
/* Refuses unknown names and values that are none of their type. */
extern void campaign_variables_check(const Jsonb *settings,
									 const Jsonb *given);
/* Names of the variables that must be given, of char *. */
extern List *campaign_variables_required(const Jsonb *settings);
/*
 * The same, refuses to do without those that are required, fills in defaults,
 * and gives the jsonb to store with the run.  Variables that a query is to
 * give are not in it.
 */
extern Jsonb *campaign_variables_bind(const Jsonb *settings, const Jsonb *given);
/*
 * The same for values that have been checked: it reads none of them, so no
 * code of a type runs.
 */
extern Jsonb *campaign_variables_fill(const Jsonb *settings, const Jsonb *given);
/* The variables of a run, from what one of these two gave. */
extern CampaignVariables *campaign_variables_of_run(const Jsonb *settings,
													const Jsonb *values);
/* The same, seen by expressions of the graph. */
extern CampaignVariables *campaign_variables_within(const CampaignVariables *variables,
													CampaignGraph *graph);
/* Number of the variable, from 1; 0 if there is none of that name. */
extern int	campaign_variables_find(const CampaignVariables *variables,
									const char *name);

#endif							/* CAMPAIGN_VARIABLE_H */
