/*
 * expression.c
 *		The gate for conditions and values that users write in SQL.
 *
 * A text is parsed alone, so that it cannot close a parenthesis it did not
 * open or begin a second statement, and must then have the shape of a single
 * expression.  From there on only its parse tree is used.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/text.h"
#include "set/condition.h"
#include "set/expression.h"

/* Longer texts are refused: nobody wrote them. */
#define LONGEST_EXPRESSION	(256 * 1024)

/* Moves the position of a syntax error from the statement to the text. */
static void
expression_error_context(void *arg)
{
	CampaignExpression *expression = arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(expression->text);
	}
	errcontext("%s", expression->what);
}

/* Refuses the expression for having a clause it must not have. */
static void
refuse_shape(const CampaignExpression *expression, const char *found)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("%s must be %s", expression->what, expression->shape),
			 errdetail("It has %s.", found),
			 errhint("To look into other tables write a subquery, such as EXISTS (SELECT ...).")));
}

/* What a statement has beyond expressions, or NULL. */
static const char *
extra_clause(const SelectStmt *select)
{
	if (select->op != SETOP_NONE)
		return "a set operation";
	if (select->distinctClause != NIL)
		return "DISTINCT";
	if (select->intoClause != NULL)
		return "INTO";
	if (select->fromClause != NIL)
		return "FROM";
	if (select->whereClause != NULL)
		return "WHERE";
	if (select->groupClause != NIL)
		return "GROUP BY";
	if (select->havingClause != NULL)
		return "HAVING";
	if (select->windowClause != NIL)
		return "WINDOW";
	if (select->valuesLists != NIL)
		return "VALUES";
	if (select->limitOffset != NULL || select->limitCount != NULL)
		return "LIMIT";
	if (select->lockingClause != NIL)
		return "FOR UPDATE or FOR SHARE";
	if (select->withClause != NULL)
		return "WITH";
	return NULL;
}

/* Looks for $n, which only our own statements may have. */
static bool
find_parameter(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ParamRef))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_PARAMETER),
				 errmsg("there is no parameter $%d",
						((ParamRef *) node)->number),
				 errhint("Variables of a run are written as vars.name.")));
	return raw_expression_tree_walker(node, find_parameter, context);
}

/* The SELECT of which the text is a part; refused if it has other parts. */
static SelectStmt *
sole_select(const CampaignExpression *expression, List *statements)
{
	SelectStmt *select;
	const char *extra;

	if (list_length(statements) != 1)
		refuse_shape(expression, "more than one statement");
	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(select, SelectStmt))
		refuse_shape(expression, "a statement");
	extra = extra_clause(select);
	if (extra != NULL)
		refuse_shape(expression, extra);
	return select;
}

/* The expression of a target. */
static Node *
plain_target(const CampaignExpression *expression, const ResTarget *target)
{
	if (target->name != NULL)
		refuse_shape(expression, "a column alias");
	if (IsA(target->val, ColumnRef) &&
		IsA(llast(((ColumnRef *) target->val)->fields), A_Star))
		refuse_shape(expression, "an asterisk");
	return target->val;
}

/* Another expression of the same text. */
static CampaignExpression *
sibling(const CampaignExpression *model, Node *tree)
{
	CampaignExpression *expression = palloc(sizeof(CampaignExpression));

	*expression = *model;
	expression->tree = tree;
	(void) find_parameter(tree, NULL);
	return expression;
}

/* The expressions of a SELECT list. */
static List *
read_targets(const CampaignExpression *model, const SelectStmt *select)
{
	List	   *expressions = NIL;
	ListCell   *cell;

	if (select->sortClause != NIL)
		refuse_shape(model, "ORDER BY");
	if (select->targetList == NIL)
		refuse_shape(model, "nothing in it");
	foreach(cell, select->targetList)
		expressions = lappend(expressions,
							  sibling(model, plain_target(model, lfirst(cell))));
	return expressions;
}

/* The items of an ORDER BY. */
static List *
read_order(const CampaignExpression *model, const SelectStmt *select)
{
	List	   *expressions = NIL;
	ListCell   *cell;

	if (select->targetList != NIL)
		refuse_shape(model, "a SELECT list");
	foreach(cell, select->sortClause)
	{
		SortBy	   *item = lfirst_node(SortBy, cell);
		CampaignExpression *expression = sibling(model, item->node);

		if (item->sortby_dir == SORTBY_USING)
			refuse_shape(model, "USING");
		expression->order =
			psprintf("%s NULLS %s",
					 item->sortby_dir == SORTBY_DESC ? "DESC" : "ASC",
					 item->sortby_nulls == SORTBY_NULLS_FIRST ? "FIRST" : "LAST");
		expression->sortable = true;
		expressions = lappend(expressions, expression);
	}
	return expressions;
}

