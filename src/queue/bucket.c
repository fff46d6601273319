/*
 * bucket.c
 *		Messages that other servers of a cluster keep, by bucket.
 *
 * A bucket is a thousand of message numbers, of which a chunk has some, so one
 * server has all messages of a chunk, and the number alone says which.  What
 * changes (chunks, outcomes, suppressions) stays here: no statement over this
 * table locks a row, and none joins it with another table, which would bring
 * all of it here.
 *
 * Messages are written to a table of this server and moved by one statement.
 * Servers commit one after the other, and this one first: a chunk can be seen
 * a moment before its messages are.  Whoever misses some waits for the lock
 * that the enqueue keeps until all have committed.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/cluster.h"
#include "base/errors.h"
#include "base/identity.h"
#include "queue/bucket.h"
#include "queue/chunk.h"
#include "queue/partition.h"

/* What of a number its epoch leaves. */
#define NUMBER_MASK ((INT64CONST(1) << CAMPAIGN_EPOCH_SHIFT) - 1)

/* The bucket of a number, in C and in SQL. */
#define BUCKET_OF(id) \
	((int32) (((id) & NUMBER_MASK) / CAMPAIGN_CHUNK_SIZE))
#define SQL_BUCKET_OF(id) "((" id " & 68719476735) / 1000)::integer"

/* -------------------------------- writing ------------------------------- */

/* The stage of this process, which drops it before it makes another. */
static char *
stage_name(void)
{
	return psprintf("dispatch_stage_%d", MyProcPid);
}

/* Makes an empty table, which need not survive a crash. */
Oid
campaign_bucket_stage(void)
{
	char	   *name = stage_name();

	campaign_sql_utility(psprintf("CREATE UNLOGGED TABLE campaign_data.%s"
								  " (LIKE campaign.dispatch)", name));
	return get_relname_relid(name, campaign_data_schema_oid());
}

/*
 * One server may commit its messages although this one, after a crash, knows
 * nothing of them: their numbers must not be given out again.
 */
void
campaign_bucket_move(void)
{
	char	   *name = stage_name();
	int			nestlevel = campaign_settings_enter();

	XLogFlush(XactLastRecEnd);
	ForceSyncCommit();
	campaign_cluster_commute();
	campaign_sql_utility(psprintf("INSERT INTO campaign.dispatch_bucket"
								  " (message_id, delivery_id, bucket,"
								  " recipient, person, address, variables)"
								  " SELECT s.message_id, s.delivery_id, "
								  SQL_BUCKET_OF("s.message_id") ","
								  " s.recipient, s.person, s.address,"
								  " s.variables FROM campaign_data.%s s",
								  name));
	campaign_settings_leave(nestlevel);
	campaign_sql_utility(psprintf("DROP TABLE campaign_data.%s", name));
}

/* The locked object is the delivery; of its number the lower half will do. */
void
campaign_bucket_guard(int64 delivery_id)
{
	LockDatabaseObject(campaign_queue_relation("delivery"),
					   (Oid) delivery_id, 0, ExclusiveLock);
}

/* Takes the lock and gives it back at once. */
void
campaign_bucket_await(int64 delivery_id)
{
	Oid			relation = campaign_queue_relation("delivery");

	LockDatabaseObject(relation, (Oid) delivery_id, 0, ShareLock);
	UnlockDatabaseObject(relation, (Oid) delivery_id, 0, ShareLock);
}

/* -------------------------------- reading ------------------------------- */

CAMPAIGN_STATEMENT(read_bucket,
				   "SELECT m.message_id, m.recipient, m.address, m.variables"
				   " FROM campaign.dispatch_bucket m"
				   " WHERE m.bucket = $1 AND m.message_id BETWEEN $2 AND $3");

#define DELIVERY_COLUMNS \
	"SELECT m.message_id, m.recipient, m.person, m.address" \
	" FROM campaign.dispatch_bucket m" \
	" WHERE m.delivery_id = $1 AND m.message_id BETWEEN $2 AND $3"

CAMPAIGN_STATEMENT(read_delivery_bucket,
				   DELIVERY_COLUMNS " AND m.bucket = $4");

CAMPAIGN_STATEMENT(read_delivery,
				   DELIVERY_COLUMNS " AND m.bucket BETWEEN $4 AND $5");

CAMPAIGN_STATEMENT(find_recipients,
				   "SELECT m.recipient FROM campaign.dispatch_bucket m"
				   " WHERE m.delivery_id = $1 AND m.person = $2");

CAMPAIGN_STATEMENT(find_addresses,
				   "SELECT m.message_id, m.delivery_id, m.address"
				   " FROM campaign.dispatch_bucket m"
				   " WHERE m.message_id = ANY ($1) AND m.bucket = ANY ($2)");

/*
 * Opens a section in which plans know the values, without which no statement
 * can be divided among servers.
 */
