/*
 * contact.c
 *		What rules count: whom messages are for, and when.
 *
 * A row says it for a whole chunk, with a hash per message: an eighth of what
 * a row per message takes, and as little to write.  Who counts by a rule has
 * it locked, so that two deliveries do not both find room for the last
 * message.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/hash.h"
#include "base/sql.h"
#include "base/writer.h"
#include "queue/contact.h"

/* Periods ahead that are looked at for room. */
#define PERIODS_AHEAD 1000

/* Any key does, as long as it stays. */
#define SUBJECT_KEY0 UINT64CONST(0x63616d706169676e)
#define SUBJECT_KEY1 UINT64CONST(0x7375626a65637473)

struct CampaignLedger
{
	List	   *rules;			/* of CampaignCounting * */
	CampaignWriter *writer;
	int			width;			/* subjects of a message */
	Datum	   *subjects;		/* those of one place after another */
};

/* -------------------------------- writing ------------------------------- */

/* What the subject is known by. */
int64
campaign_subject_number(const char *data, Size length)
{
	int64		number = (int64) campaign_siphash(SUBJECT_KEY0, SUBJECT_KEY1,
												  data, length);

	return number == 0 ? 1 : number;
}

/* Begins to write. */
CampaignLedger *
campaign_ledger_open(List *rules)
{
	CampaignLedger *ledger;
	ListCell   *cell;

	if (rules == NIL)
		return NULL;
	ledger = palloc0(sizeof(CampaignLedger));
	ledger->rules = rules;
	foreach(cell, rules)
	{
		const CampaignCounting *rule = lfirst(cell);

		ledger->width = Max(ledger->width, rule->subject + 1);
	}
	ledger->subjects = palloc0(sizeof(Datum) * CAMPAIGN_CHUNK_SIZE *
							   Max(ledger->width, 1));
	ledger->writer = campaign_writer_open(campaign_queue_relation("contact"));
	return ledger;
}

/* The subjects of a message of the chunk being filled. */
void
campaign_ledger_note(CampaignLedger *ledger, int place, Datum subjects)
{
	ArrayType  *array = DatumGetArrayTypeP(subjects);
	const int64 *values = (const int64 *) ARR_DATA_PTR(array);

	campaign_ensure(ARR_NDIM(array) == 1 && !ARR_HASNULL(array) &&
					ARR_DIMS(array)[0] == ledger->width,
					"a message does not have the subjects that are counted");
	for (int i = 0; i < ledger->width; i++)
		ledger->subjects[i * CAMPAIGN_CHUNK_SIZE + place] =
			Int64GetDatum(values[i]);
}

/* Writes a row per rule. */
void
campaign_ledger_write(CampaignLedger *ledger, const CampaignChunk *chunk)
{
	ListCell   *cell;

	foreach(cell, ledger->rules)
	{
		const CampaignCounting *rule = lfirst(cell);
		Datum		values[7];
		bool		isnull[7] = {false};

		values[0] = Int64GetDatum(rule->rule_id);
		values[1] = Int64GetDatum(chunk->delivery_id);
		values[2] = Int64GetDatum(chunk->first_id);
		values[3] = Int64GetDatum(chunk->last_id);
		values[4] = TimestampTzGetDatum(chunk->send_at);
		values[5] = Int32GetDatum(rule->weight);
		isnull[6] = rule->subject < 0;
		if (rule->subject >= 0)
			values[6] = PointerGetDatum(construct_array(ledger->subjects +
														rule->subject * CAMPAIGN_CHUNK_SIZE,
														(int) (chunk->last_id - chunk->first_id + 1),
														INT8OID, sizeof(int64),
														FLOAT8PASSBYVAL,
														TYPALIGN_DOUBLE));
		campaign_writer_add(ledger->writer, values, isnull);
	}
}

/* Ends writing and forgets what counts no more. */
void
campaign_ledger_close(CampaignLedger *ledger)
{
	CAMPAIGN_STATEMENT(forget,
					   "DELETE FROM campaign.contact"
					   " WHERE rule_id = $1 AND contacted_at < $2");
	ListCell   *cell;

	campaign_writer_close(ledger->writer);
	foreach(cell, ledger->rules)
	{
		const CampaignCounting *rule = lfirst(cell);

		campaign_execute(&forget, campaign_int8(rule->rule_id),
						 campaign_time(rule->keep));
	}
}