/* Refuses a text that nobody wrote. */
static void
check_length(const char *text, const char *what)
{
	if (strlen(text) > LONGEST_EXPRESSION)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s is too long", what),
				 errdetail("It has %zu bytes; the limit is %d.",
						   strlen(text), LONGEST_EXPRESSION),
				 errhint("Put long conditions into a function or a view.")));
}

/* Parses text alone and reads its expressions. */
static List *
parse_text(const char *text, const char *what, const char *shape,
		   const char *search_path, List *(*read) (const CampaignExpression *, const SelectStmt *))
{
	CampaignExpression *model = palloc0(sizeof(CampaignExpression));
	ErrorContextCallback callback;
	List	   *expressions;

	check_length(text, what);
	model->text = pstrdup(text);
	model->what = pstrdup(what);
	model->shape = shape;
	model->search_path = pstrdup(search_path);
	callback.callback = expression_error_context;
	callback.arg = model;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	expressions = read(model, sole_select(model,
										  raw_parser(text,
													 RAW_PARSE_PLPGSQL_EXPR)));
	error_context_stack = callback.previous;
	return expressions;
}

/* A rule tree; that it is JSON is all that can be said by now. */
static CampaignExpression *
parse_rule(const char *text, const char *what, const char *search_path)
{
	CampaignExpression *expression = palloc0(sizeof(CampaignExpression));
	ErrorContextCallback callback;

	check_length(text, what);
	expression->text = pstrdup(text);
	expression->what = pstrdup(what);
	expression->search_path = pstrdup(search_path);
	expression->rule = true;
	callback.callback = expression_error_context;
	callback.arg = expression;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	(void) DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
	error_context_stack = callback.previous;
	return expression;
}

/* Parses text alone; refuses whatever is not exactly one expression. */
CampaignExpression *
campaign_expression_parse(const char *text, const char *what,
						  const char *search_path)
{
	List	   *expressions;

	if (campaign_condition_is_tree(text))
		return parse_rule(text, what, search_path);
	expressions = parse_text(text, what, "a single expression", search_path,
							 read_targets);
	if (list_length(expressions) > 1)
		refuse_shape(linitial(expressions), "several expressions");
	return linitial(expressions);
}

/* Parses text alone as expressions with commas between. */
List *
campaign_expression_parse_list(const char *text, const char *what,
							   const char *search_path)
{
	return parse_text(text, what, "expressions with commas between",
					  search_path, read_targets);
}

/* Parses text alone as what may follow ORDER BY. */
List *
campaign_expression_parse_order(const char *text, const char *what,
								const char *search_path)
{
	/* The text of the items has the words, so that positions are right. */
	return parse_text(psprintf("ORDER BY %s", text), what,
					  "an ordering such as score DESC, id", search_path,
					  read_order);
}

/* -------------------------------- rows ----------------------------------- */

/* Looks for what a query must not do to what it reads, at any depth. */
static bool
find_effect(Node *node, void *context)
{
	const CampaignExpression *rows = context;

	if (node == NULL)
		return false;
	if (IsA(node, InsertStmt) || IsA(node, UpdateStmt) ||
		IsA(node, DeleteStmt) || IsA(node, MergeStmt))
		refuse_shape(rows, "a statement that changes data");
	if (IsA(node, SelectStmt) && ((SelectStmt *) node)->intoClause != NULL)
		refuse_shape(rows, "INTO");
	if (IsA(node, SelectStmt) && ((SelectStmt *) node)->lockingClause != NIL)
		refuse_shape(rows, "FOR UPDATE or FOR SHARE");
	return raw_expression_tree_walker(node, find_effect, context);
}

/* The WITH of a statement of the owner's. */
static WithClause **
with_of(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_InsertStmt:
			return &((InsertStmt *) statement)->withClause;
		case T_UpdateStmt:
			return &((UpdateStmt *) statement)->withClause;
		case T_DeleteStmt:
			return &((DeleteStmt *) statement)->withClause;
		case T_MergeStmt:
			return &((MergeStmt *) statement)->withClause;
		default:
			return &castNode(SelectStmt, statement)->withClause;
	}
}

/* The table that a statement changes, or NULL. */
static RangeVar *
changed_by(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_InsertStmt:
			return ((InsertStmt *) statement)->relation;
		case T_UpdateStmt:
			return ((UpdateStmt *) statement)->relation;
		case T_DeleteStmt:
			return ((DeleteStmt *) statement)->relation;
		case T_MergeStmt:
			return ((MergeStmt *) statement)->relation;
		default:
			return NULL;
	}
}

