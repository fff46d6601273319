/*
 * enqueue.c
 *		Messages of a delivery into the dispatch queue.
 *
 * The owner's plan runs as the owner and hands its rows to a receiver that
 * writes messages and exclusions without SQL.  Rows that are sent at the same
 * time with the same content come in the order of their keys, so a recipient's
 * second row is known by the row before it, and a chunk has a range of
 * recipients to itself, or nearly so: it is kept in byte order, and the order
 * of numbers is another one.  Chunks are written at the end: how many there will be is not
 * known before, and no numbers can be taken while a parallel plan runs.  They
 * and the ranges of numbers are all that grows with the number of rows.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "commands/async.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/fault.h"
#include "base/shared.h"
#include "base/sql.h"
#include "base/writer.h"
#include "queue/bucket.h"
#include "queue/chunk.h"
#include "queue/contact.h"
#include "queue/enqueue.h"
#include "queue/numbers.h"
#include "queue/partition.h"
#include "set/sink.h"

/* Thousands of message numbers in an epoch, after which they begin anew. */
#define NUMBER_THOUSANDS \
	((INT64CONST(1) << CAMPAIGN_EPOCH_SHIFT) / CAMPAIGN_CHUNK_SIZE)

/* How many times the expected rows numbers are taken for. */
#define SPARE 1.5

/* After so many chunks progress is reported. */
#define CHUNKS_PER_REPORT 32

/* Columns of the select. */
#define COLUMN_RECIPIENT	0
#define COLUMN_PERSON		1
#define COLUMN_ADDRESS		2
#define COLUMN_REASON		3
#define COLUMN_VARIABLES	4
#define COLUMN_SEND_AT		5
#define COLUMN_EDITION		6
#define COLUMN_DOMAIN		7
#define COLUMN_SUBJECTS		8
#define COLUMN_ZONELESS		9
#define COLUMN_COUNT		10

/* The domain of messages that are not limited by one. */
static char no_domain[] = "";

typedef struct Enqueuer Enqueuer;
struct Enqueuer
{
	CampaignReceiver receiver;	/* first: it is cast */
	CampaignEnqueue *enqueue;
	Enqueuer   *first;			/* of several that take rows of one select:
								 * numbers and tails are its own */
	int64		arrived;		/* rows for any of them */
	MemoryContext context;		/* lives as long as the enqueuer */
	CampaignNumbers *thousands;
	CampaignWriter *messages;
	bool		elsewhere;		/* they are moved to other servers in the end */
	CampaignWriter *exclusions;
	CampaignWriter *population; /* NULL: rows are not written as they are */
	CampaignLedger *ledger;		/* NULL: no rule counts */
	CampaignTail *message_tail; /* NULL: they are elsewhere */
	CampaignTail *exclusion_tail;
	int64		next_id;		/* of the next message */
	int64		end_id;			/* one after the last of its thousand */
	CampaignChunk chunk;		/* being filled; empty if last_id < first_id */
	char		open_results[CAMPAIGN_CHUNK_SIZE];
	StringInfoData previous;	/* recipient of the row before */
	StringInfoData lowest;		/* recipients of the chunk being filled */
	StringInfoData highest;
	StringInfoData domain;		/* of the chunk being filled */
	List	   *chunks;			/* of CampaignChunk *, filled */
	List	   *lanes;			/* of char *, domains of the chunks */
};

CAMPAIGN_STATEMENT(insert_delivery,
				   "INSERT INTO campaign.delivery"
				   " (run_id, activity, channel, confirmed, distributed)"
				   " VALUES ($1, $2, $3, $4, $5)"
				   " ON CONFLICT (run_id, activity) DO NOTHING"
				   " RETURNING delivery_id");

