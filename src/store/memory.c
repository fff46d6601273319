/*
 * memory.c
 *		Which rows incremental activities have returned.
 *
 * Rows are kept in batches, one per execution, and are written once, in the
 * transaction of the task.  Whether they count is a question of the batch and
 * its run, so neither the end of a run nor a stop touches a row, and what is
 * too old goes batch by batch.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/lsyscache.h"

#include "base/fault.h"
#include "base/identity.h"
#include "base/sql.h"
#include "store/memory.h"

CAMPAIGN_STATEMENT(find_memory,
				   "SELECT memory_id FROM campaign.memory"
				   " WHERE campaign_id = $1 AND activity = $2");

CAMPAIGN_STATEMENT(lock_memory,
				   "INSERT INTO campaign.memory (campaign_id, activity)"
				   " VALUES ($1, $2) ON CONFLICT (campaign_id, activity)"
				   " DO UPDATE SET used_at = clock_timestamp()"
				   " RETURNING memory_id");

CAMPAIGN_STATEMENT(delete_own,
				   "DELETE FROM campaign.memory_batch"
				   " WHERE memory_id = $1 AND run_id = $2");

CAMPAIGN_STATEMENT(find_stopped,
				   "SELECT b.batch_id, b.run_id FROM campaign.memory_batch b"
				   " JOIN campaign.run r ON r.run_id = b.run_id"
				   " WHERE b.memory_id = $1 AND NOT b.settled"
				   " AND r.state = 'stopped'");

CAMPAIGN_STATEMENT(delete_unsent,
				   "DELETE FROM campaign.memory_row r WHERE r.batch_id = $1"
				   " AND NOT EXISTS (SELECT FROM campaign.message m"
				   " WHERE m.run_id = $2 AND m.recipient = r.key"
				   " AND m.status IN ('sent', 'leased'))");

/* What is left of a stopped run says nothing about dates. */
CAMPAIGN_STATEMENT(mark_settled,
				   "UPDATE campaign.memory_batch"
				   " SET settled = true, mark = NULL WHERE batch_id = $1");

CAMPAIGN_STATEMENT(delete_rows,
				   "DELETE FROM campaign.memory_row WHERE ctid = ANY (ARRAY("
				   "SELECT r.ctid FROM campaign.memory_batch b"
				   " JOIN campaign.memory_row r ON r.batch_id = b.batch_id"
				   " WHERE b.memory_id = $1 AND b.returned_at < $2 LIMIT $3))");

/* A mark stays until a later one is there for good. */
CAMPAIGN_STATEMENT(delete_batches,
				   "DELETE FROM campaign.memory_batch b"
				   " WHERE b.memory_id = $1 AND b.returned_at < $2"
				   " AND NOT EXISTS (SELECT FROM campaign.memory_row r"
				   " WHERE r.batch_id = b.batch_id)"
				   " AND (b.mark IS NULL OR EXISTS ("
				   "SELECT FROM campaign.memory_batch n"
				   " JOIN campaign.run u ON u.run_id = n.run_id"
				   " WHERE n.memory_id = b.memory_id AND n.mark > b.mark"
				   " AND u.state = 'succeeded'))");

CAMPAIGN_STATEMENT(find_mark,
				   "SELECT max(b.mark)"
				   " FILTER (WHERE coalesce(r.state, 'succeeded') = 'succeeded'),"
				   " coalesce(bool_or(r.state NOT IN ('succeeded', 'stopped')), false)"
				   " FROM campaign.memory_batch b"
				   " LEFT JOIN campaign.run r ON r.run_id = b.run_id"
				   " WHERE b.memory_id = $1 AND b.run_id <> $2");

CAMPAIGN_STATEMENT(find_horizon,
				   "SELECT least(transaction_timestamp(),"
				   " (SELECT min(xact_start) FROM pg_stat_activity"
				   " WHERE datid = (SELECT oid FROM pg_database"
				   " WHERE datname = current_database())"
				   " AND pid <> pg_backend_pid()),"
				   " (SELECT min(prepared) FROM pg_prepared_xacts"
				   " WHERE database = current_database()))");

CAMPAIGN_STATEMENT(next_number,
				   "SELECT nextval('campaign.memory_batch_batch_id_seq')");

CAMPAIGN_STATEMENT(add_batch,
				   "INSERT INTO campaign.memory_batch (batch_id, memory_id,"
				   " dimension, run_id, returned_at, mark)"
				   " OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6)");

CAMPAIGN_STATEMENT(count_rows,
				   "SELECT count(*) FROM campaign.memory_batch b"
				   " JOIN campaign.memory_row r ON r.batch_id = b.batch_id"
				   " WHERE b.memory_id = $1");

CAMPAIGN_STATEMENT(delete_all,
				   "DELETE FROM campaign.memory_batch WHERE memory_id = $1");

