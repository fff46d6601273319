/*
 * merge.c
 *		Fields that a group of duplicates has together: merged records.
 *
 * The fields of one record belong together, as street and city do: they are
 * taken from one row, the best one that satisfies the condition and has them
 * all.  That is one window per record.
 */
#include "postgres.h"

#include "activity/column.h"
#include "activity/option.h"
#include "activity/merge.h"

/* Refuses a record for what it says. */
static void
refuse_record(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an object in option \"records\" %s", problem),
			 errhint("Write [{\"columns\": {\"best_phone\": \"phone\"}, \"filter\": \"phone_confirmed\", \"sort_by\": \"changed_at DESC\"}].")));
}

/* A member that must be a text; NULL if absent. */
static char *
text_member(const JsonbContainer *object, const char *name)
{
	JsonbValue *value = campaign_object_member(object, name);

	if (value != NULL && value->type != jbvString)
		refuse_record(psprintf("has no valid \"%s\"", name));
	return campaign_object_text(object, name);
}

/* Reads one of them. */
static CampaignMerge *
read_record(const CampaignScope *scope, const JsonbContainer *object)
{
	const CampaignActivity *activity = scope->activity;
	CampaignMerge *record = palloc0(sizeof(CampaignMerge));
	JsonbValue *columns = campaign_object_member(object, "columns");
	char	   *filter = text_member(object, "filter");
	char	   *order = text_member(object, "sort_by");
	char	   *what = psprintf("option \"records\" of activity \"%s\"",
								activity->name);

	campaign_members_check(object, "an object in option \"records\"",
						   "columns, filter, sort_by");
	if (columns == NULL || columns->type != jbvBinary ||
		!JsonContainerIsObject(columns->val.binary.data))
		refuse_record("has no object \"columns\"");
	record->fields = campaign_additions_read(scope,
											 JsonbValueToJsonb(columns),
											 " of option \"records\"");
	if (record->fields == NIL)
		refuse_record("has no object \"columns\"");
	if (filter != NULL)
	{
		record->filter = campaign_expression_parse(filter, what,
												   activity->search_path);
		record->filter->condition = true;
	}
	if (order != NULL)
		record->order = campaign_expression_parse_order(order, what,
														activity->search_path);
	return record;
}

/* Those of the option. */
List *
campaign_merges_read(const CampaignScope *scope)
{
	List	   *records = NIL;
	ListCell   *cell;

	foreach(cell, campaign_option_objects(scope->activity->options, "records"))
		records = lappend(records, read_record(scope, lfirst(cell)));
	return records;
}

/* All their expressions. */
List *
campaign_merges_expressions(List *records)
{
	List	   *expressions = NIL;
	ListCell   *cell;

	foreach(cell, records)
	{
		const CampaignMerge *record = lfirst(cell);

		expressions = campaign_additions_expressions(expressions,
													 record->fields);
		if (record->filter != NULL)
			expressions = lappend(expressions, record->filter);
		expressions = list_concat(expressions, record->order);
	}
	return expressions;
}

/* The columns that they add. */
List *
campaign_merges_columns(const CampaignScope *scope, List *records)
{
	List	   *columns = NIL;
	ListCell   *cell;

	foreach(cell, records)
		columns = list_concat(columns,
							  campaign_additions_columns(scope,
														 ((CampaignMerge *) lfirst(cell))->fields));
	return columns;
}

/* Appends an expression as a column "campaign.<letter><number>_<i>". */
static void
append_expression(CampaignSelect *select, const CampaignExpression *expression,
				  char letter, int number, int i)
{
	appendStringInfoString(&select->text, ", ");
	campaign_select_expression(select, expression);
	appendStringInfo(&select->text, " AS \"campaign.%c%d_%d\"", letter, number,
					 i);
}

/* Appends what is evaluated over each row. */
void
campaign_merges_evaluate(CampaignSelect *select, List *records)
{
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, records)
	{
		const CampaignMerge *record = lfirst(cell);
		int			number = foreach_current_index(cell);

		foreach(inner, record->fields)
			append_expression(select,
							  ((CampaignAddition *) lfirst(inner))->expression,
							  'v', number, foreach_current_index(inner));
		foreach(inner, record->order)
			append_expression(select, lfirst(inner), 'o', number,
							  foreach_current_index(inner));
		if (record->filter != NULL)
			append_expression(select, record->filter, 'q', number, 0);
	}
}

/* The condition that a row has all fields of a record, and may give them. */
static char *
lends(const CampaignMerge *record, int number)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%s", record->filter == NULL ? "true" :
					 psprintf("coalesce(\"campaign.q%d_0\", false)", number));
	for (int i = 0; i < list_length(record->fields); i++)
		appendStringInfo(&text,
						 " AND coalesce(\"campaign.v%d_%d\"::pg_catalog.text, '') COLLATE \"C\" <> ''",
						 number, i);
	return text.data;
}

/* Appends the fields. */
void
campaign_merges_take(CampaignSelect *select, List *records,
					  const char *group, const char *rank)
{
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, records)
	{
		const CampaignMerge *record = lfirst(cell);
		int			number = foreach_current_index(cell);
		char	   *candidate = lends(record, number);
		StringInfoData window;

		initStringInfo(&window);
		appendStringInfo(&window, "(PARTITION BY %s ORDER BY (%s) DESC, ",
						 group, candidate);
		foreach(inner, record->order)
			appendStringInfo(&window, "\"campaign.o%d_%d\" %s, ", number,
							 foreach_current_index(inner),
							 ((CampaignExpression *) lfirst(inner))->order);
		appendStringInfo(&window, "%s)", rank);
		for (int i = 0; i < list_length(record->fields); i++)
			appendStringInfo(&select->text,
							 ", pg_catalog.first_value(CASE WHEN %s THEN"
							 " \"campaign.v%d_%d\" END) OVER %s",
							 candidate, number, i, window.data);
	}
}
