/*
 * update_select.c
 *		The statements by which a table of the owner's is changed.
 *
 * In all of them t is the table, and what is to become of a row is in columns
 * with a dot in their names, which no expression uses by accident: what tells
 * it apart, the values, and whether they are taken.  A row is written only if
 * a column of it changes.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/typcache.h"

#include "activity/update_plan.h"
#include "activity/column.h"
#include "activity/option.h"
#include "activity/quarantine.h"
#include "base/text.h"
#include "set/row.h"

/* Which fields are taken. */
typedef enum Taking
{
	TAKING_INSERT,
	TAKING_UPDATE
} Taking;

/* A column of ours, by letter and number. */
static char *
part(const char *alias, char letter, int number)
{
	return psprintf("%s.\"campaign.%c%d\"", alias, letter, number);
}

/* A column of the table, as t.column. */
static char *
own(const CampaignUpdateColumn *column)
{
	return psprintf("t.%s", quote_identifier(column->column.name));
}

/* "::type COLLATE ..." of a column, without its limits: they are the table's. */
static char *
cast_to(const CampaignColumn *column)
{
	char	   *type = format_type_extended(column->type, -1,
											FORMAT_TYPE_TYPEMOD_GIVEN |
											FORMAT_TYPE_FORCE_QUALIFY);

	if (!OidIsValid(column->collation))
		return psprintf("::%s", type);
	return psprintf("::%s COLLATE %s", type,
					campaign_collation_name(column->collation));
}

/* The columns that a row's change needs. */
List *
campaign_update_columns(const CampaignUpdate *change)
{
	List	   *columns = list_make1(campaign_column_make("campaign.new", BOOLOID,
														  InvalidOid));
	ListCell   *cell;

	foreach(cell, change->keys)
	{
		CampaignColumn *column = &((CampaignUpdateKey *) lfirst(cell))->column->column;

		columns = lappend(columns,
						  campaign_column_make(psprintf("campaign.b%d",
														foreach_current_index(cell)),
											   column->type, column->collation));
	}
	foreach(cell, change->fields)
	{
		CampaignColumn *column = &((CampaignUpdateField *) lfirst(cell))->column->column;
		int			number = foreach_current_index(cell);

		columns = lappend(columns,
						  campaign_column_make(psprintf("campaign.v%d", number),
											   column->type, column->collation));
		columns = lappend(columns,
						  campaign_column_make(psprintf("campaign.f%d", number),
											   BOOLOID, InvalidOid));
	}
	return columns;
}

/* The condition that the row of the table is the one that is meant. */
static char *
match(const CampaignUpdate *change, const char *alias)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, change->keys)
	{
		CampaignUpdateKey *key = lfirst(cell);

		appendStringInfo(&text, "%s%s %s %s",
						 foreach_current_index(cell) > 0 ? " AND " : "",
						 own(key->column),
						 campaign_row_equality(key->column->column.type),
						 part(alias, 'b', foreach_current_index(cell)));
	}
	return text.data;
}

/* True if the field is taken. */
static bool
is_taken(const CampaignUpdateField *field, Taking taking)
{
	return taking == TAKING_INSERT ? field->inserts : field->updates;
}

/* The columns that are set, each once, of CampaignUpdateColumn *. */
static List *
set_columns(const CampaignUpdate *change, Taking taking)
{
	List	   *columns = NIL;
	ListCell   *cell;

	foreach(cell, change->fields)
	{
		CampaignUpdateField *field = lfirst(cell);

		if (is_taken(field, taking))
			columns = list_append_unique_ptr(columns, field->column);
	}
	return columns;
}

/*
 * What a column gets: the value of the last field that is taken, and without
 * one what is said otherwise.
 */
static char *
new_value(const CampaignUpdate *change, const CampaignUpdateColumn *column,
		  Taking taking, const char *alias, const char *otherwise)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "CASE");
	for (int i = list_length(change->fields) - 1; i >= 0; i--)
	{
		CampaignUpdateField *field = list_nth(change->fields, i);

		if (field->column == column && is_taken(field, taking))
			appendStringInfo(&text, " WHEN %s THEN %s", part(alias, 'f', i),
							 part(alias, 'v', i));
	}
	appendStringInfo(&text, " ELSE %s END", otherwise);
	return text.data;
}

/*
 * The condition that two values of a column differ.  Where the type's own
 * equality is not the server's, or there is none, their texts are compared.
 */