CAMPAIGN_STATEMENT(delete_keys,
				   "DELETE FROM campaign.memory_row r"
				   " USING campaign.memory_batch b"
				   " WHERE b.memory_id = $1 AND r.batch_id = b.batch_id"
				   " AND r.key = ANY ($2)");

CAMPAIGN_STATEMENT(blank_key,
				   "UPDATE campaign.memory_row r SET fingerprint = NULL"
				   " FROM campaign.memory_batch b"
				   " JOIN campaign.memory m ON m.memory_id = b.memory_id"
				   " JOIN campaign.campaign g ON g.campaign_id = m.campaign_id"
				   " WHERE g.owner = $1 AND b.dimension = $2"
				   " AND r.batch_id = b.batch_id AND r.key = $3"
				   " AND r.fingerprint IS NOT NULL");

/* The memory of a campaign's activity; 0 if it has none. */
int64
campaign_memory_find(int64 campaign_id, const char *activity)
{
	CampaignRows *rows = campaign_query(&find_memory,
										campaign_int8(campaign_id),
										campaign_text(activity));

	return rows->count == 0 ? 0 : campaign_row_int8(rows, 0, 1);
}

/* The same, made if need be, and locked. */
int64
campaign_memory_lock(int64 campaign_id, const char *activity)
{
	CampaignRows *rows = campaign_query(&lock_memory,
										campaign_int8(campaign_id),
										campaign_text(activity));

	return campaign_row_int8(rows, 0, 1);
}

/*
 * Forgets what the run itself has returned, and what stopped runs have; but
 * who was sent a message by one of them has been served.
 */
void
campaign_memory_settle(int64 memory_id, int64 run_id)
{
	CampaignRows *stopped;

	campaign_execute(&delete_own, campaign_int8(memory_id),
					 campaign_int8(run_id));
	stopped = campaign_query(&find_stopped, campaign_int8(memory_id));
	for (int i = 0; i < stopped->count; i++)
	{
		int64		batch_id = campaign_row_int8(stopped, i, 1);

		campaign_execute(&delete_unsent, campaign_int8(batch_id),
						 campaign_int8(campaign_row_int8(stopped, i, 2)));
		campaign_execute(&mark_settled, campaign_int8(batch_id));
	}
}

/* Forgets what was returned before that instant. */
void
campaign_memory_prune(int64 memory_id, TimestampTz before, int64 most)
{
	campaign_execute(&delete_rows, campaign_int8(memory_id),
					 campaign_time(before), campaign_int8(most));
	campaign_execute(&delete_batches, campaign_int8(memory_id),
					 campaign_time(before));
}

/* Up to where rows were looked at for good; *open if that may be less again. */
TimestampTz
campaign_memory_mark(int64 memory_id, int64 run_id, bool *open)
{
	CampaignRows *rows = campaign_query(&find_mark, campaign_int8(memory_id),
										campaign_int8(run_id));

	*open = campaign_row_bool(rows, 0, 2);
	return campaign_row_time(rows, 0, 1);
}

/* The instant before which no transaction still at work has begun. */
TimestampTz
campaign_memory_horizon(void)
{
	return campaign_row_time(campaign_query(&find_horizon), 0, 1);
}

/* The number of the next batch. */
int64
campaign_memory_number(void)
{
	return campaign_row_int8(campaign_query(&next_number), 0, 1);
}

/* Adds a batch, whose rows are there already. */
void
campaign_memory_add(const CampaignMemoryBatch *batch)
{
	campaign_execute(&add_batch, campaign_int8(batch->id),
					 campaign_int8(batch->memory_id),
					 campaign_text(batch->dimension),
					 campaign_int8(batch->run_id),
					 campaign_time(batch->returned_at),
					 campaign_time_or_null(batch->mark));
	CAMPAIGN_FAULT("memory_add");
}

/* The table that has a batch's rows. */
Oid
campaign_memory_table(void)
{
	return get_relname_relid("memory_row", campaign_schema_oid());
}

/* Forgets rows with those keys, or everything. */
int64
campaign_memory_forget(int64 memory_id, List *keys)
{
	int64		forgotten;

	if (keys != NIL)
		return (int64) campaign_execute(&delete_keys, campaign_int8(memory_id),
										campaign_text_array(keys));
	forgotten = campaign_row_int8(campaign_query(&count_rows,
												 campaign_int8(memory_id)),
								  0, 1);
	campaign_execute(&delete_all, campaign_int8(memory_id));
	return forgotten;
}

/*
 * Blanks the fingerprints of a row.  Its key stays, so that nobody is returned
 * again for having been erased.
 */
int64
campaign_memory_blank(Oid owner, const char *dimension, const char *key)
{
	return (int64) campaign_execute(&blank_key, campaign_oid(owner),
									campaign_text(dimension),
									campaign_text(key));
}
