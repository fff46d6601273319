/*
 * clock.h
 *		What time it is, for everything that becomes due.
 */
#ifndef CAMPAIGN_CLOCK_H
#define CAMPAIGN_CLOCK_H

#include "postgres.h"

#include "datatype/timestamp.h"

/* The wall clock, not the transaction's start: dueness must not be frozen. */
extern TimestampTz campaign_clock_now(void);
/* Milliseconds from now until then, 0 if it has passed, at most the limit. */
extern long campaign_clock_until(TimestampTz then, long limit);

/* The instant so much later; days and months by the session's time zone. */
extern TimestampTz campaign_clock_after(TimestampTz then,
										const Interval *span);

#endif							/* CAMPAIGN_CLOCK_H */
