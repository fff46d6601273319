/*
 * comparison.c
 *		Comparisons in rule trees: every operator, by type.
 *
 * Whatever the operator, it is true or not true.  NULL satisfies none but
 * "empty"; and "not_" before an operator makes its complement, which NULL
 * satisfies therefore.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/value.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/json.h"
#include "base/text.h"
#include "set/clause.h"

/* A comparison being written. */
typedef struct Comparison
{
	CampaignClause *clause;
	const CampaignClauseRow *row;
	const JsonbValue *value;	/* member of the node; NULL: absent */
	const char *path;			/* of that */
	const char *operator_path;	/* of the operator */
	const char *left;
	Oid			type;			/* of that, or InvalidOid */
	const char *sql;			/* of the operator, where it has one */
	bool		negated;
} Comparison;

typedef struct Operator
{
	const char *name;
	const char *sql;			/* that of PostgreSQL, or NULL */
	void		(*write) (const Comparison *comparison);
} Operator;

/* -------------------------------- helpers -------------------------------- */

/* Writes to the rule's text. */
#define say(comparison, ...) \
	appendStringInfo(&(comparison)->clause->text, __VA_ARGS__)

/*
 * An operator as it is written: alone if it is the server's, else with the
 * schema of the type's own.
 */
static char *
operator_text(Oid type, const char *name)
{
	Oid			schema;
	HeapTuple	tuple;

	if (!OidIsValid(type) || type < FirstNormalObjectId)
		return pstrdup(name);
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	schema = ((Form_pg_type) GETSTRUCT(tuple))->typnamespace;
	ReleaseSysCache(tuple);
	if (!OidIsValid(OpernameGetOprid(list_make2(makeString(get_namespace_name(schema)),
												makeString(pstrdup(name))),
									 type, type)))
		return pstrdup(name);
	return psprintf("OPERATOR(%s.%s)",
					quote_identifier(get_namespace_name(schema)), name);
}

/* The value of the comparison. */
static CampaignClauseValue
right_value(const Comparison *comparison)
{
	return campaign_clause_value(comparison->clause, comparison->row,
								 comparison->value, comparison->path,
								 comparison->type);
}

/* Refuses the operator for the type of the left side. */
static void
refuse_type(const Comparison *comparison, const char *name)
{
	campaign_clause_refuse(ERRCODE_DATATYPE_MISMATCH,
						   comparison->operator_path,
						   psprintf("operator \"%s\" cannot be used on %s, which is of type %s",
									name, comparison->left,
									format_type_be(comparison->type)),
						   "Texts have starts_with, contains and like; arrays have contains; everything that can be compared has equal, in, and if it has an order, greater and less.");
}

/* Refuses types that cannot be compared that way. */
static void
check_type(const Comparison *comparison, const char *name, int flag)
{
	TypeCacheEntry *entry;

	if (!OidIsValid(comparison->type))
		return;
	entry = lookup_type_cache(comparison->type, flag);
	if (!OidIsValid(flag == TYPECACHE_EQ_OPR ? entry->eq_opr : entry->lt_opr))
		refuse_type(comparison, name);
}

/* Refuses types that are no texts. */
static void
check_text(const Comparison *comparison, const char *name)
{
	if (OidIsValid(comparison->type) &&
		TypeCategory(comparison->type) != TYPCATEGORY_STRING)
		refuse_type(comparison, name);
}

/* Writes a condition that is NULL for some rows, or what is not true of it. */
static void
write_condition(const Comparison *comparison, const char *condition)
{
	if (comparison->negated)
		say(comparison, "(%s) IS NOT TRUE", condition);
	else
		say(comparison, "%s", condition);
}

/* ------------------------------- operators ------------------------------- */

/* left = value */
static void
write_equal(const Comparison *comparison)
{
	CampaignClauseValue value;
	char	   *operator = operator_text(comparison->type, "=");

	check_type(comparison, "equal", TYPECACHE_EQ_OPR);
	value = right_value(comparison);
	/* Of a constant, which is not NULL, this is the same and reads better. */
	if (comparison->negated && value.constant != NULL &&
		strcmp(operator, "=") == 0)
		say(comparison, "%s IS DISTINCT FROM %s", comparison->left, value.text);
	else
		write_condition(comparison, psprintf("%s %s %s", comparison->left,
											 operator, value.text));
}