CAMPAIGN_STATEMENT(count_delivery,
				   "UPDATE campaign.delivery"
				   " SET targeted = $2, excluded = $3, queued = $4,"
				   " drained = $4 = 0 OR $6, lanes = $5"
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
create_delivery(const CampaignEnqueue *enqueue, bool elsewhere)
{
	CampaignRows *rows;

	rows = campaign_query(&insert_delivery,
						  campaign_int8(enqueue->run_id),
						  campaign_text(enqueue->activity),
						  campaign_text(enqueue->channel),
						  campaign_bool(enqueue->confirmed),
						  campaign_bool(elsewhere));
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

/* The next message number; a chunk has only numbers of one thousand. */
static int64
next_message_id(Enqueuer *enqueuer)
{
	int64		thousand;

	if (enqueuer->next_id == enqueuer->end_id)
	{
		thousand = campaign_numbers_next(enqueuer->thousands);
		enqueuer->next_id =
			(enqueuer->enqueue->epoch << CAMPAIGN_EPOCH_SHIFT) +
			thousand % NUMBER_THOUSANDS * CAMPAIGN_CHUNK_SIZE;
		enqueuer->end_id = enqueuer->next_id + CAMPAIGN_CHUNK_SIZE;
	}
	return enqueuer->next_id++;
}

/* Has indexes cover what was written. */
static void
summarize(Enqueuer *enqueuer, bool finish)
{
	if (enqueuer->message_tail != NULL)
		campaign_tail_summarize(enqueuer->message_tail, finish);
	campaign_tail_summarize(enqueuer->exclusion_tail, finish);
}

/* Lets indexes catch up, and progress now and then. */
static void
catch_up(Enqueuer *enqueuer)
{
	if (list_length(enqueuer->chunks) % CHUNKS_PER_REPORT == 0)
		campaign_shared_progress_rows(enqueuer->first->arrived);
	summarize(enqueuer, false);
}

/* True if no message is in the chunk being filled. */
static bool
chunk_is_empty(const Enqueuer *enqueuer)
{
	return enqueuer->chunk.last_id < enqueuer->chunk.first_id;
}

/* The kept copy of a domain, which makes it a lane of the delivery. */
static char *
keep_lane(Enqueuer *enqueuer, const char *domain)
{
	ListCell   *cell;
	char	   *lane;

	foreach(cell, enqueuer->lanes)
	{
		if (strcmp(lfirst(cell), domain) == 0)
			return lfirst(cell);
	}
	lane = pstrdup(domain);
	enqueuer->lanes = lappend(enqueuer->lanes, lane);
	return lane;
}

/* Ends the chunk that was being filled, if there is any. */
static void
end_chunk(Enqueuer *enqueuer)
{
	CampaignChunk *chunk = &enqueuer->chunk;
	CampaignChunk *filled;
	BlockNumber first;
	BlockNumber last;
	MemoryContext old;

	if (chunk_is_empty(enqueuer))
		return;
	CAMPAIGN_FAULT("enqueue_chunk");
	campaign_writer_blocks(enqueuer->messages, &first, &last);
	if (enqueuer->ledger != NULL)
		campaign_ledger_write(enqueuer->ledger, chunk);
	old = MemoryContextSwitchTo(enqueuer->context);
	filled = palloc(sizeof(CampaignChunk));
	*filled = *chunk;
	filled->first_block = enqueuer->elsewhere ? CAMPAIGN_BLOCK_ELSEWHERE : first;
	filled->last_block = enqueuer->elsewhere ? CAMPAIGN_BLOCK_ELSEWHERE : last;
	filled->first_recipient = pstrdup(enqueuer->lowest.data);
	filled->last_recipient = pstrdup(enqueuer->highest.data);
	filled->domain = keep_lane(enqueuer, chunk->domain);
	enqueuer->chunks = lappend(enqueuer->chunks, filled);
	MemoryContextSwitchTo(old);
	chunk->last_id = chunk->first_id - 1;
	catch_up(enqueuer);
}

/* When messages to be sent at that instant are worth nothing any more; or 0. */
static TimestampTz
expiry_of(const CampaignEnqueue *enqueue, TimestampTz send_at)
{
	TimestampTz expires = enqueue->valid_until;
	TimestampTz end;

	if (enqueue->valid_for == NULL)
		return expires;
	end = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												  TimestampTzGetDatum(send_at),
												  PointerGetDatum(enqueue->valid_for)));
	return expires == 0 ? end : Min(expires, end);
}

/* What the messages of a chunk have in common, of a row. */
static void
read_group(const Enqueuer *enqueuer, TupleTableSlot *slot,
		   CampaignChunk *group)
{
	group->send_at = slot->tts_isnull[COLUMN_SEND_AT] ?
		enqueuer->enqueue->now :
		DatumGetTimestampTz(slot->tts_values[COLUMN_SEND_AT]);
	group->edition = slot->tts_isnull[COLUMN_EDITION] ? 0 :
		DatumGetInt16(slot->tts_values[COLUMN_EDITION]);
	group->domain = slot->tts_isnull[COLUMN_DOMAIN] ? no_domain :
		TextDatumGetCString(slot->tts_values[COLUMN_DOMAIN]);
}

