/*
 * split_select.c
 *		The statement of a split.
 *
 * In one of two forms.  Where all that is counted is counted in one order, the
 * rows come in that order with a mask of the outcomes that would take them,
 * and the sink gives each to the first that has room: one pass, at most one
 * sort, no window.  Everything else needs ranks.  Then each outcome that counts
 * is a level of subquery around those before it, because its rank is one among
 * the rows that those have left; with overlap nothing depends on others, and
 * one level has all ranks.  What is evaluated over the row is evaluated once,
 * in the innermost level.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "activity/column.h"
#include "activity/split_select.h"
#include "base/text.h"
#include "set/row.h"
#include "set/stream.h"

/* What the select is made of. */
typedef struct Plan
{
	const CampaignTask *task;
	const CampaignShares *shares;
	const CampaignPopulation *population;
	int64		rows;			/* that come in */
	CampaignSelect *select;
	const char *alias;			/* of the row, at every level */
	int			rest;			/* number of the outcome that takes the rest */
} Plan;

/* ----------------------------- the inner row ---------------------------- */

/* The position on which an outcome draws, as a column. */
static char *
position(const Plan *plan, int number)
{
	if (plan->shares->overlap)
		return psprintf("\"campaign.position%d\"", number);
	return pstrdup("\"campaign.position\"");
}

/* True if an outcome draws. */
static bool
draws(const CampaignShares *shares)
{
	ListCell   *cell;

	foreach(cell, shares->list)
	{
		if (((CampaignShare *) lfirst(cell))->limited)
			return true;
	}
	return false;
}

/* Appends the conditions that draw an outcome's rows; *from moves on. */
static void
append_range(const Plan *plan, StringInfo text, const CampaignShare *share,
			 int number, double *from)
{
	double		start = campaign_split_range(plan->shares, share, from);

	appendStringInfo(text, " AND %s >= %.17g AND %s < %.17g",
					 position(plan, number), start, position(plan, number),
					 *from);
}

/* Appends positions as columns: one for all, or with overlap one for each. */
static void
append_positions(Plan *plan)
{
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	if (!plan->shares->overlap)
	{
		if (draws(plan->shares))
			appendStringInfo(text, ", %s AS \"campaign.position\"",
							 campaign_task_position(plan->task,
													plan->population));
		return;
	}
	foreach(cell, plan->shares->list)
	{
		const CampaignShare *share = lfirst(cell);

		if (share->limited)
			appendStringInfo(text, ", %s AS %s",
							 campaign_task_position_for(plan->task,
														plan->population,
														share->name),
							 position(plan, foreach_current_index(cell)));
	}
}

/* Appends expressions as columns "campaign.<letter><number>_<i>". */
static void
append_expressions(Plan *plan, List *expressions, char letter, int number)
{
	ListCell   *cell;

	foreach(cell, expressions)
	{
		appendStringInfoString(&plan->select->text, ", ");
		campaign_select_expression(plan->select, lfirst(cell));
		appendStringInfo(&plan->select->text, " AS \"campaign.%c%d_%d\"",
						 letter, number, foreach_current_index(cell));
	}
}

/* Appends all that is evaluated over the rows, each after a comma. */
static void
append_evaluated(Plan *plan)
{
	const CampaignActivity *activity = plan->task->scope.activity;
	ListCell   *cell;

	append_positions(plan);
	foreach(cell, plan->shares->list)
	{
		const CampaignShare *share = lfirst(cell);
		CampaignExpression *filter = campaign_share_filter(activity, share);
		int			number = foreach_current_index(cell);

		if (filter != NULL)
			append_expressions(plan, list_make1(filter), 'f', number);
		append_expressions(plan, campaign_share_by(activity, share), 'g',
						   number);
		append_expressions(plan, campaign_share_order(activity, share), 's',
						   number);
	}
}

