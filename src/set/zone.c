/*
 * zone.c
 *		Time zones by name, as they stand in people's data.
 *
 * The server remembers the zones it has loaded, but looks for one that is not
 * there in its folders every time; a million rows with a misspelt zone would
 * be a million searches.  So names without a zone are remembered here.
 */
#include "postgres.h"

#include "utils/datetime.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

#include "set/zone.h"

/* Longest name of a zone. */
#define LONGEST_NAME	TZ_STRLEN_MAX

/* After so many names the memory begins anew. */
#define MOST_UNKNOWN	1000

/* Names without a zone; set by remember_unknown, lives with the process. */
static HTAB *unknown_names = NULL;

/* Remembers that there is no zone of that name. */
static void
remember_unknown(const char *name)
{
	HASHCTL		control = {.keysize = LONGEST_NAME + 1,
	.entrysize = LONGEST_NAME + 1};

	if (unknown_names != NULL &&
		hash_get_num_entries(unknown_names) >= MOST_UNKNOWN)
	{
		hash_destroy(unknown_names);
		unknown_names = NULL;
	}
	if (unknown_names == NULL)
		unknown_names = hash_create("campaign unknown zones", 64, &control,
									HASH_ELEM | HASH_STRINGS);
	(void) hash_search(unknown_names, name, HASH_ENTER, NULL);
}

/* The zone of that name, or NULL. */
pg_tz *
campaign_zone_find(const char *name)
{
	pg_tz	   *zone;

	if (*name == '\0' || strlen(name) > LONGEST_NAME)
		return NULL;
	if (unknown_names != NULL &&
		hash_search(unknown_names, name, HASH_FIND, NULL) != NULL)
		return NULL;
	zone = pg_tzset(name);
	/* SET timezone refuses zones with leap seconds, too. */
	if (zone == NULL || !pg_tz_acceptable(zone))
	{
		remember_unknown(name);
		return NULL;
	}
	return zone;
}

/* The zone of that name, or an error. */
pg_tz *
campaign_zone_require(const char *name)
{
	pg_tz	   *zone = campaign_zone_find(name);

	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" does not exist", name),
				 errhint("Zones are listed in view pg_timezone_names, such as Europe/Berlin.")));
	return zone;
}

/* When clocks of the zone show that. */
TimestampTz
campaign_zone_instant(pg_tz *zone, Timestamp local)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;
	TimestampTz result;

	if (TIMESTAMP_NOT_FINITE(local))
		return local;
	if (timestamp2tm(local, NULL, &tm, &fsec, NULL, zone) == 0)
	{
		offset = DetermineTimeZoneOffset(&tm, zone);
		if (tm2timestamp(&tm, fsec, &offset, &result) == 0)
			return result;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
	return 0;					/* keep the compiler quiet */
}

/* What clocks of the zone show then. */
Timestamp
campaign_zone_local(pg_tz *zone, TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;
	Timestamp	result;

	if (TIMESTAMP_NOT_FINITE(at))
		return at;
	if (timestamp2tm(at, &offset, &tm, &fsec, NULL, zone) != 0 ||
		tm2timestamp(&tm, fsec, NULL, &result) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return result;
}

/* What a text that may be a time is. */
CampaignMoment
campaign_moment_of(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	const char *rest = text + strlen(form);

	for (int i = 0; form[i] != '\0'; i++)
	{
		if (form[i] == 'd' ? !isdigit((unsigned char) text[i]) :
			text[i] != form[i])
			return CAMPAIGN_MOMENT_NONE;
	}
	if (*rest == 'T')
		rest++;
	for (; *rest != '\0'; rest++)
	{
		if (*rest == '+' || *rest == '-' || isalpha((unsigned char) *rest))
			return CAMPAIGN_MOMENT_INSTANT;
	}
	return CAMPAIGN_MOMENT_LOCAL;
}
