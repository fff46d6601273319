/*
 * run.h
 *		Executions of campaigns.
 */
#ifndef CAMPAIGN_RUN_H
#define CAMPAIGN_RUN_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "store/graph.h"

typedef struct CampaignRun
{
	int64		id;
	pg_uuid_t	uuid;
	int64		campaign_id;
	int64		version_id;
	char	   *state;
	char	   *home;
	int64		epoch;
	Jsonb	   *variables;
	Oid			owner;			/* resolved; InvalidOid if the role is gone */
	char	   *owner_name;
	char	   *campaign;		/* its name */
	bool		unreckoned;		/* variables wait for the values of queries */
	int64		parent_id;		/* the run that has started it; 0: none */
	char	   *parent_activity;
	int			depth;			/* how many runs are above it */
	bool		unheard;		/* it has ended, and that one is to be told */
	bool		test;			/* effects are counted, but nothing is written or
								 * sent */
	Jsonb	   *test_options;	/* how that is done; NULL if it is no test */
} CampaignRun;

/* How many of a run's tasks are in which state. */
typedef struct CampaignRunSummary
{
	int			pending;
	int			ready;
	int			waiting;
	int			failed;
} CampaignRunSummary;

/* This server and database, as text; a copy of it has another. */
extern const char *campaign_home(void);

/*
 * Adds a run of the campaign's live version, with a task per activity; of a
 * schedule's launch at that instant, if it is not 0.
 */
extern int64 campaign_run_create(const CampaignGraph *graph, int64 epoch,
								 const Jsonb *variables,
								 TimestampTz occurrence);
/* Adds a test run of the graph's version, which is a frozen one. */
extern int64 campaign_run_create_test(const CampaignGraph *graph, int64 epoch,
									  const Jsonb *variables,
									  const Jsonb *options);
/* The campaign's test run, or 0. */
extern int64 campaign_run_test(int64 campaign_id);
/* Deletes the run and, by cascade, all that is recorded of it. */
extern void campaign_run_delete(int64 run_id);
/* Adds a run, in state missed, of a launch that did not take place. */
extern int64 campaign_run_create_missed(const CampaignRecord *record,
										int64 epoch, TimestampTz occurrence,
										const char *why);
/* True if there is a run for the launch, even one that was missed. */
extern bool campaign_run_launched(int64 campaign_id, TimestampTz occurrence);
/* The run, or NULL. */
extern CampaignRun *campaign_run_find(int64 run_id);
/* The run, if the current user acts for its owner; else 42704. */
extern CampaignRun *campaign_run_require(int64 run_id);
/* Sets those of these variables that have no value yet. */
extern void campaign_run_add_variables(int64 run_id, const Jsonb *values);
/* The same for whoever has that privilege on its campaign. */
extern CampaignRun *campaign_run_require_for(int64 run_id,
											 const char *privilege);
/* Lets a run whose messages were deleted make new ones, in that epoch. */
extern void campaign_run_revive(int64 run_id, int64 epoch);
/* Sets some of its variables, to values that were checked. */
extern void campaign_run_set_variables(int64 run_id, const Jsonb *values);
/*
 * Counts an error that the run goes on after; gives how many there have been
 * since a run of the campaign had none, or a person tried again.
 */
extern int	campaign_run_count_error(int64 run_id);
extern void campaign_run_forget_errors(int64 run_id);
/* Counts on from the campaign's last run, if that had errors. */
extern void campaign_run_inherit_errors(int64 run_id, int64 campaign_id);
/* True if this very transaction added the run. */
extern bool campaign_run_is_new(int64 run_id);
/* Locks the run until the end of the transaction; gives its state now. */
extern char *campaign_run_lock(int64 run_id);
/*
 * Keeps tasks of the run from being recorded until the end of the transaction,
 * where the transaction may lock anything.
 */
extern void campaign_run_freeze(int64 run_id);
/* Locks all that can still move in runs of the campaign, or in one of them. */
extern void campaign_run_lock_all(int64 campaign_id);
extern void campaign_run_lock_whole(int64 run_id);
extern void campaign_run_summary(int64 run_id, CampaignRunSummary *summary);
/* A run of the campaign, no test, that has not come to its end, or 0. */
extern int64 campaign_run_unfinished(int64 campaign_id);
/*
 * True if a run of the campaign was ever started; a missed one was not, and a
 * test is none.
 */
extern bool campaign_run_any(int64 campaign_id);
/* All runs started elsewhere are now at home here; gives their number. */
extern int64 campaign_run_adopt(void);

/* A run with something to do now. */
typedef struct CampaignDueRun
{
	int64		run_id;
	Oid			owner;			/* InvalidOid if the role is gone */
	char	   *owner_name;
	int			tasks;			/* how many of its tasks are due */
	int			late;			/* of these, since the time of the question */
} CampaignDueRun;

/* Runs at home here with due tasks, of CampaignDueRun *; late ones since then. */
extern List *campaign_run_due(TimestampTz now, TimestampTz late,
							  bool leftovers);
/* When the next task becomes due; 0 if none is waiting. */
extern TimestampTz campaign_run_next_due(TimestampTz now);
/* Of the given runs (int64 *), those that must not go on executing. */
extern List *campaign_run_halted(List *run_ids);

#endif							/* CAMPAIGN_RUN_H */
