/*
 * frozen.c
 *		The graph a run was started with.
 *
 * It cannot change, so a process that executes one task of a run after the
 * other loads it once.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/errors.h"
#include "base/text.h"
#include "engine/check.h"
#include "engine/frozen.h"
#include "store/version.h"

/* The version of the last run this process executed: it cannot change. */
static MemoryContext cached_context = NULL;
static pg_uuid_t cached_uuid;
static CampaignGraph *cached_graph = NULL;

/* Loads the frozen graph of the run; verifies its hash. */
CampaignGraph *
campaign_frozen_load(const CampaignRun *run)
{
	if (!campaign_version_intact(run->version_id))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("version of run " INT64_FORMAT " is not as it was published",
						run->id),
				 errhint("Somebody changed tables of schema campaign by hand; stop the run and publish again.")));
	return campaign_graph_load(campaign_record_by_id(run->campaign_id),
							   run->version_id);
}

/* The frozen graph of the run that this process executes, loaded once. */
CampaignGraph *
campaign_frozen_graph(const CampaignRun *run)
{
	MemoryContext old;

	if (cached_graph != NULL &&
		memcmp(&cached_uuid, &run->uuid, sizeof(pg_uuid_t)) == 0)
		return cached_graph;
	if (cached_context == NULL)
		cached_context = AllocSetContextCreate(TopMemoryContext,
											   "campaign graph",
											   ALLOCSET_DEFAULT_SIZES);
	cached_graph = NULL;
	MemoryContextReset(cached_context);
	old = MemoryContextSwitchTo(cached_context);
	cached_graph = campaign_frozen_load(run);
	cached_uuid = run->uuid;
	MemoryContextSwitchTo(old);
	return cached_graph;
}

/* Refuses expressions that now mean something else than when published. */
void
campaign_frozen_check(const CampaignScope *scope)
{
	List	   *now = campaign_activity_objects(scope);
	List	   *changed = NIL;
	ListCell   *cell;

	foreach(cell, now)
	{
		if (!campaign_list_has(scope->activity->objects, lfirst(cell)))
			changed = lappend(changed, lfirst(cell));
	}
	if (changed == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("expressions of activity \"%s\" refer to other objects than when it was published",
					scope->activity->name),
			 errdetail("Now they refer to: %s.", campaign_list_join(changed)),
			 errhint("Undo the change and call campaign_retry(), or publish the campaign again.")));
}
