/*
 * calendar_text.c
 *		Schedules in words.
 *
 * People read what they have made before it launches anything; so the words
 * say all that decides when.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "set/calendar.h"
#include "set/zone.h"

#define DAYS_PER_WEEK	7

static const char *const nth_names[] = {
	"last", "first", "second", "third", "fourth", "fifth"
};

/* Appends one of several with what belongs between them. */
static void
append_item(StringInfo words, int number, int count, const char *item)
{
	if (number > 0)
		appendStringInfoString(words, number == count - 1 ? " and " : ", ");
	appendStringInfoString(words, item);
}

/* 1st, 2nd, 3rd, 4th. */
static char *
ordinal(int number)
{
	const char *end = "th";

	if (number / 10 != 1)
		end = number % 10 == 1 ? "st" : number % 10 == 2 ? "nd" :
			number % 10 == 3 ? "rd" : "th";
	return psprintf("%d%s", number, end);
}

/* Every day, every 3 days. */
static void
append_every(StringInfo words, const CampaignCalendar *calendar,
			 const char *unit)
{
	if (calendar->every == 1)
		appendStringInfo(words, "every %s", unit);
	else
		appendStringInfo(words, "every %d %ss", calendar->every, unit);
}

/* Of a week, from Monday. */
static void
append_weekdays(StringInfo words, const CampaignCalendar *calendar)
{
	int			count = 0;
	int			number = 0;

	for (int i = 0; i < DAYS_PER_WEEK; i++)
		count += calendar->weekdays[i] ? 1 : 0;
	for (int i = 1; i <= DAYS_PER_WEEK; i++)
	{
		if (calendar->weekdays[i % DAYS_PER_WEEK])
			append_item(words, number++, count, days[i % DAYS_PER_WEEK]);
	}
}

/* Of a month, as they were given. */
static void
append_month_days(StringInfo words, const CampaignCalendar *calendar)
{
	for (int i = 0; i < calendar->ndays; i++)
	{
		const CampaignMonthDay *day = &calendar->days[i];

		append_item(words, i, calendar->ndays,
					day->number == CAMPAIGN_MONTH_DAY_EVERY ?
					psprintf("every %s", day->weekday < 0 ? "day" :
							 days[day->weekday]) :
					day->weekday >= 0 ?
					psprintf("the %s %s", nth_names[day->number],
							 days[day->weekday]) :
					day->number == 0 ? "the last day" :
					psprintf("the %s", ordinal(day->number)));
	}
}

/* The months, if not all of them. */
static void
append_months(StringInfo words, const CampaignCalendar *calendar)
{
	int			count = 0;
	int			number = 0;

	if (calendar->all_months)
		return;
	for (int i = 1; i <= MONTHS_PER_YEAR; i++)
		count += calendar->months[i] ? 1 : 0;
	appendStringInfoString(words, " in ");
	for (int i = 1; i <= MONTHS_PER_YEAR; i++)
	{
		if (calendar->months[i])
			append_item(words, number++, count, months[i - 1]);
	}
}

/* The days that have launches. */
static void
append_days(StringInfo words, const CampaignCalendar *calendar)
{
	switch (calendar->frequency)
	{
		case CAMPAIGN_ONCE:
			break;
		case CAMPAIGN_DAILY:
			append_every(words, calendar, "day");
			break;
		case CAMPAIGN_WEEKLY:
			if (calendar->every == 1)
				appendStringInfoString(words, "every ");
			else
				appendStringInfo(words, "every %d weeks on ",
								 calendar->every);
			append_weekdays(words, calendar);
			break;
		case CAMPAIGN_MONTHLY:
			appendStringInfoString(words, "on ");
			append_month_days(words, calendar);
			appendStringInfoString(words, " of ");
			append_every(words, calendar, "month");
			append_months(words, calendar);
			break;
	}
}

/* True if the times are many and at even distances. */
static bool
is_window(const CampaignCalendar *calendar)
{
	for (int i = 2; i < calendar->ntimes; i++)
	{
		if (calendar->times[i] - calendar->times[i - 1] !=
			calendar->times[1] - calendar->times[0])
			return false;
	}
	return calendar->ntimes > 3;
}

/* A time of day. */
static char *
time_text(int minutes)
{
	return psprintf("%02d:%02d", minutes / MINS_PER_HOUR,
					minutes % MINS_PER_HOUR);
}

/* The times of a day. */
static void
append_times(StringInfo words, const CampaignCalendar *calendar)
{
	if (is_window(calendar))
	{
		int			step = calendar->times[1] - calendar->times[0];

		appendStringInfo(words, ", every %s from %s until %s",
						 step == 1 ? "minute" : psprintf("%d minutes", step),
						 time_text(calendar->times[0]),
						 time_text(calendar->times[calendar->ntimes - 1]));
		return;
	}
	appendStringInfoString(words, " at ");
	for (int i = 0; i < calendar->ntimes; i++)
		append_item(words, i, calendar->ntimes,
					time_text(calendar->times[i]));
}

/* Appends a day that limits the schedule. */
static void
append_limit(StringInfo words, const char *word, int day, int open)
{
	int			year;
	int			month;
	int			mday;

	if (day == open)
		return;
	j2date(day, &year, &month, &mday);
	appendStringInfo(words, ", %s %04d-%02d-%02d", word, year, month, mday);
}

/* The schedule in words. */
char *
campaign_calendar_text(const CampaignCalendar *calendar)
{
	StringInfoData words;

	initStringInfo(&words);
	if (calendar->frequency == CAMPAIGN_ONCE)
	{
		appendStringInfo(&words, "once at %s", calendar->once);
		if (campaign_moment_of(calendar->once) == CAMPAIGN_MOMENT_LOCAL)
			appendStringInfo(&words, " in %s", calendar->zone_name);
		return words.data;
	}
	append_days(&words, calendar);
	append_times(&words, calendar);
	appendStringInfo(&words, " in %s", calendar->zone_name);
	append_limit(&words, "from", calendar->from, date2j(1, 1, 1));
	append_limit(&words, "until", calendar->until, date2j(9999, 12, 31));
	if (calendar->executions > 0)
		appendStringInfo(&words, ", %d times at most", calendar->executions);
	return words.data;
}

/* What clocks of the zone show at a launch. */
char *
campaign_calendar_local(const CampaignCalendar *calendar, TimestampTz launch)
{
	struct pg_tm tm;
	fsec_t		fsec;
	char	   *text;

	if (timestamp2tm(campaign_zone_local(calendar->zone, launch), NULL, &tm,
					 &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	text = psprintf("%.3s %04d-%02d-%02d %02d:%02d",
					days[j2day(date2j(tm.tm_year, tm.tm_mon, tm.tm_mday))],
					tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min);
	return tm.tm_sec == 0 ? text : psprintf("%s:%02d", text, tm.tm_sec);
}
