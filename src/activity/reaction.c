/*
 * reaction.c
 *		Conditions on what people did with the messages of a delivery.
 *
 * They are written into a table first.  How many they are is anybody's guess
 * before, and a plan that guessed wrong would compare everybody with everybody;
 * of a table that has just been written it is known.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "activity/column.h"
#include "activity/option.h"
#include "activity/reaction.h"
#include "activity/scalar.h"
#include "base/cluster.h"
#include "base/text.h"
#include "set/feedback.h"

/* What it is called in messages. */
#define WHAT "option \"feedback\""

/* What the option says. */
typedef struct Reaction
{
	CampaignReacted reacted;
	CampaignExpression *since;	/* or NULL */
	CampaignExpression *until;
} Reaction;

/* An expression of a time; NULL if absent. */
static CampaignExpression *
read_time(const CampaignActivity *activity, const char *text, const char *name)
{
	CampaignExpression *expression;

	if (text == NULL)
		return NULL;
	expression = campaign_scalar_parse(activity, text,
									   psprintf("\"%s\" of " WHAT, name));
	expression->instant = true;
	return expression;
}

/* Reads the option; false if there is none. */
static bool
read_reaction(const CampaignActivity *activity, Reaction *reaction)
{
	Jsonb	   *option = campaign_object_document(activity->options,
												  "feedback");

	if (option == NULL)
		return false;
	campaign_reacted_read(&option->root, WHAT, &reaction->reacted);
	reaction->since = read_time(activity, reaction->reacted.since, "since");
	reaction->until = read_time(activity, reaction->reacted.until, "until");
	return true;
}

/* Its expressions. */
List *
campaign_reaction_expressions(const CampaignScope *scope)
{
	Reaction	reaction;
	List	   *expressions = NIL;

	if (!read_reaction(scope->activity, &reaction))
		return NIL;
	if (reaction.since != NULL)
		expressions = lappend(expressions, reaction.since);
	if (reaction.until != NULL)
		expressions = lappend(expressions, reaction.until);
	return expressions;
}

/* Names of the graph's activities that send messages. */
static List *
delivery_names(const CampaignGraph *graph)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);

		if (strcmp(campaign_kind_find(activity->kind)->category,
				   "channel") == 0)
			names = lappend(names, activity->name);
	}
	return names;
}

/* Refuses an option that says nothing, or nothing that can be. */
void
campaign_reaction_check(const CampaignScope *scope)
{
	List	   *names = delivery_names(scope->graph);
	Reaction	reaction;

	if (!read_reaction(scope->activity, &reaction))
		return;
	campaign_reacted_check(&reaction.reacted, WHAT);
	if (reaction.reacted.campaign != NULL ||
		campaign_list_has(names, reaction.reacted.delivery))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("\"%s\" in option \"feedback\" is no delivery of this campaign",
					reaction.reacted.delivery),
			 errhint("%s For one of another campaign, name that in \"campaign\".",
					 campaign_nearest_hint(reaction.reacted.delivery, names,
										   "deliveries"))));
}

/* True if an activity comes before another on the way up. */
static bool
comes_before(const CampaignActivity *activity, const char *name)
{
	ListCell   *cell;

	check_stack_depth();
	foreach(cell, activity->inbound)
	{
		CampaignActivity *source = ((CampaignTransition *) lfirst(cell))->source;

		if (strcmp(source->name, name) == 0 || comes_before(source, name))
			return true;
	}
	return false;
}

/* Doubts: nobody can have been sent what comes later. */
List *
campaign_reaction_warn(const CampaignScope *scope)
{
	CampaignGraph *graph = scope->graph;
	Reaction	reaction;

	/* On a cycle there is no before; that is reported elsewhere. */
	if (!read_reaction(scope->activity, &reaction) ||
		reaction.reacted.campaign != NULL ||
		list_length(campaign_graph_order(graph)) <
		list_length(graph->activities) ||
		comes_before(scope->activity, reaction.reacted.delivery))
		return NIL;
	return list_make1(campaign_warning("not_before",
									   psprintf("delivery \"%s\" does not come before this activity",
												reaction.reacted.delivery),
									   "Place the activity behind the delivery, usually after a wait."));
}

/* A bound on when the messages were sent, as it is written; NULL if absent. */
static char *
bound_text(CampaignTask *task, CampaignExpression *expression)
{
	char		buffer[MAXDATELEN + 1];
	TimestampTz time;
	int			zone = 0;

	if (expression == NULL)
		return NULL;
	time = campaign_scalar_time(task, expression);
	JsonEncodeDateTime(buffer, TimestampTzGetDatum(time), TIMESTAMPTZOID,
					   &zone);
	return psprintf("%s::pg_catalog.timestamptz", quote_literal_cstr(buffer));
}

/* Writes the recipients the option is true for into a table. */
CampaignPopulation *
campaign_reaction_select(CampaignTask *task)
{
	CampaignTarget recipients = {.not_null = true};
	CampaignOutlet outlet = {.capacity = -1};
	CampaignSelect *select;
	Reaction	reaction;

	if (!read_reaction(task->scope.activity, &reaction))
		return NULL;
	select = campaign_task_select(task);
	/* They only say which rows there are; of those a test takes its sample. */
	select->sample = NULL;
	campaign_reacted_select(&select->text, &reaction.reacted,
							task->scope.target->dimension->name,
							psprintf(INT64_FORMAT, task->run->id),
							task->run->test,
							bound_text(task, reaction.since),
							bound_text(task, reaction.until));
	recipients.key = list_make1(campaign_column_make("recipient", TEXTOID,
													 C_COLLATION_OID));
	outlet.population =
		campaign_population_create(psprintf("r" INT64_FORMAT "_%d_feedback",
											task->run->id,
											task->scope.activity->position),
								   &recipients, NIL, task->run->owner);
	campaign_sink_write(select, CAMPAIGN_ROUTE_SOLE, &outlet, 1);
	/* A subquery is sent to the servers that have the rows, a table is not. */
	if (campaign_cluster_has(task->scope.target->relation))
		outlet.population->source = psprintf("(SELECT * FROM %s AS p OFFSET 0)",
											 outlet.population->source);
	return outlet.population;
}
