/*
 * calendar.c
 *		When a schedule launches.
 *
 * A schedule says which days, by the calendar, and which times, by the clocks
 * of a zone; a launch is the instant that AT TIME ZONE gives for both.  Where
 * clocks are changed, instants need not come in the order of what clocks show,
 * and two may be one: so all of neighbouring days are looked at.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "set/calendar.h"
#include "set/zone.h"

/* Days that are looked at: nothing recurs less often. */
#define HORIZON			(100 * 366)
/* Clocks have been put back and forth by up to a day. */
#define NEIGHBOURS		2

/* How far changes of clocks are looked for around a launch. */
#define AROUND			(3 * USECS_PER_HOUR)

/* The day of a local time. */
static int
day_of(Timestamp local)
{
	int64		day = local / USECS_PER_DAY;

	if (local % USECS_PER_DAY < 0)
		day--;
	return (int) day + POSTGRES_EPOCH_JDATE;
}

/* The launch meant for a time of a day. */
static TimestampTz
launch_at(const CampaignCalendar *calendar, int day, int minutes)
{
	return campaign_zone_instant(calendar->zone,
								 (int64) (day - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY +
								 minutes * USECS_PER_MINUTE);
}

/* --------------------------------- days --------------------------------- */

/* Months since the beginning of the calendar. */
static int
month_number(int day)
{
	int			year;
	int			month;
	int			mday;

	j2date(day, &year, &month, &mday);
	return year * MONTHS_PER_YEAR + month;
}

/* True if the day of the month is the one that is meant. */
static bool
is_month_day(const CampaignMonthDay *meant, int day, int mday, int length)
{
	if (meant->number == CAMPAIGN_MONTH_DAY_EVERY)
		return meant->weekday < 0 || j2day(day) == meant->weekday;
	if (meant->weekday < 0)
		return mday == (meant->number == 0 ? length : meant->number);
	if (j2day(day) != meant->weekday)
		return false;
	if (meant->number == 0)
		return mday + 7 > length;
	return (mday - 1) / 7 + 1 == meant->number;
}

/* True if the month has launches, and on this day of it. */
static bool
is_day_of_month(const CampaignCalendar *calendar, int day)
{
	int			year;
	int			month;
	int			mday;

	j2date(day, &year, &month, &mday);
	if (!calendar->all_months && !calendar->months[month])
		return false;
	if ((month_number(day) - month_number(calendar->from)) % calendar->every != 0)
		return false;
	for (int i = 0; i < calendar->ndays; i++)
	{
		if (is_month_day(&calendar->days[i], day, mday,
						 day_tab[isleap(year)][month - 1]))
			return true;
	}
	return false;
}

/* The Monday of the day's week. */
static int
monday_of(int day)
{
	return day - (j2day(day) + 6) % 7;
}

/* True if there are launches on that day. */
static bool
is_day(const CampaignCalendar *calendar, int day)
{
	switch (calendar->frequency)
	{
		case CAMPAIGN_ONCE:
			return false;
		case CAMPAIGN_DAILY:
			return (day - calendar->from) % calendar->every == 0;
		case CAMPAIGN_WEEKLY:
			return calendar->weekdays[j2day(day)] &&
				(monday_of(day) - monday_of(calendar->from)) / 7 % calendar->every == 0;
		case CAMPAIGN_MONTHLY:
			return is_day_of_month(calendar, day);
	}
	return false;
}

/* ------------------------------- launches ------------------------------- */

/* The first launch meant for a day that comes after an instant. */
static TimestampTz
first_of_day(const CampaignCalendar *calendar, int day, TimestampTz after)
{
	TimestampTz first = DT_NOEND;

	for (int i = 0; i < calendar->ntimes; i++)
	{
		TimestampTz launch = launch_at(calendar, day, calendar->times[i]);

		if (launch > after)
			first = Min(first, launch);
	}
	return first;
}

/* The last launch meant for a day that does not come after an instant. */
static TimestampTz
last_of_day(const CampaignCalendar *calendar, int day, TimestampTz upto)
{
	TimestampTz last = DT_NOBEGIN;

	for (int i = 0; i < calendar->ntimes; i++)
	{
		TimestampTz launch = launch_at(calendar, day, calendar->times[i]);

		if (launch <= upto)
			last = Max(last, launch);
	}
	return last;
}

/* The first launch after an instant. */
TimestampTz
campaign_calendar_next(const CampaignCalendar *calendar, TimestampTz after)
{
	TimestampTz next = DT_NOEND;
	int			day;
	int			end;

	if (calendar->frequency == CAMPAIGN_ONCE)
		return calendar->instant > after ? calendar->instant : DT_NOEND;
	day = Max(day_of(campaign_zone_local(calendar->zone, after)) - NEIGHBOURS,
			  calendar->from);
	end = Min(calendar->until, day + HORIZON);
	for (; day <= end; day++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!is_day(calendar, day))
			continue;
		next = Min(next, first_of_day(calendar, day, after));
		if (next != DT_NOEND)
			end = Min(end, day_of(campaign_zone_local(calendar->zone, next)) + NEIGHBOURS);
	}
	return next;
}