static char *
differ(const CampaignColumn *column, const char *one, const char *other)
{
	TypeCacheEntry *entry = lookup_type_cache(column->type, TYPECACHE_EQ_OPR);

	if (OidIsValid(entry->eq_opr) &&
		strncmp(campaign_row_equality(column->type), "OPERATOR(pg_catalog.",
				strlen("OPERATOR(pg_catalog.")) == 0)
		return psprintf("%s IS DISTINCT FROM %s", one, other);
	return psprintf("(%s)::pg_catalog.text COLLATE \"C\" IS DISTINCT FROM (%s)::pg_catalog.text COLLATE \"C\"",
					one, other);
}

/* The condition that an update changes something. */
static char *
changes(const CampaignUpdate *change, const char *alias)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, set_columns(change, TAKING_UPDATE))
	{
		CampaignUpdateColumn *column = lfirst(cell);

		appendStringInfo(&text, "%s%s", text.len > 0 ? " OR " : "(",
						 differ(&column->column, own(column),
								new_value(change, column, TAKING_UPDATE, alias,
										  own(column))));
	}
	if (text.len == 0)
		return "false";
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* ------------------------------ evaluation ------------------------------ */

/* Appends the columns that tell rows apart, as b0 and so on. */
static void
append_keys(const CampaignUpdate *change, CampaignSelect *select,
			const CampaignPopulation *population)
{
	ListCell   *cell;

	foreach(cell, change->keys)
	{
		CampaignUpdateKey *key = lfirst(cell);

		appendStringInfoString(&select->text, ", (");
		if (key->expression != NULL)
			campaign_select_expression(select, key->expression);
		else
			appendStringInfoString(&select->text,
								   campaign_row_column(change->scope->target,
													   population,
													   key->number));
		appendStringInfo(&select->text, ")%s AS \"campaign.b%d\"",
						 cast_to(&key->column->column),
						 foreach_current_index(cell));
	}
}

/* Appends the values, as v0 and so on, and the conditions of fields as c0. */
static void
append_fields(const CampaignUpdate *change, CampaignSelect *select)
{
	ListCell   *cell;

	foreach(cell, change->fields)
	{
		CampaignUpdateField *field = lfirst(cell);
		int			number = foreach_current_index(cell);

		appendStringInfoString(&select->text, ", (");
		campaign_select_expression(select, field->value);
		appendStringInfo(&select->text, ")%s AS \"campaign.v%d\", ",
						 cast_to(&field->column->column), number);
		if (field->condition == NULL)
			appendStringInfoString(&select->text, "true");
		else
			campaign_select_expression(select, field->condition);
		appendStringInfo(&select->text, " AS \"campaign.c%d\"", number);
	}
}

/* Appends what rows for the same target are ordered by, as o0 and so on. */
static List *
append_order(const CampaignUpdate *change, CampaignSelect *select)
{
	List	   *order = campaign_option_expressions(change->scope->activity,
													"sort_by");
	ListCell   *cell;

	foreach(cell, order)
	{
		appendStringInfoString(&select->text, ", ");
		campaign_select_expression(select, lfirst(cell));
		appendStringInfo(&select->text, " AS \"campaign.o%d\"",
						 foreach_current_index(cell));
	}
	return order;
}

/* The number of a row among those that mean the same row of the table. */
static char *
place(const CampaignUpdate *change, List *order,
	  const CampaignPopulation *population)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	if (change->keys == NIL)
		return "1";
	appendStringInfoString(&text, "pg_catalog.row_number() OVER (PARTITION BY ");
	for (int i = 0; i < list_length(change->keys); i++)
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "", part("e", 'b', i));
	appendStringInfoString(&text, " ORDER BY ");
	foreach(cell, order)
		appendStringInfo(&text, "%s %s, ",
						 part("e", 'o', foreach_current_index(cell)),
						 ((CampaignExpression *) lfirst(cell))->order);
	for (int i = 1; i <= population->nkeys; i++)
		appendStringInfo(&text, "%se.\"campaign.%d\"", i > 1 ? ", " : "", i);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* Appends the rows with all that was evaluated, as m. */
