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

#include "access/table.h"
#include "catalog/namespace.h"
#include "optimizer/plancat.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/fault.h"
#include "base/identity.h"
#include "base/settings.h"
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

/* Where what the run itself has returned begins, which is forgotten. */
CAMPAIGN_STATEMENT(delete_own,
				   "WITH b AS (DELETE FROM campaign.memory_batch"
				   " WHERE memory_id = $1 AND run_id = $2 RETURNING begins)"
				   " SELECT coalesce(min(begins), 'infinity') FROM b");

/* Whether senders hold messages of the run. */
#define LEASED(run) \
	"EXISTS (SELECT FROM campaign.delivery d" \
	" JOIN campaign.chunk k ON k.delivery_id = d.delivery_id" \
	" WHERE d.run_id = " run " AND NOT k.settled" \
	" AND k.leased_until > statement_timestamp())"

/*
 * A delivery that has its figures is being erased, because nothing of it was
 * left to be sent.
 */
#define STOPPED \
	"SELECT b.batch_id, b.run_id, EXISTS (SELECT FROM campaign.delivery d" \
	" WHERE d.run_id = r.run_id AND d.figures IS NOT NULL), " \
	LEASED("r.run_id") " FROM campaign.memory_batch b" \
	" JOIN campaign.run r ON r.run_id = b.run_id" \
	" WHERE r.state = 'stopped'" \
	" AND (NOT b.settled OR b.leased AND NOT " LEASED("r.run_id") ")"

CAMPAIGN_STATEMENT(find_stopped, STOPPED " AND b.memory_id = $1");
CAMPAIGN_STATEMENT(find_stopped_of_run, STOPPED " AND b.run_id = $1");

CAMPAIGN_STATEMENT(delete_unsent,
				   "DELETE FROM campaign.memory_row r WHERE r.batch_id = $1"
				   " AND NOT EXISTS (SELECT FROM campaign.message m"
				   " WHERE m.run_id = $2 AND m.recipient = r.key"
				   " AND m.status IN ('sent', 'leased'))");

/* Its mark stays: what lies before it is known, or was given back. */
CAMPAIGN_STATEMENT(mark_settled,
				   "UPDATE campaign.memory_batch SET settled = true,"
				   " given_back = given_back OR $2,"
				   " leased = $3 WHERE batch_id = $1");

/* Where what was given back begins; whoever asks begins there. */
CAMPAIGN_STATEMENT(take_given_back,
				   "WITH b AS (UPDATE campaign.memory_batch"
				   " SET given_back = false WHERE memory_id = $1"
				   " AND given_back RETURNING begins)"
				   " SELECT coalesce(min(begins), 'infinity') FROM b");

/* The oldest date that a run may give back. */
CAMPAIGN_STATEMENT(find_floor,
				   "SELECT min(b.begins) FROM campaign.memory_batch b"
				   " WHERE b.memory_id = $1 AND (b.given_back OR EXISTS ("
				   "SELECT FROM campaign.run r WHERE r.run_id = b.run_id))");

CAMPAIGN_STATEMENT(delete_rows,
				   "DELETE FROM campaign.memory_row WHERE ctid = ANY (ARRAY("
				   "SELECT r.ctid FROM campaign.memory_batch b"
				   " JOIN campaign.memory_row r ON r.batch_id = b.batch_id"
				   " WHERE b.memory_id = $1 AND b.returned_at < $2 LIMIT $3))");

/* Where one began is needed for as long as its run may be executed anew. */
CAMPAIGN_STATEMENT(delete_batches,
				   "DELETE FROM campaign.memory_batch b"
				   " WHERE b.memory_id = $1 AND b.returned_at < $2"
				   " AND NOT b.given_back"
				   " AND NOT EXISTS (SELECT FROM campaign.memory_row r"
				   " WHERE r.batch_id = b.batch_id)"
				   " AND NOT EXISTS (SELECT FROM campaign.run r"
				   " WHERE r.run_id = b.run_id)"
				   " AND (b.mark IS NULL OR EXISTS ("
				   "SELECT FROM campaign.memory_batch n"
				   " WHERE n.memory_id = b.memory_id AND n.mark > b.mark))");

