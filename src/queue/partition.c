/*
 * partition.c
 *		Partitions of the dispatch queue, and the index that finds messages.
 *
 * All runs started in a month (UTC) share a partition.  Messages to rows that
 * lead to a person are indexed by him; for all others the only index is a
 * BRIN over message_id, whose price per message is next to nothing; but block
 * ranges without a summary are read by every claim, so whoever appends also
 * summarizes, while appending and not only at the end: the ranges of a large
 * enqueue would otherwise slow all other campaigns down until it commits.  A
 * range is summarized as soon as it has its first rows, because to summarize
 * is to read them; the rows that follow widen the summary.
 */
#include "postgres.h"

#include "access/brin.h"
#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_am.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/clock.h"
#include "base/cluster.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "queue/chunk.h"
#include "queue/enqueue.h"
#include "queue/partition.h"

/* Attempts, a millisecond apart, to get a lock that others have briefly. */
#define LOCK_ATTEMPTS 200

struct CampaignTail
{
	Oid			relation;
	Oid			index;
	BlockNumber range;			/* blocks in a range of the index */
	BlockNumber next;			/* first block of the next range to do */
};

/* -------------------------------- epochs -------------------------------- */

CAMPAIGN_STATEMENT(find_epoch,
				   "SELECT epoch_id FROM campaign.epoch"
				   " WHERE month = date_trunc('month',"
				   " $1 AT TIME ZONE 'UTC')::date");

CAMPAIGN_STATEMENT(insert_epoch,
				   "INSERT INTO campaign.epoch (month, partition)"
				   " VALUES (date_trunc('month',"
				   " $1 AT TIME ZONE 'UTC')::date, '')"
				   " RETURNING epoch_id");

CAMPAIGN_STATEMENT(name_epoch,
				   "UPDATE campaign.epoch SET partition = $2"
				   " WHERE epoch_id = $1");

CAMPAIGN_STATEMENT(read_epoch,
				   "SELECT partition FROM campaign.epoch WHERE epoch_id = $1");

/* Nobody else makes an epoch, or changes what it consists of. */
#define LOCK_EPOCHS \
	"LOCK TABLE campaign.epoch IN SHARE ROW EXCLUSIVE MODE"

/* The epoch of an instant, or 0. */
static int64
epoch_at(TimestampTz now)
{
	CampaignRows *rows = campaign_query(&find_epoch, campaign_time(now));

	return rows->count == 0 ? 0 : campaign_row_int8(rows, 0, 1);
}

/*
 * Makes a partition as a table of its own, which, unlike PARTITION OF, lets
 * others read and write meanwhile.  The parent must have no indexes: those of
 * a partition would come twice when a dump is restored.
 */
static void
create_table(const char *parent, const char *name)
{
	campaign_sql_utility(psprintf("CREATE TABLE campaign_data.%s"
								  " (LIKE campaign.%s INCLUDING ALL)",
								  name, parent));
	campaign_sql_utility(psprintf("ALTER TABLE campaign_data.%s"
								  " ENABLE ROW LEVEL SECURITY", name));
}

/* Makes it the parent's partition for the messages of the epoch. */
static void
attach_table(const char *parent, const char *name, int64 epoch)
{
	campaign_sql_utility(psprintf("ALTER TABLE campaign.%s"
								  " ATTACH PARTITION campaign_data.%s"
								  " FOR VALUES FROM (" INT64_FORMAT ")"
								  " TO (" INT64_FORMAT ")",
								  parent, name, epoch << CAMPAIGN_EPOCH_SHIFT,
								  (epoch + 1) << CAMPAIGN_EPOCH_SHIFT));
}

/* Has messages be found by the person behind their recipient, if there is one. */
static void
index_persons(const char *name)
{
	campaign_sql_utility(psprintf("CREATE INDEX ON %s (person)"
								  " WHERE person IS NOT NULL", name));
}

/* Makes the partition of the messages. */
static void
create_partition(int64 epoch, const char *name)
{
	create_table("dispatch", name);
	campaign_sql_utility(psprintf("CREATE INDEX ON campaign_data.%s"
								  " USING brin (message_id)"
								  " WITH (pages_per_range = 32)", name));
	index_persons(psprintf("campaign_data.%s", name));
	attach_table("dispatch", name, epoch);
}

