/*
 * check.c
 *		The queue's half of verification: what must never be true.
 *
 * Each promise is a query over the tables alone that gives a line per violation
 * or, where there may be many, per activity.  Nothing here trusts what another
 * has found, so that damage is reported and does not hide.  Tables as large as
 * the run are brought together by aggregation, which no estimate can turn into
 * a loop.
 */
#include "postgres.h"

#include "base/sql.h"
#include "queue/check.h"

/*
 * The run's deliveries, but those whose messages are being deleted, and its
 * messages, read from its partition only, or from where they are kept.
 */
#define RUN_DELIVERIES \
	"d AS (SELECT d.*, r.epoch FROM campaign.delivery d" \
	" JOIN campaign.run r ON r.run_id = d.run_id" \
	" WHERE d.run_id = $1 AND d.figures IS NULL)"
#define RUN_MESSAGES \
	"m AS (SELECT m.message_id, m.delivery_id, m.recipient" \
	" FROM campaign.dispatch m" \
	" WHERE m.message_id >= (SELECT epoch FROM campaign.run" \
	" WHERE run_id = $1) << 36" \
	" AND m.message_id < ((SELECT epoch FROM campaign.run" \
	" WHERE run_id = $1) + 1) << 36" \
	" AND m.delivery_id IN (SELECT delivery_id FROM d)" \
	" UNION ALL SELECT n.message_id, d.delivery_id, n.recipient COLLATE \"C\"" \
	" FROM d, campaign.distributed_messages(d.delivery_id, d.epoch << 36," \
	" ((d.epoch + 1) << 36) - 1) n WHERE d.distributed)"
/* What became of them. */
#define RUN_EVENTS \
	"e AS (SELECT e.* FROM campaign.event e" \
	" WHERE e.message_id >= (SELECT epoch FROM campaign.run" \
	" WHERE run_id = $1) << 36" \
	" AND e.message_id < ((SELECT epoch FROM campaign.run" \
	" WHERE run_id = $1) + 1) << 36" \
	" AND e.delivery_id IN (SELECT delivery_id FROM d))"
/* A row per message of each chunk, with its byte. */
#define RUN_RESULTS \
	"b AS (SELECT c.delivery_id, c.first_id + n AS message_id," \
	" CASE WHEN n < octet_length(c.results)" \
	" THEN chr(get_byte(c.results, n)) ELSE '.' END AS result" \
	" FROM campaign.chunk c, generate_series(0," \
	" least(c.last_id - c.first_id, 999)::integer) n" \
	" WHERE c.delivery_id IN (SELECT delivery_id FROM d))"

/* Nobody lost: targeted = queued + excluded, and both are what is there. */
CAMPAIGN_STATEMENT(delivery_counts,
				   "WITH " RUN_DELIVERIES ", " RUN_MESSAGES ","
				   " queued AS (SELECT delivery_id, count(*) AS n FROM m"
				   " GROUP BY delivery_id),"
				   " excluded AS (SELECT delivery_id, count(*) AS n"
				   " FROM campaign.exclusion"
				   " WHERE delivery_id IN (SELECT delivery_id FROM d)"
				   " GROUP BY delivery_id)"
				   " SELECT format('activity %s: %s targeted, %s queued,"
				   " %s excluded; there are %s messages and %s exclusions',"
				   " d.activity, d.targeted, d.queued, d.excluded,"
				   " coalesce(q.n, 0), coalesce(e.n, 0))"
				   " FROM d LEFT JOIN queued q USING (delivery_id)"
				   " LEFT JOIN excluded e USING (delivery_id)"
				   " WHERE d.targeted <> d.queued + d.excluded"
				   " OR d.queued <> coalesce(q.n, 0)"
				   " OR d.excluded <> coalesce(e.n, 0)"
				   " ORDER BY d.activity");

