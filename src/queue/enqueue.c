/*
 * enqueue.c
 *		Messages of a delivery into the dispatch queue.
 *
 * The owner's plan runs as the owner and hands its rows to a receiver that
 * writes three relations without SQL: messages, exclusions, and a chunk row
 * per thousand messages.  The rows come in the order of their recipients, so
 * a recipient's second row is known by the row before it, and a chunk is a
 * range of recipients.  Nothing here grows with the number of rows but the
 * numbers taken in advance, which are kept as ranges.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/errors.h"
#include "base/fault.h"
#include "base/shared.h"
#include "base/sql.h"
#include "base/writer.h"
#include "queue/chunk.h"
#include "queue/enqueue.h"
#include "queue/numbers.h"
#include "queue/partition.h"

/* Thousands of message numbers in an epoch, after which they begin anew. */
#define NUMBER_THOUSANDS \
	((INT64CONST(1) << CAMPAIGN_EPOCH_SHIFT) / CAMPAIGN_CHUNK_SIZE)

/* After so many chunks the index catches up and progress is reported. */
#define CHUNKS_PER_REPORT 32

/* Columns of the select. */
#define COLUMN_RECIPIENT	0
#define COLUMN_PERSON		1
#define COLUMN_ADDRESS		2
#define COLUMN_REASON		3
#define COLUMN_VARIABLES	4
#define COLUMN_COUNT		5

typedef struct Enqueuer
{
	CampaignReceiver receiver;	/* first: it is cast */
	CampaignEnqueue *enqueue;
	CampaignNumbers *thousands;
	CampaignNumbers *chunk_ids;
	CampaignWriter *messages;
	CampaignWriter *exclusions;
	CampaignWriter *chunks;
	CampaignTail *message_tail;
	CampaignTail *exclusion_tail;
	CampaignChunk chunk;		/* being filled; empty if last_id < first_id */
	char		open_results[CAMPAIGN_CHUNK_SIZE];
	StringInfoData previous;	/* recipient of the row before */
	StringInfoData first;		/* recipients of the chunk being filled */
	StringInfoData last;
	int			chunk_count;
} Enqueuer;

CAMPAIGN_STATEMENT(insert_delivery,
				   "INSERT INTO campaign.delivery (run_id, activity, channel)"
				   " VALUES ($1, $2, $3)"
				   " ON CONFLICT (run_id, activity) DO NOTHING"
				   " RETURNING delivery_id");

CAMPAIGN_STATEMENT(count_delivery,
				   "UPDATE campaign.delivery"
				   " SET targeted = $2, excluded = $3, queued = $4"
				   " WHERE delivery_id = $1");

/* No select can give more recipients than rows flow into the activity. */
CAMPAIGN_STATEMENT(count_inflow,
				   "SELECT coalesce(sum(f.rows), 0)::bigint"
				   " FROM campaign.run r"
				   " JOIN campaign.transition t ON t.version_id = r.version_id"
				   " JOIN campaign.flow f ON f.run_id = r.run_id"
				   " AND f.source = t.source AND f.outcome = t.outcome"
				   " WHERE r.run_id = $1 AND t.target = $2");

/* Makes the delivery's row; the second one for an activity is refused. */
static int64
create_delivery(const CampaignEnqueue *enqueue)
{
	CampaignRows *rows;

	rows = campaign_query(&insert_delivery,
						  campaign_int8(enqueue->run_id),
						  campaign_text(enqueue->activity),
						  campaign_text(enqueue->channel));
	if (rows->count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("activity \"%s\" of run " INT64_FORMAT " has been delivered already",
						enqueue->activity, enqueue->run_id),
				 errhint("An activity is delivered once in a run; start another run to deliver again.")));
	return campaign_row_int8(rows, 0, 1);
}

/* Compares two strings byte by byte, as COLLATE "C" does. */
static int
compare_bytes(const char *a, int a_length, const char *b, int b_length)
{
	int			result = memcmp(a, b, Min(a_length, b_length));

	return result != 0 ? result : a_length - b_length;
}

/* Replaces what the buffer holds. */
static void
remember(StringInfo buffer, const char *data, int length)
{
	resetStringInfo(buffer);
	appendBinaryStringInfo(buffer, data, length);
}

/* Takes the next thousand of message numbers for a new chunk. */
static void
begin_chunk(Enqueuer *enqueuer)
{
	int64		thousand = campaign_numbers_next(enqueuer->thousands);

	enqueuer->chunk.first_id =
		(enqueuer->enqueue->epoch << CAMPAIGN_EPOCH_SHIFT) +
		thousand % NUMBER_THOUSANDS * CAMPAIGN_CHUNK_SIZE;
	enqueuer->chunk.last_id = enqueuer->chunk.first_id - 1;
}

