/*
 * event.c
 *		Recording what became of messages, and what follows from it.
 *
 * However many events are reported, three statements do it: one records those
 * that are new and parks those of messages nobody knows, one reads the
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
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/sql.h"
#include "queue/chunk.h"
#include "queue/event.h"
#include "queue/feedback.h"

/*
 * Messages with at most so many numbers between them are looked for together:
 * finding a range costs as much as reading that many.
 */
#define NEAR_MESSAGES 5000

/* Soft bounces that an address may have, if its channel does not say. */
#define SOFT_BOUNCES "5"

/*
 * Numbers are handed out by the thousand, so a message's chunk ends less than a
 * thousand after it.
 */
CAMPAIGN_STATEMENT(record_events,
				   "WITH judged AS MATERIALIZED (SELECT e.*, k.delivery_id"
				   " FROM unnest($1::bigint[], $2::text[],"
				   " $3::timestamptz[], $4::uuid[], $5::jsonb[])"
				   " AS e (message_id, event, at, event_key, detail)"
				   " LEFT JOIN LATERAL (SELECT c.delivery_id"
				   " FROM campaign.chunk c"
				   " JOIN campaign.delivery d"
				   " ON d.delivery_id = c.delivery_id"
				   " JOIN campaign.run r ON r.run_id = d.run_id"
				   " JOIN campaign.campaign g"
				   " ON g.campaign_id = r.campaign_id"
				   " WHERE NOT r.test AND c.last_id"
				   " BETWEEN e.message_id"
				   " AND least(e.message_id, (1::bigint << 62)) + 999"
				   " AND c.first_id <= e.message_id"
				   " AND ($6 = 0 OR pg_has_role($6, g.owner, 'USAGE')"
				   " OR EXISTS (SELECT FROM campaign.privilege p"
				   " WHERE p.campaign_id = g.campaign_id"
				   " AND p.privilege = 'send'"
				   " AND pg_has_role($6, p.grantee, 'USAGE')))"
				   " LIMIT 1) k ON true),"
				   " recorded AS (INSERT INTO campaign.event"
				   " (message_id, delivery_id, event, at, event_key, detail)"
				   " SELECT message_id, delivery_id, event, at, event_key,"
				   " detail FROM judged WHERE delivery_id IS NOT NULL"
				   " ORDER BY message_id, event, event_key"
				   " ON CONFLICT DO NOTHING"
				   " RETURNING message_id, event,"
				   " event = 'bounced' AND detail ->> 'type'"
				   " IS NOT DISTINCT FROM 'soft' AS soft),"
				   " parked AS (INSERT INTO campaign.parked_event"
				   " (role, message_id, event, at, detail)"
				   " SELECT $7, message_id, event, at, detail"
				   " FROM judged WHERE delivery_id IS NULL"
				   " RETURNING message_id)"
				   " SELECT 0::bigint AS message_id, NULL, false,"
				   " (SELECT count(*) FROM recorded),"
				   " (SELECT count(*) FROM parked)"
				   " UNION ALL SELECT message_id, event, soft, 0, 0"
				   " FROM recorded"
				   " WHERE event IN ('bounced', 'unsubscribed', 'complained')"
				   " ORDER BY message_id");

CAMPAIGN_STATEMENT(forget_parked,
				   "DELETE FROM campaign.parked_event WHERE parked_at < $1");

/* IN stays a lookup in a hash table where it cannot become a join. */
CAMPAIGN_STATEMENT(read_addresses,
				   "SELECT m.message_id, m.address, d.channel,"
				   " pg_get_userbyid(g.owner)::text,"
				   " coalesce((SELECT (c.settings ->> 'soft_bounces')::bigint"
				   " FROM campaign.channel c WHERE c.name = d.channel), "
				   SOFT_BOUNCES ")::bigint"
				   " FROM unnest($2::bigint[], $3::bigint[])"
				   " AS range (first_id, last_id)"
				   " CROSS JOIN LATERAL (SELECT m.message_id, m.delivery_id,"
				   " m.address FROM campaign.dispatch m"
				   " WHERE m.message_id"
				   " BETWEEN range.first_id AND range.last_id"
				   " AND (m.message_id IN (SELECT unnest($1::bigint[])))"
				   " IS TRUE OFFSET 0) m"
				   " JOIN campaign.delivery d USING (delivery_id)"
				   " JOIN campaign.run r USING (run_id)"
				   " JOIN campaign.campaign g USING (campaign_id)"
				   " ORDER BY m.message_id");

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

/* An array of a type as a parameter; without nulls, none of them is NULL. */
static CampaignValue
make_array(Oid type, Datum *values, bool *nulls, int count)
{
	int16		length;
	bool		byval;
	char		align;
	int			lower = 1;

	get_typlenbyvalalign(type, &length, &byval, &align);
	return (CampaignValue) {
		get_array_type(type),
		PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower,
										   type, length, byval, align)),
		false
	};
}

