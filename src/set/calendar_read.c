/*
 * calendar_read.c
 *		Schedules as JSON.
 *
 * Every frequency has its own members, and whatever else is there is refused:
 * a misspelt member would mean launches that nobody wanted.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/json.h"
#include "base/text.h"
#include "set/calendar.h"
#include "set/zone.h"

#define DAYS_PER_WEEK		7
#define MINUTES_PER_DAY		(HOURS_PER_DAY * MINS_PER_HOUR)
/* Largest values of members. */
#define MOST_EVERY			1000
#define MOST_EXECUTIONS		1000000
#define MOST_DAYS			50

#define SCHEDULE_HINT \
	"Write it as {\"frequency\": \"weekly\", \"days\": [\"mon\"], \"at\": \"09:00\", \"time_zone\": \"Europe/Berlin\"}."

/* What a schedule of a frequency may have. */
typedef struct Form
{
	const char *frequency;
	const char *members;
} Form;

#define COMMON_MEMBERS \
	"frequency, at, time_zone, overlap, missed, max_lateness, variables"
#define RECURRING_MEMBERS \
	COMMON_MEMBERS ", every, from, until, executions"

/* In the order of CampaignFrequency. */
static const Form forms[] = {
	{"once", COMMON_MEMBERS},
	{"daily", RECURRING_MEMBERS},
	{"weekly", RECURRING_MEMBERS ", days"},
	{"monthly", RECURRING_MEMBERS ", days, months"},
};

/* In the order of j2day. */
static const char *const day_names = "sun, mon, tue, wed, thu, fri, sat";
static const char *const ordinal_names = "last, first, second, third, fourth, fifth";

/* Refuses a member. */
static void
refuse(const char *member, const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" of a schedule %s", member, problem),
			 errhint("%s", hint)));
}

/* The number of a word in a list with commas; -1 if it is not there. */
static int
word_number(const char *words, const char *word)
{
	ListCell   *cell;

	foreach(cell, campaign_split_commas(words))
	{
		if (word != NULL && strcmp(lfirst(cell), word) == 0)
			return foreach_current_index(cell);
	}
	return -1;
}

/* A member that is one of some words. */
static int
read_word(const JsonbContainer *schedule, const char *member,
		  const char *words)
{
	JsonbValue *value = campaign_object_member(schedule, member);
	int			number;

	if (value == NULL)
		return 0;
	number = value->type == jbvString ?
		word_number(words, campaign_scalar_text(value)) : -1;
	if (number < 0)
		refuse(member, psprintf("must be one of %s", words), SCHEDULE_HINT);
	return number;
}

/* A whole number between limits; false if the value is none. */
static bool
is_number(const JsonbValue *value, int least, int most, int *number)
{
	bool		error = false;

	if (value->type != jbvNumeric)
		return false;
	*number = numeric_int4_opt_error(value->val.numeric, &error);
	return !error && *number >= least && *number <= most &&
		strchr(campaign_scalar_text(value), '.') == NULL;
}

/* A member that is a whole number from 1. */
static int
read_number(const JsonbContainer *schedule, const char *member, int most,
			int fallback)
{
	JsonbValue *value = campaign_object_member(schedule, member);
	int			number = fallback;

	if (value != NULL && !is_number(value, 1, most, &number))
		refuse(member, psprintf("must be a whole number from 1 to %d", most),
			   SCHEDULE_HINT);
	return number;
}

/* The elements of a member: those of an array, or the one value it is. */
static List *
read_elements(const JsonbContainer *schedule, const char *member, int most)
{
	JsonbValue *value = campaign_object_member(schedule, member);
	JsonbContainer *array;
	List	   *elements = NIL;

	if (value == NULL)
		return NIL;
	if (value->type != jbvBinary)
		return list_make1(value);
	array = value->val.binary.data;
	if (!JsonContainerIsArray(array) || JsonContainerSize(array) == 0 ||
		JsonContainerSize(array) > most)
		refuse(member, psprintf("must be an array of 1 to %d elements", most),
			   SCHEDULE_HINT);
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
		elements = lappend(elements, getIthJsonbValueFromContainer(array, i));
	return elements;
}

/* ---------------------------------- times ------------------------------- */

