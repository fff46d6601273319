/*
 * confirmation.c
 *		Deliveries that wait in the queue until somebody has looked at them.
 *
 * What they are judged by is how many messages there are, so it is known only
 * when they have been enqueued.
 */
#include "postgres.h"

#include <math.h>

#include "utils/timestamp.h"

#include "activity/confirmation.h"
#include "activity/notice.h"
#include "activity/option.h"
#include "store/news.h"

/* Why the messages must not go before somebody has looked; NULL: they may. */
char *
campaign_confirmation_reason(const CampaignTask *task,
							 const CampaignDelivery *delivery)
{
	const Jsonb *options = task->scope.activity->options;
	int64		most = campaign_option_count(options, "max_messages",
											 PG_INT64_MAX);
	int64		change = campaign_option_count(options, "expected_change", -1);
	int64		previous = change < 0 ? -1 :
		campaign_delivery_previous(task->run->id,
								   task->scope.activity->name);

	if (delivery->queued > most)
		return psprintf(INT64_FORMAT " messages, more than " INT64_FORMAT,
						delivery->queued, most);
	if (previous >= 0 && fabs((double) (delivery->queued - previous)) * 100 >
		(double) change * previous)
		return psprintf(INT64_FORMAT " messages after " INT64_FORMAT " in the last run, a change of more than " INT64_FORMAT " percent",
						delivery->queued, previous, change);
	if (campaign_option_bool(options, "confirm", false))
		return psprintf(INT64_FORMAT " messages", delivery->queued);
	return NULL;
}

/* Has the messages wait for campaign_confirm(), and the task with them. */
void
campaign_confirmation_wait(CampaignTask *task,
						   const CampaignDelivery *delivery,
						   const char *reason)
{
	campaign_delivery_hold(delivery->delivery_id);
	campaign_notice_send(task, CAMPAIGN_NEWS_CHANNEL, "confirmation needed",
						 reason, 0);
	task->wait_until = DT_NOEND;
}