/* Of a stopped run, before it is settled. */
#define UNSETTLED \
	"(NOT b.settled AND EXISTS (SELECT FROM campaign.run r" \
	" WHERE r.run_id = b.run_id AND r.state = 'stopped'))"

/* What would be given back, for a test, which settles nothing. */
CAMPAIGN_STATEMENT(find_given_back,
				   "SELECT coalesce(min(b.begins), 'infinity')"
				   " FROM campaign.memory_batch b WHERE b.memory_id = $1"
				   " AND (b.given_back OR " UNSETTLED ")");

CAMPAIGN_STATEMENT(find_mark,
				   "SELECT coalesce(max(mark), '-infinity')"
				   " FROM campaign.memory_batch WHERE memory_id = $1");

/* Whoever has settled takes a run for what it was then; $4: a test. */
CAMPAIGN_STATEMENT(find_batches,
				   "SELECT b.batch_id FROM campaign.memory_batch b"
				   " WHERE b.memory_id = $1 AND b.dimension = $2"
				   " AND b.returned_at >= $3 AND NOT ($4 AND " UNSETTLED ")"
				   " ORDER BY b.batch_id");

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
				   " dimension, run_id, returned_at, begins, mark)"
				   " OVERRIDING SYSTEM VALUE"
				   " VALUES ($1, $2, $3, $4, $5, $6, $7)");

CAMPAIGN_STATEMENT(count_rows,
				   "SELECT count(*) FROM campaign.memory_batch b"
				   " JOIN campaign.memory_row r ON r.batch_id = b.batch_id"
				   " WHERE b.memory_id = $1");

CAMPAIGN_STATEMENT(delete_all,
				   "DELETE FROM campaign.memory_batch WHERE memory_id = $1");

CAMPAIGN_STATEMENT(delete_keys,
				   "WITH k AS (DELETE FROM campaign.memory_row r"
				   " USING campaign.memory_batch b"
				   " WHERE b.memory_id = $1 AND r.batch_id = b.batch_id"
				   " AND r.key = ANY ($2) RETURNING r.batch_id),"
				   " u AS (UPDATE campaign.memory_batch b"
				   " SET given_back = true FROM campaign.run r"
				   " WHERE b.batch_id IN (SELECT k.batch_id FROM k)"
				   " AND r.run_id = b.run_id)"
				   " SELECT count(*) FROM k");

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
 * Takes back what stopped runs have returned to no effect.  The planner cannot
 * know how many messages of a run were sent, and takes them for one.
 */
static void
settle_stopped(CampaignRows *stopped)
{
	int			nestlevel = campaign_settings_enter();

	campaign_planning_sets(campaign_work_mem);
	for (int i = 0; i < stopped->count; i++)
	{
		CampaignValue batch_id = campaign_int8(campaign_row_int8(stopped, i, 1));
		CampaignValue run_id = campaign_int8(campaign_row_int8(stopped, i, 2));
		bool		erased = campaign_row_bool(stopped, i, 3);
		/* Read before: what is given back meanwhile is for the next time. */
		bool		leased = campaign_row_bool(stopped, i, 4);
		bool		deleted = !erased &&
			campaign_execute(&delete_unsent, batch_id, run_id) > 0;

		campaign_execute(&mark_settled, batch_id, campaign_bool(deleted),
						 campaign_bool(leased));
	}
	campaign_settings_leave(nestlevel);
}

/*
 * Forgets what the run itself has returned, and what stopped runs have; but
 * who was sent a message by one of them has been served.
 */
TimestampTz
campaign_memory_settle(int64 memory_id, int64 run_id)
{
	TimestampTz own;
	TimestampTz given_back;

	own = campaign_row_time(campaign_query(&delete_own,
										   campaign_int8(memory_id),
										   campaign_int8(run_id)), 0, 1);
	settle_stopped(campaign_query(&find_stopped, campaign_int8(memory_id)));
	given_back = campaign_row_time(campaign_query(&take_given_back,
												  campaign_int8(memory_id)),
								   0, 1);
	return Min(own, given_back);
}

