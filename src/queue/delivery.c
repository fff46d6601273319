/*
 * delivery.c
 *		One channel activity of one run, and what it has put off.
 *
 * Messages that are to be sent later are judged again when their time comes:
 * until then their chunks are due at infinity, where no claim finds them.
 * Whoever makes them due has the delivery's row locked and has claims begin
 * anew (lane.h), in the transaction that judges.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/async.h"
#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/fault.h"
#include "base/sql.h"
#include "queue/chunk.h"
#include "queue/delivery.h"
#include "queue/enqueue.h"
#include "queue/lane.h"
#include "queue/outcome.h"
#include "store/origin.h"
#include "store/privilege.h"

/* Takes what the select withdraws. */
typedef struct Judge
{
	CampaignReceiver receiver;	/* first: it is cast */
	CampaignChunk **chunks;		/* in order of messages */
	int			count;
	CampaignOutcomes *outcomes;
} Judge;

CAMPAIGN_STATEMENT(find_delivery,
				   "SELECT delivery_id, channel, queued, confirmed"
				   " FROM campaign.delivery"
				   " WHERE run_id = $1 AND activity = $2");

CAMPAIGN_STATEMENT(find_previous,
				   "SELECT d.queued FROM campaign.run r"
				   " JOIN campaign.run o ON o.campaign_id = r.campaign_id"
				   " AND o.run_id < r.run_id AND o.state = 'succeeded'"
				   " AND NOT o.test"
				   " JOIN campaign.delivery d ON d.run_id = o.run_id"
				   " AND d.activity = $2"
				   " WHERE r.run_id = $1"
				   " ORDER BY o.run_id DESC LIMIT 1");

CAMPAIGN_STATEMENT(set_confirmed,
				   "UPDATE campaign.delivery SET confirmed = $2"
				   " WHERE delivery_id = $1");

CAMPAIGN_STATEMENT(next_deferred,
				   "SELECT min(send_at) FROM campaign.chunk"
				   " WHERE delivery_id = $1 AND NOT settled"
				   " AND due_at = 'infinity' AND edition >= 0");

/* Nobody else is at chunks that are not due; the lock is for whoever erases. */
CAMPAIGN_STATEMENT(lock_deferred,
				   "SELECT " CAMPAIGN_CHUNK_COLUMNS
				   " FROM campaign.chunk c"
				   " WHERE c.delivery_id = $1 AND NOT c.settled"
				   " AND c.due_at = 'infinity' AND c.edition >= 0"
				   " AND c.send_at <= $2"
				   " ORDER BY c.first_id FOR UPDATE");

/* The delivery of an activity, or NULL. */
CampaignDelivery *
campaign_delivery_find(int64 run_id, const char *activity)
{
	CampaignRows *rows = campaign_query(&find_delivery, campaign_int8(run_id),
										campaign_text(activity));
	CampaignDelivery *delivery;

	if (rows->count == 0)
		return NULL;
	delivery = palloc(sizeof(CampaignDelivery));
	delivery->delivery_id = campaign_row_int8(rows, 0, 1);
	delivery->channel = campaign_row_text(rows, 0, 2);
	delivery->queued = campaign_row_int8(rows, 0, 3);
	delivery->confirmed = campaign_row_bool(rows, 0, 4);
	return delivery;
}

/* As the views do. */
bool
campaign_delivery_visible(int64 delivery_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT g.campaign_id, g.owner FROM campaign.delivery d"
					   " JOIN campaign.run r USING (run_id)"
					   " JOIN campaign.campaign g USING (campaign_id)"
					   " WHERE d.delivery_id = $1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(delivery_id));

	if (rows->count == 0)
		return false;
	return campaign_origin_visible(campaign_row_oid(rows, 0, 2)) ||
		(campaign_origin_here() &&
		 campaign_privilege_held(campaign_row_int8(rows, 0, 1),
								 campaign_row_oid(rows, 0, 2),
								 CAMPAIGN_PRIVILEGE_VIEW));
}

/* How many messages it had the last time. */
int64
campaign_delivery_previous(int64 run_id, const char *activity)
{
	CampaignRows *rows = campaign_query(&find_previous, campaign_int8(run_id),
										campaign_text(activity));

	return rows->count == 0 ? -1 : campaign_row_int8(rows, 0, 1);
}

/* Keeps claims from its messages. */
void
campaign_delivery_hold(int64 delivery_id)
{
	campaign_execute(&set_confirmed, campaign_int8(delivery_id),
					 campaign_bool(false));
}

/* Lets claims have its messages, and tells who listens. */
void
campaign_delivery_confirm(const CampaignDelivery *delivery)
{
	campaign_execute(&set_confirmed, campaign_int8(delivery->delivery_id),
					 campaign_bool(true));
	Async_Notify(CAMPAIGN_NOTIFY_CHANNEL, delivery->channel);
}

