/*
 * notice.c
 *		Telling people what a run has come to: by NOTIFY and in the log.
 *
 * Both belong to the task's transaction: an attempt that fails tells nobody,
 * and what is told has happened.
 */
#include "postgres.h"

#include "commands/async.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/json.h"

#include "activity/notice.h"
#include "store/log.h"

/* A notification's payload is shorter than that. */
#define PAYLOAD_BYTES	8000

/* The payload with that many bytes of the message. */
static char *
build_payload(const CampaignTask *task, const char *message, int length,
			  int64 approval_id)
{
	StringInfoData payload;

	initStringInfo(&payload);
	appendStringInfoString(&payload, "{\"campaign\": ");
	escape_json(&payload, task->run->campaign);
	appendStringInfo(&payload, ", \"run\": " INT64_FORMAT ", \"activity\": ",
					 task->run->id);
	escape_json(&payload, task->scope.activity->name);
	if (approval_id != 0)
		appendStringInfo(&payload, ", \"approval\": " INT64_FORMAT,
						 approval_id);
	appendStringInfoString(&payload, ", \"message\": ");
	escape_json(&payload, pnstrdup(message, length));
	appendStringInfoChar(&payload, '}');
	return payload.data;
}

/* Notifies the channel, unless it is a test, and adds a line to the log. */
void
campaign_notice_send(const CampaignTask *task, const char *channel,
					 const char *event, const char *message,
					 int64 approval_id)
{
	int			length = pg_mbcliplen(message, strlen(message), PAYLOAD_BYTES);
	char	   *payload = build_payload(task, message, length, approval_id);
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = event,
		.message = message
	};

	/* Escapes make it longer than it looks, so it is tried. */
	while (strlen(payload) >= PAYLOAD_BYTES && length > 0)
	{
		length = pg_mbcliplen(message, length, length * 3 / 4);
		payload = build_payload(task, message, length, approval_id);
	}
	if (strlen(payload) < PAYLOAD_BYTES && !task->run->test)
		Async_Notify(channel, payload);
	campaign_log_add(&line);
}
