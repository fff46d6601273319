/*
 * sms.c
 *		sms: a text message to every row of the population that may get one.
 */
#include "postgres.h"

#include "activity/delivery.h"
#include "activity/option.h"
#include "queue/content.h"

static const CampaignOption options[] = {
	{"body", CAMPAIGN_OPTION_TEMPLATE, true, NULL,
	"Text with {{ expressions }}."},
	{"max_segments", CAMPAIGN_OPTION_COUNT, false, "10",
	"Who would get a message of more segments gets none; at most 10."},
	CAMPAIGN_DELIVERY_OPTIONS
};

/* For messages: which of the texts it is about. */
static const char *
text_of(const CampaignMessageContent *content)
{
	return content->language == NULL ? "the text" :
		psprintf("the text of language \"%s\"", content->language);
}

/* Refuses a text that is too long for everybody. */
static void
check_text(const CampaignMessageContent *content)
{
	int			segments = campaign_content_segments(content);

	if (segments > 0 && segments <= content->max_segments)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s is too long", text_of(content)),
			 segments == 0 ? 0 :
			 errdetail("Without the values of its placeholders it takes %d segments; at most %d are allowed.",
					   segments, content->max_segments),
			 errhint("A message of one segment has up to 160 characters, 70 if any is outside of the alphabet of GSM.")));
}

/* Refuses what nobody could get. */
static void
sms_check(const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;
	ListCell   *cell;

	if (campaign_option_count(given, "max_segments", CAMPAIGN_MAX_SEGMENTS) >
		CAMPAIGN_MAX_SEGMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"max_segments\" must be at most %d",
						CAMPAIGN_MAX_SEGMENTS),
				 errhint("Split the text into several activities, or link to it.")));
	campaign_delivery_check(scope);
	foreach(cell, campaign_content_parse(scope->activity->kind, given))
		check_text(lfirst(cell));
}

/* A doubt: the message costs more than one. */
static List *
sms_warn(const CampaignScope *scope)
{
	List	   *warnings = campaign_delivery_warn(scope);
	ListCell   *cell;

	foreach(cell, campaign_content_parse(scope->activity->kind,
										 scope->activity->options))
	{
		const CampaignMessageContent *content = lfirst(cell);
		int			segments = campaign_content_segments(content);

		if (segments > 1)
			warnings = lappend(warnings,
							   campaign_warning("several_segments",
												psprintf("%s takes %d segments%s",
														 text_of(content),
														 segments,
														 content->expressions == NIL ? "" :
														 ", or more with the values of its placeholders"),
												"Each segment is sent, and charged, as a message; one has up to 160 characters, 70 if any is outside of the alphabet of GSM."));
	}
	return warnings;
}

const CampaignKind campaign_kind_sms = {
	.name = "sms",
	.category = "channel",
	.purpose = "Puts a text message for every row into the dispatch queue; the population goes on.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.expressions = campaign_delivery_expressions,
	.check = sms_check,
	.lack = campaign_delivery_lack,
	.warn = sms_warn,
	.run = campaign_delivery_run,
	.follow = campaign_delivery_follow,
	.takes = campaign_delivery_takes,
	.passes = true,
	.gathers = campaign_delivery_gathers,
	.gather = campaign_delivery_gather,
	.reads_expressions = true
};
