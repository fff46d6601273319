/*
 * transfer.c
 *		Definitions compared with each other, and brought from elsewhere.
 *
 * Names in a definition mean what they mean where it is taken: dimensions,
 * templates, rules, channels, roles.  campaign_define() takes what is not
 * there yet; who brings a campaign that worked elsewhere wants to know at
 * once what this database lacks.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "activity/option.h"
#include "activity/rule.h"
#include "activity/wording.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/sql.h"
#include "base/text.h"
#include "engine/check.h"
#include "engine/define.h"
#include "engine/transfer.h"
#include "queue/channel.h"
#include "store/difference.h"
#include "store/dimension.h"
#include "store/filter.h"
#include "store/privilege.h"
#include "store/rule.h"
#include "store/version.h"

/* Adds a string that is not there yet; NULL is none. */
static List *
add_name(List *names, const char *name)
{
	return name == NULL || campaign_list_has(names, name) ? names :
		lappend(names, (char *) name);
}

/* Dimensions that a graph names: its own and those of options. */
static List *
named_dimensions(const CampaignGraph *graph)
{
	List	   *names = list_make1(graph->campaign->dimension);
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);
		const CampaignKind *kind = campaign_kind_find(activity->kind);

		for (int i = 0; i < kind->noptions; i++)
		{
			if (kind->options[i].type == CAMPAIGN_OPTION_DIMENSION)
				names = add_name(names,
								 campaign_option_text(activity->options,
													  kind->options[i].name));
		}
	}
	return names;
}

/* Rules that a graph names. */
static List *
named_rules(const CampaignGraph *graph)
{
	List	   *names = NIL;
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, graph->activities)
	{
		foreach(inner, campaign_rule_names(lfirst(cell)))
			names = add_name(names, lfirst(inner));
	}
	return names;
}

/* ------------------------------- comparing ------------------------------ */

/* An activity whose texts are being written out. */
typedef struct Resolving
{
	const CampaignGraph *graph;
	const CampaignActivity *activity;
	Jsonb	   *options;
} Resolving;

/* Writes the texts of templates out; fails where one is missing. */
static void
resolve(void *arg)
{
	Resolving  *resolving = arg;

	resolving->options =
		campaign_wording_resolve(campaign_kind_find(resolving->activity->kind),
								 resolving->activity->options,
								 resolving->graph->campaign->owner);
}

/* The definition with other options of activity number i. */
static Jsonb *
with_options(const Jsonb *definition, int i, const Jsonb *options)
{
	Datum		path[3];

	path[0] = CStringGetTextDatum("activities");
	path[1] = CStringGetTextDatum(psprintf("%d", i));
	path[2] = CStringGetTextDatum("options");
	return DatumGetJsonbP(DirectFunctionCall4(jsonb_set,
											  JsonbPGetDatum(definition),
											  PointerGetDatum(construct_array(path, 3, TEXTOID, -1,
																			  false, TYPALIGN_INT)),
											  JsonbPGetDatum(options),
											  BoolGetDatum(true)));
}

/* What publishing would freeze the draft with; what is missing stays a name. */
static Jsonb *
draft_contents(CampaignRecord *record, List *dimensions)
{
	CampaignGraph *graph = campaign_graph_load(record, record->draft_id);
	Jsonb	   *definition = campaign_version_definition(record,
														 record->draft_id);
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		Resolving	resolving = {graph, lfirst(cell)};

		if (campaign_attempt(resolve, &resolving) == NULL)
			definition = with_options(definition, foreach_current_index(cell),
									  resolving.options);
	}
	foreach(cell, named_dimensions(graph))
		dimensions = add_name(dimensions, lfirst(cell));
	return campaign_contents_of(definition,
								campaign_dimension_freeze(record->owner,
														  dimensions),
								campaign_rule_freeze(record->owner,
													 named_rules(graph)));
}

/* One side of a comparison; other is the version on the other side. */
static Jsonb *
contents(CampaignRecord *record, int64 version_id, int64 other)
{
	Jsonb	   *dimensions = NULL;

	if (version_id != record->draft_id)
		return campaign_version_contents(version_id);
	if (other != record->draft_id)
		dimensions = campaign_object_document(campaign_version_contents(other),
											  "dimensions");
	return draft_contents(record, dimensions == NULL ? NIL :
						  campaign_object_keys(dimensions));
}

/* What differs between two versions. */
List *
campaign_transfer_compare(const char *campaign, int before, int after)
{
	CampaignRecord *record = campaign_record_require_for(campaign, false,
														 CAMPAIGN_PRIVILEGE_VIEW);
	int64		old = campaign_define_version(record, before);
	int64		new = campaign_define_version(record, after);

	return campaign_contents_compare(contents(record, old, new),
									 contents(record, new, old));
}

/* ------------------------------- importing ------------------------------ */

/* Dimensions that are not here. */
static List *
missing_dimensions(List *missing, const CampaignGraph *graph)
{
	ListCell   *cell;

	foreach(cell, named_dimensions(graph))
	{
		if (campaign_dimension_find(graph->campaign->owner,
									lfirst(cell)) == NULL)
			missing = lappend(missing,
							  psprintf("dimension \"%s\" does not exist",
									   (char *) lfirst(cell)));
	}
	return missing;
}

