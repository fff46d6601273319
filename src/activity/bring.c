/*
 * bring.c
 *		Inbound populations of other dimensions, brought to that of an activity.
 *
 * A rule says how: a path of links, or a condition over both rows.  The rows
 * are joined once, and what they lead to is a set of keys like any other.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "activity/bring.h"
#include "activity/option.h"
#include "set/link.h"
#include "set/row.h"

/* True if an object of option "rules" is about that inbound transition. */
bool
campaign_bringing_is_of(const CampaignActivity *activity, int number)
{
	ListCell   *cell;

	foreach(cell, campaign_option_objects(activity->options, "rules"))
	{
		char	   *set = campaign_object_text(lfirst(cell), "transition");

		if (set != NULL &&
			campaign_activity_inbound_number(activity, set) == number)
			return true;
	}
	return false;
}

/* Refuses a rule for what it says. */
static void
refuse_rule(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("an object in option \"rules\" %s", problem),
			 errhint("Write [{\"transition\": \"orders_of_may\", \"link\": \"customer\"}], or a \"condition\" over both rows instead of the link.")));
}

/* The population as it is, or as it is declared. */
static CampaignPopulation *
population_of(const CampaignScope *scope, const CampaignTask *task,
			  const CampaignBringing *bringing)
{
	CampaignFlow *flow;

	if (task == NULL)
		return campaign_population_declare(bringing->from,
										   list_nth(scope->inbound,
													bringing->number));
	flow = list_nth(task->inbound, bringing->number);
	return campaign_population_open(flow->population, bringing->from);
}

/* Its rows as an item of FROM. */
static char *
rows_of(const CampaignScope *scope, const CampaignTask *task,
		const CampaignBringing *bringing)
{
	return psprintf("%s AS %s",
					campaign_row_item(bringing->from,
									  population_of(scope, task, bringing),
									  CAMPAIGN_ROW_LEFT),
					quote_identifier(bringing->from->dimension->name));
}

/* The condition of a rule, over both rows. */
static CampaignExpression *
read_condition(const CampaignScope *scope, const CampaignTask *task,
			   const CampaignBringing *bringing, const char *text)
{
	CampaignExpression *condition;

	condition = campaign_expression_parse(text,
										  psprintf("a condition of option \"rules\" of activity \"%s\"",
												   scope->activity->name),
										  scope->activity->search_path);
	condition->condition = true;
	condition->apart = true;
	condition->beside = psprintf("%s, %s", rows_of(scope, task, bringing),
								 campaign_row_whole(scope->target));
	return condition;
}

/* Refuses a path that ends elsewhere. */
static void
check_path(const CampaignScope *scope, const CampaignBringing *bringing)
{
	const CampaignLink *last;

	if (bringing->links == NIL)
		return;
	last = llast(bringing->links);
	if (last->relation != scope->target->relation)
		refuse_rule(psprintf("has a link that does not lead to dimension \"%s\"",
							 scope->target->dimension->name));
}

/* Reads one rule; NULL as long as what it names does not come in. */
static CampaignBringing *
read_rule(const CampaignScope *scope, const CampaignTask *task,
		  const JsonbContainer *object)
{
	const CampaignActivity *activity = scope->activity;
	CampaignBringing *bringing = palloc0(sizeof(CampaignBringing));
	char	   *set = campaign_object_text(object, "transition");
	char	   *path = campaign_object_text(object, "link");
	char	   *condition = campaign_object_text(object, "condition");

	campaign_members_check(object, "an object in option \"rules\"",
						   "transition, link, condition");
	if (set == NULL)
		refuse_rule("has no \"transition\"");
	if ((path == NULL) == (condition == NULL))
		refuse_rule("needs a \"link\" or a \"condition\"");
	campaign_scope_check_inbound(scope, "rules", set);
	bringing->number = campaign_activity_inbound_number(activity, set);
	if (bringing->number < 0)
		return NULL;
	bringing->from =
		campaign_graph_target(scope->graph,
							  campaign_transition_dimension(scope->graph,
															list_nth(activity->inbound,
																	 bringing->number)));
	if (strcmp(bringing->from->dimension->name,
			   scope->target->dimension->name) == 0)
		refuse_rule(psprintf("is about \"%s\", whose rows are of dimension \"%s\" already",
							 set, scope->target->dimension->name));
	if (path != NULL)
		bringing->links = campaign_link_path(scope->graph, bringing->from,
											 path);
	else
		bringing->condition = read_condition(scope, task, bringing, condition);
	check_path(scope, bringing);
	return bringing;
}

