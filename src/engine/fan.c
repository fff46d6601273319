/*
 * fan.c
 *		What is behind several outcomes, in one statement.
 *
 * The rows of all outcomes come with the number of theirs.  Activities that do
 * the same behind several of them do it once, for the rows that have one of
 * those numbers; so it costs as much as it would before the outcomes part.  At
 * the end each row is handed to the delivery that is next on its way, or written
 * for whoever reads it there.
 */
#include "postgres.h"

#include "utils/jsonb.h"

#include "activity/live.h"
#include "base/text.h"
#include "engine/fan.h"
#include "engine/fusion.h"
#include "set/counter.h"
#include "set/row.h"
#include "set/stream.h"

/* The way of the rows of one outcome, as far as it is in the statement. */
typedef struct CampaignLane
{
	CampaignTask *task;			/* what they come out of now */
	int			outcome;		/* by which of its outcomes, from 0 */
	List	   *columns;		/* theirs, among those of the stream */
	List	   *tasks;			/* passed since the first one */
	bool		followed;		/* there is somebody to read them */
	CampaignTask *reader;		/* the only one, if he may be executed, too */
	CampaignOutlet outlet;		/* where they are written, if they are */
} CampaignLane;

/* ----------------------------- who is next ------------------------------- */

/* About how many rows come to the task at most; negative: not known. */
static double
rows_to_come(const CampaignTask *task)
{
	return task->stream != NULL ? campaign_target_rows(task->scope.target) :
		(double) ((CampaignFlow *) linitial(task->inbound))->rows;
}

/* What the lane's rows come out of by which outcome. */
static CampaignFlow *
lane_flow(const CampaignLane *lane)
{
	return list_nth(lane->task->outbound, lane->outcome);
}

/* The only activity that reads the lane's rows, or NULL. */
static CampaignActivity *
sole_reader(CampaignLane *lane)
{
	CampaignActivity *reader = NULL;
	const char *outcome = lane_flow(lane)->outcome;
	int			count = 0;
	ListCell   *cell;

	foreach(cell, lane->task->scope.activity->outbound)
	{
		CampaignTransition *transition = lfirst(cell);

		if (strcmp(transition->outcome, outcome) != 0)
			continue;
		reader = transition->target;
		count++;
	}
	lane->followed = count > 0;
	return count == 1 && list_length(reader->inbound) == 1 ? reader : NULL;
}

/* True if the kind can take the rows of a lane, for one purpose or the other. */
static bool
can_take(const CampaignKind *kind, const CampaignScope *scope, double rows)
{
	return (kind->shares != NULL && kind->takes(scope)) ||
		(kind->gathers != NULL && kind->gathers(scope, rows));
}

/* Finds who reads the rows of a lane, and prepares his task. */
static void
find_reader(const CampaignFan *fan, CampaignLane *lane)
{
	CampaignActivity *reader = sole_reader(lane);
	CampaignPopulation *stream;
	CampaignScope scope;

	lane->reader = NULL;
	if (reader == NULL ||
		!campaign_fusion_follows(reader, fan->task, &scope) ||
		!can_take(campaign_kind_find(reader->kind), &scope, fan->most_rows))
		return;
	stream = palloc(sizeof(CampaignPopulation));
	*stream = *fan->stream;
	stream->columns = lane->columns;
	stream->relation = InvalidOid;
	stream->places = NULL;
	lane->reader = campaign_fusion_task(fan->task, reader->name,
										list_make1(lane_flow(lane)), stream);
}

/* ------------------- the same behind several outcomes -------------------- */

/* The names of the columns that the task adds and that are read behind it. */
static List *
added_names(const CampaignTask *task)
{
	const CampaignKind *kind = campaign_kind_find(task->scope.activity->kind);
	List	   *columns = kind->columns(&task->scope);
	const char *outcome = linitial(campaign_activity_outcomes(task->scope.activity));
	List	   *names = NIL;
	ListCell   *cell;

	if (campaign_task_followed(task, outcome))
		columns = campaign_live_columns(task, outcome, columns);
	foreach(cell, columns)
		names = lappend(names, ((CampaignColumn *) lfirst(cell))->name);
	return names;
}

