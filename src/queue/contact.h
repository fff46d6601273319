/*
 * contact.h
 *		What rules count: whom messages are for, and when.
 */
#ifndef CAMPAIGN_CONTACT_H
#define CAMPAIGN_CONTACT_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "queue/chunk.h"

/* Weights are kept in so many parts. */
#define CAMPAIGN_WEIGHT_PARTS 100

/* A rule that counts the messages of a delivery; the caller has locked it. */
typedef struct CampaignCounting
{
	int64		rule_id;
	int			weight;			/* of each message */
	int			subject;		/* which of a message's subjects, from 0; -1:
								 * messages are counted, not subjects */
	TimestampTz since;			/* what was before counts no more */
	TimestampTz keep;			/* what was before is forgotten */
} CampaignCounting;

typedef struct CampaignLedger CampaignLedger;

/* Begins to write, for rules of CampaignCounting *; NULL if there are none. */
extern CampaignLedger *campaign_ledger_open(List *rules);
/* The subjects, a bigint[], of a message of the chunk being filled. */
extern void campaign_ledger_note(CampaignLedger *ledger, int place,
								 Datum subjects);
/* Writes what there is about a filled chunk. */
extern void campaign_ledger_write(CampaignLedger *ledger,
								  const CampaignChunk *chunk);
/* Ends writing and forgets what counts no more. */
extern void campaign_ledger_close(CampaignLedger *ledger);

/* What the subject is known by; never 0. */
extern int64 campaign_subject_number(const char *data, Size length);

/*
 * Periods that have room under a rule, from the present one on, as two arrays
 * in text form: how many messages come before each, and when each begins
 * (NULL: it has begun).  Gives how many messages they take; no period is
 * looked at once that is enough.  Of tests only the messages of that run count.
 */
typedef struct CampaignRoom
{
	char	   *bounds;
	char	   *times;
	int64		total;
} CampaignRoom;

/* Which periods a rule has: units of a calendar or stretches of time. */
typedef struct CampaignPeriod
{
	const char *per;			/* day, week, month, or an interval */
	const char *time_zone;
} CampaignPeriod;

extern void campaign_room_find(CampaignRoom *room, int64 rule_id,
							   const CampaignPeriod *period, int64 messages,
							   int64 wanted, TimestampTz now, int64 run_id);
/* Since when the period, or the stretch of time that ends now, lasts. */
extern TimestampTz campaign_period_start(const CampaignPeriod *period,
										 TimestampTz now, bool rolling);

#endif							/* CAMPAIGN_CONTACT_H */
