/*
 * history.c
 *		Messages that are old: their figures stay, they go.
 *
 * What a report says of messages is kept as it was, a document per delivery,
 * before the first message of a delivery is deleted; what it says of events is
 * in campaign.figure, and stays there.  Messages of a month lie in one
 * partition, and where all of them are old it is dropped, which costs nothing;
 * otherwise they are deleted, so many chunks in a transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/attempt.h"
#include "base/cluster.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/settings.h"
#include "base/sql.h"
#include "queue/bucket.h"
#include "queue/chunk.h"
#include "queue/figure.h"
#include "queue/history.h"

/* Attempts, a millisecond apart, to get a lock that others have briefly. */
#define LOCK_ATTEMPTS 200

#define OF_RUN \
	" WHERE delivery_id IN (SELECT delivery_id FROM campaign.delivery" \
	" WHERE run_id = $1)"

CAMPAIGN_STATEMENT(keep_figures,
				   "UPDATE campaign.delivery d SET figures = jsonb_build_object("
				   "'report', (SELECT to_jsonb(p) FROM campaign.report p"
				   " WHERE p.run_id = $1 AND p.activity = d.activity),"
				   " 'queue', (SELECT to_jsonb(q) FROM campaign.queue_status q"
				   " WHERE q.run_id = $1 AND q.activity = d.activity),"
				   " 'reasons', (SELECT coalesce(jsonb_object_agg(x.reason,"
				   " x.people), '{}') FROM (SELECT reason, count(*) AS people"
				   " FROM campaign.exclusion o"
				   " WHERE o.delivery_id = d.delivery_id GROUP BY reason) x))"
				   " WHERE d.run_id = $1 AND d.figures IS NULL");

CAMPAIGN_STATEMENT(delete_exclusions,
				   "DELETE FROM campaign.exclusion" OF_RUN);

CAMPAIGN_STATEMENT(delete_outcomes,
				   "DELETE FROM campaign.outcome" OF_RUN);

/* What it was told may say who its people are. */
CAMPAIGN_STATEMENT(delete_signals,
				   "DELETE FROM campaign.signal WHERE run_id = $1");

/* By delivery, where the chunks that go have their messages. */
CAMPAIGN_STATEMENT(delete_chunks,
				   "WITH c AS (DELETE FROM campaign.chunk WHERE chunk_id IN"
				   " (SELECT c.chunk_id FROM campaign.delivery d"
				   " JOIN campaign.chunk c ON c.delivery_id = d.delivery_id"
				   " WHERE d.run_id = $1"
				   " ORDER BY c.delivery_id, c.last_id LIMIT $2)"
				   " RETURNING delivery_id, first_id, last_id, first_block)"
				   " SELECT delivery_id, min(first_id), max(last_id),"
				   " count(*)::int4, min(first_block)"
				   " FROM c GROUP BY delivery_id");

CAMPAIGN_STATEMENT(delete_messages,
				   "DELETE FROM campaign.dispatch WHERE delivery_id = $1"
				   " AND message_id BETWEEN $2 AND $3");

CAMPAIGN_STATEMENT(delete_events,
				   "DELETE FROM campaign.event WHERE delivery_id = $1"
				   " AND message_id BETWEEN $2 AND $3");

CAMPAIGN_STATEMENT(note_erased,
				   "UPDATE campaign.run SET erased_at = clock_timestamp()"
				   " WHERE run_id = $1");

/* Deletes chunks, and their messages unless these go with their partition. */
static int
delete_some(int64 run_id, bool with_partition, int chunks)
{
	CampaignRows *rows = campaign_query(&delete_chunks, campaign_int8(run_id),
										campaign_int8(chunks));
	int			nestlevel = campaign_chunk_planning_enter(true);
	int			deleted = 0;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignValue delivery_id = campaign_int8(campaign_row_int8(rows, i, 1));
		CampaignValue first = campaign_int8(campaign_row_int8(rows, i, 2));
		CampaignValue last = campaign_int8(campaign_row_int8(rows, i, 3));

		deleted += campaign_row_int4(rows, i, 4);
		if (with_partition)
			continue;
		if (campaign_row_int8(rows, i, 5) == CAMPAIGN_BLOCK_ELSEWHERE)
			campaign_bucket_delete(campaign_row_int8(rows, i, 1),
								   campaign_row_int8(rows, i, 2),
								   campaign_row_int8(rows, i, 3));
		else
			campaign_execute(&delete_messages, delivery_id, first, last);
		campaign_execute(&delete_events, delivery_id, first, last);
	}
	campaign_settings_leave(nestlevel);
	return deleted;
}

/* Deletes messages of a run. */
int
campaign_history_erase(int64 run_id, bool with_partition, int chunks)
{
	int			deleted;

	campaign_figures_keep_sent(run_id);
	if (campaign_execute(&keep_figures, campaign_int8(run_id)) > 0)
	{
		campaign_execute(&delete_exclusions, campaign_int8(run_id));
		campaign_execute(&delete_outcomes, campaign_int8(run_id));
	}
	campaign_execute(&delete_signals, campaign_int8(run_id));
	CAMPAIGN_FAULT("history_erase");
	deleted = delete_some(run_id, with_partition, chunks);
	if (deleted < chunks)
		campaign_execute(&note_erased, campaign_int8(run_id));
	return deleted;
}

