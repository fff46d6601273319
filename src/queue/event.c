/*
 * event.c
 *		Recording what became of messages, and what follows from it.
 *
 * However many events are reported, a few statements do it: record.c records
 * those that are new and parks those of messages nobody knows, one reads the
 * addresses of those that have consequences, one suppresses them.  Each writes
 * in the order of its keys, so that two reports of the same events wait for
 * each other instead of deadlocking.
 *
 * A parked event is never recorded later: a number that no message has was not
 * handed out by anybody, and a message that gets it one day is another one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/sql.h"
#include "queue/bucket.h"
#include "queue/chunk.h"
#include "queue/event.h"
#include "queue/feedback.h"
#include "queue/record.h"

/*
 * Messages with at most so many numbers between them are looked for together:
 * finding a range costs as much as reading that many.
 */
#define NEAR_MESSAGES 5000

/* Soft bounces that an address may have, if its channel does not say. */
#define SOFT_BOUNCES "5"

CAMPAIGN_STATEMENT(forget_parked,
				   "DELETE FROM campaign.parked_event WHERE parked_at < $1");

/* What is to be known of messages m, and where it is. */
#define ADDRESS_COLUMNS \
	"SELECT m.message_id, m.address, d.channel," \
	" pg_get_userbyid(g.owner)::text," \
	" coalesce((SELECT (c.settings ->> 'soft_bounces')::bigint" \
	" FROM campaign.channel c WHERE c.name = d.channel), " \
	SOFT_BOUNCES ")::bigint"
#define ADDRESS_OWNER \
	" JOIN campaign.delivery d USING (delivery_id)" \
	" JOIN campaign.run r USING (run_id)" \
	" JOIN campaign.campaign g USING (campaign_id)" \
	" ORDER BY m.message_id"

/* IN stays a lookup in a hash table where it cannot become a join. */
CAMPAIGN_STATEMENT(read_addresses,
				   ADDRESS_COLUMNS
				   " FROM unnest($2::bigint[], $3::bigint[])"
				   " AS range (first_id, last_id)"
				   " CROSS JOIN LATERAL (SELECT m.message_id, m.delivery_id,"
				   " m.address FROM campaign.dispatch m"
				   " WHERE m.message_id"
				   " BETWEEN range.first_id AND range.last_id"
				   " AND (m.message_id IN (SELECT unnest($1::bigint[])))"
				   " IS TRUE OFFSET 0) m" ADDRESS_OWNER);

/* The same for what other servers said. */
CAMPAIGN_STATEMENT(describe_addresses,
				   ADDRESS_COLUMNS
				   " FROM unnest($1::bigint[], $2::bigint[], $3::text[])"
				   " AS m (message_id, delivery_id, address)" ADDRESS_OWNER);

CAMPAIGN_STATEMENT(suppress_addresses,
				   "WITH given AS MATERIALIZED (SELECT g.*,"
				   " campaign.address_hash(g.address) AS address_hash"
				   " FROM unnest($1::text[], $2::text[], $3::text[],"
				   " $4::text[], $5::boolean[], $6::bigint[])"
				   " AS g (channel, address, role_name, event, soft,"
				   " bounces)),"
				   " counted AS (INSERT INTO campaign.soft_bounce AS s"
				   " (channel, address_hash, bounces)"
				   " SELECT channel, address_hash, count(*) FROM given"
				   " WHERE soft GROUP BY channel, address_hash"
				   " ORDER BY channel, address_hash"
				   " ON CONFLICT (channel, address_hash)"
				   " DO UPDATE SET bounces = s.bounces + EXCLUDED.bounces,"
				   " bounced_at = EXCLUDED.bounced_at"
				   " RETURNING s.channel, s.address_hash, s.bounces)"
				   " INSERT INTO campaign.suppression"
				   " (channel, address_hash, address, reason, role_name)"
				   " SELECT DISTINCT ON (g.channel, g.address_hash,"
				   " g.role_name)"
				   " g.channel, g.address_hash, g.address, g.event,"
				   " g.role_name"
				   " FROM given g LEFT JOIN counted c"
				   " ON g.soft AND c.channel = g.channel"
				   " AND c.address_hash = g.address_hash"
				   " WHERE NOT g.soft OR c.bounces >= g.bounces"
				   " ORDER BY g.channel, g.address_hash, g.role_name,"
				   " g.event DESC"
				   " ON CONFLICT (channel, address_hash, role_name)"
				   " DO NOTHING");