/* Lets indexes and progress catch up now and then. */
static void
report_progress(Enqueuer *enqueuer)
{
	campaign_shared_progress_rows(enqueuer->enqueue->targeted);
	campaign_tail_summarize(enqueuer->message_tail, false);
	campaign_tail_summarize(enqueuer->exclusion_tail, false);
}

/* Writes the chunk that was being filled, if there is any. */
static void
end_chunk(Enqueuer *enqueuer)
{
	CampaignChunk *chunk = &enqueuer->chunk;

	if (chunk->last_id < chunk->first_id)
		return;
	chunk->first_recipient = enqueuer->first.data;
	chunk->last_recipient = enqueuer->last.data;
	CAMPAIGN_FAULT("enqueue_chunk");
	campaign_chunk_add(enqueuer->chunks,
					   campaign_numbers_next(enqueuer->chunk_ids), chunk);
	chunk->last_id = chunk->first_id - 1;
	if (++enqueuer->chunk_count % CHUNKS_PER_REPORT == 0)
		report_progress(enqueuer);
}

/* Writes a message and puts it into the chunk being filled. */
static void
add_message(Enqueuer *enqueuer, TupleTableSlot *slot, const char *recipient,
			int length)
{
	CampaignChunk *chunk = &enqueuer->chunk;
	Datum		values[6];
	bool		isnull[6] = {false};

	if (chunk->last_id < chunk->first_id)
	{
		begin_chunk(enqueuer);
		remember(&enqueuer->first, recipient, length);
	}
	remember(&enqueuer->last, recipient, length);
	chunk->last_id++;

	if (!slot->tts_isnull[COLUMN_VARIABLES])
		campaign_content_try(enqueuer->enqueue->content,
							 slot->tts_values[COLUMN_VARIABLES]);
	values[0] = Int64GetDatum(chunk->last_id);
	values[1] = Int64GetDatum(chunk->delivery_id);
	values[2] = slot->tts_values[COLUMN_RECIPIENT];
	values[3] = slot->tts_values[COLUMN_PERSON];
	isnull[3] = slot->tts_isnull[COLUMN_PERSON];
	values[4] = slot->tts_values[COLUMN_ADDRESS];
	values[5] = slot->tts_values[COLUMN_VARIABLES];
	isnull[5] = slot->tts_isnull[COLUMN_VARIABLES];
	campaign_writer_add(enqueuer->messages, values, isnull);
	enqueuer->enqueue->queued++;

	if (campaign_chunk_size(chunk) == CAMPAIGN_CHUNK_SIZE)
		end_chunk(enqueuer);
}

/* Writes an exclusion. */
static void
add_exclusion(Enqueuer *enqueuer, TupleTableSlot *slot, Datum reason)
{
	Datum		values[4];
	bool		isnull[4] = {false};

	values[0] = Int64GetDatum(enqueuer->chunk.delivery_id);
	values[1] = slot->tts_values[COLUMN_RECIPIENT];
	values[2] = slot->tts_values[COLUMN_PERSON];
	isnull[2] = slot->tts_isnull[COLUMN_PERSON];
	values[3] = reason;
	campaign_writer_add(enqueuer->exclusions, values, isnull);
	enqueuer->enqueue->excluded++;
}

/* True if the slot has an address that is not empty. */
static bool
has_address(TupleTableSlot *slot)
{
	return !slot->tts_isnull[COLUMN_ADDRESS] &&
		VARSIZE_ANY_EXHDR(PG_DETOAST_DATUM_PACKED(slot->tts_values[COLUMN_ADDRESS])) > 0;
}

/* Receiver: makes one row a message or an exclusion. */
static void
take_row(CampaignReceiver *self, TupleTableSlot *slot)
{
	Enqueuer   *enqueuer = (Enqueuer *) self;
	text	   *recipient;
	const char *data;
	int			length;
	int			order;

	slot_getallattrs(slot);
	campaign_ensure(!slot->tts_isnull[COLUMN_RECIPIENT],
					"a row to be delivered has no key");
	recipient = DatumGetTextPP(slot->tts_values[COLUMN_RECIPIENT]);
	data = VARDATA_ANY(recipient);
	length = VARSIZE_ANY_EXHDR(recipient);
	order = enqueuer->enqueue->targeted == 0 ? 1 :
		compare_bytes(data, length, enqueuer->previous.data,
					  enqueuer->previous.len);
	campaign_ensure(order >= 0, "rows to be delivered are out of order");
	enqueuer->enqueue->targeted++;

	if (order == 0)
	{
		add_exclusion(enqueuer, slot, CStringGetTextDatum("duplicate"));
		return;
	}
	remember(&enqueuer->previous, data, length);
	if (!slot->tts_isnull[COLUMN_REASON])
	{
		add_exclusion(enqueuer, slot, slot->tts_values[COLUMN_REASON]);
		return;
	}
	campaign_ensure(has_address(slot), "a row to be delivered has no address");
	add_message(enqueuer, slot, data, length);
}

