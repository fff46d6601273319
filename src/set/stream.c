/*
 * stream.c
 *		Populations that are in no table.
 *
 * An activity whose rows only one other reads need not write them: they are a
 * subquery of that one's statement.  It has the row of the dimension in it, so
 * that nothing has to be joined with what was read a moment before.  A fence
 * around each stage has every expression evaluated once, whatever the levels
 * above use its result for; and it keeps the order of the rows, which is that
 * of an index then and spares a sort of whole rows.  It is written as OFFSET
 * '0', for over a 0 that has yet to become a bigint nothing is executed in
 * parallel.
 *
 * Where rows are dropped, a condition counts them (see counter.c).  Its number
 * is exact because nothing reads a stage twice or in part: it is one item of
 * FROM, all others are joined to it from the left, and there is no LIMIT.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/text.h"
#include "set/stream.h"

/* One SELECT of a stream, around the one before. */
typedef struct Level
{
	const char *text;			/* up to what it is from */
	const char *behind;			/* after that, with a blank before it */
	/* the innermost one has neither, if it is a population */
	const CampaignPopulation *population;
	CampaignRowJoin join;
	bool		shuffled;		/* rows come in another order than before */
} Level;

/* A copy of the stream, or a new one, with a level more. */
static CampaignPopulation *
add_level(const CampaignPopulation *stream, const char *text,
		  const char *behind)
{
	CampaignPopulation *higher = palloc0(sizeof(CampaignPopulation));
	Level	   *level = palloc0(sizeof(Level));

	if (stream != NULL)
		*higher = *stream;
	level->text = text;
	level->behind = behind;
	higher->levels = lappend(list_copy(higher->levels), level);
	higher->counter = NULL;
	return higher;
}

/* Rows of the dimension, with more columns, and what is behind that. */
static CampaignPopulation *
open_dimension(const CampaignTarget *target, const char *more,
			   const char *behind, List *expressions)
{
	const char *alias = quote_identifier(target->dimension->name);
	StringInfoData text;
	CampaignPopulation *stream;

	initStringInfo(&text);
	appendStringInfo(&text, "SELECT %s",
					 campaign_row_readable(target->relation, alias));
	for (int i = 0; i < list_length(target->key); i++)
		appendStringInfo(&text, ", %s AS \"campaign.%d\"",
						 campaign_row_column(target, NULL, i), i + 1);
	appendStringInfo(&text, ", true AS \"campaign.found\"%s FROM %s AS %s%s",
					 more, campaign_relation_name(target->relation), alias,
					 behind);
	stream = add_level(NULL, text.data, "");
	stream->columns = list_copy(target->key);
	stream->nkeys = list_length(target->key);
	stream->expressions = expressions;
	return stream;
}

/* Those for which a condition is true. */
CampaignPopulation *
campaign_stream_open(const CampaignTarget *target,
					 const CampaignSelect *condition)
{
	return open_dimension(target, "", condition->text.len == 0 ? "" :
						  psprintf(" WHERE %s", condition->text.data),
						  condition->expressions);
}

/* All of them, each with the mask of its sets. */
CampaignPopulation *
campaign_stream_masked(const CampaignTarget *target,
					   const CampaignSelect *mask)
{
	return open_dimension(target, psprintf(", %s AS \"campaign.mask\"",
										   mask->text.data),
						  "", mask->expressions);
}

/* Rows of a population. */
CampaignPopulation *
campaign_stream_over(const CampaignPopulation *population,
					 CampaignRowJoin join)
{
	CampaignPopulation *stream = add_level(NULL, NULL, NULL);
	Level	   *level = linitial(stream->levels);

	Assert(population->levels == NIL && !population->spread);
	level->population = population;
	level->join = join;
	stream->columns = population->columns;
	stream->nkeys = population->nkeys;
	stream->expressions = population->expressions;
	return stream;
}

/* Has the condition count, on which more values follow. */
static char *
count_passing(CampaignPopulation *stream, CampaignCounter *counter,
			  const char *condition, const char *more)
{
	stream->counter = counter;
	stream->counters = lappend(list_copy(stream->counters), stream->counter);
	return psprintf(" WHERE campaign.count_passing(" INT64_FORMAT "::pg_catalog.int8, %s%s)",
					stream->counter->number, condition, more);
}

/*
 * The same rows with further columns.  The condition has them evaluated,
 * whether anything above uses them or not.
 */
