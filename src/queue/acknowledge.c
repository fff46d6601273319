/*
 * acknowledge.c
 *		Settling the messages of a lease.
 *
 * A chunk is settled by one update of its row, whatever became of its
 * messages.  Those to be tried again leave it: their byte says so, and they
 * get chunks of their own, neighbours with the same delay together.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/settings.h"
#include "queue/acknowledge.h"
#include "queue/chunk.h"
#include "queue/failure.h"
#include "queue/lease.h"
#include "queue/message.h"
#include "queue/outcome.h"

/* Without a delay of the sender's: 5 minutes, doubled with each attempt. */
#define FIRST_DELAY_MINUTES		5
#define LONGEST_DELAY_MINUTES	(24 * 60)

/* Neighbours of a chunk that are to be tried again at the same time. */
typedef struct Retry
{
	CampaignChunk *chunk;
	int			first;			/* positions in the chunk */
	int			last;
	TimestampTz due_at;
	int			attempts;		/* that count */
} Retry;

typedef struct Acknowledgement
{
	TimestampTz now;
	List	   *chunks;			/* of CampaignChunk *, in order of messages */
	int			position;		/* of the chunk looked at last */
	List	   *retries;		/* of Retry *, in the order of messages */
	CampaignOutcomes *outcomes;
	CampaignAcknowledged *counts;
} Acknowledgement;

/* When the attempt after this one is made, if the sender does not say. */
static TimestampTz
default_retry(TimestampTz now, int attempt)
{
	int64		minutes = FIRST_DELAY_MINUTES;

	for (int i = 1; i < attempt && minutes < LONGEST_DELAY_MINUTES; i++)
		minutes *= 2;
	return now + Min(minutes, LONGEST_DELAY_MINUTES) * USECS_PER_MINUTE;
}

/*
 * The chunk of the lease in which that message is open.  Both failures and
 * chunks come in order of messages, so each call goes on from the last one;
 * a retry is not in the lease of what it was cut from.
 */
static CampaignChunk *
find_chunk(Acknowledgement *ack, int64 message_id)
{
	while (ack->position < list_length(ack->chunks))
	{
		CampaignChunk *chunk = list_nth(ack->chunks, ack->position);

		if (message_id < chunk->first_id)
			break;
		if (message_id <= chunk->last_id &&
			chunk->results[message_id - chunk->first_id] ==
			CAMPAIGN_RESULT_OPEN)
			return chunk;
		ack->position++;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("message " INT64_FORMAT " is not part of the lease",
					message_id),
			 errhint("Name messages that campaign_claim returned with this lease; nothing has been changed.")));
	return NULL;				/* keep the compiler quiet */
}

/* Orders chunks by their messages. */
static int
compare_chunks(const ListCell *a, const ListCell *b)
{
	const CampaignChunk *first = lfirst(a);
	const CampaignChunk *second = lfirst(b);

	if (first->first_id == second->first_id)
		return 0;
	return first->first_id < second->first_id ? -1 : 1;
}

/* Puts a message off, with its neighbour if that waits as long. */
static void
add_retry(Acknowledgement *ack, CampaignChunk *chunk, int position,
		  TimestampTz due_at, int attempts)
{
	Retry	   *retry = ack->retries == NIL ? NULL : llast(ack->retries);

	if (retry != NULL && retry->chunk == chunk &&
		retry->last + 1 == position && retry->due_at == due_at &&
		retry->attempts == attempts)
	{
		retry->last = position;
		return;
	}
	retry = palloc(sizeof(Retry));
	*retry = (Retry) {chunk, position, position, due_at, attempts};
	ack->retries = lappend(ack->retries, retry);
}

/* Takes a message out of its chunk, to be handed out again. */
static void
put_off(Acknowledgement *ack, CampaignChunk *chunk,
		const CampaignFailure *failure)
{
	TimestampTz due_at = failure->retry_at;

	if (due_at == 0)
		due_at = failure->released ? ack->now :
			default_retry(ack->now, chunk->attempts);
	chunk->results[failure->message_id - chunk->first_id] =
		CAMPAIGN_RESULT_RETRIED;
	ack->counts->retried++;
	add_retry(ack, chunk, (int) (failure->message_id - chunk->first_id),
			  due_at, chunk->attempts - (failure->released ? 1 : 0));
}

/* Marks one failed message; after enough attempts it has failed for good. */
static void
mark_failure(Acknowledgement *ack, const CampaignFailure *failure)
{
	CampaignChunk *chunk = find_chunk(ack, failure->message_id);
	bool		final = failure->permanent ||
		(!failure->released && chunk->attempts >= campaign_max_attempts);

	campaign_outcomes_add(ack->outcomes, chunk->delivery_id,
						  failure->message_id, chunk->attempts,
						  final ? "failed" :
						  failure->released ? "released" : "retried",
						  failure->reason);
	if (!final)
	{
		put_off(ack, chunk, failure);
		return;
	}
	chunk->results[failure->message_id - chunk->first_id] =
		CAMPAIGN_RESULT_FAILED;
	ack->counts->failed++;
}

