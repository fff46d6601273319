/*
 * publish.c
 *		How a draft becomes a version.
 *
 * What a campaign is published with is copied into the version, so that what
 * somebody changes later changes no version.  Its hash says what it is: who
 * does not own the campaign publishes what he has seen, by its hash.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"

#include "activity/activity.h"
#include "activity/option.h"
#include "activity/rule.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/check.h"
#include "engine/define.h"
#include "engine/lifecycle.h"
#include "engine/publish.h"
#include "set/variable.h"
#include "store/dimension.h"
#include "store/log.h"
#include "store/privilege.h"
#include "store/rule.h"
#include "store/state.h"
#include "store/version.h"

/* Problems named in an error; all are in campaign_check(). */
#define NAMED_PROBLEMS	3

/* Refuses to publish while there are errors; names the first ones. */
static void
refuse_errors(const char *campaign, List *problems)
{
	List	   *named = NIL;
	int			errors = 0;
	ListCell   *cell;

	foreach(cell, problems)
	{
		CampaignProblem *problem = lfirst(cell);

		if (strcmp(problem->severity, "error") == 0 &&
			++errors <= NAMED_PROBLEMS)
			named = lappend(named, (char *) problem->message);
	}
	if (errors > 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg_plural("campaign \"%s\" has %d error",
							   "campaign \"%s\" has %d errors", errors,
							   campaign, errors),
				 errdetail("%s%s.", campaign_list_join(named),
						   errors > NAMED_PROBLEMS ? ", and others" : ""),
				 errhint("SELECT * FROM campaign_check(%s) shows all of them.",
						 quote_literal_cstr(campaign))));
}

/* Adds the name of the target's dimension, if there is one, unless it is there. */
static List *
add_dimension(List *names, const CampaignTarget *target)
{
	if (target == NULL || campaign_list_has(names, target->dimension->name))
		return names;
	return lappend(names, target->dimension->name);
}

/* Notes on every activity what its expressions refer to; gives the dimensions. */
static List *
collect_objects(CampaignGraph *graph)
{
	CampaignVariables *variables = campaign_variables_declared(graph->campaign->settings);
	List	   *dimensions = list_make1(graph->campaign->dimension);
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);
		CampaignScope scope = {0};

		campaign_scope_open(&scope, graph, activity, variables);
		campaign_scope_declare(&scope);
		activity->objects = campaign_activity_objects(&scope);
		dimensions = add_dimension(dimensions, scope.target);
		dimensions = add_dimension(dimensions, scope.person);
		dimensions = add_dimension(dimensions, scope.result);
	}
	return dimensions;
}

/* Names of the rules that activities name. */
static List *
named_rules(const CampaignGraph *graph)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, graph->activities)
		names = list_concat(names, campaign_rule_names(lfirst(cell)));
	return names;
}

/* Freezes a draft without errors, as the version of that number, 0: the next. */
int
campaign_publish_freeze(CampaignGraph *draft, int number)
{
	Oid			owner = draft->campaign->owner;
	Jsonb	   *dimensions;
	Jsonb	   *rules;

	refuse_errors(draft->campaign->name, campaign_check_graph(draft));
	dimensions = campaign_dimension_freeze(owner, collect_objects(draft));
	rules = campaign_rule_freeze(owner, named_rules(draft));
	if (number == 0)
		return campaign_version_publish(draft, dimensions, rules);
	campaign_version_freeze_part(draft, number, dimensions, rules);
	return number;
}

/*
 * Refuses what is not the version that was seen: somebody who does not own the
 * campaign must have seen one.
 */
static void
check_seen(const CampaignRecord *record, int number, const char *seen)
{
	if (seen == NULL)
	{
		if (!campaign_acts_for(record->owner))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the hash of what is to be published is missing"),
					 errhint("campaign_hash(%s) gives it; who does not own a campaign publishes what he has seen.",
							 quote_literal_cstr(record->name))));
		return;
	}
	if (strcmp(seen, campaign_version_hash(campaign_version_find(record->id,
																 number))) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("campaign \"%s\" is not what it was when its hash was taken",
						record->name),
				 errhint("campaign_diff(%s) shows what is to be published.",
						 quote_literal_cstr(record->name))));
}

/*
 * Freezes the draft as the next version, if it is the one with that hash;
 * gives its number.
 */
int
campaign_publish_draft(const char *campaign, const char *seen)
{
	CampaignRecord *record = campaign_record_require_for(campaign, true,
														 CAMPAIGN_PRIVILEGE_PUBLISH);
	CampaignGraph *draft = campaign_graph_load(record, record->draft_id);
	int			number;
	CampaignLogLine line = {
		.owner = record->owner,
		.campaign = record->name,
		.event = "publish"
	};

	if (strcmp(record->status, "archived") == 0)
		campaign_lifecycle_refuse_status(record, "publish");
	if (campaign_option_bool(record->settings, "template", false))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("cannot publish campaign \"%s\": it is a template",
						record->name),
				 errhint("campaign_duplicate(%s, name, parameters) makes a campaign of it.",
						 quote_literal_cstr(record->name))));
	number = campaign_publish_freeze(draft, 0);
	check_seen(record, number, seen);
	if (strcmp(record->status, "published") != 0)
		(void) campaign_state_move(CAMPAIGN_NOUN_CAMPAIGN, record->id, NULL,
								   "published", NULL);
	line.message = psprintf("version %d", number);
	campaign_log_add(&line);
	ForceSyncCommit();
	CAMPAIGN_FAULT("publish");
	return number;
}

/* What a hash is asked of: in, and out. */
typedef struct Hashing
{
	CampaignRecord *record;
	char	   *hash;
} Hashing;

/* Makes a version of the draft, to be undone. */
static void
hash_draft(void *arg)
{
	Hashing    *hashing = arg;
	CampaignRecord *record = hashing->record;
	int			number;

	number = campaign_publish_freeze(campaign_graph_load(record,
														 record->draft_id),
									 0);
	hashing->hash = campaign_version_hash(campaign_version_find(record->id,
																number));
}

/* The hash of a version; the draft is published in vain. */
char *
campaign_publish_hash(const char *campaign, int version)
{
	Hashing		hashing;

	hashing.record = campaign_record_require_for(campaign, version == 0,
												 CAMPAIGN_PRIVILEGE_VIEW);
	if (version != 0)
		return campaign_version_hash(campaign_define_version(hashing.record,
															 version));
	campaign_attempt_in_vain(hash_draft, &hashing);
	return hashing.hash;
}
