/*
 * enrich_select.c
 *		The statement of an enrich.
 *
 * Each link is one item that has a row per key, joined to the rows of the
 * population: the first of the linked rows with those that follow it, or
 * aggregates.  These come from all linked rows of all people, so that no search
 * per row is needed; where possible they are made before the join.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "activity/column.h"
#include "activity/enrich_select.h"
#include "set/link.h"
#include "set/row.h"

/* Rows for which one way is as good as another. */
#define FEW_ROWS	1000

/* Appends the key under its hidden names, of an item of FROM. */
void
campaign_enrich_append_key(CampaignEnrichPlan *plan, const char *alias)
{
	for (int i = 0; i < plan->population->nkeys; i++)
		appendStringInfo(&plan->select->text, "%s%s.\"campaign.%d\"",
						 i > 0 ? ", " : "", alias, i + 1);
}

/* True if its rows are joined with keys that need not be in the dimension. */
static bool
is_held(const CampaignEnrichLink *link)
{
	return link->grouping != NULL && link->grouping->held;
}

/* Appends the row of a query around this one, if it is still there. */
static void
append_one(CampaignEnrichPlan *plan)
{
	const char *alias = quote_identifier(plan->task->scope.target->dimension->name);

	appendStringInfo(&plan->select->text,
					 "LATERAL (SELECT %s.* WHERE %s.\"campaign.found\") AS %s",
					 alias, alias, alias);
}

/* Appends " FROM row JOIN linked ON condition", or LEFT JOIN. */
void
campaign_enrich_append_join(CampaignEnrichPlan *plan, const CampaignEnrichLink *link, const char *join)
{
	StringInfo	text = &plan->select->text;

	appendStringInfoString(text, " FROM ");
	if (plan->each)
		append_one(plan);
	else
		campaign_row_from(plan->select, plan->task->scope.target,
						  plan->population,
						  is_held(link) ? CAMPAIGN_ROW_BARE : CAMPAIGN_ROW_INNER);
	appendStringInfo(text, " %s ", join);
	if (link->path != NIL)
	{
		appendStringInfoString(text, "LATERAL ");
		campaign_link_append_lateral(plan->select, link->path);
		appendStringInfo(text, " AS %s ON true", quote_identifier(link->name));
	}
	else
	{
		appendStringInfo(text, "%s ON ", link->item);
		campaign_select_expression(plan->select, link->condition);
	}
	if (link->filter != NULL)
	{
		appendStringInfoString(text, " AND ");
		campaign_select_expression(plan->select, link->filter);
	}
}

/* Appends the rows with those that are linked to them. */
static void
append_joined(CampaignEnrichPlan *plan, const CampaignEnrichLink *link)
{
	campaign_enrich_append_join(plan, link, "JOIN");
}

/* Appends the joined rows with all that is evaluated over them, each once. */
static void
append_evaluated(CampaignEnrichPlan *plan, const CampaignEnrichLink *link)
{
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	appendStringInfoString(text, "(SELECT ");
	campaign_enrich_append_key(plan, quote_identifier(plan->task->scope.target->dimension->name));
	foreach(cell, link->additions)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(plan->select,
								   ((CampaignAddition *) lfirst(cell))->expression);
		appendStringInfo(text, " AS \"campaign.c%d\"",
						 foreach_current_index(cell));
	}
	foreach(cell, link->order)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(plan->select, lfirst(cell));
		appendStringInfo(text, " AS \"campaign.s%d\"",
						 foreach_current_index(cell));
	}
	append_joined(plan, link);
	appendStringInfoString(text, " OFFSET 0) AS x");
}

/* Appends the columns of line number i, as seen from the first one. */
static void
append_line(StringInfo text, const CampaignEnrichLink *link, int i)
{
	int			count = list_length(link->additions);

	for (int j = 0; j < count; j++)
	{
		if (i == 0)
			appendStringInfo(text, ", x.\"campaign.c%d\" AS \"campaign.0_%d\"",
							 j, j);
		else
			appendStringInfo(text,
							 ", pg_catalog.lead(x.\"campaign.c%d\", %d) OVER w AS \"campaign.%d_%d\"",
							 j, i, i, j);
	}
	if (i > 0)
		appendStringInfo(text,
						 ", pg_catalog.lead(true, %d) OVER w AS \"campaign.line%d\"",
						 i, i);
}

/*
 * Appends the first row per key with the lines that follow it.  A window looks
 * ahead, so that lines of any type become columns with a single sort.
 */
