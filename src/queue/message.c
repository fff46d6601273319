/*
 * message.c
 *		Messages of the dispatch queue, read by their numbers.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "storage/itemptr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "queue/bucket.h"
#include "queue/chunk.h"
#include "queue/content.h"
#include "queue/message.h"
#include "set/render.h"

/*
 * What is read of a message: a scalar subquery says whether its address is
 * suppressed, because EXISTS may be answered by reading the whole list.  An
 * empty one was forgotten, and is as good as suppressed.
 */
#define MESSAGE_COLUMNS \
	"SELECT m.message_id, m.recipient, m.address, m.variables," \
	" m.address = '' OR (SELECT true FROM campaign.suppression s" \
	" WHERE s.channel = $3" \
	" AND s.address_hash = campaign.address_hash(m.address) LIMIT 1)," \
	" m.ctid" \
	" FROM campaign.dispatch m" \
	" WHERE m.message_id BETWEEN $1 AND $2"

/* Where they were written, and no further than to the last one. */
CAMPAIGN_STATEMENT(read_blocks,
				   MESSAGE_COLUMNS
				   " AND m.ctid >= $4 AND m.ctid < $5"
				   " LIMIT $2 - $1 + 1");

/* Wherever they are. */
CAMPAIGN_STATEMENT(read_messages, MESSAGE_COLUMNS);

/* Which of these addresses are suppressed, by position. */
CAMPAIGN_STATEMENT(judge_addresses,
				   "SELECT a.position FROM unnest($2::text[])"
				   " WITH ORDINALITY AS a (address, position)"
				   " WHERE a.address = '' OR (SELECT true"
				   " FROM campaign.suppression s WHERE s.channel = $1"
				   " AND s.address_hash = campaign.address_hash(a.address)"
				   " LIMIT 1)");

/* A column of type text as a string; NULL if it is NULL. */
static char *
column_string(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* The values of the template's expressions; NULLs stay NULL. */
static void
read_variables(CampaignMessage *message, const CampaignRows *rows, int row)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, 4, &isnull);

	if (!isnull)
		message->variables = campaign_content_variables(value,
														&message->nvariables);
}

/* Puts a row into its place, which is given back. */
static CampaignMessage *
place_message(CampaignMessage *messages, int64 first_id,
			  const CampaignRows *rows, int row)
{
	int64		position = campaign_row_int8(rows, row, 1) - first_id;
	CampaignMessage *message = &messages[position];

	campaign_ensure(message->address == NULL,
					"message " INT64_FORMAT " is there twice",
					first_id + position);
	message->recipient = column_string(rows, row, 2);
	message->address = column_string(rows, row, 3);
	read_variables(message, rows, row);
	return message;
}

/* The beginning of a block; the pointer is a copy of the caller's. */
static CampaignValue
block_start(int64 block, ItemPointer pointer)
{
	ItemPointerSet(pointer, (BlockNumber) block, 0);
	return (CampaignValue) {TIDOID, PointerGetDatum(pointer), false};
}

/* The block a row is in. */
static int64
column_block(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	return ItemPointerGetBlockNumber((ItemPointer) DatumGetPointer(value));
}

/* Reads the range by one of the two statements. */
static CampaignRows *
query_messages(const CampaignChunk *chunk, int64 first_id, int64 last_id,
			   const char *channel, bool hinted)
{
	int			nestlevel = campaign_chunk_planning_enter(false);
	ItemPointerData first;
	ItemPointerData end;
	CampaignRows *rows;

	if (hinted)
	{
		campaign_chunk_planning_blocks();
		rows = campaign_query(&read_blocks, campaign_int8(first_id),
							  campaign_int8(last_id), campaign_text(channel),
							  block_start(chunk->first_block, &first),
							  block_start(chunk->last_block + 1, &end));
	}
	else
		rows = campaign_query(&read_messages, campaign_int8(first_id),
							  campaign_int8(last_id),
							  campaign_text(channel));
	campaign_settings_leave(nestlevel);
	return rows;
}

/*
 * Reads the range where it was written; what is not found there, because the
 * table has been restored or rewritten since, is looked for by its numbers.
 */
static void
read_here(const CampaignChunk *chunk, int64 first_id, int64 last_id,
		  const char *channel, CampaignMessage *messages)
{
	CampaignRows *rows = query_messages(chunk, first_id, last_id, channel,
										true);

	if (rows->count < last_id - first_id + 1)
		rows = query_messages(chunk, first_id, last_id, channel, false);
	for (int i = 0; i < rows->count; i++)
	{
		CampaignMessage *message = place_message(messages, first_id, rows, i);

		message->suppressed = campaign_row_bool(rows, i, 5);
		message->block = column_block(rows, i, 6);
	}
}

/* ----------------------------- other servers ---------------------------- */

