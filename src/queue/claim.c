/*
 * claim.c
 *		Handing out messages that are due.
 *
 * A claim goes through the lanes that have something due.  It locks their due
 * chunks, skipping those that others are at, and takes them one by one: reads
 * the messages, withdraws those whose address is suppressed by now, writes its
 * lease to the chunk row, and renders.  A chunk larger than what is still
 * wanted is cut: its head becomes a chunk of its own.  Locks are held to the
 * end of the transaction, and the messages are the sender's only once it has
 * committed.
 *
 * Limits are counted in the claim's transaction, before anything is handed
 * out.  A claim waits for the channel's, which it takes first; of the others
 * it skips what another claim has, so claims never wait in a circle.
 *
 * Suppression and the state of runs are read by statements with snapshots
 * taken after the claim began, hence READ COMMITTED only.
 */
#include "postgres.h"

#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/clock.h"
#include "base/cluster.h"
#include "base/errors.h"
#include "base/fault.h"
#include "base/hash.h"
#include "base/identity.h"
#include "base/sql.h"
#include "set/render.h"
#include "set/tracking.h"
#include "store/hold.h"
#include "queue/channel.h"
#include "queue/chunk.h"
#include "queue/claim.h"
#include "queue/content.h"
#include "queue/lane.h"
#include "queue/lease.h"
#include "queue/message.h"
#include "queue/outcome.h"
#include "queue/secret.h"
#include "queue/throttle.h"

#define CLAIMED_NATTS 8

/* Chunks with no more messages than that between them are read together. */
#define NEAR_MESSAGES 100

/* How long a chunk waits whose messages have yet to be committed. */
#define COMMIT_DELAY (30 * USECS_PER_SEC)

/* What the messages of a delivery have in common. */
typedef struct ClaimedDelivery
{
	int64		delivery_id;
	pg_uuid_t	run_uuid;
	char	   *campaign;
	char	   *activity;
	List	   *contents;		/* editions, of CampaignMessageContent * */
	CampaignTracking tracking;	/* of the message at hand */
} ClaimedDelivery;

/* A claim in progress. */
typedef struct Claim
{
	const CampaignChannel *channel;
	List	   *throttles;		/* of CampaignThrottle *, of the lane at hand */
	int			wanted;			/* messages still to be found */
	pg_uuid_t	lease;
	Oid			holder;
	TimestampTz now;
	TimestampTz until;
	Tuplestorestate *rows;
	TupleDesc	desc;
	List	   *deliveries;		/* of ClaimedDelivery *, met so far */
	CampaignOutcomes *outcomes;
	MemoryContext context;		/* lives as long as the claim */
	MemoryContext turn;			/* reset after the chunks picked at once */
	MemoryContext chunk;		/* reset after each chunk */
	/* messages of several small chunks; none if last < first */
	int64		ahead_first;
	int64		ahead_last;
	CampaignMessage *ahead;
	MemoryContext ahead_context;
} Claim;

CAMPAIGN_STATEMENT(pick_chunks,
				   "SELECT " CAMPAIGN_CHUNK_COLUMNS
				   " FROM campaign.chunk c"
				   " WHERE c.delivery_id = $1 AND c.domain = $2"
				   " AND NOT c.settled AND c.due_at <= $3"
				   " AND (c.due_at, c.chunk_id) >= ($4, $5)"
				   " AND (c.leased_until IS NULL OR c.leased_until <= $3)"
				   " ORDER BY c.due_at, c.chunk_id LIMIT $6"
				   " FOR UPDATE SKIP LOCKED");

CAMPAIGN_STATEMENT(describe_delivery,
				   "SELECT r.uuid, g.name, d.activity, a.options"
				   " FROM campaign.delivery d"
				   " JOIN campaign.run r ON r.run_id = d.run_id"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " JOIN campaign.activity a ON a.version_id = r.version_id"
				   " AND a.name = d.activity"
				   " WHERE d.delivery_id = $1");

/* Locks and reads due chunks of a lane, the oldest first. */
static List *
pick_due(Claim *claim, const CampaignLane *lane, int limit)
{
	int			nestlevel = campaign_chunk_planning_enter(false);
	List	   *chunks = NIL;
	CampaignRows *rows;

	rows = campaign_query(&pick_chunks,
						  campaign_int8(lane->delivery_id),
						  campaign_text(lane->domain),
						  campaign_time(claim->now),
						  campaign_time(lane->due_at),
						  campaign_int8(lane->chunk_id),
						  campaign_int8(limit));
	campaign_settings_leave(nestlevel);
	for (int i = 0; i < rows->count; i++)
		chunks = lappend(chunks, campaign_chunk_read(rows, i));
	return chunks;
}

