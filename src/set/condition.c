/*
 * condition.c
 *		Conditions written as JSON: rule trees, and their groups.
 *
 * A tree is written as SQL text, which is read by the server's parser: what
 * people are shown is what is executed.  Names and values in it are quoted,
 * and expressions of the owner's are no part of the text: they stand for
 * placeholders as they do in our statements.
 *
 * Every node is either true or not true for a row.  Its complement is true for
 * all other rows, also where NULLs are compared; so a complement is pushed
 * down to the leaves, where one knows what can be NULL, and where EXISTS and
 * NOT EXISTS become joins.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/json.h"
#include "base/text.h"
#include "set/clause.h"
#include "set/condition.h"

/* Kinds of nodes, told apart by a member that only they have. */
typedef struct NodeKind
{
	const char *member;
	const char *members;		/* all that it may have */
	void		(*write) (CampaignClause *clause, const CampaignClauseRow *row,
						  const JsonbContainer *node, const char *path,
						  bool negated);
} NodeKind;

/* True if the text is a rule tree and no SQL. */
bool
campaign_condition_is_tree(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '{';
}

/* Raises an error that names the node by its path. */
void
campaign_clause_refuse(int sqlstate, const char *path, const char *problem,
					   const char *hint)
{
	ereport(ERROR,
			(errcode(sqlstate),
			 errmsg("rule at %s: %s", path, problem),
			 errhint("%s", hint)));
	pg_unreachable();
}

/* Begins a line of its own. */
void
campaign_clause_line(CampaignClause *clause)
{
	appendStringInfoChar(&clause->text, '\n');
	appendStringInfoSpaces(&clause->text, 2 * clause->indent);
}

/* Notes where a node begins, for errors of the parser's. */
static void
note_place(CampaignClause *clause, const char *path)
{
	CampaignClausePlace *place = palloc(sizeof(CampaignClausePlace));

	place->offset = clause->text.len;
	place->path = path;
	clause->places = lappend(clause->places, place);
}

/* Writes an expression of the owner's. */
void
campaign_clause_piece(CampaignClause *clause, const char *sql,
					  const char *path, bool condition)
{
	CampaignExpression *piece =
		campaign_expression_parse(sql, psprintf("rule at %s of %s", path,
												clause->expression->what),
								  clause->search_path);

	if (campaign_condition_is_tree(sql))
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "\"sql\" is a rule",
							   "Write the rule as JSON, without quotes.");
	piece->condition = condition;
	clause->pieces = lappend(clause->pieces, piece);
	if (!clause->display)
		appendStringInfo(&clause->text, "$%d", list_length(clause->pieces));
	else
		/* A comment at its end ends with the line. */
		appendStringInfo(&clause->text, "(%s%s)", sql,
						 strstr(sql, "--") != NULL ? "\n" : "");
}

/* -------------------------------- groups --------------------------------- */

/* The elements of a group; refuses what is no array. */
static const JsonbContainer *
group_elements(const JsonbContainer *node, const char *name, const char *path)
{
	JsonbValue *value = campaign_object_member(node, name);

	if (value == NULL || value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   psprintf("\"%s\" must be an array of rules",
										name),
							   "Write {\"and\": [{\"attribute\": \"country\", \"operator\": \"equal\", \"value\": \"DE\"}]}.");
	return value->val.binary.data;
}

/*
 * Writes the elements with AND or OR between.  Those from the first
 * complement on are turned round once more, which EXCEPT needs.
 */
static void
write_elements(CampaignClause *clause, const CampaignClauseRow *row,
			   const JsonbContainer *elements, const char *path, bool any,
			   bool negated, uint32 first_complement)
{
	uint32		count = JsonContainerSize(elements);

	if (count == 0)
		appendStringInfoString(&clause->text, any ? "false" : "true");
	if (count > 1)
		appendStringInfoChar(&clause->text, '(');
	clause->indent++;
	for (uint32 i = 0; i < count; i++)
	{
		if (i > 0)
		{
			campaign_clause_line(clause);
			appendStringInfoString(&clause->text, any ? "OR " : "AND ");
		}
		campaign_clause_node(clause, row,
							 getIthJsonbValueFromContainer((JsonbContainer *) elements, i),
							 psprintf("%s[%u]", path, i),
							 negated != (i >= first_complement));
	}
	clause->indent--;
	if (count > 1)
		appendStringInfoChar(&clause->text, ')');
}

