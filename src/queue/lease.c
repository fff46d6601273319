/*
 * lease.c
 *		Who holds which chunks, and until when.
 *
 * A lease is a random number written to the chunks it holds.  Whoever settles
 * locks these rows first, in the order of their ids: two leases can meet at a
 * row, when one has just lost it to the other.  Claims never wait for a row, so
 * there is nothing else to deadlock with.  Once a chunk is claimed again it
 * carries the new lease only; the old one is then noted in campaign.lost_lease,
 * so that its holder hears that it is late and not that it never was.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/clock.h"
#include "base/identity.h"
#include "base/sql.h"
#include "queue/chunk.h"
#include "queue/lease.h"

/* No lease and no delay is longer than this. */
#define LONGEST_DAYS 366

CAMPAIGN_STATEMENT(lock_lease,
				   "SELECT " CAMPAIGN_CHUNK_COLUMNS
				   " FROM campaign.chunk c WHERE c.lease = $1"
				   " ORDER BY c.chunk_id FOR UPDATE");

CAMPAIGN_STATEMENT(find_lost_lease,
				   "SELECT holder FROM campaign.lost_lease WHERE lease = $1");

CAMPAIGN_STATEMENT(insert_lost_lease,
				   "INSERT INTO campaign.lost_lease (lease, holder, lost_at)"
				   " SELECT $1, $2, $3 WHERE NOT EXISTS"
				   " (SELECT FROM campaign.lost_lease WHERE lease = $1)");

/* Waits for nobody: claims must not hold each other up. */
CAMPAIGN_STATEMENT(forget_lost_leases,
				   "DELETE FROM campaign.lost_lease WHERE ctid = ANY (ARRAY("
				   "SELECT ctid FROM campaign.lost_lease"
				   " WHERE lost_at < $1 - interval '7 days'"
				   " LIMIT 1000 FOR UPDATE SKIP LOCKED))");

/* How a lease stands that no chunk carries any more. */
static CampaignLeaseState
lost_lease_state(const pg_uuid_t *lease)
{
	CampaignRows *rows = campaign_query(&find_lost_lease,
										campaign_uuid(lease));

	if (rows->count > 0 && campaign_acts_for(campaign_row_oid(rows, 0, 1)))
		return CAMPAIGN_LEASE_LATE;
	return CAMPAIGN_LEASE_UNKNOWN;
}

/* How a lease stands, by a chunk that carries it. */
static CampaignLeaseState
chunk_state(const CampaignChunk *chunk, TimestampTz now)
{
	if (!campaign_acts_for(chunk->holder))
		return CAMPAIGN_LEASE_UNKNOWN;
	if (chunk->settled)
		return CAMPAIGN_LEASE_SETTLED;
	if (chunk->leased_until <= now)
		return CAMPAIGN_LEASE_LATE;
	return CAMPAIGN_LEASE_LIVE;
}

/*
 * Locks the chunks and says how the lease stands.  They all have the same
 * holder, end and fate, except that some may have been lost when it ran out.
 * The instant given back is later than all that was waited for, so that a
 * lease released meanwhile has ended by it.
 */
CampaignLeaseState
campaign_lease_lock(const pg_uuid_t *lease, TimestampTz *now, List **chunks)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	CampaignRows *rows = campaign_query(&lock_lease, campaign_uuid(lease));
	CampaignLeaseState state;

	campaign_settings_leave(nestlevel);
	*now = campaign_clock_now();
	*chunks = NIL;
	if (rows->count == 0)
		return lost_lease_state(lease);
	state = chunk_state(campaign_chunk_read(rows, 0), *now);
	if (state != CAMPAIGN_LEASE_LIVE)
		return state;
	for (int i = 0; i < rows->count; i++)
		*chunks = lappend(*chunks, campaign_chunk_read(rows, i));
	return state;
}

/* Notes a lost lease, and forgets those that nobody will ask for. */
void
campaign_lease_lost(const pg_uuid_t *lease, Oid holder, TimestampTz now)
{
	int			nestlevel = campaign_chunk_planning_enter(true);

	campaign_execute(&insert_lost_lease, campaign_uuid(lease),
					 campaign_oid(holder), campaign_time(now));
	campaign_execute(&forget_lost_leases, campaign_time(now));
	campaign_settings_leave(nestlevel);
}

/* True if the first interval is shorter. */
static bool
is_shorter(const Interval *a, const Interval *b)
{
	return DatumGetBool(DirectFunctionCall2(interval_lt, PointerGetDatum(a),
											PointerGetDatum(b)));
}

/* So long after now; 0 if it is negative or longer than a year. */
TimestampTz
campaign_duration_end(TimestampTz now, const Interval *duration)
{
	Interval	none = {0};
	Interval	longest = {.day = LONGEST_DAYS};

	if (is_shorter(duration, &none) || is_shorter(&longest, duration))
		return 0;
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(now),
												   PointerGetDatum(duration)));
}

/* The end of a lease that begins now. */
TimestampTz
campaign_lease_end(TimestampTz now, const Interval *duration,
				   const char *parameter)
{
	TimestampTz end = campaign_duration_end(now, duration);

	if (end <= now)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be longer than nothing and at most one year",
						parameter),
				 errhint("Choose somewhat more than the time it takes to send the messages of one claim, such as '5 minutes'.")));
	return end;
}

/* Gives back what is open; the attempt does not count. */
int64
campaign_lease_release(const pg_uuid_t *lease)
{
	TimestampTz now;
	List	   *chunks;
	ListCell   *cell;
	int64		released = 0;

	(void) campaign_lease_lock(lease, &now, &chunks);
	foreach(cell, chunks)
	{
		CampaignChunk *chunk = lfirst(cell);

		released += campaign_chunk_open(chunk);
		chunk->leased_until = now;
		chunk->attempts--;
		campaign_chunk_update(chunk);
	}
	return released;
}

/* Moves the end of the lease. */
int64
campaign_lease_extend(const pg_uuid_t *lease, const Interval *duration)
{
	TimestampTz now;
	TimestampTz end;
	List	   *chunks;
	ListCell   *cell;
	int64		extended = 0;

	(void) campaign_lease_lock(lease, &now, &chunks);
	end = campaign_lease_end(now, duration, "duration");
	foreach(cell, chunks)
	{
		CampaignChunk *chunk = lfirst(cell);

		extended += campaign_chunk_open(chunk);
		chunk->leased_until = end;
		campaign_chunk_update(chunk);
	}
	return extended;
}