/* The rows with all that is evaluated over them, as an item of FROM. */
static char *
evaluated_item(Plan *plan)
{
	StringInfo	text = &plan->select->text;
	char	   *item;

	appendStringInfoString(text, "(SELECT ");
	for (int i = 0; i < list_length(plan->population->columns); i++)
		appendStringInfo(text, "%s%s", i > 0 ? ", " : "",
						 campaign_row_column(plan->task->scope.target,
											 plan->population, i));
	append_evaluated(plan);
	appendStringInfoString(text, " FROM ");
	campaign_row_from(plan->select, plan->task->scope.target, plan->population,
					  CAMPAIGN_ROW_LEFT);
	appendStringInfo(text, " OFFSET 0) AS %s", plan->alias);
	item = pstrdup(text->data);
	resetStringInfo(text);
	return item;
}

/* ------------------------------- conditions ----------------------------- */

/* The condition under which an outcome might take a row. */
static char *
candidate(const Plan *plan, const CampaignShare *share, int number,
		  double *from)
{
	StringInfoData text;

	initStringInfo(&text);
	if (share->filter != NULL)
		appendStringInfo(&text, "coalesce(\"campaign.f%d_0\", false)", number);
	else
		appendStringInfoString(&text, "true");
	if (campaign_share_drawn(plan->shares, share))
		append_range(plan, &text, share, number, from);
	return text.data;
}

/* What an outcome's groups are, with a comma before each; "" without groups. */
static char *
groups(const Plan *plan, const CampaignShare *share, int number)
{
	int			count = list_length(campaign_share_by(plan->task->scope.activity,
													  share));
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < count; i++)
		appendStringInfo(&text, ", \"campaign.g%d_%d\"", number, i);
	return text.data;
}

/* The limit of an outcome by the value of its group. */
static char *
quotas(const CampaignShare *share, int number)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfo(&text, "CASE \"campaign.g%d_0\"::pg_catalog.text COLLATE \"C\"",
					 number);
	foreach(cell, share->quotas)
	{
		const CampaignQuota *quota = lfirst(cell);

		appendStringInfo(&text, " WHEN %s THEN %.15g",
						 quote_literal_cstr(quota->value), quota->limit);
	}
	appendStringInfoString(&text, " END");
	return text.data;
}

/* The condition that a row's rank is within the limit of the outcome. */
static char *
within(const Plan *plan, const CampaignShare *share, int number,
	   double *before)
{
	char	   *limit;

	if (share->quotas == NIL && share->by == NULL && !share->segment)
		limit = psprintf(INT64_FORMAT,
						 campaign_split_capacity(plan->shares, share,
												 plan->rows, before));
	else if (share->quotas != NIL)
		limit = quotas(share, number);
	else
		limit = psprintf("%.15g", share->limit);
	if (share->percent && (share->by != NULL || share->segment))
		limit = psprintf("pg_catalog.floor(%s * \"campaign.n%d\" / 100.0 + 0.5)",
						 limit, number);
	return psprintf("\"campaign.r%d\" <= %s", number, limit);
}

/* Appends the rank of a row among those an outcome might take, and of how many. */
static void
append_rank(const Plan *plan, StringInfo text, const CampaignShare *share,
			int number)
{
	char	   *by = groups(plan, share, number);
	ListCell   *cell;

	appendStringInfo(text,
					 ", pg_catalog.%s() OVER (PARTITION BY \"campaign.e%d\"%s ORDER BY ",
					 share->with_ties ? "rank" : "row_number", number, by);
	foreach(cell, campaign_share_order(plan->task->scope.activity, share))
		appendStringInfo(text, "%s\"campaign.s%d_%d\" %s",
						 foreach_current_index(cell) > 0 ? ", " : "", number,
						 foreach_current_index(cell),
						 ((CampaignExpression *) lfirst(cell))->order);
	if (!share->with_ties)
		appendStringInfo(text, "%s%s", share->sort_by ? ", " : "",
						 position(plan, number));
	appendStringInfo(text, ") AS \"campaign.r%d\"", number);
	if (!share->percent || (share->by == NULL && !share->segment))
		return;
	appendStringInfoString(text, ", pg_catalog.count(*) OVER (PARTITION BY ");
	if (share->segment)
		appendStringInfo(text, "\"campaign.e%d\"%s", number, by);
	else
		appendStringInfoString(text, by + strlen(", "));
	appendStringInfo(text, ") AS \"campaign.n%d\"", number);
}