/* True if the text is a query, and not the name of a table. */
static bool
is_query(const char *text)
{
	static const char *const words[] = {"select", "with", "table", "values"};
	size_t		length;

	text += strspn(text, " \t\r\n");
	if (*text == '(' || strncmp(text, "--", 2) == 0 ||
		strncmp(text, "/*", 2) == 0)
		return true;
	length = strcspn(text, " \t\r\n(\"'*-/");
	for (int i = 0; i < lengthof(words); i++)
	{
		if (length == strlen(words[i]) &&
			pg_strncasecmp(text, words[i], length) == 0 &&
			text[length + strspn(text + length, " \t\r\n")] != '\0')
			return true;
	}
	return false;
}

/* The one statement the text is: a SELECT, or with effect one that changes. */
static Node *
sole_query(const CampaignExpression *rows, bool effect)
{
	List	   *statements = raw_parser(rows->text, RAW_PARSE_DEFAULT);
	Node	   *statement;

	if (list_length(statements) != 1)
		refuse_shape(rows, statements == NIL ? "nothing in it" :
					 "more than one statement");
	statement = linitial_node(RawStmt, statements)->stmt;
	if (!IsA(statement, SelectStmt) &&
		(!effect || changed_by(statement) == NULL))
		refuse_shape(rows, IsA(statement, SelectStmt) ||
					 changed_by(statement) != NULL ?
					 "a statement that changes data" : "another statement");
	/* Below the statement itself nothing changes data. */
	if (changed_by(statement) == NULL)
		(void) find_effect(statement, (void *) rows);
	else
		(void) raw_expression_tree_walker(statement, find_effect,
										  (void *) rows);
	(void) find_parameter(statement, NULL);
	return statement;
}

/* Parses text alone as one statement. */
static CampaignExpression *
parse_statement(const char *text, const char *what, const char *shape,
				const char *search_path, bool effect)
{
	CampaignExpression *rows = palloc0(sizeof(CampaignExpression));
	ErrorContextCallback callback;

	check_length(text, what);
	rows->text = effect || is_query(text) ? pstrdup(text) :
		psprintf("TABLE %s", text);
	rows->what = pstrdup(what);
	rows->shape = shape;
	rows->search_path = pstrdup(search_path);
	rows->rows = true;
	callback.callback = expression_error_context;
	callback.arg = rows;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	rows->tree = sole_query(rows, effect);
	error_context_stack = callback.previous;
	return rows;
}

/* Parses text alone as one SELECT that only reads. */
CampaignExpression *
campaign_expression_parse_rows(const char *text, const char *what,
							   const char *search_path)
{
	return parse_statement(text, what,
						   "one SELECT that only reads, or the name of a table",
						   search_path, false);
}

/* Parses text alone as one statement that may change data. */
CampaignExpression *
campaign_expression_parse_effect(const char *text, const char *what,
								 const char *search_path)
{
	return parse_statement(text, what,
						   "one INSERT, UPDATE, DELETE, MERGE or SELECT, with no other in it that changes data",
						   search_path, true);
}

/* What a name in FROM stands for. */
typedef struct RowName
{
	const char *source;
	const char *outcome;
	bool		alone;			/* the outcome may be left out */
	char	   *name;			/* of the query that stands for it */
	const RangeVar *changed;	/* a table that is meant whatever its name */
} RowName;

/* Puts the name of the query where its transition is named. */
static bool
replace_name(Node *node, void *context)
{
	const RowName *name = context;
	RangeVar   *item = (RangeVar *) node;

	if (node == NULL)
		return false;
	if (!IsA(node, RangeVar))
		return raw_expression_tree_walker(node, replace_name, context);
	if (item == name->changed)
		return false;
	if (item->catalogname != NULL ||
		strcmp(item->schemaname != NULL ? item->relname : name->outcome,
			   name->outcome) != 0 ||
		strcmp(item->schemaname != NULL ? item->schemaname : item->relname,
			   name->source) != 0 ||
		(item->schemaname == NULL && !name->alone))
		return false;
	if (item->alias == NULL)
		item->alias = makeAlias(item->relname, NIL);
	item->schemaname = NULL;
	item->relname = name->name;
	return false;
}

/* Has a name in FROM of a statement stand for a query of ours. */
void
campaign_expression_name_rows(CampaignExpression *rows, const char *source,
							  const char *outcome, bool alone,
							  const char *query)
{
	WithClause **with = with_of(rows->tree);
	CommonTableExpr *common = makeNode(CommonTableExpr);
	RowName		name = {source, outcome, alone,
	psprintf("%s.%s", source, outcome), changed_by(rows->tree)};

	(void) replace_name(rows->tree, &name);
	common->ctename = name.name;
	common->ctematerialized = CTEMaterializeNever;
	common->ctequery = linitial_node(RawStmt,
									 raw_parser(query,
												RAW_PARSE_DEFAULT))->stmt;
	common->location = -1;
	if (*with == NULL)
	{
		*with = makeNode(WithClause);
		(*with)->location = -1;
	}
	(*with)->ctes = lcons(common, (*with)->ctes);
}

