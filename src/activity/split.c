/*
 * split.c
 *		split: every row of the population to the first outcome that takes it.
 *
 * A selecting kind.  A percentage is a range of positions, where a row's
 * position is a keyed hash of its key: the same row has the same position for
 * the same seed on any machine and version, so it stays in its group from run
 * to run, and no sort is needed.  Whatever counts rows takes the first ones,
 * by an order or by position; what it cuts is there for later outcomes.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"

#include "activity/activity.h"
#include "activity/column.h"
#include "activity/option.h"
#include "activity/share.h"
#include "activity/split_select.h"

static const CampaignOption options[] = {
	{"outcomes", CAMPAIGN_OPTION_OUTCOMES, true, NULL,
		"Array of objects, in order: name, and filter (condition, or a rule), percent (of the input) or number (at most so many rows), sort_by, by and more; one without filter and limit takes the rest."},
	{"exact", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether percentages are counted out, to the row; else they are drawn by ranges, each row for itself."},
	{"overlap", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether a row goes to every outcome that takes it, and not to the first alone."},
	{"one_relation", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether the rows of all outcomes come out together, by outcome \"result\"; segment_column tells them apart."},
	{"segment_column", CAMPAIGN_OPTION_TEXT, false, "none; with one_relation, segment",
	"Name of a column to be added, with the segment_code (or else the name) of the outcome."},
	{"seed", CAMPAIGN_OPTION_TEXT, false, "campaign.activity",
	"Text on which percent and number draw; the same seed draws the same rows."}
};

/* The names in order; "remainder" unless one outcome takes the rest. */
static List *
outcomes_of_split(const Jsonb *given)
{
	CampaignShares *shares = campaign_shares_read(given);
	List	   *names = NIL;
	ListCell   *cell;

	if (shares->one_relation)
		names = list_make1(pstrdup("result"));
	else
	{
		foreach(cell, shares->list)
			names = lappend(names, ((CampaignShare *) lfirst(cell))->name);
	}
	if (!campaign_shares_whole(shares))
		names = lappend(names, pstrdup("remainder"));
	return names;
}

/* The column for the code of the outcome. */
static List *
columns_of_split(const CampaignScope *scope)
{
	CampaignShares *shares = campaign_shares_read(scope->activity->options);

	if (shares->column == NULL)
		return NIL;
	return list_make1(campaign_column_make(shares->column, TEXTOID,
										   DEFAULT_COLLATION_OID));
}

/* Refuses what only expressions and columns can show. */
static void
check_split(const CampaignScope *scope)
{
	campaign_shares_check(scope);
	campaign_columns_check_names(scope, columns_of_split(scope));
}

/* The share that an outlet is for; NULL if it is for several, or the rest. */
static const CampaignShare *
share_of(const CampaignShares *shares, int outlet)
{
	if (shares->one_relation || outlet >= list_length(shares->list))
		return NULL;
	return list_nth(shares->list, outlet);
}

/* Sets how many rows the outlets take, where the sink counts them. */
static void
set_capacities(const CampaignShares *shares, CampaignOutlet *outlets,
			   int64 rows)
{
	double		before = 0;
	ListCell   *cell;

	foreach(cell, shares->list)
		outlets[foreach_current_index(cell)].capacity =
			campaign_split_capacity(shares, lfirst(cell), rows, &before);
}

/* Says what shares of the rows are meant, where that needs no row. */
static void
set_shares(const CampaignShares *shares, CampaignOutlet *outlets)
{
	ListCell   *cell;

	foreach(cell, shares->list)
	{
		const CampaignShare *share = lfirst(cell);

		if (share->limited && share->percent && share->filter == NULL &&
			share->quotas == NIL && !shares->one_relation)
			outlets[foreach_current_index(cell)].share = share->limit / 100;
	}
}

/* Whose capacities are to be set. */
typedef struct Sizing
{
	const CampaignShares *shares;
	CampaignOutlet *outlets;
} Sizing;

/* CampaignSizing: sets them. */
static void
size_outlets(void *arg, int64 rows)
{
	const Sizing *sizing = arg;

	set_capacities(sizing->shares, sizing->outlets, rows);
}

