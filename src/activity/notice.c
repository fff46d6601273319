/*
 * notice.c
 *		Telling people what a run has come to: by NOTIFY and in the log.
 *
 * Both belong to the task's transaction: an attempt that fails tells nobody,
 * and what is told has happened.
 */
#include "postgres.h"

#include "activity/notice.h"
#include "store/log.h"
#include "store/news.h"

/* Notifies the channel, unless it is a test, and adds a line to the log. */
void
campaign_notice_send(const CampaignTask *task, const char *channel,
					 const char *event, const char *message,
					 int64 approval_id)
{
	CampaignNews news = {
		.event = event,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.approval_id = approval_id,
		.message = message
	};
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = event,
		.message = message
	};

	if (!task->run->test)
		campaign_news_send(channel, &news);
	campaign_log_add(&line);
}
