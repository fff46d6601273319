/*
 * clock.c
 *		What time it is, for everything that becomes due.
 *
 * Everything asks here, so that there is one place that says which clock
 * decides: the wall clock, because due times are instants that people chose.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/clock.h"

/*
 * Gives the time at this moment; within a transaction it moves on.
 */
TimestampTz
campaign_clock_now(void)
{
	return GetCurrentTimestamp();
}

/*
 * Gives the milliseconds until an instant, rounded up, so that whoever waits
 * for so long does not wake too early.  "infinity" gives the limit.
 */
long
campaign_clock_until(TimestampTz then, long limit)
{
	TimestampTz now = campaign_clock_now();

	if (then <= now)
		return 0;
	if (then - now >= limit * INT64CONST(1000))
		return limit;
	return (long) ((then - now + 999) / 1000);
}

/*
 * Gives the instant that is so much later; days and months are those of the
 * session's time zone.
 */
TimestampTz
campaign_clock_after(TimestampTz then, const Interval *span)
{
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(then),
												   IntervalPGetDatum(span)));
}