/* Rules that are not here. */
static List *
missing_rules(List *missing, const CampaignGraph *graph)
{
	List	   *known = NIL;
	ListCell   *cell;

	foreach(cell, campaign_rule_list(graph->campaign->owner))
		known = lappend(known, ((CampaignRule *) lfirst(cell))->name);
	foreach(cell, named_rules(graph))
	{
		if (!campaign_list_has(known, lfirst(cell)))
			missing = lappend(missing, psprintf("rule \"%s\" does not exist",
												(char *) lfirst(cell)));
	}
	return missing;
}

/* Channels that are not here. */
static List *
missing_channels(List *missing, const CampaignGraph *graph)
{
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);
		const char *channel;

		if (strcmp(campaign_kind_find(activity->kind)->category,
				   "channel") != 0)
			continue;
		channel = campaign_option_text(activity->options, "channel");
		if (channel != NULL && campaign_channel_find(channel) == NULL)
			missing = add_name(missing,
							   psprintf("channel \"%s\" does not exist",
										channel));
	}
	return missing;
}

/* Roles that are asked and are not here. */
static List *
missing_roles(List *missing, const CampaignGraph *graph)
{
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);
		const char *roles = strcmp(activity->kind, "approval") != 0 ? NULL :
			campaign_option_text(activity->options, "roles");

		foreach(inner, roles == NULL ? NIL : campaign_split_commas(roles))
		{
			if (!OidIsValid(get_role_oid(lfirst(inner), true)))
				missing = add_name(missing,
								   psprintf("role \"%s\", which activity \"%s\" asks, does not exist",
											(char *) lfirst(inner),
											activity->name));
		}
	}
	return missing;
}

/*
 * Saved filters that rules name, anywhere in the options.  Nothing behind a
 * dimension that is not here is analyzed, so they would come to light only
 * once it was made.
 */
static List *
named_filters(const CampaignGraph *graph)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT n ->> 'saved' COLLATE \"C\""
					   " FROM jsonb_path_query($1, '$.**') n"
					   " WHERE CASE WHEN jsonb_typeof(n) = 'object'"
					   " THEN jsonb_typeof(n -> 'saved') = 'string'"
					   " AND n - '{saved,parameters}'::text[] = '{}' END"
					   " ORDER BY 1");
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		const CampaignActivity *activity = lfirst(cell);
		CampaignRows *rows = campaign_query(&find,
											campaign_jsonb(activity->options));

		for (int i = 0; i < rows->count; i++)
			names = add_name(names, campaign_row_text(rows, i, 1));
	}
	return names;
}

/* Saved filters that are not here. */
static List *
missing_filters(List *missing, const CampaignGraph *graph)
{
	ListCell   *cell;

	foreach(cell, named_filters(graph))
	{
		if (campaign_filter_find(graph->campaign->owner, lfirst(cell)) == NULL)
			missing = lappend(missing,
							  psprintf("filter \"%s\" does not exist",
									   (char *) lfirst(cell)));
	}
	return missing;
}

/*
 * True if a problem is about something the campaign refers to; how its
 * activities are connected is nobody's concern until it is published.
 */
static bool
is_reference(const CampaignProblem *problem)
{
	static const char *const codes[] = {
		"bad_template", "bad_dimension", "bad_input", "bad_option",
		"bad_expression", "bad_variable"
	};

	for (int i = 0; i < lengthof(codes); i++)
	{
		if (strcmp(problem->code, codes[i]) == 0)
			return strcmp(problem->severity, "error") == 0;
	}
	return false;
}

/* True if one of the messages is the end of this one, or all of it. */
static bool
is_said(List *messages, const char *message)
{
	ListCell   *cell;

	foreach(cell, messages)
	{
		if (strstr(message, lfirst(cell)) != NULL)
			return true;
	}
	return false;
}

/* All that the draft needs and that is not here, as sentences' beginnings. */
static List *
find_missing(CampaignGraph *graph)
{
	List	   *missing = missing_dimensions(NIL, graph);
	ListCell   *cell;

	missing = missing_rules(missing, graph);
	missing = missing_filters(missing, graph);
	missing = missing_channels(missing, graph);
	missing = missing_roles(missing, graph);
	foreach(cell, campaign_check_graph(graph))
	{
		CampaignProblem *problem = lfirst(cell);

		if (!is_reference(problem) || is_said(missing, problem->message))
			continue;
		missing = lappend(missing, problem->activity == NULL ?
						  (char *) problem->message :
						  psprintf("%s: %s", problem->activity,
								   problem->message));
	}
	return missing;
}

/* Refuses a campaign that lacks something, naming all of it. */
static void
refuse_missing(const CampaignRecord *record, List *missing)
{
	StringInfoData detail;
	ListCell   *cell;

	if (missing == NIL)
		return;
	initStringInfo(&detail);
	foreach(cell, missing)
		appendStringInfo(&detail, "%s%s", foreach_current_index(cell) > 0 ?
						 "\n" : "", (char *) lfirst(cell));
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg_plural("campaign \"%s\" refers to %d thing that is not here",
						   "campaign \"%s\" refers to %d things that are not here",
						   list_length(missing), record->name,
						   list_length(missing)),
			 errdetail_internal("%s", detail.data),
			 errhint("Make them first; or take the definition as it is with campaign_define(), and look at campaign_check().")));
}

/* A new campaign from a definition that was exported elsewhere. */
char *
campaign_transfer_import(const Jsonb *definition, const char *name)
{
	char	   *created = campaign_define_new(definition, name);
	CampaignRecord *record = campaign_record_require(created, true);

	refuse_missing(record,
				   find_missing(campaign_graph_load(record,
													record->draft_id)));
	return created;
}