/* Readies the tracking URLs; the secret is read only if there will be any. */
static void
describe_tracking(Claim *claim, ClaimedDelivery *delivery)
{
	const char *url = campaign_channel_tracking_url(claim->channel);
	bool		unsubscribes = strcmp(claim->channel->kind, "email") == 0;

	if (url == NULL ||
		!(unsubscribes || campaign_content_tracked(delivery->contents)))
		return;
	delivery->tracking.url = url;
	delivery->tracking.unsubscribes = unsubscribes;
	delivery->tracking.secret = campaign_secret_require();
}

/* Reads what the messages of a delivery have in common. */
static ClaimedDelivery *
describe(Claim *claim, int64 delivery_id)
{
	ClaimedDelivery *delivery = palloc0(sizeof(ClaimedDelivery));
	CampaignRows *rows = campaign_query(&describe_delivery,
										campaign_int8(delivery_id));

	campaign_ensure(rows->count == 1,
					"the activity of delivery " INT64_FORMAT " is gone",
					delivery_id);
	delivery->delivery_id = delivery_id;
	delivery->run_uuid = *campaign_row_uuid(rows, 0, 1);
	delivery->campaign = campaign_row_text(rows, 0, 2);
	delivery->activity = campaign_row_text(rows, 0, 3);
	delivery->contents = campaign_content_parse(claim->channel->kind,
												campaign_row_jsonb(rows, 0, 4));
	describe_tracking(claim, delivery);
	return delivery;
}

/* The delivery, described at the first of its chunks. */
static ClaimedDelivery *
find_delivery(Claim *claim, int64 delivery_id)
{
	MemoryContext old;
	ClaimedDelivery *delivery;
	ListCell   *cell;

	foreach(cell, claim->deliveries)
	{
		delivery = lfirst(cell);
		if (delivery->delivery_id == delivery_id)
			return delivery;
	}
	old = MemoryContextSwitchTo(claim->context);
	delivery = describe(claim, delivery_id);
	claim->deliveries = lappend(claim->deliveries, delivery);
	MemoryContextSwitchTo(old);
	return delivery;
}

/* -------------------------------- messages ------------------------------ */

/* 32 hex digits that are the same whenever the message is handed out. */
static char *
idempotency_key(const ClaimedDelivery *delivery, const char *recipient)
{
	StringInfoData data;
	pg_uuid_t	hash;
	char	   *key = palloc(2 * UUID_LEN + 1);

	initStringInfo(&data);
	appendBinaryStringInfo(&data, delivery->activity,
						   (int) strlen(delivery->activity) + 1);
	appendStringInfoString(&data, recipient);
	campaign_hash_uuid(&delivery->run_uuid, data.data, data.len, &hash);
	hex_encode((const char *) hash.data, UUID_LEN, key);
	key[2 * UUID_LEN] = '\0';
	return key;
}

