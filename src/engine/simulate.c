/*
 * simulate.c
 *		What planned campaigns would do, without doing it.
 *
 * The campaigns are executed for real, in a subtransaction that is undone: so
 * the figures are those of the activities and the rules themselves, and what
 * one campaign uses up of a cap is missing for the next.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/attempt.h"
#include "base/errors.h"
#include "base/identity.h"
#include "engine/simulate.h"
#include "engine/step.h"
#include "queue/delivery.h"
#include "queue/enqueue.h"
#include "set/variable.h"
#include "store/graph.h"
#include "set/reckon.h"
#include "store/run.h"

typedef struct Simulation
{
	List	   *campaigns;		/* of char * */
	MemoryContext context;		/* of the results */
	List	   *results;		/* of CampaignSimulated * */
} Simulation;

/* Refuses who is not the owner. */
void
campaign_session_require_owner(const CampaignRecord *record, const char *verb)
{
	if (record->owner != GetUserId() || record->owner != GetSessionUserId())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only its owner may %s campaign \"%s\"", verb,
						record->name),
				 errdetail("Its expressions are evaluated in this session, with the rights of role \"%s\".",
						   record->owner_name),
				 errhint("Connect as that role.")));
}

/* The campaign, if the caller may have it executed in his session. */
static CampaignRecord *
require_own(const char *campaign)
{
	CampaignRecord *record = campaign_record_require(campaign, true);

	campaign_session_require_owner(record, "simulate");
	if (record->live_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("campaign \"%s\" is not published", record->name),
				 errhint("What is simulated is its newest version; publish it with campaign_publish().")));
	return record;
}

/* Adds a result, where the end of the subtransaction leaves it. */
static void
add_result(Simulation *simulation, const char *campaign,
		   const CampaignFate *fate)
{
	MemoryContext old = MemoryContextSwitchTo(simulation->context);
	CampaignSimulated *result = palloc(sizeof(CampaignSimulated));

	result->campaign = pstrdup(campaign);
	result->activity = pstrdup(fate->activity);
	result->reason = fate->reason == NULL ? NULL : pstrdup(fate->reason);
	result->recipients = fate->recipients;
	simulation->results = lappend(simulation->results, result);
	MemoryContextSwitchTo(old);
}

/* Runs one campaign. */
static void
run_campaign(Simulation *simulation, const char *campaign)
{
	CampaignRecord *record = require_own(campaign);
	CampaignGraph *graph = campaign_graph_load(record, record->live_id);
	int64		run_id;
	ListCell   *cell;

	run_id = campaign_run_create(graph, campaign_epoch_current(),
								 campaign_variables_bind(record->settings,
														 NULL), 0);
	if (campaign_reckon_missing(record->settings,
								campaign_run_find(run_id)->variables) != NIL)
		campaign_run_add_variables(run_id,
								   campaign_reckon(record->settings,
												   campaign_run_find(run_id)->variables));
	campaign_step_rehearse(run_id);
	foreach(cell, campaign_delivery_fates(run_id))
		add_result(simulation, record->name, lfirst(cell));
}

/* The part that is undone. */
static void
run_all(void *arg)
{
	Simulation *simulation = arg;
	ListCell   *cell;

	foreach(cell, simulation->campaigns)
		run_campaign(simulation, lfirst(cell));
}

/* Simulates campaigns. */
List *
campaign_simulate_all(List *campaigns)
{
	Simulation	simulation = {campaigns, CurrentMemoryContext, NIL};

	campaign_attempt_in_vain(run_all, &simulation);
	return simulation.results;
}
