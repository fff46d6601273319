/*
 * enrich_stream.c
 *		The rows of an enrich as a part of another statement.
 *
 * A population in no table cannot be read twice, so linked rows are aggregated
 * before they are joined, or for each row alone.  Which of it, the planner says,
 * and also whether it had better write the rows and join them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "activity/column.h"
#include "activity/enrich_select.h"
#include "base/text.h"
#include "set/row.h"
#include "set/stream.h"

/* So many searches in memory cost what the planner thinks of one. */
#define SEARCH_DISCOUNT	20

/* What a table and another statement cost besides, by the planner's measure. */
#define STATEMENT_COST	200

/* Appends the aggregates of link number i as columns, of which first is next. */
static void
append_values(CampaignEnrichPlan *plan, int i, List *columns, int first,
			  int number)
{
	const CampaignEnrichLink *link = list_nth(plan->links, i);
	StringInfo	text = &plan->select->text;

	for (int j = 0; j < list_length(link->additions); j++)
	{
		appendStringInfoString(text, ", CAST(");
		if (plan->grouped && plan->concerned != NULL)
			appendStringInfo(text, "CASE WHEN %s THEN ", plan->concerned);
		if (plan->grouped)
			campaign_enrich_append_aggregate(plan, link, i, j);
		else
			appendStringInfo(text, "\"campaign.link%d\".\"campaign.0_%d\"", i,
							 j);
		if (plan->grouped && plan->concerned != NULL)
			appendStringInfoString(text, " END");
		appendStringInfoString(text,
							   campaign_column_cast(list_nth(columns, first + j),
													number + first + j));
	}
}

/* Appends the join of link number i. */
static void
append_link(CampaignEnrichPlan *plan, int i)
{
	const CampaignEnrichLink *link = list_nth(plan->links, i);
	StringInfo	text = &plan->select->text;
	char	   *alias = psprintf("\"campaign.link%d\"", i);

	appendStringInfoString(text, " LEFT JOIN ");
	if (plan->grouped)
	{
		campaign_enrich_append_groups(plan, link);
		appendStringInfo(text, " AS %s ON %s", alias,
						 campaign_grouping_match(link->grouping,
												 plan->task->scope.target,
												 alias));
		return;
	}
	/* Of other rows, not even the aggregates of no rows are evaluated. */
	appendStringInfo(text, "LATERAL (%sSELECT true",
					 plan->concerned == NULL ? "" :
					 "SELECT \"campaign.sums\".* FROM (");
	campaign_enrich_append_sums(plan, link);
	plan->each = true;
	campaign_enrich_append_join(plan, link, "JOIN");
	plan->each = false;
	if (plan->concerned != NULL)
		appendStringInfo(text, ") AS \"campaign.sums\" WHERE %s OFFSET '0'",
						 plan->concerned);
	appendStringInfo(text, ") AS %s ON true", alias);
}

/* The stream with the columns, in one of the two ways. */
static CampaignPopulation *
build_stream(CampaignEnrichPlan *plan, const CampaignPopulation *stream,
			 List *columns, bool grouped)
{
	int			number = list_length(stream->columns) + 1;
	int			first = list_length(plan->additions);
	StringInfoData values;
	char	   *joins;
	ListCell   *cell;

	plan->grouped = grouped;
	plan->select = campaign_task_select(plan->task);
	campaign_additions_append(plan->select, plan->additions, columns, number,
							  plan->concerned);
	foreach(cell, plan->links)
	{
		append_values(plan, foreach_current_index(cell), columns, first,
					  number);
		first += list_length(((CampaignEnrichLink *) lfirst(cell))->additions);
	}
	values = plan->select->text;
	initStringInfo(&plan->select->text);
	for (int i = 0; i < list_length(plan->links); i++)
		append_link(plan, i);
	joins = plan->select->text.data;
	plan->select->text = values;
	return campaign_stream_extend(plan->task->scope.target, stream,
								  plan->select, joins, columns);
}