/* -------------------------------- counts -------------------------------- */

/*
 * What a limit counted longer ago than its period, and one slice more.  The
 * period is at the end of the bucket's name, in microseconds.
 */
CAMPAIGN_STATEMENT(delete_throttles,
				   "DELETE FROM campaign.throttle WHERE bucket IN"
				   " (SELECT t.bucket FROM campaign.throttle t"
				   " CROSS JOIN LATERAL (SELECT"
				   " substring(t.bucket FROM ' per (\\d+)$')::int8 / 60 AS slice)"
				   " s WHERE (t.slice + 62) * s.slice < $1"
				   " LIMIT $2 FOR UPDATE OF t SKIP LOCKED)");

/* Bounces that are no longer a reason for anything. */
CAMPAIGN_STATEMENT(delete_bounces,
				   "DELETE FROM campaign.soft_bounce"
				   " WHERE (channel, address_hash) IN"
				   " (SELECT b.channel, b.address_hash"
				   " FROM campaign.soft_bounce b"
				   " WHERE b.bounced_at <= $1 - $2 * interval '1 minute'"
				   " LIMIT $3 FOR UPDATE OF b SKIP LOCKED)");

/* Forgets counts that count no more. */
int64
campaign_history_delete_counts(TimestampTz now, int most)
{
	int64		deleted;

	deleted = (int64) campaign_execute(&delete_throttles,
									   campaign_int8(now),
									   campaign_int8(most));
	if (campaign_history_messages >= 0)
		deleted = Max(deleted,
					  (int64) campaign_execute(&delete_bounces,
											   campaign_time(now),
											   campaign_int4(campaign_history_messages),
											   campaign_int8(most)));
	return deleted;
}

/* ------------------------------ partitions ------------------------------ */

/* Months that are over and have no message any more. */
CAMPAIGN_STATEMENT(find_empty,
				   "SELECT e.epoch_id FROM campaign.epoch e"
				   " WHERE e.month < date_trunc('month',"
				   " clock_timestamp() AT TIME ZONE 'UTC')::date"
				   " AND NOT EXISTS (SELECT FROM campaign.run r"
				   " WHERE r.epoch = e.epoch_id AND r.erased_at IS NULL)"
				   " ORDER BY e.epoch_id LIMIT 12");

CAMPAIGN_STATEMENT(delete_epoch,
				   "DELETE FROM campaign.epoch WHERE epoch_id = $1");

/*
 * Figures of deliveries that are gone: events that were being recorded while
 * their run was deleted have added some behind it.
 */
CAMPAIGN_STATEMENT(delete_figures,
				   "DELETE FROM campaign.figure f WHERE NOT EXISTS"
				   " (SELECT FROM campaign.delivery d"
				   " WHERE d.delivery_id = f.delivery_id)");

/* Locks a table as a whole, if that takes no waiting in line. */
static bool
lock_whole(Oid relation)
{
	for (int i = 0; i < LOCK_ATTEMPTS; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			pg_usleep(1000L);
		if (ConditionalLockRelationOid(relation, AccessExclusiveLock))
			return true;
	}
	return false;
}

/*
 * A partition of the epoch, if it is there.  Somebody may read it alone: then
 * the queue, which is ours already, must not wait for him.
 */
static void
drop_partition(const char *parent, int64 epoch)
{
	char	   *name = psprintf("%s_" INT64_FORMAT, parent, epoch);
	Oid			relation = get_relname_relid(name, campaign_data_schema_oid());

	if (!OidIsValid(relation))
		return;
	if (!ConditionalLockRelationOid(relation, AccessExclusiveLock))
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("partition \"%s\" is being read", name),
				 errhint("It is dropped when nobody reads it.")));
	/* Other servers commit with this one, which must not forget it. */
	if (campaign_cluster_has(relation))
		ForceSyncCommit();
	campaign_sql_utility(psprintf("DROP TABLE campaign_data.%s", name));
}

/* Drops the partitions of an epoch; for campaign_attempt. */
static void
drop_epoch(void *arg)
{
	int64		epoch = *(int64 *) arg;

	drop_partition("dispatch", epoch);
	drop_partition("dispatch_bucket", epoch);
	drop_partition("event", epoch);
	campaign_execute(&delete_epoch, campaign_int8(epoch));
}

/*
 * Drops what is empty.  Nobody records events then, so all figures there will
 * ever be of deliveries that are gone are there; and they are looked for so
 * seldom that it may cost a look at every figure.
 */
int
campaign_history_drop_partitions(void)
{
	CampaignRows *rows = campaign_sql_query(&find_empty, 0, NULL);
	int			dropped = 0;

	if (rows->count == 0 || !lock_whole(campaign_queue_relation("dispatch")) ||
		!lock_whole(campaign_queue_relation("dispatch_bucket")) ||
		!lock_whole(campaign_queue_relation("event")))
		return 0;
	for (int i = 0; i < rows->count; i++)
	{
		int64		epoch = campaign_row_int8(rows, i, 1);
		ErrorData  *error = campaign_attempt(drop_epoch, &epoch);

		if (error == NULL)
			dropped++;
		else if (error->sqlerrcode != ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST &&
				 error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
	}
	campaign_sql_execute(&delete_figures, 0, NULL);
	return dropped;
}
