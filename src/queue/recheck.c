/*
 * recheck.c
 *		What of a lease must not be sent any more.
 *
 * A claim judges suppression and the state of the run when it hands messages
 * out; who sends slowly, or a lease at a time, asks again before he sends.
 * Suppressed messages are withdrawn.  Where the whole chunk may not be sent,
 * because its run was paused or its channel, it is given back and the attempt
 * does not count; of a stopped run it is settled.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/clock.h"
#include "base/sql.h"
#include "queue/channel.h"
#include "queue/chunk.h"
#include "queue/lease.h"
#include "queue/message.h"
#include "queue/outcome.h"
#include "queue/recheck.h"
#include "store/hold.h"

typedef struct Recheck
{
	TimestampTz now;
	CampaignOutcomes *outcomes;
	Tuplestorestate *rows;
	TupleDesc	desc;
} Recheck;

CAMPAIGN_STATEMENT(find_state,
				   "SELECT r.state, d.channel FROM campaign.delivery d"
				   " JOIN campaign.run r ON r.run_id = d.run_id"
				   " WHERE d.delivery_id = $1");

/* Says that a message left the lease. */
static void
give_up(Recheck *recheck, const CampaignChunk *chunk, int position,
		const char *reason)
{
	Datum		values[2];
	bool		isnull[2] = {false, false};

	values[0] = Int64GetDatum(chunk->first_id + position);
	values[1] = CStringGetTextDatum(reason);
	tuplestore_putvalues(recheck->rows, recheck->desc, values, isnull);
}

/* Why nothing of a chunk may be sent, or NULL; sets the channel's name. */
static const char *
chunk_obstacle(const Recheck *recheck, const CampaignChunk *chunk,
			   char **channel_name)
{
	CampaignRows *rows = campaign_query(&find_state,
										campaign_int8(chunk->delivery_id));
	char	   *state = campaign_row_text(rows, 0, 1);
	CampaignChannel *channel;

	*channel_name = campaign_row_text(rows, 0, 2);
	channel = campaign_channel_find(*channel_name);
	if (strcmp(state, "stopped") == 0 || strcmp(state, "missed") == 0)
		return "stopped";
	if (chunk->expires_at != 0 && chunk->expires_at <= recheck->now)
		return "expired";
	if (strcmp(state, "paused") == 0 || channel == NULL || channel->paused ||
		campaign_held())
		return "paused";
	return NULL;
}

/*
 * Takes a chunk out of its lease: those that stay are told by the first one
 * how the lease stands, and its end must not settle what was given back.
 */
static void
leave_lease(const Recheck *recheck, CampaignChunk *chunk)
{
	campaign_lease_lost(chunk->lease, chunk->holder, recheck->now);
	chunk->lease = NULL;
	chunk->holder = InvalidOid;
}

/* Takes a whole chunk out of the lease. */
static void
end_chunk(Recheck *recheck, CampaignChunk *chunk, const char *reason)
{
	int			size = campaign_chunk_size(chunk);

	for (int i = 0; i < size; i++)
	{
		if (chunk->results[i] == CAMPAIGN_RESULT_OPEN)
			give_up(recheck, chunk, i, reason);
	}
	if (strcmp(reason, "expired") == 0)
		(void) campaign_chunk_mark(chunk, size, CAMPAIGN_RESULT_EXPIRED);
	if (strcmp(reason, "paused") == 0)
		chunk->attempts--;
	else
		chunk->settled = true;
	chunk->leased_until = recheck->now;
	leave_lease(recheck, chunk);
	campaign_chunk_update(chunk);
}

/* Withdraws the suppressed ones of a chunk; settles it if none is left. */
static void
withdraw_suppressed(Recheck *recheck, CampaignChunk *chunk,
					const char *channel)
{
	CampaignMessage *messages = campaign_messages_read(chunk, chunk->first_id,
													   chunk->last_id,
													   channel);
	int			size = campaign_chunk_size(chunk);
	int			withdrawn = 0;

	for (int i = 0; i < size; i++)
	{
		if (chunk->results[i] != CAMPAIGN_RESULT_OPEN ||
			!messages[i].suppressed)
			continue;
		chunk->results[i] = CAMPAIGN_RESULT_WITHDRAWN;
		campaign_outcomes_add(recheck->outcomes, chunk->delivery_id,
							  chunk->first_id + i, chunk->attempts,
							  "withdrawn", "suppressed");
		give_up(recheck, chunk, i, "suppressed");
		withdrawn++;
	}
	if (withdrawn == 0)
		return;
	if (campaign_chunk_open(chunk) == 0)
	{
		campaign_chunk_settle(chunk, recheck->now);
		leave_lease(recheck, chunk);
	}
	campaign_chunk_update(chunk);
}

/* Judges all chunks of a lease. */
void
campaign_lease_recheck(const pg_uuid_t *lease, Tuplestorestate *rows,
					   TupleDesc desc)
{
	Recheck		recheck = {.rows = rows, .desc = desc};
	List	   *chunks;
	ListCell   *cell;

	(void) campaign_lease_lock(lease, &recheck.now, &chunks);
	recheck.outcomes = campaign_outcomes_new(recheck.now);
	foreach(cell, chunks)
	{
		CampaignChunk *chunk = lfirst(cell);
		char	   *channel;
		const char *obstacle = chunk_obstacle(&recheck, chunk, &channel);

		if (obstacle != NULL)
			end_chunk(&recheck, chunk, obstacle);
		else
			withdraw_suppressed(&recheck, chunk, channel);
	}
	campaign_outcomes_write(recheck.outcomes);
}