/* Messages and reasons of a run's deliveries. */
List *
campaign_delivery_fates(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT d.activity, NULL::text, d.queued"
					   " FROM campaign.delivery d WHERE d.run_id = $1"
					   " UNION ALL SELECT d.activity, e.reason, count(*)"
					   " FROM campaign.delivery d"
					   " JOIN campaign.exclusion e USING (delivery_id)"
					   " WHERE d.run_id = $1 GROUP BY d.activity, e.reason"
					   " ORDER BY 1, 2 NULLS FIRST");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));
	List	   *fates = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignFate *fate = palloc(sizeof(CampaignFate));

		fate->activity = campaign_row_text(rows, i, 1);
		fate->reason = campaign_row_text(rows, i, 2);
		fate->recipients = campaign_row_int8(rows, i, 3);
		fates = lappend(fates, fate);
	}
	return fates;
}

/* ------------------------------ put off --------------------------------- */

/* When the next of them are to be judged. */
TimestampTz
campaign_delivery_deferred(int64 delivery_id)
{
	return campaign_row_time(campaign_query(&next_deferred,
											campaign_int8(delivery_id)),
							 0, 1);
}

/* Locks the chunks that fall due. */
static void
lock_chunks(Judge *judge, const CampaignDelivery *delivery, TimestampTz now)
{
	CampaignRows *rows = campaign_query(&lock_deferred,
										campaign_int8(delivery->delivery_id),
										campaign_time(now));

	judge->count = rows->count;
	judge->chunks = palloc(sizeof(CampaignChunk *) * Max(rows->count, 1));
	for (int i = 0; i < rows->count; i++)
		judge->chunks[i] = campaign_chunk_read(rows, i);
}

/* The chunk the message is in; NULL if it is in none of them. */
static CampaignChunk *
find_chunk(const Judge *judge, int64 message_id)
{
	int			low = 0;
	int			high = judge->count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		CampaignChunk *chunk = judge->chunks[middle];

		if (message_id > chunk->last_id)
			low = middle + 1;
		else if (message_id < chunk->first_id)
			high = middle;
		else
			return chunk;
	}
	return NULL;
}

/* Receiver: withdraws one message. */
static void
withdraw_message(CampaignReceiver *self, TupleTableSlot *slot)
{
	Judge	   *judge = (Judge *) self;
	CampaignChunk *chunk;
	int64		message_id;
	int			position;

	slot_getallattrs(slot);
	campaign_ensure(!slot->tts_isnull[0] && !slot->tts_isnull[1],
					"a message to be withdrawn has no number or no reason");
	message_id = DatumGetInt64(slot->tts_values[0]);
	chunk = find_chunk(judge, message_id);
	campaign_ensure(chunk != NULL, "message " INT64_FORMAT " is not put off",
					message_id);
	position = (int) (message_id - chunk->first_id);
	if (chunk->results[position] != CAMPAIGN_RESULT_OPEN)
		return;
	chunk->results[position] = CAMPAIGN_RESULT_WITHDRAWN;
	campaign_outcomes_add(judge->outcomes, chunk->delivery_id, message_id,
						  chunk->attempts + 1, "withdrawn",
						  TextDatumGetCString(slot->tts_values[1]));
}

/* Makes the chunks due, or settles them where nothing is left. */
static void
release_chunks(const Judge *judge, TimestampTz now)
{
	for (int i = 0; i < judge->count; i++)
	{
		CampaignChunk *chunk = judge->chunks[i];

		chunk->due_at = now;
		if (campaign_chunk_open(chunk) == 0)
			campaign_chunk_settle(chunk, now);
		campaign_chunk_update(chunk);
	}
}

/* Judges what falls due, and has it handed out. */
void
campaign_delivery_judge(const CampaignDelivery *delivery,
						CampaignSelect *select, TimestampTz now)
{
	Judge		judge = {{0}};

	campaign_lanes_reopen(delivery->delivery_id);
	lock_chunks(&judge, delivery, now);
	if (judge.count == 0)
		return;
	judge.receiver.row = withdraw_message;
	judge.outcomes = campaign_outcomes_new(now);
	/* Outcomes are written while a parallel plan may run: open for them. */
	campaign_outcomes_open(judge.outcomes);
	campaign_select_run(select, &judge.receiver);
	CAMPAIGN_FAULT("judge");
	campaign_outcomes_write(judge.outcomes);
	release_chunks(&judge, now);
	Async_Notify(CAMPAIGN_NOTIFY_CHANNEL, delivery->channel);
}