/* True if both are the same texts. */
static bool
same_names(const List *one, const List *other)
{
	ListCell   *left;
	ListCell   *right;

	if (list_length(one) != list_length(other))
		return false;
	forboth(left, one, right, other)
	{
		if (strcmp(lfirst(left), lfirst(right)) != 0)
			return false;
	}
	return true;
}

/* True if both would do the same to a row. */
static bool
do_the_same(const CampaignTask *one, const CampaignTask *other)
{
	return strcmp(one->scope.activity->kind, other->scope.activity->kind) == 0 &&
		compareJsonbContainers(&one->scope.activity->options->root,
							   &other->scope.activity->options->root) == 0 &&
		same_names(added_names(one), added_names(other));
}

/* The lanes whose readers do the same as that one's, as branches. */
static List *
find_same(const CampaignFan *fan, int number)
{
	const CampaignTask *reader = fan->lanes[number].reader;
	List	   *branches = NIL;

	if (reader == NULL ||
		campaign_kind_find(reader->scope.activity->kind)->shares == NULL)
		return NIL;
	for (int i = number; i < fan->noutcomes; i++)
	{
		CampaignBranch *branch;

		if (fan->lanes[i].reader == NULL ||
			!do_the_same(reader, fan->lanes[i].reader))
			continue;
		branch = palloc(sizeof(CampaignBranch));
		branch->outcome = i;
		branch->task = fan->lanes[i].reader;
		branches = lappend(branches, branch);
	}
	return branches;
}

/* True if a column that is new has the name of one that is there. */
static bool
has_twice(const CampaignPopulation *stream, const List *new)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, stream->columns)
		names = lappend(names, ((CampaignColumn *) lfirst(cell))->name);
	foreach(cell, new)
	{
		if (campaign_list_has(names, ((CampaignColumn *) lfirst(cell))->name))
			return true;
	}
	return false;
}

/* Has the rows of a lane come out of their reader. */
static void
pass_reader(CampaignFan *fan, CampaignLane *lane, List *columns)
{
	campaign_fusion_emit(lane->reader);
	lane->task = lane->reader;
	lane->tasks = lappend(lane->tasks, lane->task);
	lane->outcome = 0;
	lane->columns = list_concat_copy(lane->columns, columns);
	find_reader(fan, lane);
}

/* Has the tasks of the branches done once for all; false if they cannot be. */
static bool
share_branches(CampaignFan *fan, List *branches)
{
	CampaignBranch *first = linitial(branches);
	const CampaignKind *kind = campaign_kind_find(first->task->scope.activity->kind);
	CampaignFan group = *fan;
	CampaignTask task = *first->task;
	CampaignPopulation *stream;
	List	   *columns;
	ListCell   *cell;

	group.branches = branches;
	if (group.stream->levels == NIL)
		group.stream = campaign_stream_over(fan->stream, CAMPAIGN_ROW_LEFT);
	task.stream = group.stream;
	task.fan = &group;
	stream = kind->stream(&task);
	if (stream == NULL)
		return false;
	columns = list_copy_tail(stream->columns,
							 list_length(fan->stream->columns));
	if (has_twice(fan->stream, columns))
		return false;
	fan->stream = stream;
	fan->counters = lappend(fan->counters, stream->counter);
	fan->pays |= kind->shares(&task.scope);
	foreach(cell, branches)
		pass_reader(fan, &fan->lanes[((CampaignBranch *) lfirst(cell))->outcome],
					columns);
	return true;
}

/* Has what is done behind several outcomes done once; false if nothing is. */
static bool
share_same(CampaignFan *fan)
{
	for (int i = 0; i < fan->noutcomes; i++)
	{
		List	   *branches = find_same(fan, i);

		if (list_length(branches) > 1 && share_branches(fan, branches))
			return true;
	}
	return false;
}

/* ----------------------- where the rows go at the end -------------------- */

