/*
 * change.c
 *		Rows of one dimension become rows of another.
 *
 * One join, then windows: each pair of a row and one that it leads to is ranked
 * among the pairs with the same new key.  The pair of rank 1 gives the new row,
 * which so has its key once; the others are what was dropped.  Every row that
 * came in is in the result of somebody, or in one other outcome.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "activity/change.h"
#include "activity/column.h"
#include "set/row.h"

/* What the select is made of. */
typedef struct Plan
{
	const CampaignChange *change;
	const CampaignPopulation *population;
	CampaignSelect *select;
	int			nold;			/* columns of the rows before */
	int			nkeys;			/* of these, the key's */
	int			nend;			/* columns of the new key */
} Plan;

/* The columns of the result. */
List *
campaign_change_columns(const CampaignChange *change)
{
	List	   *columns = campaign_additions_columns(change->scope,
													 change->additions);

	if (change->collection != NULL)
		columns = lappend(columns,
						  campaign_column_make(change->collection, JSONBOID,
											   InvalidOid));
	return columns;
}

/* All expressions but those of append(). */
List *
campaign_change_expressions(const CampaignChange *change)
{
	List	   *expressions = campaign_additions_expressions(list_copy(change->order),
															 change->additions);

	return campaign_additions_expressions(expressions, change->lines);
}

/* Refuses columns that the other dimension's rows cannot have. */
void
campaign_change_check(const CampaignChange *change)
{
	CampaignScope scope = *change->scope;

	scope.target = scope.result;
	scope.added = NIL;
	campaign_columns_check_names(&scope, campaign_change_columns(change));
}

/* -------------------------------- select -------------------------------- */

/* Appends columns with numbers from 1, as in "campaign.end.1". */
static void
append_numbered(StringInfo text, const char *name, int count)
{
	for (int i = 1; i <= count; i++)
		appendStringInfo(text, "%s\"campaign.%s%d\"", i > 1 ? ", " : "",
						 name, i);
}

/* Appends what pairs are sorted by, then the rest of what tells them apart. */
static void
append_order(const Plan *plan, const char *last, int nlast)
{
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	appendStringInfoString(text, " ORDER BY ");
	foreach(cell, plan->change->order)
		appendStringInfo(text, "\"campaign.s%d\" %s, ",
						 foreach_current_index(cell),
						 ((CampaignExpression *) lfirst(cell))->order);
	append_numbered(text, last, nlast);
	appendStringInfoChar(text, ')');
}

/* Appends the object that a collection has for a row. */
static void
append_line(const Plan *plan)
{
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	appendStringInfoString(text, ", pg_catalog.jsonb_build_object(");
	foreach(cell, plan->change->lines)
	{
		const CampaignAddition *line = lfirst(cell);

		appendStringInfo(text, "%s%s, ",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_literal_cstr(line->name));
		campaign_select_expression(plan->select, line->expression);
	}
	appendStringInfoString(text, ") AS \"campaign.line\"");
}

/* Appends all pairs, with all that is evaluated over them, each once. */
static void
append_pairs(const Plan *plan)
{
	const CampaignChange *change = plan->change;
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	appendStringInfoString(text, "(SELECT ");
	append_numbered(text, "end.", plan->nend);
	for (int i = 0; i < plan->nold; i++)
		appendStringInfo(text, ", %s AS \"campaign.o%d\"",
						 campaign_row_column(change->scope->target,
											 plan->population, i), i + 1);
	foreach(cell, change->additions)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(plan->select,
								   ((CampaignAddition *) lfirst(cell))->expression);
		appendStringInfo(text, " AS \"campaign.c%d\"",
						 foreach_current_index(cell) + 1);
	}
	foreach(cell, change->order)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(plan->select, lfirst(cell));
		appendStringInfo(text, " AS \"campaign.s%d\"",
						 foreach_current_index(cell));
	}
	if (change->collection != NULL)
		append_line(plan);
	appendStringInfoString(text, " FROM ");
	campaign_row_from(plan->select, change->scope->target,
					  campaign_row_looked_up(change->scope->target,
											 plan->population),
					  CAMPAIGN_ROW_LEFT);
	appendStringInfoString(text, " LEFT JOIN ");
	change->append(change, plan->select);
	appendStringInfoString(text, " OFFSET 0) AS x");
}

/* Appends the pairs that are left when one is chosen for each row. */
static void
append_chosen(const Plan *plan)
{
	const CampaignChange *change = plan->change;
	StringInfo	text = &plan->select->text;

	if (change->choice == CAMPAIGN_CHOOSE_ALL || change->single)
	{
		append_pairs(plan);
		return;
	}
	appendStringInfoString(text, "(SELECT * FROM (SELECT *, pg_catalog.row_number() OVER (PARTITION BY ");
	append_numbered(text, "o", plan->nkeys);
	append_order(plan, "end.", plan->nend);
	appendStringInfoString(text, " AS \"campaign.nth\", pg_catalog.count(*) OVER (PARTITION BY ");
	append_numbered(text, "o", plan->nkeys);
	appendStringInfoString(text, ") AS \"campaign.times\" FROM ");
	append_pairs(plan);
	appendStringInfoString(text, ") AS x WHERE \"campaign.nth\" = 1) AS x");
}

/* True if rows that lead to several are not to be in the result. */
static bool
has_ambiguous(const Plan *plan)
{
	return plan->change->choice == CAMPAIGN_CHOOSE_NONE &&
		!plan->change->single;
}