/* A time of day in minutes. */
static int
read_time(const JsonbValue *value, const char *member)
{
	const char *text = value != NULL && value->type == jbvString ?
		campaign_scalar_text(value) : "";
	int			hour = 0;
	int			minute = 0;
	int			length = 0;

	if (strlen(text) != strlen("09:00") ||
		strspn(text, "0123456789") != 2 || text[2] != ':' ||
		strspn(text + 3, "0123456789") != 2 ||
		sscanf(text, "%2d:%2d%n", &hour, &minute, &length) != 2 ||
		hour >= HOURS_PER_DAY || minute >= MINS_PER_HOUR)
		refuse(member, "must be times from 00:00 to 23:59",
			   "Write \"09:00\", [\"09:00\", \"17:30\"], or {\"from\": \"08:00\", \"until\": \"18:00\", \"every_minutes\": 30}.");
	return hour * MINS_PER_HOUR + minute;
}

/* For qsort. */
static int
compare_times(const void *a, const void *b)
{
	return *(const int *) a - *(const int *) b;
}

/* Times at even distances within a day. */
static void
read_window(CampaignCalendar *calendar, const JsonbContainer *window)
{
	int			from;
	int			until;
	int			step;

	campaign_members_check(window, "\"at\" of a schedule",
						   "from, until, every_minutes");
	from = read_time(campaign_object_member(window, "from"), "from");
	until = read_time(campaign_object_member(window, "until"), "until");
	step = read_number(window, "every_minutes", MINUTES_PER_DAY, 0);
	if (step == 0 || until < from)
		refuse("at", step == 0 ? "needs \"every_minutes\"" :
			   "must begin before it ends",
			   "Write {\"from\": \"08:00\", \"until\": \"18:00\", \"every_minutes\": 30}.");
	calendar->times = palloc(sizeof(int) * MINUTES_PER_DAY);
	for (int minute = from; minute <= until; minute += step)
		calendar->times[calendar->ntimes++] = minute;
}

/* The times of a recurring schedule, sorted, each once. */
static void
read_times(CampaignCalendar *calendar, const JsonbContainer *schedule)
{
	JsonbValue *value = campaign_object_member(schedule, "at");
	List	   *elements;
	ListCell   *cell;
	int			count = 0;

	if (value == NULL)
		refuse("at", "is missing", SCHEDULE_HINT);
	if (value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data))
	{
		read_window(calendar, value->val.binary.data);
		return;
	}
	elements = read_elements(schedule, "at", MINUTES_PER_DAY);
	calendar->times = palloc(sizeof(int) * list_length(elements));
	foreach(cell, elements)
		calendar->times[calendar->ntimes++] = read_time(lfirst(cell), "at");
	qsort(calendar->times, calendar->ntimes, sizeof(int), compare_times);
	for (int i = 0; i < calendar->ntimes; i++)
	{
		if (count == 0 || calendar->times[i] != calendar->times[count - 1])
			calendar->times[count++] = calendar->times[i];
	}
	calendar->ntimes = count;
}

/* The instant of a schedule that launches once. */
static void
read_once(CampaignCalendar *calendar, const JsonbContainer *schedule)
{
	JsonbValue *value = campaign_object_member(schedule, "at");
	char	   *text = value != NULL && value->type == jbvString ?
		campaign_scalar_text(value) : pstrdup("");

	calendar->once = text;
	switch (strlen(text) < strlen("2026-12-01 09:00") ? CAMPAIGN_MOMENT_NONE :
			campaign_moment_of(text))
	{
		case CAMPAIGN_MOMENT_NONE:
			refuse("at", "must be a date with a time",
				   "Write \"2026-12-01 09:00\" for what clocks of \"time_zone\" show, or \"2026-12-01 09:00+01\".");
			break;
		case CAMPAIGN_MOMENT_LOCAL:
			calendar->instant =
				campaign_zone_instant(calendar->zone,
									  DatumGetTimestamp(DirectFunctionCall3(timestamp_in,
																			CStringGetDatum(text),
																			ObjectIdGetDatum(InvalidOid),
																			Int32GetDatum(-1))));
			break;
		case CAMPAIGN_MOMENT_INSTANT:
			calendar->instant =
				DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
														CStringGetDatum(text),
														ObjectIdGetDatum(InvalidOid),
														Int32GetDatum(-1)));
			break;
	}
}

/* ---------------------------------- days -------------------------------- */

/* The days of a week. */
static void
read_weekdays(CampaignCalendar *calendar, const JsonbContainer *schedule)
{
	List	   *elements = read_elements(schedule, "days", DAYS_PER_WEEK);
	ListCell   *cell;

	if (elements == NIL)
		refuse("days", "is missing", SCHEDULE_HINT);
	foreach(cell, elements)
	{
		int			day = word_number(day_names,
									  campaign_scalar_text(lfirst(cell)));

		if (day < 0)
			refuse("days", psprintf("must be of %s", day_names),
				   SCHEDULE_HINT);
		calendar->weekdays[day] = true;
	}
}

