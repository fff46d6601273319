/*
 * figure.c
 *		What reports say about messages, kept by those who record events.
 *
 * Whoever records events adds rows that say what that changes; nobody updates
 * a row, so nobody waits for one, and what is added is there when its events
 * are.  The sums of all rows are the figures.  So that there are never many to
 * be summed up, rows of a delivery are now and then replaced by their sums,
 * which are a level higher: each row is written a few times at most, however
 * many events there are.  Whoever does that leaves out rows that somebody else
 * is at.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/identity.h"
#include "base/sql.h"
#include "base/writer.h"
#include "queue/chunk.h"
#include "queue/figure.h"

#define FIGURE_NATTS 12

/* So many rows of the lowest level are replaced by their sums, and */
#define ROWS_TO_SUM		512
/* so many times as many of the next one. */
#define LEVEL_FACTOR	8
#define HIGHEST_LEVEL	3

/* Beside the classes 1 and 2 of pg_advisory_lock(), and those of others. */
#define FIGURE_LOCK_CLASS	5

/* What rows of a grain count. */
typedef enum Grain
{
	GRAIN_MINUTE,
	GRAIN_LINK
} Grain;

static const char *const grains[] = {"minute", "link"};

/* A row to be; see campaign.figure. */
typedef struct Figure
{
	int64		delivery_id;
	Grain		grain;
	const char *event;
	TimestampTz minute;			/* of grain minute */
	int			edition;
	const char *name;			/* NULL if there is none */
	int64		messages;
	int64		events;
	Numeric		value;			/* NULL if there is none */
	TimestampTz first_at;
	TimestampTz last_at;
} Figure;

struct CampaignFigures
{
	Figure	   *rows;
	int			count;
	int			size;
};

/* An empty collection. */
CampaignFigures *
campaign_figures_new(void)
{
	CampaignFigures *figures = palloc(sizeof(CampaignFigures));

	figures->count = 0;
	figures->size = 16;
	figures->rows = palloc(sizeof(Figure) * figures->size);
	return figures;
}

/* ------------------------------- counting ------------------------------- */

/* The beginning of the minute. */
static TimestampTz
minute_of(TimestampTz at)
{
	TimestampTz rest = at % USECS_PER_MINUTE;

	return at - (rest < 0 ? rest + USECS_PER_MINUTE : rest);
}

/* A new row of a grain. */
static Figure *
add_row(CampaignFigures *figures, const CampaignFigureSubject *subject,
		Grain grain, const char *event, TimestampTz at)
{
	Figure	   *row;

	if (figures->count == figures->size)
	{
		figures->size *= 2;
		figures->rows = repalloc(figures->rows, sizeof(Figure) * figures->size);
	}
	row = &figures->rows[figures->count++];
	memset(row, 0, sizeof(Figure));
	row->delivery_id = subject->delivery_id;
	row->grain = grain;
	row->event = event;
	row->minute = grain == GRAIN_MINUTE ? minute_of(at) : 0;
	row->edition = grain == GRAIN_MINUTE ? subject->edition : 0;
	return row;
}

/* A new row for the event itself. */
static Figure *
add_event(CampaignFigures *figures, const CampaignFigureSubject *subject,
		  Grain grain, const CampaignFeedback *event)
{
	Figure	   *row = add_row(figures, subject, grain, event->event, event->at);

	row->events = 1;
	row->first_at = event->at;
	row->last_at = event->at;
	return row;
}

/* True if the link is one of those. */
static bool
has_link(List *links, const char *link)
{
	ListCell   *cell;

	foreach(cell, links)
	{
		const char *other = lfirst(cell);

		if (link == NULL ? other == NULL :
			other != NULL && strcmp(other, link) == 0)
			return true;
	}
	return false;
}

