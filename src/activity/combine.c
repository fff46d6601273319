/*
 * combine.c
 *		combine: union, intersection or exclusion of any number of populations.
 *
 * A selecting kind, in one pass.  Every inbound population is a bit, and every
 * row gets a mask that says in which of them it is: by one aggregate over all
 * keys, or for an exclusion by joining the others to the primary set, so that
 * the larger part is only probed.  The operation is then a condition on the
 * mask, and counting rows by mask tells how the sets overlap.
 *
 * Where all sets are conditions on rows of a dimension, one pass over that gives
 * rows and masks; none of the sets is written then.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "activity/activity.h"
#include "activity/bring.h"
#include "activity/combine_select.h"
#include "activity/option.h"
#include "base/text.h"
#include "set/row.h"
#include "set/stream.h"

static const CampaignOption options[] = {
	{"operation", CAMPAIGN_OPTION_CHOICE, true, NULL,
		"Union: rows of any set; intersection: rows of all sets; exclusion: rows of the primary set that are in no other.",
	"union, intersection, exclusion"},
	{"primary_set", CAMPAIGN_OPTION_TRANSITION, false,
		"the first inbound transition",
	"The inbound transition from which the others are excluded, and which comes first."},
	{"priority", CAMPAIGN_OPTION_TRANSITIONS, false,
		"the order of connection",
	"Inbound transitions with commas between, in the order in which they fill max_rows and their added columns win."},
	{"by", CAMPAIGN_OPTION_VALUES, false, "the key",
	"Expressions, with commas between; rows of the sets that are equal in all of them count as the same."},
	{"max_rows", CAMPAIGN_OPTION_COUNT, false, "all",
	"How many rows come out at most: first those of the first set, then those of the next; drawn within a set."},
	{"seed", CAMPAIGN_OPTION_TEXT, false, "campaign.activity",
	"Text on which max_rows draws; the same seed draws the same rows."},
	{"rules", CAMPAIGN_OPTION_OBJECTS, false, NULL,
	"Array of objects, one for each set of another dimension than the primary set's: transition, and link (a path of links that leads there) or condition (over both rows)."}
};

/* What satisfies the operation, and what does not. */
enum
{
	OUTCOME_RESULT,
	OUTCOME_COMPLEMENT,
	OUTCOMES,
	/* rows of other dimensions that lead nowhere; with rules only */
	OUTCOME_LOST = OUTCOMES
};

/* What satisfies the operation, what does not, and what cannot. */
static List *
outcomes_of_combine(const Jsonb *given)
{
	List	   *outcomes = list_make2(pstrdup("result"), pstrdup("complement"));

	return campaign_option_objects(given, "rules") == NIL ? outcomes :
		lappend(outcomes, pstrdup("lost"));
}

/* The operation that was chosen. */
static CampaignOperation
read_operation(const Jsonb *given)
{
	char	   *word = campaign_option_text(given, "operation");

	return strcmp(word, "union") == 0 ? CAMPAIGN_OPERATION_UNION :
		strcmp(word, "intersection") == 0 ? CAMPAIGN_OPERATION_INTERSECTION :
		CAMPAIGN_OPERATION_EXCLUSION;
}

/* The names in option "priority". */
static List *
read_priority(const Jsonb *given)
{
	char	   *text = campaign_option_text(given, "priority");

	return text == NULL ? NIL : campaign_split_commas(text);
}

/* Refuses sets of different dimensions. */
static void
check_dimensions(const CampaignScope *scope)
{
	ListCell   *cell;

	foreach(cell, scope->activity->inbound)
	{
		CampaignActivity *source = ((CampaignTransition *) lfirst(cell))->source;
		char	   *dimension = campaign_transition_dimension(scope->graph,
															  lfirst(cell));

		if (strcmp(dimension, scope->target->dimension->name) != 0 &&
			!campaign_bringing_is_of(scope->activity,
									 foreach_current_index(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("combine \"%s\" cannot take sets of different dimensions",
							scope->activity->name),
					 errdetail("The rows of \"%s\" are of dimension \"%s\", others of dimension \"%s\".",
							   source->name, dimension,
							   scope->target->dimension->name),
					 errhint("Say in option \"rules\" how its rows lead to those of the primary set.")));
	}
}

/* Refuses to go on with rows of several dimensions. */
static void
check_lost(const CampaignScope *scope)
{
	ListCell   *cell;

	foreach(cell, scope->activity->outbound)
	{
		if (strcmp(((CampaignTransition *) lfirst(cell))->outcome, "lost") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("nothing can follow \"%s.lost\"",
							scope->activity->name),
					 errdetail("These rows are of other dimensions; they are only counted."),
					 errhint("Put a change_dimension before it, whose outcome \"lost\" has them.")));
	}
}