/* What option "rules" says. */
List *
campaign_bringings_read(const CampaignScope *scope, const CampaignTask *task)
{
	List	   *bringings = NIL;
	ListCell   *cell;

	foreach(cell, campaign_option_objects(scope->activity->options, "rules"))
	{
		CampaignBringing *bringing = read_rule(scope, task, lfirst(cell));

		if (bringing == NULL)
			continue;
		if (campaign_bringing_find(bringings, bringing->number) != NULL)
			refuse_rule("is about the same transition as another");
		bringings = lappend(bringings, bringing);
	}
	return bringings;
}

/* The one about that inbound transition, or NULL. */
const CampaignBringing *
campaign_bringing_find(List *bringings, int number)
{
	ListCell   *cell;

	foreach(cell, bringings)
	{
		if (((CampaignBringing *) lfirst(cell))->number == number)
			return lfirst(cell);
	}
	return NULL;
}

/* All their expressions. */
List *
campaign_bringings_expressions(List *bringings)
{
	List	   *expressions = NIL;
	ListCell   *cell;

	foreach(cell, bringings)
	{
		const CampaignBringing *bringing = lfirst(cell);

		if (bringing->condition != NULL)
			expressions = lappend(expressions, bringing->condition);
		expressions = list_concat(expressions,
								  campaign_link_conditions(bringing->links));
	}
	return expressions;
}

/* Appends what they are joined to. */
static void
append_joined(const CampaignTask *task, CampaignSelect *select,
			  const CampaignBringing *bringing)
{
	const CampaignTarget *target = task->scope.target;

	if (bringing->links != NIL)
	{
		campaign_link_append(select, bringing->links, target);
		return;
	}
	campaign_link_append_end(&select->text, target);
	appendStringInfo(&select->text, " AS %s ON ",
					 quote_identifier(target->dimension->name));
	campaign_select_expression(select, bringing->condition);
}

/* The alias of what they are joined to. */
static const char *
joined_alias(const CampaignTask *task, const CampaignBringing *bringing)
{
	return quote_identifier(bringing->links != NIL ?
							((CampaignLink *) linitial(bringing->links))->alias :
							task->scope.target->dimension->name);
}

/* The population as one of the scope's dimension. */
CampaignPopulation *
campaign_bringing_population(const CampaignTask *task, CampaignSelect *select,
							 const CampaignBringing *bringing)
{
	const CampaignTarget *target = task->scope.target;
	CampaignPopulation *population = palloc0(sizeof(CampaignPopulation));
	StringInfoData kept = select->text;
	StringInfo	text = &select->text;
	ListCell   *cell;

	initStringInfo(text);
	appendStringInfoString(text, "(SELECT DISTINCT ");
	foreach(cell, target->key)
		appendStringInfo(text, "%s%s.\"campaign.end.%d\" AS %s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 joined_alias(task, bringing),
						 foreach_current_index(cell) + 1,
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfo(text, " FROM %s JOIN ",
					 rows_of(&task->scope, task, bringing));
	append_joined(task, select, bringing);
	appendStringInfoChar(text, ')');
	population->source = text->data;
	population->columns = target->key;
	population->nkeys = list_length(target->key);
	select->text = kept;
	return population;
}

/* Receiver: rows are counted by whoever runs the select. */
static void
note_row(CampaignReceiver *receiver, TupleTableSlot *slot)
{
}

/* How many of its rows lead nowhere. */
int64
campaign_bringing_count_lost(CampaignTask *task,
							 const CampaignBringing *bringing)
{
	CampaignReceiver receiver = {NULL, note_row};
	CampaignSelect *select = campaign_task_select(task);

	appendStringInfo(&select->text, "SELECT 1 FROM %s LEFT JOIN ",
					 rows_of(&task->scope, task, bringing));
	append_joined(task, select, bringing);
	appendStringInfo(&select->text, " WHERE %s.\"campaign.end.1\" IS NULL",
					 joined_alias(task, bringing));
	return campaign_select_run(select, &receiver);
}