static void
append_lines(CampaignEnrichPlan *plan, const CampaignEnrichLink *link)
{
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	appendStringInfoString(text, "(SELECT y.* FROM (SELECT ");
	campaign_enrich_append_key(plan, "x");
	appendStringInfoString(text,
						   ", pg_catalog.row_number() OVER w AS \"campaign.line0\"");
	for (int i = 0; i < Max(link->number, 1); i++)
		append_line(text, link, i);
	appendStringInfoString(text, " FROM ");
	append_evaluated(plan, link);
	appendStringInfoString(text, " WINDOW w AS (PARTITION BY ");
	campaign_enrich_append_key(plan, "x");
	foreach(cell, link->order)
		appendStringInfo(text, "%s x.\"campaign.s%d\" %s",
						 foreach_current_index(cell) > 0 ? "," : " ORDER BY",
						 foreach_current_index(cell),
						 ((CampaignExpression *) lfirst(cell))->order);
	appendStringInfoString(text, ")) AS y WHERE y.\"campaign.line0\" = 1)");
}

/* Appends the aggregates of a link, each after a comma. */
void
campaign_enrich_append_sums(CampaignEnrichPlan *plan, const CampaignEnrichLink *link)
{
	ListCell   *cell;

	foreach(cell, link->additions)
	{
		appendStringInfoString(&plan->select->text, ", ");
		campaign_select_expression(plan->select,
								   ((CampaignAddition *) lfirst(cell))->expression);
		appendStringInfo(&plan->select->text, " AS \"campaign.0_%d\"",
						 foreach_current_index(cell));
	}
}

/* Appends the aggregates of the linked rows alone, per value of the key. */
void
campaign_enrich_append_groups(CampaignEnrichPlan *plan, const CampaignEnrichLink *link)
{
	StringInfo	text = &plan->select->text;
	const char *alias = quote_identifier(link->name);
	ListCell   *cell;

	appendStringInfoString(text, "(SELECT ");
	foreach(cell, link->grouping->columns)
		appendStringInfo(text, "%s%s.%s AS \"campaign.%d\"",
						 foreach_current_index(cell) > 0 ? ", " : "", alias,
						 quote_identifier(lfirst(cell)),
						 foreach_current_index(cell) + 1);
	campaign_enrich_append_sums(plan, link);
	campaign_grouping_from(text, link->grouping, plan->population, link->item,
						   alias);
	if (link->filter != NULL)
	{
		appendStringInfoString(text, " AND ");
		campaign_select_expression(plan->select, link->filter);
	}
	appendStringInfo(text, " GROUP BY %s)",
					 campaign_grouping_columns(link->grouping, alias));
}

/* Appends the aggregates per key. */
static void
append_aggregates(CampaignEnrichPlan *plan, const CampaignEnrichLink *link)
{
	StringInfo	text = &plan->select->text;
	const char *alias = quote_identifier(plan->task->scope.target->dimension->name);

	appendStringInfoString(text, "(SELECT ");
	campaign_enrich_append_key(plan, alias);
	campaign_enrich_append_sums(plan, link);
	append_joined(plan, link);
	appendStringInfoString(text, " GROUP BY ");
	campaign_enrich_append_key(plan, alias);
	appendStringInfoChar(text, ')');
}

/* Appends an aggregate; over no rows it is what it is over none: count is 0. */
void
campaign_enrich_append_aggregate(CampaignEnrichPlan *plan, const CampaignEnrichLink *link, int i, int j)
{
	StringInfo	text = &plan->select->text;
	const CampaignAddition *addition = list_nth(link->additions, j);

	appendStringInfo(text,
					 "CASE WHEN \"campaign.link%d\".\"campaign.1\" IS NULL THEN (SELECT ",
					 i);
	campaign_select_expression(plan->select, addition->expression);
	append_joined(plan, link);
	appendStringInfo(text,
					 " WHERE false) ELSE \"campaign.link%d\".\"campaign.0_%d\" END",
					 i, j);
}

/* Appends all lines as an array of objects. */
static void
append_array(CampaignEnrichPlan *plan, const CampaignEnrichLink *link, int i)
{
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	appendStringInfoString(text, ", '[]'::pg_catalog.jsonb");
	for (int line = 0; line < link->number; line++)
	{
		appendStringInfo(text,
						 " || CASE WHEN \"campaign.link%d\".\"campaign.line%d\" IS NULL"
						 " THEN '[]'::pg_catalog.jsonb ELSE"
						 " pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object(",
						 i, line);
		foreach(cell, link->additions)
			appendStringInfo(text, "%s%s, \"campaign.link%d\".\"campaign.%d_%d\"",
							 foreach_current_index(cell) > 0 ? ", " : "",
							 quote_literal_cstr(((CampaignAddition *) lfirst(cell))->name),
							 i, line, foreach_current_index(cell));
		appendStringInfoString(text, ")) END");
	}
}