/* Writes {"and": [...]}: all of them; of none, every row. */
static void
write_and(CampaignClause *clause, const CampaignClauseRow *row,
		  const JsonbContainer *node, const char *path, bool negated)
{
	const JsonbContainer *elements = group_elements(node, "and", path);

	write_elements(clause, row, elements, psprintf("%s.and", path), negated,
				   negated, PG_UINT32_MAX);
}

/* Writes {"or": [...]}: one of them; of none, no row. */
static void
write_or(CampaignClause *clause, const CampaignClauseRow *row,
		 const JsonbContainer *node, const char *path, bool negated)
{
	const JsonbContainer *elements = group_elements(node, "or", path);

	write_elements(clause, row, elements, psprintf("%s.or", path), !negated,
				   negated, PG_UINT32_MAX);
}

/* Writes {"except": [...]}: the first, and none of the others. */
static void
write_except(CampaignClause *clause, const CampaignClauseRow *row,
			 const JsonbContainer *node, const char *path, bool negated)
{
	const JsonbContainer *elements = group_elements(node, "except", path);

	if (JsonContainerSize(elements) == 0)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "\"except\" has nothing to take away from",
							   "Its first rule says who is meant, the others who of them is not; {} is everybody.");
	write_elements(clause, row, elements, psprintf("%s.except", path), negated,
				   negated, 1);
}

/* Writes {"not": rule}. */
static void
write_not(CampaignClause *clause, const CampaignClauseRow *row,
		  const JsonbContainer *node, const char *path, bool negated)
{
	campaign_clause_node(clause, row, campaign_object_member(node, "not"),
						 psprintf("%s.not", path), !negated);
}

/* -------------------------------- leaves --------------------------------- */

/* A member that must be a text. */
static char *
required_text(const JsonbContainer *node, const char *name, const char *path)
{
	JsonbValue *value = campaign_object_member(node, name);

	if (value == NULL || value->type != jbvString)
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   psprintf("\"%s\" must be a string", name),
							   "It is an SQL expression over the row.");
	return campaign_scalar_text(value);
}

/* Writes {"sql": condition}, or a comparison with an expression. */
static void
write_sql(CampaignClause *clause, const CampaignClauseRow *row,
		  const JsonbContainer *node, const char *path, bool negated)
{
	char	   *sql = required_text(node, "sql", path);
	CampaignClause left = *clause;

	if (campaign_object_member(node, "operator") != NULL)
	{
		initStringInfo(&left.text);
		campaign_clause_piece(&left, sql, psprintf("%s.sql", path), false);
		clause->pieces = left.pieces;
		campaign_clause_compare(clause, row, node, path, left.text.data,
								InvalidOid, negated);
		return;
	}
	campaign_clause_piece(clause, sql, psprintf("%s.sql", path), true);
	if (negated)
		appendStringInfoString(&clause->text, " IS NOT TRUE");
}

/* Writes a comparison with an attribute of the row itself or of linked ones. */
static void
write_attribute(CampaignClause *clause, const CampaignClauseRow *row,
				const JsonbContainer *node, const char *path, bool negated)
{
	CampaignAttribute attribute =
		campaign_clause_attribute(clause, row,
								  campaign_object_member(node, "attribute"),
								  psprintf("%s.attribute", path));

	if (attribute.links != NIL)
		campaign_clause_direct(clause, row, node, path, &attribute, negated);
	else
		campaign_clause_compare(clause, row, node, path,
								psprintf("%s.%s",
										 quote_identifier(attribute.item),
										 quote_identifier(attribute.column)),
								attribute.type, negated);
}

static const NodeKind kinds[] = {
	{"and", "and", write_and},
	{"or", "or", write_or},
	{"except", "except", write_except},
	{"not", "not", write_not},
	{"saved", "saved, parameters", campaign_clause_saved},
	{"feedback", "feedback", campaign_clause_feedback},
	{"link", "link, operator, where, aggregate, attribute, sql, value",
	campaign_clause_link},
	{"attribute", "attribute, operator, value", write_attribute},
	{"sql", "sql, operator, value", write_sql}
};

/* The kind of a node; refuses what is none. */
static const NodeKind *
find_kind(const JsonbContainer *node, const char *path)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(kinds); i++)
	{
		names = lappend(names, (char *) kinds[i].member);
		if (getKeyJsonValueFromContainer((JsonbContainer *) node,
										 kinds[i].member,
										 strlen(kinds[i].member), NULL) == NULL)
			continue;
		campaign_members_check(node, psprintf("rule at %s", path),
							   kinds[i].members);
		return &kinds[i];
	}
	campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
						   "it is no rule",
						   psprintf("A rule has one of the members %s.",
									campaign_list_join(names)));
}

