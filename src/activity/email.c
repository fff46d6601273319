/*
 * email.c
 *		email: an e-mail to every row of the population that may get one.
 */
#include "postgres.h"

#include "activity/delivery.h"
#include "activity/option.h"
#include "queue/content.h"

static const CampaignOption options[] = {
	{"subject", CAMPAIGN_OPTION_TEMPLATE, true, NULL,
	"One line of text with {{ expressions }}."},
	{"body", CAMPAIGN_OPTION_TEMPLATE, true, NULL,
	"HTML with {{ expressions }}, escaped for where they stand."},
	{"text", CAMPAIGN_OPTION_TEMPLATE, false, NULL,
	"The same as plain text with {{ expressions }}, for who reads no HTML."},
	CAMPAIGN_DELIVERY_OPTIONS
};

/* Where the word stands in a text, in upper or lower case; NULL: nowhere. */
static const char *
find_word(const char *text, const char *word)
{
	size_t		length = strlen(word);

	for (; *text != '\0'; text++)
	{
		if (pg_strncasecmp(text, word, length) == 0)
			return text;
	}
	return NULL;
}

/* True if a link in the literal text is one to unsubscribe by. */
static bool
has_unsubscribe_link(const char *body)
{
	while ((body = find_word(body, "href=")) != NULL)
	{
		const char *value = body + strlen("href=");
		size_t		length = strcspn(value + 1, *value == '\'' ? "'" : "\"");
		const char *found = find_word(value, "unsubscribe");

		if (found != NULL && found < value + 1 + length)
			return true;
		body = value;
	}
	return false;
}

/* True if the recipient is told how to get no more of them. */
static bool
can_unsubscribe(const CampaignMessageContent *content,
				const CampaignTemplate *body)
{
	ListCell   *cell;

	foreach(cell, content->expressions)
	{
		const CampaignTemplateExpression *expression = lfirst(cell);

		if (find_word(expression->text, "unsubscribe") != NULL)
			return true;
	}
	return find_word(campaign_template_text(body), "message.unsubscribe_url") != NULL ||
		has_unsubscribe_link(campaign_template_text(body));
}

/* For messages: which of the bodies it is about. */
static const char *
body_of(const CampaignMessageContent *content)
{
	return content->language == NULL ? "the body" :
		psprintf("the body of language \"%s\"", content->language);
}

/* Adds doubts about a body. */
static List *
warn_body(const CampaignScope *scope, const CampaignMessageContent *content,
		  List *warnings)
{
	const CampaignTemplate *body =
		campaign_content_part(content, CAMPAIGN_PLACE_BODY)->template;
	const char *tag = campaign_template_unclosed(body);

	if (tag != NULL)
		warnings = lappend(warnings,
						   campaign_warning("unclosed_tag",
											psprintf("%s does not close <%s>",
													 body_of(content), tag),
											"Mail programs differ in what they make of that; close it."));
	if (!campaign_delivery_is_transactional(scope) &&
		!can_unsubscribe(content, body))
		warnings = lappend(warnings,
						   campaign_warning("no_unsubscribe",
											psprintf("%s has no link to unsubscribe by",
													 body_of(content)),
											"Link to a page whose URL, or the expression that gives it, contains \"unsubscribe\", or make the category transactional."));
	return warnings;
}

/* Doubts that are not about who gets the mail. */
static List *
email_warn(const CampaignScope *scope)
{
	List	   *warnings = campaign_delivery_warn(scope);
	ListCell   *cell;

	foreach(cell, campaign_content_parse(scope->activity->kind,
										 scope->activity->options))
		warnings = warn_body(scope, lfirst(cell), warnings);
	return warnings;
}

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
	.lack = campaign_delivery_lack,
	.check = campaign_delivery_check,
	.warn = email_warn,
	.run = campaign_delivery_run,
	.follow = campaign_delivery_follow,
	.takes = campaign_delivery_takes,
	.passes = true,
	.gathers = campaign_delivery_gathers,
	.gather = campaign_delivery_gather,
	.reads_expressions = true
};
