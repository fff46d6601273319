/*
 * schedule.h
 *		Rows of campaign.schedule: what a campaign is launched by.
 */
#ifndef CAMPAIGN_SCHEDULE_STORE_H
#define CAMPAIGN_SCHEDULE_STORE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct CampaignScheduleRow
{
	int64		campaign_id;
	Jsonb	   *schedule;		/* complete */
	TimestampTz next_at;		/* 0: no launch is left, or pg_cron has it */
	int			launched;		/* runs it has started */
} CampaignScheduleRow;

/* Writes the campaign's row, in place of the one it has. */
extern void campaign_schedule_save(const CampaignScheduleRow *row,
								   const char *meaning);
/* Deletes it, with its job of pg_cron; false if there is none. */
extern bool campaign_schedule_delete(int64 campaign_id);
/* The campaign's row, or NULL. */
extern CampaignScheduleRow *campaign_schedule_find(int64 campaign_id);
/* Writes the next launch (0: none is left) and how many there have been. */
extern void campaign_schedule_advance(const CampaignScheduleRow *row);
/* Schedules of the user's campaigns are at home here. */
extern void campaign_schedule_adopt(void);

/*
 * Campaigns (int64 *) whose schedule is due and not waiting for a run; those
 * of one owner, or of all if it is InvalidOid.
 */
extern List *campaign_schedule_due(TimestampTz now, Oid owner);
/* When the next one becomes due; 0 if none will. */
extern TimestampTz campaign_schedule_next_due(TimestampTz now);
/*
 * Locks the campaign and its schedule, if it is still due; NULL if it is not,
 * or somebody else has a lock: nobody is waited for.
 */
extern CampaignScheduleRow *campaign_schedule_take(int64 campaign_id,
												   TimestampTz now);

#endif							/* CAMPAIGN_SCHEDULE_STORE_H */
