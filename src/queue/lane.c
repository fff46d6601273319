/*
 * lane.c
 *		Which deliveries of a channel have something to be handed out.
 *
 * Deliveries that are not drained are few, so each claim looks at all of them,
 * and in the index at the first unsettled chunk of each lane.  Entries of
 * settled chunks lie before it, and the server cannot remove them while an old
 * snapshot is held anywhere; so a delivery remembers how far its chunks are
 * settled, now and then, and claims begin there.
 *
 * What keeps that right: a chunk behind the remembered place stays behind it.
 * Cut and retried chunks get a larger number and are never due before the one
 * they come from, which is unsettled until then; whoever makes a chunk due
 * that was not locks the delivery and has it begin anew.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/identity.h"
#include "base/sql.h"
#include "store/run.h"
#include "queue/chunk.h"
#include "queue/lane.h"

/* So many chunks are passed before the place is remembered. */
#define CHUNKS_TO_PASS 64

/*
 * All lanes of deliveries that are not drained, with their first unsettled
 * chunk.  Messages of finished activities stay due when their run has failed or
 * succeeded: an activity's messages are committed with it, and a failure is
 * repaired from there on, not undone.
 */
CAMPAIGN_STATEMENT(find_lanes,
				   "SELECT d.delivery_id, l.domain, g.campaign_id,"
				   " g.settings -> 'throttle', f.due_at, f.chunk_id,"
				   " d.passed_due, d.passed_chunk,"
				   " f.due_at <= $2 AND d.confirmed"
				   " AND r.state IN ('pending', 'running', 'waiting',"
				   " 'succeeded', 'failed') AND r.home = $3"
				   " AND (pg_has_role($4, g.owner, 'USAGE') OR EXISTS ("
				   "SELECT FROM campaign.privilege p"
				   " WHERE p.campaign_id = g.campaign_id"
				   " AND p.privilege = 'send'"
				   " AND pg_has_role($4, p.grantee, 'USAGE'))),"
				   " r.run_id, r.state IN ('stopped', 'missed')"
				   " FROM campaign.delivery d"
				   " JOIN campaign.run r ON r.run_id = d.run_id"
				   " JOIN campaign.campaign g"
				   " ON g.campaign_id = r.campaign_id"
				   " CROSS JOIN unnest(d.lanes) AS l (domain)"
				   " LEFT JOIN LATERAL"
				   " (SELECT c.due_at, c.chunk_id FROM campaign.chunk c"
				   " WHERE c.delivery_id = d.delivery_id"
				   " AND c.domain = l.domain AND NOT c.settled"
				   " AND (c.due_at, c.chunk_id)"
				   " >= (d.passed_due, d.passed_chunk)"
				   " ORDER BY c.due_at, c.chunk_id LIMIT 1) f ON true"
				   " WHERE d.channel = $1 AND NOT d.drained"
				   " ORDER BY coalesce((g.settings ->> 'priority')::integer,"
				   " 0) DESC,"
				   " hashint8extended(d.delivery_id, $5), d.delivery_id,"
				   " hashtextextended(l.domain, $5)");

CAMPAIGN_STATEMENT(try_delivery,
				   "SELECT true FROM campaign.delivery"
				   " WHERE delivery_id = $1"
				   " FOR NO KEY UPDATE SKIP LOCKED");

CAMPAIGN_STATEMENT(lock_delivery,
				   "SELECT true FROM campaign.delivery"
				   " WHERE delivery_id = $1 FOR NO KEY UPDATE");

/* What is due is passed by, what is not due yet stays ahead of the place. */
CAMPAIGN_STATEMENT(pass,
				   "UPDATE campaign.delivery d SET"
				   " passed_due = coalesce(f.due_at, d.passed_due),"
				   " passed_chunk = coalesce(f.chunk_id, d.passed_chunk),"
				   " drained = f.due_at IS NULL AND NOT EXISTS"
				   " (SELECT FROM campaign.chunk c"
				   " WHERE c.delivery_id = $1 AND NOT c.settled)"
				   " FROM (SELECT true) o LEFT JOIN"
				   " (SELECT n.due_at, n.chunk_id"
				   " FROM campaign.delivery e"
				   " CROSS JOIN unnest(e.lanes) AS l (domain)"
				   " CROSS JOIN LATERAL"
				   " (SELECT c.due_at, c.chunk_id FROM campaign.chunk c"
				   " WHERE c.delivery_id = e.delivery_id"
				   " AND c.domain = l.domain AND NOT c.settled"
				   " AND (c.due_at, c.chunk_id)"
				   " >= (e.passed_due, e.passed_chunk)"
				   " ORDER BY c.due_at, c.chunk_id LIMIT 1) n"
				   " WHERE e.delivery_id = $1 AND n.due_at <= $2"
				   " ORDER BY n.due_at, n.chunk_id LIMIT 1) f ON true"
				   " WHERE d.delivery_id = $1");

