/*
 * wave.c
 *		Waves: a delivery's messages in parts, one after the other.
 *
 * Who is in which wave is drawn by a keyed hash of the recipient, as a split
 * does; so it does not change with the order of rows.  Whatever the parts add
 * up to, the last wave takes the rest: nobody is lost.
 */
#include "postgres.h"

#include <math.h>

#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "activity/option.h"
#include "activity/wave.h"
#include "set/zone.h"

#define MOST_WAVES		1000

/* Longest time between two waves, in years. */
#define LONGEST_YEARS	10

#define WAVES_HINT \
	"Write [{\"percent\": 10}, {\"after\": \"2 hours\"}] or {\"count\": 4, \"every\": \"1 hour\"}."

/* Refuses a wave. */
static void
refuse_wave(const char *what, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s %s", what, problem),
			 errhint(WAVES_HINT)));
}

/* A member as a number; -1 if absent. */
static double
read_number(const JsonbContainer *object, const char *what, const char *name,
			bool whole, double most)
{
	JsonbValue *value = campaign_object_member(object, name);
	double		number;

	if (value == NULL)
		return -1;
	number = value->type != jbvNumeric ? 0 :
		strtod(campaign_scalar_text(value), NULL);
	if (!(number > 0) || number > most || (whole && number != floor(number)))
		refuse_wave(what, psprintf("has no valid \"%s\": it must be a %s of at most %.0f",
								   name, whole ? "whole number" : "number", most));
	return number;
}

/* A member as an instant; 0 if absent. */
static TimestampTz
read_instant(const JsonbContainer *object, const char *what, const char *name)
{
	char	   *text = campaign_object_text(object, name);

	if (text == NULL)
		return 0;
	if (campaign_moment_of(text) != CAMPAIGN_MOMENT_INSTANT)
		refuse_wave(what, psprintf("has no valid \"%s\": it must be a time with a time zone, such as \"2026-12-01 09:00+01\"",
								   name));
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
												   CStringGetDatum(text),
												   ObjectIdGetDatum(InvalidOid),
												   Int32GetDatum(-1)));
}

/* A member as a span of time; NULL if absent. */
static Interval *
read_span(const JsonbContainer *object, const char *what, const char *name)
{
	char	   *text = campaign_object_text(object, name);
	Interval   *span;
	Interval	zero = {0, 0, 0};
	Interval	longest = {0, 0, LONGEST_YEARS * MONTHS_PER_YEAR};

	if (text == NULL)
		return NULL;
	span = DatumGetIntervalP(DirectFunctionCall3(interval_in,
												 CStringGetDatum(text),
												 ObjectIdGetDatum(InvalidOid),
												 Int32GetDatum(-1)));
	if (DatumGetBool(DirectFunctionCall2(interval_lt, IntervalPGetDatum(span),
										 IntervalPGetDatum(&zero))) ||
		DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(span),
										 IntervalPGetDatum(&longest))))
		refuse_wave(what, psprintf("has no valid \"%s\": it must be between 0 and %d years",
								   name, LONGEST_YEARS));
	return span;
}

/* Reads when a wave begins. */
static void
read_time(CampaignWave *wave, const JsonbContainer *object, const char *what,
		  bool first)
{
	wave->at = read_instant(object, what, "at");
	wave->after = read_span(object, what, "after");
	if (wave->at != 0 && wave->after != NULL)
		refuse_wave(what, "has both \"at\" and \"after\"");
	if (!first && wave->at == 0 && wave->after == NULL)
		refuse_wave(what, "does not say when it begins");
}

/* Reads one wave. */
static CampaignWave *
read_wave(const JsonbContainer *object, int number, bool last)
{
	CampaignWave *wave = palloc0(sizeof(CampaignWave));
	char	   *what = psprintf("wave %d", number + 1);

	campaign_members_check(object, what, "percent, number, at, after");
	wave->percent = read_number(object, what, "percent", false, 100);
	wave->number = (int64) read_number(object, what, "number", true, 1e15);
	read_time(wave, object, what, number == 0);
	if (wave->percent >= 0 && wave->number >= 0)
		refuse_wave(what, "has both \"percent\" and \"number\"");
	if (wave->percent < 0 && wave->number < 0 && !last)
		refuse_wave(what, "takes all the rest, but is not the last");
	return wave;
}

/* Equal waves, of an object that says how many. */
static List *
read_equal(const JsonbContainer *object)
{
	const char *what = "option \"waves\"";
	int			count;
	Interval   *every;
	List	   *waves = NIL;

	campaign_members_check(object, what, "count, every, at, after");
	count = (int) read_number(object, what, "count", true, MOST_WAVES);
	every = read_span(object, what, "every");
	if (count < 0 || every == NULL)
		refuse_wave(what, "needs \"count\" and \"every\"");
	for (int i = 0; i < count; i++)
	{
		CampaignWave *wave = palloc0(sizeof(CampaignWave));

		wave->percent = 100.0 / count;
		wave->number = -1;
		if (i == 0)
			read_time(wave, object, what, true);
		else
			wave->after = every;
		waves = lappend(waves, wave);
	}
	return waves;
}

/* The waves of the option. */
List *
campaign_waves_parse(const Jsonb *options)
{
	JsonbValue *value = campaign_object_member(&options->root, "waves");
	List	   *waves = NIL;
	List	   *objects;
	ListCell   *cell;

	if (value == NULL)
		return NIL;
	if (JsonContainerIsObject(value->val.binary.data))
		return read_equal(value->val.binary.data);
	objects = campaign_option_objects(options, "waves");
	if (objects == NIL || list_length(objects) > MOST_WAVES)
		refuse_wave("option \"waves\"",
					psprintf("must have between 1 and %d waves", MOST_WAVES));
	foreach(cell, objects)
		waves = lappend(waves,
						read_wave(lfirst(cell), foreach_current_index(cell),
								  lnext(objects, cell) == NULL));
	return waves;
}

/* When the wave of that number begins. */
TimestampTz
campaign_wave_time(const List *waves, int number, TimestampTz now)
{
	TimestampTz time = now;
	ListCell   *cell;

	foreach(cell, waves)
	{
		const CampaignWave *wave = lfirst(cell);

		if (foreach_current_index(cell) > number)
			break;
		if (wave->at != 0)
			time = wave->at;
		else if (wave->after != NULL)
			time = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
														   TimestampTzGetDatum(time),
														   IntervalPGetDatum(wave->after)));
	}
	return time;
}

/* True if some are counted. */
bool
campaign_waves_count(const List *waves)
{
	ListCell   *cell;

	foreach(cell, waves)
	{
		if (((CampaignWave *) lfirst(cell))->number >= 0)
			return true;
	}
	return false;
}

/* What the percentages add up to. */
double
campaign_waves_sum(const List *waves)
{
	double		sum = 0;
	ListCell   *cell;

	foreach(cell, waves)
		sum += Max(((CampaignWave *) lfirst(cell))->percent, 0);
	return sum;
}
