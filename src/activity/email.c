/*
 * email.c
 *		email: an e-mail to every row of the population that may get one.
 */
#include "postgres.h"

#include "activity/delivery.h"

static const CampaignOption options[] = {
	{"subject", CAMPAIGN_OPTION_TEMPLATE, true, NULL,
	"One line of text with {{ expressions }}."},
	{"body", CAMPAIGN_OPTION_TEMPLATE, true, NULL,
	"HTML with {{ expressions }}, escaped for where they stand."},
	CAMPAIGN_DELIVERY_OPTIONS
};

const CampaignKind campaign_kind_email = {
	.name = "email",
	.category = "channel",
	.purpose = "Puts an e-mail for every row into the dispatch queue; the population goes on.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.expressions = campaign_delivery_expressions,
	.warn = campaign_delivery_warn,
	.run = campaign_delivery_run
};
