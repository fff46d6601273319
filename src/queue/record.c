/*
 * record.c
 *		Writing events down, each once, and what they change in figures.
 *
 * Most events are the first of their kind that a message has.  They are written
 * as such, and a unique index says that there is one: of two transactions that
 * report about the same message at the same time, the later one waits for the
 * end of the other.  So whoever has written the first event knows that
 * the message is to be counted.  All other events lock the first one before
 * they look at what there is; what they change in figures is then certain, too.
 *
 * Each statement goes through its messages in order, so that two reports of the
 * same events wait for each other instead of deadlocking.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/identity.h"
#include "base/sql.h"
#include "queue/chunk.h"
#include "queue/feedback.h"
#include "queue/figure.h"
#include "queue/record.h"

/* An event, and what is known of it. */
typedef struct Entry
{
	CampaignFeedback *event;
	CampaignFigureSubject subject;	/* delivery 0: no message of the caller's */
	bool		first;			/* of its kind and message in this report */
	bool		recorded;
} Entry;

typedef struct Recording
{
	Entry	   *entries;		/* in the order of messages, events, time */
	int			count;
	CampaignFigures *figures;
} Recording;

/* ------------------------------- entries -------------------------------- */

/* Orders by message and event. */
static int
compare_kinds(int64 message_id, const char *event, const Entry *entry)
{
	if (message_id != entry->event->message_id)
		return message_id < entry->event->message_id ? -1 : 1;
	return strcmp(event, entry->event->event);
}

/* For qsort: by message, event, time and key. */
static int
compare_entries(const void *a, const void *b)
{
	const Entry *left = a;
	const Entry *right = b;
	int			result = compare_kinds(left->event->message_id,
									   left->event->event, right);

	if (result != 0)
		return result;
	if (left->event->at != right->event->at)
		return left->event->at < right->event->at ? -1 : 1;
	return memcmp(&left->event->key, &right->event->key, sizeof(pg_uuid_t));
}

/* Brings the events into order. */
static void
begin(Recording *recording, List *events)
{
	recording->count = list_length(events);
	recording->entries = palloc0(sizeof(Entry) * recording->count);
	recording->figures = campaign_figures_new();
	for (int i = 0; i < recording->count; i++)
		recording->entries[i].event = list_nth(events, i);
	qsort(recording->entries, recording->count, sizeof(Entry),
		  compare_entries);
	for (int i = 0; i < recording->count; i++)
	{
		const CampaignFeedback *event = recording->entries[i].event;

		recording->entries[i].first = i == 0 ||
			compare_kinds(event->message_id, event->event,
						  &recording->entries[i - 1]) != 0;
	}
}

