/*
 * row.c
 *		The row that expressions are about, as one item of FROM.
 *
 * One item, because the names in an expression must mean the same before and
 * after columns were added: "score" is the dimension's, whatever else the
 * statement joins.  Columns of the population travel under names with a dot
 * in them, which no expression would use by accident.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_oper.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/text.h"
#include "set/row.h"
#include "set/stream.h"

/*
 * Fetching a row by its key costs about as much as reading so many one after
 * the other.
 */
#define LOOKUP_FRACTION 8

/* The schema of an operator. */
Oid
campaign_row_operator_schema(Oid operator)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	Oid			schema;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	schema = ((Form_pg_operator) GETSTRUCT(tuple))->oprnamespace;
	ReleaseSysCache(tuple);
	return schema;
}

/* The equality operator of a type, written with its schema. */
char *
campaign_row_equality(Oid type)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_EQ_OPR);
	char	   *name;

	if (!OidIsValid(entry->eq_opr))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("type %s has no equality operator",
						format_type_be(type)),
				 errhint("Choose a key whose columns can be compared.")));
	name = get_opname(entry->eq_opr);
	return psprintf("OPERATOR(%s.%s)",
					quote_identifier(get_namespace_name(campaign_row_operator_schema(entry->eq_opr))),
					name);
}

/* The hidden name of a population's column inside the item. */
static char *
hidden_name(int number)
{
	return psprintf("\"campaign.%d\"", number + 1);
}

/*
 * Names of the columns that the current user may read.  Without any they are
 * all: the server shall say which relation may not be read.
 */
static List *
readable_names(Oid relation)
{
	List	   *all = campaign_target_columns(relation);
	List	   *readable = NIL;
	ListCell   *cell;

	if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return all;
	foreach(cell, all)
	{
		if (pg_attribute_aclcheck(relation,
								  get_attnum(relation, lfirst(cell)),
								  GetUserId(), ACL_SELECT) == ACLCHECK_OK)
			readable = lappend(readable, lfirst(cell));
	}
	return readable != NIL ? readable : all;
}

/* Those columns as "prefix.column, ...". */
char *
campaign_row_listed(Oid relation, const char *prefix)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, readable_names(relation))
		appendStringInfo(&text, "%s%s.%s", text.len > 0 ? ", " : "",
						 prefix, quote_identifier(lfirst(cell)));
	return text.data;
}

/*
 * Columns of a relation as "prefix.column, ...": those the current user
 * may read, so that a grant on some columns is enough.
 */
char *
campaign_row_readable(Oid relation, const char *prefix)
{
	if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
		return psprintf("%s.*", prefix);
	return campaign_row_listed(relation, prefix);
}

/*
 * The dimension's rows under an alias, one per key: without a unique index
 * behind the key, any one of those that share it.
 */
static char *
dimension_rows(const CampaignTarget *target, const char *alias)
{
	StringInfoData text;
	const char *relation = campaign_relation_name(target->relation);
	ListCell   *cell;

	if (target->unique)
		return psprintf("%s AS %s", relation, alias);
	initStringInfo(&text);
	appendStringInfoString(&text, "(SELECT DISTINCT ON (");
	foreach(cell, target->key)
		appendStringInfo(&text, "%s%s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfo(&text, ") %s FROM %s AS d) AS %s",
					 campaign_row_readable(target->relation, "d"), relation, alias);
	return text.data;
}

/* The condition that the key is the same in two items of FROM. */
char *
campaign_row_match(const CampaignTarget *target, const char *left,
				   const char *right)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, target->key)
	{
		CampaignColumn *column = lfirst(cell);
		const char *name = quote_identifier(column->name);

		appendStringInfo(&text, "%s%s.%s %s %s.%s",
						 foreach_current_index(cell) > 0 ? " AND " : "",
						 left, name, campaign_row_equality(column->type), right, name);
	}
	return text.data;
}

/* The condition that the row has the key of an item of FROM. */
char *
campaign_row_same(const CampaignTarget *target,
				  const CampaignPopulation *population, const char *item)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, target->key)
	{
		int			number = foreach_current_index(cell);

		appendStringInfo(&text, "%s%s.%s %s %s", number > 0 ? " AND " : "",
						 item, hidden_name(number),
						 campaign_row_equality(((CampaignColumn *) lfirst(cell))->type),
						 campaign_row_column(target, population, number));
	}
	return text.data;
}

/*
 * True if rows are better fetched one by one by their keys.  The planner takes
 * each for a page read at random; but keys that come in their order lead
 * through a table that is in this order, too.
 */