/* Makes the partition of messages in buckets, which a bucket is found in. */
static void
create_bucket_partition(int64 epoch, const char *name)
{
	create_table("dispatch_bucket", name);
	campaign_sql_utility(psprintf("CREATE INDEX ON campaign_data.%s (bucket)",
								  name));
	index_persons(psprintf("campaign_data.%s", name));
	attach_table("dispatch_bucket", name, epoch);
}

/* Has only one event of a kind of a message be its first. */
static void
index_first_events(const char *name)
{
	campaign_sql_utility(psprintf("CREATE UNIQUE INDEX ON %s"
								  " (message_id, event) WHERE first", name));
}

/* Makes the partition of what becomes of them. */
static void
create_event_partition(int64 epoch)
{
	char	   *name = psprintf("event_" INT64_FORMAT, epoch);

	create_table("event", name);
	campaign_sql_utility(psprintf("CREATE UNIQUE INDEX ON campaign_data.%s"
								  " (message_id, event, event_key)", name));
	index_first_events(psprintf("campaign_data.%s", name));
	attach_table("event", name, epoch);
}

/* Partitions, and an index of events that served counts. */
CAMPAIGN_STATEMENT(find_partitions,
				   "SELECT p.inhrelid::regclass::text,"
				   " p.inhparent = 'campaign.event'::regclass,"
				   " (SELECT i.indexrelid::regclass::text FROM pg_index i"
				   " WHERE i.indrelid = p.inhrelid AND NOT i.indisunique"
				   " AND p.inhparent = 'campaign.event'::regclass)"
				   " FROM pg_inherits p WHERE p.inhparent IN"
				   " ('campaign.event'::regclass,"
				   " 'campaign.dispatch'::regclass)");

/* Gives partitions of earlier versions the indexes they have now. */
void
campaign_partitions_renew(void)
{
	CampaignRows *rows = campaign_sql_query(&find_partitions, 0, NULL);

	for (int i = 0; i < rows->count; i++)
	{
		char	   *name = campaign_row_text(rows, i, 1);
		char	   *old = campaign_row_text(rows, i, 3);

		if (old != NULL)
			campaign_sql_utility(psprintf("DROP INDEX %s", old));
		if (campaign_row_bool(rows, i, 2))
			index_first_events(name);
		else
			index_persons(name);
	}
}

/* ----------------------------- other servers ---------------------------- */

CAMPAIGN_STATEMENT(list_epochs, "SELECT epoch_id FROM campaign.epoch");

/* True if messages that are enqueued now are kept by other servers. */
bool
campaign_queue_distributed(void)
{
	return campaign_cluster_has(campaign_queue_relation("dispatch_bucket"));
}

/* Makes partitions for all epochs: runs that have begun go on in theirs. */
static void
create_bucket_partitions(void)
{
	CampaignRows *rows = campaign_sql_query(&list_epochs, 0, NULL);

	for (int i = 0; i < rows->count; i++)
	{
		int64		epoch = campaign_row_int8(rows, i, 1);
		char	   *name = psprintf("dispatch_bucket_" INT64_FORMAT, epoch);

		if (!OidIsValid(get_relname_relid(name, campaign_data_schema_oid())))
			create_bucket_partition(epoch, name);
	}
}

/* Distributes the table and gives it a partition for each epoch. */
bool
campaign_queue_distribute(void)
{
	campaign_cluster_require_coordinator();
	campaign_sql_utility(LOCK_EPOCHS);
	if (campaign_queue_distributed())
		return false;
	campaign_cluster_spread(campaign_queue_relation("dispatch_bucket"),
							"bucket");
	create_bucket_partitions();
	return true;
}

/* -------------------------------- months -------------------------------- */

