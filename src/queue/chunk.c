/*
 * chunk.c
 *		Rows of campaign.chunk: neighbouring messages, leased and settled
 *		together.
 *
 * In memory every chunk has its results spelled out; in the table they are
 * NULL as long as all messages are open, which spares the bytes of the many
 * chunks that are claimed whole and settled whole.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/sequence.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/identity.h"
#include "queue/chunk.h"

#define CHUNK_NATTS 19

/* The relation's oid; an error if the schema lacks it. */
Oid
campaign_queue_relation(const char *name)
{
	Oid			relation = get_relname_relid(name, campaign_schema_oid());

	campaign_ensure(OidIsValid(relation),
					"relation \"campaign.%s\" does not exist", name);
	return relation;
}

/* Copies the row's results, or makes results that are all open. */
static char *
read_results(const CampaignRows *rows, int row, int size)
{
	bytea	   *stored = campaign_row_bytes(rows, row, 19);
	char	   *results = palloc(size);

	if (stored == NULL)
	{
		memset(results, CAMPAIGN_RESULT_OPEN, size);
		return results;
	}
	campaign_ensure(VARSIZE_ANY_EXHDR(stored) == size,
					"results of a chunk of %d messages have another length",
					size);
	memcpy(results, VARDATA_ANY(stored), size);
	return results;
}

/* The chunk of a row; strings are copies in the current memory context. */
CampaignChunk *
campaign_chunk_read(const CampaignRows *rows, int row)
{
	CampaignChunk *chunk = palloc0(sizeof(CampaignChunk));
	int64		size;

	chunk->chunk_id = campaign_row_int8(rows, row, 1);
	chunk->delivery_id = campaign_row_int8(rows, row, 2);
	chunk->first_id = campaign_row_int8(rows, row, 3);
	chunk->last_id = campaign_row_int8(rows, row, 4);
	chunk->first_recipient = campaign_row_text(rows, row, 5);
	chunk->last_recipient = campaign_row_text(rows, row, 6);
	chunk->first_block = campaign_row_int8(rows, row, 7);
	chunk->last_block = campaign_row_int8(rows, row, 8);
	chunk->edition = campaign_row_int2(rows, row, 9);
	chunk->domain = campaign_row_text(rows, row, 10);
	chunk->send_at = campaign_row_time(rows, row, 11);
	chunk->due_at = campaign_row_time(rows, row, 12);
	chunk->expires_at = campaign_row_time(rows, row, 13);
	chunk->settled = campaign_row_bool(rows, row, 14);
	chunk->lease = campaign_row_uuid(rows, row, 15);
	chunk->holder = campaign_row_oid(rows, row, 16);
	chunk->leased_until = campaign_row_time(rows, row, 17);
	chunk->attempts = campaign_row_int4(rows, row, 18);

	size = chunk->last_id - chunk->first_id + 1;
	campaign_ensure(size >= 1 && size <= CAMPAIGN_CHUNK_SIZE,
					"chunk " INT64_FORMAT " has " INT64_FORMAT " messages",
					chunk->chunk_id, size);
	chunk->results = read_results(rows, row, (int) size);
	return chunk;
}

/* How many messages it has, open or not. */
int
campaign_chunk_size(const CampaignChunk *chunk)
{
	return (int) (chunk->last_id - chunk->first_id + 1);
}

/* True if other servers may have its messages. */
bool
campaign_chunk_elsewhere(const CampaignChunk *chunk)
{
	return chunk->first_block == CAMPAIGN_BLOCK_ELSEWHERE;
}

/* How many of its messages are open. */
int
campaign_chunk_open(const CampaignChunk *chunk)
{
	int			size = campaign_chunk_size(chunk);
	int			open = 0;

	for (int i = 0; i < size; i++)
		open += chunk->results[i] == CAMPAIGN_RESULT_OPEN;
	return open;
}

/* Gives a result to the open ones among the first messages. */
int
campaign_chunk_mark(CampaignChunk *chunk, int count, char result)
{
	int			marked = 0;

	for (int i = 0; i < count; i++)
	{
		if (chunk->results[i] != CAMPAIGN_RESULT_OPEN)
			continue;
		chunk->results[i] = result;
		marked++;
	}
	return marked;
}

/* Marks it settled; the instant is kept where the lease's end was. */
void
campaign_chunk_settle(CampaignChunk *chunk, TimestampTz now)
{
	Assert(campaign_chunk_open(chunk) == 0);
	chunk->settled = true;
	chunk->leased_until = now;
}

/* The results as they are stored: NULL if nothing but open ones. */
static CampaignValue
stored_results(const CampaignChunk *chunk)
{
	int			size = campaign_chunk_size(chunk);

	if (campaign_chunk_open(chunk) == size)
		return campaign_null(BYTEAOID);
	return campaign_bytes(chunk->results, size);
}

CAMPAIGN_STATEMENT(update_chunk,
				   "UPDATE campaign.chunk SET first_id = $2,"
				   " first_recipient = $3, first_block = $4, settled = $5,"
				   " lease = $6, holder = $7, leased_until = $8,"
				   " attempts = $9, results = $10, due_at = $11,"
				   " edition = $12::smallint"
				   " WHERE chunk_id = $1");