/* -------------------------------- periods ------------------------------- */

/*
 * Days, weeks and stretches of time are counted from a Monday at midnight by
 * the clocks of the time zone; months are those of the calendar.
 */
#define PERIOD_START \
	"CASE WHEN $2 = 'month' THEN date_trunc('month', $1 AT TIME ZONE $3)" \
	" ELSE date_bin(CASE $2 WHEN 'day' THEN interval '1 day'" \
	" WHEN 'week' THEN interval '7 days' ELSE $2::interval END," \
	" $1 AT TIME ZONE $3, timestamp '2001-01-01') END"
#define PERIOD_LENGTH \
	"CASE $2 WHEN 'day' THEN interval '1 day' WHEN 'week' THEN" \
	" interval '7 days' WHEN 'month' THEN interval '1 month'" \
	" ELSE $2::interval END"

/* Since when the period, or the stretch of time that ends now, lasts. */
TimestampTz
campaign_period_start(const CampaignPeriod *period, TimestampTz now,
					  bool rolling)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT CASE WHEN $4 AND $2 NOT IN"
					   " ('day', 'week', 'month') THEN $1 - $2::interval"
					   " ELSE (" PERIOD_START ") AT TIME ZONE $3 END");

	return campaign_row_time(campaign_query(&find, campaign_time(now),
											campaign_text(period->per),
											campaign_text(period->time_zone),
											campaign_bool(rolling)),
							 0, 1);
}

/*
 * Messages of runs that were stopped take no room in what is ahead.  $4: the
 * rule, $5: messages of a period, $6: messages to find room for, $7: periods,
 * $8: the run, for messages of other tests take no room either.
 */
CAMPAIGN_STATEMENT(find_room,
				   "WITH p AS MATERIALIZED (SELECT i,"
				   " (s + i * l) AT TIME ZONE $3 AS starts,"
				   " (s + (i + 1) * l) AT TIME ZONE $3 AS ends"
				   " FROM (SELECT " PERIOD_START " AS s,"
				   " " PERIOD_LENGTH " AS l) b, generate_series(0, $7) i),"
				   " r AS (SELECT p.i, p.starts, greatest($5 - coalesce("
				   "(SELECT sum(k.last_id - k.first_id + 1)"
				   " FROM campaign.contact k"
				   " JOIN campaign.delivery d ON d.delivery_id = k.delivery_id"
				   " JOIN campaign.run n ON n.run_id = d.run_id"
				   " WHERE k.rule_id = $4 AND k.contacted_at >= p.starts"
				   " AND k.contacted_at < p.ends"
				   " AND (NOT n.test OR n.run_id = $8)"
				   " AND (k.contacted_at <= $1"
				   " OR n.state NOT IN ('stopped', 'missed'))), 0), 0)::bigint"
				   " AS room FROM p),"
				   " t AS (SELECT i, starts, room, sum(room) OVER (ORDER BY i)"
				   "::bigint - room AS before FROM r WHERE room > 0)"
				   " SELECT coalesce(array_agg(before ORDER BY i), '{}')::text,"
				   " coalesce(array_agg(CASE WHEN i > 0 THEN starts END"
				   " ORDER BY i), '{}')::text, coalesce(sum(room), 0)::bigint"
				   " FROM t WHERE before < $6");

/* Periods that have room under a rule. */
void
campaign_room_find(CampaignRoom *room, int64 rule_id,
				   const CampaignPeriod *period, int64 messages,
				   int64 wanted, TimestampTz now, int64 run_id)
{
	int64		periods = wanted == 0 ? 0 : PERIODS_AHEAD - 1;
	CampaignRows *rows;

	rows = campaign_query(&find_room, campaign_time(now),
						  campaign_text(period->per),
						  campaign_text(period->time_zone),
						  campaign_int8(rule_id), campaign_int8(messages),
						  campaign_int8(Max(wanted, 1)),
						  campaign_int4((int32) periods),
						  campaign_int8(run_id));
	room->bounds = campaign_row_text(rows, 0, 1);
	room->times = campaign_row_text(rows, 0, 2);
	room->total = campaign_row_int8(rows, 0, 3);
}