/* Appends the pairs with their rank among those with the same new key. */
static void
append_ranked(const Plan *plan)
{
	StringInfo	text = &plan->select->text;

	appendStringInfoString(text, "(SELECT *, pg_catalog.row_number() OVER (PARTITION BY ");
	append_numbered(text, "end.", plan->nend);
	if (has_ambiguous(plan))
		appendStringInfoString(text, ", \"campaign.times\" > 1");
	append_order(plan, "o", plan->nkeys);
	appendStringInfoString(text, " AS \"campaign.rank\" FROM ");
	append_chosen(plan);
	appendStringInfoString(text, ") AS y");
}

/* True if a row may be in several pairs that are left. */
static bool
is_repeated(const Plan *plan)
{
	return plan->change->choice == CAMPAIGN_CHOOSE_ALL &&
		!plan->change->single;
}

/*
 * Appends the ranked pairs; where a row may be in several, with the mark of
 * that in which its rank is best, so that it is dropped once, if at all.
 */
static void
append_marked(const Plan *plan)
{
	StringInfo	text = &plan->select->text;

	if (!is_repeated(plan))
	{
		append_ranked(plan);
		return;
	}
	appendStringInfoString(text, "(SELECT *, pg_catalog.row_number() OVER (PARTITION BY ");
	append_numbered(text, "o", plan->nkeys);
	appendStringInfoString(text, " ORDER BY \"campaign.rank\", ");
	append_numbered(text, "end.", plan->nend);
	appendStringInfoString(text, ") AS \"campaign.best\" FROM ");
	append_ranked(plan);
	appendStringInfoString(text, ") AS z");
}

/* Appends the collection of the rows that lead to a new one. */
static void
append_collection(const Plan *plan)
{
	const CampaignChange *change = plan->change;
	StringInfo	text = &plan->select->text;

	/* All that leads nowhere would make one large array. */
	appendStringInfoString(text, ", CASE WHEN \"campaign.rank\" = 1 THEN coalesce(pg_catalog.jsonb_agg(\"campaign.line\") FILTER (WHERE \"campaign.end.1\" IS NOT NULL");
	if (has_ambiguous(plan))
		appendStringInfoString(text, " AND \"campaign.times\" = 1");
	if (change->collect != CAMPAIGN_COLLECT_ALL)
		appendStringInfo(text, " AND \"campaign.rank\" %s " INT64_FORMAT,
						 change->collect == CAMPAIGN_COLLECT_KEPT ? "<=" : ">",
						 change->keep);
	appendStringInfoString(text, ") OVER (PARTITION BY ");
	append_numbered(text, "end.", plan->nend);
	appendStringInfoString(text, " ORDER BY \"campaign.rank\" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), '[]'::pg_catalog.jsonb) END");
}

/* Writes the select: outcome, the row as it came, the new row. */
static void
build_select(const Plan *plan)
{
	const CampaignChange *change = plan->change;
	StringInfo	text = &plan->select->text;

	appendStringInfo(text, "SELECT CASE WHEN \"campaign.end.1\" IS NULL THEN %d",
					 CAMPAIGN_CHANGE_LOST);
	if (has_ambiguous(plan))
		appendStringInfo(text, " WHEN \"campaign.times\" > 1 THEN %d",
						 CAMPAIGN_CHANGE_AMBIGUOUS);
	appendStringInfo(text, " WHEN \"campaign.rank\" = 1 THEN %d WHEN \"campaign.rank\" > "
					 INT64_FORMAT "%s THEN %d END, ", CAMPAIGN_CHANGE_RESULT,
					 change->keep,
					 is_repeated(plan) ? " AND \"campaign.best\" = 1" : "",
					 CAMPAIGN_CHANGE_DROPPED);
	append_numbered(text, "o", plan->nold);
	appendStringInfoString(text, ", ");
	append_numbered(text, "end.", plan->nend);
	if (change->additions != NIL)
		appendStringInfoString(text, ", ");
	append_numbered(text, "c", list_length(change->additions));
	if (change->collection != NULL)
		append_collection(plan);
	appendStringInfoString(text, " FROM ");
	append_marked(plan);
}

/* Writes the rows of all outcomes of the kind. */
void
campaign_change_run(const CampaignChange *change, CampaignTask *task)
{
	const CampaignScope *scope = change->scope;
	int			noutcomes = list_length(campaign_kind_find(scope->activity->kind)->outcomes(scope->activity->options));
	CampaignOutlet *outlets = palloc0(sizeof(CampaignOutlet) * noutcomes);
	CampaignPopulation *population =
		campaign_task_population(task,
								 campaign_activity_leading(scope->activity));
	Plan		plan = {change, population, campaign_task_select(task)};

	plan.select->unkeyed = true;
	plan.nold = list_length(population->columns);
	plan.nkeys = population->nkeys;
	plan.nend = list_length(scope->result->key);
	build_select(&plan);
	for (int i = 0; i < noutcomes; i++)
		campaign_task_outlet(task, &outlets[i], i,
							 i == CAMPAIGN_CHANGE_RESULT ?
							 campaign_change_columns(change) :
							 campaign_population_added(population));
	outlets[CAMPAIGN_CHANGE_RESULT].first = plan.nold;
	campaign_sink_write(plan.select, CAMPAIGN_ROUTE_NUMBER, outlets, noutcomes);
	for (int i = 0; i < noutcomes; i++)
		campaign_task_emit(task, &outlets[i], i, true);
}