/* What the rows of a stream cost. */
static double
cost_of(const CampaignEnrichPlan *plan, const CampaignPopulation *stream)
{
	CampaignSelect *select = campaign_task_select(plan->task);

	select->expressions = stream->expressions;
	appendStringInfoString(&select->text, "SELECT * FROM ");
	campaign_row_from(select, plan->task->scope.target, stream,
					  CAMPAIGN_ROW_LEFT);
	return campaign_select_cost(select);
}

/* What it costs to read the tables of the links. */
static double
cost_of_links(const CampaignEnrichPlan *plan)
{
	double		cost = 0;
	ListCell   *cell;

	foreach(cell, plan->links)
	{
		CampaignSelect *select = campaign_task_select(plan->task);

		appendStringInfo(&select->text, "SELECT true FROM %s",
						 campaign_relation_name(((CampaignEnrichLink *) lfirst(cell))->table));
		cost += campaign_select_cost(select);
	}
	return cost;
}

/*
 * What it costs to join the rows twice, once they are written: not less than to
 * compute them twice.  Where they are in a table already, it is read once, and
 * what is written is joined with the dimension by who reads it.  Behind several
 * outcomes each reads the tables again.
 */
static double
cost_apart(const CampaignEnrichPlan *plan, const CampaignPopulation *stream)
{
	CampaignEnrichPlan apart = *plan;
	int			count = plan->task->fan == NULL ? 1 :
		list_length(plan->task->fan->branches);

	apart.population = plan->task->stream == NULL ?
		campaign_task_population(plan->task, 0) : stream;
	apart.grouped = false;
	apart.select = campaign_task_select(plan->task);
	campaign_enrich_build(&apart);
	return campaign_select_cost(apart.select) + count * STATEMENT_COST +
		(plan->task->stream == NULL ? cost_of(plan, stream) : 0) +
		(count > 1 ? (count - 1) * cost_of_links(plan) : 0);
}

/* Blocks of the tables that are searched for each row; -1 if that is not known. */
static double
searched_blocks(const CampaignEnrichPlan *plan)
{
	double		blocks = 0;
	ListCell   *cell;

	foreach(cell, plan->links)
	{
		const CampaignEnrichLink *link = lfirst(cell);
		HeapTuple	tuple = SearchSysCache1(RELOID,
											ObjectIdGetDatum(link->table));
		bool		plain;

		if (!HeapTupleIsValid(tuple))
			return -1;
		plain = ((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_RELATION;
		blocks += ((Form_pg_class) GETSTRUCT(tuple))->relpages;
		ReleaseSysCache(tuple);
		if (!plain || list_length(link->path) > 1)
			return -1;
	}
	return blocks;
}

/*
 * What it costs to search the linked rows of each row.  The planner takes each
 * search for pages read at random, which it is not where tables are in memory.
 */
static double
cost_searched(const CampaignEnrichPlan *plan,
			  const CampaignPopulation *stream,
			  const CampaignPopulation *searched)
{
	double		cost = cost_of(plan, searched);
	double		blocks = searched_blocks(plan);
	double		before;

	if (blocks < 0 || blocks > effective_cache_size)
		return cost;
	before = cost_of(plan, stream);
	return before + (cost - before) / SEARCH_DISCOUNT;
}

/* True if all links can be aggregated before the join. */
static bool
find_groupings(CampaignEnrichPlan *plan)
{
	ListCell   *cell;

	foreach(cell, plan->links)
	{
		CampaignEnrichLink *link = lfirst(cell);

		campaign_enrich_find_grouping(plan, link);
		if (link->grouping == NULL || !link->grouping->plain)
			return false;
	}
	return true;
}

/* The stream in the best way, or NULL. */
CampaignPopulation *
campaign_enrich_stream(CampaignEnrichPlan *plan,
					   const CampaignPopulation *stream, List *columns)
{
	CampaignPopulation *best = build_stream(plan, stream, columns, false);
	double		cost;

	if (plan->links == NIL)
		return best;
	cost = cost_searched(plan, stream, best);
	if (find_groupings(plan))
	{
		CampaignPopulation *grouped = build_stream(plan, stream, columns, true);
		double		other = cost_of(plan, grouped);

		if (other < cost)
		{
			best = grouped;
			cost = other;
		}
	}
	return cost_apart(plan, stream) < cost ? NULL : best;
}