/* left > value, and the like */
static void
write_ordered(const Comparison *comparison)
{
	CampaignClauseValue value;

	check_type(comparison, comparison->sql, TYPECACHE_LT_OPR);
	value = right_value(comparison);
	write_condition(comparison,
					psprintf("%s %s %s", comparison->left,
							 operator_text(comparison->type, comparison->sql),
							 value.text));
}

/* The elements of the value; NULL if it is no array. */
static JsonbContainer *
value_elements(const Comparison *comparison)
{
	const JsonbValue *value = comparison->value;

	return value == NULL || value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data) ? NULL :
		value->val.binary.data;
}

/* An element of the value. */
static char *
element_text(const Comparison *comparison, JsonbContainer *elements, uint32 i)
{
	return campaign_clause_value(comparison->clause, comparison->row,
								 getIthJsonbValueFromContainer(elements, i),
								 psprintf("%s[%u]", comparison->path, i),
								 comparison->type).text;
}

/* left IN (values); of none, no row */
static void
write_in(const Comparison *comparison)
{
	JsonbContainer *elements = value_elements(comparison);
	uint32		count = elements == NULL ? 0 : JsonContainerSize(elements);
	char	   *operator = operator_text(comparison->type, "=");
	StringInfoData text;

	check_type(comparison, "in", TYPECACHE_EQ_OPR);
	if (elements == NULL)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE,
							   comparison->path,
							   "\"value\" must be an array",
							   "Write {\"attribute\": \"country\", \"operator\": \"in\", \"value\": [\"DE\", \"AT\"]}.");
	if (count == 0)
	{
		say(comparison, comparison->negated ? "true" : "false");
		return;
	}
	initStringInfo(&text);
	if (strcmp(operator, "=") == 0)
		appendStringInfo(&text, "%s IN (", comparison->left);
	else
		appendStringInfo(&text, "%s %s ANY (ARRAY[", comparison->left,
						 operator);
	for (uint32 i = 0; i < count; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "",
						 element_text(comparison, elements, i));
	appendStringInfoString(&text, strcmp(operator, "=") == 0 ? ")" : "])");
	write_condition(comparison, text.data);
}

/* left between two values, both included */
static void
write_between(const Comparison *comparison)
{
	JsonbContainer *elements = value_elements(comparison);
	char	   *from;
	char	   *to;

	check_type(comparison, "between", TYPECACHE_LT_OPR);
	if (elements == NULL || JsonContainerSize(elements) != 2)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE,
							   comparison->path,
							   "\"value\" must be an array of two values",
							   "Write {\"attribute\": \"score\", \"operator\": \"between\", \"value\": [10, 20]}.");
	from = element_text(comparison, elements, 0);
	to = element_text(comparison, elements, 1);
	say(comparison, "(");
	say(comparison, "%s %s %s AND %s %s %s", comparison->left,
		operator_text(comparison->type, ">="), from, comparison->left,
		operator_text(comparison->type, "<="), to);
	say(comparison, comparison->negated ? ") IS NOT TRUE" : ")");
}

/* NULL, and the empty text or array */
static void
write_empty(const Comparison *comparison)
{
	const char *left = comparison->left;
	const char *none = "''";

	if (comparison->value != NULL)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE,
							   comparison->path,
							   "\"empty\" takes no value",
							   "Leave \"value\" out.");
	if (OidIsValid(comparison->type) &&
		OidIsValid(get_element_type(comparison->type)))
		none = "'{}'";
	else if (OidIsValid(comparison->type) &&
			 TypeCategory(comparison->type) != TYPCATEGORY_STRING)
	{
		say(comparison, "%s %s", left,
			comparison->negated ? "IS NOT NULL" : "IS NULL");
		return;
	}
	if (!OidIsValid(comparison->type))
		left = psprintf("%s::text", left);
	if (comparison->negated)
		say(comparison, "%s <> %s", left, none);
	else
		say(comparison, "(%s = %s) IS NOT FALSE", left, none);
}

/* A pattern of LIKE that matches the text itself. */
static char *
escape_pattern(const char *text)
{
	StringInfoData pattern;

	initStringInfo(&pattern);
	for (; *text != '\0'; text++)
	{
		if (strchr("\\%_", *text) != NULL)
			appendStringInfoChar(&pattern, '\\');
		appendStringInfoChar(&pattern, *text);
	}
	return pattern.data;
}

/* left LIKE a pattern */
static void
write_pattern(const Comparison *comparison, const char *pattern)
{
	char	   *operator = operator_text(comparison->type, "~~");

	write_condition(comparison,
					psprintf("%s %s %s", comparison->left,
							 strcmp(operator, "~~") == 0 ? "LIKE" : operator,
							 pattern));
}