/* True if messages of the group belong into the chunk being filled. */
static bool
same_group(const CampaignChunk *chunk, const CampaignChunk *group)
{
	return chunk->send_at == group->send_at &&
		chunk->edition == group->edition &&
		strcmp(chunk->domain, group->domain) == 0;
}

/* When a chunk may be claimed, as far as that can be said by now. */
static TimestampTz
first_due(const CampaignEnqueue *enqueue, const CampaignChunk *chunk)
{
	if (chunk->edition < 0 ||
		(enqueue->judged_later && chunk->send_at > enqueue->now))
		return DT_NOEND;
	return Max(chunk->send_at, enqueue->now);
}

/* Begins a chunk for messages of a group. */
static void
begin_chunk(Enqueuer *enqueuer, const CampaignChunk *group)
{
	CampaignChunk *chunk = &enqueuer->chunk;

	chunk->send_at = group->send_at;
	chunk->edition = group->edition;
	remember(&enqueuer->domain, group->domain, (int) strlen(group->domain));
	chunk->domain = enqueuer->domain.data;
	chunk->due_at = first_due(enqueuer->enqueue, chunk);
	chunk->expires_at = expiry_of(enqueuer->enqueue, chunk->send_at);
	chunk->first_id = next_message_id(enqueuer);
	chunk->last_id = chunk->first_id - 1;
}

/* Widens the chunk's range of recipients by one more. */
static void
widen_chunk(Enqueuer *enqueuer, const char *recipient, int length)
{
	StringInfo	lowest = &enqueuer->lowest;
	StringInfo	highest = &enqueuer->highest;

	if (compare_bytes(recipient, length, highest->data, highest->len) > 0)
		remember(highest, recipient, length);
	else if (compare_bytes(recipient, length, lowest->data, lowest->len) < 0)
		remember(lowest, recipient, length);
}

/* Puts the next message into a chunk of its group, and gives its number. */
static int64
place_message(Enqueuer *enqueuer, const CampaignChunk *group,
			  const char *recipient, int length)
{
	CampaignChunk *chunk = &enqueuer->chunk;

	if (!chunk_is_empty(enqueuer) && !same_group(chunk, group))
		end_chunk(enqueuer);
	if (chunk_is_empty(enqueuer))
	{
		begin_chunk(enqueuer, group);
		remember(&enqueuer->lowest, recipient, length);
		remember(&enqueuer->highest, recipient, length);
		chunk->last_id++;
	}
	else
	{
		widen_chunk(enqueuer, recipient, length);
		chunk->last_id = next_message_id(enqueuer);
	}
	return chunk->last_id;
}