/* Settles a chunk: what has not failed was sent. */
static void
settle_chunk(Acknowledgement *ack, CampaignChunk *chunk)
{
	ack->counts->sent += campaign_chunk_mark(chunk,
											 campaign_chunk_size(chunk),
											 CAMPAIGN_RESULT_SENT);
	campaign_chunk_settle(chunk, ack->now);
	campaign_chunk_update(chunk);
}

/* Gives the chunk the range of its messages' recipients. */
static void
bound_recipients(CampaignChunk *chunk, const CampaignMessage *messages,
				 int count)
{
	for (int i = 0; i < count; i++)
	{
		/* Rows that somebody has deleted leave the range wider. */
		if (messages[i].address == NULL)
			return;
	}
	chunk->first_recipient = messages[0].recipient;
	chunk->last_recipient = messages[0].recipient;
	for (int i = 1; i < count; i++)
	{
		char	   *recipient = messages[i].recipient;

		if (strcmp(recipient, chunk->first_recipient) < 0)
			chunk->first_recipient = recipient;
		if (strcmp(recipient, chunk->last_recipient) > 0)
			chunk->last_recipient = recipient;
	}
}

/* Makes the chunk of a retry; messages are those of the chunk it comes from. */
static void
insert_retry(const Retry *retry, CampaignMessage *messages)
{
	const CampaignChunk *origin = retry->chunk;
	CampaignChunk chunk = *origin;
	int			size = retry->last - retry->first + 1;

	chunk.first_id = origin->first_id + retry->first;
	chunk.last_id = origin->first_id + retry->last;
	bound_recipients(&chunk, messages + retry->first, size);
	if (messages[retry->first].address != NULL)
		chunk.first_block = messages[retry->first].block;
	if (messages[retry->last].address != NULL)
		chunk.last_block = messages[retry->last].block;
	/* Never before its origin: what claims have passed is not looked at. */
	chunk.due_at = Max(retry->due_at, origin->due_at);
	chunk.settled = false;
	chunk.lease = NULL;
	chunk.holder = InvalidOid;
	chunk.leased_until = 0;
	chunk.attempts = retry->attempts;
	chunk.results = palloc(size);
	memset(chunk.results, CAMPAIGN_RESULT_OPEN, size);
	campaign_chunk_insert(&chunk);
}

/* Makes the chunks of all retries, reading each chunk's messages once. */
static void
insert_retries(Acknowledgement *ack)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "campaign retries",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	const CampaignChunk *chunk = NULL;
	CampaignMessage *messages = NULL;
	ListCell   *cell;

	foreach(cell, ack->retries)
	{
		Retry	   *retry = lfirst(cell);

		if (retry->chunk != chunk)
		{
			MemoryContextReset(context);
			chunk = retry->chunk;
			messages = campaign_messages_read(chunk, chunk->first_id,
											  chunk->last_id, NULL);
		}
		insert_retry(retry, messages);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* Settles the chunks of a live lease. */
static void
settle(Acknowledgement *ack, List *failures)
{
	ListCell   *cell;

	ack->outcomes = campaign_outcomes_new(ack->now);
	list_sort(ack->chunks, compare_chunks);
	foreach(cell, failures)
		mark_failure(ack, lfirst(cell));
	foreach(cell, ack->chunks)
		settle_chunk(ack, lfirst(cell));
	campaign_outcomes_write(ack->outcomes);
	insert_retries(ack);
}

/* Settles a lease, or says why not. */
void
campaign_acknowledge(const pg_uuid_t *lease, const Jsonb *failed,
					 CampaignAcknowledged *acknowledged)
{
	static const char *const results[] = {
		[CAMPAIGN_LEASE_UNKNOWN] = "unknown",
		[CAMPAIGN_LEASE_LATE] = "late",
		[CAMPAIGN_LEASE_SETTLED] = "settled before",
		[CAMPAIGN_LEASE_LIVE] = "settled",
	};
	Acknowledgement ack = {0};
	CampaignLeaseState state;
	List	   *failures;

	memset(acknowledged, 0, sizeof(*acknowledged));
	ack.counts = acknowledged;
	failures = campaign_failures_parse(failed, campaign_clock_now());
	state = campaign_lease_lock(lease, &ack.now, &ack.chunks);
	acknowledged->result = results[state];
	if (state == CAMPAIGN_LEASE_LIVE)
		settle(&ack, failures);
	CAMPAIGN_FAULT("acknowledge");
}
