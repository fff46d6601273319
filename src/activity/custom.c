/*
 * custom.c
 *		custom: a message of any other channel for every row that may get one.
 */
#include "postgres.h"

#include "activity/delivery.h"

static const CampaignOption options[] = {
	{"attributes", CAMPAIGN_OPTION_TEMPLATES, false, NULL,
	"What the sender gets: names with texts with {{ expressions }}."},
	CAMPAIGN_DELIVERY_OPTIONS
};

const CampaignKind campaign_kind_custom = {
	.name = "custom",
	.category = "channel",
	.purpose = "Puts attributes of a message for every row into the dispatch queue; the population goes on.",
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
	.gather = campaign_delivery_gather
};
