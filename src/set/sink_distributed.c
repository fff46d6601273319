/*
 * sink_distributed.c
 *		Rows of a select into populations that are spread over servers.
 *
 * By statements whose rows stay on the servers they are on: the population is
 * distributed by the key, as the dimension is, and the key goes through
 * unchanged.  One population takes one INSERT.  For several, the select is run
 * once into a table distributed alike, and each takes its own from there: to
 * run it once per outcome could find a row in two of them, or in none.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"

#include "base/shared.h"
#include "set/observe.h"
#include "set/sink_method.h"

/* True if rows need not pass this server. */
bool
campaign_sink_stays_distributed(const CampaignSelect *select,
								const CampaignOutlet *outlets, int noutlets)
{
	bool		spread = false;

	/* An explanation shows the select alone. */
	if (select->effect != NULL || select->sample != NULL ||
		select->unkeyed || campaign_observing())
		return false;
	for (int i = 0; i < noutlets; i++)
	{
		if (outlets[i].capacity >= 0 || OidIsValid(outlets[i].aside) ||
			(outlets[i].population != NULL && !outlets[i].population->spread))
			return false;
		spread |= outlets[i].population != NULL;
	}
	return spread;
}

/* A receiver of nothing: the rows of an INSERT are counted by the server. */
static void
take_nothing(CampaignReceiver *receiver, TupleTableSlot *slot)
{
}

/* Executes a statement as the current user; gives how many rows it wrote. */
static int64
execute(CampaignSelect *statement)
{
	CampaignReceiver nobody = {NULL, take_nothing};

	return (int64) campaign_select_run(statement, &nobody);
}

/* "prefix.c1, prefix.c2, …": so many columns of ours, from number first on. */
static char *
numbered(const char *prefix, int first, int count)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < count; i++)
		appendStringInfo(&text, "%s%sc%d", i > 0 ? ", " : "", prefix, first + i);
	return text.data;
}

/* Names of the population's columns. */
static char *
column_names(const CampaignPopulation *population)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, population->columns)
		appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	return text.data;
}

/* Moves rows that were staged here into the population. */
void
campaign_sink_distribute(CampaignPopulation *population)
{
	CampaignSelect *statement = campaign_select_new(NULL, "pg_catalog, pg_temp");
	char	   *names = column_names(population);

	appendStringInfo(&statement->text,
					 "INSERT INTO %s (%s) SELECT %s FROM campaign_data.%s",
					 population->source, names, names,
					 quote_identifier(psprintf("%s_stage", population->name)));
	(void) execute(statement);
	campaign_population_unstage(population);
}

/* INSERT of all the select's rows, of so many columns, into a table. */
static int64
insert_all(CampaignSelect *select, Query *query,
		   const CampaignPopulation *into, int ncolumns)
{
	CampaignSelect *statement = campaign_select_new(select->variables,
													select->search_path);

	appendStringInfo(&statement->text, "INSERT INTO %s (%s) SELECT %s FROM ",
					 into->source, column_names(into),
					 numbered("s.", 1, ncolumns));
	appendStringInfo(&statement->text, "%s AS s (%s)",
					 campaign_select_rows(statement, query),
					 numbered("", 1, ncolumns));
	return execute(statement);
}

/* ---------------------------- several outlets ---------------------------- */

/* Rows on their way to several outlets. */
typedef struct Sorting
{
	CampaignRouting routing;
	CampaignOutlet *outlets;
	int			noutlets;
	CampaignTallies *tallies;	/* or NULL */
	CampaignPopulation *all;	/* the select's rows: c1 says where to */
	int64		rows;
} Sorting;

/* The select's columns as those of a table: c1, c2, … */
static List *
scratch_columns(const Query *query)
{
	List	   *columns = NIL;
	ListCell   *cell;

	foreach(cell, query->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, cell);
		Node	   *value = (Node *) entry->expr;
		CampaignColumn *column;

		if (entry->resjunk)
			continue;
		column = palloc(sizeof(CampaignColumn));
		column->name = psprintf("c%d", list_length(columns) + 1);
		column->type = exprType(value);
		column->typmod = exprTypmod(value);
		column->collation = exprCollation(value);
		columns = lappend(columns, column);
	}
	return columns;
}

/* The first outlet that is written. */
static const CampaignOutlet *
first_written(const Sorting *sorting)
{
	for (int i = 0; i < sorting->noutlets; i++)
	{
		if (sorting->outlets[i].population != NULL)
			return &sorting->outlets[i];
	}
	elog(ERROR, "no outlet is written");
	return NULL;				/* keep the compiler quiet */
}