/* The first entry of that message and event; NULL if there is none. */
static Entry *
find_kind(Recording *recording, int64 message_id, const char *event)
{
	int			low = 0;
	int			high = recording->count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (compare_kinds(message_id, event, &recording->entries[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < recording->count &&
		compare_kinds(message_id, event, &recording->entries[low]) == 0 ?
		&recording->entries[low] : NULL;
}

/* ------------------------------ parameters ------------------------------ */

/* The columns of events as the statements take them. */
typedef struct Columns
{
	CampaignValue message_ids;
	CampaignValue events;
	CampaignValue keys;
	CampaignValue instants;
	CampaignValue details;
	CampaignValue deliveries;
	CampaignValue firsts;
} Columns;

/* The columns of the entries. */
static void
make_columns(Columns *columns, Entry **entries, int count)
{
	Datum	   *values = palloc(sizeof(Datum) * 7 * count);
	bool	   *nulls = palloc0(sizeof(bool) * count);

	for (int i = 0; i < count; i++)
	{
		const CampaignFeedback *event = entries[i]->event;

		values[i] = Int64GetDatum(event->message_id);
		values[count + i] = CStringGetTextDatum(event->event);
		values[2 * count + i] = UUIDPGetDatum(&event->key);
		values[3 * count + i] = TimestampTzGetDatum(event->at);
		nulls[i] = event->detail == NULL;
		values[4 * count + i] = JsonbPGetDatum(event->detail);
		values[5 * count + i] = Int64GetDatum(entries[i]->subject.delivery_id);
		values[6 * count + i] = BoolGetDatum(entries[i]->first);
	}
	columns->message_ids = campaign_array(INT8OID, values, NULL, count);
	columns->events = campaign_array(TEXTOID, values + count, NULL, count);
	columns->keys = campaign_array(UUIDOID, values + 2 * count, NULL, count);
	columns->instants = campaign_array(TIMESTAMPTZOID, values + 3 * count, NULL,
								   count);
	columns->details = campaign_array(JSONBOID, values + 4 * count, nulls, count);
	columns->deliveries = campaign_array(INT8OID, values + 5 * count, NULL, count);
	columns->firsts = campaign_array(BOOLOID, values + 6 * count, NULL, count);
}

/* ----------------------------- first events ----------------------------- */

/*
 * Numbers are handed out by the thousand, so a message's chunk ends less than a
 * thousand after it.  IN stays a lookup in a hash table where it cannot become
 * a join.
 */
CAMPAIGN_STATEMENT(record_first,
				   "WITH given AS MATERIALIZED (SELECT e.*, k.delivery_id,"
				   " k.edition FROM unnest($1::bigint[], $2::text[],"
				   " $3::timestamptz[], $4::uuid[], $5::jsonb[],"
				   " $6::boolean[]) WITH ORDINALITY AS e (message_id, event,"
				   " at, event_key, detail, first, place)"
				   " LEFT JOIN LATERAL (SELECT c.delivery_id, c.edition"
				   " FROM campaign.chunk c WHERE c.last_id"
				   " BETWEEN e.message_id"
				   " AND least(e.message_id, (1::bigint << 62)) + 999"
				   " AND c.first_id <= e.message_id LIMIT 1) k ON true),"
				   " known AS MATERIALIZED (SELECT d.delivery_id"
				   " FROM campaign.delivery d"
				   " JOIN campaign.run r ON r.run_id = d.run_id"
				   " JOIN campaign.campaign g"
				   " ON g.campaign_id = r.campaign_id"
				   " WHERE d.delivery_id IN (SELECT delivery_id FROM given)"
				   " AND NOT r.test"
				   " AND ($7 = 0 OR pg_has_role($7, g.owner, 'USAGE')"
				   " OR EXISTS (SELECT FROM campaign.privilege p"
				   " WHERE p.campaign_id = g.campaign_id"
				   " AND p.privilege = 'send'"
				   " AND pg_has_role($7, p.grantee, 'USAGE')))),"
				   " judged AS MATERIALIZED (SELECT g.*, (g.delivery_id IN"
				   " (SELECT k.delivery_id FROM known k)) IS TRUE AS known"
				   " FROM given g),"
				   " recorded AS (INSERT INTO campaign.event"
				   " (message_id, delivery_id, event, at, event_key, detail,"
				   " first) SELECT message_id, delivery_id, event, at,"
				   " event_key, detail, true FROM judged"
				   " WHERE known AND first ORDER BY place"
				   " ON CONFLICT DO NOTHING RETURNING message_id, event),"
				   " parked AS (INSERT INTO campaign.parked_event"
				   " (role, message_id, event, at, detail)"
				   " SELECT $8, message_id, event, at, detail"
				   " FROM judged WHERE NOT known)"
				   " SELECT place, delivery_id, edition::int4, NULL"
				   " FROM judged WHERE known"
				   " UNION ALL SELECT message_id, NULL, NULL, event"
				   " FROM recorded");

/* Notes that the first event of the kind has been recorded, and counts it. */
static void
note_first(Recording *recording, int64 message_id, const char *kind)
{
	Entry	   *entry = find_kind(recording, message_id, kind);
	CampaignFigureState state = {0};

	entry->recorded = true;
	campaign_figures_count(recording->figures, &entry->subject,
						   entry->event, &state);
}

/* Records first events, and finds out about all whose messages they are. */
static void
record_first_events(Recording *recording, Oid caller)
{
	Entry	  **entries = palloc(sizeof(Entry *) * recording->count);
	Columns		columns;
	CampaignRows *rows;

	for (int i = 0; i < recording->count; i++)
		entries[i] = &recording->entries[i];
	make_columns(&columns, entries, recording->count);
	rows = campaign_query(&record_first, columns.message_ids, columns.events,
						  columns.instants, columns.keys, columns.details,
						  columns.firsts, campaign_oid(caller),
						  campaign_oid(GetUserId()));
	/* What is judged comes before what is recorded. */
	for (int i = 0; i < rows->count; i++)
	{
		int64		number = campaign_row_int8(rows, i, 1);
		char	   *event = campaign_row_text(rows, i, 4);

		if (event != NULL)
		{
			note_first(recording, number, event);
			continue;
		}
		recording->entries[number - 1].subject.delivery_id = campaign_row_int8(rows, i, 2);
		recording->entries[number - 1].subject.edition = campaign_row_int4(rows, i, 3);
	}
}

/* ----------------------------- other events ----------------------------- */

/* Those that are new; until we end, nobody else records any of their kind. */
CAMPAIGN_STATEMENT(lock_new,
				   "WITH new AS MATERIALIZED (SELECT g.*"
				   " FROM unnest($1::bigint[], $2::text[], $3::uuid[])"
				   " WITH ORDINALITY AS g (message_id, event, event_key, place)"
				   " WHERE NOT EXISTS (SELECT FROM campaign.event x"
				   " WHERE x.message_id = g.message_id AND x.event = g.event"
				   " AND x.event_key = g.event_key) ORDER BY g.place)"
				   " SELECT n.place FROM new n LEFT JOIN LATERAL"
				   " (SELECT FROM campaign.event f"
				   " WHERE f.message_id = n.message_id AND f.event = n.event"
				   " AND f.first FOR NO KEY UPDATE) l ON true");

/* A link as text: a letter before it tells an empty one from none. */
CAMPAIGN_STATEMENT(record_other,
				   "WITH given AS MATERIALIZED (SELECT *"
				   " FROM unnest($1::bigint[], $2::text[],"
				   " $3::timestamptz[], $4::uuid[], $5::jsonb[], $6::bigint[])"
				   " WITH ORDINALITY AS e (message_id, event, at, event_key,"
				   " detail, delivery_id, place)),"
				   " kinds AS MATERIALIZED (SELECT message_id, event,"
				   " min(place) AS place FROM given GROUP BY 1, 2),"
				   " recorded AS (INSERT INTO campaign.event"
				   " (message_id, delivery_id, event, at, event_key, detail)"
				   " SELECT message_id, delivery_id, event, at, event_key,"
				   " detail FROM given ORDER BY place"
				   " ON CONFLICT DO NOTHING"
				   " RETURNING message_id, event, event_key)"
				   " SELECT k.place, NULL, NULL, NULL::uuid, min(x.at),"
				   " bool_or(x.event = 'bounced' AND"
				   " x.detail ->> 'type' IS DISTINCT FROM 'soft'),"
				   " array_agg(DISTINCT coalesce('=' ||"
				   " (x.detail ->> 'link'), ''))"
				   " FILTER (WHERE x.event = 'clicked')"
				   " FROM kinds k CROSS JOIN LATERAL (SELECT * FROM"
				   " campaign.event x WHERE x.message_id = k.message_id"
				   " AND x.event = k.event) x GROUP BY k.place"
				   " UNION ALL SELECT 0, message_id, event, event_key, NULL,"
				   " NULL, NULL FROM recorded");

/* What there was of the kind of each entry before. */
typedef struct Others
{
	Entry	  **entries;		/* to be recorded, in order */
	int			count;
	CampaignFigureState *states;	/* of the first entry of each kind */
} Others;

/* The entry of an event that has been recorded. */
static void
note_other(Recording *recording, const CampaignRows *rows, int row)
{
	int64		message_id = campaign_row_int8(rows, row, 2);
	char	   *event = campaign_row_text(rows, row, 3);
	pg_uuid_t  *key = campaign_row_uuid(rows, row, 4);
	Entry	   *entry = find_kind(recording, message_id, event);
	Entry	   *end = recording->entries + recording->count;

	/* Of a repetition within the report, the first one. */
	while (entry < end && (entry->recorded ||
						   memcmp(&entry->event->key, key, sizeof(pg_uuid_t)) != 0))
		entry++;
	entry->recorded = true;
}

/* Reads what there was before. */
static void
read_state(Others *others, const CampaignRows *rows, int row)
{
	CampaignFigureState *state = &others->states[campaign_row_int8(rows, row, 1) - 1];
	List	   *links = campaign_row_text_array(rows, row, 7);
	ListCell   *cell;

	state->any = true;
	state->first_at = campaign_row_time(rows, row, 5);
	state->hard = campaign_row_bool(rows, row, 6);
	foreach(cell, links)
	{
		char	   *link = lfirst(cell);

		state->links = lappend(state->links,
							   link[0] == '\0' ? NULL : link + 1);
	}
}

/* Counts those that were recorded, kind by kind and in the order of time. */
static void
count_others(Recording *recording, Others *others)
{
	CampaignFigureState *state = NULL;

	for (int i = 0; i < others->count; i++)
	{
		Entry	   *entry = others->entries[i];

		if (i == 0 || compare_kinds(entry->event->message_id,
									entry->event->event,
									others->entries[i - 1]) != 0)
			state = &others->states[i];
		if (entry->recorded)
			campaign_figures_count(recording->figures, &entry->subject,
								   entry->event, state);
	}
}

/* Keeps of the entries those that are new, and locks their kind. */
static void
keep_new(Others *others)
{
	Columns		columns;
	CampaignRows *rows;

	make_columns(&columns, others->entries, others->count);
	rows = campaign_query(&lock_new, columns.message_ids, columns.events,
						  columns.keys);
	/* Places come in order, so none is overwritten before it is read. */
	for (int i = 0; i < rows->count; i++)
		others->entries[i] = others->entries[campaign_row_int8(rows, i, 1) - 1];
	others->count = rows->count;
}

/* Records the entries. */
static void
record_entries(Recording *recording, Others *others)
{
	Columns		columns;
	CampaignRows *rows;

	others->states = palloc0(sizeof(CampaignFigureState) * others->count);
	make_columns(&columns, others->entries, others->count);
	rows = campaign_query(&record_other, columns.message_ids, columns.events,
						  columns.instants, columns.keys, columns.details,
						  columns.deliveries);
	for (int i = 0; i < rows->count; i++)
	{
		if (campaign_row_int8(rows, i, 1) > 0)
			read_state(others, rows, i);
		else
			note_other(recording, rows, i);
	}
	count_others(recording, others);
}

/* Records what is neither first nor a repetition. */
static void
record_other_events(Recording *recording)
{
	Others		others = {palloc(sizeof(Entry *) * recording->count), 0, NULL};

	for (int i = 0; i < recording->count; i++)
	{
		Entry	   *entry = &recording->entries[i];

		if (entry->subject.delivery_id != 0 && !entry->recorded)
			others.entries[others.count++] = entry;
	}
	if (others.count > 0)
		keep_new(&others);
	if (others.count > 0)
		record_entries(recording, &others);
}

/* Refuses to compare with what there was when the transaction began. */
static void
require_read_committed(void)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("feedback must not be recorded above isolation level READ COMMITTED"),
				 errdetail("The transaction's snapshot may be older than other events of the same messages."),
				 errhint("Begin the transaction with BEGIN ISOLATION LEVEL READ COMMITTED.")));
}

/* Records the events. */
List *
campaign_record(List *events, Oid caller, CampaignEventCounts *counts)
{
	Recording	recording;
	List	   *recorded = NIL;
	int			nestlevel;

	require_read_committed();
	nestlevel = campaign_chunk_planning_enter(true);
	begin(&recording, events);
	record_first_events(&recording, caller);
	record_other_events(&recording);
	campaign_settings_leave(nestlevel);
	campaign_figures_write(recording.figures);
	for (int i = 0; i < recording.count; i++)
	{
		const Entry *entry = &recording.entries[i];

		if (entry->recorded)
			recorded = lappend(recorded, entry->event);
		counts->parked += entry->subject.delivery_id == 0;
	}
	counts->recorded = list_length(recorded);
	counts->repeated = recording.count - counts->recorded - counts->parked;
	return recorded;
}