/* The same for a run whose messages are going to be deleted. */
bool
campaign_memory_settle_run(int64 run_id)
{
	CAMPAIGN_STATEMENT(lock,
					   "SELECT FROM campaign.memory m WHERE m.memory_id IN"
					   " (SELECT b.memory_id FROM campaign.memory_batch b"
					   " WHERE b.run_id = $1) FOR UPDATE SKIP LOCKED");
	CAMPAIGN_STATEMENT(count,
					   "SELECT count(DISTINCT memory_id)"
					   " FROM campaign.memory_batch WHERE run_id = $1");
	CampaignRows *rows = campaign_query(&count, campaign_int8(run_id));

	if (campaign_row_int8(rows, 0, 1) == 0)
		return true;
	if (campaign_query(&lock, campaign_int8(run_id))->count <
		campaign_row_int8(rows, 0, 1))
		return false;
	settle_stopped(campaign_query(&find_stopped_of_run,
								  campaign_int8(run_id)));
	return true;
}

/* Forgets what is too old to count. */
void
campaign_memory_prune(int64 memory_id, TimestampTz before, bool dated,
					  int64 most)
{
	TimestampTz floor = dated ?
		campaign_row_time(campaign_query(&find_floor,
										 campaign_int8(memory_id)), 0, 1) : 0;

	before = Max(before, floor);
	if (before == 0)
		return;
	campaign_execute(&delete_rows, campaign_int8(memory_id),
					 campaign_time(before), campaign_int8(most));
	campaign_execute(&delete_batches, campaign_int8(memory_id),
					 campaign_time(before));
}

/* Where what is given back begins. */
TimestampTz
campaign_memory_given_back(int64 memory_id)
{
	return campaign_row_time(campaign_query(&find_given_back,
											campaign_int8(memory_id)), 0, 1);
}

/* Up to where rows were looked at by their date. */
TimestampTz
campaign_memory_mark(int64 memory_id)
{
	return campaign_row_time(campaign_query(&find_mark,
											campaign_int8(memory_id)), 0, 1);
}

/* Batches that count. */
List *
campaign_memory_batches(int64 memory_id, const char *dimension,
						TimestampTz since, bool test)
{
	CampaignRows *rows = campaign_query(&find_batches,
										campaign_int8(memory_id),
										campaign_text(dimension),
										campaign_time(since),
										campaign_bool(test));
	List	   *batches = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		int64	   *batch = palloc(sizeof(int64));

		*batch = campaign_row_int8(rows, i, 1);
		batches = lappend(batches, batch);
	}
	return batches;
}

/* As far as the planner knows. */
double
campaign_memory_size(void)
{
	Relation	relation = table_open(campaign_memory_table(), AccessShareLock);
	BlockNumber pages;
	double		rows;
	double		visible;

	estimate_rel_size(relation, NULL, &pages, &rows, &visible);
	table_close(relation, NoLock);
	return rows;
}

/* Adds the key of a row. */
static void
add_key(TupleTableSlot *row, void *arg)
{
	bool		isnull;
	Datum		datum = slot_getattr(row, 1, &isnull);
	text	   *key;
	int64		value;

	if (isnull)
		return;
	key = DatumGetTextPP(datum);
	if (campaign_integer_read(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), &value))
		campaign_integers_add(arg, value);
}

/* Reads batches into a set. */
CampaignIntegers *
campaign_memory_integers(Datum batches, MemoryContext context)
{
	CAMPAIGN_STATEMENT(owners,
					   "SELECT DISTINCT g.owner FROM campaign.memory_batch b"
					   " JOIN campaign.memory m ON m.memory_id = b.memory_id"
					   " JOIN campaign.campaign g ON g.campaign_id = m.campaign_id"
					   " WHERE b.batch_id = ANY ($1)");
	CAMPAIGN_STATEMENT(keys,
					   "SELECT r.key FROM campaign.memory_row r"
					   " WHERE r.batch_id = ANY ($1)");
	CampaignValue value = {INT8ARRAYOID, batches, false};
	CampaignIntegers *set = campaign_integers_new(context);
	CampaignRows *found = campaign_query(&owners, value);

	for (int i = 0; i < found->count; i++)
	{
		if (!campaign_acts_for(campaign_row_oid(found, i, 1)))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("the memory belongs to another role")));
	}
	campaign_sql_each(&keys, 1, &value, add_key, set);
	return set;
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
					 campaign_time(batch->begins),
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
		return campaign_row_int8(campaign_query(&delete_keys,
												campaign_int8(memory_id),
												campaign_text_array(keys)),
								 0, 1);
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
