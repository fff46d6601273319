/*
 * push.c
 *		push: a notification to every row of the population that may get one.
 */
#include "postgres.h"

#include "activity/delivery.h"

static const CampaignOption options[] = {
	{"title", CAMPAIGN_OPTION_TEMPLATE, true, NULL,
	"One line of text with {{ expressions }}."},
	{"body", CAMPAIGN_OPTION_TEMPLATE, true, NULL,
	"Text with {{ expressions }}."},
	{"url", CAMPAIGN_OPTION_TEMPLATE, false, NULL,
	"Where a tap leads: one line with {{ expressions }}."},
	{"attributes", CAMPAIGN_OPTION_TEMPLATES, false, NULL,
	"What the notification carries: names with texts with {{ expressions }}."},
	CAMPAIGN_DELIVERY_OPTIONS
};

const CampaignKind campaign_kind_push = {
	.name = "push",
	.category = "channel",
	.purpose = "Puts a push notification for every row into the dispatch queue; the population goes on.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.expressions = campaign_delivery_expressions,
	.lack = campaign_delivery_lack,
	.check = campaign_delivery_check,
	.warn = campaign_delivery_warn,
	.run = campaign_delivery_run,
	.follow = campaign_delivery_follow,
	.takes = campaign_delivery_takes,
	.passes = true,
	.gathers = campaign_delivery_gathers,
	.gather = campaign_delivery_gather,
	.reads_expressions = true
};