/* Appends the columns of link number i, in the order of new_columns(). */
static void
append_link_columns(CampaignEnrichPlan *plan, const CampaignEnrichLink *link, int i)
{
	int			count = list_length(link->additions);

	if (link->number > 0)
		append_array(plan, link, i);
	for (int line = 0; line < Max(link->number, 1); line++)
	{
		for (int j = 0; j < count; j++)
		{
			appendStringInfoString(&plan->select->text, ", ");
			if (link->aggregate)
				campaign_enrich_append_aggregate(plan, link, i, j);
			else
				appendStringInfo(&plan->select->text,
								 "\"campaign.link%d\".\"campaign.%d_%d\"",
								 i, line, j);
		}
	}
}

/*
 * Appends the rows that get columns.  Where nothing else is asked about them
 * than what is linked to their keys, the dimension has nothing to add; else each
 * is looked up there if they are few.
 */
static void
append_rows(CampaignEnrichPlan *plan)
{
	const CampaignTarget *target = plan->task->scope.target;
	bool		held = plan->additions == NIL;
	ListCell   *cell;

	foreach(cell, plan->links)
		held &= is_held(lfirst(cell));
	campaign_row_from(plan->select, target,
					  plan->additions == NIL && !plan->grouped ?
					  plan->population :
					  campaign_row_looked_up(target, plan->population),
					  held ? CAMPAIGN_ROW_BARE : CAMPAIGN_ROW_LEFT);
}

/* Writes the whole select: the population's columns, then the new ones. */
void
campaign_enrich_build(CampaignEnrichPlan *plan)
{
	const CampaignTarget *target = plan->task->scope.target;
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	appendStringInfoString(text, "SELECT ");
	campaign_row_columns(plan->select, target, plan->population);
	foreach(cell, plan->additions)
	{
		appendStringInfoString(text, ", ");
		campaign_select_expression(plan->select,
								   ((CampaignAddition *) lfirst(cell))->expression);
	}
	foreach(cell, plan->links)
		append_link_columns(plan, lfirst(cell), foreach_current_index(cell));
	appendStringInfoString(text, " FROM ");
	append_rows(plan);
	foreach(cell, plan->links)
	{
		CampaignEnrichLink *link = lfirst(cell);
		char	   *alias = psprintf("\"campaign.link%d\"",
									 foreach_current_index(cell));

		appendStringInfoString(text, " LEFT JOIN ");
		if (plan->grouped && link->grouping != NULL)
			campaign_enrich_append_groups(plan, link);
		else if (link->aggregate)
			append_aggregates(plan, link);
		else
			append_lines(plan, link);
		appendStringInfo(text, " AS %s ON %s", alias,
						 plan->grouped && link->grouping != NULL ?
						 campaign_grouping_match(link->grouping, target, alias) :
						 campaign_row_same(target, plan->population, alias));
	}
}

/* ------------------------------- grouping -------------------------------- */

/* Finds how the linked rows may be aggregated before the join, if they may. */
void
campaign_enrich_find_grouping(const CampaignEnrichPlan *plan, CampaignEnrichLink *link)
{
	CampaignEnrichPlan		joined = {plan->task, plan->population,
		campaign_task_select(plan->task)
	};
	CampaignExpression *filter = link->filter;

	if (!link->aggregate || link->path != NIL || link->relation == NULL)
		return;
	appendStringInfoString(&joined.select->text, "SELECT true");
	campaign_enrich_append_sums(&joined, link);
	link->filter = NULL;
	append_joined(&joined, link);
	link->filter = filter;
	if (filter != NULL)
	{
		appendStringInfoString(&joined.select->text, " WHERE ");
		campaign_select_expression(joined.select, filter);
	}
	link->grouping = campaign_grouping_find(joined.select,
											plan->task->scope.target);
}

/*
 * Decides in which order the rows are joined and aggregated: as the planner
 * finds it cheaper.  Few rows are not worth the question.
 */
void
campaign_enrich_choose(CampaignEnrichPlan *plan)
{
	CampaignEnrichPlan		joined = *plan;
	CampaignEnrichPlan		grouped = *plan;
	bool		possible = false;
	double		rows;
	ListCell   *cell;

	/* Only linked rows are aggregated; a population in no table has none. */
	if (plan->links == NIL)
		return;
	rows = campaign_population_rows(plan->population);
	if (rows >= 0 && rows < FEW_ROWS)
		return;
	foreach(cell, plan->links)
	{
		campaign_enrich_find_grouping(plan, lfirst(cell));
		possible |= ((CampaignEnrichLink *) lfirst(cell))->grouping != NULL;
	}
	if (!possible)
		return;
	grouped.grouped = true;
	joined.select = campaign_task_select(plan->task);
	grouped.select = campaign_task_select(plan->task);
	campaign_enrich_build(&joined);
	campaign_enrich_build(&grouped);
	plan->grouped = campaign_select_cost(grouped.select) <
		campaign_select_cost(joined.select);
}