/* Reads the range bucket by bucket; says how many messages were there. */
static int
read_buckets(int64 first_id, int64 last_id, CampaignMessage *messages)
{
	int64		next = first_id;
	int			found = 0;

	while (next <= last_id)
	{
		int64		end = Min(last_id, campaign_bucket_end(next));
		CampaignRows *rows = campaign_bucket_read(next, end);

		for (int i = 0; i < rows->count; i++)
			place_message(messages, first_id, rows, i)->block =
				CAMPAIGN_BLOCK_ELSEWHERE;
		found += rows->count;
		next = end + 1;
	}
	return found;
}

/* Judges all at once, by the list that is here. */
static void
judge_suppression(CampaignMessage *messages, int count, const char *channel)
{
	Datum	   *addresses = palloc(sizeof(Datum) * count);
	bool	   *nulls = palloc(sizeof(bool) * count);
	int			nestlevel = campaign_chunk_planning_enter(false);
	CampaignRows *rows;

	for (int i = 0; i < count; i++)
	{
		nulls[i] = messages[i].address == NULL;
		addresses[i] = nulls[i] ? (Datum) 0 :
			CStringGetTextDatum(messages[i].address);
	}
	rows = campaign_query(&judge_addresses, campaign_text(channel),
						  campaign_array(TEXTOID, addresses, nulls, count));
	campaign_settings_leave(nestlevel);
	for (int i = 0; i < rows->count; i++)
		messages[campaign_row_int8(rows, i, 1) - 1].suppressed = true;
}

/* Reads the range from other servers, if need be when they have committed. */
static void
read_elsewhere(const CampaignChunk *chunk, int64 first_id, int64 last_id,
			   const char *channel, CampaignMessage *messages)
{
	int			size = (int) (last_id - first_id + 1);

	if (read_buckets(first_id, last_id, messages) < size)
	{
		campaign_bucket_await(chunk->delivery_id);
		memset(messages, 0, sizeof(CampaignMessage) * size);
		(void) read_buckets(first_id, last_id, messages);
	}
	judge_suppression(messages, size, channel);
}

/* Reads the range from where the chunk says that it is. */
CampaignMessage *
campaign_messages_read(const CampaignChunk *chunk, int64 first_id,
					   int64 last_id, const char *channel)
{
	int			size = (int) (last_id - first_id + 1);
	CampaignMessage *messages = palloc0(sizeof(CampaignMessage) * size);

	if (campaign_chunk_elsewhere(chunk))
		read_elsewhere(chunk, first_id, last_id, channel, messages);
	else
		read_here(chunk, first_id, last_id, channel, messages);
	return messages;
}

/* Adds a key with a text to the object being built. */
static void
push_text(JsonbParseState **state, const char *key, const char *value)
{
	JsonbValue	json;

	json.type = jbvString;
	json.val.string.val = unconstify(char *, key);
	json.val.string.len = (int) strlen(key);
	pushJsonbValue(state, WJB_KEY, &json);
	json.val.string.val = unconstify(char *, value);
	json.val.string.len = (int) strlen(value);
	pushJsonbValue(state, WJB_VALUE, &json);
}

/* Adds the URL by which to unsubscribe. */
static void
push_unsubscribe(JsonbParseState **state, const CampaignTracking *tracking)
{
	StringInfoData url;

	initStringInfo(&url);
	campaign_tracking_append(&url, tracking, CAMPAIGN_TRACKING_UNSUBSCRIBE,
							 NULL);
	push_text(state, "unsubscribe_url", url.data);
}

/* A template filled in, which was tried before the message was enqueued. */
static char *
fill_in(const CampaignTemplate *template, const CampaignMessage *message,
		const CampaignTracking *tracking)
{
	StringInfoData out;

	initStringInfo(&out);
	if (!campaign_template_render(template, message->variables,
								  message->nvariables, tracking, MaxAllocSize,
								  &out))
		elog(ERROR, "a message is too long to be rendered");
	return out.data;
}

/* What a sender gets to know of a message. */
CampaignRendered *
campaign_message_render(const CampaignMessageContent *content,
						const char *campaign, const char *activity,
						const CampaignMessage *message,
						const CampaignTracking *tracking)
{
	CampaignRendered *rendered = palloc0(sizeof(CampaignRendered));
	JsonbParseState *state = NULL;
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_text(&state, "campaign", campaign);
	push_text(&state, "activity", activity);
	push_text(&state, "recipient", message->recipient);
	foreach(cell, content->parts)
	{
		const CampaignMessagePart *part = lfirst(cell);
		char	   *text = fill_in(part->template, message, tracking);

		if (part->place == CAMPAIGN_PLACE_SUBJECT)
			rendered->subject = text;
		else if (part->place == CAMPAIGN_PLACE_BODY)
			rendered->body = text;
		else
			push_text(&state, part->name, text);
	}
	if (tracking->unsubscribes)
		push_unsubscribe(&state, tracking);
	rendered->attributes =
		JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
	return rendered;
}