static bool
is_looked_up(const CampaignTarget *target, const CampaignPopulation *population)
{
	return population->sorted && !population->spread && target->unique &&
		campaign_population_rows(population) * LOOKUP_FRACTION <=
		campaign_target_rows(target) &&
		campaign_target_in_order(target);
}

/* population LEFT JOIN dimension ON key = key, looked up. */
static void
append_lookup(StringInfo text, const CampaignTarget *target,
			  const CampaignPopulation *population)
{
	appendStringInfo(text,
					 " FROM %s AS p LEFT JOIN LATERAL (SELECT %s FROM %s AS d"
					 " WHERE %s OFFSET 0) AS d ON true",
					 population->source,
					 campaign_row_readable(target->relation, "d"),
					 campaign_relation_name(target->relation),
					 campaign_row_match(target, "d", "p"));
}

/* dimension JOIN population ON key = key. */
static void
append_join(StringInfo text, const CampaignTarget *target,
			const CampaignPopulation *population, CampaignRowJoin join)
{
	appendStringInfo(text, " FROM %s AS p %s JOIN %s ON %s",
					 population->source,
					 join == CAMPAIGN_ROW_LEFT ? "LEFT" : "INNER",
					 dimension_rows(target, "d"),
					 campaign_row_match(target, "d", "p"));
}

/*
 * The columns of the population under hidden names, and their own; with more
 * columns of ours behind them.
 */
static char *
bare_item(const CampaignPopulation *population, const char *more)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, "(SELECT p.*");
	foreach(cell, population->columns)
		appendStringInfo(&text, ", p.%s AS %s",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name),
						 hidden_name(foreach_current_index(cell)));
	appendStringInfo(&text, "%s FROM %s AS p)", more, population->source);
	return text.data;
}

