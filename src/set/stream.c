/*
 * stream.c
 *		Populations that are in no table.
 *
 * An activity whose rows only one other reads need not write them: they are a
 * subquery of that one's statement.  It has the row of the dimension in it, so
 * that nothing has to be joined with what was read a moment before.  A fence
 * around each stage has every expression evaluated once, whatever the levels
 * above use its result for; and it keeps the order of the rows, which is that
 * of an index then and spares a sort of whole rows.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/text.h"
#include "set/row.h"
#include "set/stream.h"

/* A new population with the columns of the key and those that were added. */
static CampaignPopulation *
new_stream(const CampaignTarget *target, List *added, List *levels,
		   const CampaignSelect *select)
{
	CampaignPopulation *stream = palloc0(sizeof(CampaignPopulation));

	stream->columns = list_concat_copy(target->key, added);
	stream->nkeys = list_length(target->key);
	stream->levels = levels;
	stream->expressions = select->expressions;
	return stream;
}

/* Rows of the dimension. */
CampaignPopulation *
campaign_stream_open(const CampaignTarget *target,
					 const CampaignSelect *condition)
{
	const char *alias = quote_identifier(target->dimension->name);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "SELECT %s",
					 campaign_row_readable(target->relation, alias));
	for (int i = 0; i < list_length(target->key); i++)
		appendStringInfo(&text, ", %s AS \"campaign.%d\"",
						 campaign_row_column(target, NULL, i), i + 1);
	appendStringInfo(&text, ", true AS \"campaign.found\" FROM %s AS %s%s%s",
					 campaign_relation_name(target->relation), alias,
					 condition->text.len > 0 ? " WHERE " : "",
					 condition->text.data);
	return new_stream(target, NIL, list_make1(text.data), condition);
}

/* The same rows with further columns. */
CampaignPopulation *
campaign_stream_extend(const CampaignTarget *target,
					   const CampaignPopulation *stream,
					   const CampaignSelect *values, List *columns)
{
	const char *alias = quote_identifier(target->dimension->name);
	int			number = list_length(stream->columns);
	StringInfoData text;
	List	   *levels;
	ListCell   *cell;

	levels = lappend(list_copy(stream->levels),
					 psprintf("SELECT %s.*%s FROM ", alias,
							  values->text.data));
	initStringInfo(&text);
	appendStringInfo(&text, "SELECT %s.*", alias);
	foreach(cell, columns)
		appendStringInfo(&text, ", %s.\"campaign.%d\" AS %s", alias, ++number,
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfoString(&text, " FROM ");
	return new_stream(target,
					  list_concat_copy(campaign_population_added(stream),
									   columns),
					  lappend(levels, text.data), values);
}

/* It in the order of the key. */
CampaignPopulation *
campaign_stream_sorted(const CampaignPopulation *stream)
{
	CampaignPopulation *sorted = palloc(sizeof(CampaignPopulation));

	*sorted = *stream;
	sorted->sorted = true;
	return sorted;
}

/* " ORDER BY" the key by its names in a stage, the innermost or another. */
static char *
order_clause(const CampaignTarget *target, bool innermost)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < list_length(target->key); i++)
	{
		appendStringInfoString(&text, i > 0 ? ", " : " ORDER BY ");
		if (innermost)
			appendStringInfoString(&text, campaign_row_column(target, NULL, i));
		else
			appendStringInfo(&text, "\"campaign.%d\"", i + 1);
	}
	return text.data;
}

/* The levels, one around the other. */
char *
campaign_stream_item(const CampaignTarget *target,
					 const CampaignPopulation *stream)
{
	const char *alias = quote_identifier(target->dimension->name);
	char	   *item = NULL;
	ListCell   *cell;

	foreach(cell, stream->levels)
	{
		const char *order = stream->sorted ?
			order_clause(target, item == NULL) : "";

		if (item == NULL)
			item = psprintf("(%s%s OFFSET 0)", (char *) lfirst(cell), order);
		else
			item = psprintf("(%s%s AS %s%s OFFSET 0)", (char *) lfirst(cell),
							item, alias, order);
	}
	return item;
}
