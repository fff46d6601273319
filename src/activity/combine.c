/*
 * combine.c
 *		combine: union, intersection or exclusion of any number of populations.
 *
 * A selecting kind, in one pass.  Every inbound population is a bit, and every
 * row gets a mask that says in which of them it is: by one aggregate over all
 * keys, or for an exclusion by joining the others to the primary set, so that
 * the larger part is only probed.  The operation is then a condition on the
 * mask, and counting rows by mask tells how the sets overlap.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "activity/activity.h"
#include "activity/bring.h"
#include "activity/option.h"
#include "base/text.h"
#include "set/row.h"

/* Sets are bits of a bigint, beside two that route. */
#define MOST_SETS		60
#define ROUTING_BITS	2

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

typedef enum Operation
{
	OPERATION_UNION,
	OPERATION_INTERSECTION,
	OPERATION_EXCLUSION
} Operation;

/* What the select is made of. */
typedef struct Plan
{
	CampaignTask *task;
	CampaignSelect *select;
	Operation	operation;
	List	   *sets;			/* of CampaignPopulation *, first one first */
	List	   *names;			/* of char *, the same order */
	List	   *added;			/* of CampaignColumn * */
	List	   *by;				/* of CampaignExpression *; NIL: the key */
	List	   *bringings;		/* of CampaignBringing * */
	CampaignPopulation rows;	/* all rows with their mask, as a subquery */
} Plan;

/* What satisfies the operation, what does not, and what cannot. */
static List *
outcomes_of_combine(const Jsonb *given)
{
	List	   *outcomes = list_make2(pstrdup("result"), pstrdup("complement"));

	return campaign_option_objects(given, "rules") == NIL ? outcomes :
		lappend(outcomes, pstrdup("lost"));
}