/* Makes an epoch for the instant; the table's lock must be held. */
static int64
create_epoch(TimestampTz now)
{
	CampaignRows *rows = campaign_query(&insert_epoch, campaign_time(now));
	int64		epoch = campaign_row_int8(rows, 0, 1);
	char	   *name = psprintf("dispatch_" INT64_FORMAT, epoch);

	campaign_execute(&name_epoch, campaign_int8(epoch), campaign_text(name));
	create_partition(epoch, name);
	create_event_partition(epoch);
	if (campaign_queue_distributed())
		create_bucket_partition(epoch, psprintf("dispatch_bucket_" INT64_FORMAT,
												epoch));
	return epoch;
}

/* The current month's epoch; the first caller of a month makes it. */
int64
campaign_epoch_current(void)
{
	TimestampTz now = campaign_clock_now();
	int64		epoch = epoch_at(now);

	if (epoch != 0)
		return epoch;
	campaign_sql_utility(LOCK_EPOCHS);
	epoch = epoch_at(now);
	return epoch != 0 ? epoch : create_epoch(now);
}

/* The epoch's partition. */
Oid
campaign_partition_of(int64 epoch)
{
	CampaignRows *rows = campaign_query(&read_epoch, campaign_int8(epoch));
	Oid			partition = InvalidOid;

	if (rows->count > 0)
		partition = get_relname_relid(campaign_row_text(rows, 0, 1),
									  campaign_data_schema_oid());
	campaign_ensure(OidIsValid(partition),
					"the partition of epoch " INT64_FORMAT " is gone", epoch);
	return partition;
}

/* ------------------------------ summaries ------------------------------- */

/*
 * Finds the relation's BRIN index and the size of its ranges.  Somebody may
 * have made others, which are younger, or have left one that is not valid.
 */
static void
find_index(CampaignTail *tail, Relation relation)
{
	List	   *indexes = RelationGetIndexList(relation);
	ListCell   *cell;

	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		if (index->rd_rel->relam == BRIN_AM_OID &&
			index->rd_index->indisvalid && !OidIsValid(tail->index))
		{
			tail->index = RelationGetRelid(index);
			tail->range = BrinGetPagesPerRange(index);
		}
		index_close(index, NoLock);
	}
	list_free(indexes);
	campaign_ensure(OidIsValid(tail->index),
					"relation \"%s\" has lost its index",
					RelationGetRelationName(relation));
}

/* Begins at the relation's present end. */
CampaignTail *
campaign_tail_open(Oid oid)
{
	CampaignTail *tail = palloc0(sizeof(CampaignTail));
	Relation	relation = table_open(oid, AccessShareLock);
	BlockNumber blocks;

	tail->relation = oid;
	find_index(tail, relation);
	blocks = RelationGetNumberOfBlocks(relation);
	tail->next = blocks - blocks % tail->range;
	table_close(relation, NoLock);
	return tail;
}

/* One past the relation's last block. */
static BlockNumber
end_of(const CampaignTail *tail)
{
	Relation	relation = table_open(tail->relation, AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(relation);

	table_close(relation, NoLock);
	return blocks;
}

/* Gives the ranges summaries; only the owner of the index may. */
static void
summarize_until(CampaignTail *tail, BlockNumber limit)
{
	CampaignIdentity identity;

	campaign_identity_enter(&identity);
	while (tail->next < limit)
	{
		DirectFunctionCall2(brin_summarize_range,
							ObjectIdGetDatum(tail->index),
							Int64GetDatum((int64) tail->next));
		tail->next += tail->range;
	}
	campaign_identity_leave(&identity);
}

/*
 * Takes the lock that the server takes for each range, in the way of which are
 * other enqueues, for milliseconds, and VACUUM, for long.  True if it is held.
 */
static bool
lock_for_summary(const CampaignTail *tail, bool patient)
{
	for (int i = 0; i < (patient ? LOCK_ATTEMPTS : 1); i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			pg_usleep(1000L);
		if (ConditionalLockRelationOid(tail->relation,
									   ShareUpdateExclusiveLock))
			return true;
	}
	return false;
}

/* Summarizes what was begun; what is left, a VACUUM under way does. */
void
campaign_tail_summarize(CampaignTail *tail, bool patient)
{
	BlockNumber limit = end_of(tail);

	if (limit <= tail->next || !lock_for_summary(tail, patient))
		return;
	summarize_until(tail, limit);
	UnlockRelationOid(tail->relation, ShareUpdateExclusiveLock);
}
