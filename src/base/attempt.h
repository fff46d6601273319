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

#endif							/* CAMPAIGN_ATTEMPT_H */