static void
append_rows(const CampaignUpdate *change, CampaignSelect *select,
			const CampaignPopulation *population, const CampaignSieve *sieve)
{
	StringInfo	text = &select->text;
	CampaignSelect inner = *select;
	List	   *order;

	/* What is inside is written first: the place needs its order. */
	initStringInfo(&inner.text);
	appendStringInfoString(&inner.text, "(SELECT ");
	campaign_row_columns(&inner, change->scope->target, population);
	append_keys(change, &inner, population);
	append_fields(change, &inner);
	order = append_order(change, &inner);
	appendStringInfoString(&inner.text, " FROM ");
	campaign_row_from(&inner, change->scope->target, population,
					  CAMPAIGN_ROW_LEFT);
	campaign_sieve_append(&inner, sieve,
						  campaign_row_recipient(change->scope->target,
												 population));
	appendStringInfoString(&inner.text, " OFFSET 0)");
	select->expressions = inner.expressions;
	appendStringInfo(text, "(SELECT e.*, %s AS \"campaign.place\"",
					 place(change, order, population));
	for (int i = 0; i < list_length(change->fields); i++)
		appendStringInfo(text, ", %s%s AS \"campaign.f%d\"",
						 part("e", 'c', i), !change->keep ? "" :
						 psprintf(" AND %s IS NOT NULL", part("e", 'v', i)), i);
	appendStringInfo(text, " FROM %s AS e OFFSET 0) AS m", inner.text.data);
}

/* The columns of the table that are looked at. */
static char *
looked_at(const CampaignUpdate *change)
{
	List	   *columns = set_columns(change, TAKING_UPDATE);
	StringInfoData text;
	ListCell   *cell;

	foreach(cell, change->keys)
		columns = list_append_unique_ptr(columns,
										 ((CampaignUpdateKey *) lfirst(cell))->column);
	initStringInfo(&text);
	foreach(cell, columns)
		appendStringInfo(&text, ", x.%s",
						 quote_identifier(((CampaignUpdateColumn *) lfirst(cell))->column.name));
	return text.data;
}

/* Appends " LEFT JOIN table", with one row per key at most. */
static void
append_table(const CampaignUpdate *change, StringInfo text)
{
	ListCell   *cell;

	if (change->keys == NIL)
		return;
	appendStringInfoString(text, " LEFT JOIN (SELECT ");
	if (!change->unique)
	{
		appendStringInfoString(text, "DISTINCT ON (");
		foreach(cell, change->keys)
			appendStringInfo(text, "%sx.%s",
							 foreach_current_index(cell) > 0 ? ", " : "",
							 quote_identifier(((CampaignUpdateKey *) lfirst(cell))->column->column.name));
		appendStringInfoString(text, ") ");
	}
	appendStringInfo(text, "true AS \"campaign.there\"%s FROM %s AS x) AS t ON %s",
					 looked_at(change),
					 campaign_relation_name(change->relation),
					 match(change, "m"));
}

/* Appends that the row does not say which row of the table it means. */
static void
append_unsaid(const CampaignUpdate *change, StringInfo text)
{
	for (int i = 0; i < list_length(change->keys); i++)
		appendStringInfo(text, "%s%s IS NULL", i > 0 ? " OR " : "(",
						 part("m", 'b', i));
	appendStringInfoChar(text, ')');
}

/* Appends what becomes of the row, as a number. */
static void
append_verdict(const CampaignUpdate *change, StringInfo text)
{
	bool		updates = change->operation == CAMPAIGN_UPDATE_UPDATE ||
		change->operation == CAMPAIGN_UPDATE_UPSERT;

	if (change->keys == NIL)
	{
		appendStringInfo(text, "%d", CAMPAIGN_VERDICT_CHANGED);
		return;
	}
	appendStringInfoString(text, "CASE WHEN ");
	append_unsaid(change, text);
	appendStringInfo(text, " THEN %d WHEN m.\"campaign.place\" > 1 THEN %d",
					 change->operation == CAMPAIGN_UPDATE_INSERT ?
					 CAMPAIGN_VERDICT_CHANGED :
					 change->operation == CAMPAIGN_UPDATE_UPSERT ?
					 CAMPAIGN_VERDICT_REJECTED : CAMPAIGN_VERDICT_UNMATCHED,
					 CAMPAIGN_VERDICT_REJECTED);
	if (change->operation == CAMPAIGN_UPDATE_INSERT)
		appendStringInfo(text, " WHEN t.\"campaign.there\" THEN %d",
						 CAMPAIGN_VERDICT_REJECTED);
	else if (change->operation != CAMPAIGN_UPDATE_UPSERT)
		appendStringInfo(text, " WHEN t.\"campaign.there\" IS NULL THEN %d",
						 CAMPAIGN_VERDICT_UNMATCHED);
	/* Of several rows with a key only one is known here. */
	if (updates && (change->unique ||
					set_columns(change, TAKING_UPDATE) == NIL))
		appendStringInfo(text, " WHEN t.\"campaign.there\" AND NOT %s THEN %d",
						 changes(change, "m"), CAMPAIGN_VERDICT_SAME);
	appendStringInfo(text, " ELSE %d END", CAMPAIGN_VERDICT_CHANGED);
}

