/*
 * person.c
 *		One recipient's messages and exclusions, found without a scan.
 *
 * No index has recipients in it, which would cost every message an entry.  But
 * messages are written in the order of recipients, so chunks are ranges of
 * them: an index over the chunks says which few can have the recipient's, and
 * those are read.  Exclusions are in the same order, which their BRIN index
 * sees.  A person behind recipients is in no such order, and has an index.
 */
#include "postgres.h"

#include "base/identity.h"
#include "base/sql.h"
#include "queue/person.h"

/*
 * Several have the range where their times, contents or domains differ.  Where
 * rows are in the order of numbers, so have some of numbers with other digits:
 * these are looked into last.
 */
CAMPAIGN_STATEMENT(find_chunks,
				   "SELECT " CAMPAIGN_CHUNK_COLUMNS
				   " FROM campaign.chunk c WHERE c.delivery_id = $1"
				   " AND c.first_recipient <= $2 AND c.last_recipient >= $2"
				   " ORDER BY length(c.first_recipient) <> length($2)"
				   " OR length(c.last_recipient) <> length($2),"
				   " c.chunk_id DESC");

CAMPAIGN_STATEMENT(find_exclusion,
				   "SELECT reason FROM campaign.exclusion"
				   " WHERE delivery_id = $1 AND recipient = $2"
				   " ORDER BY reason = 'duplicate' LIMIT 1");

/* All deliveries at once: the index is read once, by recipient. */
CAMPAIGN_STATEMENT(find_exclusions,
				   "SELECT DISTINCT ON (delivery_id)"
				   " delivery_id, recipient, reason FROM campaign.exclusion"
				   " WHERE recipient = $2"
				   " AND delivery_id = ANY ($1::text[]::bigint[])"
				   " ORDER BY delivery_id, reason = 'duplicate'");

CAMPAIGN_STATEMENT(find_exclusions_behind,
				   "SELECT DISTINCT ON (recipient)"
				   " delivery_id, recipient, reason FROM campaign.exclusion"
				   " WHERE delivery_id = $1 AND person = $2"
				   " ORDER BY recipient, reason = 'duplicate'");

CAMPAIGN_STATEMENT(describe,
				   "SELECT campaign.message_status($2, $3, $4, r.state),"
				   " o.reason, CASE WHEN $2 = '.' THEN NULL"
				   " WHEN $2 IN ('s', 'e') THEN $3 ELSE o.settled_at END"
				   " FROM campaign.run r LEFT JOIN LATERAL"
				   " (SELECT o.reason, o.settled_at FROM campaign.outcome o"
				   " WHERE o.message_id = $5 AND $2 <> 's'"
				   " ORDER BY o.attempt DESC LIMIT 1) o ON true"
				   " WHERE r.run_id = $1");

CAMPAIGN_STATEMENT(find_events,
				   "SELECT o.status, o.settled_at, jsonb_strip_nulls("
				   "jsonb_build_object('attempt', o.attempt,"
				   " 'reason', o.reason)) FROM campaign.outcome o"
				   " WHERE o.message_id = $1"
				   " AND o.status IN ('retried', 'released')"
				   " UNION ALL SELECT e.event, e.at, e.detail"
				   " FROM campaign.event e WHERE e.message_id = $1"
				   " ORDER BY 2, 1");

/* The byte of the message. */
char
campaign_person_result(const CampaignPersonMessage *found)
{
	return found->chunk->results[found->message_id - found->chunk->first_id];
}

/* The recipient's message, if it is in the chunk and waits or ended there. */
static CampaignPersonMessage *
search_chunk(CampaignChunk *chunk, const char *recipient)
{
	CampaignMessage *messages = campaign_messages_read(chunk, chunk->first_id,
													   chunk->last_id, NULL);
	int			size = campaign_chunk_size(chunk);

	for (int i = 0; i < size; i++)
	{
		CampaignPersonMessage *found;

		if (chunk->results[i] == CAMPAIGN_RESULT_RETRIED ||
			messages[i].recipient == NULL ||
			strcmp(messages[i].recipient, recipient) != 0)
			continue;
		found = palloc(sizeof(CampaignPersonMessage));
		found->message_id = chunk->first_id + i;
		found->chunk = chunk;
		found->message = messages[i];
		return found;
	}
	return NULL;
}