/* Writes all that may change; its end never does. */
void
campaign_chunk_update(const CampaignChunk *chunk)
{
	uint64		changed;

	changed = campaign_execute(&update_chunk,
							   campaign_int8(chunk->chunk_id),
							   campaign_int8(chunk->first_id),
							   campaign_text(chunk->first_recipient),
							   campaign_int8(chunk->first_block),
							   campaign_bool(chunk->settled),
							   campaign_uuid(chunk->lease),
							   OidIsValid(chunk->holder) ?
							   campaign_oid(chunk->holder) :
							   campaign_null(OIDOID),
							   campaign_time_or_null(chunk->leased_until),
							   campaign_int4(chunk->attempts),
							   stored_results(chunk),
							   campaign_time(chunk->due_at),
							   campaign_int4(chunk->edition));
	campaign_ensure(changed == 1, "chunk " INT64_FORMAT " is gone",
					chunk->chunk_id);
}

/* Opens the table for new rows. */
CampaignWriter *
campaign_chunk_writer(void)
{
	return campaign_writer_open(campaign_queue_relation("chunk"));
}

/* Adds a row under the given id. */
void
campaign_chunk_add(CampaignWriter *writer, int64 chunk_id,
				   const CampaignChunk *chunk)
{
	CampaignValue results = stored_results(chunk);
	Datum		values[CHUNK_NATTS];
	bool		isnull[CHUNK_NATTS] = {false};

	values[0] = Int64GetDatum(chunk_id);
	values[1] = Int64GetDatum(chunk->delivery_id);
	values[2] = Int64GetDatum(chunk->first_id);
	values[3] = Int64GetDatum(chunk->last_id);
	values[4] = CStringGetTextDatum(chunk->first_recipient);
	values[5] = CStringGetTextDatum(chunk->last_recipient);
	values[6] = Int64GetDatum(chunk->first_block);
	values[7] = Int64GetDatum(chunk->last_block);
	values[8] = Int16GetDatum((int16) chunk->edition);
	values[9] = CStringGetTextDatum(chunk->domain);
	values[10] = TimestampTzGetDatum(chunk->send_at);
	values[11] = TimestampTzGetDatum(chunk->due_at);
	values[12] = TimestampTzGetDatum(chunk->expires_at);
	isnull[12] = chunk->expires_at == 0;
	values[13] = BoolGetDatum(chunk->settled);
	values[14] = UUIDPGetDatum(chunk->lease);
	isnull[14] = chunk->lease == NULL;
	values[15] = ObjectIdGetDatum(chunk->holder);
	isnull[15] = !OidIsValid(chunk->holder);
	values[16] = TimestampTzGetDatum(chunk->leased_until);
	isnull[16] = chunk->leased_until == 0;
	values[17] = Int32GetDatum(chunk->attempts);
	values[18] = results.value;
	isnull[18] = results.isnull;
	campaign_writer_add(writer, values, isnull);
}

/* Inserts one row; later statements of the transaction see it. */
void
campaign_chunk_insert(const CampaignChunk *chunk)
{
	CampaignWriter *writer = campaign_chunk_writer();
	Oid			sequence = campaign_queue_relation("chunk_chunk_id_seq");

	campaign_chunk_add(writer, nextval_internal(sequence, false), chunk);
	campaign_writer_close(writer);
	CommandCounterIncrement();
}

CAMPAIGN_STATEMENT(withdraw_chunks,
				   "UPDATE campaign.chunk c"
				   " SET settled = true, leased_until = $2"
				   " WHERE c.chunk_id = ANY (ARRAY(SELECT o.chunk_id"
				   " FROM campaign.delivery d"
				   " JOIN campaign.chunk o ON o.delivery_id = d.delivery_id"
				   " WHERE d.run_id = $1 AND NOT d.drained AND NOT o.settled"
				   " AND (o.leased_until IS NULL OR o.leased_until <= $2)"
				   " FOR UPDATE OF o SKIP LOCKED))");

/* Settles what a stopped run still has in the queue. */
void
campaign_chunks_withdraw(int64 run_id, TimestampTz now)
{
	int			nestlevel = campaign_chunk_planning_enter(true);

	(void) campaign_execute(&withdraw_chunks, campaign_int8(run_id),
							campaign_time(now));
	campaign_settings_leave(nestlevel);
}

/* Sets a setting of type boolean until the level is left. */
static void
set_switch(const char *name, bool value)
{
	(void) set_config_option(name, value ? "on" : "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Opens a level in which only plans over indexes are attractive. */
int
campaign_chunk_planning_enter(bool sort)
{
	static const char *const disabled[] = {
		"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"
	};
	static const char *const enabled[] = {
		"enable_indexscan", "enable_bitmapscan", "enable_nestloop"
	};
	int			nestlevel = campaign_settings_enter();

	for (int i = 0; i < lengthof(disabled); i++)
		set_switch(disabled[i], false);
	for (int i = 0; i < lengthof(enabled); i++)
		set_switch(enabled[i], true);
	set_switch("enable_sort", sort);
	(void) set_config_option("plan_cache_mode", "force_generic_plan",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	return nestlevel;
}

/*
 * Leaves the scan of a range of blocks as the only attractive one for
 * messages, whose index is good for bitmaps alone; the list of suppressed
 * addresses has another.
 */
void
campaign_chunk_planning_blocks(void)
{
	set_switch("enable_bitmapscan", false);
	set_switch("enable_tidscan", true);
}
