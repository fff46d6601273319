/*
 * alert.c
 *		alert: says something to whoever listens, and passes the population on.
 *
 * A controlling kind.  Nobody has to answer, and nobody has to listen.
 */
#include "postgres.h"

#include "activity/notice.h"
#include "activity/option.h"
#include "activity/scalar.h"
#include "store/news.h"

static const CampaignOption options[] = {
	{"message", CAMPAIGN_OPTION_MESSAGE, true, NULL,
	"Text with {{ expressions }} over the run."},
	{"channel", CAMPAIGN_OPTION_TEXT, false, CAMPAIGN_NEWS_CHANNEL,
	"Name of the channel that is notified, as for LISTEN."}
};

/* The channel that is notified. */
static char *
channel_of_alert(const CampaignActivity *activity)
{
	char	   *channel = campaign_option_text(activity->options, "channel");

	return channel == NULL ? pstrdup(CAMPAIGN_NEWS_CHANNEL) : channel;
}

/* Refuses what NOTIFY would refuse. */
static void
check_alert(const CampaignScope *scope)
{
	char	   *channel = channel_of_alert(scope->activity);

	if (*channel == '\0' || strlen(channel) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"channel\" must have between 1 and %d bytes",
						NAMEDATALEN - 1),
				 errhint("It is the name that is given to LISTEN.")));
}

/* Says it. */
static void
run_alert(CampaignTask *task)
{
	campaign_notice_send(task, channel_of_alert(task->scope.activity), "alert",
						 campaign_scalar_render(task, "message"), 0);
	campaign_task_pass(task, 0);
}

const CampaignKind campaign_kind_alert = {
	.name = "alert",
	.category = "flow control",
	.purpose = "Says something by NOTIFY and in the log, and passes the population on.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.check = check_alert,
	.run = run_alert
};
