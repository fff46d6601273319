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
#include "set/counter.h"

/* The only activity that reads what comes out of this one, or NULL. */
static CampaignActivity *
sole_reader(const CampaignActivity *activity)
{
	CampaignTransition *transition;

	if (list_length(activity->outbound) != 1)
		return NULL;
	transition = linitial(activity->outbound);
	if (strcmp(transition->outcome,
			   linitial(campaign_activity_outcomes(activity))) != 0 ||
		list_length(transition->target->inbound) != 1)
		return NULL;
	return transition->target;
}

/*
 * True if the activity may be executed with the task, and its scope then.
 * Functions of the owner's find the same names as if it were alone, and its
 * expressions cannot ask for a count that is not known yet.
 */
static bool
can_follow(CampaignActivity *reader, const CampaignTask *task,
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

	return kind->takes != NULL && can_follow(reader, task, &scope) &&
		kind->takes(&scope);
}

/* Notes what comes out of the task's outcomes, without a population. */
static void
emit(CampaignTask *task)
{
	CampaignOutlet outlet = {.capacity = -1};
	int			count = list_length(campaign_activity_outcomes(task->scope.activity));

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
static bool
is_plain(const CampaignTask *task)
{
	return campaign_enable_fusion && !task->keep && !task->rehearsal &&
		campaign_common_execution(task->scope.activity) == CAMPAIGN_EXECUTION_NORMAL;
}

/* Has the next task take the rows of this one, if it can. */
bool
campaign_fusion_lend(CampaignTask *task, CampaignTask *next)
{
	const CampaignActivity *activity = task->scope.activity;
	const CampaignKind *kind = campaign_kind_find(activity->kind);
	CampaignActivity *reader = sole_reader(activity);

	if (!is_plain(task) || kind->stream == NULL || reader == NULL ||
		!can_take(reader, task))
		return false;
	next->stream = kind->stream(task);
	if (next->stream == NULL)
		return false;
	emit(task);
	if (campaign_kind_find(reader->kind)->passes && reader->outbound != NIL)
		prepare_table(task, next->stream);
	next->run = task->run;
	next->scope.activity = reader;
	next->inbound = list_make1(linitial(task->outbound));
	return true;
}

/* Notes what came in and what came out of the task. */
void
campaign_fusion_settle(CampaignTask *task, const CampaignTask *next)
{
	const CampaignCounter *counter = next->stream->counter;
	int64		rows = ((CampaignFlow *) linitial(next->inbound))->rows;
	int64		came = counter == NULL ? rows : counter->came;

	/* What has a counter is passed by every row once: the reader knows, too. */
	if (counter != NULL && counter->passed != rows)
		elog(ERROR, "activity \"%s\" took " INT64_FORMAT " rows of " INT64_FORMAT,
			 next->scope.activity->name, rows, counter->passed);
	((CampaignFlow *) linitial(task->outbound))->rows = rows;
	if (campaign_kind_find(task->scope.activity->kind)->divides)
		((CampaignFlow *) lsecond(task->outbound))->rows = came - rows;
	campaign_task_came(task, came);
}

/* ----------------------- outcomes with their readers --------------------- */

/* About how many rows come to the task, or how many may. */
static double
rows_to_come(const CampaignTask *task)
{
	return task->stream != NULL ? campaign_target_rows(task->scope.target) :
		(double) ((CampaignFlow *) linitial(task->inbound))->rows;
}

/*
 * Finds the only reader of each outcome, NULL where there is none; false if
 * one has several, or there is another outcome.
 */
static bool
find_readers(const CampaignTask *task, CampaignActivity **readers)
{
	const CampaignActivity *activity = task->scope.activity;
	int			found = 0;
	ListCell   *cell;

	foreach(cell, campaign_activity_outcomes(activity))
	{
		CampaignActivity **reader = &readers[foreach_current_index(cell)];
		ListCell   *inner;

		*reader = NULL;
		foreach(inner, activity->outbound)
		{
			CampaignTransition *transition = lfirst(inner);

			if (strcmp(transition->outcome, lfirst(cell)) != 0)
				continue;
			if (*reader != NULL || list_length(transition->target->inbound) != 1)
				return false;
			*reader = transition->target;
			found++;
		}
	}
	return found > 0 && found == list_length(activity->outbound);
}

/* True if all of them may be executed together; sets what executes them. */
static bool
can_gather(const CampaignTask *task, CampaignActivity **readers,
		   CampaignFan *fan)
{
	double		rows = rows_to_come(task);

	for (int i = 0; i < fan->noutcomes; i++)
	{
		const CampaignKind *kind;
		CampaignScope scope;

		if (readers[i] == NULL)
			continue;
		kind = campaign_kind_find(readers[i]->kind);
		if (kind->gathers == NULL ||
			(fan->gather != NULL && fan->gather != kind->gather) ||
			!can_follow(readers[i], task, &scope) ||
			!kind->gathers(&scope, rows))
			return false;
		fan->gather = kind->gather;
	}
	return true;
}

/*
 * The task of a reader.  If something follows it, its rows are written for
 * that, and for nobody else.
 */
static CampaignTask *
open_branch(CampaignTask *task, const CampaignFan *fan, int number,
			CampaignActivity *reader)
{
	CampaignTask *branch = palloc0(sizeof(CampaignTask));
	CampaignFlow *flow = list_nth(task->outbound, number);
	CampaignPopulation *stream = palloc(sizeof(CampaignPopulation));

	*stream = *fan->stream;
	stream->columns = list_truncate(list_copy(fan->stream->columns),
									list_length(fan->stream->columns) - 1);
	stream->relation = InvalidOid;
	stream->places = NULL;
	if (campaign_kind_find(reader->kind)->passes && reader->outbound != NIL)
	{
		CampaignOutlet outlet;

		campaign_task_outlet(task, &outlet, number,
							 campaign_population_added(stream));
		stream->name = outlet.population->name;
		stream->relation = outlet.population->relation;
		stream->places = outlet.places;
		flow->population = stream->name;
	}
	branch->run = task->run;
	branch->scope.activity = reader;
	branch->inbound = list_make1(flow);
	branch->stream = stream;
	return branch;
}

/* Has the readers of a task's outcomes take its rows, if they can. */
CampaignFan *
campaign_fusion_fan(CampaignTask *task)
{
	const CampaignKind *kind = campaign_kind_find(task->scope.activity->kind);
	CampaignFan *fan = palloc0(sizeof(CampaignFan));
	CampaignActivity **readers;
	bool		whole = true;

	if (kind->fan == NULL || !is_plain(task))
		return NULL;
	fan->noutcomes = list_length(campaign_activity_outcomes(task->scope.activity));
	fan->rows = palloc0(sizeof(int64) * fan->noutcomes);
	readers = palloc(sizeof(CampaignActivity *) * fan->noutcomes);
	if (!find_readers(task, readers) || !can_gather(task, readers, fan))
		return NULL;
	for (int i = 0; i < fan->noutcomes; i++)
		whole = whole && readers[i] != NULL;
	fan->stream = kind->fan(task, whole);
	if (fan->stream == NULL)
		return NULL;
	emit(task);
	for (int i = 0; i < fan->noutcomes; i++)
	{
		CampaignBranch *branch = palloc(sizeof(CampaignBranch));

		if (readers[i] == NULL)
			continue;
		branch->outcome = i;
		branch->task = open_branch(task, fan, i, readers[i]);
		fan->branches = lappend(fan->branches, branch);
	}
	return fan;
}

/* Executes them, and notes how many rows came out of the task. */
void
campaign_fusion_gather(CampaignTask *task, CampaignFan *fan)
{
	int64		rows = 0;

	fan->gather(fan);
	for (int i = 0; i < fan->noutcomes; i++)
	{
		((CampaignFlow *) list_nth(task->outbound, i))->rows = fan->rows[i];
		rows += fan->rows[i];
	}
	campaign_task_came(task, rows);
}
