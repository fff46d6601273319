/*
 * schedule.c
 *		Schedules of campaigns: setting them, and launching what is due.
 *
 * What is due is told by rows alone, so it does not matter who looks, how
 * often, or which way the clock was set.  Launching runs no code of the
 * owner's; the run it adds is executed by the owner's executor.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/attempt.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/shared.h"
#include "engine/lifecycle.h"
#include "engine/schedule.h"
#include "queue/enqueue.h"
#include "set/calendar.h"
#include "store/cron.h"
#include "store/log.h"
#include "store/privilege.h"
#include "store/run.h"
#include "store/schedule.h"

/* Most launches that can be looked at ahead. */
#define MOST_LAUNCHES	1000

/* -------------------------------- setting ------------------------------- */

/* Adds a line about the schedule to the log. */
static void
log_schedule(const CampaignRecord *record, const char *event,
			 const char *message, const char *sqlstate)
{
	CampaignLogLine line = {
		.owner = record->owner,
		.campaign = record->name,
		.event = event,
		.message = message,
		.sqlstate = sqlstate
	};

	campaign_log_add(&line);
}

/* The zone of a schedule that names none: the campaign's, or the session's. */
static const char *
default_zone(const CampaignRecord *record)
{
	char	   *zone = campaign_object_text(&record->settings->root,
											"time_zone");

	return zone != NULL ? zone : pg_get_timezone_name(session_timezone);
}

/* The launch after an instant, or 0: a row's form of never. */
static TimestampTz
next_launch(const CampaignCalendar *calendar, TimestampTz after, int launched)
{
	TimestampTz next;

	if (calendar->executions > 0 && launched >= calendar->executions)
		return 0;
	next = campaign_calendar_next(calendar, after);
	return next == DT_NOEND ? 0 : next;
}

/* Gives the campaign a schedule, or another. */
char *
campaign_define_schedule(const char *campaign, const Jsonb *schedule)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_RUN);
	TimestampTz now = campaign_clock_now();
	CampaignScheduleRow row = {.campaign_id = record->id};
	CampaignCalendar *calendar;
	char	   *meaning;

	row.schedule = campaign_calendar_complete(schedule, default_zone(record),
											  now);
	calendar = campaign_calendar_parse(row.schedule);
	campaign_lifecycle_check_startable(record);
	campaign_lifecycle_check_variables(record, calendar->variables);
	row.next_at = next_launch(calendar, now, 0);
	meaning = campaign_calendar_text(calendar);
	if (row.next_at == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the schedule has no launch to come"),
				 errdetail("It means: %s.", meaning),
				 errhint("campaign_start() starts a run now.")));
	(void) campaign_schedule_delete(record->id);
	campaign_schedule_save(&row, meaning);
	log_schedule(record, "schedule", meaning, NULL);
	ForceSyncCommit();
	campaign_shared_wake_at_commit();
	campaign_lifecycle_notice(psprintf("launch campaign \"%s\"",
									   record->name));
	return meaning;
}

/* A schedule that says when pg_cron starts the campaign. */
static Jsonb *
cron_schedule(const char *times)
{
	JsonbParseState *state = NULL;
	JsonbValue	key = {.type = jbvString};
	JsonbValue	value = {.type = jbvString};

	key.val.string.val = "cron";
	key.val.string.len = strlen("cron");
	value.val.string.val = (char *) times;
	value.val.string.len = strlen(times);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	pushJsonbValue(&state, WJB_KEY, &key);
	pushJsonbValue(&state, WJB_VALUE, &value);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Has pg_cron start the campaign; gives the words. */
char *
campaign_define_cron(const char *campaign, const char *times)
{
	CampaignRecord *record = campaign_record_require(campaign, true);
	CampaignScheduleRow row = {.campaign_id = record->id};
	char	   *meaning = psprintf("by pg_cron at \"%s\"", times);

	campaign_lifecycle_check_startable(record);
	(void) campaign_schedule_delete(record->id);
	campaign_cron_add(record, times);
	row.schedule = cron_schedule(times);
	campaign_schedule_save(&row, meaning);
	log_schedule(record, "schedule", meaning, NULL);
	ForceSyncCommit();
	return meaning;
}

/* Takes the schedule away. */
bool
campaign_define_unschedule(const char *campaign)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_RUN);

	if (!campaign_schedule_delete(record->id))
		return false;
	log_schedule(record, "unschedule", NULL, NULL);
	ForceSyncCommit();
	return true;
}