/* What the outcomes that count sort by, the same for all; NIL: nothing. */
static List *
common_order(const Plan *plan)
{
	ListCell   *cell;

	foreach(cell, plan->shares->list)
	{
		if (campaign_share_counted(plan->shares, lfirst(cell)))
			return campaign_share_order(plan->task->scope.activity,
										lfirst(cell));
	}
	return NIL;
}

/* ----------------------------- first match wins ------------------------- */

/*
 * Wraps the item in a level that ranks an outcome's rows: those that it might
 * take and that no outcome before it took.
 */
static char *
ranked_item(const Plan *plan, const char *item, const char *chosen,
			const CampaignShare *share, int number, const char *condition)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "(SELECT %s.*", plan->alias);
	append_rank(plan, &text, share, number);
	appendStringInfo(&text,
					 " FROM (SELECT %s.*, %s AS \"campaign.chosen%d\","
					 " %s IS NULL AND %s AS \"campaign.e%d\" FROM %s) AS %s) AS %s",
					 plan->alias, chosen, number, chosen, condition, number,
					 item, plan->alias, plan->alias);
	return text.data;
}

/*
 * How many of the first outcomes take rows in one and the same order, whatever
 * the rows are: one rank tells those of all of them.
 */
static int
leading(const Plan *plan)
{
	ListCell   *cell;

	if (!campaign_split_streams(plan->shares))
		return 0;
	foreach(cell, plan->shares->list)
	{
		const CampaignShare *share = lfirst(cell);

		if (share->filter != NULL || !campaign_share_counted(plan->shares, share))
			return foreach_current_index(cell);
	}
	return list_length(plan->shares->list);
}

/* The rank that is common to all of them, as a column. */
static char *
common_rank(Plan *plan)
{
	List	   *order = common_order(plan);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "pg_catalog.row_number() OVER (ORDER BY ");
	for (int i = 0; i < list_length(order); i++)
		appendStringInfo(&text, "\"campaign.s0_%d\" %s, ", i,
						 ((CampaignExpression *) list_nth(order, i))->order);
	appendStringInfo(&text, "%s) AS \"campaign.rank\"",
					 campaign_row_last_order(plan->task->scope.target,
											 plan->population, order));
	return text.data;
}

/* Wraps the item in a level with that rank. */
static char *
leading_item(Plan *plan, const char *item)
{
	return psprintf("(SELECT %s.*, %s FROM %s) AS %s", plan->alias,
					common_rank(plan), item, plan->alias);
}

/* The rows with the number of the outcome that takes them, or NULL. */
static char *
first_match_item(Plan *plan)
{
	char	   *item = evaluated_item(plan);
	int			nleading = leading(plan);
	StringInfoData chosen;
	double		from = 0;
	double		before = 0;
	int64		rank = 0;
	ListCell   *cell;

	if (nleading > 0)
		item = leading_item(plan, item);
	initStringInfo(&chosen);
	appendStringInfoString(&chosen, "CASE WHEN false THEN 0");
	foreach(cell, plan->shares->list)
	{
		const CampaignShare *share = lfirst(cell);
		int			number = foreach_current_index(cell);
		char	   *condition;

		if (campaign_share_takes_rest(share))
			break;
		condition = candidate(plan, share, number, &from);
		if (number < nleading)
		{
			rank += campaign_split_capacity(plan->shares, share, plan->rows,
											&before);
			condition = psprintf("\"campaign.rank\" <= " INT64_FORMAT, rank);
		}
		else if (campaign_share_counted(plan->shares, share))
		{
			item = ranked_item(plan, item, psprintf("%s END", chosen.data),
							   share, number, condition);
			resetStringInfo(&chosen);
			appendStringInfo(&chosen,
							 "CASE WHEN \"campaign.chosen%d\" IS NOT NULL"
							 " THEN \"campaign.chosen%d\"", number, number);
			condition = psprintf("\"campaign.e%d\" AND %s", number,
								 within(plan, share, number, &before));
		}
		appendStringInfo(&chosen, " WHEN %s THEN %d", condition, number);
	}
	return psprintf("(SELECT %s.*, coalesce(%s END, %d) AS \"campaign.outcome\" FROM %s) AS %s",
					plan->alias, chosen.data, plan->rest, item, plan->alias);
}