static int
enter_values(void)
{
	int			nestlevel = campaign_settings_enter();

	(void) set_config_option("plan_cache_mode", "force_custom_plan",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	return nestlevel;
}

/* The bucket's last number. */
int64
campaign_bucket_end(int64 message_id)
{
	return message_id - (message_id & NUMBER_MASK) % CAMPAIGN_CHUNK_SIZE +
		CAMPAIGN_CHUNK_SIZE - 1;
}

/* Reads what is committed by now. */
CampaignRows *
campaign_bucket_read(int64 first_id, int64 last_id)
{
	Assert(last_id <= campaign_bucket_end(first_id));
	return campaign_query(&read_bucket, campaign_int4(BUCKET_OF(first_id)),
						  campaign_int8(first_id), campaign_int8(last_id));
}

/* The buckets between two numbers: all, if these are of two epochs. */
static void
span_buckets(int64 first_id, int64 last_id, int32 *first, int32 *last)
{
	bool		one_epoch = first_id >> CAMPAIGN_EPOCH_SHIFT ==
		last_id >> CAMPAIGN_EPOCH_SHIFT;

	*first = one_epoch ? BUCKET_OF(first_id) : 0;
	*last = one_epoch ? BUCKET_OF(last_id) : BUCKET_OF(NUMBER_MASK);
}

/* Asks one server if all are in one bucket. */
void
campaign_bucket_each(int64 delivery_id, int64 first_id, int64 last_id,
					 CampaignRowFunction function, void *arg)
{
	CampaignValue values[5];
	int32		first;
	int32		last;
	int			nestlevel = enter_values();

	span_buckets(first_id, last_id, &first, &last);
	values[0] = campaign_int8(delivery_id);
	values[1] = campaign_int8(first_id);
	values[2] = campaign_int8(last_id);
	values[3] = campaign_int4(first);
	values[4] = campaign_int4(last);
	if (first == last)
		campaign_sql_each(&read_delivery_bucket, lengthof(values) - 1, values,
						  function, arg);
	else
		campaign_sql_each(&read_delivery, lengthof(values), values,
						  function, arg);
	campaign_settings_leave(nestlevel);
}

/* Each server looks into its index. */
CampaignRows *
campaign_bucket_recipients(int64 delivery_id, const char *person)
{
	int			nestlevel = enter_values();
	CampaignRows *rows = campaign_query(&find_recipients,
										campaign_int8(delivery_id),
										campaign_text(person));

	campaign_settings_leave(nestlevel);
	return rows;
}

/* Asks those servers that have one of the buckets. */
CampaignRows *
campaign_bucket_addresses(Datum *message_ids, int count)
{
	Datum	   *buckets = palloc(sizeof(Datum) * Max(count, 1));
	CampaignRows *rows;
	int			nestlevel;

	for (int i = 0; i < count; i++)
		buckets[i] = Int32GetDatum(BUCKET_OF(DatumGetInt64(message_ids[i])));
	nestlevel = enter_values();
	rows = campaign_query(&find_addresses,
						  campaign_array(INT8OID, message_ids, NULL, count),
						  campaign_array(INT4OID, buckets, NULL, count));
	campaign_settings_leave(nestlevel);
	return rows;
}

/* -------------------------------- changing ------------------------------ */

CAMPAIGN_STATEMENT(blank_message,
				   "UPDATE campaign.dispatch_bucket"
				   " SET address = '', variables = NULL"
				   " WHERE message_id = $1 AND bucket = $2");

CAMPAIGN_STATEMENT(delete_messages,
				   "DELETE FROM campaign.dispatch_bucket"
				   " WHERE delivery_id = $1 AND message_id BETWEEN $2 AND $3"
				   " AND bucket BETWEEN $4 AND $5");

CAMPAIGN_STATEMENT(find_ranges,
				   "SELECT d.delivery_id, min(c.first_id), max(c.last_id)"
				   " FROM campaign.delivery d"
				   " JOIN campaign.run r USING (run_id)"
				   " JOIN campaign.chunk c USING (delivery_id)"
				   " WHERE r.campaign_id = $1 AND d.distributed"
				   " GROUP BY d.delivery_id");

/* Changes one message, on one server. */
uint64
campaign_bucket_blank(int64 message_id)
{
	ForceSyncCommit();
	return campaign_execute(&blank_message, campaign_int8(message_id),
							campaign_int4(BUCKET_OF(message_id)));
}

/* Has each server delete its own. */
void
campaign_bucket_delete(int64 delivery_id, int64 first_id, int64 last_id)
{
	int32		first;
	int32		last;
	int			nestlevel = enter_values();

	span_buckets(first_id, last_id, &first, &last);
	ForceSyncCommit();
	campaign_cluster_commute();
	(void) campaign_execute(&delete_messages, campaign_int8(delivery_id),
							campaign_int8(first_id), campaign_int8(last_id),
							campaign_int4(first), campaign_int4(last));
	campaign_settings_leave(nestlevel);
}

/* Deletes them delivery by delivery. */
void
campaign_bucket_erase(int64 campaign_id)
{
	CampaignRows *rows = campaign_query(&find_ranges,
										campaign_int8(campaign_id));

	for (int i = 0; i < rows->count; i++)
		campaign_bucket_delete(campaign_row_int8(rows, i, 1),
							   campaign_row_int8(rows, i, 2),
							   campaign_row_int8(rows, i, 3));
}
