/*
 * prepare.c
 *		What a task is given before it is executed.
 *
 * Apart from the transaction it is executed in, because a task that is executed
 * in one statement with others is given the same without being taken.
 */
#include "postgres.h"

#include "activity/common.h"
#include "activity/count.h"
#include "activity/option.h"
#include "base/errors.h"
#include "engine/frozen.h"
#include "engine/prepare.h"

/* Sets the scope; the counts that its expressions ask for are those of now. */
static void
open_scope(CampaignTask *task, CampaignGraph *graph,
		   CampaignActivity *activity)
{
	CampaignVariables *variables;

	task->scope.graph = graph;
	task->scope.activity = activity;
	variables = campaign_variables_of_run(graph->campaign->settings,
										  task->run->variables);
	variables->run_id = task->run->id;
	variables->test = task->run->test;
	campaign_scope_open(&task->scope, graph, activity, variables);
	if (campaign_scope_counts(&task->scope))
	{
		task->scope.variables = campaign_variables_within(variables, graph);
		campaign_scope_count(&task->scope, campaign_flow_all(task->run->id));
	}
}

/* Sets scope and inbound flows; raises what has changed for the worse. */
void
campaign_prepare(CampaignTask *task, const char *name)
{
	/* A function of the owner's may rehearse while a run is executed. */
	CampaignGraph *graph = task->scope.graph != NULL ? task->scope.graph :
		task->rehearsal ? campaign_frozen_load(task->run) :
		campaign_frozen_graph(task->run);
	CampaignActivity *activity = campaign_graph_find(graph, name);

	campaign_ensure(activity != NULL, "activity \"%s\" is not in the graph",
					name);
	open_scope(task, graph, activity);
	if (task->stream == NULL)
		task->inbound = campaign_task_inbound(task->run->id,
											  task->run->version_id, name);
	campaign_scope_discover(&task->scope, task->inbound);
	if (campaign_common_execution(activity) == CAMPAIGN_EXECUTION_NORMAL)
		campaign_frozen_check(&task->scope);
	task->keep = (task->run->test && !task->together) ||
		campaign_option_bool(graph->campaign->settings, "keep_populations",
							 false);
}