/* Refuses sets that do not come in, or too many, or of another dimension. */
static void
check_combine(const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;
	ListCell   *cell;

	if (list_length(scope->activity->inbound) > CAMPAIGN_MOST_SETS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("combine \"%s\" has more than %d inbound transitions",
						scope->activity->name, CAMPAIGN_MOST_SETS),
				 errhint("Combine the result of a combine where more are needed.")));
	campaign_scope_check_inbound(scope, "primary_set",
								 campaign_option_text(given, "primary_set"));
	foreach(cell, read_priority(given))
		campaign_scope_check_inbound(scope, "priority", lfirst(cell));
	check_dimensions(scope);
	(void) campaign_bringings_read(scope, NULL);
	check_lost(scope);
}

/* All expressions that are no options. */
static List *
expressions_of_combine(const CampaignScope *scope)
{
	return campaign_bringings_expressions(campaign_bringings_read(scope, NULL));
}

/* -------------------------------- sets ---------------------------------- */

/* Adds the inbound transition of that name unless it is there. */
static void
add_named(const CampaignActivity *activity, List **numbers, const char *name)
{
	int			number = name == NULL ? -1 :
		campaign_activity_inbound_number(activity, name);

	if (number >= 0)
		*numbers = list_append_unique_int(*numbers, number);
}

/* Numbers of the inbound transitions, first one first. */
static List *
ordered_sets(const CampaignActivity *activity)
{
	const Jsonb *given = activity->options;
	List	   *numbers = NIL;
	ListCell   *cell;

	add_named(activity, &numbers, campaign_option_text(given, "primary_set"));
	foreach(cell, read_priority(given))
		add_named(activity, &numbers, lfirst(cell));
	foreach(cell, activity->inbound)
		numbers = list_append_unique_int(numbers, foreach_current_index(cell));
	return numbers;
}

/* Sets the populations and their names, first one first. */
static void
set_sets(CampaignCombination *plan)
{
	const CampaignTask *task = plan->task;
	ListCell   *cell;

	foreach(cell, ordered_sets(task->scope.activity))
	{
		CampaignFlow *flow = list_nth(task->inbound, lfirst_int(cell));
		const CampaignBringing *bringing =
			campaign_bringing_find(plan->bringings, lfirst_int(cell));

		plan->names = lappend(plan->names, psprintf("%s.%s", flow->source,
													flow->outcome));
		if (task->stream == NULL)
			plan->sets = lappend(plan->sets, bringing == NULL ?
								 campaign_task_population(task, lfirst_int(cell)) :
								 campaign_bringing_population(task, plan->select,
															  bringing));
	}
}

/* Adds a set's columns to those of the sets before it. */
static List *
add_columns(List *known, List *columns)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		CampaignColumn *column = lfirst(cell);
		CampaignColumn *same = campaign_column_find(known, column->name);

		if (same == NULL)
			known = lappend(known, column);
		else if (same->type != column->type)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("added column \"%s\" is of type %s in one set and of type %s in another",
							column->name, format_type_be(same->type),
							format_type_be(column->type)),
					 errhint("Give the columns different names, or convert one of them.")));
	}
	return known;
}

/* The added columns that come out: those of any set, once each. */
static List *
merge_columns(const CampaignActivity *activity, List *inbound)
{
	List	   *columns = NIL;
	ListCell   *cell;

	foreach(cell, ordered_sets(activity))
	{
		if (foreach_current_index(cell) > 0 &&
			read_operation(activity->options) == CAMPAIGN_OPERATION_EXCLUSION)
			break;
		if (!campaign_bringing_is_of(activity, lfirst_int(cell)))
			columns = add_columns(columns, list_nth(inbound, lfirst_int(cell)));
	}
	return columns;
}