/* -------------------------------- overlap ------------------------------- */

/* Wraps the item in the levels that say which rows an outcome might take. */
static char *
all_ranked_item(Plan *plan)
{
	char	   *item = evaluated_item(plan);
	StringInfoData text;
	double		from = 0;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfo(&text, "(SELECT %s.*", plan->alias);
	foreach(cell, plan->shares->list)
	{
		if (campaign_share_counted(plan->shares, lfirst(cell)))
			append_rank(plan, &text, lfirst(cell), foreach_current_index(cell));
	}
	appendStringInfo(&text, " FROM (SELECT %s.*", plan->alias);
	foreach(cell, plan->shares->list)
		appendStringInfo(&text, ", %s AS \"campaign.e%d\"",
						 candidate(plan, lfirst(cell),
								   foreach_current_index(cell), &from),
						 foreach_current_index(cell));
	appendStringInfo(&text, " FROM %s) AS %s) AS %s", item, plan->alias,
					 plan->alias);
	return text.data;
}

/* The rows, once for each outcome that takes them, with its number. */
static char *
each_match_item(Plan *plan)
{
	char	   *item = all_ranked_item(plan);
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfo(&text,
					 "%s, LATERAL pg_catalog.unnest(coalesce(nullif("
					 "pg_catalog.array_remove(ARRAY[NULL::pg_catalog.int4",
					 item);
	foreach(cell, plan->shares->list)
	{
		const CampaignShare *share = lfirst(cell);
		int			number = foreach_current_index(cell);
		double		before = 0;

		if (campaign_share_takes_rest(share))
			break;
		appendStringInfo(&text, ", CASE WHEN \"campaign.e%d\"", number);
		if (campaign_share_counted(plan->shares, share))
			appendStringInfo(&text, " AND %s",
							 within(plan, share, number, &before));
		appendStringInfo(&text, " THEN %d END", number);
	}
	appendStringInfo(&text,
					 "], NULL), '{}'), ARRAY[%d])) AS \"campaign.taken\"(\"campaign.outcome\")",
					 plan->rest);
	return text.data;
}

/* -------------------------------- selects ------------------------------- */

/* Appends the code of the row's outcome; what no outcome takes has none. */
static void
append_code(Plan *plan)
{
	StringInfo	text = &plan->select->text;
	ListCell   *cell;

	appendStringInfoString(text, ", CASE \"campaign.outcome\"");
	foreach(cell, plan->shares->list)
		appendStringInfo(text, " WHEN %d THEN %s::pg_catalog.text",
						 foreach_current_index(cell),
						 quote_literal_cstr(((CampaignShare *) lfirst(cell))->code));
	appendStringInfoString(text, " END");
}

/* Writes the select that routes by number. */
static void
build_ranked(Plan *plan)
{
	char	   *item = plan->shares->overlap ? each_match_item(plan) :
		first_match_item(plan);
	StringInfo	text = &plan->select->text;

	if (plan->shares->one_relation)
		appendStringInfo(text, "SELECT CASE WHEN \"campaign.outcome\" < %d THEN 0 ELSE 1 END, ",
						 list_length(plan->shares->list));
	else
		appendStringInfoString(text, "SELECT \"campaign.outcome\", ");
	campaign_row_columns(plan->select, plan->task->scope.target,
						 plan->population);
	if (plan->shares->column != NULL)
		append_code(plan);
	appendStringInfo(text, " FROM %s", item);
}

/*
 * Appends the mask: bit i if outcome i would take the row.  The last bit is
 * always set: it is the outcome that takes the rest, or "remainder".
 */