/* Reads the addresses of the events' messages, in their order. */
static CampaignRows *
find_addresses(List *events)
{
	int			count = list_length(events);
	Datum	   *ids = palloc(sizeof(Datum) * count);
	Datum	   *first = palloc(sizeof(Datum) * count);
	Datum	   *last = palloc(sizeof(Datum) * count);
	int			ranges = 0;
	int			nestlevel;
	CampaignRows *addresses;

	for (int i = 0; i < count; i++)
	{
		int64		id = ((CampaignFeedback *) list_nth(events, i))->message_id;

		ids[i] = Int64GetDatum(id);
		if (ranges == 0 || id - DatumGetInt64(last[ranges - 1]) > NEAR_MESSAGES)
			first[ranges++] = Int64GetDatum(id);
		last[ranges - 1] = Int64GetDatum(id);
	}
	nestlevel = campaign_chunk_planning_enter(true);
	addresses = campaign_query(&read_addresses,
							   campaign_array(INT8OID, ids, NULL, count),
							   campaign_array(INT8OID, first, NULL, ranges),
							   campaign_array(INT8OID, last, NULL, ranges));
	campaign_settings_leave(nestlevel);
	return addresses;
}

/* The same of messages that other servers have. */
static CampaignRows *
find_addresses_elsewhere(List *events)
{
	int			count = list_length(events);
	Datum	   *ids = palloc(sizeof(Datum) * count);
	Datum	   *deliveries;
	Datum	   *addresses;
	CampaignRows *rows;
	bool		isnull;

	for (int i = 0; i < count; i++)
		ids[i] = Int64GetDatum(((CampaignFeedback *) list_nth(events, i))->message_id);
	rows = campaign_bucket_addresses(ids, count);
	ids = palloc(sizeof(Datum) * Max(rows->count, 1));
	deliveries = palloc(sizeof(Datum) * Max(rows->count, 1));
	addresses = palloc(sizeof(Datum) * Max(rows->count, 1));
	for (int i = 0; i < rows->count; i++)
	{
		ids[i] = campaign_row_datum(rows, i, 1, &isnull);
		deliveries[i] = campaign_row_datum(rows, i, 2, &isnull);
		addresses[i] = campaign_row_datum(rows, i, 3, &isnull);
	}
	return campaign_query(&describe_addresses,
						  campaign_array(INT8OID, ids, NULL, rows->count),
						  campaign_array(INT8OID, deliveries, NULL, rows->count),
						  campaign_array(TEXTOID, addresses, NULL, rows->count));
}

/*
 * Suppresses what must not be contacted any more; true if that is new.  Of a
 * forgotten message nothing is known but that nobody may.
 */
static bool
suppress(List *events, const CampaignRows *addresses)
{
	int			count = list_length(events);
	Datum	   *values = palloc(sizeof(Datum) * 6 * count);
	int			n = 0;
	int			found = 0;

	for (int i = 0; i < count; i++)
	{
		const CampaignFeedback *event = list_nth(events, i);
		const char *address;

		while (found < addresses->count &&
			   campaign_row_int8(addresses, found, 1) < event->message_id)
			found++;
		if (found == addresses->count ||
			campaign_row_int8(addresses, found, 1) != event->message_id)
			continue;
		address = campaign_row_text(addresses, found, 2);
		if (address[0] == '\0')
			continue;
		values[n] = CStringGetTextDatum(campaign_row_text(addresses, found, 3));
		values[count + n] = CStringGetTextDatum(address);
		values[2 * count + n] = CStringGetTextDatum(campaign_row_text(addresses, found, 4));
		values[3 * count + n] = CStringGetTextDatum(event->event);
		values[4 * count + n] = BoolGetDatum(strcmp(event->event, "bounced") == 0 &&
											 !event->hard);
		values[5 * count + n++] = Int64GetDatum(campaign_row_int8(addresses, found, 5));
	}
	return campaign_execute(&suppress_addresses,
							campaign_array(TEXTOID, values, NULL, n),
							campaign_array(TEXTOID, values + count, NULL, n),
							campaign_array(TEXTOID, values + 2 * count, NULL, n),
							campaign_array(TEXTOID, values + 3 * count, NULL, n),
							campaign_array(BOOLOID, values + 4 * count, NULL, n),
							campaign_array(INT8OID, values + 5 * count, NULL, n)) > 0;
}