/* Takes the number of rows with one value in the first column. */
typedef struct Counter
{
	CampaignReceiver receiver;
	Sorting    *sorting;
} Counter;

/* Adds them to the outlet they go to. */
static void
take_count(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	Sorting    *sorting = ((Counter *) receiver)->sorting;
	int64		value;
	int64		rows;
	int			number;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0])
		return;
	value = DatumGetInt64(slot->tts_values[0]);
	rows = DatumGetInt64(slot->tts_values[1]);
	if (sorting->tallies != NULL)
		campaign_tallies_add(sorting->tallies, value, rows);
	number = sorting->routing == CAMPAIGN_ROUTE_NUMBER ? (int) value :
		campaign_sink_route(sorting->outlets, sorting->noutlets,
							(uint64) value);
	if (number >= 0 && number < sorting->noutlets)
		sorting->outlets[number].rows += rows;
}

/* Counts what goes where. */
static void
count_rows(Sorting *sorting)
{
	Counter		counter = {{NULL, take_count}, sorting};
	CampaignSelect *statement = campaign_select_new(NULL, "pg_catalog, pg_temp");

	appendStringInfo(&statement->text,
					 "SELECT c1::pg_catalog.int8, pg_catalog.count(*) FROM %s GROUP BY c1",
					 sorting->all->source);
	(void) campaign_select_run(statement, &counter.receiver);
}

/* The condition that a row goes to an outlet. */
static char *
routed_to(const Sorting *sorting, int number)
{
	uint64		bit = UINT64CONST(1) << number;

	if (sorting->routing == CAMPAIGN_ROUTE_NUMBER)
		return psprintf("c1 = %d", number);
	return psprintf("(c1 & (" INT64_FORMAT ")::pg_catalog.int8) = (" INT64_FORMAT ")::pg_catalog.int8",
					(int64) (bit | (bit - 1)), (int64) bit);
}

/* Writes the population of an outlet. */
static void
write_outlet(const Sorting *sorting, int number)
{
	const CampaignOutlet *outlet = &sorting->outlets[number];
	const CampaignPopulation *population = outlet->population;
	CampaignSelect *statement = campaign_select_new(NULL, "pg_catalog, pg_temp");

	appendStringInfo(&statement->text,
					 "INSERT INTO %s (%s) SELECT %s FROM %s WHERE %s",
					 population->source, column_names(population),
					 numbered("", outlet->first + 2,
							  list_length(population->columns)),
					 sorting->all->source, routed_to(sorting, number));
	(void) execute(statement);
	campaign_sink_note(population,
					   campaign_sink_rows(sorting->outlets, number));
}

/* Writes all of them. */
static void
sort_out(Sorting *sorting, CampaignSelect *select, Query *query)
{
	const CampaignOutlet *first = first_written(sorting);
	List	   *columns = scratch_columns(query);

	sorting->all =
		campaign_population_scratch(psprintf("%s_sorting", first->population->name),
									columns,
									psprintf("c%d", first->first + 2),
									first->population->relation, GetUserId());
	sorting->rows = insert_all(select, query, sorting->all,
							   list_length(columns));
	count_rows(sorting);
	for (int i = 0; i < sorting->noutlets; i++)
	{
		if (sorting->outlets[i].population != NULL)
			write_outlet(sorting, i);
	}
	(void) campaign_population_drop(sorting->all->name);
}

/* Writes with statements whose rows stay where they are. */
static int64
distributed_write(CampaignSelect *select, CampaignRouting routing,
				  CampaignOutlet *outlets, int noutlets,
				  CampaignTallies *tallies)
{
	Sorting		sorting = {routing, outlets, noutlets, tallies};
	Query	   *query = campaign_select_analyze(select);

	for (int i = 0; i < noutlets; i++)
		outlets[i].rows = 0;
	if (routing == CAMPAIGN_ROUTE_SOLE)
	{
		const CampaignPopulation *population = outlets[0].population;

		sorting.rows = insert_all(select, query, population,
								  list_length(population->columns));
		outlets[0].rows = sorting.rows;
		campaign_sink_note(population, sorting.rows);
	}
	else
		sort_out(&sorting, select, query);
	campaign_shared_progress_rows(sorting.rows);
	return sorting.rows;
}

const CampaignSinkMethod campaign_sink_distributed = {distributed_write};