/*
 * A day of a month: 15, "last", "second tue", "last fri", "every mon", "every
 * day"; false if none.
 */
static bool
read_month_day(const JsonbValue *value, CampaignMonthDay *day)
{
	char	   *text;
	char	   *space;

	day->weekday = -1;
	if (value->type != jbvString)
		return is_number(value, 1, 31, &day->number);
	text = campaign_scalar_text(value);
	space = strchr(text, ' ');
	if (space == NULL)
		return strcmp(text, "last") == 0;
	*space = '\0';
	if (strcmp(text, "every") == 0)
		day->number = CAMPAIGN_MONTH_DAY_EVERY;
	else if ((day->number = word_number(ordinal_names, text)) < 0)
		return false;
	if (day->number == CAMPAIGN_MONTH_DAY_EVERY &&
		strcmp(space + 1, "day") == 0)
		return true;
	day->weekday = word_number(day_names, space + 1);
	return day->weekday >= 0;
}

/* The days of a month. */
static void
read_month_days(CampaignCalendar *calendar, const JsonbContainer *schedule)
{
	List	   *elements = read_elements(schedule, "days", MOST_DAYS);
	ListCell   *cell;

	if (elements == NIL)
		refuse("days", "is missing",
			   "Write [1, 15, \"last\", \"second tue\", \"last fri\", \"every mon\"].");
	calendar->days = palloc0(sizeof(CampaignMonthDay) * list_length(elements));
	foreach(cell, elements)
	{
		if (!read_month_day(lfirst(cell), &calendar->days[calendar->ndays++]))
			refuse("days", "has no valid day of a month",
				   "Write [1, 15, \"last\", \"second tue\", \"last fri\", \"every mon\"].");
	}
}

/* The months that have launches. */
static void
read_months(CampaignCalendar *calendar, const JsonbContainer *schedule)
{
	List	   *elements = read_elements(schedule, "months", MONTHS_PER_YEAR);
	ListCell   *cell;

	calendar->all_months = elements == NIL;
	foreach(cell, elements)
	{
		int			month;

		if (!is_number(lfirst(cell), 1, MONTHS_PER_YEAR, &month))
			refuse("months", "must be numbers from 1 to 12", SCHEDULE_HINT);
		calendar->months[month] = true;
	}
}

/* A day of the calendar. */
static int
read_date(const JsonbContainer *schedule, const char *member, int fallback)
{
	JsonbValue *value = campaign_object_member(schedule, member);
	const char *text;
	int			year = 0;
	int			month = 0;
	int			day = 0;

	if (value == NULL)
		return fallback;
	text = value->type == jbvString ? campaign_scalar_text(value) : "";
	if (strlen(text) != strlen("2026-12-01") ||
		campaign_moment_of(text) != CAMPAIGN_MOMENT_LOCAL ||
		sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 ||
		year < 1 || month < 1 || month > MONTHS_PER_YEAR || day < 1 ||
		day > day_tab[isleap(year)][month - 1])
		refuse(member, "must be a date",
			   "Write \"2026-12-01\"; the day itself has launches.");
	return date2j(year, month, day);
}

/* ------------------------------- schedules ------------------------------ */

/* How late a launch may be. */
static int64
read_lateness(const JsonbContainer *schedule)
{
	JsonbValue *value = campaign_object_member(schedule, "max_lateness");
	Interval   *span;

	if (value == NULL)
		return -1;
	if (value->type != jbvString)
		refuse("max_lateness", "must be an interval",
			   "Write \"2 hours\".");
	span = DatumGetIntervalP(DirectFunctionCall3(interval_in,
												 CStringGetDatum(campaign_scalar_text(value)),
												 ObjectIdGetDatum(InvalidOid),
												 Int32GetDatum(-1)));
	if (span->month < 0 || span->month > 12 || span->day < 0 ||
		span->day > 366 || span->time < 0 || span->time > 366 * USECS_PER_DAY)
		refuse("max_lateness", "must be from nothing to a year",
			   "Write \"2 hours\".");
	return span->time +
		(span->day + (int64) span->month * DAYS_PER_MONTH) * USECS_PER_DAY;
}