/* The place of a column among those of the stream. */
static int
find_place(const CampaignFan *fan, const void *column)
{
	ListCell   *cell;

	foreach(cell, fan->stream->columns)
	{
		if (lfirst(cell) == column)
			return foreach_current_index(cell);
	}
	elog(ERROR, "a column of the stream is not there");
}

/* Prepares the table that the rows of a lane are written to, if one is needed. */
static void
open_outlet(const CampaignFan *fan, CampaignLane *lane)
{
	List	   *added = list_copy_tail(lane->columns, fan->stream->nkeys);
	CampaignOutlet *outlet = &lane->outlet;
	int		   *places;

	campaign_task_outlet(lane->task, outlet, lane->outcome, added);
	if (outlet->population == NULL)
		return;
	places = palloc(sizeof(int) * list_length(outlet->population->columns));
	for (int i = 0; i < list_length(outlet->population->columns); i++)
		places[i] = find_place(fan, list_nth(lane->columns,
											 outlet->places == NULL ? i :
											 outlet->places[i]));
	outlet->places = places;
	lane_flow(lane)->population = outlet->population->name;
}

/* True if what is next are deliveries that can be executed together. */
static bool
can_gather(CampaignFan *fan)
{
	for (int i = 0; i < fan->noutcomes; i++)
	{
		const CampaignLane *lane = &fan->lanes[i];
		const CampaignKind *kind;

		if (!lane->followed)
			continue;
		kind = lane->reader == NULL ? NULL :
			campaign_kind_find(lane->reader->scope.activity->kind);
		if (kind == NULL || kind->gather == NULL ||
			(fan->gather != NULL && fan->gather != kind->gather))
			return false;
		fan->gather = kind->gather;
	}
	return fan->gather != NULL;
}

/*
 * Has the deliveries take the rows.  If something follows one, its rows are
 * written for that, and for nobody else.
 */
static void
open_branches(CampaignFan *fan)
{
	for (int i = 0; i < fan->noutcomes; i++)
	{
		CampaignLane *lane = &fan->lanes[i];
		CampaignBranch *branch;

		if (lane->reader == NULL)
			continue;
		branch = palloc(sizeof(CampaignBranch));
		branch->outcome = i;
		branch->task = lane->reader;
		fan->branches = lappend(fan->branches, branch);
		lane->tasks = lappend(lane->tasks, lane->reader);
		if (lane->reader->scope.activity->outbound == NIL ||
			!campaign_kind_find(lane->reader->scope.activity->kind)->passes)
			continue;
		open_outlet(fan, lane);
		lane->reader->stream->name = lane->outlet.population->name;
		lane->reader->stream->relation = lane->outlet.population->relation;
		lane->reader->stream->places = lane->outlet.places;
	}
}

/*
 * True if it pays to write the rows where they are now.  Those that are in a
 * table would be joined with the dimension for nothing where nothing was done.
 */
static bool
can_write(const CampaignFan *fan)
{
	for (int i = 0; i < fan->noutcomes; i++)
	{
		if (fan->task->stream == NULL && fan->lanes[i].tasks == NIL)
			return false;
	}
	return fan->pays;
}

/* Finds where all the rows go; false if it is better not to begin. */
static bool
open_ends(CampaignFan *fan)
{
	if (can_gather(fan))
		open_branches(fan);
	else if (can_write(fan))
	{
		fan->gather = NULL;
		for (int i = 0; i < fan->noutcomes; i++)
			open_outlet(fan, &fan->lanes[i]);
	}
	else
		return false;
	for (int i = 0; i < fan->noutcomes; i++)
		fan->tasks = list_concat(fan->tasks, fan->lanes[i].tasks);
	return true;
}

/* ------------------------------- the whole ------------------------------- */

/* One way for each outcome of the task; *whole is set if all are followed. */
static bool
open_lanes(CampaignFan *fan, bool *whole)
{
	bool		any = false;

	fan->lanes = palloc0(sizeof(CampaignLane) * fan->noutcomes);
	for (int i = 0; i < fan->noutcomes; i++)
	{
		CampaignLane *lane = &fan->lanes[i];
		CampaignActivity *reader;

		lane->task = fan->task;
		lane->outcome = i;
		reader = sole_reader(lane);
		any |= reader != NULL &&
			(campaign_kind_find(reader->kind)->shares != NULL ||
			 campaign_kind_find(reader->kind)->gather != NULL);
		*whole &= lane->followed;
	}
	return any;
}