/* Receiver: checks what the select gives. */
static void
check_columns(CampaignReceiver *self, TupleDesc desc)
{
	static const Oid types[COLUMN_COUNT] = {
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID
	};

	if (desc->natts != COLUMN_COUNT)
		elog(ERROR, "enqueue expects %d columns", COLUMN_COUNT);
	for (int i = 0; i < COLUMN_COUNT; i++)
	{
		if (TupleDescAttr(desc, i)->atttypid != types[i])
			elog(ERROR, "enqueue expects another type for column %d", i + 1);
	}
}

/* Opens all that rows are written to, and takes the numbers they can need. */
static void
open_enqueuer(Enqueuer *enqueuer, CampaignEnqueue *enqueue)
{
	CampaignRows *rows = campaign_query(&count_inflow,
										campaign_int8(enqueue->run_id),
										campaign_text(enqueue->activity));
	int64		chunks = (campaign_row_int8(rows, 0, 1) +
						  CAMPAIGN_CHUNK_SIZE - 1) / CAMPAIGN_CHUNK_SIZE;
	Oid			partition = campaign_partition_of(enqueue->epoch);
	Oid			exclusion = campaign_queue_relation("exclusion");

	enqueuer->receiver.start = check_columns;
	enqueuer->receiver.row = take_row;
	enqueuer->enqueue = enqueue;
	enqueuer->thousands = campaign_numbers_take("message_number", chunks);
	enqueuer->chunk_ids = campaign_numbers_take("chunk_chunk_id_seq", chunks);
	enqueuer->chunk.delivery_id = create_delivery(enqueue);
	enqueuer->chunk.channel = pstrdup(enqueue->channel);
	enqueuer->chunk.due_at = enqueue->due_at;
	enqueuer->chunk.last_id = -1;
	enqueuer->chunk.results = enqueuer->open_results;
	memset(enqueuer->open_results, CAMPAIGN_RESULT_OPEN, CAMPAIGN_CHUNK_SIZE);
	initStringInfo(&enqueuer->previous);
	initStringInfo(&enqueuer->first);
	initStringInfo(&enqueuer->last);
	enqueuer->message_tail = campaign_tail_open(partition);
	enqueuer->exclusion_tail = campaign_tail_open(exclusion);
	enqueuer->messages = campaign_writer_open(partition);
	enqueuer->exclusions = campaign_writer_open(exclusion);
	enqueuer->chunks = campaign_chunk_writer();
}

/* Writes what is buffered and records the counts. */
static void
close_enqueuer(Enqueuer *enqueuer)
{
	CampaignEnqueue *enqueue = enqueuer->enqueue;

	end_chunk(enqueuer);
	campaign_writer_close(enqueuer->messages);
	campaign_writer_close(enqueuer->exclusions);
	campaign_writer_close(enqueuer->chunks);
	CommandCounterIncrement();
	campaign_tail_summarize(enqueuer->message_tail, true);
	campaign_tail_summarize(enqueuer->exclusion_tail, true);
	campaign_execute(&count_delivery,
					 campaign_int8(enqueuer->chunk.delivery_id),
					 campaign_int8(enqueue->targeted),
					 campaign_int8(enqueue->excluded),
					 campaign_int8(enqueue->queued));
	campaign_shared_progress_rows(enqueue->targeted);
}

/* Turns every row of the select into a message or an exclusion. */
void
campaign_enqueue(CampaignEnqueue *enqueue, CampaignSelect *select)
{
	Enqueuer   *enqueuer = palloc0(sizeof(Enqueuer));

	enqueue->targeted = 0;
	enqueue->excluded = 0;
	enqueue->queued = 0;
	open_enqueuer(enqueuer, enqueue);
	campaign_select_run(select, &enqueuer->receiver);
	CAMPAIGN_FAULT("enqueue_plan");
	close_enqueuer(enqueuer);
	CAMPAIGN_FAULT("enqueue_close");
}
