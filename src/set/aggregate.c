/*
 * aggregate.c
 *		Aggregates over linked rows in rule trees.
 *
 * The linked rows are grouped once, by the columns that the link sets equal,
 * and the groups that satisfy the comparison are joined.  A row without linked
 * ones has no group: where the comparison holds for it, as count = 0 does,
 * the groups that do not satisfy it are anti-joined instead.  Where this
 * cannot be known, or a link is no equality, the aggregate is computed row by
 * row.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "base/json.h"
#include "base/text.h"
#include "set/clause.h"

static const char *const functions = "count,count_distinct,sum,avg,min,max";

/* An aggregate being written. */
typedef struct Aggregate
{
	CampaignClause *clause;
	const CampaignClauseRow *row;	/* the one that leads to the others */
	List	   *links;
	const JsonbContainer *node;
	const char *path;
	const char *function;
	CampaignClauseRow linked;	/* once FROM was written */
	char	   *condition;		/* of the first link */
	Oid			type;			/* of the aggregate */
} Aggregate;

/* The function; refuses what is none. */
static char *
read_function(const JsonbContainer *node, const char *path)
{
	List	   *known = campaign_split_commas(functions);
	char	   *name = campaign_object_text(node, "aggregate");

	if (name == NULL || !campaign_list_has(known, name))
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE,
							   psprintf("%s.aggregate", path),
							   psprintf("unrecognized aggregate \"%s\"",
										name == NULL ? "" : name),
							   campaign_nearest_hint(name == NULL ? "" : name,
													 known, "aggregates"));
	return name;
}

/* True if it counts, and so has a value for no rows at all. */
static bool
counts(const Aggregate *aggregate)
{
	return strncmp(aggregate->function, "count", 5) == 0;
}

/* The type of the aggregate over values of a type. */
static Oid
result_type(const Aggregate *aggregate, Oid type)
{
	Oid			function;

	if (counts(aggregate))
		return INT8OID;
	if (!OidIsValid(type) || strcmp(aggregate->function, "min") == 0 ||
		strcmp(aggregate->function, "max") == 0)
		return type;
	function = LookupFuncName(list_make2(makeString("pg_catalog"),
										 makeString(pstrdup(aggregate->function))),
							  1, &type, true);
	if (!OidIsValid(function))
		campaign_clause_refuse(ERRCODE_DATATYPE_MISMATCH,
							   psprintf("%s.attribute", aggregate->path),
							   psprintf("there is no %s of values of type %s",
										aggregate->function,
										format_type_be(type)),
							   "Sums and averages are of numbers and intervals; count, min and max take others.");
	return get_func_rettype(function);
}

/* What is aggregated, of the linked row; sets its type. */
static char *
write_argument(Aggregate *aggregate, Oid *type)
{
	JsonbValue *value = campaign_object_member(aggregate->node, "attribute");
	char	   *sql = campaign_object_text(aggregate->node, "sql");
	char	   *path = psprintf("%s.attribute", aggregate->path);
	CampaignAttribute attribute;
	StringInfoData outer;

	*type = InvalidOid;
	if (sql != NULL)
	{
		outer = campaign_clause_apart(aggregate->clause);
		campaign_clause_piece(aggregate->clause, sql,
							  psprintf("%s.sql", aggregate->path), false);
		return campaign_clause_taken(aggregate->clause, &outer);
	}
	if (value == NULL && strcmp(aggregate->function, "count") == 0)
		return pstrdup("*");
	attribute = campaign_clause_attribute(aggregate->clause,
										  &aggregate->linked, value, path);
	if (attribute.links != NIL)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "the attribute is not one of the linked row",
							   "Name the links before it in \"link\", with dots between.");
	*type = attribute.type;
	return psprintf("%s.%s", quote_identifier(attribute.item),
					quote_identifier(attribute.column));
}

/* The aggregate itself; sets its type. */
static char *
write_function(Aggregate *aggregate)
{
	Oid			type;
	char	   *argument = write_argument(aggregate, &type);

	aggregate->type = result_type(aggregate, type);
	if (strcmp(aggregate->function, "count_distinct") == 0)
		return psprintf("count(DISTINCT %s)", argument);
	return psprintf("%s(%s)", aggregate->function, argument);
}