/* Nobody twice: a message or a reason, apart from rows that are duplicates. */
CAMPAIGN_STATEMENT(recipients_once,
				   "WITH " RUN_DELIVERIES ", " RUN_MESSAGES ","
				   " fates AS (SELECT delivery_id, recipient, 1 AS n FROM m"
				   " UNION ALL"
				   " SELECT delivery_id, recipient,"
				   " CASE WHEN reason = 'duplicate' THEN 0 ELSE 1 END"
				   " FROM campaign.exclusion"
				   " WHERE delivery_id IN (SELECT delivery_id FROM d)),"
				   " wrong AS (SELECT delivery_id, recipient FROM fates"
				   " GROUP BY delivery_id, recipient HAVING sum(n) <> 1)"
				   " SELECT format('activity %s: %s recipients have not"
				   " exactly one message or reason, such as %s',"
				   " d.activity, count(*), min(w.recipient))"
				   " FROM wrong w JOIN d USING (delivery_id)"
				   " GROUP BY d.activity ORDER BY d.activity");

/* A chunk's size, a byte per message, and only bytes that mean something. */
CAMPAIGN_STATEMENT(chunk_results,
				   "WITH " RUN_DELIVERIES
				   " SELECT format('chunk %s: its results do not fit its"
				   " messages', c.chunk_id)"
				   " FROM campaign.chunk c JOIN d USING (delivery_id)"
				   " WHERE c.last_id - c.first_id NOT BETWEEN 0 AND 999"
				   " OR octet_length(c.results)"
				   " <> c.last_id - c.first_id + 1"
				   " OR encode(c.results, 'escape') !~ CASE WHEN (SELECT r.test"
				   " FROM campaign.run r WHERE r.run_id = $1)"
				   " THEN '^t*$' ELSE '^[.sfwre]*$' END"
				   " ORDER BY c.chunk_id");

/*
 * Settled and without an open message are the same, unless the run was
 * stopped: then what is open was withdrawn as a whole.
 */
CAMPAIGN_STATEMENT(chunk_settled,
				   "WITH " RUN_DELIVERIES
				   " SELECT CASE WHEN c.settled"
				   " THEN format('chunk %s is settled and has an open"
				   " message', c.chunk_id)"
				   " ELSE format('chunk %s has no open message and is not"
				   " settled', c.chunk_id) END"
				   " FROM campaign.chunk c JOIN d USING (delivery_id)"
				   " WHERE c.settled <> coalesce("
				   "position('\\x2e'::bytea IN c.results) = 0, false)"
				   " AND (NOT c.settled OR NOT EXISTS"
				   " (SELECT FROM campaign.run r WHERE r.run_id = $1"
				   " AND r.state IN ('stopped', 'missed')))"
				   " ORDER BY c.chunk_id");

/* What claims pass by is settled, and what is drained has nothing left. */
CAMPAIGN_STATEMENT(chunk_passed,
				   "WITH " RUN_DELIVERIES
				   " SELECT format('activity %s: %s chunks are not settled"
				   " and would not be looked at, such as %s',"
				   " d.activity, count(*), min(c.chunk_id))"
				   " FROM campaign.chunk c JOIN d USING (delivery_id)"
				   " WHERE NOT c.settled AND (d.drained"
				   " OR NOT c.domain = ANY (d.lanes)"
				   " OR (c.due_at, c.chunk_id)"
				   " < (d.passed_due, d.passed_chunk))"
				   " GROUP BY d.activity ORDER BY d.activity");

/*
 * A chunk's recipients are in its range; the first and the last show it.  IS
 * TRUE makes a hash of the list: where nothing was analyzed yet a join would be
 * a loop over all messages for each chunk.
 */
CAMPAIGN_STATEMENT(chunk_recipients,
				   "WITH " RUN_DELIVERIES ", " RUN_MESSAGES ","
				   " e AS MATERIALIZED (SELECT message_id, recipient FROM m"
				   " WHERE (message_id IN (SELECT unnest(ARRAY[c.first_id, c.last_id])"
				   " FROM campaign.chunk c"
				   " WHERE c.delivery_id IN (SELECT delivery_id FROM d))) IS TRUE)"
				   " SELECT format('chunk %s: its recipients are not those"
				   " of its messages', c.chunk_id)"
				   " FROM campaign.chunk c JOIN d USING (delivery_id)"
				   " LEFT JOIN e f ON f.message_id = c.first_id"
				   " LEFT JOIN e l ON l.message_id = c.last_id"
				   " WHERE f.recipient IS NULL OR l.recipient IS NULL"
				   " OR f.recipient NOT BETWEEN c.first_recipient"
				   " AND c.last_recipient"
				   " OR l.recipient NOT BETWEEN c.first_recipient"
				   " AND c.last_recipient"
				   " ORDER BY c.chunk_id");