/* A text, or NULL, as a column of the result. */
static Datum
text_column(const char *text, bool *isnull)
{
	*isnull = text == NULL;
	return text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* Puts one message into the result. */
static void
give_message(Claim *claim, ClaimedDelivery *delivery,
			 const CampaignChunk *chunk, int position,
			 const CampaignMessage *message)
{
	Datum		values[CLAIMED_NATTS];
	bool		isnull[CLAIMED_NATTS] = {false};
	CampaignRendered *rendered;

	delivery->tracking.message_id = chunk->first_id + position;
	values[0] = Int64GetDatum(delivery->tracking.message_id);
	values[1] = UUIDPGetDatum(&claim->lease);
	values[2] = CStringGetTextDatum(idempotency_key(delivery,
													message->recipient));
	values[3] = CStringGetTextDatum(message->address);
	rendered = campaign_message_render(campaign_content_edition(delivery->contents,
																chunk->edition),
									   delivery->campaign,
									   delivery->activity, message,
									   &delivery->tracking);
	values[4] = text_column(rendered->subject, &isnull[4]);
	values[5] = text_column(rendered->body, &isnull[5]);
	values[6] = JsonbPGetDatum(rendered->attributes);
	values[7] = Int32GetDatum(chunk->attempts);
	tuplestore_putvalues(claim->rows, claim->desc, values, isnull);
}

/* Puts the open messages of a leased chunk into the result. */
static void
give_chunk(Claim *claim, const CampaignChunk *chunk,
		   const CampaignMessage *messages)
{
	ClaimedDelivery *delivery = find_delivery(claim, chunk->delivery_id);
	int			size = campaign_chunk_size(chunk);
	MemoryContext row;
	MemoryContext old;

	row = AllocSetContextCreate(CurrentMemoryContext, "campaign claimed row",
								ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(row);
	for (int i = 0; i < size; i++)
	{
		if (chunk->results[i] != CAMPAIGN_RESULT_OPEN)
			continue;
		give_message(claim, delivery, chunk, i, &messages[i]);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row);
}

/* --------------------------------- chunks ------------------------------- */

/* How many positions hold as many open messages, or all there are. */
static int
head_size(const CampaignChunk *chunk, int64 wanted)
{
	int			size = campaign_chunk_size(chunk);
	int64		open = 0;

	for (int i = 0; i < size; i++)
	{
		if (chunk->results[i] != CAMPAIGN_RESULT_OPEN)
			continue;
		if (open == wanted)
			return i;
		open++;
	}
	return size;
}

/* Gives a message its end before it was handed out. */
static void
end_message(Claim *claim, CampaignChunk *chunk, int position, char result,
			const char *status, const char *reason)
{
	chunk->results[position] = result;
	campaign_outcomes_add(claim->outcomes, chunk->delivery_id,
						  chunk->first_id + position, chunk->attempts + 1,
						  status, reason);
}

/*
 * Withdraws the open messages among the first ones that are suppressed.  Those
 * whose rows somebody has deleted have failed: they must not keep the others
 * from being sent.
 */
static void
withdraw_unsendable(Claim *claim, CampaignChunk *chunk, int count,
					const CampaignMessage *messages)
{
	for (int i = 0; i < count; i++)
	{
		if (chunk->results[i] != CAMPAIGN_RESULT_OPEN)
			continue;
		if (messages[i].address == NULL)
			end_message(claim, chunk, i, CAMPAIGN_RESULT_FAILED, "failed",
						"message is gone");
		else if (messages[i].suppressed)
			end_message(claim, chunk, i, CAMPAIGN_RESULT_WITHDRAWN,
						"withdrawn", "suppressed");
	}
}

/* Counts messages that are handed out. */
static void
count_given(Claim *claim, int count)
{
	ListCell   *cell;

	claim->wanted -= count;
	foreach(cell, claim->throttles)
		campaign_throttle_take(lfirst(cell), count);
}

/* Writes the lease to a chunk, or settles it if nothing is left to be sent. */
static void
lease_chunk(Claim *claim, CampaignChunk *chunk)
{
	int			open = campaign_chunk_open(chunk);

	count_given(claim, open);
	if (open == 0)
	{
		campaign_chunk_settle(chunk, claim->now);
		return;
	}
	chunk->lease = &claim->lease;
	chunk->holder = claim->holder;
	chunk->leased_until = claim->until;
	chunk->attempts++;
}

/*
 * Cuts the chunk before a position.  The tail stays in its row and is written
 * here; what is given back is the head, which has none yet.
 */
static CampaignChunk *
cut_chunk(CampaignChunk *chunk, int count, const CampaignMessage *messages)
{
	CampaignChunk *head = palloc(sizeof(CampaignChunk));

	*head = *chunk;
	head->last_id = chunk->first_id + count - 1;
	chunk->first_id += count;
	/*
	 * Both keep the whole range of recipients: an index is over it, and
	 * without it this is a HOT update.  Rows that are gone leave the blocks
	 * wider than they could be, too.
	 */
	if (messages[count - 1].address != NULL)
		head->last_block = messages[count - 1].block;
	if (messages[count].address != NULL)
		chunk->first_block = messages[count].block;
	chunk->results += count;
	campaign_chunk_update(chunk);
	return head;
}

/*
 * Reads the messages of the chunk at the list's position together with those
 * of the chunks after it, if they are neighbours.  To find messages costs as
 * much for one as for a thousand, and retries make chunks of one.
 */
static void
read_ahead(Claim *claim, List *chunks, int position)
{
	const CampaignChunk *chunk = list_nth(chunks, position);
	CampaignChunk all = *chunk;
	int64		last = chunk->last_id;
	MemoryContext old;

	if (chunk->first_id >= claim->ahead_first && last <= claim->ahead_last)
		return;
	for (int i = position + 1; i < list_length(chunks); i++)
	{
		const CampaignChunk *next = list_nth(chunks, i);

		if (next->first_id <= last ||
			next->first_id > last + NEAR_MESSAGES ||
			next->last_id >= chunk->first_id + CAMPAIGN_CHUNK_SIZE)
			break;
		last = next->last_id;
		all.first_block = Min(all.first_block, next->first_block);
		all.last_block = Max(all.last_block, next->last_block);
	}
	MemoryContextReset(claim->ahead_context);
	claim->ahead_first = chunk->first_id;
	claim->ahead_last = chunk->first_id - 1;
	if (last == chunk->last_id)
		return;
	old = MemoryContextSwitchTo(claim->ahead_context);
	claim->ahead = campaign_messages_read(&all, chunk->first_id, last,
										  claim->channel->name);
	claim->ahead_last = last;
	MemoryContextSwitchTo(old);
}

/* Messages of the chunk, the first one at index 0. */
static CampaignMessage *
read_messages(Claim *claim, const CampaignChunk *chunk, int64 last_id)
{
	if (chunk->first_id >= claim->ahead_first && last_id <= claim->ahead_last)
		return claim->ahead + (chunk->first_id - claim->ahead_first);
	return campaign_messages_read(chunk, chunk->first_id, last_id,
								  claim->channel->name);
}

/* Ends the lease that ran out; what is cut off must not carry it on. */
static void
take_over(Claim *claim, CampaignChunk *chunk)
{
	campaign_lease_lost(chunk->lease, chunk->holder, claim->now);
	chunk->lease = NULL;
	chunk->holder = InvalidOid;
	chunk->leased_until = 0;
}

/* True if its messages were to be sent before now; they then are settled. */
static bool
expire_chunk(const Claim *claim, CampaignChunk *chunk)
{
	if (chunk->expires_at == 0 || chunk->expires_at > claim->now)
		return false;
	(void) campaign_chunk_mark(chunk, campaign_chunk_size(chunk),
							   CAMPAIGN_RESULT_EXPIRED);
	campaign_chunk_settle(chunk, claim->now);
	campaign_chunk_update(chunk);
	return true;
}

/*
 * True if open messages are missing that another server may still have to
 * commit, because it broke down after the enqueue was decided.  The chunk is
 * then put off instead of counting them as deleted.
 */
static bool
put_off(const Claim *claim, CampaignChunk *chunk, int count,
		const CampaignMessage *messages)
{
	bool		missing = false;

	if (!campaign_chunk_elsewhere(chunk))
		return false;
	for (int i = 0; i < count; i++)
		missing |= chunk->results[i] == CAMPAIGN_RESULT_OPEN &&
			messages[i].address == NULL;
	if (!missing || !campaign_cluster_in_doubt())
		return false;
	chunk->due_at = claim->now + COMMIT_DELAY;
	campaign_chunk_update(chunk);
	return true;
}

/* Takes a picked chunk, or as much of it as is wanted. */
static void
take_chunk(Claim *claim, CampaignChunk *chunk, int64 wanted)
{
	int			size = campaign_chunk_size(chunk);
	int			count = head_size(chunk, wanted);
	bool		cut = count < size;
	CampaignMessage *messages;

	if (chunk->lease != NULL)
		take_over(claim, chunk);
	if (expire_chunk(claim, chunk))
		return;
	/* The first message of the tail is read along, to know its block. */
	messages = read_messages(claim, chunk,
							 chunk->first_id + count - (cut ? 0 : 1));
	if (put_off(claim, chunk, count, messages))
		return;
	withdraw_unsendable(claim, chunk, count, messages);
	if (cut)
		chunk = cut_chunk(chunk, count, messages);
	lease_chunk(claim, chunk);
	if (cut)
		campaign_chunk_insert(chunk);
	else
		campaign_chunk_update(chunk);
	CAMPAIGN_FAULT("claim_lease");
	give_chunk(claim, chunk, messages);
}

/* --------------------------------- lanes -------------------------------- */

/* How many messages may be handed out of the lane at hand. */
static int64
wanted_now(const Claim *claim)
{
	int64		wanted = claim->wanted;
	ListCell   *cell;

	foreach(cell, claim->throttles)
		wanted = Min(wanted, campaign_throttle_room(lfirst(cell)));
	return wanted;
}

/*
 * Takes chunks of a lane until nothing more is wanted or due.  Retries make
 * chunks of few messages, so each turn picks more of them than the one before;
 * those picked in vain are only skipped by others until this transaction ends.
 */
static void
take_due(Claim *claim, const CampaignLane *lane)
{
	int			limit = 1;
	List	   *chunks;
	ListCell   *cell;

	do
	{
		MemoryContext old = MemoryContextSwitchTo(claim->turn);

		limit = Max(limit, claim->wanted / CAMPAIGN_CHUNK_SIZE);
		chunks = pick_due(claim, lane, limit);
		foreach(cell, chunks)
		{
			int64		wanted = wanted_now(claim);

			CHECK_FOR_INTERRUPTS();
			if (wanted == 0)
				break;
			MemoryContextSwitchTo(claim->chunk);
			read_ahead(claim, chunks, foreach_current_index(cell));
			take_chunk(claim, lfirst(cell), wanted);
			MemoryContextReset(claim->chunk);
		}
		limit *= 2;
		MemoryContextSwitchTo(old);
		MemoryContextReset(claim->turn);
	} while (chunks != NIL && wanted_now(claim) > 0);
}

/* Puts a limit in force, if there is one; false if another claim is at it. */
static bool
add_throttle(Claim *claim, const CampaignLimit *limit, const char *bucket,
			 bool wait)
{
	CampaignThrottle *throttle;

	if (limit->messages == 0)
		return true;
	throttle = campaign_throttle_lock(bucket, limit, claim->now, wait);
	if (throttle == NULL)
		return false;
	claim->throttles = lappend(claim->throttles, throttle);
	return true;
}

/* Puts the limits of a lane in force; false if another claim is at one. */
static bool
add_lane_throttles(Claim *claim, const CampaignLane *lane)
{
	CampaignLimit limit = {0};

	if (lane->domain[0] != '\0')
		limit = campaign_channel_domain_limit(claim->channel, lane->domain);
	return add_throttle(claim, &lane->throttle,
						psprintf("campaign " INT64_FORMAT, lane->campaign_id),
						false) &&
		add_throttle(claim, &limit,
					 psprintf("domain %s of channel %s", lane->domain,
							  claim->channel->name), false);
}

/* Takes from a lane, within the limits that hold for it. */
static void
take_lane(Claim *claim, const CampaignLane *lane)
{
	List	   *outer = list_copy(claim->throttles);

	if (add_lane_throttles(claim, lane) && wanted_now(claim) > 0)
		take_due(claim, lane);
	for (int i = list_length(outer); i < list_length(claim->throttles); i++)
		campaign_throttle_write(list_nth(claim->throttles, i));
	claim->throttles = outer;
}

/* Takes from one lane after the other. */
static void
take_all(Claim *claim)
{
	List	   *lanes;
	ListCell   *cell;

	/* Who has nothing to get must not hold the channel's limit. */
	lanes = campaign_lanes_due(claim->channel->name, claim->now,
							   claim->holder, &claim->lease);
	if (lanes == NIL ||
		!add_throttle(claim, &claim->channel->throttle,
					  psprintf("channel %s", claim->channel->name), true) ||
		wanted_now(claim) == 0)
		return;
	foreach(cell, lanes)
	{
		if (claim->wanted == 0)
			break;
		take_lane(claim, lfirst(cell));
	}
	foreach(cell, claim->throttles)
		campaign_throttle_write(lfirst(cell));
}

/* A random number nobody can guess. */
static void
make_lease(pg_uuid_t *lease)
{
	*lease = *DatumGetUUIDP(OidFunctionCall0(F_GEN_RANDOM_UUID));
}

/* Leases messages to the current user and gives them rendered. */
void
campaign_claim_messages(const char *channel, int size,
						const Interval *duration, Tuplestorestate *rows,
						TupleDesc desc)
{
	Claim		claim = {0};

	claim.channel = campaign_channel_require(channel);
	if (claim.channel->paused || campaign_held())
		return;
	claim.wanted = size;
	make_lease(&claim.lease);
	claim.holder = GetUserId();
	claim.now = campaign_clock_now();
	claim.until = campaign_lease_end(claim.now, duration, "lease");
	claim.rows = rows;
	claim.desc = desc;
	claim.outcomes = campaign_outcomes_new(claim.now);
	claim.context = CurrentMemoryContext;
	claim.turn = AllocSetContextCreate(CurrentMemoryContext,
									   "campaign claim turn",
									   ALLOCSET_DEFAULT_SIZES);
	claim.chunk = AllocSetContextCreate(CurrentMemoryContext,
										"campaign claim chunk",
										ALLOCSET_DEFAULT_SIZES);
	claim.ahead_context = AllocSetContextCreate(CurrentMemoryContext,
												"campaign claim ahead",
												ALLOCSET_DEFAULT_SIZES);
	claim.ahead_last = -1;
	take_all(&claim);
	campaign_outcomes_write(claim.outcomes);
	MemoryContextDelete(claim.turn);
	MemoryContextDelete(claim.chunk);
	MemoryContextDelete(claim.ahead_context);
	CAMPAIGN_FAULT("claim");
}
