/*
 * worker.h
 *		What launcher, schedulers and executors have in common.
 */
#ifndef CAMPAIGN_WORKER_H
#define CAMPAIGN_WORKER_H

#include "postgres.h"

#include "postmaster/bgworker.h"

/* What all of them have in common; the rest is the caller's to fill in. */
extern BackgroundWorker campaign_worker_describe(const char *type,
												 const char *function);
/* First thing in a worker's main function. */
extern void campaign_worker_begin(void);

/* Connects and sets what a worker needs, whatever role and database say. */
extern void campaign_worker_connect(Oid database, Oid role);

/*
 * Sets them again, as at the beginning; false if a new connection would have
 * other settings, because somebody has changed those of the role or database.
 */
extern bool campaign_worker_renew(void);

/* Waits for the latch or so many milliseconds; negative: without limit. */
extern void campaign_worker_wait(long timeout);
/* To be called between two units of work: signals, changed settings. */
extern void campaign_worker_check(void);

/* Transactions of a worker, with an active snapshot. */
extern void campaign_worker_begin_transaction(void);
extern void campaign_worker_commit(void);
extern void campaign_worker_abort(void);

/*
 * Between two transactions: rids the session of what an owner's functions have
 * left in it.
 */
extern void campaign_worker_discard(void);

/*
 * True if the extension is installed, of the library's version; it stays until
 * the transaction ends.
 */
extern bool campaign_worker_installed(void);
/* True if that was not so because its objects await ALTER EXTENSION UPDATE. */
extern bool campaign_worker_awaits_update(void);
/*
 * In PG_CATCH: rolls back and logs the error as a message.  False if the
 * extension is gone; then there is nothing left to do.
 */
extern bool campaign_worker_recover(MemoryContext context);

#endif							/* CAMPAIGN_WORKER_H */