/* Writes a message. */
static void
add_message(Enqueuer *enqueuer, TupleTableSlot *slot,
			const CampaignChunk *group, const char *recipient, int length)
{
	Datum		values[6];
	bool		isnull[6] = {false};
	int64		message_id = place_message(enqueuer, group, recipient, length);

	values[0] = Int64GetDatum(message_id);
	values[1] = Int64GetDatum(enqueuer->chunk.delivery_id);
	values[2] = slot->tts_values[COLUMN_RECIPIENT];
	values[3] = slot->tts_values[COLUMN_PERSON];
	isnull[3] = slot->tts_isnull[COLUMN_PERSON];
	values[4] = slot->tts_values[COLUMN_ADDRESS];
	values[5] = slot->tts_values[COLUMN_VARIABLES];
	isnull[5] = slot->tts_isnull[COLUMN_VARIABLES];
	campaign_writer_add(enqueuer->messages, values, isnull);
	if (enqueuer->ledger != NULL && !slot->tts_isnull[COLUMN_SUBJECTS])
		campaign_ledger_note(enqueuer->ledger,
							 (int) (message_id - enqueuer->chunk.first_id),
							 slot->tts_values[COLUMN_SUBJECTS]);
	enqueuer->enqueue->queued++;
	if (DatumGetBool(slot->tts_values[COLUMN_ZONELESS]))
		enqueuer->enqueue->zoneless++;

	if (enqueuer->next_id == enqueuer->end_id)
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

/* True if the row before had the same recipient. */
static bool
is_repeated(const Enqueuer *enqueuer, const char *recipient, int length)
{
	return enqueuer->enqueue->targeted > 0 &&
		compare_bytes(recipient, length, enqueuer->previous.data,
					  enqueuer->previous.len) == 0;
}

/*
 * Why the row's message must not be enqueued, or NULL.  Where the variant is
 * decided later, all must be fit to be sent.
 */
static const char *
find_fault(const Enqueuer *enqueuer, TupleTableSlot *slot, int edition)
{
	const List *contents = enqueuer->enqueue->contents;
	const char *fault = NULL;
	int			languages;

	campaign_ensure(has_address(slot), "a row to be delivered has no address");
	campaign_ensure(!slot->tts_isnull[COLUMN_VARIABLES],
					"a row to be delivered has no variables");
	if (edition >= 0)
		return campaign_content_fault(campaign_content_edition(contents, edition),
									  slot->tts_values[COLUMN_VARIABLES]);
	languages = campaign_content_languages(contents);
	for (int i = -1 - edition; i < list_length(contents) && fault == NULL;
		 i += languages)
		fault = campaign_content_fault(list_nth(contents, i),
									   slot->tts_values[COLUMN_VARIABLES]);
	return fault;
}

/* Receiver: makes one row a message or an exclusion. */
static void
take_row(CampaignReceiver *self, TupleTableSlot *slot)
{
	Enqueuer   *enqueuer = (Enqueuer *) self;
	CampaignChunk group;
	text	   *recipient;
	const char *data;
	int			length;
	bool		repeated;
	const char *fault;

	slot_getallattrs(slot);
	campaign_ensure(!slot->tts_isnull[COLUMN_RECIPIENT],
					"a row to be delivered has no key");
	recipient = DatumGetTextPP(slot->tts_values[COLUMN_RECIPIENT]);
	data = VARDATA_ANY(recipient);
	length = VARSIZE_ANY_EXHDR(recipient);
	repeated = is_repeated(enqueuer, data, length);
	enqueuer->enqueue->targeted++;
	enqueuer->first->arrived++;
	if (enqueuer->population != NULL)
		campaign_writer_add(enqueuer->population,
							slot->tts_values + COLUMN_COUNT,
							slot->tts_isnull + COLUMN_COUNT);
	if (repeated)
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
	read_group(enqueuer, slot, &group);
	fault = find_fault(enqueuer, slot, group.edition);
	if (fault != NULL)
	{
		add_exclusion(enqueuer, slot, CStringGetTextDatum(fault));
		return;
	}
	add_message(enqueuer, slot, &group, data, length);
}

/* Checks what the select gives: our columns, and so many more. */
static void
check_columns(TupleDesc desc, int more)
{
	static const Oid types[COLUMN_COUNT] = {
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, TIMESTAMPTZOID,
		INT2OID, TEXTOID, INT8ARRAYOID, BOOLOID
	};

	if (desc->natts != COLUMN_COUNT + more)
		elog(ERROR, "enqueue expects another number of columns");
	for (int i = 0; i < COLUMN_COUNT; i++)
	{
		if (TupleDescAttr(desc, i)->atttypid != types[i])
			elog(ERROR, "enqueue expects another type for column %d", i + 1);
	}
}

/*
 * Receiver: takes numbers for rows that were not counted before.  Should they
 * be more, that is an error, and the activities are executed one by one.
 */
static void
begin_rows(CampaignReceiver *self, TupleDesc desc)
{
	Enqueuer   *enqueuer = (Enqueuer *) self;

	check_columns(desc, enqueuer->population == NULL ? 0 :
				  list_length(enqueuer->enqueue->population->columns));
	if (enqueuer->enqueue->uncounted)
		campaign_numbers_add(enqueuer->thousands,
							 (int64) ceil(self->ahead * SPARE /
										  CAMPAIGN_CHUNK_SIZE));
}

/* Opens the queue's tables, and takes the numbers that messages can need. */
static void
open_queue(Enqueuer *enqueuer)
{
	const CampaignEnqueue *enqueue = enqueuer->enqueue;
	CampaignRows *rows = campaign_query(&count_inflow,
										campaign_int8(enqueue->run_id),
										campaign_text(enqueue->activity));
	int64		thousands = (campaign_row_int8(rows, 0, 1) +
							 CAMPAIGN_CHUNK_SIZE - 1) / CAMPAIGN_CHUNK_SIZE;
	Oid			exclusion = campaign_queue_relation("exclusion");
	Oid			messages;

	enqueuer->first = enqueuer;
	enqueuer->elsewhere = campaign_queue_distributed();
	messages = enqueuer->elsewhere ? campaign_bucket_stage() :
		campaign_partition_of(enqueue->epoch);
	enqueuer->thousands = campaign_numbers_take("message_number", thousands);
	if (!enqueuer->elsewhere)
		enqueuer->message_tail = campaign_tail_open(messages);
	enqueuer->exclusion_tail = campaign_tail_open(exclusion);
	enqueuer->messages = campaign_writer_open(messages);
	enqueuer->exclusions = campaign_writer_open(exclusion);
}

/* Opens what has to be its own beside one that has opened them. */
static void
open_queue_beside(Enqueuer *enqueuer, Enqueuer *first)
{
	enqueuer->first = first;
	enqueuer->elsewhere = first->elsewhere;
	enqueuer->thousands = first->thousands;
	enqueuer->message_tail = first->message_tail;
	enqueuer->exclusion_tail = first->exclusion_tail;
	enqueuer->messages = campaign_writer_open_beside(first->messages);
	enqueuer->exclusions = campaign_writer_open_beside(first->exclusions);
}

/* Opens all that rows are written to; first is NULL for the first one. */
static void
open_enqueuer(Enqueuer *enqueuer, CampaignEnqueue *enqueue, Enqueuer *first)
{
	enqueuer->receiver.start = begin_rows;
	enqueuer->receiver.row = take_row;
	enqueuer->enqueue = enqueue;
	enqueuer->context = CurrentMemoryContext;
	enqueue->targeted = 0;
	enqueue->excluded = 0;
	enqueue->queued = 0;
	enqueue->zoneless = 0;
	if (first == NULL)
		open_queue(enqueuer);
	else
		open_queue_beside(enqueuer, first);
	enqueuer->chunk.delivery_id = create_delivery(enqueue,
													  enqueuer->elsewhere);
	enqueuer->chunk.last_id = -1;
	enqueuer->chunk.results = enqueuer->open_results;
	enqueuer->chunk.settled = enqueue->test;
	enqueuer->chunk.leased_until = enqueue->test ? enqueue->now : 0;
	memset(enqueuer->open_results, enqueue->test ? CAMPAIGN_RESULT_TESTED :
		   CAMPAIGN_RESULT_OPEN, CAMPAIGN_CHUNK_SIZE);
	initStringInfo(&enqueuer->previous);
	initStringInfo(&enqueuer->lowest);
	initStringInfo(&enqueuer->highest);
	initStringInfo(&enqueuer->domain);
	if (enqueue->population != NULL)
		enqueuer->population =
			campaign_writer_open(enqueue->population->relation);
	if (enqueue->population != NULL && enqueue->population->places != NULL)
		campaign_writer_choose(enqueuer->population,
							   enqueue->population->places);
	enqueuer->ledger = campaign_ledger_open(enqueue->rules);
}

/* Writes the rows of all chunks. */
static void
write_chunks(Enqueuer *enqueuer)
{
	CampaignNumbers *ids = campaign_numbers_take("chunk_chunk_id_seq",
												 list_length(enqueuer->chunks));
	CampaignWriter *writer = campaign_chunk_writer();
	ListCell   *cell;

	foreach(cell, enqueuer->chunks)
		campaign_chunk_add(writer, campaign_numbers_next(ids), lfirst(cell));
	campaign_writer_close(writer);
}

/* Writes what is buffered and records the counts. */
static void
close_enqueuer(Enqueuer *enqueuer)
{
	CampaignEnqueue *enqueue = enqueuer->enqueue;

	end_chunk(enqueuer);
	campaign_writer_close(enqueuer->messages);
	campaign_writer_close(enqueuer->exclusions);
	if (enqueuer->population != NULL)
	{
		(void) campaign_writer_close(enqueuer->population);
		campaign_sink_note(enqueue->population, enqueue->targeted);
	}
	if (enqueuer->ledger != NULL)
		campaign_ledger_close(enqueuer->ledger);
	write_chunks(enqueuer);
	CommandCounterIncrement();
	if (enqueuer->first == enqueuer)
		summarize(enqueuer, true);
	if (enqueuer->elsewhere)
		campaign_bucket_guard(enqueuer->chunk.delivery_id);
	if (enqueuer->elsewhere && enqueuer->first == enqueuer)
		campaign_bucket_move();
	campaign_execute(&count_delivery,
					 campaign_int8(enqueuer->chunk.delivery_id),
					 campaign_int8(enqueue->targeted),
					 campaign_int8(enqueue->excluded),
					 campaign_int8(enqueue->queued),
					 campaign_text_array(enqueuer->lanes),
					 campaign_bool(enqueue->test));
	campaign_shared_progress_rows(enqueuer->first->arrived);
	/* A hint for senders who LISTEN; sent when this commits. */
	if (enqueue->queued > 0 && !enqueue->test)
		Async_Notify(CAMPAIGN_NOTIFY_CHANNEL, enqueue->channel);
}

/* Writes exclusions for the rows that were not evaluated. */
static void
exclude_rejected(Enqueuer *enqueuer)
{
	CampaignEnqueue *enqueue = enqueuer->enqueue;
	ListCell   *cell;

	foreach(cell, enqueue->rejected)
	{
		const CampaignRejected *rejected = lfirst(cell);
		Datum		values[4] = {Int64GetDatum(enqueuer->chunk.delivery_id)};
		bool		isnull[4] = {false, false, true, false};

		values[1] = CStringGetTextDatum(rejected->recipient);
		values[3] = CStringGetTextDatum(rejected->reason);
		campaign_writer_add(enqueuer->exclusions, values, isnull);
		enqueue->targeted++;
		enqueue->excluded++;
	}
}

/* Turns every row of the select into a message or an exclusion. */
void
campaign_enqueue(CampaignEnqueue *enqueue, CampaignSelect *select)
{
	Enqueuer   *enqueuer = palloc0(sizeof(Enqueuer));

	open_enqueuer(enqueuer, enqueue, NULL);
	campaign_select_run(select, &enqueuer->receiver);
	exclude_rejected(enqueuer);
	CAMPAIGN_FAULT("enqueue_plan");
	close_enqueuer(enqueuer);
	CAMPAIGN_FAULT("enqueue_close");
}

/* ----------------------- several from one select ------------------------ */

/* Hands rows to enqueuers, by the number in their last column. */
typedef struct Distributor
{
	CampaignReceiver receiver;	/* first: it is cast */
	CampaignEnqueue **enqueues;
	Enqueuer  **enqueuers;		/* by number; NULL: rows are only counted */
	Enqueuer   *first;
	int			count;
	int64	   *rows;
} Distributor;

/* Receiver: takes numbers, with some to spare for each of them. */
static void
begin_distribution(CampaignReceiver *self, TupleDesc desc)
{
	Distributor *distributor = (Distributor *) self;

	check_columns(desc, desc->natts - COLUMN_COUNT);
	if (TupleDescAttr(desc, desc->natts - 1)->atttypid != INT4OID)
		elog(ERROR, "enqueue expects a number in the last column");
	if (self->ahead > 0)
		campaign_numbers_add(distributor->first->thousands,
							 distributor->count +
							 (int64) ceil(self->ahead * SPARE /
										  CAMPAIGN_CHUNK_SIZE));
}

/* Receiver: counts a row and hands it on. */
static void
distribute_row(CampaignReceiver *self, TupleTableSlot *slot)
{
	Distributor *distributor = (Distributor *) self;
	int			number;

	slot_getallattrs(slot);
	number = DatumGetInt32(slot->tts_values[slot->tts_tupleDescriptor->natts - 1]);
	campaign_ensure(number >= 0 && number < distributor->count,
					"a row is for none of the deliveries");
	distributor->rows[number]++;
	if (distributor->enqueuers[number] != NULL)
		take_row(&distributor->enqueuers[number]->receiver, slot);
}

/* Opens the enqueuers. */
static void
open_distributor(Distributor *distributor)
{
	distributor->receiver.start = begin_distribution;
	distributor->receiver.row = distribute_row;
	distributor->enqueuers = palloc0(sizeof(Enqueuer *) * distributor->count);
	for (int i = 0; i < distributor->count; i++)
	{
		if (distributor->enqueues[i] == NULL)
			continue;
		distributor->enqueuers[i] = palloc0(sizeof(Enqueuer));
		open_enqueuer(distributor->enqueuers[i], distributor->enqueues[i],
					  distributor->first);
		if (distributor->first == NULL)
			distributor->first = distributor->enqueuers[i];
	}
}

/* Has each row of the select become a message or an exclusion of its delivery. */
void
campaign_enqueue_all(CampaignEnqueue **enqueues, int count,
					 CampaignSelect *select, int64 *rows)
{
	Distributor distributor = {
		.enqueues = enqueues, .count = count, .rows = rows
	};

	open_distributor(&distributor);
	campaign_select_run(select, &distributor.receiver);
	CAMPAIGN_FAULT("enqueue_plan");
	/* The first one has what the others write with. */
	for (int i = count - 1; i >= 0; i--)
	{
		if (distributor.enqueuers[i] != NULL)
			close_enqueuer(distributor.enqueuers[i]);
	}
	CAMPAIGN_FAULT("enqueue_close");
}