/* ------------------------------- overlaps ------------------------------- */

/* Pushes a string as key, value or element. */
static void
push_scalar(JsonbParseState **state, JsonbIteratorToken token,
			const char *text)
{
	JsonbValue	value = {.type = jbvString};

	value.val.string.val = (char *) text;
	value.val.string.len = strlen(text);
	pushJsonbValue(state, token, &value);
}

/*
 * Pushes one tally: {"rows": "10", "sets": ["a.result"]}; without sets where
 * it is one for the rest.
 */
static void
push_tally(JsonbParseState **state, const CampaignCombination *plan,
		   const CampaignTally *tally)
{
	ListCell   *cell;

	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_scalar(state, WJB_KEY, "rows");
	push_scalar(state, WJB_VALUE, psprintf(INT64_FORMAT, tally->rows));
	if (tally->value >= 0)
	{
		push_scalar(state, WJB_KEY, "sets");
		pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
		foreach(cell, plan->names)
		{
			int			bit = CAMPAIGN_COMBINE_ROUTING_BITS + foreach_current_index(cell);

			if ((tally->value & (INT64CONST(1) << bit)) != 0)
				push_scalar(state, WJB_ELEM, lfirst(cell));
		}
		pushJsonbValue(state, WJB_END_ARRAY, NULL);
	}
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* How many rows are in which sets. */
static Jsonb *
overlaps_of(const CampaignCombination *plan, List *tallies)
{
	JsonbParseState *state = NULL;
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	foreach(cell, tallies)
		push_tally(&state, plan, lfirst(cell));
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
}

/* Counts what leads nowhere: rows of other dimensions, which can go nowhere. */
static void
count_lost(CampaignTask *task, List *bringings)
{
	CampaignOutlet lost = {.capacity = -1};
	ListCell   *cell;

	foreach(cell, bringings)
		lost.rows += campaign_bringing_count_lost(task, lfirst(cell));
	campaign_task_emit(task, &lost, OUTCOME_LOST, true);
}

/* -------------------------------- rows ---------------------------------- */

/* Reads the options of the activity. */
static void
open_plan(CampaignCombination *plan, CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;

	memset(plan, 0, sizeof(*plan));
	plan->task = task;
	plan->select = campaign_task_select(task);
	plan->operation = read_operation(activity->options);
	plan->by = campaign_option_expressions(activity, "by");
	plan->added = task->scope.added;
	plan->bringings = campaign_bringings_read(&task->scope, task);
	set_sets(plan);
}

/* The sets of which a row must be in one to come out at all, as a mask. */
static int64
wanted_sets(const CampaignCombination *plan)
{
	return plan->operation == CAMPAIGN_OPERATION_EXCLUSION ? 1 :
		(INT64CONST(1) << list_length(plan->names)) - 1;
}

/* Notes how many rows came in of each set, which is known of tables. */
static void
note_inbound(const CampaignTask *task, const CampaignCounter *counter)
{
	ListCell   *cell;

	if (task->stream == NULL)
		return;
	foreach(cell, ordered_sets(task->scope.activity))
		((CampaignFlow *) list_nth(task->inbound, lfirst_int(cell)))->rows =
			counter->sets->rows[foreach_current_index(cell)];
}

/* Combines in one pass. */
static void
run_combine(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	CampaignCombination plan;
	CampaignOutlet outlets[OUTCOMES];
	List	   *tallies;

	open_plan(&plan, task);
	if (task->stream == NULL)
		campaign_combine_mask(&plan);
	else
	{
		plan.rows = *campaign_stream_sets(task->scope.target, task->stream,
										  wanted_sets(&plan), "true");
		plan.select->counters = plan.rows.counters;
	}
	campaign_combine_select(&plan);
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_outlet(task, &outlets[i], i, plan.added);
	outlets[OUTCOME_RESULT].capacity =
		campaign_option_count(activity->options, "max_rows", -1);
	campaign_sink_write_tallied(plan.select, outlets, OUTCOMES, &tallies);
	note_inbound(task, plan.rows.counter);
	task->overlaps = overlaps_of(&plan, tallies);
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_emit(task, &outlets[i], i, true);
	if (plan.bringings != NIL)
		count_lost(task, plan.bringings);
}

/* ---------------------- rows that are in no table ------------------------ */

/* True if a row comes out of it or not for the sets it is in, and no more. */
static bool
decides_by_sets(const CampaignActivity *activity)
{
	return campaign_option_expressions(activity, "by") == NIL &&
		campaign_option_objects(activity->options, "rules") == NIL;
}

/* Takes rows with masks. */
static bool
weave(const CampaignScope *scope, List **numbers)
{
	const CampaignActivity *activity = scope->activity;

	*numbers = ordered_sets(activity);
	return list_length(*numbers) <= CAMPAIGN_MOST_SETS &&
		decides_by_sets(activity);
}

/*
 * The rows of a union of tables, with their masks.  Only where a merge gives
 * them in the order of the dimension's table: who goes on with them wants them
 * so.  Other operations drop rows, which had better not be joined with the
 * dimension before.
 */
static CampaignPopulation *
stream_of_tables(CampaignCombination *plan)
{
	CampaignPopulation *rows = palloc(sizeof(CampaignPopulation));
	CampaignPopulation *stream;
	double		expected = 0;
	ListCell   *cell;

	if (plan->operation != CAMPAIGN_OPERATION_UNION ||
		!campaign_combine_in_order(plan->task->scope.target))
		return NULL;
	foreach(cell, plan->sets)
	{
		if (((CampaignPopulation *) lfirst(cell))->spread)
			return NULL;
		expected += campaign_population_rows(lfirst(cell));
	}
	campaign_combine_mask(plan);
	*rows = plan->rows;
	rows->expected = Max(expected, 1);
	stream = campaign_stream_over(rows, CAMPAIGN_ROW_LEFT);
	/* The mask goes along beside the columns. */
	stream->columns = list_truncate(list_copy(rows->columns),
									list_length(rows->columns) - 1);
	return stream;
}

/* Gives the rows that come out, unless there is a limit to them. */
static CampaignPopulation *
stream_combine(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	CampaignCombination plan;
	CampaignPopulation *stream = task->stream;

	if (!decides_by_sets(activity) ||
		campaign_option_count(activity->options, "max_rows", 0) > 0)
		return NULL;
	open_plan(&plan, task);
	if (stream == NULL)
		stream = stream_of_tables(&plan);
	if (stream == NULL)
		return NULL;
	return campaign_stream_sets(task->scope.target, stream,
								wanted_sets(&plan),
								campaign_combine_condition(&plan, "\"campaign.mask\""));
}

/* What did not pass is complement; the masks tell of overlaps. */
static void
settle_combine(CampaignTask *task, const CampaignCounter *counter)
{
	CampaignCombination plan;
	List	   *tallies = campaign_tallies_list(&counter->sets->masks);
	ListCell   *cell;

	open_plan(&plan, task);
	foreach(cell, tallies)
	{
		CampaignTally *tally = lfirst(cell);

		if (tally->value >= 0)
			tally->value <<= CAMPAIGN_COMBINE_ROUTING_BITS;
	}
	task->overlaps = overlaps_of(&plan, tallies);
	((CampaignFlow *) list_nth(task->outbound, OUTCOME_COMPLEMENT))->rows =
		counter->came - counter->passed;
	note_inbound(task, counter);
}

const CampaignKind campaign_kind_combine = {
	.name = "combine",
	.category = "targeting",
	.purpose = "Makes the union, intersection or exclusion of its inbound populations.",
	.min_inbound = 2,
	.max_inbound = -1,
	.outcome_names = "result, complement, lost",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_combine,
	.expressions = expressions_of_combine,
	.merge = merge_columns,
	.check = check_combine,
	.run = run_combine,
	.stream = stream_combine,
	.weaves = weave,
	.settle = settle_combine
};
