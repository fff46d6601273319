/*
 * notice.h
 *		Telling people what a run has come to: by NOTIFY and in the log.
 */
#ifndef CAMPAIGN_NOTICE_H
#define CAMPAIGN_NOTICE_H

#include "postgres.h"

#include "activity/activity.h"

/*
 * Notifies the channel at commit, with a JSON object of campaign, run,
 * activity, message and, unless it is 0, approval; and adds a line to the log.
 * The message is shortened to what a notification can take.
 */
extern void campaign_notice_send(const CampaignTask *task, const char *channel,
								 const char *event, const char *message,
								 int64 approval_id);

#endif							/* CAMPAIGN_NOTICE_H */