/* Counts a click by its link. */
static void
count_link(CampaignFigures *figures, const CampaignFigureSubject *subject,
		   const CampaignFeedback *event, CampaignFigureState *state)
{
	Figure	   *row = add_event(figures, subject, GRAIN_LINK, event);

	row->name = event->link;
	if (has_link(state->links, event->link))
		return;
	row->messages = 1;
	state->links = lappend(state->links, event->link);
}

/* Counts an event. */
void
campaign_figures_count(CampaignFigures *figures,
					   const CampaignFigureSubject *subject,
					   const CampaignFeedback *event,
					   CampaignFigureState *state)
{
	TimestampTz before = state->first_at;
	Figure	   *row = add_event(figures, subject, GRAIN_MINUTE, event);

	if (strcmp(event->event, "converted") == 0)
		row->value = event->value;
	if (!state->any || event->at < before)
	{
		row->messages = 1;
		state->first_at = event->at;
		/* It was counted in a minute that is not its first one. */
		if (state->any)
			add_row(figures, subject, GRAIN_MINUTE, event->event,
					before)->messages = -1;
		state->any = true;
	}
	if (strcmp(event->event, "clicked") == 0)
		count_link(figures, subject, event, state);
	if (event->hard && !state->hard)
	{
		state->hard = true;
		add_row(figures, subject, GRAIN_MINUTE, "hard_bounced",
				event->at)->messages = 1;
	}
}

/* ------------------------------- writing -------------------------------- */

/* Orders names; NULL is the first. */
static int
compare_names(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

/* For qsort: what is counted together comes together. */
static int
compare_figures(const void *a, const void *b)
{
	const Figure *left = a;
	const Figure *right = b;
	int			result;

	if (left->delivery_id != right->delivery_id)
		return left->delivery_id < right->delivery_id ? -1 : 1;
	if (left->grain != right->grain)
		return left->grain < right->grain ? -1 : 1;
	if (left->minute != right->minute)
		return left->minute < right->minute ? -1 : 1;
	if (left->edition != right->edition)
		return left->edition < right->edition ? -1 : 1;
	result = left->event == right->event ? 0 :
		strcmp(left->event, right->event);
	return result != 0 ? result : compare_names(left->name, right->name);
}

/* Adds the one to the other. */
static void
add_up(Figure *sum, const Figure *row)
{
	sum->messages += row->messages;
	sum->events += row->events;
	if (sum->value == NULL)
		sum->value = row->value;
	else if (row->value != NULL)
		sum->value = DatumGetNumeric(DirectFunctionCall2(numeric_add,
														 NumericGetDatum(sum->value),
														 NumericGetDatum(row->value)));
	if (row->events == 0)
		return;
	if (sum->events == row->events)
	{
		sum->first_at = row->first_at;
		sum->last_at = row->last_at;
		return;
	}
	sum->first_at = Min(sum->first_at, row->first_at);
	sum->last_at = Max(sum->last_at, row->last_at);
}

/* Adds up what belongs together; rows are then fewer, and in order. */
static void
sum_up(CampaignFigures *figures)
{
	int			sums = 0;

	qsort(figures->rows, figures->count, sizeof(Figure), compare_figures);
	for (int i = 1; i < figures->count; i++)
	{
		if (compare_figures(&figures->rows[sums], &figures->rows[i]) == 0)
			add_up(&figures->rows[sums], &figures->rows[i]);
		else
			figures->rows[++sums] = figures->rows[i];
	}
	figures->count = figures->count == 0 ? 0 : sums + 1;
}

/* Writes a row. */
static void
write_row(CampaignWriter *writer, const Figure *row)
{
	Datum		values[FIGURE_NATTS];
	bool		isnull[FIGURE_NATTS] = {false};

	values[0] = Int64GetDatum(row->delivery_id);
	values[1] = CStringGetTextDatum(grains[row->grain]);
	values[2] = Int16GetDatum(0);
	values[3] = CStringGetTextDatum(row->event);
	values[4] = TimestampTzGetDatum(row->minute);
	isnull[4] = row->grain != GRAIN_MINUTE;
	values[5] = Int16GetDatum((int16) row->edition);
	isnull[6] = row->name == NULL;
	values[6] = isnull[6] ? (Datum) 0 : CStringGetTextDatum(row->name);
	values[7] = Int64GetDatum(row->messages);
	values[8] = Int64GetDatum(row->events);
	isnull[9] = row->value == NULL;
	values[9] = NumericGetDatum(row->value);
	isnull[10] = row->events == 0;
	values[10] = TimestampTzGetDatum(row->first_at);
	isnull[11] = row->events == 0;
	values[11] = TimestampTzGetDatum(row->last_at);
	campaign_writer_add(writer, values, isnull);
}

/* Sums that are nothing go. */
CAMPAIGN_STATEMENT(raise_level,
				   "WITH lower AS (DELETE FROM campaign.figure"
				   " WHERE delivery_id = $1 AND grain IN ('minute', 'link')"
				   " AND level = $2::smallint RETURNING *)"
				   " INSERT INTO campaign.figure (delivery_id, grain, level,"
				   " event, minute, edition, name, messages, events, value,"
				   " first_at, last_at)"
				   " SELECT delivery_id, grain, $3::smallint, event, minute,"
				   " edition, name, sum(messages)::bigint,"
				   " sum(events)::bigint, sum(value), min(first_at),"
				   " max(last_at) FROM lower"
				   " GROUP BY delivery_id, grain, event, minute, edition, name"
				   " HAVING sum(messages) <> 0 OR sum(events) <> 0");

/*
 * Has nobody else replace rows of the delivery until we end; false if somebody
 * is at it and we do not wait for him.
 */
static bool
lock_rows(int64 delivery_id, bool wait)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (delivery_id >> 32),
						 (uint32) delivery_id, FIGURE_LOCK_CLASS);
	return LockAcquire(&tag, ExclusiveLock, false, !wait) !=
		LOCKACQUIRE_NOT_AVAIL;
}

