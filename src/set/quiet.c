/*
 * quiet.c
 *		Quiet hours: when nothing is sent, by the clock of whom it is sent to.
 *
 * A rule becomes sorted spans of minutes of a week, days of every year and
 * single days.  The end of a quiet time is looked for between two changes of
 * the zone's offset, where clocks go evenly; so it is exact also where it falls
 * into an hour that clocks skip or show twice.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "base/json.h"
#include "base/text.h"
#include "set/quiet.h"

#define MINUTES_PER_DAY		(HOURS_PER_DAY * MINS_PER_HOUR)
#define MINUTES_PER_WEEK	(DAYS_PER_WEEK * MINUTES_PER_DAY)
#define DAYS_PER_WEEK		7

/* Most windows and dates of a rule. */
#define MOST_WINDOWS	100
#define MOST_DATES		1000

#define RULE_HINT \
	"Write it as {\"weekly\": [{\"days\": [\"sat\", \"sun\"], \"from\": \"20:00\", \"until\": \"08:00\"}], \"dates\": [\"2026-12-25\", \"01-01\"]}."

/* Minutes of a week that begins with Sunday. */
typedef struct Span
{
	int			from;
	int			until;			/* not any more */
} Span;

struct CampaignQuiet
{
	int			nspans;
	Span	   *spans;			/* sorted, none touches another */
	bool		yearly[MONTHS_PER_YEAR + 1][32];	/* by month and day, from 1 */
	int			ndays;
	int		   *days;			/* Julian, sorted */
};

/* In the order of j2day. */
static const char *const day_names = "sun, mon, tue, wed, thu, fri, sat";

/* Refuses a part of a rule. */
static void
refuse_rule(const char *what, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s of quiet hours %s", what, problem),
			 errhint(RULE_HINT)));
}

/* The elements of an array member, which may be absent. */
static JsonbContainer *
array_member(const JsonbContainer *object, const char *name, int most)
{
	JsonbValue *value = campaign_object_member(object, name);

	if (value == NULL)
		return NULL;
	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data) ||
		JsonContainerSize(value->val.binary.data) == 0 ||
		JsonContainerSize(value->val.binary.data) > most)
		refuse_rule(psprintf("\"%s\"", name),
					psprintf("must be an array of 1 to %d elements", most));
	return value->val.binary.data;
}

/* -------------------------------- weekly -------------------------------- */

/* Exactly two digits as a number; -1 if they are not. */
static int
two_digits(const char *text)
{
	if (!isdigit((unsigned char) text[0]) || !isdigit((unsigned char) text[1]))
		return -1;
	return (text[0] - '0') * 10 + (text[1] - '0');
}

/* A time of day in minutes; 24:00 is one. */
static int
read_time(const JsonbContainer *window, const char *name, int fallback)
{
	JsonbValue *value = campaign_object_member(window, name);
	const char *text;
	int			hour = -1;
	int			minute = -1;

	if (value == NULL)
		return fallback;
	text = value->type == jbvString ? campaign_scalar_text(value) : "";
	if (strlen(text) == strlen("00:00") && text[2] == ':')
	{
		hour = two_digits(text);
		minute = two_digits(text + 3);
	}
	if (hour < 0 || minute < 0 || minute >= MINS_PER_HOUR ||
		hour * MINS_PER_HOUR + minute > MINUTES_PER_DAY)
		refuse_rule(psprintf("\"%s\"", name),
					"must be a time from 00:00 to 24:00");
	return hour * MINS_PER_HOUR + minute;
}

/* The number of a day of the week. */
static int
read_weekday(const JsonbValue *value)
{
	List	   *names = campaign_split_commas(day_names);
	char	   *text = campaign_scalar_text(value);
	ListCell   *cell;

	foreach(cell, names)
	{
		if (text != NULL && strcmp(lfirst(cell), text) == 0)
			return foreach_current_index(cell);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"days\" of quiet hours has an unrecognized day \"%s\"",
					text != NULL ? text : ""),
			 errhint("Days are %s.", day_names)));
	return 0;					/* keep the compiler quiet */
}

/* Adds a span; what goes beyond the week's end goes on at its beginning. */
static void
add_span(CampaignQuiet *quiet, int from, int until)
{
	quiet->spans[quiet->nspans].from = from;
	quiet->spans[quiet->nspans++].until = Min(until, MINUTES_PER_WEEK);
	if (until > MINUTES_PER_WEEK)
	{
		quiet->spans[quiet->nspans].from = 0;
		quiet->spans[quiet->nspans++].until = until - MINUTES_PER_WEEK;
	}
}