/* The message of the recipient in the delivery, or NULL. */
CampaignPersonMessage *
campaign_person_message(int64 delivery_id, const char *recipient)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	CampaignRows *rows = campaign_query(&find_chunks,
										campaign_int8(delivery_id),
										campaign_text(recipient));
	CampaignPersonMessage *found = NULL;

	campaign_settings_leave(nestlevel);
	for (int i = 0; i < rows->count && found == NULL; i++)
		found = search_chunk(campaign_chunk_read(rows, i), recipient);
	return found;
}

/* Why the recipient was left out; a second row of his does not count. */
char *
campaign_person_exclusion(int64 delivery_id, const char *recipient)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	CampaignRows *rows = campaign_query(&find_exclusion,
										campaign_int8(delivery_id),
										campaign_text(recipient));

	campaign_settings_leave(nestlevel);
	return rows->count == 0 ? NULL : campaign_row_text(rows, 0, 1);
}

/* Exclusions out of rows. */
static List *
read_exclusions(const CampaignRows *rows)
{
	List	   *exclusions = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignPersonExclusion *exclusion =
			palloc(sizeof(CampaignPersonExclusion));

		exclusion->delivery_id = campaign_row_int8(rows, i, 1);
		exclusion->recipient = campaign_row_text(rows, i, 2);
		exclusion->reason = campaign_row_text(rows, i, 3);
		exclusions = lappend(exclusions, exclusion);
	}
	return exclusions;
}

/* The recipient's exclusions from any of these deliveries. */
List *
campaign_person_exclusions(List *deliveries, const char *recipient)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	CampaignRows *rows = campaign_query(&find_exclusions,
										campaign_text_array(deliveries),
										campaign_text(recipient));

	campaign_settings_leave(nestlevel);
	return read_exclusions(rows);
}

/* Exclusions of recipients behind whom that person is. */
List *
campaign_person_exclusions_behind(int64 delivery_id, const char *person)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	CampaignRows *rows = campaign_query(&find_exclusions_behind,
										campaign_int8(delivery_id),
										campaign_text(person));

	campaign_settings_leave(nestlevel);
	return read_exclusions(rows);
}

/* What campaign.message shows of the message. */
CampaignPersonStatus *
campaign_person_status(int64 run_id, const CampaignPersonMessage *found)
{
	char		result[2] = {campaign_person_result(found), '\0'};
	CampaignPersonStatus *status = palloc0(sizeof(CampaignPersonStatus));
	CampaignRows *rows;

	rows = campaign_query(&describe, campaign_int8(run_id),
						  campaign_text(result),
						  campaign_time_or_null(found->chunk->leased_until),
						  campaign_time_or_null(found->chunk->expires_at),
						  campaign_int8(found->message_id));
	status->status = campaign_row_text(rows, 0, 1);
	status->reason = campaign_row_text(rows, 0, 2);
	status->settled_at = campaign_row_time(rows, 0, 3);
	return status;
}

/* What happened to the message, in the order of time. */
List *
campaign_person_events(int64 message_id)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	CampaignRows *rows = campaign_query(&find_events,
										campaign_int8(message_id));
	List	   *events = NIL;

	campaign_settings_leave(nestlevel);
	for (int i = 0; i < rows->count; i++)
	{
		CampaignPersonEvent *event = palloc(sizeof(CampaignPersonEvent));

		event->what = campaign_row_text(rows, i, 1);
		event->at = campaign_row_time(rows, i, 2);
		event->detail = campaign_row_jsonb(rows, i, 3);
		events = lappend(events, event);
	}
	return events;
}
