/*
 * forget.c
 *		Taking a person's data out of the dispatch queue.
 *
 * The message stays, without address and variables: counts and ranges of
 * recipients are as they were, and the key says nothing to whom the person is
 * gone from the targeted table.  What waits is withdrawn under the lock of its
 * chunk.  A message that a sender has is blanked and stays with him; should it
 * come back, the empty address keeps it from being handed out again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/itemptr.h"

#include "base/clock.h"
#include "base/identity.h"
#include "base/sql.h"
#include "base/text.h"
#include "queue/bucket.h"
#include "queue/figure.h"
#include "queue/forget.h"
#include "queue/outcome.h"
#include "queue/person.h"

/* A message to be forgotten. */
typedef struct Target
{
	const CampaignRecipient *recipient;
	CampaignPersonMessage *found;
} Target;

CAMPAIGN_STATEMENT(find_recipients,
				   "SELECT recipient FROM campaign.dispatch"
				   " WHERE delivery_id = $1 AND person = $2"
				   " AND message_id BETWEEN"
				   " (SELECT min(last_id) - 999 FROM campaign.chunk"
				   " WHERE delivery_id = $1) AND"
				   " (SELECT max(last_id) FROM campaign.chunk"
				   " WHERE delivery_id = $1)");

CAMPAIGN_STATEMENT(lock_chunk,
				   "SELECT " CAMPAIGN_CHUNK_COLUMNS
				   " FROM campaign.chunk c WHERE c.chunk_id = $1 FOR UPDATE");

CAMPAIGN_STATEMENT(blank_message,
				   "UPDATE campaign.dispatch SET address = '', variables = NULL"
				   " WHERE message_id = $1");

CAMPAIGN_STATEMENT(blank_outcomes,
				   "UPDATE campaign.outcome SET reason = NULL"
				   " WHERE message_id = $1 AND reason IS NOT NULL"
				   " AND status <> 'withdrawn'");

/* What reports count by stays: the type, the value, the link without query. */
CAMPAIGN_STATEMENT(blank_events,
				   "UPDATE campaign.event e SET detail = b.detail"
				   " FROM (SELECT o.event, o.event_key, nullif("
				   "jsonb_strip_nulls(jsonb_build_object("
				   "'type', o.detail -> 'type', 'value', o.detail -> 'value',"
				   " 'link', split_part(o.detail ->> 'link', '?', 1))),"
				   " '{}') AS detail"
				   " FROM campaign.event o WHERE o.message_id = $1) b"
				   " WHERE e.message_id = $1 AND e.event = b.event"
				   " AND e.event_key = b.event_key"
				   " AND e.detail IS DISTINCT FROM b.detail");

/* Nobody counts for the message any more, whatever the subject was. */
CAMPAIGN_STATEMENT(blank_contacts,
				   "UPDATE campaign.contact"
				   " SET subjects[($2 - first_id + 1)::int4] = 0"
				   " WHERE delivery_id = $1 AND subjects IS NOT NULL"
				   " AND $2 BETWEEN first_id AND last_id"
				   " AND subjects[($2 - first_id + 1)::int4] <> 0");

CAMPAIGN_STATEMENT(delete_parked,
				   "DELETE FROM campaign.parked_event WHERE message_id = $1");

CAMPAIGN_STATEMENT(keep_suppressed,
				   "INSERT INTO campaign.suppression"
				   " (channel, address_hash, reason, role_name)"
				   " VALUES ($1, campaign.address_hash($2), 'forgotten', $3)"
				   " ON CONFLICT (channel, address_hash, role_name)"
				   " DO UPDATE"
				   " SET address = NULL, reason = excluded.reason");

CAMPAIGN_STATEMENT(find_distributed,
				   "SELECT distributed FROM campaign.delivery"
				   " WHERE delivery_id = $1");

/* Recipients of the delivery behind whom that person is, as rows. */
static CampaignRows *
query_recipients(int64 delivery_id, const char *person)
{
	CampaignRows *rows = campaign_query(&find_distributed,
										campaign_int8(delivery_id));

	if (rows->count > 0 && campaign_row_bool(rows, 0, 1))
		return campaign_bucket_recipients(delivery_id, person);
	return campaign_query(&find_recipients, campaign_int8(delivery_id),
						  campaign_text(person));
}

/* Recipients of the delivery behind whom that person is. */
List *
campaign_recipients_of(List *recipients, int64 delivery_id,
					   const char *channel, const char *person)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	CampaignRows *rows = query_recipients(delivery_id, person);

	campaign_settings_leave(nestlevel);
	for (int i = 0; i < rows->count; i++)
	{
		CampaignRecipient *recipient = palloc(sizeof(CampaignRecipient));

		recipient->delivery_id = delivery_id;
		recipient->channel = pstrdup(channel);
		recipient->recipient = campaign_row_text(rows, i, 1);
		recipients = lappend(recipients, recipient);
	}
	return recipients;
}

/* Orders by chunk. */
static int
compare_targets(const ListCell *a, const ListCell *b)
{
	int64		first = ((Target *) lfirst(a))->found->chunk->chunk_id;
	int64		second = ((Target *) lfirst(b))->found->chunk->chunk_id;

	return first == second ? 0 : first < second ? -1 : 1;
}