/* The next launches after an instant. */
List *
campaign_schedule_preview(const char *campaign, int n, TimestampTz since)
{
	CampaignRecord *record = campaign_record_require_for(campaign, false,
														 CAMPAIGN_PRIVILEGE_VIEW);
	CampaignScheduleRow *row = campaign_schedule_find(record->id);
	CampaignCalendar *calendar;
	List	   *launches = NIL;

	if (n < 1 || n > MOST_LAUNCHES || TIMESTAMP_NOT_FINITE(since))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot show launches: n must be from 1 to %d, and since a finite instant",
						MOST_LAUNCHES),
				 errhint("Leave both out for the next ten.")));
	if (row == NULL || row->next_at == 0)
		return NIL;
	calendar = campaign_calendar_parse(row->schedule);
	if (calendar->executions > 0)
		n = Min(n, calendar->executions - row->launched);
	for (TimestampTz at = campaign_calendar_next(calendar, since);
		 at != DT_NOEND && list_length(launches) < n;
		 at = campaign_calendar_next(calendar, at))
	{
		CampaignLaunch *launch = palloc(sizeof(CampaignLaunch));

		launch->at = at;
		launch->local = campaign_calendar_local(calendar, at);
		launch->note = campaign_calendar_note(calendar, at);
		launch->meaning = campaign_calendar_text(calendar);
		launches = lappend(launches, launch);
	}
	return launches;
}

/* ------------------------------- launching ------------------------------ */

/* A schedule that is due. */
typedef struct Due
{
	CampaignRecord *record;
	CampaignScheduleRow *row;
	CampaignCalendar *calendar;
	TimestampTz now;
	TimestampTz occurrence;		/* the launch that is decided on */
	bool		postponed;
} Due;

/* A launch as clocks of its zone show it, for messages. */
static char *
instant_text(const Due *due, TimestampTz at)
{
	return psprintf("%s in %s", campaign_calendar_local(due->calendar, at),
					due->calendar->zone_name);
}

/* Records a launch that does not take place. */
static void
miss(const Due *due, TimestampTz occurrence, const char *why)
{
	if (!campaign_run_launched(due->record->id, occurrence))
		(void) campaign_run_create_missed(due->record,
										  campaign_epoch_current(),
										  occurrence,
										  psprintf("launch of %s: %s",
												   instant_text(due, occurrence),
												   why));
}

/* True if the launch is too late to take place. */
static bool
is_stale(const Due *due, TimestampTz occurrence)
{
	int64		lateness = due->calendar->lateness;

	if (lateness < 0)
		lateness = campaign_max_start_lateness * USECS_PER_SEC;
	return due->calendar->missed == CAMPAIGN_MISSED_SKIP &&
		occurrence < due->now - lateness;
}

/*
 * Decides on a launch.  Several that are due are one, the last of them, unless
 * all are to be caught up: nobody wants the messages of three at once.
 */
static void
choose_occurrence(Due *due)
{
	TimestampTz last = campaign_calendar_last(due->calendar, due->now);

	due->occurrence = due->row->next_at;
	if (due->calendar->missed == CAMPAIGN_MISSED_ALL ||
		last <= due->row->next_at)
		return;
	due->occurrence = last;
	if (due->calendar->missed == CAMPAIGN_MISSED_SKIP)
		miss(due, campaign_calendar_last(due->calendar, last - 1),
			 "a later launch was due as well");
}

/* Starts the run; what it raises is undone. */
static void
start_run(void *arg)
{
	Due		   *due = arg;

	(void) campaign_lifecycle_launch(due->record, due->calendar->variables,
									 due->occurrence);
}

