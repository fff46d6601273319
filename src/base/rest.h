/*
 * rest.h
 *		Who waits for a run hears when runs come to rest.
 */
#ifndef CAMPAIGN_REST_H
#define CAMPAIGN_REST_H

#include "postgres.h"

/* From _PG_init, while preloading: asks for memory. */
extern void campaign_rest_request(void);

/* Has whoever waits look when this transaction has committed. */
extern void campaign_rest_tell_at_commit(void);
/*
 * An executor that is at a task has its run not at rest: what it commits until
 * release is told then.
 */
extern void campaign_rest_hold(void);
extern void campaign_rest_release(void);
/* Has whoever waits look now; to be called without a lock. */
extern void campaign_rest_tell(void);

/*
 * For who waits: between the two he looks, and waits until he is told
 * something, or so long; nothing is missed that comes after begin.  An error
 * ends it, too.
 */
extern void campaign_rest_begin(void);
extern void campaign_rest_wait(long milliseconds);
extern void campaign_rest_end(void);

#endif							/* CAMPAIGN_REST_H */
