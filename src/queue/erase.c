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
#include "queue/erase.h"

#define DELIVERIES_OF_CAMPAIGN \
	"(SELECT d.delivery_id FROM campaign.delivery d" \
	" JOIN campaign.run r ON r.run_id = d.run_id WHERE r.campaign_id = $1)"

/* Deletes messages, exclusions and events of all deliveries of a campaign. */
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

	campaign_execute(&messages, campaign_int8(campaign_id));
	campaign_execute(&exclusions, campaign_int8(campaign_id));
	campaign_execute(&events, campaign_int8(campaign_id));
}
