/*
 * reaction.c
 *		Conditions on what people did with the messages of a delivery.
 *
 * People are told apart, not messages: of those who were sent a message in the
 * deliveries that are meant, whoever did it with one of them did it, and all
 * others did not.  Whoever was sent nothing is in neither set.
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
#include "base/text.h"

static const char *const members =
"delivery, is, not, campaign, link, since, until";

static const char *const known_events =
"sent,delivered,bounced,opened,clicked,unsubscribed,complained,converted";

/* What the option says. */
typedef struct Reaction
{
	char	   *delivery;
	char	   *campaign;		/* NULL: of this run */
	List	   *is;				/* events, of char *; NIL: sent is enough */
	List	   *is_not;
	char	   *link;			/* pattern of LIKE, or NULL */
	CampaignExpression *since;	/* or NULL */
	CampaignExpression *until;
} Reaction;

/* Refuses the option. */
static void
refuse(const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"feedback\" %s", problem),
			 errhint("%s", hint)));
}

/* Refuses what is no event. */
static void
check_event(const char *event)
{
	List	   *known = campaign_split_commas(known_events);

	if (event == NULL)
		refuse("has an event that is no text",
			   "Write {\"delivery\": \"mail\", \"is\": [\"opened\", \"clicked\"]}.");
	if (!campaign_list_has(known, event))
		refuse(psprintf("has an event \"%s\" that is not known", event),
			   campaign_nearest_hint(event, known, "events"));
}

/* The events of a member: one text, or an array of them. */
static List *
read_events(const JsonbContainer *object, const char *name)
{
	JsonbValue *value = campaign_object_member(object, name);
	List	   *events = NIL;
	JsonbContainer *array;

	if (value == NULL)
		return NIL;
	if (value->type != jbvBinary)
		events = list_make1(campaign_scalar_text(value));
	array = value->type == jbvBinary ? value->val.binary.data : NULL;
	for (uint32 i = 0; array != NULL && JsonContainerIsArray(array) &&
		 i < JsonContainerSize(array); i++)
		events = lappend(events,
						 campaign_scalar_text(getIthJsonbValueFromContainer(array, i)));
	if (events == NIL)
		refuse(psprintf("has no event in \"%s\"", name),
			   "Write {\"delivery\": \"mail\", \"not\": \"opened\"}.");
	for (int i = 0; i < list_length(events); i++)
		check_event(list_nth(events, i));
	return events;
}

/* An expression of a time; NULL if absent. */
static CampaignExpression *
read_time(const CampaignActivity *activity, const JsonbContainer *object,
		  const char *name)
{
	char	   *text = campaign_object_text(object, name);
	CampaignExpression *expression;

	if (text == NULL)
		return NULL;
	expression = campaign_scalar_parse(activity, text,
									   psprintf("\"%s\" of option \"feedback\"",
												name));
	expression->instant = true;
	return expression;
}

