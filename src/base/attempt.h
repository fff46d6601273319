/*
 * attempt.h
 *		Doing something that may fail without failing.
 */
#ifndef CAMPAIGN_ATTEMPT_H
#define CAMPAIGN_ATTEMPT_H

#include "postgres.h"

/*
 * Runs body(arg) in a subtransaction.  Gives NULL, or the error that undid
 * it, in the caller's memory context.  Whoever calls decides which errors are
 * meant: a cancel is an error like any other here.
 */
extern ErrorData *campaign_attempt(void (*body) (void *arg), void *arg);
/*
 * Runs body(arg) in a subtransaction and undoes what it has done to the
 * database, whether it failed, which is raised again, or not.  What it
 * allocates in the caller's memory context stays.
 */
extern void campaign_attempt_in_vain(void (*body) (void *arg), void *arg);
/* Fires the deferred triggers of what was changed so far. */
extern void campaign_fire_deferred_triggers(void);
/* True if the error may pass by itself: conflicts, resources, intervention. */
extern bool campaign_error_may_pass(const ErrorData *error);

#endif							/* CAMPAIGN_ATTEMPT_H */