/* The last launch not after an instant. */
TimestampTz
campaign_calendar_last(const CampaignCalendar *calendar, TimestampTz upto)
{
	TimestampTz last = DT_NOBEGIN;
	int			day;
	int			end;

	if (calendar->frequency == CAMPAIGN_ONCE)
		return calendar->instant <= upto ? calendar->instant : DT_NOBEGIN;
	day = Min(day_of(campaign_zone_local(calendar->zone, upto)) + NEIGHBOURS,
			  calendar->until);
	end = Max(calendar->from, day - HORIZON);
	for (; day >= end; day--)
	{
		CHECK_FOR_INTERRUPTS();
		if (!is_day(calendar, day))
			continue;
		last = Max(last, last_of_day(calendar, day, upto));
		if (last != DT_NOBEGIN)
			end = Max(end, day_of(campaign_zone_local(calendar->zone, last)) - NEIGHBOURS);
	}
	return last;
}

/* ---------------------------------- notes ------------------------------- */

/* The time of day in minutes. */
static char *
clock_text(Timestamp local)
{
	int			minutes = (int) ((local - (int64) (day_of(local) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY) / USECS_PER_MINUTE);

	return psprintf("%02d:%02d", minutes / MINS_PER_HOUR,
					minutes % MINS_PER_HOUR);
}

/* The time that clocks skip and this launch is meant for; else NULL. */
static char *
skipped_time(const CampaignCalendar *calendar, TimestampTz launch)
{
	Timestamp	shown = campaign_zone_local(calendar->zone, launch);
	int			today = day_of(shown);
	char	   *skipped = NULL;

	for (int day = today - 1; day <= today; day++)
	{
		if (day < calendar->from || day > calendar->until ||
			!is_day(calendar, day))
			continue;
		for (int i = 0; i < calendar->ntimes; i++)
		{
			Timestamp	meant = (int64) (day - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY +
				calendar->times[i] * USECS_PER_MINUTE;

			if (launch_at(calendar, day, calendar->times[i]) != launch)
				continue;
			if (meant == shown)
				return NULL;
			skipped = clock_text(meant);
		}
	}
	return skipped;
}

/* What is special about a launch. */
char *
campaign_calendar_note(const CampaignCalendar *calendar, TimestampTz launch)
{
	Timestamp	shown = campaign_zone_local(calendar->zone, launch);
	TimestampTz before = launch - AROUND;
	TimestampTz first;
	char	   *skipped;

	if (calendar->frequency == CAMPAIGN_ONCE)
		return NULL;
	skipped = skipped_time(calendar, launch);
	if (skipped != NULL)
		return psprintf("clocks skip %s", skipped);
	/* When they would show that, had they not been put back. */
	first = before + (shown - campaign_zone_local(calendar->zone, before));
	if (first < launch && campaign_zone_local(calendar->zone, first) == shown)
		return psprintf("clocks show %s twice, this is the second time",
						clock_text(shown));
	return NULL;
}
