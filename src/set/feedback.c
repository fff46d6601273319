/*
 * feedback.c
 *		What people did with messages, as a set of recipients.
 *
 * People are told apart, not messages: of those who were sent a message in the
 * deliveries that are meant, whoever did it with one of them did it, and all
 * others did not.  Whoever was sent nothing is in neither set.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/json.h"
#include "base/text.h"
#include "set/feedback.h"

static const char *const members =
"delivery, is, not, campaign, link, since, until";

static const char *const known_events =
"sent,delivered,bounced,opened,clicked,unsubscribed,complained,converted";

/* Refuses what is asked. */
static void
refuse(const char *what, const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s %s", what, problem),
			 errhint("%s", hint)));
}

/* Refuses what is no event. */
static void
check_event(const char *event, const char *what)
{
	List	   *known = campaign_split_commas(known_events);

	if (event == NULL)
		refuse(what, "has an event that is no text",
			   "Write {\"delivery\": \"mail\", \"is\": [\"opened\", \"clicked\"]}.");
	if (!campaign_list_has(known, event))
		refuse(what, psprintf("has an event \"%s\" that is not known", event),
			   campaign_nearest_hint(event, known, "events"));
}

/* The events of a member: one text, or an array of them. */
static List *
read_events(const JsonbContainer *object, const char *name, const char *what)
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
		refuse(what, psprintf("has no event in \"%s\"", name),
			   "Write {\"delivery\": \"mail\", \"not\": \"opened\"}.");
	for (int i = 0; i < list_length(events); i++)
		check_event(list_nth(events, i), what);
	return events;
}

/* Reads the object. */
void
campaign_reacted_read(const JsonbContainer *object, const char *what,
					  CampaignReacted *reacted)
{
	campaign_members_check(object, what, members);
	reacted->delivery = campaign_object_text(object, "delivery");
	reacted->campaign = campaign_object_text(object, "campaign");
	reacted->is = read_events(object, "is", what);
	reacted->is_not = read_events(object, "not", what);
	reacted->link = campaign_object_text(object, "link");
	reacted->since = campaign_object_text(object, "since");
	reacted->until = campaign_object_text(object, "until");
}

/* Refuses members that mean nothing together. */
void
campaign_reacted_check(const CampaignReacted *reacted, const char *what)
{
	if (reacted->delivery == NULL)
		refuse(what, "has no \"delivery\"",
			   "Name the activity that sent the messages.");
	if (reacted->is == NIL && reacted->is_not == NIL)
		refuse(what, "has neither \"is\" nor \"not\"",
			   "Write {\"delivery\": \"mail\", \"not\": \"opened\"}.");
	if (campaign_list_has(reacted->is_not, "sent"))
		refuse(what, "has \"sent\" in \"not\"",
			   "Whoever was sent nothing is in neither set; exclude those who were sent it with a combine.");
	if (reacted->link != NULL &&
		!campaign_list_has(reacted->is, "clicked") &&
		!campaign_list_has(reacted->is_not, "clicked"))
		refuse(what, "has a \"link\", but not \"clicked\"",
			   "A link is what somebody clicked on.");
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

/* Writes the select of the recipients. */
void
campaign_reacted_select(StringInfo text, const CampaignReacted *reacted,
						const char *dimension, const char *run, bool test,
						const char *since, const char *until)
{
	appendStringInfo(text,
					 "SELECT x.recipient FROM (SELECT CASE WHEN s.dimension = %s"
					 " THEN s.recipient ELSE s.person END AS recipient, ",
					 quote_literal_cstr(dimension));
	append_events(text, reacted->is == NIL ? list_make1("sent") :
				  reacted->is, reacted->link);
	appendStringInfoString(text, " AS did, ");
	if (reacted->is_not == NIL)
		appendStringInfoString(text, "false");
	else
		append_events(text, reacted->is_not, reacted->link);
	appendStringInfo(text,
					 " AS did_not FROM campaign.sent_or_tested AS s"
					 " WHERE s.activity = %s AND %ss.test",
					 quote_literal_cstr(reacted->delivery),
					 test && reacted->campaign == NULL ? "" : "NOT ");
	if (reacted->campaign == NULL)
		appendStringInfo(text, " AND s.run_id = %s", run);
	else
		appendStringInfo(text, " AND s.campaign = %s",
						 quote_literal_cstr(reacted->campaign));
	if (since != NULL)
		appendStringInfo(text, " AND s.sent_at >= %s", since);
	if (until != NULL)
		appendStringInfo(text, " AND s.sent_at < %s", until);
	appendStringInfoString(text,
						   ") AS x GROUP BY x.recipient"
						   " HAVING pg_catalog.bool_or(x.did)"
						   " AND NOT pg_catalog.bool_or(x.did_not)");
}
