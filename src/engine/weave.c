/*
 * weave.c
 *		Activities whose rows come together in one that reads nothing else.
 *
 * Where all of them select rows of one dimension, a single pass over that can
 * ask all their conditions, and gives each row with a bit for every activity
 * that would have selected it.  They have no order among them: whoever is
 * executed first takes the others.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "engine/fusion.h"
#include "engine/weave.h"
#include "set/row.h"
#include "set/stream.h"

/*
 * True if rows of the dimension come out of the activity, and go to the reader
 * alone.
 */
static bool
can_be_woven(CampaignActivity *activity, const CampaignActivity *reader,
			 const CampaignTask *task)
{
	const CampaignKind *kind = campaign_kind_find(activity->kind);
	CampaignTask probe = {.run = task->run};

	return kind->membership != NULL &&
		campaign_fusion_reader(activity) == reader &&
		campaign_fusion_follows(activity, task, &probe.scope) &&
		kind->membership(&probe, campaign_task_select(&probe));
}

/* The activities that may be executed beside the task, by name. */
List *
campaign_weave_find(const CampaignTask *task)
{
	CampaignActivity *own = task->scope.activity;
	CampaignActivity *reader = campaign_fusion_reader(own);
	List	   *beside = NIL;
	List	   *numbers;
	CampaignScope scope;
	ListCell   *cell;

	if (reader == NULL || !campaign_fusion_plain(task) ||
		campaign_kind_find(reader->kind)->weaves == NULL ||
		!campaign_fusion_follows(reader, task, &scope) ||
		!campaign_kind_find(reader->kind)->weaves(&scope, &numbers))
		return NIL;
	foreach(cell, reader->inbound)
	{
		CampaignActivity *source = ((CampaignTransition *) lfirst(cell))->source;

		/* The first to be executed decides for all. */
		if (!can_be_woven(source, reader, task) ||
			source->position < own->position)
			return NIL;
		if (source != own)
			beside = lappend(beside, source->name);
	}
	return beside;
}

/* Has the planner see the rows of the dimension, or those the task selects. */
static CampaignSelect *
select_membership(const CampaignTask *task, bool narrowed)
{
	const CampaignTarget *target = task->scope.target;
	CampaignSelect *select = campaign_task_select(task);

	appendStringInfo(&select->text, "SELECT true FROM %s AS %s",
					 campaign_row_item(target, NULL, CAMPAIGN_ROW_INNER),
					 quote_identifier(target->dimension->name));
	if (narrowed)
	{
		appendStringInfoString(&select->text, " WHERE ");
		(void) campaign_kind_find(task->scope.activity->kind)->membership(task, select);
	}
	return select;
}

/*
 * True if one pass over the dimension costs no more than one for each task.
 * That the rows need not be written and read again is not taken into account.
 */
static bool
is_worthwhile(List *tasks, const CampaignPopulation *stream)
{
	const CampaignTask *first = linitial(tasks);
	CampaignSelect *select = campaign_task_select(first);
	double		together;
	double		apart = 0;
	ListCell   *cell;

	select->expressions = stream->expressions;
	appendStringInfoString(&select->text, "SELECT * FROM ");
	campaign_row_from(select, first->scope.target, stream, CAMPAIGN_ROW_INNER);
	together = campaign_select_cost_subqueries(select);
	if (together < 0)
		return false;
	together += campaign_select_cost(select_membership(first, false));
	foreach(cell, tasks)
		apart += campaign_select_cost(select_membership(lfirst(cell), true));
	return together <= apart;
}

/* The task that executes the activity, or NULL. */
static CampaignTask *
find_task(List *tasks, const CampaignActivity *activity)
{
	ListCell   *cell;

	foreach(cell, tasks)
	{
		if (((CampaignTask *) lfirst(cell))->scope.activity == activity)
			return lfirst(cell);
	}
	return NULL;
}

/* The rows of the dimension, with a bit for each task that is theirs. */
static CampaignPopulation *
make_stream(List *tasks, List *inbound, List *numbers)
{
	const CampaignTask *first = linitial(tasks);
	CampaignSelect *mask = campaign_task_select(first);
	ListCell   *cell;

	foreach(cell, numbers)
	{
		const CampaignTransition *transition = list_nth(inbound, lfirst_int(cell));
		const CampaignTask *task = find_task(tasks, transition->source);
		int			bit = foreach_current_index(cell);

		appendStringInfo(&mask->text, "%sCASE WHEN ", bit > 0 ? " + " : "");
		if (task == NULL ||
			!campaign_kind_find(task->scope.activity->kind)->membership(task, mask))
			return NULL;
		appendStringInfo(&mask->text,
						 " THEN " INT64_FORMAT "::pg_catalog.int8 ELSE 0 END",
						 INT64CONST(1) << bit);
	}
	return campaign_stream_masked(first->scope.target, mask);
}

/* The prepared tasks of the task and the others, the task first. */
static List *
prepare_tasks(CampaignTask *task, List *others)
{
	List	   *tasks = list_make1(task);
	ListCell   *cell;

	foreach(cell, others)
		tasks = lappend(tasks, campaign_fusion_task(task, lfirst(cell), NIL,
													NULL));
	return tasks;
}

/* The prepared task that takes the rows of all of them, or NULL. */
CampaignTask *
campaign_weave(CampaignTask *task, List *others, List **beside)
{
	CampaignActivity *reader = campaign_fusion_reader(task->scope.activity);
	List	   *tasks = prepare_tasks(task, others);
	CampaignPopulation *stream;
	CampaignScope scope;
	List	   *inbound = NIL;
	List	   *numbers;
	ListCell   *cell;

	if (!campaign_fusion_follows(reader, task, &scope) ||
		!campaign_kind_find(reader->kind)->weaves(&scope, &numbers))
		return NULL;
	stream = make_stream(tasks, reader->inbound, numbers);
	if (stream == NULL || !is_worthwhile(tasks, stream))
		return NULL;
	foreach(cell, reader->inbound)
	{
		CampaignTask *source = find_task(tasks, ((CampaignTransition *) lfirst(cell))->source);

		campaign_fusion_emit(source);
		inbound = lappend(inbound, linitial(source->outbound));
	}
	*beside = list_delete_first(tasks);
	return campaign_fusion_task(task, reader->name, inbound, stream);
}