/* The operation that was chosen. */
static Operation
read_operation(const Jsonb *given)
{
	char	   *word = campaign_option_text(given, "operation");

	return strcmp(word, "union") == 0 ? OPERATION_UNION :
		strcmp(word, "intersection") == 0 ? OPERATION_INTERSECTION :
		OPERATION_EXCLUSION;
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

	if (list_length(scope->activity->inbound) > MOST_SETS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("combine \"%s\" has more than %d inbound transitions",
						scope->activity->name, MOST_SETS),
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

/* Sets the populations, first one first. */
static void
set_sets(Plan *plan)
{
	const CampaignTask *task = plan->task;
	ListCell   *cell;

	foreach(cell, ordered_sets(task->scope.activity))
	{
		CampaignFlow *flow = list_nth(task->inbound, lfirst_int(cell));

		const CampaignBringing *bringing =
			campaign_bringing_find(plan->bringings, lfirst_int(cell));

		plan->sets = lappend(plan->sets, bringing == NULL ?
							 campaign_task_population(task, lfirst_int(cell)) :
							 campaign_bringing_population(task, plan->select,
														  bringing));
		plan->names = lappend(plan->names, psprintf("%s.%s", flow->source,
													flow->outcome));
	}
}

/* The column of that name among those, or NULL. */
static CampaignColumn *
find_column(List *columns, const char *name)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		if (strcmp(((CampaignColumn *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	}
	return NULL;
}

/* Adds a set's columns to those of the sets before it. */
static List *
add_columns(List *known, List *columns)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		CampaignColumn *column = lfirst(cell);
		CampaignColumn *same = find_column(known, column->name);

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
			read_operation(activity->options) == OPERATION_EXCLUSION)
			break;
		if (!campaign_bringing_is_of(activity, lfirst_int(cell)))
			columns = add_columns(columns, list_nth(inbound, lfirst_int(cell)));
	}
	return columns;
}

/* --------------------------- rows with masks ---------------------------- */

/* Appends the key's columns of an item of FROM. */
static void
append_key(StringInfo text, const CampaignTarget *target, const char *alias)
{
	ListCell   *cell;

	foreach(cell, target->key)
		appendStringInfo(text, "%s%s.%s",
						 foreach_current_index(cell) > 0 ? ", " : "", alias,
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
}

/*
 * A set that joins to at most one row.  Only what an audience rejected for its
 * key has a key twice, and only where no index proves that there is none.
 */
static char *
unique_rows(const CampaignTarget *target, const CampaignPopulation *set)
{
	StringInfoData text;

	if (target->unique)
		return set->source;
	initStringInfo(&text);
	appendStringInfoString(&text, "(SELECT DISTINCT ON (");
	append_key(&text, target, "p");
	appendStringInfo(&text, ") p.* FROM %s AS p)", set->source);
	return text.data;
}

/* Appends an added column: the first set that has row and column gives it. */
static void
append_added(StringInfo text, const Plan *plan, const CampaignColumn *column)
{
	const char *name = quote_identifier(column->name);
	ListCell   *cell;

	if (plan->operation == OPERATION_EXCLUSION && plan->by == NIL)
	{
		appendStringInfo(text, ", k.%s", name);
		return;
	}
	appendStringInfoString(text, ", CASE");
	foreach(cell, plan->sets)
	{
		int			number = foreach_current_index(cell);

		if (find_column(campaign_population_added(lfirst(cell)),
						column->name) != NULL)
			appendStringInfo(text, " WHEN k.\"campaign.mask\" & " INT64_FORMAT
							 " <> 0 THEN i%d.%s",
							 INT64CONST(1) << number, number, name);
	}
	appendStringInfo(text, " END AS %s", name);
}

/* Appends every key once, with the bits of the sets it is in. */
static void
append_masks(StringInfo text, const Plan *plan)
{
	const CampaignTarget *target = plan->task->scope.target;
	ListCell   *cell;

	appendStringInfoString(text, "(SELECT ");
	append_key(text, target, "u");
	appendStringInfoString(text, ", pg_catalog.bit_or(u.\"campaign.bit\") AS \"campaign.mask\" FROM (");
	foreach(cell, plan->sets)
	{
		const CampaignPopulation *set = lfirst(cell);
		int			number = foreach_current_index(cell);

		appendStringInfo(text, "%sSELECT ", number > 0 ? " UNION ALL " : "");
		append_key(text, target, "p");
		appendStringInfo(text, ", " INT64_FORMAT
						 "::pg_catalog.int8 AS \"campaign.bit\" FROM %s AS p",
						 INT64CONST(1) << number, set->source);
	}
	appendStringInfoString(text, ") AS u GROUP BY ");
	append_key(text, target, "u");
	appendStringInfoString(text, ") AS k");
}

/* Appends " LEFT JOIN set". */
static void
append_set(StringInfo text, const Plan *plan, int number)
{
	const CampaignTarget *target = plan->task->scope.target;
	char	   *alias = psprintf("i%d", number);

	appendStringInfo(text, " LEFT JOIN %s AS %s ON %s",
					 unique_rows(target, list_nth(plan->sets, number)), alias,
					 campaign_row_match(target, alias, "k"));
}

/* All rows of all sets, each once, with mask and added columns. */
static char *
rows_of_all(const Plan *plan)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, "(SELECT ");
	append_key(&text, plan->task->scope.target, "k");
	foreach(cell, plan->added)
		append_added(&text, plan, lfirst(cell));
	appendStringInfoString(&text, ", k.\"campaign.mask\" FROM ");
	append_masks(&text, plan);
	foreach(cell, plan->sets)
	{
		/* Without added columns the keys are all there is to it. */
		if (campaign_population_added(lfirst(cell)) != NIL)
			append_set(&text, plan, foreach_current_index(cell));
	}
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* The rows of the primary set, with the bits of the others they are in. */
static char *
rows_of_primary(const Plan *plan)
{
	StringInfoData text;
	const CampaignTarget *target = plan->task->scope.target;
	const char *name = quote_identifier(((CampaignColumn *) linitial(target->key))->name);
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, "(SELECT ");
	append_key(&text, target, "k");
	foreach(cell, plan->added)
		append_added(&text, plan, lfirst(cell));
	appendStringInfoString(&text, ", 1::pg_catalog.int8");
	for (int i = 1; i < list_length(plan->sets); i++)
		appendStringInfo(&text, " + CASE WHEN i%d.%s IS NULL THEN 0 ELSE "
						 INT64_FORMAT " END", i, name, INT64CONST(1) << i);
	appendStringInfo(&text, " AS \"campaign.mask\" FROM %s AS k",
					 ((CampaignPopulation *) linitial(plan->sets))->source);
	for (int i = 1; i < list_length(plan->sets); i++)
		append_set(&text, plan, i);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* Sets the rows with their mask: a population that is a subquery. */
static void
set_rows(Plan *plan)
{
	const CampaignTarget *target = plan->task->scope.target;
	CampaignColumn *mask = palloc0(sizeof(CampaignColumn));

	mask->name = "campaign.mask";
	mask->type = INT8OID;
	mask->typmod = -1;
	plan->rows.source =
		plan->operation == OPERATION_EXCLUSION && plan->by == NIL ?
		rows_of_primary(plan) : rows_of_all(plan);
	plan->rows.nkeys = list_length(target->key);
	plan->rows.columns = lappend(list_concat_copy(target->key, plan->added),
								 mask);
}

/* -------------------------------- select -------------------------------- */

/*
 * Appends the rows with what they are compared by and the bits of all rows
 * they are equal to.  A row with a NULL there is equal to none.
 */
static void
append_grouped(Plan *plan)
{
	const CampaignTarget *target = plan->task->scope.target;
	StringInfo	text = &plan->select->text;
	const char *alias = quote_identifier(target->dimension->name);
	ListCell   *cell;

	appendStringInfo(text,
					 "(SELECT %s.*, pg_catalog.bit_or(\"campaign.mask\") OVER (PARTITION BY ",
					 alias);
	foreach(cell, plan->by)
		appendStringInfo(text, "\"campaign.by%d\"%s, ",
						 foreach_current_index(cell),
						 campaign_expression_collation(&plan->task->scope,
													   lfirst(cell)));
	appendStringInfoString(text, "CASE WHEN ");
	foreach(cell, plan->by)
		appendStringInfo(text, "%s\"campaign.by%d\" IS NULL",
						 foreach_current_index(cell) > 0 ? " OR " : "",
						 foreach_current_index(cell));
	appendStringInfo(text, " THEN %s END) AS \"campaign.group\" FROM (SELECT %s.*",
					 campaign_row_recipient(target, &plan->rows), alias);
	foreach(cell, plan->by)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(plan->select, lfirst(cell));
		appendStringInfo(text, " AS \"campaign.by%d\"",
						 foreach_current_index(cell));
	}
	appendStringInfoString(text, " FROM ");
	campaign_row_from(plan->select, target, &plan->rows, CAMPAIGN_ROW_LEFT);
	appendStringInfo(text, " OFFSET 0) AS %s) AS %s", alias, alias);
}