/* left begins with value */
static void
write_starts(const Comparison *comparison)
{
	CampaignClauseValue value;

	check_text(comparison, "starts_with");
	value = right_value(comparison);
	if (value.constant != NULL)
		write_pattern(comparison,
					  quote_literal_cstr(psprintf("%s%%",
												  escape_pattern(value.constant))));
	else
		write_condition(comparison, psprintf("starts_with(%s::text, %s::text)",
											 comparison->left, value.text));
}

/* value is an element of left */
static void
write_element(const Comparison *comparison, Oid element)
{
	CampaignClauseValue value =
		campaign_clause_value(comparison->clause, comparison->row,
							  comparison->value, comparison->path, element);

	write_condition(comparison,
					psprintf("%s %s ANY (%s)", value.text,
							 operator_text(element, "="), comparison->left));
}

/* value is within left: a part of a text, or an element of an array */
static void
write_contains(const Comparison *comparison)
{
	Oid			element = !OidIsValid(comparison->type) ? InvalidOid :
		get_element_type(comparison->type);
	CampaignClauseValue value;

	if (OidIsValid(element))
	{
		write_element(comparison, element);
		return;
	}
	check_text(comparison, "contains");
	value = right_value(comparison);
	if (value.constant != NULL)
		write_pattern(comparison,
					  quote_literal_cstr(psprintf("%%%s%%",
												  escape_pattern(value.constant))));
	else
		write_condition(comparison, psprintf("strpos(%s::text, %s::text) > 0",
											 comparison->left, value.text));
}

/* left LIKE value */
static void
write_like(const Comparison *comparison)
{
	check_text(comparison, "like");
	write_pattern(comparison, right_value(comparison).text);
}

static const Operator operators[] = {
	{"equal", "=", write_equal},
	{"greater", ">", write_ordered},
	{"at_least", ">=", write_ordered},
	{"less", "<", write_ordered},
	{"at_most", "<=", write_ordered},
	{"between", NULL, write_between},
	{"in", NULL, write_in},
	{"empty", NULL, write_empty},
	{"starts_with", NULL, write_starts},
	{"contains", NULL, write_contains},
	{"like", NULL, write_like}
};

/* ------------------------------- the whole ------------------------------- */

/* The name of an operator, without "not_"; comparisons go by their signs too. */
const char *
campaign_clause_operator(const JsonbContainer *node, const char *path,
						 const char *fallback, bool *negated)
{
	char	   *name = campaign_object_text(node, "operator");

	if (name == NULL && fallback != NULL)
		return fallback;
	if (name == NULL)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "it has no \"operator\"",
							   "Operators are equal, greater, at_least, less, at_most, between, in, empty, starts_with, contains and like, each also with not_ before it.");
	if (strcmp(name, "<>") == 0 || strcmp(name, "!=") == 0)
		name = "not_equal";
	if (strncmp(name, "not_", 4) == 0)
	{
		*negated = !*negated;
		name += 4;
	}
	for (int i = 0; i < lengthof(operators); i++)
	{
		if (operators[i].sql != NULL && strcmp(operators[i].sql, name) == 0)
			return operators[i].name;
	}
	return name;
}

/* The operator of that name; refused with the nearest names. */
static const Operator *
find_operator(const char *name, const char *path)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(operators); i++)
	{
		if (strcmp(operators[i].name, name) == 0)
			return &operators[i];
		names = lappend(names, (char *) operators[i].name);
	}
	campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
						   psprintf("unrecognized operator \"%s\"", name),
						   psprintf("%s Each also has its complement, with not_ before it.",
									campaign_nearest_hint(name, names,
														  "operators")));
}

/* Writes "left operator value", or its complement. */
void
campaign_clause_compare(CampaignClause *clause, const CampaignClauseRow *row,
						const JsonbContainer *node, const char *path,
						const char *left, Oid type, bool negated)
{
	const char *name = campaign_clause_operator(node, path, NULL, &negated);
	char	   *operator_path = psprintf("%s.operator", path);
	const Operator *operator = find_operator(name, operator_path);
	Comparison	comparison = {
		.clause = clause,
		.row = row,
		.value = campaign_object_member(node, "value"),
		.path = psprintf("%s.value", path),
		.operator_path = operator_path,
		.left = left,
		.type = type,
		.sql = operator->sql,
		.negated = negated
	};

	operator->write(&comparison);
}
