/*
 * fetch.c
 *		Rows of other servers on their way into the queue.
 *
 * The queue is on one server.  Its select has stages in a certain order and
 * remembers what it has seen, so it cannot be divided; where the rows are
 * elsewhere they come here first, once and with everything that stages may ask
 * them for, while the population is still joined with its dimension where both
 * are.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"

#include "set/fetch.h"
#include "set/row.h"
#include "set/sink.h"

/* The select's columns as those of a table. */
static List *
columns_of(const Query *query)
{
	List	   *columns = NIL;
	ListCell   *cell;

	foreach(cell, query->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, cell);
		CampaignColumn *column;

		if (entry->resjunk)
			continue;
		column = palloc(sizeof(CampaignColumn));
		column->name = entry->resname;
		column->type = exprType((Node *) entry->expr);
		column->typmod = exprTypmod((Node *) entry->expr);
		column->collation = exprCollation((Node *) entry->expr);
		columns = lappend(columns, column);
	}
	return columns;
}

/* Writes them to a table of this server. */
CampaignPopulation *
campaign_fetch_rows(CampaignSelect *select, const CampaignTarget *target,
					const CampaignPopulation *population, const char *name,
					Oid owner)
{
	CampaignOutlet outlet = {.capacity = -1};

	/* Of a test's sample, the population is what is left. */
	select->sample = NULL;
	appendStringInfo(&select->text, "SELECT i.* FROM %s AS i",
					 campaign_row_item(target, population, CAMPAIGN_ROW_LEFT));
	outlet.population =
		campaign_population_scratch(name,
									columns_of(campaign_select_analyze(select)),
									NULL, InvalidOid, owner);
	(void) campaign_sink_write(select, CAMPAIGN_ROUTE_SOLE, &outlet, 1);
	return outlet.population;
}