/* Writes the select of verdicts and of what is to be changed. */
void
campaign_update_evaluate(const CampaignUpdate *change, CampaignSelect *select,
						 const CampaignPopulation *population,
						 const CampaignSieve *sieve)
{
	StringInfo	text = &select->text;

	appendStringInfoString(text, "SELECT ");
	append_verdict(change, text);
	for (int i = 1; i <= list_length(population->columns); i++)
		appendStringInfo(text, ", m.\"campaign.%d\"", i);
	for (int i = 1; i <= population->nkeys; i++)
		appendStringInfo(text, ", m.\"campaign.%d\"", i);
	appendStringInfoString(text, change->keys == NIL ? ", true" :
						   ", t.\"campaign.there\" IS NULL");
	for (int i = 0; i < list_length(change->keys); i++)
		appendStringInfo(text, ", %s", part("m", 'b', i));
	for (int i = 0; i < list_length(change->fields); i++)
		appendStringInfo(text, ", %s, %s", part("m", 'v', i),
						 part("m", 'f', i));
	appendStringInfoString(text, " FROM ");
	append_rows(change, select, population, sieve);
	append_table(change, text);
}

/* ------------------------------ statements ------------------------------ */

/* True if an update sets anything. */
bool
campaign_update_updates(const CampaignUpdate *change)
{
	return set_columns(change, TAKING_UPDATE) != NIL;
}

/* Writes UPDATE. */
void
campaign_update_update(const CampaignUpdate *change, CampaignSelect *select,
					   const CampaignPopulation *work, const char *condition)
{
	StringInfo	text = &select->text;
	ListCell   *cell;

	appendStringInfo(text, "UPDATE %s AS t SET ",
					 campaign_relation_name(change->relation));
	foreach(cell, set_columns(change, TAKING_UPDATE))
	{
		CampaignUpdateColumn *column = lfirst(cell);

		appendStringInfo(text, "%s%s = %s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_identifier(column->column.name),
						 new_value(change, column, TAKING_UPDATE, "w",
								   own(column)));
	}
	appendStringInfo(text,
					 " FROM %s AS w WHERE %s AND NOT w.\"campaign.new\" AND %s AND %s",
					 work->source, match(change, "w"), changes(change, "w"),
					 condition);
}

/* The columns of a row that is inserted: what it is told apart by, and more. */
static List *
inserted_columns(const CampaignUpdate *change)
{
	List	   *columns = set_columns(change, TAKING_INSERT);
	ListCell   *cell;

	foreach(cell, change->keys)
	{
		CampaignUpdateColumn *column = ((CampaignUpdateKey *) lfirst(cell))->column;

		if (!column->generated)
			columns = list_append_unique_ptr(columns, column);
	}
	return columns;
}

/* What an inserted row has where no field says: its key, or the default. */
static char *
inserted_otherwise(const CampaignUpdate *change,
				   const CampaignUpdateColumn *column)
{
	ListCell   *cell;

	foreach(cell, change->keys)
	{
		if (((CampaignUpdateKey *) lfirst(cell))->column == column)
			return part("w", 'b', foreach_current_index(cell));
	}
	return column->fallback == NULL ? "NULL" : column->fallback;
}

/* What a column of an inserted row gets. */
static char *
inserted_value(const CampaignUpdate *change,
			   const CampaignUpdateColumn *column)
{
	char	   *otherwise = inserted_otherwise(change, column);

	if (!list_member_ptr(set_columns(change, TAKING_INSERT), column))
		return otherwise;
	return new_value(change, column, TAKING_INSERT, "w", otherwise);
}

/* Writes INSERT. */
void
campaign_update_insert(const CampaignUpdate *change, CampaignSelect *select,
					   const CampaignPopulation *work, const char *condition)
{
	StringInfo	text = &select->text;
	StringInfoData values;
	bool		identity = false;
	ListCell   *cell;

	initStringInfo(&values);
	appendStringInfo(text, "INSERT INTO %s (",
					 campaign_relation_name(change->relation));
	foreach(cell, inserted_columns(change))
	{
		CampaignUpdateColumn *column = lfirst(cell);
		const char *comma = foreach_current_index(cell) > 0 ? ", " : "";

		appendStringInfo(text, "%s%s", comma,
						 quote_identifier(column->column.name));
		appendStringInfo(&values, "%s%s", comma,
						 inserted_value(change, column));
		identity = identity || column->identity;
	}
	appendStringInfo(text, ") %sSELECT %s FROM %s AS w WHERE w.\"campaign.new\" AND %s",
					 identity ? "OVERRIDING SYSTEM VALUE " : "", values.data,
					 work->source, condition);
}