CAMPAIGN_STATEMENT(reopen,
				   "UPDATE campaign.delivery SET drained = false,"
				   " passed_due = '-infinity', passed_chunk = 0"
				   " WHERE delivery_id = $1");

/* What was found of a delivery: whether its place is worth remembering. */
typedef struct Place
{
	int64		delivery_id;
	int64		stopped_run;	/* 0: its run was not stopped */
	bool		drained;
	bool		due;
	bool		passed;			/* by all lanes that have something due */
} Place;

/* A seed for the order that no two leases share. */
static int64
seed_of(const pg_uuid_t *lease)
{
	int64		seed;

	memcpy(&seed, lease->data, sizeof(seed));
	return seed;
}

/* Takes a row into account for the place of its delivery. */
static void
note_place(Place *place, const CampaignRows *rows, int row, TimestampTz now)
{
	TimestampTz due_at = campaign_row_time(rows, row, 5);
	int64		chunk_id = campaign_row_int8(rows, row, 6);

	if (chunk_id == 0)
		return;
	place->drained = false;
	if (due_at > now)
		return;
	place->due = true;
	if (due_at <= campaign_row_time(rows, row, 7) &&
		chunk_id - campaign_row_int8(rows, row, 8) < CHUNKS_TO_PASS)
		place->passed = false;
}

/*
 * Remembers how far a delivery is settled, if nobody is at it.  The place is
 * read by a statement of its own, whose snapshot is younger than the lock.
 * What leases that ran out have left of a stopped run is settled first.
 */
static void
pass_settled(const Place *place, TimestampTz now)
{
	if (place->stopped_run != 0 && !place->drained)
	{
		campaign_chunks_withdraw(place->stopped_run, now);
		return;
	}
	if (!place->drained && !(place->due && place->passed))
		return;
	if (campaign_query(&try_delivery,
					   campaign_int8(place->delivery_id))->count > 0)
		campaign_execute(&pass, campaign_int8(place->delivery_id),
						 campaign_time(now));
}

/* The lane of a row. */
static CampaignLane *
read_lane(const CampaignRows *rows, int row)
{
	CampaignLane *lane = palloc0(sizeof(CampaignLane));
	Jsonb	   *throttle = campaign_row_jsonb(rows, row, 4);
	JsonbValue	value;

	lane->delivery_id = campaign_row_int8(rows, row, 1);
	lane->domain = campaign_row_text(rows, row, 2);
	lane->campaign_id = campaign_row_int8(rows, row, 3);
	lane->due_at = campaign_row_time(rows, row, 5);
	lane->chunk_id = campaign_row_int8(rows, row, 6);
	if (throttle != NULL)
	{
		JsonbToJsonbValue(throttle, &value);
		lane->throttle = campaign_limit_parse(&value, "setting \"throttle\"");
	}
	return lane;
}

/* Lanes to claim from, in order. */
List *
campaign_lanes_due(const char *channel, TimestampTz now, Oid role,
				   const pg_uuid_t *lease)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	CampaignRows *rows = campaign_query(&find_lanes, campaign_text(channel),
										campaign_time(now),
										campaign_text(campaign_home()),
										campaign_oid(role),
										campaign_int8(seed_of(lease)));
	List	   *lanes = NIL;

	for (int i = 0; i < rows->count;)
	{
		Place		place = {
			campaign_row_int8(rows, i, 1), .drained = true, .passed = true
		};

		for (; i < rows->count &&
			 campaign_row_int8(rows, i, 1) == place.delivery_id; i++)
		{
			if (campaign_row_bool(rows, i, 11))
				place.stopped_run = campaign_row_int8(rows, i, 10);
			note_place(&place, rows, i, now);
			if (campaign_row_bool(rows, i, 9))
				lanes = lappend(lanes, read_lane(rows, i));
		}
		pass_settled(&place, now);
	}
	campaign_settings_leave(nestlevel);
	return lanes;
}

/* Forgets how far a delivery is settled. */
void
campaign_lanes_reopen(int64 delivery_id)
{
	(void) campaign_query(&lock_delivery, campaign_int8(delivery_id));
	campaign_execute(&reopen, campaign_int8(delivery_id));
}