/* Writes every row; gives their number. */
static int64
write_rows(CampaignTask *task, const CampaignShares *shares,
		   const CampaignPopulation *population, CampaignOutlet *outlets,
		   int noutlets)
{
	int64		rows = task->stream != NULL ? -1 :
		((CampaignFlow *) linitial(task->inbound))->rows;
	CampaignSelect *select = campaign_split_select(task, shares, population,
												   rows);
	Sizing		sizing = {shares, outlets};

	if (!campaign_split_streams(shares))
		return campaign_sink_write(select, CAMPAIGN_ROUTE_NUMBER, outlets,
								   noutlets);
	if (rows < 0 && campaign_split_sized(shares))
		return campaign_sink_write_sized(select, outlets, noutlets,
										 size_outlets, &sizing);
	set_capacities(shares, outlets, rows);
	return campaign_sink_write(select, CAMPAIGN_ROUTE_MASK, outlets, noutlets);
}

/* Routes every row. */
static void
run_split(CampaignTask *task)
{
	CampaignShares *shares = campaign_shares_read(task->scope.activity->options);
	int			noutlets = list_length(outcomes_of_split(task->scope.activity->options));
	CampaignOutlet *outlets = palloc0(sizeof(CampaignOutlet) * noutlets);
	CampaignPopulation *population = campaign_task_population(task, 0);

	campaign_shares_resolve(shares, task);
	for (int i = 0; i < noutlets; i++)
		campaign_task_outlet(task, &outlets[i], i,
							 list_concat(campaign_population_added(population),
										 columns_of_split(&task->scope)));
	set_shares(shares, outlets);
	campaign_task_came(task, write_rows(task, shares, population, outlets,
										noutlets));
	for (int i = 0; i < noutlets; i++)
	{
		const CampaignShare *share = share_of(shares, i);

		campaign_task_emit(task, &outlets[i], i, share == NULL ||
						   !share->skip_empty || outlets[i].rows > 0);
	}
}

/*
 * Rows need not be counted before where no rank has to be a part of all of
 * them; with overlap they are not counted by going.
 */
static bool
takes_rows(const CampaignScope *scope)
{
	CampaignShares *shares = campaign_shares_read(scope->activity->options);
	ListCell   *cell;

	foreach(cell, shares->list)
	{
		if (((CampaignShare *) lfirst(cell))->formula != NULL)
			return false;
	}
	return !shares->overlap &&
		(campaign_split_streams(shares) || !campaign_split_sized(shares));
}

/* True if an outcome ends its branch when nothing comes out of it. */
static bool
skips(const CampaignShares *shares)
{
	ListCell   *cell;

	foreach(cell, shares->list)
	{
		if (((CampaignShare *) lfirst(cell))->skip_empty)
			return true;
	}
	return false;
}

/* True if an outcome's limit is an expression, to be evaluated once. */
static bool
reckons(const CampaignShares *shares)
{
	ListCell   *cell;

	foreach(cell, shares->list)
	{
		if (((CampaignShare *) lfirst(cell))->formula != NULL)
			return true;
	}
	return false;
}

/*
 * All rows with the number of their outcome.  Those of a table would be joined
 * with the dimension for nothing where nothing follows.
 */
static CampaignPopulation *
fan_split(CampaignTask *task, bool whole)
{
	CampaignShares *shares = campaign_shares_read(task->scope.activity->options);
	CampaignPopulation *population;

	if (shares->one_relation || shares->column != NULL || skips(shares) ||
		reckons(shares) || !OidIsValid(task->scope.target->relation) ||
		(!whole && task->stream == NULL))
		return NULL;
	population = campaign_task_population(task, 0);
	if (population->spread)
		return NULL;
	return campaign_split_number(task, shares, population,
								 ((CampaignFlow *) linitial(task->inbound))->rows);
}

const CampaignKind campaign_kind_split = {
	.name = "split",
	.category = "targeting",
	.purpose = "Sends every row to the first outcome that takes it: by condition, share or number.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "those of the option, remainder",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_split,
	.expressions = campaign_shares_expressions,
	.columns = columns_of_split,
	.check = check_split,
	.run = run_split,
	.takes = takes_rows,
	.fan = fan_split,
	.reads_expressions = true
};