/* Has the rows come with the numbers of their outcomes; false if they cannot. */
static bool
open_stream(CampaignFan *fan, bool whole)
{
	const CampaignKind *kind = campaign_kind_find(fan->task->scope.activity->kind);
	List	   *columns;

	fan->stream = kind->fan(fan->task, whole);
	if (fan->stream == NULL)
		return false;
	fan->number = list_length(fan->stream->columns) - 1;
	columns = list_truncate(list_copy(fan->stream->columns), fan->number);
	for (int i = 0; i < fan->noutcomes; i++)
	{
		fan->lanes[i].columns = columns;
		find_reader(fan, &fan->lanes[i]);
	}
	return true;
}

/* Has what is behind the outcomes of a task take its rows. */
CampaignFan *
campaign_fan_open(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	const CampaignKind *kind = campaign_kind_find(activity->kind);
	CampaignFan *fan = palloc0(sizeof(CampaignFan));
	bool		whole = true;

	if (kind->fan == NULL || !campaign_fusion_plain(task))
		return NULL;
	fan->task = task;
	fan->most_rows = rows_to_come(task);
	fan->noutcomes = list_length(kind->outcomes(activity->options));
	fan->rows = palloc0(sizeof(int64) * fan->noutcomes);
	campaign_fusion_emit(task);
	if (open_lanes(fan, &whole) && open_stream(fan, whole))
	{
		while (share_same(fan))
			;
		if (open_ends(fan))
			return fan;
	}
	task->outbound = NIL;
	return NULL;
}

/* Writes each row for who reads it where it is now. */
static void
write_rows(CampaignFan *fan)
{
	CampaignTarget *target = fan->task->scope.target;
	CampaignOutlet *outlets = palloc(sizeof(CampaignOutlet) * fan->noutcomes);
	CampaignSelect *select = campaign_task_select(fan->task);

	select->expressions = fan->stream->expressions;
	select->counters = fan->stream->counters;
	appendStringInfo(&select->text, "SELECT %s, ",
					 campaign_row_column(target, fan->stream, fan->number));
	campaign_row_columns(select, target, fan->stream);
	appendStringInfoString(&select->text, " FROM ");
	campaign_row_from(select, target, fan->stream, CAMPAIGN_ROW_LEFT);
	for (int i = 0; i < fan->noutcomes; i++)
		outlets[i] = fan->lanes[i].outlet;
	(void) campaign_sink_write(select, CAMPAIGN_ROUTE_NUMBER, outlets,
							   fan->noutcomes);
	for (int i = 0; i < fan->noutcomes; i++)
		fan->rows[i] = outlets[i].rows;
}

/* Notes how many rows went along a lane. */
static void
note_rows(const CampaignLane *lane, int64 rows)
{
	ListCell   *cell;

	lane_flow(lane)->rows = rows;
	foreach(cell, lane->tasks)
		campaign_task_came(lfirst(cell), rows);
}

/* Executes them, and notes how many rows came out of each. */
void
campaign_fan_execute(CampaignFan *fan)
{
	int64		rows = 0;
	ListCell   *cell;

	if (fan->gather != NULL)
		fan->gather(fan);
	else
		write_rows(fan);
	for (int i = 0; i < fan->noutcomes; i++)
	{
		note_rows(&fan->lanes[i], fan->rows[i]);
		rows += fan->rows[i];
	}
	/* What has a counter was passed by every row once. */
	foreach(cell, fan->counters)
	{
		if (((CampaignCounter *) lfirst(cell))->passed != rows &&
			!fan->task->together)
			elog(ERROR, "behind \"%s\" there were " INT64_FORMAT " rows of " INT64_FORMAT,
				 fan->task->scope.activity->name, rows,
				 ((CampaignCounter *) lfirst(cell))->passed);
	}
	campaign_task_came(fan->task, rows);
}