/* Every message waits, or has come to its end, in one place. */
CAMPAIGN_STATEMENT(messages_once,
				   "WITH " RUN_DELIVERIES ", " RUN_MESSAGES ", " RUN_RESULTS
				   ", places AS (SELECT delivery_id, message_id, 1 AS there,"
				   " 0 AS places FROM m UNION ALL"
				   " SELECT delivery_id, message_id, 0, 1 FROM b"
				   " WHERE result <> 'r'),"
				   " wrong AS (SELECT delivery_id, message_id FROM places"
				   " GROUP BY delivery_id, message_id"
				   " HAVING sum(there) <> 1 OR sum(places) <> 1)"
				   " SELECT format('activity %s: %s messages are not in"
				   " exactly one chunk, such as %s',"
				   " d.activity, count(*), min(w.message_id))"
				   " FROM wrong w JOIN d USING (delivery_id)"
				   " GROUP BY d.activity ORDER BY d.activity");

/* Outcomes and bytes say the same. */
CAMPAIGN_STATEMENT(outcomes_agree,
				   "WITH " RUN_DELIVERIES ", " RUN_RESULTS
				   ", said AS (SELECT delivery_id, message_id,"
				   " result AS status, 1 AS n FROM b"
				   " WHERE result IN ('f', 'w', 'r') UNION ALL"
				   " SELECT delivery_id, message_id, left(status, 1), -1"
				   " FROM campaign.outcome"
				   " WHERE delivery_id IN (SELECT delivery_id FROM d)),"
				   " wrong AS (SELECT delivery_id, message_id FROM said"
				   " GROUP BY delivery_id, message_id, status"
				   " HAVING sum(n) <> 0)"
				   " SELECT format('activity %s: %s messages have outcomes"
				   " that differ from their results, such as %s',"
				   " d.activity, count(DISTINCT w.message_id),"
				   " min(w.message_id))"
				   " FROM wrong w JOIN d USING (delivery_id)"
				   " GROUP BY d.activity ORDER BY d.activity");

/* What people did, they did with a message that is there. */
CAMPAIGN_STATEMENT(events_exist,
				   "WITH " RUN_DELIVERIES ", " RUN_MESSAGES ", " RUN_EVENTS
				   ", facts AS (SELECT delivery_id, message_id, 1 AS message,"
				   " 0 AS event FROM m UNION ALL"
				   " SELECT delivery_id, message_id, 0, 1 FROM e),"
				   " wrong AS (SELECT delivery_id, message_id,"
				   " sum(event) AS events FROM facts"
				   " GROUP BY delivery_id, message_id HAVING sum(message) = 0)"
				   " SELECT format('activity %s: %s events are of messages"
				   " that are not there, such as %s',"
				   " d.activity, sum(w.events), min(w.message_id))"
				   " FROM wrong w JOIN d USING (delivery_id)"
				   " GROUP BY d.activity ORDER BY d.activity");

/*
 * What reports say is what the events say.  Both are added up with opposite
 * signs, so that nothing has to be joined; a hard bounce counts in the minute
 * in which it was the news, which events do not tell.
 */