/* The item alone, without its alias. */
char *
campaign_row_item(const CampaignTarget *target,
				  const CampaignPopulation *population, CampaignRowJoin join)
{
	StringInfoData text;
	ListCell   *cell;

	if (population == NULL)
		return campaign_relation_name(target->relation);
	if (population->levels != NIL)
		return campaign_stream_item(target, population);
	if (join == CAMPAIGN_ROW_BARE)
		return bare_item(population, "");
	/* Lines of a file have nothing behind them that they could be joined to. */
	if (!OidIsValid(target->relation))
		return bare_item(population, ", true AS \"campaign.found\"");
	initStringInfo(&text);
	appendStringInfo(&text, "(SELECT %s", target->unique ?
					 campaign_row_readable(target->relation, "d") : "d.*");
	foreach(cell, population->columns)
	{
		CampaignColumn *column = lfirst(cell);
		int			number = foreach_current_index(cell);

		appendStringInfo(&text, ", p.%s AS %s", quote_identifier(column->name),
						 hidden_name(number));
		/* An added column is seen by expressions under its own name too. */
		if (number >= population->nkeys)
			appendStringInfo(&text, ", p.%s", quote_identifier(column->name));
	}
	appendStringInfo(&text, ", (d.%s IS NOT NULL) AS \"campaign.found\"",
					 quote_identifier(((CampaignColumn *) linitial(target->key))->name));
	if (join == CAMPAIGN_ROW_LEFT && is_looked_up(target, population))
		append_lookup(&text, target, population);
	else
		append_join(&text, target, population, join);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* Appends the item. */
void
campaign_row_from(CampaignSelect *select, const CampaignTarget *target,
				  const CampaignPopulation *population, CampaignRowJoin join)
{
	appendStringInfo(&select->text, "%s AS %s",
					 campaign_row_item(target, population, join),
					 quote_identifier(target->dimension->name));
}

/* The column of the population or of the key, by number from 0. */
const char *
campaign_row_column(const CampaignTarget *target,
					const CampaignPopulation *population, int number)
{
	const char *alias = quote_identifier(target->dimension->name);
	CampaignColumn *column;

	if (population != NULL)
		return psprintf("%s.%s", alias, hidden_name(number));
	column = list_nth(target->key, number);
	return psprintf("%s.%s", alias, quote_identifier(column->name));
}

/* True if the key is a part of the order, so that no lot is needed. */
bool
campaign_row_key_ordered(const CampaignTarget *target, const List *order)
{
	ListCell   *cell;

	foreach(cell, order)
	{
		ColumnRef  *column = (ColumnRef *) ((CampaignExpression *) lfirst(cell))->tree;

		if (list_length(target->key) == 1 && IsA(column, ColumnRef) &&
			IsA(llast(column->fields), String) &&
			strcmp(strVal(llast(column->fields)),
				   ((CampaignColumn *) linitial(target->key))->name) == 0)
			return true;
	}
	return false;
}

/* What makes the order a total one; rows that are gone have no key but their own. */
const char *
campaign_row_last_order(const CampaignTarget *target,
						const CampaignPopulation *population,
						const List *order)
{
	return !campaign_row_key_ordered(target, order) ?
		"\"campaign.position\"" : campaign_row_column(target, population, 0);
}

/* All its columns with commas between. */
void
campaign_row_columns(CampaignSelect *select, const CampaignTarget *target,
					 const CampaignPopulation *population)
{
	int			count = list_length(population ? population->columns :
									target->key);

	for (int i = 0; i < count; i++)
		appendStringInfo(&select->text, "%s%s", i > 0 ? ", " : "",
						 campaign_row_column(target, population, i));
}

/* The condition that the key is NULL, or was there before. */
char *
campaign_row_unusable(const CampaignTarget *target)
{
	StringInfoData text;
	StringInfoData key;

	initStringInfo(&text);
	initStringInfo(&key);
	for (int i = 0; i < list_length(target->key); i++)
	{
		const char *column = campaign_row_column(target, NULL, i);

		appendStringInfo(&text, "%s%s IS NULL", i > 0 ? " OR " : "", column);
		appendStringInfo(&key, "%s%s", i > 0 ? ", " : "", column);
	}
	if (!target->unique)
		appendStringInfo(&text,
						 " OR pg_catalog.row_number() OVER (PARTITION BY %s) > 1",
						 key.data);
	return text.data;
}

/*
 * A key column as text that is the same whatever the session's settings.
 */
static char *
column_text(const CampaignTarget *target, const CampaignPopulation *population,
			int number)
{
	CampaignColumn *column = list_nth(target->key, number);
	const char *name = campaign_row_column(target, population, number);

	if (column->type == TIMESTAMPTZOID)
		return psprintf("(%s AT TIME ZONE 'UTC')::pg_catalog.text", name);
	return psprintf("%s::pg_catalog.text", name);
}

/* The key as text; of a composite one, its columns with commas between. */
char *
campaign_row_recipient(const CampaignTarget *target,
					   const CampaignPopulation *population)
{
	StringInfoData text;
	int			nkeys = list_length(target->key);

	initStringInfo(&text);
	if (nkeys == 1)
		return column_text(target, population, 0);
	appendStringInfoChar(&text, '(');
	for (int i = 0; i < nkeys; i++)
	{
		/* Commas inside are escaped, so that different keys never meet. */
		appendStringInfo(&text, "%spg_catalog.replace(pg_catalog.replace(%s, E'\\\\', E'\\\\\\\\'), ',', E'\\\\,')",
						 i > 0 ? " || ',' || " : "",
						 column_text(target, population, i));
	}
	appendStringInfoChar(&text, ')');
	return text.data;
}

/*
 * The condition that a row of the dimension has that key.  Compared as text,
 * which is what the key is, and as a value, by which an index finds it, unless
 * the text means another value in another time zone.
 */
char *
campaign_row_has_key(const CampaignTarget *target, const char *key)
{
	CampaignColumn *column = linitial(target->key);
	char	   *condition = psprintf("%s = %s",
									 campaign_row_recipient(target, NULL),
									 quote_literal_cstr(key));

	if (list_length(target->key) > 1 || column->type == TIMESTAMPTZOID)
		return condition;
	return psprintf("%s %s %s AND %s", campaign_row_column(target, NULL, 0),
					campaign_row_equality(column->type), quote_literal_cstr(key),
					condition);
}

/*
 * True if values of the type are the same where their texts are, in an order
 * that an index on a column of the type has.
 */
static bool
has_plain_order(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID ||
		type == UUIDOID;
}

/* True if all columns of the key are of such types. */
bool
campaign_row_has_plain_key(const CampaignTarget *target)
{
	ListCell   *cell;

	foreach(cell, target->key)
	{
		if (!has_plain_order(((CampaignColumn *) lfirst(cell))->type))
			return false;
	}
	return true;
}

/* Columns of the population in the order of recipients; NIL if it has none. */
static List *
plain_columns(const CampaignTarget *target,
			  const CampaignPopulation *population)
{
	return population != NULL && campaign_row_has_plain_key(target) ?
		target->key : NIL;
}

/*
 * What rows are ordered by.  The names are those of columns, so they mean the
 * same in any stage of a statement that has them, "campaign.recipient" too.
 */
char *
campaign_row_order(const CampaignTarget *target,
				   const CampaignPopulation *population)
{
	StringInfoData text;
	List	   *columns = plain_columns(target, population);

	if (columns == NIL)
		return pstrdup("\"campaign.recipient\"");
	initStringInfo(&text);
	for (int i = 0; i < list_length(columns); i++)
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "", hidden_name(i));
	return text.data;
}