/* What a recurring schedule has. */
static void
read_recurring(CampaignCalendar *calendar, const JsonbContainer *schedule)
{
	read_times(calendar, schedule);
	calendar->every = read_number(schedule, "every", MOST_EVERY, 1);
	calendar->executions = read_number(schedule, "executions",
									   MOST_EXECUTIONS, 0);
	calendar->from = read_date(schedule, "from", date2j(1, 1, 1));
	calendar->until = read_date(schedule, "until", date2j(9999, 12, 31));
	if (calendar->until < calendar->from)
		refuse("until", "must not be before \"from\"", SCHEDULE_HINT);
	if (calendar->frequency == CAMPAIGN_WEEKLY)
		read_weekdays(calendar, schedule);
	if (calendar->frequency == CAMPAIGN_MONTHLY)
	{
		read_month_days(calendar, schedule);
		read_months(calendar, schedule);
	}
}

/* What is done when launches meet runs, or come late. */
static void
read_policies(CampaignCalendar *calendar, const JsonbContainer *schedule)
{
	calendar->overlap = read_word(schedule, "overlap",
								  "skip, queue, parallel");
	calendar->missed = read_word(schedule, "missed", "skip, once, all");
	calendar->lateness = read_lateness(schedule);
	if (calendar->missed == CAMPAIGN_MISSED_ALL &&
		calendar->overlap == CAMPAIGN_OVERLAP_SKIP)
		refuse("missed", "cannot be all where \"overlap\" is skip",
			   "Launches that are caught up one after another need \"overlap\": \"queue\".");
}

/* The frequency; refuses members that its schedules do not have. */
static CampaignFrequency
read_frequency(const Jsonb *schedule)
{
	char	   *words = pstrdup("once, daily, weekly, monthly");
	int			number;

	if (!JB_ROOT_IS_OBJECT(schedule))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a schedule must be a JSON object"),
				 errhint(SCHEDULE_HINT)));
	if (campaign_object_member(&schedule->root, "frequency") == NULL)
		refuse("frequency", psprintf("must be one of %s", words),
			   SCHEDULE_HINT);
	number = read_word(&schedule->root, "frequency", words);
	campaign_members_check(&schedule->root,
						   psprintf("a schedule of frequency %s",
									forms[number].frequency),
						   forms[number].members);
	return (CampaignFrequency) number;
}

/* Reads a schedule that is complete. */
CampaignCalendar *
campaign_calendar_parse(const Jsonb *schedule)
{
	CampaignCalendar *calendar = palloc0(sizeof(CampaignCalendar));
	const JsonbContainer *root = &schedule->root;
	JsonbValue *zone;

	calendar->frequency = read_frequency(schedule);
	zone = campaign_object_member(root, "time_zone");
	calendar->zone_name = zone != NULL && zone->type == jbvString ?
		campaign_scalar_text(zone) : pstrdup("");
	calendar->zone = campaign_zone_require(calendar->zone_name);
	if (calendar->frequency == CAMPAIGN_ONCE)
	{
		calendar->executions = 1;
		read_once(calendar, root);
	}
	else
		read_recurring(calendar, root);
	read_policies(calendar, root);
	calendar->variables = campaign_object_document(schedule, "variables");
	if (calendar->variables != NULL && !JB_ROOT_IS_OBJECT(calendar->variables))
		refuse("variables", "must be an object", SCHEDULE_HINT);
	return calendar;
}

/* The schedule with a member more. */
static Jsonb *
add_member(const Jsonb *schedule, const char *name, const char *text)
{
	JsonbParseState *state = NULL;
	JsonbValue	key = {.type = jbvString};
	JsonbValue	value = {.type = jbvString};

	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	value.val.string.val = (char *) text;
	value.val.string.len = strlen(text);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	pushJsonbValue(&state, WJB_KEY, &key);
	pushJsonbValue(&state, WJB_VALUE, &value);
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat,
											  JsonbPGetDatum(schedule),
											  JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)))));
}

/* A schedule with what it left open. */
Jsonb *
campaign_calendar_complete(const Jsonb *schedule, const char *zone,
						   TimestampTz now)
{
	Jsonb	   *complete = (Jsonb *) schedule;
	CampaignCalendar *calendar;
	struct pg_tm tm;
	fsec_t		fsec;

	(void) read_frequency(schedule);
	if (campaign_object_member(&schedule->root, "time_zone") == NULL)
		complete = add_member(complete, "time_zone", zone);
	calendar = campaign_calendar_parse(complete);
	if (calendar->every > 1 &&
		campaign_object_member(&schedule->root, "from") == NULL &&
		timestamp2tm(campaign_zone_local(calendar->zone, now), NULL, &tm,
					 &fsec, NULL, NULL) == 0)
		complete = add_member(complete, "from",
							  psprintf("%04d-%02d-%02d", tm.tm_year,
									   tm.tm_mon, tm.tm_mday));
	return complete;
}
