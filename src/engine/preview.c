/*
 * preview.c
 *		What one row of a dimension would get from an activity.
 *
 * Executors are connected as the owner; here somebody else may look, so the
 * owner's expressions are evaluated as in a security-restricted operation, and
 * in a subtransaction that is undone.
 */
#include "postgres.h"

#include "activity/delivery.h"
#include "activity/option.h"
#include "activity/wording.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/define.h"
#include "engine/lifecycle.h"
#include "engine/preview.h"
#include "queue/delivery.h"
#include "queue/person.h"
#include "store/run.h"

/* A preview in progress. */
typedef struct Previewing
{
	const CampaignPreviewRequest *request;
	CampaignGraph *graph;
	CampaignActivity *activity;
	CampaignPreview *preview;	/* what comes of it */
} Previewing;

/* The graph's activity of that name, if it sends messages. */
static CampaignActivity *
require_channel(const CampaignGraph *graph, const char *name)
{
	CampaignActivity *activity = campaign_graph_find(graph, name);

	if (activity == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("activity \"%s\" does not exist in campaign \"%s\"",
						name, graph->campaign->name),
				 errhint("%s",
						 campaign_nearest_hint(name,
											   campaign_activity_names(graph->version_id),
											   "activities"))));
	if (strcmp(campaign_kind_find(activity->kind)->category, "channel") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("activity \"%s\" sends no messages", name),
				 errhint("Name one of a kind of category \"channel\"; this one is of kind \"%s\".",
						 activity->kind)));
	return activity;
}

/* The activity's scope, with the values of variables a run would have. */
static void
open_scope(CampaignScope *scope, const Previewing *previewing)
{
	const Jsonb *settings = previewing->graph->campaign->settings;
	Jsonb	   *values = campaign_variables_bind(settings,
												 previewing->request->variables);
	ListCell   *cell;

	campaign_scope_open(scope, previewing->graph, previewing->activity,
						campaign_variables_of_run(settings, values));
	campaign_scope_declare(scope);
	foreach(cell, campaign_activity_expressions(scope))
		(void) campaign_expression_check(scope, lfirst(cell));
}

/* Evaluates and renders as the owner. */
static void
preview_as_owner(void *arg)
{
	Previewing *previewing = arg;
	CampaignTask task = {.key = previewing->request->key};
	CampaignIdentity identity;
	int			nestlevel;

	campaign_identity_assume(&identity, previewing->graph->campaign->owner);
	nestlevel = campaign_formats_enter();
	open_scope(&task.scope, previewing);
	previewing->preview = campaign_delivery_preview(&task);
	campaign_settings_leave(nestlevel);
	campaign_identity_leave(&identity);
}

/* What the row would get. */
CampaignPreview *
campaign_preview_message(const CampaignPreviewRequest *request)
{
	CampaignRecord *record = campaign_record_require(request->campaign, false);
	Previewing	previewing = {.request = request};
	CampaignActivity *activity;

	previewing.graph = campaign_graph_load(record,
										   campaign_define_version(record,
																   request->version));
	activity = require_channel(previewing.graph, request->activity);
	campaign_lifecycle_check_owner(record);
	if (!previewing.graph->frozen)
		activity->options =
			campaign_wording_resolve(campaign_kind_find(activity->kind),
									 activity->options, record->owner);
	previewing.activity = activity;
	campaign_attempt_in_vain(preview_as_owner, &previewing);
	if (!previewing.preview->found)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("there is no row with key \"%s\" in dimension \"%s\"",
						request->key,
						campaign_activity_dimension(previewing.graph,
													activity)),
				 errhint("Write the key as campaign.message shows it in column recipient.")));
	return previewing.preview;
}

/* Refuses a recipient that the delivery knows nothing of. */
static void
refuse_recipient(const CampaignRun *run, const char *activity,
				 const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("activity \"%s\" of run " INT64_FORMAT " has no message for \"%s\"",
					activity, run->id, key),
			 errhint("campaign.message and campaign.excluded show whom it has targeted by now.")));
}

/* The message in the queue that a recipient has. */
CampaignPreview *
campaign_preview_read(int64 run_id, const char *activity, const char *key)
{
	CampaignRun *run = campaign_run_require(run_id);
	CampaignGraph *graph = campaign_graph_load(campaign_record_by_id(run->campaign_id),
											   run->version_id);
	CampaignActivity *channel = require_channel(graph, activity);
	CampaignDelivery *delivery = campaign_delivery_find(run_id, activity);
	CampaignPreview *preview = palloc0(sizeof(CampaignPreview));
	CampaignPersonMessage *found;

	if (delivery == NULL)
		refuse_recipient(run, activity, key);
	preview->campaign = run->campaign;
	preview->activity = activity;
	preview->contents = campaign_content_parse(channel->kind,
											   channel->options);
	found = campaign_person_message(delivery->delivery_id, key);
	if (found != NULL)
		campaign_preview_render(preview, found);
	else
		preview->reason = campaign_person_exclusion(delivery->delivery_id,
													key);
	if (found == NULL && preview->reason == NULL)
		refuse_recipient(run, activity, key);
	return preview;
}
