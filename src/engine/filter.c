/*
 * filter.c
 *		Saving conditions under names.
 *
 * What has been published keeps a filter as it was then; drafts, and what is
 * published later, follow it as it is.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "activity/option.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/define.h"
#include "engine/filter.h"
#include "set/filter.h"

/* Analyzes the filter, which is saved by now, over the dimension's rows. */
static void
check_filter(const CampaignFilter *filter, CampaignTarget *target)
{
	CampaignScope scope = {.target = target};
	StringInfoData rule;
	CampaignExpression *expression;

	initStringInfo(&rule);
	appendStringInfoString(&rule, "{\"saved\": ");
	escape_json(&rule, filter->name);
	appendStringInfoChar(&rule, '}');
	expression = campaign_expression_parse(rule.data,
										   psprintf("filter \"%s\"",
													filter->name),
										   filter->search_path);
	expression->condition = true;
	expression->lenient = true;
	(void) campaign_expression_check(&scope, expression);
}

/* Saves a filter of the current user's. */
void
campaign_define_filter(CampaignFilter *filter)
{
	CampaignDimension *dimension = campaign_dimension_find(GetUserId(),
														   filter->dimension);

	if (!campaign_is_name(filter->name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not a name of a filter", filter->name),
				 errhint("Names have small letters, digits and underscores, do not begin with a digit, and are at most 63 long.")));
	if (dimension == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("dimension \"%s\" does not exist",
						filter->dimension),
				 errhint("%s Dimensions are declared with campaign_dimension().",
						 campaign_nearest_hint(filter->dimension,
											   campaign_dimension_names(GetUserId()),
											   "dimensions"))));
	filter->parameters = campaign_filter_parameters(filter->parameters);
	filter->search_path = campaign_search_path_current();
	(void) campaign_expression_parse(filter->condition,
									 psprintf("condition of filter \"%s\"",
											  filter->name),
									 filter->search_path);
	/* Saved first: only then one sees whether it is used within itself. */
	campaign_filter_save(filter);
	check_filter(filter, campaign_target_resolve(dimension));
}

/* Drops a filter of the current user's. */
void
campaign_define_unfilter(const char *name)
{
	List	   *uses = campaign_filter_uses(GetUserId(), name);

	if (uses != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("filter \"%s\" is used", name),
				 errdetail("It is used by %s.", campaign_list_join(uses)),
				 errhint("Change these first; what has been published has a copy of its own.")));
	if (campaign_filter_forget(GetUserId(), name))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("filter \"%s\" does not exist", name),
			 errhint("%s",
					 campaign_nearest_hint(name,
										   campaign_filter_names(GetUserId()),
										   "filters"))));
}
