/*
 * task.h
 *		Activities of a run, and what came out of them.
 */
#ifndef CAMPAIGN_TASK_H
#define CAMPAIGN_TASK_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "store/graph.h"

/* A task that was taken to be executed. */
typedef struct CampaignTaken
{
	char	   *activity;
	char	   *state;			/* ready, waiting, or succeeded: a follow-up */
	int			attempts;
	bool		hurried;		/* the time it waits for counts as come */
	TimestampTz started_at;		/* of its first execution; 0: this is it */
} CampaignTaken;

/* What came out of an outcome of a task, or goes into one. */
typedef struct CampaignFlow
{
	char	   *source;
	char	   *outcome;
	int64		rows;
	char	   *dimension;
	char	   *population;		/* table in campaign_data, or NULL */
	bool		active;			/* false: not to be followed */
	bool		kept;			/* its population outlasts the run */
	/* of what goes into a task: */
	bool		ended;			/* its source has come to its end */
	TimestampTz ended_at;
} CampaignFlow;

/* What a failed attempt left. */
typedef struct CampaignTaskError
{
	const char *sqlstate;
	const char *message;
	const char *detail;
	const char *hint;
} CampaignTaskError;

/* How many of the branches that lead to a task have come. */
typedef struct CampaignReadiness
{
	char	   *activity;
	char	   *state;			/* of the task */
	bool		complete;		/* all sources have ended */
	int			arrived;		/* outcomes that came and are to be followed */
} CampaignReadiness;

/*
 * Locks a due task that nobody else holds, or one that has succeeded and whose
 * follow-up is due; NULL if there is none.
 */
extern CampaignTaken *campaign_task_take(int64 run_id, TimestampTz now);
/*
 * The first task that is ready or waiting, whenever it is due, and none of
 * these (char *); NULL if there is none.
 */
extern CampaignTaken *campaign_task_take_any(int64 run_id, List *except);
/*
 * Between the two nobody else chooses tasks of the run: what is executed with
 * the first would be taken away by others, who only look for something to do.
 * An end of the transaction is one of that, too.
 */
extern void campaign_task_choose_begin(int64 run_id);
extern void campaign_task_choose_end(int64 run_id);
/*
 * Locks those tasks (char *), too, if all of them are due, none has been tried
 * before, and nobody else holds one; false if not, and some may be locked then.
 */
extern bool campaign_task_take_also(int64 run_id, List *activities,
									TimestampTz now);
/* True if a task of the run that has not ended is due. */
extern bool campaign_task_is_due(int64 run_id, TimestampTz now);
/* When a task has something to do after it has succeeded; 0: never again. */
extern void campaign_task_set_follow(int64 run_id, const char *activity,
									 TimestampTz follow_at, int attempts);
/*
 * No task of a stopped run is looked at again.  Whoever is at one does it when
 * he has ended, or who comes after him.
 */
extern void campaign_task_end_follows(int64 run_id);
/*
 * What flows into the activity, one for each of its transitions, in their
 * order; what has not come is not active.
 */
extern List *campaign_task_inbound(int64 run_id, int64 version_id,
								   const char *activity);
extern void campaign_flow_insert(int64 run_id, const CampaignFlow *flow);
/* Notes in which sets how many rows of a combination were. */
extern void campaign_task_record_overlaps(int64 run_id, const char *activity,
										  const Jsonb *overlaps);
/* Notes a failed attempt; not the state. */
extern void campaign_task_record_error(int64 run_id, const char *activity,
									   TimestampTz started_at,
									   const CampaignTaskError *error,
									   int attempts);
extern void campaign_task_set_due(int64 run_id, const char *activity,
								  TimestampTz due_at);
/*
 * Tells of tasks, by NOTIFY campaign and in the log, that take longer
 * than they may; of each once.
 */
extern void campaign_task_warn(TimestampTz now);
/* A waiting task is due now; false if there is none, or somebody holds it. */
extern bool campaign_task_wake(int64 run_id, const char *activity);
/*
 * What the task (NULL: any of the run) waits for counts as come; gives the
 * names of those that waited for a time, of char *.
 */
extern List *campaign_task_hurry(int64 run_id, const char *activity);
/* Of these activities, which may go on, of CampaignReadiness *. */
extern List *campaign_task_readiness(int64 run_id, int64 version_id,
									 List *activities);
/* Names of the run's tasks in that state that nobody is executing. */
extern List *campaign_task_names(int64 run_id, const char *state);
/* Of these (char *), those that no unfinished task of the run will read. */
extern List *campaign_flow_unneeded(int64 run_id, int64 version_id,
									List *populations);
/* A task as people see it. */
typedef struct CampaignTaskState
{
	char	   *activity;
	char	   *state;			/* "running" while an executor is at it */
	char	   *error;			/* of the last failed attempt, or NULL */
	char	   *sqlstate;
	char	   *detail;
	char	   *hint;
	TimestampTz started_at;		/* 0: not yet */
	TimestampTz ended_at;
	TimestampTz due_at;
	int			attempts;
	int64		rows_in;
} CampaignTaskState;

/* All tasks of a run, of CampaignTaskState *. */
extern List *campaign_task_states(int64 run_id);
/* Refuses an activity that the run does not have (42704). */
extern void campaign_task_require(int64 run_id, const char *activity);
/* All that came out of a run's tasks, of CampaignFlow *. */
extern List *campaign_flow_all(int64 run_id);
/* All populations of the run that still exist, of char *; not what is kept. */
extern List *campaign_flow_populations(int64 run_id);
/* Those of all runs of a campaign, its test among them or not. */
extern List *campaign_run_populations(int64 campaign_id, bool tests);
/* These of them are gone; the counts stay. */
extern void campaign_run_forget_populations(int64 campaign_id,
											List *populations);
extern void campaign_flow_forget(int64 run_id, const char *population);

#endif							/* CAMPAIGN_TASK_H */
