/*
 * message.c
 *		Messages of the dispatch queue, read by their numbers.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "queue/chunk.h"
#include "queue/content.h"
#include "queue/message.h"

/* A scalar subquery, because EXISTS may be answered by reading all of it. */
CAMPAIGN_STATEMENT(read_messages,
				   "SELECT m.message_id, m.recipient, m.address, m.variables,"
				   " (SELECT true FROM campaign.suppression s"
				   " WHERE s.channel = $3"
				   " AND s.address_hash = campaign.address_hash(m.address))"
				   " FROM campaign.dispatch m"
				   " WHERE m.message_id BETWEEN $1 AND $2");

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

/* Reads the range in one statement; its size is a chunk's at most. */
CampaignMessage *
campaign_messages_read(const char *channel, int64 first_id, int64 last_id)
{
	int			size = (int) (last_id - first_id + 1);
	CampaignMessage *messages = palloc0(sizeof(CampaignMessage) * size);
	int			nestlevel = campaign_chunk_planning_enter(false);
	CampaignRows *rows;

	rows = campaign_query(&read_messages, campaign_int8(first_id),
						  campaign_int8(last_id), campaign_text(channel));
	campaign_settings_leave(nestlevel);
	for (int i = 0; i < rows->count; i++)
	{
		int64		position = campaign_row_int8(rows, i, 1) - first_id;
		CampaignMessage *message = &messages[position];

		campaign_ensure(message->address == NULL,
						"message " INT64_FORMAT " is there twice",
						first_id + position);
		message->recipient = column_string(rows, i, 2);
		message->address = column_string(rows, i, 3);
		read_variables(message, rows, i);
		message->suppressed = campaign_row_bool(rows, i, 5);
	}
	return messages;
}
