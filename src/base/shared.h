/*
 * shared.h
 *		What the processes of one server tell each other.
 *
 * There only if the library is preloaded; everything that matters is in
 * tables, and nothing here survives a restart.
 */
#ifndef CAMPAIGN_SHARED_H
#define CAMPAIGN_SHARED_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "storage/latch.h"

/* After how many ms a task that is due gets an executor beside the run's first. */
#define CAMPAIGN_PATIENCE	20

/* An executor, from the moment its place is reserved. */
typedef struct CampaignExecutor
{
	int			slot;			/* its place, and */
	int64		ticket;			/* which of its holders this is; 0: free */
	Oid			database;
	Oid			owner;			/* as whom it is connected */
	int64		run_id;
	int			pid;			/* 0: has not begun */
	TimestampTz reserved_at;
	TimestampTz interrupted_at; /* when it was asked to stop; 0: was not */
	bool		worked;			/* has done something useful */
	bool		ended;			/* is gone; the scheduler has yet to see it */
	bool		failed;			/* ended by an error */
	bool		idle;			/* at no run; waits for another of its owner's */
	bool		dismissed;		/* is not to wait any longer */
	Latch	   *latch;			/* its own, while it is idle */
	char		activity[NAMEDATALEN];	/* empty: none */
	int64		rows;
	TimestampTz started_at;		/* of the activity; 0: none */
	double		expected;		/* rows the planner expects; 0: not known */
} CampaignExecutor;

/* From _PG_init, while preloading: asks for memory. */
extern void campaign_shared_request(void);
/* False if the library was not preloaded: no worker will do anything. */
extern bool campaign_shared_active(void);

/*
 * At commit of this transaction, wakes the scheduler of this database and
 * whoever waits for a run.
 */
extern void campaign_shared_wake_at_commit(void);

/* Has it look within CAMPAIGN_PATIENCE ms instead of at once. */
extern void campaign_shared_remind_at_commit(void);

/*
 * What this executor is at, for others to see: a run, an activity, and the
 * rows so far.  No-ops in a process that has no slot.
 */
extern void campaign_shared_progress_begin(int64 run_id, const char *activity);
extern void campaign_shared_progress_rows(int64 rows);
/* How many rows the planner expects of the statement that begins. */
extern void campaign_shared_progress_expect(double rows);
extern void campaign_shared_progress_end(void);

/*
 * The executors of this database that are at a run, or those that are at none,
 * copied: List of CampaignExecutor *.
 */
extern List *campaign_shared_executors(void);
extern List *campaign_shared_executors_idle(void);

/* For the launcher only. */
extern void campaign_shared_launcher_attach(void);
/* Has every database of the list looked at once. */
extern void campaign_shared_visit(List *databases);
/*
 * A database that needs a scheduler now, counted as an attempt to start one;
 * InvalidOid if there is none, and when to ask again.
 */
extern Oid	campaign_shared_next_database(TimestampTz *next);
/* No process could be had for it: the attempt does not count. */
extern void campaign_shared_next_postponed(Oid database);
/* The database does not exist, or nobody may connect to it. */
extern void campaign_shared_forget(Oid database);

/* For schedulers only.  False if the database has one already. */
extern bool campaign_shared_scheduler_attach(Oid database);
/* Before looking at tables; true if somebody has woken it since the last. */
extern bool campaign_shared_scheduler_begin(void);
/*
 * When it is to look at the latest, unless it is to sooner; true if that is all
 * it has been woken for.
 */
extern bool campaign_shared_scheduler_reminded(TimestampTz *until);
/* After a look that succeeded. */
extern void campaign_shared_scheduler_end(void);
/* Whether executors leave after a task, because others wait for a place. */
extern void campaign_shared_scheduler_contend(bool contended);
/*
 * When to look for what is old in this database, and when there will be some;
 * known from one scheduler to the next, 0 if there was none.
 */
extern void campaign_shared_clean_times(TimestampTz *clean_at,
										TimestampTz *old_at);
extern void campaign_shared_scheduler_cleaned(TimestampTz clean_at,
											  TimestampTz old_at);
/* Gives the database back, to be looked at then; false if woken meanwhile. */
extern bool campaign_shared_scheduler_leave(TimestampTz next_due);

/* A place for an executor; false if the server has no more. */
extern bool campaign_shared_executor_reserve(Oid owner, int64 run_id,
											 CampaignExecutor *executor);
extern void campaign_shared_executor_release(const CampaignExecutor *executor);
/*
 * Gives a run to an idle executor, which has another ticket then; false if it
 * has left.
 */
extern bool campaign_shared_executor_assign(CampaignExecutor *executor,
											int64 run_id);
/* Has an idle executor leave. */
extern void campaign_shared_executor_dismiss(const CampaignExecutor *executor);
/* Signals it if it is still there; the first time is remembered. */
extern void campaign_shared_executor_signal(const CampaignExecutor *executor,
											int signal);

/* True in an executor, whose end or rest wakes the scheduler. */
extern bool campaign_shared_executing(void);

/* For executors only.  False if the place was given away meanwhile. */
extern bool campaign_shared_executor_attach(int slot, int64 ticket);
/* Notes that it has done something useful; true if it is to leave now. */
extern bool campaign_shared_executor_worked(void);
/*
 * Notes that it is at no run any more, and may get another one; not if it has
 * done nothing useful.
 */
extern bool campaign_shared_executor_rest(void);
/*
 * True when it has been decided what becomes of an idle executor: the run it
 * got, or 0 if it has lost its place, which it does not wait for if leave.
 */
extern bool campaign_shared_executor_next(int64 *run_id, bool leave);

#endif							/* CAMPAIGN_SHARED_H */