/* Writes DELETE. */
void
campaign_update_delete(const CampaignUpdate *change, CampaignSelect *select,
					   const CampaignPopulation *work, const char *condition)
{
	appendStringInfo(&select->text, "DELETE FROM %s AS t USING %s AS w WHERE %s AND %s",
					 campaign_relation_name(change->relation), work->source,
					 match(change, "w"), condition);
}

/*
 * Writes the select that counts rows to be updated that change nothing: where
 * several rows of the table may be meant, no verdict has told.
 */
void
campaign_update_same(const CampaignUpdate *change, CampaignSelect *select,
					 const CampaignPopulation *work)
{
	appendStringInfo(&select->text,
					 "SELECT pg_catalog.count(*) FROM %s AS w WHERE NOT w.\"campaign.new\" AND NOT EXISTS (SELECT FROM %s AS t WHERE %s AND %s)",
					 work->source, campaign_relation_name(change->relation),
					 match(change, "w"), changes(change, "w"));
}

/* -------------------------------- showing ------------------------------- */

/* Columns that a change is shown with. */
List *
campaign_update_shown(void)
{
	return list_make3(campaign_column_make("effect", TEXTOID,
										   DEFAULT_COLLATION_OID),
					  campaign_column_make("before", JSONBOID, InvalidOid),
					  campaign_column_make("after", JSONBOID, InvalidOid));
}

/* Appends an object of columns; with alias "t" what the table has now. */
static void
append_object(const CampaignUpdate *change, StringInfo text, List *columns,
			  bool before, Taking taking)
{
	ListCell   *cell;

	appendStringInfoString(text, "'{}'::pg_catalog.jsonb");
	foreach(cell, columns)
	{
		CampaignUpdateColumn *column = lfirst(cell);

		appendStringInfo(text,
						 " OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(%s, %s)",
						 quote_literal_cstr(column->column.name),
						 before ? own(column) : taking == TAKING_INSERT ?
						 inserted_value(change, column) :
						 new_value(change, column, TAKING_UPDATE, "w",
								   own(column)));
	}
}

/* Writes the select of what is to be changed. */
void
campaign_update_show(const CampaignUpdate *change, CampaignSelect *select,
					 const CampaignPopulation *work)
{
	bool		deletes = change->operation == CAMPAIGN_UPDATE_DELETE;
	StringInfo	text = &select->text;
	List	   *keys = NIL;
	ListCell   *cell;

	foreach(cell, change->keys)
		keys = lappend(keys, ((CampaignUpdateKey *) lfirst(cell))->column);
	appendStringInfoString(text, "SELECT ");
	foreach(cell, change->scope->target->key)
		appendStringInfo(text, "w.%s, ",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfo(text,
					 "CASE WHEN w.\"campaign.new\" THEN 'insert' ELSE '%s' END::pg_catalog.text, CASE WHEN NOT w.\"campaign.new\" THEN ",
					 deletes ? "delete" : "update");
	if (change->keys == NIL)
		appendStringInfoString(text, "NULL::pg_catalog.jsonb");
	else
		append_object(change, text, deletes ? keys :
					  set_columns(change, TAKING_UPDATE), true, TAKING_UPDATE);
	appendStringInfoString(text, " END, CASE WHEN w.\"campaign.new\" THEN ");
	append_object(change, text, inserted_columns(change), false,
				  TAKING_INSERT);
	if (!deletes && change->keys != NIL)
	{
		appendStringInfoString(text, " ELSE ");
		append_object(change, text, set_columns(change, TAKING_UPDATE), false,
					  TAKING_UPDATE);
	}
	appendStringInfo(text, " END FROM %s AS w", work->source);
	if (change->keys != NIL)
		appendStringInfo(text, " LEFT JOIN %s AS t ON %s",
						 campaign_relation_name(change->relation),
						 match(change, "w"));
	/* Of several rows that are meant only some may change. */
	if (change->keys != NIL && !deletes)
		appendStringInfo(text, " WHERE w.\"campaign.new\" OR %s",
						 changes(change, "w"));
}