CampaignPopulation *
campaign_stream_extend(const CampaignTarget *target,
					   const CampaignPopulation *stream,
					   const CampaignSelect *values, const char *behind,
					   List *columns)
{
	const char *alias = quote_identifier(target->dimension->name);
	int			number = list_length(stream->columns);
	StringInfoData text;
	StringInfoData more;
	CampaignPopulation *wider;
	ListCell   *cell;

	initStringInfo(&text);
	initStringInfo(&more);
	appendStringInfo(&text, "SELECT %s.*", alias);
	foreach(cell, columns)
	{
		const char *column = psprintf("%s.\"campaign.%d\"", alias, ++number);

		appendStringInfo(&text, ", %s AS %s", column,
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
		appendStringInfo(&more, ", %s", column);
	}
	appendStringInfoString(&text, " FROM ");
	wider = add_level(stream,
					  psprintf("SELECT %s.*%s FROM ", alias, values->text.data),
					  behind);
	wider = add_level(wider, text.data, NULL);
	((Level *) llast(wider->levels))->behind = count_passing(wider,
															 campaign_counter_new(),
															 "true", more.data);
	wider->columns = list_concat_copy(stream->columns, columns);
	wider->expressions = values->expressions;
	return wider;
}

/* The same rows with more beside them. */
CampaignPopulation *
campaign_stream_stage(const CampaignPopulation *stream,
					  const CampaignSelect *stage, bool shuffled)
{
	CampaignPopulation *higher = add_level(stream, pstrdup(stage->text.data), "");

	((Level *) llast(higher->levels))->shuffled = shuffled;
	higher->expressions = stage->expressions;
	return higher;
}

/* The columns that a stream has, and no others. */
static char *
own_columns(const CampaignTarget *target, const CampaignPopulation *stream)
{
	const char *alias = quote_identifier(target->dimension->name);
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfoString(&text,
						   campaign_row_listed(target->relation, alias));
	foreach(cell, stream->columns)
	{
		int			number = foreach_current_index(cell);

		appendStringInfo(&text, ", %s",
						 campaign_row_column(target, stream, number));
		if (number >= stream->nkeys)
			appendStringInfo(&text, ", %s.%s", alias,
							 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	}
	appendStringInfo(&text, ", %s", campaign_row_found(target, stream));
	return text.data;
}

/* Those of the rows for which a condition is true. */
CampaignPopulation *
campaign_stream_narrow(const CampaignTarget *target,
					   const CampaignPopulation *stream,
					   const CampaignSelect *condition)
{
	CampaignPopulation *narrower =
		add_level(stream, psprintf("SELECT %s FROM ", own_columns(target, stream)),
				  NULL);

	((Level *) llast(narrower->levels))->behind =
		count_passing(narrower, campaign_counter_new(),
					  condition->text.data, "");
	narrower->expressions = condition->expressions;
	return narrower;
}

/* Those of the rows with masks that are wanted, and pass. */
CampaignPopulation *
campaign_stream_sets(const CampaignTarget *target,
					 const CampaignPopulation *stream, int64 wanted,
					 const char *condition)
{
	CampaignPopulation *narrower =
		add_level(stream,
				  psprintf("SELECT %s, \"campaign.mask\" FROM ",
						   own_columns(target, stream)), NULL);

	((Level *) llast(narrower->levels))->behind =
		count_passing(narrower, campaign_counter_new_sets(wanted), condition,
					  ", \"campaign.mask\"");
	return narrower;
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

/* " ORDER BY" the key by the names it has in every stage. */
static char *
order_clause(const CampaignTarget *target)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < list_length(target->key); i++)
		appendStringInfo(&text, "%s\"campaign.%d\"",
						 i > 0 ? ", " : " ORDER BY ", i + 1);
	return text.data;
}

/* The number of the first level that can come in order, from 0. */
static int
first_sorted(const CampaignPopulation *stream)
{
	int			first = 0;
	ListCell   *cell;

	foreach(cell, stream->levels)
	{
		if (((Level *) lfirst(cell))->shuffled)
			first = foreach_current_index(cell) + 1;
	}
	return first;
}

/* The rows of a population, with its own name for what is behind them. */
static char *
population_item(const CampaignTarget *target, const Level *level, bool sorted)
{
	const CampaignPopulation *population = level->population;

	if (sorted)
		population = campaign_row_ordered(target, population);
	return campaign_row_item(target, population, level->join);
}

/* The levels, one around the other. */
char *
campaign_stream_item(const CampaignTarget *target,
					 const CampaignPopulation *stream)
{
	const char *alias = quote_identifier(target->dimension->name);
	int			first = stream->sorted ? first_sorted(stream) :
		list_length(stream->levels);
	char	   *item = NULL;
	ListCell   *cell;

	foreach(cell, stream->levels)
	{
		const Level *level = lfirst(cell);
		bool		sorted = foreach_current_index(cell) >= first;
		const char *order = sorted ? order_clause(target) : "";

		if (level->population != NULL)
			item = psprintf("(SELECT %s.* FROM %s AS %s%s OFFSET '0')", alias,
							population_item(target, level, sorted), alias,
							order);
		else if (item == NULL)
			item = psprintf("(%s%s OFFSET '0')", level->text, order);
		else
			item = psprintf("(%s%s AS %s%s%s OFFSET '0')", level->text, item,
							alias, level->behind, order);
	}
	return item;
}
