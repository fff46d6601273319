/*
 * news.c
 *		Telling whoever listens what becomes of runs: by NOTIFY.
 *
 * Every role of the database can listen, so errors are not told: their texts
 * may have people's data in them.  Who is told looks into the views.  Whom the
 * campaign wants told goes with it, so that a listener can pass it on.
 */
#include "postgres.h"

#include "commands/async.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/json.h"

#include "base/sql.h"
#include "store/news.h"

/* A notification's payload is shorter than that. */
#define PAYLOAD_BYTES	8000

/* Appends a member with a text, unless that is NULL. */
static void
append_member(StringInfo payload, const char *name, const char *text)
{
	if (text == NULL)
		return;
	appendStringInfo(payload, ", \"%s\": ", name);
	escape_json(payload, text);
}

/* Whom the campaign wants told, as a JSON array; NULL: nobody in particular. */
static char *
find_supervisors(const char *campaign)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT settings ->> 'supervisors'"
					   " FROM campaign.campaign WHERE name = $1");
	CampaignRows *rows = campaign_query(&find, campaign_text(campaign));

	return rows->count == 0 ? NULL : campaign_row_text(rows, 0, 1);
}

/* The payload with that many bytes of the message. */
static char *
build_payload(const CampaignNews *news, const char *supervisors, int length)
{
	StringInfoData payload;

	initStringInfo(&payload);
	appendStringInfoString(&payload, "{\"event\": ");
	escape_json(&payload, news->event);
	append_member(&payload, "campaign", news->campaign);
	appendStringInfo(&payload, ", \"run\": " INT64_FORMAT, news->run_id);
	append_member(&payload, "activity", news->activity);
	if (news->approval_id != 0)
		appendStringInfo(&payload, ", \"approval\": " INT64_FORMAT,
						 news->approval_id);
	append_member(&payload, "message", news->message == NULL ? NULL :
				  pnstrdup(news->message, length));
	if (supervisors != NULL)
		appendStringInfo(&payload, ", \"supervisors\": %s", supervisors);
	appendStringInfoChar(&payload, '}');
	return payload.data;
}

/* Notifies the channel. */
void
campaign_news_send(const char *channel, const CampaignNews *news)
{
	int			length = news->message == NULL ? 0 :
		pg_mbcliplen(news->message, strlen(news->message), PAYLOAD_BYTES);
	char	   *supervisors = find_supervisors(news->campaign);
	char	   *payload = build_payload(news, supervisors, length);

	/* Escapes make it longer than it looks, so it is tried. */
	while (strlen(payload) >= PAYLOAD_BYTES && length > 0)
	{
		length = pg_mbcliplen(news->message, length, length * 3 / 4);
		payload = build_payload(news, supervisors, length);
	}
	/* Better without them than not at all. */
	if (strlen(payload) >= PAYLOAD_BYTES)
		payload = build_payload(news, NULL, length);
	if (strlen(payload) < PAYLOAD_BYTES)
		Async_Notify(channel, payload);
}