/* Starts the run; false if it is to be tried again. */
static bool
try_start(Due *due)
{
	ErrorData  *error = campaign_attempt(start_run, due);

	if (error == NULL)
	{
		due->row->launched++;
		return true;
	}
	/* Who cancels CALL campaign_work() means the statement. */
	if (MyBackendType != B_BG_WORKER &&
		error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(error);
	if (campaign_error_may_pass(error))
		return false;
	ereport(LOG,
			(errmsg("campaign \"%s\" could not be launched: %s",
					due->record->name, error->message)));
	log_schedule(due->record, "launch", error->message,
				 unpack_sql_state(error->sqlerrcode));
	miss(due, due->occurrence, error->message);
	return true;
}

/* Launches, or says why not; false if it is to be tried again. */
static bool
launch_occurrence(Due *due)
{
	int64		running = campaign_run_unfinished(due->record->id);

	if (campaign_run_launched(due->record->id, due->occurrence))
		return true;
	if (is_stale(due, due->occurrence))
	{
		miss(due, due->occurrence, "it would have been too late");
		return true;
	}
	if (running == 0 || due->calendar->overlap == CAMPAIGN_OVERLAP_PARALLEL)
		return try_start(due);
	if (due->calendar->overlap == CAMPAIGN_OVERLAP_QUEUE)
		return false;
	log_schedule(due->record, "skip",
				 psprintf("launch of %s: run " INT64_FORMAT " has not ended",
						  instant_text(due, due->occurrence), running),
				 NULL);
	return true;
}

/* Launches and moves the schedule on, as the owner. */
static void
work_off(void *arg)
{
	Due		   *due = arg;
	CampaignIdentity identity;

	campaign_identity_assume(&identity, OidIsValid(due->record->owner) ?
							 due->record->owner : GetUserId());
	due->calendar = campaign_calendar_parse(due->row->schedule);
	choose_occurrence(due);
	due->postponed = !launch_occurrence(due);
	due->row->next_at = due->postponed ? due->occurrence :
		next_launch(due->calendar, due->occurrence, due->row->launched);
	campaign_schedule_advance(due->row);
	campaign_identity_leave(&identity);
}

/* Ends a schedule that cannot be read: its zone is gone, perhaps. */
static void
give_up(const Due *due, const ErrorData *error)
{
	due->row->next_at = 0;
	campaign_schedule_advance(due->row);
	log_schedule(due->record, "launch", error->message,
				 unpack_sql_state(error->sqlerrcode));
	ereport(LOG,
			(errmsg("schedule of campaign \"%s\" has ended with an error: %s",
					due->record->name, error->message)));
}

/* Launches what is due of a campaign's schedule, in a transaction. */
CampaignLaunched
campaign_launch(int64 campaign_id, const CampaignTransactions *control)
{
	MemoryContext old = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(old, "campaign launch",
												  ALLOCSET_DEFAULT_SIZES);
	Due			due = {.now = campaign_clock_now(), .postponed = true};
	ErrorData  *error = NULL;

	MemoryContextSwitchTo(context);
	control->begin();
	due.row = campaign_schedule_take(campaign_id, due.now);
	if (due.row != NULL)
	{
		due.record = campaign_record_by_id(campaign_id);
		error = campaign_attempt(work_off, &due);
	}
	if (error != NULL && campaign_error_may_pass(error))
		ReThrowError(error);
	if (error != NULL)
		give_up(&due, error);
	control->commit();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return due.postponed ? CAMPAIGN_LAUNCH_POSTPONED : CAMPAIGN_LAUNCH_DONE;
}

/* Campaigns with a schedule that is due then. */
List *
campaign_launches_due(TimestampTz then, Oid owner)
{
	return campaign_schedule_due(then, owner);
}

/* When the next schedule is due after that. */
TimestampTz
campaign_launches_next(TimestampTz then)
{
	return campaign_schedule_next_due(then);
}