/* Replaces the rows of a level by their sums; gives how many these are. */
static int64
raise_rows(int64 delivery_id, int level)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	int64		rows;

	rows = campaign_execute(&raise_level, campaign_int8(delivery_id),
							campaign_int4(level),
							campaign_int4(Min(level + 1, HIGHEST_LEVEL)));
	campaign_settings_leave(nestlevel);
	return rows;
}

/*
 * Replaces rows by their sums, on average when so many have been added.  That
 * needs no count, which would be one more thing to write.
 */
static void
raise_some(int64 delivery_id, int64 rows)
{
	int64		most = ROWS_TO_SUM;

	for (int level = 0; level <= HIGHEST_LEVEL; level++)
	{
		if (pg_prng_double(&pg_global_prng_state) * most >= rows ||
			(level == 0 && !lock_rows(delivery_id, false)))
			return;
		rows = raise_rows(delivery_id, level);
		most *= LEVEL_FACTOR;
	}
}

/* Writes what was counted. */
void
campaign_figures_write(CampaignFigures *figures)
{
	CampaignWriter *writer;
	int			begin = 0;

	if (figures->count == 0)
		return;
	sum_up(figures);
	writer = campaign_writer_open(campaign_queue_relation("figure"));
	for (int i = 0; i < figures->count; i++)
		write_row(writer, &figures->rows[i]);
	campaign_writer_close(writer);
	CommandCounterIncrement();
	for (int i = 1; i <= figures->count; i++)
	{
		if (i < figures->count && figures->rows[i].delivery_id ==
			figures->rows[begin].delivery_id)
			continue;
		raise_some(figures->rows[begin].delivery_id, i - begin);
		begin = i;
	}
}

/* ------------------------------- keeping -------------------------------- */

/* Waits until nobody else replaces rows of the delivery. */
void
campaign_figures_lock(int64 delivery_id)
{
	(void) lock_rows(delivery_id, true);
}

