/*
 * fusion.c
 *		Activities that are executed in one statement.
 *
 * What an activity selects is written for whoever reads it.  Where that is one
 * activity, which can go on at once and reads it once, the two are one
 * statement instead.  All that anybody sees of it is that they share a time:
 * what is not certain to be the same is executed one after the other.
 */
#include "postgres.h"

#include "activity/common.h"
#include "activity/count.h"
#include "base/settings.h"
#include "engine/fusion.h"
#include "engine/prepare.h"
#include "set/counter.h"

/* The only activity that reads what comes out of this one, or NULL. */
CampaignActivity *
campaign_fusion_reader(const CampaignActivity *activity)
{
	CampaignTransition *transition;

	if (list_length(activity->outbound) != 1)
		return NULL;
	transition = linitial(activity->outbound);
	if (strcmp(transition->outcome,
			   linitial(campaign_activity_outcomes(activity))) != 0)
		return NULL;
	return transition->target;
}

/* The same, if it reads nothing else. */
static CampaignActivity *
sole_reader(const CampaignActivity *activity)
{
	CampaignActivity *reader = campaign_fusion_reader(activity);

	return reader != NULL && list_length(reader->inbound) == 1 ? reader : NULL;
}

/*
 * True if the activity may be executed with the task, and its scope then.
 * Functions of the owner's find the same names as if it were alone, and its
 * expressions cannot ask for a count that is not known yet.
 */
bool
campaign_fusion_follows(CampaignActivity *reader, const CampaignTask *task,
						CampaignScope *scope)
{
	if (campaign_common_execution(reader) != CAMPAIGN_EXECUTION_NORMAL ||
		strcmp(reader->search_path, task->scope.activity->search_path) != 0)
		return false;
	campaign_scope_open(scope, task->scope.graph, reader,
						task->scope.variables);
	return strcmp(scope->target->dimension->name,
				  task->scope.target->dimension->name) == 0 &&
		!campaign_scope_counts(scope);
}

/* True if it may go on with the rows of the task. */
static bool
can_take(CampaignActivity *reader, const CampaignTask *task)
{
	const CampaignKind *kind = campaign_kind_find(reader->kind);
	CampaignScope scope;

	return kind->takes != NULL && campaign_fusion_follows(reader, task, &scope) &&
		kind->takes(&scope);
}

/*
 * Notes what comes out of the task's outcomes, without a population.  That for
 * errors is none of them.
 */
void
campaign_fusion_emit(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	CampaignOutlet outlet = {.capacity = -1};
	int			count = list_length(campaign_kind_find(activity->kind)->outcomes(activity->options));

	for (int i = 0; i < count; i++)
		campaign_task_emit(task, &outlet, i, true);
}

/* Prepares the table that who takes the rows writes them to, for who is next. */
static void
prepare_table(CampaignTask *task, CampaignPopulation *stream)
{
	CampaignOutlet outlet;

	campaign_task_outlet(task, &outlet, 0, campaign_population_added(stream));
	stream->name = outlet.population->name;
	stream->relation = outlet.population->relation;
	stream->places = outlet.places;
	((CampaignFlow *) linitial(task->outbound))->population = stream->name;
}

/* True if there is nothing to be seen of the task but what comes out of it. */
bool
campaign_fusion_plain(const CampaignTask *task)
{
	return campaign_enable_fusion && !task->keep &&
		(!task->rehearsal || task->together) &&
		campaign_common_execution(task->scope.activity) == CAMPAIGN_EXECUTION_NORMAL;
}

/* The prepared task of another activity of the run. */
CampaignTask *
campaign_fusion_task(const CampaignTask *task, const char *activity,
					 List *inbound, CampaignPopulation *stream)
{
	CampaignTask *next = palloc0(sizeof(CampaignTask));

	next->run = task->run;
	next->since = task->since;
	next->rehearsal = task->rehearsal;
	next->together = task->together;
	next->scope.graph = task->scope.graph;
	next->stream = stream;
	next->inbound = inbound;
	campaign_prepare(next, activity);
	return next;
}

/* Has the next task take the rows of this one, if it can. */
CampaignTask *
campaign_fusion_lend(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	const CampaignKind *kind = campaign_kind_find(activity->kind);
	CampaignActivity *reader = sole_reader(activity);
	CampaignPopulation *stream;

	if (!campaign_fusion_plain(task) || kind->stream == NULL ||
		reader == NULL || !can_take(reader, task))
		return NULL;
	stream = kind->stream(task);
	if (stream == NULL)
		return NULL;
	campaign_fusion_emit(task);
	if (campaign_kind_find(reader->kind)->passes && reader->outbound != NIL)
		prepare_table(task, stream);
	return campaign_fusion_task(task, reader->name,
								list_make1(linitial(task->outbound)), stream);
}

/* Notes what came in and what came out of the task. */
void
campaign_fusion_settle(CampaignTask *task, const CampaignTask *next)
{
	const CampaignKind *kind = campaign_kind_find(task->scope.activity->kind);
	const CampaignCounter *counter = next->stream->counter;
	int64		rows = ((CampaignFlow *) linitial(next->inbound))->rows;
	int64		came = counter == NULL ? rows : counter->came;

	/* What has a counter is passed by every row once: the reader knows, too. */
	if (counter != NULL && counter->passed != rows)
		elog(ERROR, "activity \"%s\" took " INT64_FORMAT " rows of " INT64_FORMAT,
			 next->scope.activity->name, rows, counter->passed);
	((CampaignFlow *) linitial(task->outbound))->rows = rows;
	if (kind->settle != NULL)
	{
		kind->settle(task, counter);
		return;
	}
	if (kind->divides)
		((CampaignFlow *) lsecond(task->outbound))->rows = came - rows;
	campaign_task_came(task, came);
}