/* Adds a window, which begins on each of its days. */
static void
add_window(CampaignQuiet *quiet, const JsonbContainer *window)
{
	JsonbContainer *days;
	int			from;
	int			until;

	campaign_members_check(window, "window of quiet hours",
						   "days, from, until");
	days = array_member(window, "days", DAYS_PER_WEEK);
	from = read_time(window, "from", 0);
	until = read_time(window, "until", MINUTES_PER_DAY);
	if (from == until)
		refuse_rule("\"from\"", "must not be \"until\"");
	if (until < from)
		until += MINUTES_PER_DAY;
	for (int i = 0; i < (days ? JsonContainerSize(days) : DAYS_PER_WEEK); i++)
	{
		int			day = days == NULL ? i :
			read_weekday(getIthJsonbValueFromContainer(days, i));

		add_span(quiet, day * MINUTES_PER_DAY + from,
				 day * MINUTES_PER_DAY + until);
	}
}

/* For qsort. */
static int
compare_spans(const void *a, const void *b)
{
	return ((const Span *) a)->from - ((const Span *) b)->from;
}

/* Sorts the spans and makes one of those that touch. */
static void
merge_spans(CampaignQuiet *quiet)
{
	int			last = 0;

	qsort(quiet->spans, quiet->nspans, sizeof(Span), compare_spans);
	for (int i = 1; i < quiet->nspans; i++)
	{
		if (quiet->spans[i].from > quiet->spans[last].until)
			quiet->spans[++last] = quiet->spans[i];
		else
			quiet->spans[last].until = Max(quiet->spans[last].until,
										   quiet->spans[i].until);
	}
	quiet->nspans = last + 1;
	if (quiet->spans[0].until - quiet->spans[0].from == MINUTES_PER_WEEK)
		refuse_rule("\"weekly\"", "leaves no time");
}

/* Reads the windows of a week. */
static void
read_weekly(CampaignQuiet *quiet, JsonbContainer *windows)
{
	/* Each of them may begin on seven days, and be cut at the week's end. */
	quiet->spans = palloc(sizeof(Span) * JsonContainerSize(windows) *
						  (DAYS_PER_WEEK + 1) * 2);
	for (uint32 i = 0; i < JsonContainerSize(windows); i++)
	{
		JsonbValue *window = getIthJsonbValueFromContainer(windows, i);

		if (window->type != jbvBinary ||
			!JsonContainerIsObject(window->val.binary.data))
			refuse_rule("\"weekly\"", "must be an array of objects");
		add_window(quiet, window->val.binary.data);
	}
	merge_spans(quiet);
}

/* --------------------------------- dates -------------------------------- */

/* True if there is such a day; a year of 0 is any. */
static bool
is_day(int year, int month, int day)
{
	return month >= 1 && month <= MONTHS_PER_YEAR && day >= 1 &&
		day <= day_tab[year == 0 || isleap(year)][month - 1];
}

/* Reads a date of one year, or of every year. */
static void
read_date(CampaignQuiet *quiet, const char *text)
{
	size_t		length = strlen(text);
	bool		every = length == strlen("12-25");
	const char *rest = every ? text : text + strlen("2026-");
	int			year = 0;
	int			month = -1;
	int			day = -1;

	if (!every && length == strlen("2026-12-25") && text[4] == '-' &&
		two_digits(text) >= 0 && two_digits(text + 2) >= 0)
		year = two_digits(text) * 100 + two_digits(text + 2);
	if ((every || year > 0) && rest[2] == '-')
	{
		month = two_digits(rest);
		day = two_digits(rest + 3);
	}
	if (!is_day(year, month, day))
		refuse_rule("\"dates\"", psprintf("has no valid date: \"%s\"", text));
	if (every)
		quiet->yearly[month][day] = true;
	else
		quiet->days[quiet->ndays++] = date2j(year, month, day);
}

/* Refuses a rule under which a whole year is quiet, and so each of them. */
static void
check_yearly(const CampaignQuiet *quiet)
{
	for (int month = 1; month <= MONTHS_PER_YEAR; month++)
	{
		for (int day = 1; day <= day_tab[0][month - 1]; day++)
		{
			if (!quiet->yearly[month][day])
				return;
		}
	}
	refuse_rule("\"dates\"", "leaves no time");
}

/* For qsort and bsearch. */
static int
compare_days(const void *a, const void *b)
{
	return *(const int *) a - *(const int *) b;
}

