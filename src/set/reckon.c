/*
 * reckon.c
 *		Variables whose values a query gives when a run starts.
 *
 * The query passes the gate like every text of a user's: it is parsed alone as
 * one SELECT that only reads, and read under the search_path under which the
 * variable was declared.  It sees the variables that were given, and none that
 * other queries give.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/json.h"
#include "base/text.h"
#include "set/expression.h"
#include "set/reckon.h"
#include "set/select.h"
#include "set/variable.h"

/* The declaration of a variable. */
static Jsonb *
declaration_of(const Jsonb *settings, const char *name)
{
	return campaign_object_document(campaign_object_document(settings,
															 "variables"),
									name);
}

/* Names of the variables with a query that have no value yet. */
List *
campaign_reckon_missing(const Jsonb *settings, const Jsonb *values)
{
	Jsonb	   *declared = settings == NULL ? NULL :
		campaign_object_document(settings, "variables");
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, declared == NULL ? NIL : campaign_object_keys(declared))
	{
		char	   *name = lfirst(cell);

		if (campaign_object_member(&declaration_of(settings, name)->root,
								   "query") != NULL &&
			!campaign_list_has(campaign_object_keys(values), name))
			names = lappend(names, name);
	}
	return names;
}

/* The query, parsed as rows, or as the one value it gives. */
static CampaignExpression *
parse_query(const Jsonb *settings, const char *name, bool as_value)
{
	Jsonb	   *declaration = declaration_of(settings, name);
	char	   *text = campaign_object_text(&declaration->root, "query");
	char	   *path = campaign_object_text(&declaration->root, "search_path");
	const char *what = psprintf("query of variable \"%s\"", name);
	CampaignExpression *rows = campaign_expression_parse_rows(text, what, path);
	CampaignExpression *value;

	if (!as_value)
		return rows;
	value = campaign_expression_parse(psprintf("(%s\n)", text), what, path);
	return value;
}

/* Analyzes the query of a variable. */
Query *
campaign_reckon_check(const Jsonb *settings, const char *name)
{
	Query	   *query;
	int			columns = 0;
	ListCell   *cell;

	query = campaign_select_analyze_rows(campaign_variables_declared(settings),
										 parse_query(settings, name, false));
	foreach(cell, query->targetList)
	{
		if (!((TargetEntry *) lfirst(cell))->resjunk)
			columns++;
	}
	if (columns != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("query of variable \"%s\" gives %d columns", name,
						columns),
				 errhint("It must give one value: one column of at most one row.")));
	return query;
}

/* Receives the one value. */
typedef struct Answer
{
	CampaignReceiver receiver;
	MemoryContext context;
	char	   *text;
} Answer;

/* Receiver: keeps the value. */
static void
take_answer(CampaignReceiver *self, TupleTableSlot *slot)
{
	Answer	   *answer = (Answer *) self;
	bool		isnull;
	Datum		value = slot_getattr(slot, 1, &isnull);
	MemoryContext old = MemoryContextSwitchTo(answer->context);

	answer->text = isnull ? NULL : TextDatumGetCString(value);
	MemoryContextSwitchTo(old);
}

/* Evaluates the query of a variable; a document is given as jsonb. */
static JsonbValue *
evaluate(const Jsonb *settings, const CampaignVariables *variables,
		 const char *name)
{
	Oid			type = variables->types[campaign_variables_find(variables,
																name) - 1];
	bool		document = type == JSONOID || type == JSONBOID;
	CampaignExpression *expression = parse_query(settings, name, true);
	CampaignSelect *select = campaign_select_new(variables,
												 expression->search_path);
	Answer		answer = {{NULL, take_answer}, CurrentMemoryContext, NULL};

	appendStringInfo(&select->text, "SELECT (%s(",
					 document ? "pg_catalog.to_jsonb" : "");
	campaign_select_expression(select, expression);
	appendStringInfoString(&select->text, "))::pg_catalog.text");
	(void) campaign_select_run(select, &answer.receiver);
	return campaign_value_of_text(answer.text, document);
}

/* Evaluates the queries of the variables that have no value yet. */
Jsonb *
campaign_reckon(const Jsonb *settings, const Jsonb *values)
{
	CampaignVariables *variables = campaign_variables_of_run(settings, values);
	JsonbParseState *state = NULL;
	Jsonb	   *found;
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, campaign_reckon_missing(settings, values))
	{
		JsonbValue	key = {.type = jbvString};

		key.val.string.val = lfirst(cell);
		key.val.string.len = strlen(lfirst(cell));
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE,
					   evaluate(settings, variables, lfirst(cell)));
	}
	found = JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
	campaign_variables_check(settings, found);
	return found;
}