/* The condition under which a row comes out. */
static char *
condition(const Plan *plan, const char *group)
{
	int64		all = (INT64CONST(1) << list_length(plan->sets)) - 1;

	switch (plan->operation)
	{
		case OPERATION_UNION:
			if (plan->by == NIL)
				return "true";
			return psprintf("%s & -%s & \"campaign.mask\" <> 0", group, group);
		case OPERATION_INTERSECTION:
			return psprintf("%s = " INT64_FORMAT
							" AND \"campaign.mask\" & 1 <> 0", group, all);
		default:
			return psprintf("%s = 1", group);
	}
}

/* Writes the select: bits that route and bits of the sets, then columns. */
static void
build_select(Plan *plan)
{
	CampaignTask *task = plan->task;
	const CampaignTarget *target = task->scope.target;
	StringInfo	text = &plan->select->text;
	const char *group = plan->by == NIL ? "\"campaign.mask\"" :
		"\"campaign.group\"";

	/* Beyond max_rows, what satisfies the operation is complement as well. */
	appendStringInfo(text, "SELECT CASE WHEN %s THEN 3", condition(plan, group));
	if (plan->operation == OPERATION_EXCLUSION)
		appendStringInfoString(text, " WHEN \"campaign.mask\" & 1 = 0 THEN NULL");
	appendStringInfo(text, " ELSE 2 END + (%s << %d)", group, ROUTING_BITS);
	for (int i = 0; i < plan->rows.nkeys + list_length(plan->added); i++)
		appendStringInfo(text, ", %s",
						 campaign_row_column(target, &plan->rows, i));
	appendStringInfoString(text, " FROM ");
	if (plan->by == NIL)
		campaign_row_from(plan->select, target, &plan->rows,
						  CAMPAIGN_ROW_BARE);
	else
		append_grouped(plan);
	if (campaign_option_count(task->scope.activity->options, "max_rows", 0) > 0)
		appendStringInfo(text,
						 " ORDER BY \"campaign.mask\" & -\"campaign.mask\", %s",
						 campaign_task_position(task, &plan->rows));
}

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
push_tally(JsonbParseState **state, const Plan *plan,
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
			int			bit = ROUTING_BITS + foreach_current_index(cell);

			if ((tally->value & (INT64CONST(1) << bit)) != 0)
				push_scalar(state, WJB_ELEM, lfirst(cell));
		}
		pushJsonbValue(state, WJB_END_ARRAY, NULL);
	}
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* How many rows are in which sets. */
static Jsonb *
overlaps_of(const Plan *plan, List *tallies)
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

/* Combines in one pass. */
static void
run_combine(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	Plan		plan = {task, campaign_task_select(task)};
	CampaignOutlet outlets[OUTCOMES];
	List	   *tallies;

	plan.operation = read_operation(activity->options);
	plan.by = campaign_option_expressions(activity, "by");
	plan.added = task->scope.added;
	plan.bringings = campaign_bringings_read(&task->scope, task);
	set_sets(&plan);
	set_rows(&plan);
	build_select(&plan);
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_outlet(task, &outlets[i], i, plan.added);
	outlets[OUTCOME_RESULT].capacity =
		campaign_option_count(activity->options, "max_rows", -1);
	campaign_sink_write_tallied(plan.select, outlets, OUTCOMES, &tallies);
	task->overlaps = overlaps_of(&plan, tallies);
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_emit(task, &outlets[i], i, true);
	if (plan.bringings != NIL)
		count_lost(task, plan.bringings);
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
	.run = run_combine
};