/* Reads the option; false if there is none. */
static bool
read_reaction(const CampaignActivity *activity, Reaction *reaction)
{
	Jsonb	   *option = campaign_object_document(activity->options,
												  "feedback");
	const JsonbContainer *object;

	memset(reaction, 0, sizeof(*reaction));
	if (option == NULL)
		return false;
	object = &option->root;
	campaign_members_check(object, "option \"feedback\"", members);
	reaction->delivery = campaign_object_text(object, "delivery");
	reaction->campaign = campaign_object_text(object, "campaign");
	reaction->is = read_events(object, "is");
	reaction->is_not = read_events(object, "not");
	reaction->link = campaign_object_text(object, "link");
	reaction->since = read_time(activity, object, "since");
	reaction->until = read_time(activity, object, "until");
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

/* Refuses members that mean nothing together. */
static void
check_members(const Reaction *reaction)
{
	if (reaction->delivery == NULL)
		refuse("has no \"delivery\"",
			   "Name the activity that sent the messages.");
	if (reaction->is == NIL && reaction->is_not == NIL)
		refuse("has neither \"is\" nor \"not\"",
			   "Write {\"delivery\": \"mail\", \"not\": \"opened\"}.");
	if (campaign_list_has(reaction->is_not, "sent"))
		refuse("has \"sent\" in \"not\"",
			   "Whoever was sent nothing is in neither set; exclude those who were sent it with a combine.");
	if (reaction->link != NULL &&
		!campaign_list_has(reaction->is, "clicked") &&
		!campaign_list_has(reaction->is_not, "clicked"))
		refuse("has a \"link\", but not \"clicked\"",
			   "A link is what somebody clicked on.");
}

/* Refuses an option that says nothing, or nothing that can be. */
void
campaign_reaction_check(const CampaignScope *scope)
{
	List	   *names = delivery_names(scope->graph);
	Reaction	reaction;

	if (!read_reaction(scope->activity, &reaction))
		return;
	check_members(&reaction);
	if (reaction.campaign != NULL ||
		campaign_list_has(names, reaction.delivery))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("\"%s\" in option \"feedback\" is no delivery of this campaign",
					reaction.delivery),
			 errhint("%s For one of another campaign, name that in \"campaign\".",
					 campaign_nearest_hint(reaction.delivery, names,
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
		reaction.campaign != NULL ||
		list_length(campaign_graph_order(graph)) <
		list_length(graph->activities) ||
		comes_before(scope->activity, reaction.delivery))
		return NIL;
	return list_make1(campaign_warning("not_before",
									   psprintf("delivery \"%s\" does not come before this activity",
												reaction.delivery),
									   "Place the activity behind the delivery, usually after a wait."));
}

/* Appends a condition on events: one of them happened. */
static void
append_events(StringInfo text, List *events, const char *link)
{
	const char *separator = "";
	ListCell   *cell;

	appendStringInfoChar(text, '(');
	foreach(cell, events)
	{
		const char *event = lfirst(cell);

		appendStringInfoString(text, separator);
		if (strcmp(event, "sent") == 0)
			appendStringInfoString(text, "true");
		else if (link != NULL && strcmp(event, "clicked") == 0)
			appendStringInfo(text,
							 "EXISTS (SELECT FROM pg_catalog.unnest(s.links) AS l (link) WHERE l.link LIKE %s)",
							 quote_literal_cstr(link));
		else
			appendStringInfo(text, "%s = ANY (s.events)",
							 quote_literal_cstr(event));
		separator = " OR ";
	}
	appendStringInfoChar(text, ')');
}

/* Appends a bound on when the messages were sent. */
static void
append_bound(CampaignTask *task, StringInfo text, const char *comparison,
			 CampaignExpression *expression)
{
	char		buffer[MAXDATELEN + 1];
	TimestampTz time;
	int			zone = 0;

	if (expression == NULL)
		return;
	time = campaign_scalar_time(task, expression);
	JsonEncodeDateTime(buffer, TimestampTzGetDatum(time), TIMESTAMPTZOID,
					   &zone);
	appendStringInfo(text, " AND s.sent_at %s %s::pg_catalog.timestamptz",
					 comparison, quote_literal_cstr(buffer));
}

/* Writes the select of the recipients. */
static void
build_select(CampaignTask *task, const Reaction *reaction, StringInfo text)
{
	appendStringInfo(text,
					 "SELECT x.recipient FROM (SELECT CASE WHEN s.dimension = %s"
					 " THEN s.recipient ELSE s.person END AS recipient, ",
					 quote_literal_cstr(task->scope.target->dimension->name));
	append_events(text, reaction->is == NIL ? list_make1("sent") :
				  reaction->is, reaction->link);
	appendStringInfoString(text, " AS did, ");
	if (reaction->is_not == NIL)
		appendStringInfoString(text, "false");
	else
		append_events(text, reaction->is_not, reaction->link);
	appendStringInfo(text,
					 " AS did_not FROM campaign.sent_or_tested AS s"
					 " WHERE s.activity = %s AND %s s.test",
					 quote_literal_cstr(reaction->delivery),
					 task->run->test && reaction->campaign == NULL ? "" :
					 "NOT");
	if (reaction->campaign == NULL)
		appendStringInfo(text, " AND s.run_id = " INT64_FORMAT, task->run->id);
	else
		appendStringInfo(text, " AND s.campaign = %s",
						 quote_literal_cstr(reaction->campaign));
	append_bound(task, text, ">=", reaction->since);
	append_bound(task, text, "<", reaction->until);
	appendStringInfoString(text,
						   ") AS x GROUP BY x.recipient"
						   " HAVING pg_catalog.bool_or(x.did)"
						   " AND NOT pg_catalog.bool_or(x.did_not)");
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
	build_select(task, &reaction, &select->text);
	recipients.key = list_make1(campaign_column_make("recipient", TEXTOID,
													 C_COLLATION_OID));
	outlet.population =
		campaign_population_create(psprintf("r" INT64_FORMAT "_%d_feedback",
											task->run->id,
											task->scope.activity->position),
								   &recipients, NIL, task->run->owner);
	campaign_sink_write(select, CAMPAIGN_ROUTE_SOLE, &outlet, 1);
	return outlet.population;
}