#define MINUTE(at) "date_bin('1 minute', " at ", '2000-01-01 00:00+00')"
CAMPAIGN_STATEMENT(figures_agree,
				   "WITH " RUN_DELIVERIES
				   ", " RUN_EVENTS ","
				   " said AS (SELECT delivery_id, event, "
				   MINUTE("min(at)") " AS minute, NULL::text AS link,"
				   " 1::bigint AS messages, 0::bigint AS events,"
				   " 0::numeric AS value, 1 - count(*) FILTER (WHERE first)"
				   " AS firsts FROM e GROUP BY delivery_id, message_id, event"
				   " UNION ALL SELECT delivery_id, event, " MINUTE("at")
				   ", NULL, 0, 1, CASE WHEN event = 'converted' THEN"
				   " coalesce((detail ->> 'value')::numeric, 0) ELSE 0 END, 0"
				   " FROM e UNION ALL SELECT DISTINCT ON (message_id)"
				   " delivery_id, 'hard_bounced', NULL::timestamptz, NULL,"
				   " 1, 0, 0, 0 FROM e WHERE event = 'bounced'"
				   " AND detail ->> 'type' IS DISTINCT FROM 'soft'"
				   " UNION ALL SELECT delivery_id, 'clicked link', NULL,"
				   " detail ->> 'link', 1, count(*), 0, 0 FROM e"
				   " WHERE event = 'clicked'"
				   " GROUP BY delivery_id, message_id, detail ->> 'link'"
				   " UNION ALL SELECT delivery_id, CASE grain"
				   " WHEN 'link' THEN 'clicked link' ELSE event END,"
				   " CASE WHEN event <> 'hard_bounced' THEN minute END, name,"
				   " -messages, -events, -coalesce(value, 0), 0"
				   " FROM campaign.figure WHERE grain IN ('minute', 'link')"
				   " AND delivery_id IN (SELECT delivery_id FROM d)),"
				   " wrong AS (SELECT delivery_id, event FROM said"
				   " GROUP BY delivery_id, event, minute, link"
				   " HAVING sum(messages) <> 0 OR sum(events) <> 0"
				   " OR sum(value) <> 0 OR bool_or(firsts <> 0))"
				   " SELECT format('activity %s: figures of %s are not what"
				   " its events say', d.activity, w.event)"
				   " FROM wrong w JOIN d USING (delivery_id)"
				   " WHERE NOT (SELECT test FROM campaign.run"
				   " WHERE run_id = $1)"
				   " GROUP BY d.activity, w.event"
				   " ORDER BY d.activity, w.event");

/* A delivery has looked at every row that came. */
CAMPAIGN_STATEMENT(delivery_rows,
				   "SELECT format('delivery %s targeted %s of %s rows',"
				   " d.activity, d.targeted, t.rows_in)"
				   " FROM campaign.delivery d"
				   " JOIN campaign.task t USING (run_id, activity)"
				   " WHERE d.run_id = $1 AND d.targeted <> t.rows_in");

/* What delivers and has succeeded has a delivery. */
CAMPAIGN_STATEMENT(delivery_missing,
				   "SELECT format('activity %s has no delivery', t.activity)"
				   " FROM campaign.run r"
				   " JOIN campaign.task t USING (run_id)"
				   " JOIN campaign.activity a ON a.version_id = r.version_id"
				   " AND a.name = t.activity AND $2 -> 'delivers' ? a.kind"
				   " WHERE r.run_id = $1 AND t.state = 'succeeded'"
				   " AND t.error IS NULL"
				   " AND a.options ->> 'execution' IS DISTINCT FROM 'pass_through'"
				   " AND NOT EXISTS (SELECT FROM campaign.delivery d"
				   " WHERE d.run_id = r.run_id AND d.activity = t.activity)");

static const CampaignPromise promises[] = {
	{"missing_delivery", &delivery_missing},
	{"delivery_sum", &delivery_rows},
	{"delivery_counts", &delivery_counts},
	{"recipients_once", &recipients_once},
	{"chunk_results", &chunk_results},
	{"chunk_settled", &chunk_settled},
	{"chunk_passed", &chunk_passed},
	{"chunk_recipients", &chunk_recipients},
	{"messages_once", &messages_once},
	{"outcomes_agree", &outcomes_agree},
	{"events_exist", &events_exist},
	{"figures_agree", &figures_agree},
};

/* Checks the deliveries of a run. */
List *
campaign_queue_check(List *violations, int64 run_id, const Jsonb *kinds)
{
	return campaign_promises_check(violations, promises, lengthof(promises),
								   run_id, kinds);
}
