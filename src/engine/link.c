/*
 * link.c
 *		Declaring links.
 *
 * What has been published keeps a link as it was then; drafts, and what is
 * published later, follow it as it is.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "activity/option.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/define.h"
#include "set/link.h"

/* The current user's dimension of that name, as it is found now. */
static CampaignTarget *
find_target(const char *role, const char *name)
{
	CampaignDimension *dimension = campaign_dimension_find(GetUserId(), name);

	campaign_activity_check_dimension(name);
	if (dimension == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("dimension \"%s\", %s of the link, does not exist",
						name, role),
				 errhint("%s Dimensions are declared with campaign_dimension().",
						 campaign_nearest_hint(name,
											   campaign_dimension_names(GetUserId()),
											   "dimensions"))));
	return campaign_target_resolve(dimension);
}

/* Refuses names that the condition could not tell apart, or that mean else. */
static void
check_names(const CampaignLink *link)
{
	if (!campaign_is_name(link->name) || strcmp(link->name, "vars") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not a name of a link", link->name),
				 errhint("Names have small letters, digits and underscores, do not begin with a digit, are at most 63 long, and not \"vars\".")));
	if (strcmp(link->source, link->dimension) == 0 &&
		strcmp(link->source, link->name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("link \"%s\" has the name of the dimension it leads from and to",
						link->name),
				 errhint("In the condition its name stands for the row that it leads to; choose another one.")));
}

/* Refuses what no link says of how many rows a row leads to. */
static void
check_cardinality(const CampaignLink *link)
{
	if (strcmp(link->cardinality, CAMPAIGN_LINK_ONE) != 0 &&
		strcmp(link->cardinality, CAMPAIGN_LINK_ZERO_OR_ONE) != 0 &&
		strcmp(link->cardinality, CAMPAIGN_LINK_MANY) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized cardinality: \"%s\"", link->cardinality),
				 errhint("It is \"%s\", \"%s\" or \"%s\".", CAMPAIGN_LINK_ONE,
						 CAMPAIGN_LINK_ZERO_OR_ONE, CAMPAIGN_LINK_MANY)));
}

/* Declares a link of the current user's, or declares it anew. */
void
campaign_define_link(CampaignLink *link)
{
	CampaignScope scope = {0};
	CampaignTarget *target;
	check_names(link);
	check_cardinality(link);
	scope.target = find_target("source", link->source);
	target = find_target("target", link->dimension);
	link->source_relation = scope.target->relation;
	link->relation = target->relation;
	link->source_alias = link->source;
	link->alias = strcmp(link->source, link->dimension) == 0 ? link->name :
		link->dimension;
	link->search_path = campaign_search_path_current();
	(void) campaign_expression_check(&scope, campaign_link_condition(link));
	campaign_link_save(link);
}

/* Drops a declared link of the current user's. */
void
campaign_define_unlink(const char *name, const char *source)
{
	List	   *sources = campaign_link_sources(GetUserId(), name);

	if (source == NULL && list_length(sources) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is more than one link \"%s\"", name),
				 errhint("Name the dimension it leads from as well: %s.",
						 campaign_list_join(sources))));
	if (campaign_link_forget(GetUserId(), name, source) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 source == NULL ?
				 errmsg("there is no declared link \"%s\"", name) :
				 errmsg("there is no declared link \"%s\" from \"%s\"", name,
						source),
				 errhint("The view campaign.links shows them; those of foreign keys are there as long as the keys are.")));
}