/* Writes a node, or its complement. */
void
campaign_clause_node(CampaignClause *clause, const CampaignClauseRow *row,
					 const JsonbValue *node, const char *path, bool negated)
{
	const JsonbContainer *object;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (node == NULL || node->type != jbvBinary ||
		!JsonContainerIsObject(node->val.binary.data))
		campaign_clause_refuse(ERRCODE_INVALID_PARAMETER_VALUE, path,
							   "a rule must be an object",
							   "Write {\"attribute\": \"country\", \"operator\": \"equal\", \"value\": \"DE\"}.");
	object = node->val.binary.data;
	note_place(clause, path);
	if (JsonContainerSize(object) == 0)
		appendStringInfoString(&clause->text, negated ? "false" : "true");
	else
		find_kind(object, path)->write(clause, row, object, path, negated);
}

/* ------------------------------- the whole ------------------------------- */

/* The tree as JSON. */
static Jsonb *
read_tree(const CampaignExpression *expression)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(expression->text)));
}

/* The name of the row that the statement is about: its first item's. */
static const char *
first_item(const ParseState *pstate)
{
	ListCell   *cell;

	foreach(cell, pstate->p_namespace)
	{
		ParseNamespaceItem *item = lfirst(cell);

		if (item->p_rel_visible)
			return item->p_names->aliasname;
	}
	return NULL;
}

/* True if the tree says what is to be computed, and not what is to hold. */
static bool
is_value(const JsonbContainer *tree)
{
	return campaign_object_member(tree, "operator") == NULL &&
		campaign_object_member(tree, "link") == NULL &&
		(campaign_object_member(tree, "attribute") != NULL ||
		 campaign_object_member(tree, "variable") != NULL ||
		 campaign_object_member(tree, "preset") != NULL);
}

/* Writes the tree, a condition or else a value. */
static void
write_tree(CampaignClause *clause, ParseState *pstate,
		   const CampaignExpression *expression,
		   const CampaignVariables *variables)
{
	Jsonb	   *tree = read_tree(expression);
	CampaignClauseRow row = {.dimension = first_item(pstate)};
	JsonbValue	root = {.type = jbvBinary};

	initStringInfo(&clause->text);
	clause->pstate = pstate;
	clause->expression = expression;
	clause->variables = variables;
	clause->parameters = expression->parameters;
	clause->search_path = expression->search_path;
	root.val.binary.data = &tree->root;
	root.val.binary.len = VARSIZE(tree) - VARHDRSZ;
	if (expression->condition || !is_value(&tree->root))
		campaign_clause_node(clause, &row, &root, "$", false);
	else
		appendStringInfoString(&clause->text,
							   campaign_clause_value(clause, &row, &root, "$",
													 InvalidOid).text);
}

/* The path of the node that a position of its text belongs to. */
const char *
campaign_condition_path(const CampaignExpression *compiled, int position)
{
	const char *path = "$";
	ListCell   *cell;

	foreach(cell, compiled->places)
	{
		CampaignClausePlace *place = lfirst(cell);

		if (place->offset < position)
			path = place->path;
	}
	return path;
}

/* The rule tree as an expression in SQL. */
CampaignExpression *
campaign_condition_compile(ParseState *pstate, const CampaignExpression *rule,
						   const CampaignVariables *variables)
{
	CampaignClause clause = {0};
	CampaignExpression *compiled = palloc(sizeof(CampaignExpression));
	SelectStmt *select;

	write_tree(&clause, pstate, rule, variables);
	*compiled = *rule;
	compiled->text = clause.text.data;
	compiled->search_path = "pg_catalog, pg_temp";
	compiled->pieces = clause.pieces;
	compiled->places = clause.places;
	select = (SelectStmt *) linitial_node(RawStmt,
										  raw_parser(clause.text.data,
													 RAW_PARSE_PLPGSQL_EXPR))->stmt;
	compiled->tree = linitial_node(ResTarget, select->targetList)->val;
	return compiled;
}

/* The condition as text for people. */
char *
campaign_condition_text(ParseState *pstate,
						const CampaignExpression *expression,
						const CampaignVariables *variables)
{
	CampaignClause clause = {.display = true};

	write_tree(&clause, pstate, expression, variables);
	return clause.text.data;
}