static void
append_mask(Plan *plan)
{
	StringInfo	text = &plan->select->text;
	double		from = 0;
	ListCell   *cell;

	foreach(cell, plan->shares->list)
	{
		const CampaignShare *share = lfirst(cell);
		CampaignExpression *filter =
			campaign_share_filter(plan->task->scope.activity, share);
		int			number = foreach_current_index(cell);

		if (campaign_share_takes_rest(share))
			break;
		appendStringInfoString(text, "CASE WHEN true");
		if (filter != NULL)
		{
			appendStringInfoString(text, " AND ");
			campaign_select_expression(plan->select, filter);
		}
		if (campaign_share_drawn(plan->shares, share))
			append_range(plan, text, share, number, &from);
		appendStringInfo(text,
						 " THEN " INT64_FORMAT "::pg_catalog.int8"
						 " ELSE 0::pg_catalog.int8 END + ",
						 INT64CONST(1) << number);
	}
	appendStringInfo(text, INT64_FORMAT "::pg_catalog.int8",
					 INT64CONST(1) << plan->rest);
}

/* True if rows need a position: some are drawn, or are equal in the order. */
static bool
needs_position(const Plan *plan)
{
	ListCell   *cell;

	foreach(cell, plan->shares->list)
	{
		if (campaign_share_drawn(plan->shares, lfirst(cell)))
			return true;
	}
	return draws(plan->shares) &&
		!campaign_row_key_ordered(plan->task->scope.target,
								  common_order(plan));
}

/* Appends ORDER BY with what the outcomes that count sort by, if any does. */
static void
append_order(Plan *plan)
{
	StringInfo	text = &plan->select->text;
	List	   *order = common_order(plan);
	ListCell   *cell;
	bool		any = false;

	foreach(cell, plan->shares->list)
		any |= campaign_share_counted(plan->shares, lfirst(cell));
	if (!any)
		return;
	appendStringInfoString(text, " ORDER BY ");
	foreach(cell, order)
	{
		campaign_select_expression(plan->select, lfirst(cell));
		appendStringInfo(text, " %s, ",
						 ((CampaignExpression *) lfirst(cell))->order);
	}
	appendStringInfoString(text,
						   campaign_row_last_order(plan->task->scope.target,
												   plan->population, order));
}

/* Writes the select that routes by mask. */
static void
build_streaming(Plan *plan)
{
	StringInfo	text = &plan->select->text;

	appendStringInfoString(text, "SELECT ");
	append_mask(plan);
	appendStringInfoString(text, ", ");
	campaign_row_columns(plan->select, plan->task->scope.target,
						 plan->population);
	if (plan->rows < 0 && campaign_split_sized(plan->shares))
		appendStringInfoString(text, ", pg_catalog.count(*) OVER ()");
	appendStringInfoString(text, " FROM ");
	campaign_row_from(plan->select, plan->task->scope.target, plan->population,
					  CAMPAIGN_ROW_LEFT);
	if (needs_position(plan))
		appendStringInfo(text,
						 ", LATERAL (SELECT %s) AS \"campaign.drawn\"(\"campaign.position\")",
						 campaign_task_position(plan->task, plan->population));
	append_order(plan);
}

/* What a select is made from. */
static Plan
new_plan(const CampaignTask *task, const CampaignShares *shares,
		 const CampaignPopulation *population, int64 rows)
{
	Plan		plan = {task, shares, population, rows};

	plan.select = campaign_task_select(task);
	plan.alias = quote_identifier(task->scope.target->dimension->name);
	plan.rest = list_length(shares->list) - (campaign_shares_whole(shares) ? 1 : 0);
	return plan;
}

/* The select of a split. */
CampaignSelect *
campaign_split_select(const CampaignTask *task, const CampaignShares *shares,
					  const CampaignPopulation *population, int64 rows)
{
	Plan		plan = new_plan(task, shares, population, rows);

	if (campaign_split_streams(shares))
		build_streaming(&plan);
	else
		build_ranked(&plan);
	return plan.select;
}

/* ------------------------- for several readers -------------------------- */

/* The column for the number of the outcome. */
static List *
number_column(void)
{
	return list_make1(campaign_column_make("campaign.outcome", INT4OID,
										   InvalidOid));
}