/* Writes " FROM … WHERE …"; of the first link only if it is not grouped by. */
static void
write_rows(Aggregate *aggregate, bool grouped)
{
	CampaignClause *clause = aggregate->clause;
	JsonbValue *where = campaign_object_member(aggregate->node, "where");

	if (!grouped)
		appendStringInfo(&clause->text, " WHERE %s", aggregate->condition);
	if (where == NULL)
		return;
	clause->indent++;
	campaign_clause_line(clause);
	appendStringInfoString(&clause->text, grouped ? "WHERE " : "AND ");
	campaign_clause_node(clause, &aggregate->linked, where,
						 psprintf("%s.where", aggregate->path), false);
	clause->indent--;
}

/* ------------------------------- row by row ------------------------------ */

/* Writes (SELECT function FROM … WHERE …) operator value. */
static void
write_correlated(Aggregate *aggregate, bool negated)
{
	CampaignClause *clause = aggregate->clause;
	StringInfoData outer = campaign_clause_apart(clause);
	StringInfoData rows;
	char	   *from;
	char	   *function;

	aggregate->linked = campaign_clause_from(clause, aggregate->row,
											 aggregate->links,
											 &aggregate->condition);
	from = campaign_clause_taken(clause, &outer);
	function = write_function(aggregate);
	rows = campaign_clause_apart(clause);
	write_rows(aggregate, false);
	from = psprintf("(SELECT %s%s%s)", function, from,
					campaign_clause_taken(clause, &rows));
	campaign_clause_compare(clause, aggregate->row, aggregate->node,
							aggregate->path, from, aggregate->type, negated);
}

/* --------------------------------- grouped ------------------------------- */

/* -1, 0, 1: how zero compares with a constant; 2 if it is no number. */
static int
compare_zero(const JsonbValue *value)
{
	if (value == NULL || value->type != jbvNumeric)
		return 2;
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp,
											 DirectFunctionCall1(int4_numeric,
																 Int32GetDatum(0)),
											 NumericGetDatum(value->val.numeric)));
}

/* Whether an operator holds between zero and a list; -1 if nobody knows. */
static int
zero_in_list(const char *operator, const JsonbValue *value)
{
	JsonbContainer *array = value->val.binary.data;
	bool		found = false;
	int			order[2] = {2, 2};

	if (value->type != jbvBinary || !JsonContainerIsArray(array))
		return -1;
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		int			sign = compare_zero(getIthJsonbValueFromContainer(array, i));

		if (sign == 2)
			return -1;
		found = found || sign == 0;
		order[Min(i, 1)] = sign;
	}
	if (strcmp(operator, "in") == 0)
		return found;
	return strcmp(operator, "between") == 0 ? order[0] >= 0 && order[1] <= 0 : -1;
}

/* Whether a count of zero satisfies the operator; -1 if nobody knows. */
static int
zero_holds(const char *operator, const JsonbValue *value)
{
	int			sign;

	if (value == NULL || strcmp(operator, "empty") == 0)
		return strcmp(operator, "empty") == 0 ? 0 : -1;
	if (value->type == jbvBinary)
		return zero_in_list(operator, value);
	sign = compare_zero(value);
	if (sign == 2)
		return -1;
	if (strcmp(operator, "equal") == 0)
		return sign == 0;
	if (strcmp(operator, "greater") == 0)
		return sign > 0;
	if (strcmp(operator, "at_least") == 0)
		return sign >= 0;
	if (strcmp(operator, "less") == 0)
		return sign < 0;
	return strcmp(operator, "at_most") == 0 ? sign <= 0 : -1;
}

/* True if the value does not depend on the row. */
static bool
is_fixed(const JsonbValue *value)
{
	const JsonbContainer *container = value == NULL ||
		value->type != jbvBinary ? NULL : value->val.binary.data;

	if (container == NULL)
		return true;
	if (JsonContainerIsObject(container))
		return campaign_object_member(container, "attribute") == NULL &&
			campaign_object_member(container, "sql") == NULL;
	for (uint32 i = 0; i < JsonContainerSize(container); i++)
	{
		if (!is_fixed(getIthJsonbValueFromContainer((JsonbContainer *) container, i)))
			return false;
	}
	return true;
}

