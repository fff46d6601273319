/*
 * scalar.c
 *		Expressions over a run: its counts, its variables, any subquery.
 *
 * Counts are items of FROM with one row each, aliased as the activities, with
 * a column for each outcome.  Only those that the expression names are there,
 * so that a graph of a thousand activities does not make a join of as many.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "activity/count.h"
#include "activity/option.h"
#include "activity/scalar.h"
#include "base/text.h"
#include "set/render.h"

/* Longest text that is made of a message's template. */
#define LONGEST_MESSAGE	(1024 * 1024)

/* Refuses a rule, which is about rows. */
static void
refuse_rule(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be an SQL expression, not a rule", what),
			 errhint("It is about the run, and a rule about rows.")));
}

/* Parses an expression over the run. */
CampaignExpression *
campaign_scalar_parse(const CampaignActivity *activity, const char *text,
					  const char *what)
{
	CampaignExpression *expression =
		campaign_expression_parse(text, what, activity->search_path);

	if (expression->rule)
		refuse_rule(what);
	expression->scalar = true;
	return expression;
}

/* The one of an option; NULL if absent. */
CampaignExpression *
campaign_scalar_option(const CampaignActivity *activity, const char *name)
{
	CampaignExpression *expression = campaign_option_expression(activity, name);

	if (expression != NULL && expression->rule)
		refuse_rule(expression->what);
	if (expression != NULL)
		expression->scalar = true;
	return expression;
}

/* Refuses what only messages to people have, such as message.id. */
static void
refuse_own(const CampaignTemplate *template, const char *what)
{
	for (int i = 0; i < template->nparts; i++)
	{
		if (template->parts[i].own != CAMPAIGN_OWN_NONE)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s refers to a message", what),
					 errhint("It sees counts, variables and subqueries.")));
	}
}

/* Parses the template of an option; gives its expressions. */
static CampaignTemplate *
parse_message(const CampaignActivity *activity, const char *name,
			  List **expressions)
{
	char	   *what = psprintf("option \"%s\" of activity \"%s\"", name,
								activity->name);
	List	   *parts = NIL;
	CampaignTemplate *template;
	ListCell   *cell;

	template = campaign_template_parse(campaign_option_text(activity->options,
															name),
									   CAMPAIGN_CONTENT_TEXT,
									   psprintf("%s.%s", activity->name, name),
									   &parts);
	refuse_own(template, what);
	*expressions = NIL;
	foreach(cell, parts)
	{
		const CampaignTemplateExpression *part = lfirst(cell);
		CampaignExpression *expression =
			campaign_scalar_parse(activity, part->text, what);

		expression->condition = part->use == CAMPAIGN_USE_CONDITION;
		expression->collection = part->use == CAMPAIGN_USE_COLLECTION;
		*expressions = lappend(*expressions, expression);
	}
	return template;
}

/* The expressions in the text of an option. */
List *
campaign_scalar_message(const CampaignActivity *activity, const char *name)
{
	List	   *expressions;

	(void) parse_message(activity, name, &expressions);
	return expressions;
}

/* ------------------------- what they may see ---------------------------- */

/* Collects the first names of references such as buyers.result. */
static bool
collect_names(Node *node, void *context)
{
	List	  **names = context;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
	{
		List	   *fields = ((ColumnRef *) node)->fields;

		if (list_length(fields) == 2 && IsA(linitial(fields), String))
			*names = lappend(*names, strVal(linitial(fields)));
		return false;
	}
	return raw_expression_tree_walker(node, collect_names, context);
}

/* Appends how many rows came out there; NULL if nothing came out yet. */
static void
append_count(StringInfo text, List *flows, const char *source,
			 const char *outcome)
{
	ListCell   *cell;

	foreach(cell, flows)
	{
		CampaignFlow *flow = lfirst(cell);

		if (strcmp(flow->source, source) == 0 &&
			strcmp(flow->outcome, outcome) == 0)
		{
			appendStringInfo(text, INT64_FORMAT "::pg_catalog.int8",
							 flow->rows);
			return;
		}
	}
	appendStringInfoString(text, "NULL::pg_catalog.int8");
}

