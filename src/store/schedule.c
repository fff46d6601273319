/*
 * schedule.c
 *		Rows of campaign.schedule: what a campaign is launched by.
 *
 * A row says when its next launch is.  Whoever launches moves that on in the
 * transaction that adds the run, and the run says which launch it is, once per
 * campaign: so no launch has two runs, whatever clocks and processes do.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/sql.h"
#include "store/cron.h"
#include "store/run.h"
#include "store/schedule.h"

/* Schedules that may launch something here, if it is time. */
#define ACTIVE_SCHEDULES \
	" FROM campaign.schedule s" \
	" JOIN campaign.campaign c ON c.campaign_id = s.campaign_id" \
	" WHERE s.next_at IS NOT NULL AND s.home = $2" \
	" AND c.status = 'published'" \
	" AND NOT EXISTS (SELECT FROM campaign.hold)"

/* Writes the campaign's row. */
void
campaign_schedule_save(const CampaignScheduleRow *row, const char *meaning)
{
	CAMPAIGN_STATEMENT(save,
					   "INSERT INTO campaign.schedule"
					   " (campaign_id, schedule, meaning, home, next_at)"
					   " VALUES ($1, jsonb_strip_nulls($2), $3, $4, $5)"
					   " ON CONFLICT (campaign_id) DO UPDATE"
					   " SET schedule = excluded.schedule,"
					   " meaning = excluded.meaning, home = excluded.home,"
					   " next_at = excluded.next_at, launched = 0,"
					   " scheduled_at = clock_timestamp()");

	campaign_execute(&save, campaign_int8(row->campaign_id),
					 campaign_jsonb(row->schedule), campaign_text(meaning),
					 campaign_text(campaign_home()),
					 campaign_time_or_null(row->next_at));
}

/* Deletes the campaign's row, with the job of pg_cron it stands for. */
bool
campaign_schedule_delete(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(drop,
					   "DELETE FROM campaign.schedule WHERE campaign_id = $1"
					   " RETURNING schedule ? 'cron'");
	CampaignRows *rows = campaign_query(&drop, campaign_int8(campaign_id));

	if (rows->count > 0 && campaign_row_bool(rows, 0, 1))
		campaign_cron_remove(campaign_id);
	return rows->count > 0;
}

/* The first row of a result, or NULL. */
static CampaignScheduleRow *
read_row(const CampaignRows *rows)
{
	CampaignScheduleRow *row;

	if (rows->count == 0)
		return NULL;
	row = palloc(sizeof(CampaignScheduleRow));
	row->campaign_id = campaign_row_int8(rows, 0, 1);
	row->schedule = campaign_row_jsonb(rows, 0, 2);
	row->next_at = campaign_row_time(rows, 0, 3);
	row->launched = campaign_row_int4(rows, 0, 4);
	return row;
}

/* The campaign's row, or NULL. */
CampaignScheduleRow *
campaign_schedule_find(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT campaign_id, schedule, next_at, launched"
					   " FROM campaign.schedule WHERE campaign_id = $1");

	return read_row(campaign_query(&find, campaign_int8(campaign_id)));
}

/* Writes the next launch and how many there have been. */
void
campaign_schedule_advance(const CampaignScheduleRow *row)
{
	CAMPAIGN_STATEMENT(advance,
					   "UPDATE campaign.schedule SET next_at = $2,"
					   " launched = $3 WHERE campaign_id = $1");

	campaign_execute(&advance, campaign_int8(row->campaign_id),
					 campaign_time_or_null(row->next_at),
					 campaign_int4(row->launched));
}

/* Makes this the home of schedules whose owner the current user acts for. */
void
campaign_schedule_adopt(void)
{
	CAMPAIGN_STATEMENT(adopt,
					   "UPDATE campaign.schedule s SET home = $1"
					   " FROM campaign.campaign c"
					   " WHERE c.campaign_id = s.campaign_id AND s.home <> $1"
					   " AND EXISTS (SELECT FROM pg_roles o WHERE o.oid = c.owner)"
					   " AND pg_has_role($2, c.owner, 'USAGE')");

	campaign_execute(&adopt, campaign_text(campaign_home()),
					 campaign_oid(GetUserId()));
}

/* Campaigns whose schedule is due and not waiting for a run. */
List *
campaign_schedule_due(TimestampTz now, Oid owner)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT s.campaign_id" ACTIVE_SCHEDULES
					   " AND s.next_at <= $1 AND ($3 = 0 OR c.owner = $3)"
					   " AND NOT (coalesce(s.schedule ->> 'overlap', '') = 'queue'"
					   " AND EXISTS (SELECT FROM campaign.run r"
					   " WHERE r.campaign_id = s.campaign_id AND NOT r.test"
					   " AND r.state NOT IN ('succeeded', 'stopped', 'missed')))"
					   " ORDER BY s.next_at, s.campaign_id");
	CampaignRows *rows = campaign_query(&find, campaign_time(now),
										campaign_text(campaign_home()),
										campaign_oid(owner));
	List	   *due = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		int64	   *campaign_id = palloc(sizeof(int64));

		*campaign_id = campaign_row_int8(rows, i, 1);
		due = lappend(due, campaign_id);
	}
	return due;
}

/* When the next schedule becomes due. */
TimestampTz
campaign_schedule_next_due(TimestampTz now)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT min(s.next_at)" ACTIVE_SCHEDULES
					   " AND s.next_at > $1");

	return campaign_row_time(campaign_query(&find, campaign_time(now),
											campaign_text(campaign_home())),
							 0, 1);
}

/* Locks the campaign and its schedule, if it is still due. */
CampaignScheduleRow *
campaign_schedule_take(int64 campaign_id, TimestampTz now)
{
	CAMPAIGN_STATEMENT(take,
					   "SELECT s.campaign_id, s.schedule, s.next_at, s.launched"
					   ACTIVE_SCHEDULES
					   " AND s.campaign_id = $3 AND s.next_at <= $1"
					   " FOR NO KEY UPDATE OF c, s SKIP LOCKED");

	return read_row(campaign_query(&take, campaign_time(now),
								   campaign_text(campaign_home()),
								   campaign_int8(campaign_id)));
}
