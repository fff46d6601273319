/*
 * erase.c
 *		Taking messages out of the dispatch queue.
 *
 * Messages have no foreign key, which would cost every one of them an index
 * entry; so what a cascade would do is done here.  It reads the whole queue:
 * campaigns are dropped seldom, and partitions go as a whole.
 */
#include "postgres.h"

#include "base/sql.h"
#include "queue/bucket.h"
#include "queue/erase.h"

#define DELIVERIES_OF_CAMPAIGN \
	"(SELECT d.delivery_id FROM campaign.delivery d" \
	" JOIN campaign.run r ON r.run_id = d.run_id WHERE r.campaign_id = $1)"

/* Deletes messages, exclusions, events and figures of all deliveries of a campaign. */
void
campaign_queue_erase(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(messages,
					   "DELETE FROM campaign.dispatch WHERE delivery_id IN "
					   DELIVERIES_OF_CAMPAIGN);
	CAMPAIGN_STATEMENT(exclusions,
					   "DELETE FROM campaign.exclusion WHERE delivery_id IN "
					   DELIVERIES_OF_CAMPAIGN);
	CAMPAIGN_STATEMENT(events,
					   "DELETE FROM campaign.event WHERE delivery_id IN "
					   DELIVERIES_OF_CAMPAIGN);
	CAMPAIGN_STATEMENT(figures,
					   "DELETE FROM campaign.figure WHERE delivery_id IN "
					   DELIVERIES_OF_CAMPAIGN);

	campaign_execute(&messages, campaign_int8(campaign_id));
	campaign_bucket_erase(campaign_id);
	campaign_execute(&exclusions, campaign_int8(campaign_id));
	campaign_execute(&events, campaign_int8(campaign_id));
	campaign_execute(&figures, campaign_int8(campaign_id));
}

/* Deletes messages, exclusions and events of one delivery, between bounds. */
static void
erase_delivery(int64 delivery_id, int64 first_id, int64 last_id)
{
	CAMPAIGN_STATEMENT(messages,
					   "DELETE FROM campaign.dispatch WHERE delivery_id = $1"
					   " AND message_id BETWEEN $2 AND $3");
	CAMPAIGN_STATEMENT(exclusions,
					   "DELETE FROM campaign.exclusion WHERE delivery_id = $1");
	CAMPAIGN_STATEMENT(events,
					   "DELETE FROM campaign.event WHERE delivery_id = $1"
					   " AND message_id BETWEEN $2 AND $3");

	campaign_execute(&messages, campaign_int8(delivery_id),
					 campaign_int8(first_id), campaign_int8(last_id));
	campaign_execute(&exclusions, campaign_int8(delivery_id));
	campaign_execute(&events, campaign_int8(delivery_id),
					 campaign_int8(first_id), campaign_int8(last_id));
}

/* Deletes those of one run. */
void
campaign_queue_erase_run(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT d.delivery_id, coalesce(min(c.first_id), 0),"
					   " coalesce(max(c.last_id), -1), d.distributed"
					   " FROM campaign.delivery d"
					   " LEFT JOIN campaign.chunk c USING (delivery_id)"
					   " WHERE d.run_id = $1 GROUP BY d.delivery_id");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));

	for (int i = 0; i < rows->count; i++)
	{
		int64		delivery_id = campaign_row_int8(rows, i, 1);
		int64		first_id = campaign_row_int8(rows, i, 2);
		int64		last_id = campaign_row_int8(rows, i, 3);

		erase_delivery(delivery_id, first_id, last_id);
		if (campaign_row_bool(rows, i, 4))
			campaign_bucket_delete(delivery_id, first_id, last_id);
	}
}