CAMPAIGN_STATEMENT(decide,
				   "UPDATE campaign.figure"
				   " SET edition = ($2 * $3 - 1 - edition)::smallint"
				   " WHERE delivery_id = $1 AND grain = 'minute'"
				   " AND edition < 0");

/* Those of messages kept back become those of the variant they get. */
void
campaign_figures_decide(int64 delivery_id, int winner, int languages)
{
	campaign_execute(&decide, campaign_int8(delivery_id),
					 campaign_int4(winner), campaign_int4(languages));
}

CAMPAIGN_STATEMENT(keep_sent,
				   "INSERT INTO campaign.figure (delivery_id, grain, level,"
				   " event, minute, edition, messages, events)"
				   " SELECT d.delivery_id, 'minute', $2::smallint, 'sent',"
				   " x.minute, x.edition, sum(x.sent)::bigint, 0"
				   " FROM campaign.delivery d CROSS JOIN LATERAL"
				   " (SELECT date_bin('1 minute', c.leased_until,"
				   " '2000-01-01 00:00+00') AS minute, c.edition,"
				   " campaign.count_results(c.results, 's') AS sent"
				   " FROM campaign.chunk c"
				   " WHERE c.delivery_id = d.delivery_id) x"
				   " WHERE d.run_id = $1 AND d.figures IS NULL AND x.sent > 0"
				   " GROUP BY d.delivery_id, x.minute, x.edition");

/* Writes down how many messages were sent. */
void
campaign_figures_keep_sent(int64 run_id)
{
	campaign_execute(&keep_sent, campaign_int8(run_id),
					 campaign_int4(HIGHEST_LEVEL));
}

/*
 * What the clicks of a message add to the figures of links, or the opposite.
 * Instants cannot be taken away: they are left to the rows of others.
 */
CAMPAIGN_STATEMENT(relink,
				   "INSERT INTO campaign.figure (delivery_id, grain, level,"
				   " event, edition, name, messages, events, first_at, last_at)"
				   " SELECT e.delivery_id, 'link', 0, e.event, 0,"
				   " e.detail ->> 'link', $2, count(*) * $2,"
				   " CASE WHEN $2 > 0 THEN min(e.at) END,"
				   " CASE WHEN $2 > 0 THEN max(e.at) END"
				   " FROM campaign.event e JOIN campaign.delivery d"
				   " ON d.delivery_id = e.delivery_id"
				   " JOIN campaign.run r ON r.run_id = d.run_id AND NOT r.test"
				   " WHERE e.message_id = $1 AND e.event = 'clicked'"
				   " AND e.detail ? 'link'"
				   " GROUP BY e.delivery_id, e.event, e.detail ->> 'link'");

/* The links that a forgotten message leaves behind must not be readable. */
CAMPAIGN_STATEMENT(drop_links,
				   "WITH old AS (DELETE FROM campaign.figure f"
				   " USING campaign.event e WHERE e.message_id = $1"
				   " AND e.event = 'clicked' AND f.delivery_id = e.delivery_id"
				   " AND f.grain = 'link'"
				   " AND f.name = e.detail ->> 'link' RETURNING f.*)"
				   " INSERT INTO campaign.figure (delivery_id, grain, level,"
				   " event, edition, name, messages, events, first_at, last_at)"
				   " SELECT delivery_id, grain, 0, event, 0, name,"
				   " sum(messages)::bigint, sum(events)::bigint,"
				   " min(first_at), max(last_at) FROM old"
				   " GROUP BY delivery_id, grain, event, name"
				   " HAVING sum(messages) <> 0 OR sum(events) <> 0");

/* Takes out what the message's clicks added. */
void
campaign_figures_unlink(int64 message_id)
{
	campaign_execute(&relink, campaign_int8(message_id), campaign_int4(-1));
	campaign_execute(&drop_links, campaign_int8(message_id));
}

/* Adds what the message's clicks say now. */
void
campaign_figures_relink(int64 message_id)
{
	campaign_execute(&relink, campaign_int8(message_id), campaign_int4(1));
}
