/*
 * direct_mail.c
 *		direct_mail: a line of a print file for every row that may get a letter.
 */
#include "postgres.h"

#include "activity/delivery.h"

static const CampaignOption options[] = {
	{"attributes", CAMPAIGN_OPTION_TEMPLATES, true, NULL,
	"What is printed: names with texts with {{ expressions }}."},
	CAMPAIGN_DELIVERY_OPTIONS
};

const CampaignKind campaign_kind_direct_mail = {
	.name = "direct_mail",
	.category = "channel",
	.purpose = "Puts what is to be printed for every row into the dispatch queue; the population goes on.",
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
