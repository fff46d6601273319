/*
 * combine_select.c
 *		The statement of a combine.
 *
 * All rows with their masks are one item of FROM, whatever they were made of:
 * an aggregate over all keys, joins to the primary set, or a pass over the
 * dimension that the activities before would have made one by one.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "activity/combine_select.h"
#include "activity/option.h"
#include "set/row.h"
#include "set/statistics.h"

/* The alias of all sets together, quoted. */
#define SETS	"\"" CAMPAIGN_ALIAS_OF_SETS "\""

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
append_added(StringInfo text, const CampaignCombination *plan, const CampaignColumn *column)
{
	const char *name = quote_identifier(column->name);
	ListCell   *cell;

	if (plan->operation == CAMPAIGN_OPERATION_EXCLUSION && plan->by == NIL)
	{
		appendStringInfo(text, ", k.%s", name);
		return;
	}
	appendStringInfoString(text, ", CASE");
	foreach(cell, plan->sets)
	{
		int			number = foreach_current_index(cell);

		if (campaign_column_find(campaign_population_added(lfirst(cell)),
						column->name) != NULL)
			appendStringInfo(text, " WHEN k.\"campaign.mask\" & " INT64_FORMAT
							 " <> 0 THEN i%d.%s",
							 INT64CONST(1) << number, number, name);
	}
	appendStringInfo(text, " END AS %s", name);
}

/*
 * True if sets come in the order of their keys at little cost, because the rows
 * they were made of had about this order.
 */
bool
campaign_combine_in_order(const CampaignTarget *target)
{
	return OidIsValid(target->relation) && campaign_row_has_plain_key(target) &&
		campaign_target_in_order(target);
}

/* The set; in that order, so that all are merged and nothing is hashed. */
static char *
orderly_rows(const CampaignTarget *target, const CampaignPopulation *set)
{
	return !set->spread && campaign_combine_in_order(target) ?
		campaign_row_ordered(target, set)->source : set->source;
}

/* Appends every key once, with the bits of the sets it is in. */
static void
append_masks(StringInfo text, const CampaignCombination *plan)
{
	const CampaignTarget *target = plan->task->scope.target;
	ListCell   *cell;

	appendStringInfoString(text, "(SELECT ");
	append_key(text, target, SETS);
	appendStringInfoString(text, ", pg_catalog.bit_or(\"campaign.bit\") AS \"campaign.mask\" FROM (");
	foreach(cell, plan->sets)
	{
		int			number = foreach_current_index(cell);

		appendStringInfo(text, "%sSELECT ", number > 0 ? " UNION ALL " : "");
		append_key(text, target, "p");
		appendStringInfo(text, ", " INT64_FORMAT
						 "::pg_catalog.int8 AS \"campaign.bit\" FROM %s AS p",
						 INT64CONST(1) << number,
						 orderly_rows(target, lfirst(cell)));
	}
	appendStringInfoString(text, ") AS " SETS " GROUP BY ");
	append_key(text, target, SETS);
	appendStringInfoString(text, ") AS k");
}

/* Appends " LEFT JOIN set". */
static void
append_set(StringInfo text, const CampaignCombination *plan, int number)
{
	const CampaignTarget *target = plan->task->scope.target;
	char	   *alias = psprintf("i%d", number);

	appendStringInfo(text, " LEFT JOIN %s AS %s ON %s",
					 unique_rows(target, list_nth(plan->sets, number)), alias,
					 campaign_row_match(target, alias, "k"));
}

/* All rows of all sets, each once, with mask and added columns. */
static char *
rows_of_all(const CampaignCombination *plan)
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
rows_of_primary(const CampaignCombination *plan)
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
void
campaign_combine_mask(CampaignCombination *plan)
{
	const CampaignTarget *target = plan->task->scope.target;
	CampaignColumn *mask = palloc0(sizeof(CampaignColumn));

	mask->name = "campaign.mask";
	mask->type = INT8OID;
	mask->typmod = -1;
	plan->rows.source =
		plan->operation == CAMPAIGN_OPERATION_EXCLUSION && plan->by == NIL ?
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
append_grouped(CampaignCombination *plan)
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

/* The condition on the mask under which a row comes out. */
char *
campaign_combine_condition(const CampaignCombination *plan, const char *mask)
{
	int64		all = (INT64CONST(1) << list_length(plan->names)) - 1;

	switch (plan->operation)
	{
		case CAMPAIGN_OPERATION_UNION:
			if (plan->by == NIL)
				return "true";
			return psprintf("%s & -%s & \"campaign.mask\" <> 0", mask, mask);
		case CAMPAIGN_OPERATION_INTERSECTION:
			return psprintf("%s = " INT64_FORMAT
							" AND \"campaign.mask\" & 1 <> 0", mask, all);
		default:
			return psprintf("%s = 1", mask);
	}
}

/* Writes the select: bits that route and bits of the sets, then columns. */
void
campaign_combine_select(CampaignCombination *plan)
{
	CampaignTask *task = plan->task;
	const CampaignTarget *target = task->scope.target;
	StringInfo	text = &plan->select->text;
	const char *group = plan->by == NIL ? "\"campaign.mask\"" :
		"\"campaign.group\"";

	/* Beyond max_rows, what satisfies the operation is complement as well. */
	appendStringInfo(text, "SELECT CASE WHEN %s THEN 3",
					 campaign_combine_condition(plan, group));
	if (plan->operation == CAMPAIGN_OPERATION_EXCLUSION)
		appendStringInfoString(text, " WHEN \"campaign.mask\" & 1 = 0 THEN NULL");
	appendStringInfo(text, " ELSE 2 END + (%s << %d)", group, CAMPAIGN_COMBINE_ROUTING_BITS);
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