/* The columns of the events, as statement record_events takes them. */
static void
make_columns(List *events, CampaignValue *columns)
{
	int			count = list_length(events);
	Datum	   *values = palloc(sizeof(Datum) * 5 * count);
	bool	   *nulls = palloc0(sizeof(bool) * count);
	ListCell   *cell;

	foreach(cell, events)
	{
		CampaignFeedback *feedback = lfirst(cell);
		int			i = foreach_current_index(cell);

		values[i] = Int64GetDatum(feedback->message_id);
		values[count + i] = CStringGetTextDatum(feedback->event);
		values[2 * count + i] = TimestampTzGetDatum(feedback->at);
		values[3 * count + i] = UUIDPGetDatum(&feedback->key);
		nulls[i] = feedback->detail == NULL;
		values[4 * count + i] = JsonbPGetDatum(feedback->detail);
	}
	columns[0] = make_array(INT8OID, values, NULL, count);
	columns[1] = make_array(TEXTOID, values + count, NULL, count);
	columns[2] = make_array(TIMESTAMPTZOID, values + 2 * count, NULL, count);
	columns[3] = make_array(UUIDOID, values + 3 * count, NULL, count);
	columns[4] = make_array(JSONBOID, values + 4 * count, nulls, count);
}

/*
 * Records the events; gives a row of counts and then those with consequences,
 * in the order of messages.
 */
static CampaignRows *
record(List *events, Oid caller)
{
	CampaignValue columns[5];
	int			nestlevel;
	CampaignRows *rows;

	make_columns(events, columns);
	nestlevel = campaign_chunk_planning_enter(true);
	rows = campaign_query(&record_events, columns[0], columns[1], columns[2],
						  columns[3], columns[4], campaign_oid(caller),
						  campaign_oid(GetUserId()));
	campaign_settings_leave(nestlevel);
	return rows;
}

/*
 * Reads the addresses of the messages of the rows from the second on; their
 * numbers are in order.  Gives rows in the same order.
 */
static CampaignRows *
find_addresses(const CampaignRows *rows)
{
	Datum	   *ids = palloc(sizeof(Datum) * rows->count);
	Datum	   *first = palloc(sizeof(Datum) * rows->count);
	Datum	   *last = palloc(sizeof(Datum) * rows->count);
	int			count = rows->count - 1;
	int			ranges = 0;
	int			nestlevel;
	CampaignRows *addresses;

	for (int i = 0; i < count; i++)
	{
		int64		id = campaign_row_int8(rows, i + 1, 1);

		ids[i] = Int64GetDatum(id);
		if (ranges == 0 || id - DatumGetInt64(last[ranges - 1]) > NEAR_MESSAGES)
			first[ranges++] = Int64GetDatum(id);
		last[ranges - 1] = Int64GetDatum(id);
	}
	nestlevel = campaign_chunk_planning_enter(true);
	addresses = campaign_query(&read_addresses,
							   make_array(INT8OID, ids, NULL, count),
							   make_array(INT8OID, first, NULL, ranges),
							   make_array(INT8OID, last, NULL, ranges));
	campaign_settings_leave(nestlevel);
	return addresses;
}

/* Suppresses what must not be contacted any more; true if that is new. */
static bool
suppress(const CampaignRows *rows, const CampaignRows *addresses)
{
	int			count = rows->count - 1;
	Datum	   *values = palloc(sizeof(Datum) * 6 * count);
	int			n = 0;
	int			found = 0;

	for (int i = 0; i < count; i++)
	{
		int64		id = campaign_row_int8(rows, i + 1, 1);

		while (found < addresses->count &&
			   campaign_row_int8(addresses, found, 1) < id)
			found++;
		if (found == addresses->count ||
			campaign_row_int8(addresses, found, 1) != id)
			continue;
		values[n] = CStringGetTextDatum(campaign_row_text(addresses, found, 3));
		values[count + n] = CStringGetTextDatum(campaign_row_text(addresses, found, 2));
		values[2 * count + n] = CStringGetTextDatum(campaign_row_text(addresses, found, 4));
		values[3 * count + n] = CStringGetTextDatum(campaign_row_text(rows, i + 1, 2));
		values[4 * count + n] = BoolGetDatum(campaign_row_bool(rows, i + 1, 3));
		values[5 * count + n++] = Int64GetDatum(campaign_row_int8(addresses, found, 5));
	}
	return campaign_execute(&suppress_addresses,
							make_array(TEXTOID, values, NULL, n),
							make_array(TEXTOID, values + count, NULL, n),
							make_array(TEXTOID, values + 2 * count, NULL, n),
							make_array(TEXTOID, values + 3 * count, NULL, n),
							make_array(BOOLOID, values + 4 * count, NULL, n),
							make_array(INT8OID, values + 5 * count, NULL, n)) > 0;
}

/* Records the events and draws the consequences. */
void
campaign_events_record(List *events, Oid caller, CampaignEventCounts *counts)
{
	CampaignRows *rows;

	memset(counts, 0, sizeof(*counts));
	if (events == NIL)
		return;
	rows = record(events, caller);
	counts->recorded = campaign_row_int8(rows, 0, 4);
	counts->parked = campaign_row_int8(rows, 0, 5);
	counts->repeated = list_length(events) - counts->recorded - counts->parked;
	if (counts->parked > 0)
		campaign_execute(&forget_parked,
						 campaign_time(campaign_clock_now() - 7 * USECS_PER_DAY));
	CAMPAIGN_FAULT("feedback");
	/* Nobody may be contacted again because the server lost its memory. */
	if (rows->count > 1 && suppress(rows, find_addresses(rows)))
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
					   " JOIN campaign.dispatch m ON m.delivery_id = $1"
					   " AND m.message_id BETWEEN b.first_id AND b.last_id"
					   " WHERE m.recipient = ANY ($4)"
					   " OR campaign.sample_position(m.recipient,"
					   " 'campaign.test.event') < $3::float8");

	campaign_execute(&pretend, campaign_int8(delivery_id),
					 campaign_text(event), campaign_text(psprintf("%.17g", percent / 100)),
					 campaign_text_array(recipients));
}