/* Their messages, in the same order. */
static List *
find_targets(List *recipients)
{
	List	   *targets = NIL;
	ListCell   *cell;

	foreach(cell, recipients)
	{
		CampaignRecipient *recipient = lfirst(cell);
		CampaignPersonMessage *found;
		Target	   *target;

		found = campaign_person_message(recipient->delivery_id,
										recipient->recipient);
		if (found == NULL)
			continue;
		target = palloc(sizeof(Target));
		target->recipient = recipient;
		target->found = found;
		targets = lappend(targets, target);
	}
	return targets;
}

/*
 * Has nobody else replace figures of the deliveries.  Before any chunk is
 * locked, and in the order of deliveries: that of chunks is not the same for
 * everybody, and two who lock both in turns would wait for each other.
 */
static void
lock_figures(List *targets)
{
	int64		locked = 0;
	ListCell   *cell;

	foreach(cell, targets)
	{
		int64		delivery_id = ((Target *) lfirst(cell))->recipient->delivery_id;

		if (delivery_id != locked)
			campaign_figures_lock(delivery_id);
		locked = delivery_id;
	}
}

/* Locks the chunk the message is in now; it may have been cut or retried. */
static CampaignChunk *
lock_place(Target *target)
{
	int64		message_id = target->found->message_id;

	for (;;)
	{
		CampaignRows *rows;
		CampaignChunk *chunk;

		CHECK_FOR_INTERRUPTS();
		rows = campaign_query(&lock_chunk,
							  campaign_int8(target->found->chunk->chunk_id));
		if (rows->count > 0)
		{
			chunk = campaign_chunk_read(rows, 0);
			if (message_id >= chunk->first_id && message_id <= chunk->last_id &&
				chunk->results[message_id - chunk->first_id] !=
				CAMPAIGN_RESULT_RETRIED)
				return chunk;
		}
		target->found = campaign_person_message(target->recipient->delivery_id,
												target->recipient->recipient);
		if (target->found == NULL)
			return NULL;
	}
}

/* Withdraws the message if it waits, unless a sender has it. */
static void
withdraw(const Target *target, CampaignChunk *chunk,
		 CampaignForgotten *counts)
{
	TimestampTz now = campaign_clock_now();
	int64		position = target->found->message_id - chunk->first_id;
	CampaignOutcomes *outcomes;

	if (chunk->settled || chunk->results[position] != CAMPAIGN_RESULT_OPEN)
		return;
	if (chunk->lease != NULL && chunk->leased_until > now)
	{
		counts->leased++;
		return;
	}
	chunk->results[position] = CAMPAIGN_RESULT_WITHDRAWN;
	outcomes = campaign_outcomes_new(now);
	campaign_outcomes_add(outcomes, chunk->delivery_id,
						  target->found->message_id, chunk->attempts + 1,
						  "withdrawn", "forgotten");
	campaign_outcomes_write(outcomes);
	if (campaign_chunk_open(chunk) == 0)
		campaign_chunk_settle(chunk, now);
	campaign_chunk_update(chunk);
	counts->withdrawn++;
}

/* Blanks the message and all that was said about it. */
static void
blank(const Target *target, CampaignForgotten *counts)
{
	CampaignValue message_id = campaign_int8(target->found->message_id);
	const char *address = target->found->message.address;

	if (address != NULL && address[0] != '\0')
	{
		campaign_execute(&keep_suppressed,
						 campaign_text(target->recipient->channel),
						 campaign_text(address),
						 campaign_text(GetUserNameFromId(GetUserId(), false)));
		counts->messages += campaign_chunk_elsewhere(target->found->chunk) ?
			campaign_bucket_blank(target->found->message_id) :
			campaign_execute(&blank_message, message_id);
		if (!campaign_list_has(counts->addresses, address))
			counts->addresses = lappend(counts->addresses, pstrdup(address));
	}
	campaign_execute(&blank_outcomes, message_id);
	campaign_figures_unlink(target->found->message_id);
	counts->events += campaign_execute(&blank_events, message_id);
	campaign_figures_relink(target->found->message_id);
	campaign_execute(&delete_parked, message_id);
}

/* Orders by message. */
static int
compare_messages(const ListCell *a, const ListCell *b)
{
	int64		first = ((Target *) lfirst(a))->found->message_id;
	int64		second = ((Target *) lfirst(b))->found->message_id;

	return first == second ? 0 : first < second ? -1 : 1;
}

/*
 * Has nobody counted for the messages.  After all chunks are locked and in the
 * order of messages, because several chunks may be counted in one row.
 */
static void
discount(List *targets)
{
	int			nestlevel = campaign_chunk_planning_enter(true);
	ListCell   *cell;

	list_sort(targets, compare_messages);
	foreach(cell, targets)
	{
		const Target *target = lfirst(cell);

		campaign_execute(&blank_contacts,
						 campaign_int8(target->recipient->delivery_id),
						 campaign_int8(target->found->message_id));
	}
	campaign_settings_leave(nestlevel);
}

/* Forgets the messages of recipients, who come by delivery. */
void
campaign_queue_forget(List *recipients, CampaignForgotten *counts)
{
	List	   *targets = find_targets(recipients);
	List	   *forgotten = NIL;
	ListCell   *cell;

	lock_figures(targets);
	list_sort(targets, compare_targets);
	foreach(cell, targets)
	{
		Target	   *target = lfirst(cell);
		CampaignChunk *chunk = lock_place(target);
		int			nestlevel;

		if (chunk == NULL)
			continue;
		forgotten = lappend(forgotten, target);
		nestlevel = campaign_chunk_planning_enter(true);
		blank(target, counts);
		withdraw(target, chunk, counts);
		campaign_settings_leave(nestlevel);
	}
	discount(forgotten);
	CommandCounterIncrement();
}
