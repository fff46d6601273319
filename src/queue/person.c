/*
 * person.c
 *		One recipient's messages and exclusions, found without a scan.
 *
 * No index has recipients in it, which would cost every message an entry.  But
 * messages are written in the order of recipients, so chunks are ranges of
 * them: an index over the chunks says which few can have the recipient's, and
 * those are read.  Exclusions are in the same order, which their BRIN index
 * sees.
 */
#include "postgres.h"

#include "base/identity.h"
#include "base/sql.h"
#include "queue/person.h"

/* Several have the range where their times, contents or domains differ. */
CAMPAIGN_STATEMENT(find_chunks,
				   "SELECT " CAMPAIGN_CHUNK_COLUMNS
				   " FROM campaign.chunk c WHERE c.delivery_id = $1"
				   " AND c.first_recipient <= $2 AND c.last_recipient >= $2"
				   " ORDER BY c.chunk_id DESC");

CAMPAIGN_STATEMENT(find_exclusion,
				   "SELECT reason FROM campaign.exclusion"
				   " WHERE delivery_id = $1 AND recipient = $2"
				   " ORDER BY reason = 'duplicate' LIMIT 1");

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