/* ----------------------- what a query refers to ------------------------- */

/* Adds an identity unless the list has it. */
static void
add_identity(List **identities, char *identity)
{
	if (!campaign_list_has(*identities, identity))
		*identities = lappend(*identities, identity);
}

/* A user's function: signature and owner. */
static void
add_function(List **identities, Oid function)
{
	HeapTuple	tuple;

	if (function < FirstNormalObjectId)
		return;
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return;
	add_identity(identities,
				 psprintf("function %s owner %s",
						  format_procedure_qualified(function),
						  GetUserNameFromId(((Form_pg_proc) GETSTRUCT(tuple))->proowner,
											true)));
	ReleaseSysCache(tuple);
}

/* A user's operator, with the function behind it. */
static void
add_operator(List **identities, Oid operator, Oid function)
{
	if (operator >= FirstNormalObjectId)
		add_identity(identities,
					 psprintf("operator %s",
							  format_operator_qualified(operator)));
	if (OidIsValid(function))
		add_function(identities, function);
}

/* A relation of the user's: kind, name and owner. */
static void
add_relation(List **identities, Oid relation)
{
	HeapTuple	tuple;
	Form_pg_class form;

	if (relation < FirstNormalObjectId)
		return;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_class) GETSTRUCT(tuple);
	add_identity(identities,
				 psprintf("relation %s kind %c owner %s",
						  campaign_relation_name(relation), form->relkind,
						  GetUserNameFromId(form->relowner, true)));
	ReleaseSysCache(tuple);
}

/* A type of the user's. */
static void
add_type(List **identities, Oid type)
{
	if (type >= FirstNormalObjectId)
		add_identity(identities,
					 psprintf("type %s", format_type_be_qualified(type)));
}

/* Adds what a node itself refers to. */
static void
add_node(Node *node, List **identities)
{
	switch (nodeTag(node))
	{
		case T_FuncExpr:
			add_function(identities, ((FuncExpr *) node)->funcid);
			break;
		case T_Aggref:
			add_function(identities, ((Aggref *) node)->aggfnoid);
			break;
		case T_WindowFunc:
			add_function(identities, ((WindowFunc *) node)->winfnoid);
			break;
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			add_operator(identities, ((OpExpr *) node)->opno,
						 ((OpExpr *) node)->opfuncid);
			break;
		case T_ScalarArrayOpExpr:
			add_operator(identities, ((ScalarArrayOpExpr *) node)->opno,
						 ((ScalarArrayOpExpr *) node)->opfuncid);
			break;
		case T_Const:
			add_type(identities, ((Const *) node)->consttype);
			break;
		case T_CoerceViaIO:
			add_type(identities, ((CoerceViaIO *) node)->resulttype);
			break;
		case T_CoerceToDomain:
			add_type(identities, ((CoerceToDomain *) node)->resulttype);
			break;
		case T_RangeTblEntry:
			if (((RangeTblEntry *) node)->rtekind == RTE_RELATION)
				add_relation(identities, ((RangeTblEntry *) node)->relid);
			break;
		default:
			break;
	}
}

/* Walks queries and expressions alike. */
static bool
collect_objects(Node *node, void *context)
{
	if (node == NULL)
		return false;
	add_node(node, context);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, collect_objects, context,
								 QTW_EXAMINE_RTES_BEFORE);
	if (IsA(node, RangeTblEntry))
		return false;
	return expression_tree_walker(node, collect_objects, context);
}

/* For list_sort. */
static int
compare_strings(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* Identities of what an analyzed query refers to outside the server's own. */
List *
campaign_query_objects(Query *query)
{
	List	   *identities = NIL;

	(void) collect_objects((Node *) query, &identities);
	list_sort(identities, compare_strings);
	return identities;
}

typedef struct ForbiddenContext
{
	Oid			role;
	List	   *found;
} ForbiddenContext;

/* Notes a function the role may not execute; always goes on. */
static bool
note_forbidden(Oid function, void *context)
{
	ForbiddenContext *forbidden = context;

	if (object_aclcheck(ProcedureRelationId, function, forbidden->role,
						ACL_EXECUTE) != ACLCHECK_OK)
		add_identity(&forbidden->found, format_procedure_qualified(function));
	return false;
}

/* Walks queries and expressions alike. */
static bool
collect_forbidden(Node *node, void *context)
{
	if (node == NULL)
		return false;
	(void) check_functions_in_node(node, note_forbidden, context);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, collect_forbidden, context, 0);
	return expression_tree_walker(node, collect_forbidden, context);
}

/* Functions in the query that the role may not execute, as text. */
List *
campaign_query_forbidden(Query *query, Oid role)
{
	ForbiddenContext forbidden = {role, NIL};

	(void) collect_forbidden((Node *) query, &forbidden);
	return forbidden.found;
}