/* The rows with these values, in one stage more. */
static CampaignPopulation *
add_stage(Plan *plan, const CampaignPopulation *stream, const char *values,
		  bool shuffled)
{
	StringInfo	text = &plan->select->text;

	resetStringInfo(text);
	appendStringInfo(text, "SELECT %s.*%s FROM ", plan->alias, values);
	return campaign_stream_stage(stream, plan->select, shuffled);
}

/*
 * The condition that a row's rank is among those of the leading outcomes up to
 * this one, of rows that bring their number with them.
 */
static char *
within_counted(const CampaignShare *share, double *percent, double *number)
{
	*(share->percent ? percent : number) += share->limit;
	return psprintf("\"campaign.rank\" <= %.17g::pg_catalog.float8 + pg_catalog.floor("
					"%.17g::pg_catalog.float8 / 100::pg_catalog.float8"
					" * \"campaign.rows\"::pg_catalog.float8 + 0.5::pg_catalog.float8)",
					*number, *percent);
}

/* Rows that are in no table, each with the number of the first outcome. */
static CampaignPopulation *
number_stream(Plan *plan)
{
	int			nleading = leading(plan);
	CampaignPopulation *stream;
	StringInfoData chosen;
	double		from = 0;
	double		percent = 0;
	double		limit = 0;
	ListCell   *cell;

	append_evaluated(plan);
	stream = add_stage(plan, plan->population,
					   pstrdup(plan->select->text.data), false);
	if (nleading > 0)
		stream = add_stage(plan, stream,
						   psprintf(", %s, pg_catalog.count(*) OVER () AS \"campaign.rows\"",
									common_rank(plan)), true);
	initStringInfo(&chosen);
	appendStringInfoString(&chosen, ", CASE WHEN false THEN 0");
	foreach(cell, plan->shares->list)
	{
		const CampaignShare *share = lfirst(cell);
		int			number = foreach_current_index(cell);

		if (campaign_share_takes_rest(share))
			break;
		appendStringInfo(&chosen, " WHEN %s THEN %d", number < nleading ?
						 within_counted(share, &percent, &limit) :
						 candidate(plan, share, number, &from), number);
	}
	appendStringInfo(&chosen, " ELSE %d END AS \"campaign.%d\"", plan->rest,
					 list_length(stream->columns) + 1);
	stream = add_stage(plan, stream, chosen.data, false);
	stream->columns = list_concat_copy(stream->columns, number_column());
	return stream;
}

/* Those of a table, as an item that stands for it. */
static CampaignPopulation *
number_table(Plan *plan)
{
	CampaignPopulation *numbered = palloc(sizeof(CampaignPopulation));
	char	   *item = first_match_item(plan);
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, "(SELECT ");
	foreach(cell, plan->population->columns)
		appendStringInfo(&text, "%s AS %s, ",
						 campaign_row_column(plan->task->scope.target,
											 plan->population,
											 foreach_current_index(cell)),
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfo(&text, "\"campaign.outcome\" FROM %s)", item);
	*numbered = *plan->population;
	numbered->source = text.data;
	numbered->columns = list_concat_copy(plan->population->columns,
										 number_column());
	numbered->expressions = plan->select->expressions;
	return numbered;
}

/*
 * True if one statement can tell the outcomes apart that does not sort more
 * than theirs would.
 */
static bool
can_number(const Plan *plan)
{
	int			number = leading(plan);
	ListCell   *cell;

	if (plan->shares->overlap)
		return false;
	if (!campaign_split_streams(plan->shares))
		return plan->population->levels == NIL;
	for_each_from(cell, plan->shares->list, number)
	{
		if (campaign_share_counted(plan->shares, lfirst(cell)))
			return false;
	}
	return true;
}

/* The population with the number of the outcome that each row falls to. */
CampaignPopulation *
campaign_split_number(const CampaignTask *task, const CampaignShares *shares,
					  const CampaignPopulation *population, int64 rows)
{
	Plan		plan = new_plan(task, shares, population, rows);

	if (!can_number(&plan))
		return NULL;
	return population->levels != NIL ? number_stream(&plan) :
		number_table(&plan);
}
