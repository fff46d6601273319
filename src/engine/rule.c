/*
 * rule.c
 *		Declaring rules.
 *
 * What has been published keeps a rule as it was then; drafts, and what is
 * published later, follow it as it is.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "activity/rule.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/define.h"

/* The current user's rule of that name; NULL if there is none. */
static CampaignRule *
find_rule(List *rules, const char *name)
{
	ListCell   *cell;

	foreach(cell, rules)
	{
		CampaignRule *rule = lfirst(cell);

		if (strcmp(rule->name, name) == 0)
			return rule;
	}
	return NULL;
}

/* Declares a rule of the current user's, or declares it anew. */
void
campaign_define_rule(const char *name, const char *kind, Jsonb *settings)
{
	CampaignRule rule = {0};
	CampaignRule *known = find_rule(campaign_rule_list(GetUserId()), name);

	if (!campaign_is_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not a name of a rule", name),
				 errhint("Names have small letters, digits and underscores, do not begin with a digit, and are at most 63 long.")));
	campaign_rule_check(kind, settings);
	if (known != NULL && strcmp(known->kind, kind) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rule \"%s\" is of kind \"%s\"", name, known->kind),
				 errhint("A rule keeps its kind; choose another name.")));
	rule.name = (char *) name;
	rule.kind = (char *) kind;
	rule.settings = settings;
	rule.search_path = campaign_search_path_current();
	(void) campaign_rule_expression(&rule);
	campaign_rule_save(&rule);
}

/* Drops a rule of the current user's. */
void
campaign_define_drop_rule(const char *name)
{
	List	   *names = NIL;
	ListCell   *cell;

	if (campaign_rule_forget(GetUserId(), name))
		return;
	foreach(cell, campaign_rule_list(GetUserId()))
		names = lappend(names, ((CampaignRule *) lfirst(cell))->name);
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("rule \"%s\" does not exist", name),
			 errhint("%s", campaign_nearest_hint(name, names, "rules"))));
}