/*
 * The population in that order, so that a merge with the dimension's index can
 * have it; sorting keys that were written in some order costs little.
 */
CampaignPopulation *
campaign_row_ordered(const CampaignTarget *target,
					 const CampaignPopulation *population)
{
	CampaignPopulation *ordered = palloc(sizeof(CampaignPopulation));
	StringInfoData text;
	ListCell   *cell;

	*ordered = *population;
	if (plain_columns(target, population) == NIL)
		return ordered;
	if (population->levels != NIL)
		return campaign_stream_sorted(population);
	initStringInfo(&text);
	appendStringInfo(&text, "(SELECT * FROM %s AS p ORDER BY ",
					 population->source);
	foreach(cell, target->key)
		appendStringInfo(&text, "%sp.%s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfoChar(&text, ')');
	ordered->source = text.data;
	ordered->sorted = OidIsValid(population->relation) ||
		population->expected > 0;
	return ordered;
}

/* The same if its rows are looked up then, else as it is. */
const CampaignPopulation *
campaign_row_looked_up(const CampaignTarget *target,
					   const CampaignPopulation *population)
{
	const CampaignPopulation *ordered;

	if (population == NULL || !OidIsValid(population->relation))
		return population;
	ordered = campaign_row_ordered(target, population);
	return is_looked_up(target, ordered) ? ordered : population;
}

/* True where the row is still in the dimension. */
const char *
campaign_row_found(const CampaignTarget *target,
				   const CampaignPopulation *population)
{
	if (population == NULL)
		return "true";
	return psprintf("%s.\"campaign.found\"",
					quote_identifier(target->dimension->name));
}

/* ------------------------ the row of the person -------------------------- */

/* The name of a person's column, by number from 0, inside the other's item. */
static char *
stowed_name(int number)
{
	return psprintf("\"campaign.person.%d\"", number + 1);
}

/* The dimension's rows, one per key, aliased as the dimension. */
char *
campaign_row_whole(const CampaignTarget *target)
{
	return dimension_rows(target, quote_identifier(target->dimension->name));
}

/* "key =" of a key with one column, to be followed by what is compared. */
char *
campaign_row_equals(const CampaignTarget *target)
{
	return psprintf("%s %s", campaign_row_column(target, NULL, 0),
					campaign_row_equality(((CampaignColumn *) linitial(target->key))->type));
}

/* The collation of that comparison, to be written behind it; may be empty. */
char *
campaign_row_collation(const CampaignTarget *target)
{
	Oid			collation = ((CampaignColumn *) linitial(target->key))->collation;

	return !OidIsValid(collation) ? "" :
		psprintf(" COLLATE %s", campaign_collation_name(collation));
}

/* True if a value of the type can be compared with the column. */
bool
campaign_row_comparable(const CampaignColumn *column, Oid type)
{
	TypeCacheEntry *entry = lookup_type_cache(column->type, TYPECACHE_EQ_OPR);
	Oid			schema;
	Operator	found;

	if (!OidIsValid(entry->eq_opr))
		return false;
	schema = campaign_row_operator_schema(entry->eq_opr);
	found = oper(NULL, list_make2(makeString(get_namespace_name(schema)),
								  makeString(get_opname(entry->eq_opr))),
				 column->type, type, true, -1);
	if (found == NULL)
		return false;
	ReleaseSysCache(found);
	return true;
}

/* Its columns under hidden names, each with a comma before it. */
char *
campaign_row_stow(const CampaignTarget *target)
{
	const char *alias = quote_identifier(target->dimension->name);
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, readable_names(target->relation))
		appendStringInfo(&text, ", %s.%s AS %s", alias,
						 quote_identifier(lfirst(cell)),
						 stowed_name(foreach_current_index(cell)));
	return text.data;
}

/* The item of FROM that has them under their own names, after a comma. */
char *
campaign_row_stowed(const CampaignTarget *target, const CampaignTarget *carrier)
{
	const char *alias = quote_identifier(carrier->dimension->name);
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, ", LATERAL (SELECT ");
	foreach(cell, readable_names(target->relation))
	{
		int			number = foreach_current_index(cell);

		appendStringInfo(&text, "%s%s.%s AS %s", number > 0 ? ", " : "", alias,
						 stowed_name(number), quote_identifier(lfirst(cell)));
	}
	appendStringInfo(&text, ") AS %s",
					 quote_identifier(target->dimension->name));
	return text.data;
}