/* Those after which nobody may be contacted any more, or perhaps not. */
static List *
with_consequences(List *events)
{
	List	   *chosen = NIL;
	ListCell   *cell;

	foreach(cell, events)
	{
		const char *event = ((CampaignFeedback *) lfirst(cell))->event;

		if (strcmp(event, "bounced") == 0 ||
			strcmp(event, "unsubscribed") == 0 ||
			strcmp(event, "complained") == 0)
			chosen = lappend(chosen, lfirst(cell));
	}
	return chosen;
}

/* How many messages the events are of; those of one are neighbours. */
static int
count_messages(List *events)
{
	int			count = 0;
	int64		last = -1;
	ListCell   *cell;

	foreach(cell, events)
	{
		int64		message_id = ((CampaignFeedback *) lfirst(cell))->message_id;

		count += message_id != last;
		last = message_id;
	}
	return count;
}

/* Records the events and draws the consequences. */
void
campaign_events_record(List *events, Oid caller, CampaignEventCounts *counts)
{
	CampaignRows *addresses;
	bool		suppressed;

	memset(counts, 0, sizeof(*counts));
	if (events == NIL)
		return;
	events = with_consequences(campaign_record(events, caller, counts));
	if (counts->parked > 0)
		campaign_execute(&forget_parked,
						 campaign_time(campaign_clock_now() - 7 * USECS_PER_DAY));
	CAMPAIGN_FAULT("feedback");
	if (events == NIL)
		return;
	addresses = find_addresses(events);
	suppressed = suppress(events, addresses);
	if (addresses->count < count_messages(events))
		suppressed |= suppress(events, find_addresses_elsewhere(events));
	/* Nobody may be contacted again because the server lost its memory. */
	if (suppressed)
		ForceSyncCommit();
}

/* Has messages of a test have an event. */
void
campaign_events_pretend(int64 delivery_id, const char *event, double percent,
						List *recipients)
{
	CAMPAIGN_STATEMENT(pretend,
					   "INSERT INTO campaign.event (message_id, delivery_id,"
					   " event, at, event_key)"
					   " SELECT m.message_id, m.delivery_id, $2,"
					   " clock_timestamp(), campaign.address_hash($2)"
					   " FROM (SELECT min(c.first_id) AS first_id,"
					   " max(c.last_id) AS last_id FROM campaign.chunk c"
					   " WHERE c.delivery_id = $1) b"
					   " CROSS JOIN LATERAL (SELECT n.message_id, n.delivery_id,"
					   " n.recipient FROM campaign.dispatch n"
					   " WHERE n.delivery_id = $1"
					   " AND n.message_id BETWEEN b.first_id AND b.last_id"
					   " UNION ALL SELECT n.message_id, $1,"
					   " n.recipient COLLATE \"C\" FROM campaign.delivery d,"
					   " campaign.distributed_messages(d.delivery_id,"
					   " b.first_id, b.last_id) n"
					   " WHERE d.delivery_id = $1 AND d.distributed) m"
					   " WHERE m.recipient = ANY ($4)"
					   " OR campaign.sample_position(m.recipient,"
					   " 'campaign.test.event') < $3::float8");

	campaign_execute(&pretend, campaign_int8(delivery_id),
					 campaign_text(event), campaign_text(psprintf("%.17g", percent / 100)),
					 campaign_text_array(recipients));
}