/* Whether the comparison holds where there is no linked row; -1: not known. */
static int
none_holds(const Aggregate *aggregate)
{
	const JsonbValue *value = campaign_object_member(aggregate->node, "value");
	bool		turned = false;
	const char *operator = campaign_clause_operator(aggregate->node,
													aggregate->path, NULL,
													&turned);
	int			holds;

	if (!is_fixed(value))
		return -1;
	if (counts(aggregate))
		holds = zero_holds(operator, value);
	else
		holds = strcmp(operator, "empty") == 0;
	return holds < 0 ? -1 : (holds != 0) != turned;
}

/* The groups' columns: with a name each, or to be grouped by. */
static char *
group_columns(const Aggregate *aggregate, List *pairs, const char *alias,
			  bool named)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, pairs)
	{
		appendStringInfo(&text, "%s%s.%s", text.len > 0 ? ", " : "",
						 quote_identifier(alias),
						 quote_identifier(lsecond(lfirst(cell))));
		if (named)
			appendStringInfo(&text, " AS key_%d",
							 foreach_current_index(cell) + 1);
	}
	return text.data;
}

/* The name of the first of the linked rows. */
static const char *
first_alias(const Aggregate *aggregate)
{
	const CampaignClauseRow *row = &aggregate->linked;

	for (int i = 1; i < list_length(aggregate->links); i++)
		row = row->outer;
	return row->alias;
}

/* Writes the join of the groups with the row. */
static void
write_join(const Aggregate *aggregate, List *pairs)
{
	CampaignClause *clause = aggregate->clause;
	const char *source = campaign_clause_alias(clause, aggregate->row);
	ListCell   *cell;

	foreach(cell, pairs)
		appendStringInfo(&clause->text, "%s%s.key_%d = %s.%s",
						 foreach_current_index(cell) > 0 ? " AND " : "",
						 quote_identifier(first_alias(aggregate)),
						 foreach_current_index(cell) + 1,
						 quote_identifier(source),
						 quote_identifier(linitial(lfirst(cell))));
}

/* Writes [NOT] EXISTS over the groups for which the comparison holds, or not. */
static void
write_grouped(Aggregate *aggregate, List *pairs, bool none, bool negated)
{
	CampaignClause *clause = aggregate->clause;
	StringInfoData outer = campaign_clause_apart(clause);
	char	   *from;
	char	   *function;

	aggregate->linked = campaign_clause_from(clause, aggregate->row,
											 aggregate->links,
											 &aggregate->condition);
	from = campaign_clause_taken(clause, &outer);
	function = write_function(aggregate);
	appendStringInfo(&clause->text, "%sEXISTS (SELECT FROM (SELECT %s%s",
					 none != negated ? "NOT " : "",
					 group_columns(aggregate, pairs, first_alias(aggregate),
								   true), from);
	clause->indent++;
	write_rows(aggregate, true);
	campaign_clause_line(clause);
	appendStringInfo(&clause->text, "GROUP BY %s HAVING ",
					 group_columns(aggregate, pairs, first_alias(aggregate),
								   false));
	campaign_clause_compare(clause, aggregate->row, aggregate->node,
							aggregate->path, function, aggregate->type, none);
	appendStringInfo(&clause->text, ") AS %s",
					 quote_identifier(first_alias(aggregate)));
	campaign_clause_line(clause);
	appendStringInfoString(&clause->text, "WHERE ");
	write_join(aggregate, pairs);
	clause->indent--;
	appendStringInfoChar(&clause->text, ')');
}

/* Writes a comparison with an aggregate over linked rows. */
void
campaign_clause_aggregate(CampaignClause *clause, const CampaignClauseRow *row,
						  List *links, const JsonbContainer *node,
						  const char *path, bool negated)
{
	Aggregate	aggregate = {
		.clause = clause,
		.row = row,
		.links = links,
		.node = node,
		.path = path,
		.function = read_function(node, path)
	};
	List	   *pairs = campaign_clause_pairs(linitial(links));
	int			none = none_holds(&aggregate);

	if (pairs == NIL || none < 0)
		write_correlated(&aggregate, negated);
	else
		write_grouped(&aggregate, pairs, none > 0, negated);
}
