/*
 * calendar.h
 *		When a schedule launches.
 */
#ifndef CAMPAIGN_CALENDAR_H
#define CAMPAIGN_CALENDAR_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "pgtime.h"
#include "utils/jsonb.h"

typedef enum CampaignFrequency
{
	CAMPAIGN_ONCE,
	CAMPAIGN_DAILY,
	CAMPAIGN_WEEKLY,
	CAMPAIGN_MONTHLY
} CampaignFrequency;

/* What becomes of a launch while a run of the campaign has not ended. */
typedef enum CampaignOverlap
{
	CAMPAIGN_OVERLAP_SKIP,
	CAMPAIGN_OVERLAP_QUEUE,
	CAMPAIGN_OVERLAP_PARALLEL
} CampaignOverlap;

/* What becomes of launches that were not possible in time. */
typedef enum CampaignMissed
{
	CAMPAIGN_MISSED_SKIP,
	CAMPAIGN_MISSED_ONCE,
	CAMPAIGN_MISSED_ALL
} CampaignMissed;

/* Instead of a number of a CampaignMonthDay: all of them. */
#define CAMPAIGN_MONTH_DAY_EVERY	(-1)

/* Days of a month: one by its number, or one by its name. */
typedef struct CampaignMonthDay
{
	int			number;			/* of the day or weekday; 0: the last; or every */
	int			weekday;		/* from Sunday, 0; -1: any */
} CampaignMonthDay;

typedef struct CampaignCalendar
{
	CampaignFrequency frequency;
	pg_tz	   *zone;
	char	   *zone_name;
	char	   *once;			/* as it was written */
	TimestampTz instant;		/* of once */
	int			every;			/* days, weeks, months */
	int			ntimes;
	int		   *times;			/* minutes of the day, sorted */
	bool		weekdays[7];	/* from Sunday */
	bool		months[MONTHS_PER_YEAR + 1];	/* from 1 */
	bool		all_months;
	int			ndays;
	CampaignMonthDay *days;
	int			from;			/* Julian days, both included */
	int			until;
	int			executions;		/* 0: no limit */
	CampaignOverlap overlap;
	CampaignMissed missed;
	int64		lateness;		/* microseconds; -1: as the setting says */
	Jsonb	   *variables;		/* NULL: none */
} CampaignCalendar;

/*
 * A schedule with what it left open: its zone, and the day from which every
 * second or third one is counted.  Refuses what is no schedule.
 */
extern Jsonb *campaign_calendar_complete(const Jsonb *schedule,
										 const char *zone, TimestampTz now);
/* Reads a schedule that is complete. */
extern CampaignCalendar *campaign_calendar_parse(const Jsonb *schedule);
/* The first launch after an instant; DT_NOEND if there is none. */
extern TimestampTz campaign_calendar_next(const CampaignCalendar *calendar,
										  TimestampTz after);
/* The last launch not after an instant; DT_NOBEGIN if there is none. */
extern TimestampTz campaign_calendar_last(const CampaignCalendar *calendar,
										  TimestampTz upto);
/*
 * What is special about a launch: clocks skip the time it is meant for, or
 * show it twice; else NULL.
 */
extern char *campaign_calendar_note(const CampaignCalendar *calendar,
									TimestampTz launch);
/* What clocks of the zone show at a launch: Mon 2026-03-30 09:00. */
extern char *campaign_calendar_local(const CampaignCalendar *calendar,
									 TimestampTz launch);
/* The schedule in words: every Monday at 09:00 in Europe/Berlin. */
extern char *campaign_calendar_text(const CampaignCalendar *calendar);

#endif							/* CAMPAIGN_CALENDAR_H */