/* Appends the item of an activity: a column for each of its outcomes. */
static void
append_activity(StringInfo text, const CampaignActivity *activity, List *flows)
{
	List	   *outcomes = campaign_activity_outcomes(activity);
	ListCell   *cell;

	appendStringInfoString(text, ", (SELECT ");
	foreach(cell, outcomes)
	{
		if (foreach_current_index(cell) > 0)
			appendStringInfoString(text, ", ");
		append_count(text, flows, activity->name, lfirst(cell));
	}
	appendStringInfo(text, ") AS %s(", quote_identifier(activity->name));
	foreach(cell, outcomes)
		appendStringInfo(text, "%s%s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_identifier(lfirst(cell)));
	appendStringInfoChar(text, ')');
}

/* The rows that came in. */
static int64
inbound_rows(const CampaignTask *task)
{
	int64		rows = 0;
	ListCell   *cell;

	foreach(cell, task->inbound)
		rows += ((CampaignFlow *) lfirst(cell))->rows;
	return rows;
}

/* Appends what the expression sees. */
void
campaign_scalar_from(CampaignSelect *select, const CampaignScope *scope,
					 const CampaignTask *task,
					 const CampaignExpression *expression)
{
	List	   *flows = task == NULL ? NIL : campaign_flow_all(task->run->id);
	List	   *names = NIL;
	ListCell   *cell;

	(void) collect_names(expression->tree, &names);
	appendStringInfo(&select->text,
					 " FROM (SELECT " INT64_FORMAT "::pg_catalog.int8)"
					 " AS \"campaign.inbound\"(rows)",
					 task == NULL ? 0 : inbound_rows(task));
	foreach(cell, names == NIL ? NIL : campaign_activities_before(scope->activity))
	{
		CampaignActivity *before = lfirst(cell);

		if (campaign_list_has(names, before->name))
			append_activity(&select->text, before, flows);
	}
}

/* ------------------------------ evaluation ------------------------------ */

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

/* The value of an expression as text, or as that of a jsonb. */
char *
campaign_scalar_value(const CampaignTask *task, CampaignExpression *expression,
					  bool as_jsonb)
{
	CampaignSelect *select = campaign_task_select(task);
	Answer		answer = {
		{NULL, take_answer}, CurrentMemoryContext, NULL
	};

	select->answer = true;
	appendStringInfo(&select->text, "SELECT (%s(",
					 as_jsonb ? "pg_catalog.to_jsonb" : "");
	campaign_select_expression(select, expression);
	appendStringInfoString(&select->text, "))::pg_catalog.text");
	campaign_scalar_from(select, &task->scope, task, expression);
	(void) campaign_select_run(select, &answer.receiver);
	return answer.text;
}

/* The value of an expression as text; NULL if it is NULL. */
static char *
evaluate(const CampaignTask *task, CampaignExpression *expression)
{
	return campaign_scalar_value(task, expression, expression->collection);
}

/* True if the condition holds now; NULL does not. */
bool
campaign_scalar_holds(const CampaignTask *task, CampaignExpression *condition)
{
	char	   *text;

	condition->condition = true;
	text = evaluate(task, condition);
	return text != NULL && strcmp(text, "true") == 0;
}

/* The instant an expression gives. */
TimestampTz
campaign_scalar_time(const CampaignTask *task, CampaignExpression *expression)
{
	char	   *text;
	TimestampTz instant = DT_NOEND;

	expression->instant = true;
	text = evaluate(task, expression);
	if (text != NULL)
		instant = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
														  CStringGetDatum(text),
														  ObjectIdGetDatum(InvalidOid),
														  Int32GetDatum(-1)));
	if (TIMESTAMP_NOT_FINITE(instant))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s gives no time", expression->what),
				 errdetail("Its value is %s.", text == NULL ? "null" : text),
				 errhint("Correct what it reads and call campaign_retry().")));
	return instant;
}

/* The instant an option's expression gives. */
TimestampTz
campaign_scalar_instant(const CampaignTask *task, const char *name)
{
	return campaign_scalar_time(task,
								campaign_scalar_option(task->scope.activity,
													   name));
}

/* The text of an option with the values of its expressions. */
char *
campaign_scalar_render(const CampaignTask *task, const char *name)
{
	List	   *expressions;
	CampaignTemplate *template = parse_message(task->scope.activity, name,
											   &expressions);
	const char **values = palloc(sizeof(char *) *
								 Max(list_length(expressions), 1));
	CampaignTracking untracked = {0};
	StringInfoData out;
	ListCell   *cell;

	foreach(cell, expressions)
		values[foreach_current_index(cell)] = evaluate(task, lfirst(cell));
	initStringInfo(&out);
	if (!campaign_template_render(template, values, list_length(expressions),
								  &untracked, LONGEST_MESSAGE, &out))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("option \"%s\" of activity \"%s\" makes too long a text",
						name, task->scope.activity->name),
				 errhint("It must not be longer than %d bytes.",
						 LONGEST_MESSAGE)));
	return out.data;
}