/* Reads the dates. */
static void
read_dates(CampaignQuiet *quiet, JsonbContainer *dates)
{
	quiet->days = palloc(sizeof(int) * JsonContainerSize(dates));
	for (uint32 i = 0; i < JsonContainerSize(dates); i++)
	{
		char	   *text = campaign_scalar_text(getIthJsonbValueFromContainer(dates,
																			  i));

		read_date(quiet, text != NULL ? text : "");
	}
	qsort(quiet->days, quiet->ndays, sizeof(int), compare_days);
	check_yearly(quiet);
}

/* Reads a rule. */
CampaignQuiet *
campaign_quiet_parse(const Jsonb *rule)
{
	CampaignQuiet *quiet = palloc0(sizeof(CampaignQuiet));
	JsonbContainer *weekly;
	JsonbContainer *dates;

	if (!JB_ROOT_IS_OBJECT(rule))
		refuse_rule("the rule", "must be a JSON object");
	campaign_members_check(&rule->root, "rule of quiet hours",
						   "weekly, dates");
	weekly = array_member(&rule->root, "weekly", MOST_WINDOWS);
	dates = array_member(&rule->root, "dates", MOST_DATES);
	if (weekly == NULL && dates == NULL)
		refuse_rule("the rule", "needs \"weekly\" or \"dates\"");
	if (weekly != NULL)
		read_weekly(quiet, weekly);
	if (dates != NULL)
		read_dates(quiet, dates);
	return quiet;
}

/* ------------------------------- applying ------------------------------- */

/* The greatest multiple of the unit that is not greater. */
static int64
floor_to(int64 value, int64 unit)
{
	int64		rest = value % unit;

	return value - (rest < 0 ? rest + unit : rest);
}

/* True if the whole day is quiet by its date. */
static bool
is_quiet_day(const CampaignQuiet *quiet, int julian)
{
	int			year;
	int			month;
	int			day;

	j2date(julian, &year, &month, &day);
	return quiet->yearly[month][day] ||
		(quiet->ndays > 0 &&
		 bsearch(&julian, quiet->days, quiet->ndays, sizeof(int),
				 compare_days) != NULL);
}

/*
 * What clocks show when a quiet time ends that they are in; the same time, if
 * they are in none.  Another one may begin there.
 */
static Timestamp
quiet_end(const CampaignQuiet *quiet, Timestamp local)
{
	Timestamp	midnight = floor_to(local, USECS_PER_DAY);
	int			julian = (int) (midnight / USECS_PER_DAY) + POSTGRES_EPOCH_JDATE;
	int64		week = midnight - j2day(julian) * USECS_PER_DAY;

	if (is_quiet_day(quiet, julian))
		return midnight + USECS_PER_DAY;
	for (int i = 0; i < quiet->nspans; i++)
	{
		Timestamp	until = week + quiet->spans[i].until * USECS_PER_MINUTE;

		if (local < week + quiet->spans[i].from * USECS_PER_MINUTE)
			return local;
		if (local < until)
			return until;
	}
	return local;
}

/*
 * How far clocks of the zone are ahead of UTC then, in microseconds, and until
 * when; DT_NOEND: for ever.
 */
static int64
zone_offset(pg_tz *zone, TimestampTz at, TimestampTz *until)
{
	const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	pg_time_t	seconds = floor_to(at, USECS_PER_SEC) / USECS_PER_SEC + epoch;
	pg_time_t	boundary;
	long		before;
	long		after;
	int			before_dst;
	int			after_dst;
	int			found = pg_next_dst_boundary(&seconds, &before, &before_dst,
											 &boundary, &after, &after_dst,
											 zone);

	if (found < 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	*until = found == 0 ? DT_NOEND : (boundary - epoch) * USECS_PER_SEC;
	return before * USECS_PER_SEC;
}

/* The first instant from then on that is not quiet in the zone. */
TimestampTz
campaign_quiet_apply(const CampaignQuiet *quiet, TimestampTz at, pg_tz *zone)
{
	TimestampTz changes;
	Timestamp	local;
	Timestamp	end;
	int64		offset;

	if (TIMESTAMP_NOT_FINITE(at))
		return at;
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		offset = zone_offset(zone, at, &changes);
		local = at + offset;
		end = quiet_end(quiet, local);
		if (end == local)
			return at;
		at = Min(end - offset, changes);
		if (!IS_VALID_TIMESTAMP(at))
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("timestamp out of range")));
	}
}
