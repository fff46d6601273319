/*
 * feedback.c
 *		Events as they are reported: checked, and made ready to be recorded.
 *
 * Providers report an event until they hear that it was taken, so each gets a
 * key that a repetition has as well: made of the provider's id of the event;
 * without one, of nothing for what happens to a message once, and of the
 * instant and the detail for what people do again and again.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "base/hash.h"
#include "base/json.h"
#include "queue/feedback.h"

#define EVENTS_HINT \
	"Write an array such as [{\"message_id\": 1, \"event\": \"bounced\", \"at\": \"2026-01-31 12:00+00\", \"detail\": {\"type\": \"soft\"}}]; message_id and event are required."

/* The key is stored: neither this nor the rules may ever change. */
static const pg_uuid_t event_key = {{
		'c', 'a', 'm', 'p', 'a', 'i', 'g', 'n',
		'-', 'f', 'e', 'e', 'd', 'b', 'a', 'k'
}};

/* What there is, and whether it may happen to a message again. */
static const struct
{
	const char *name;
	bool		repeats;
}			kinds[] = {
	{"delivered", false},
	{"bounced", false},
	{"opened", true},
	{"clicked", true},
	{"unsubscribed", false},
	{"complained", false},
	{"converted", true}
};

/* An event being read; element 0 is one that stands alone. */
typedef struct Reading
{
	CampaignFeedback *feedback;
	int			element;
} Reading;

/* Refuses the event, saying why. */
static void
refuse(int element, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 element == 0 ? errmsg("feedback is not valid") :
			 errmsg("element %d of events is not valid", element),
			 errdetail("%s", detail),
			 element == 0 ?
			 errhint("Write campaign_feedback(1, 'bounced', detail => '{\"type\": \"soft\"}'), for example.") :
			 errhint(EVENTS_HINT)));
}

/* ------------------------------- the key -------------------------------- */

/* True if the event may happen to a message again; refused if it is none. */
static bool
find_event(Reading *reading)
{
	const char *event = reading->feedback->event;

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strcmp(kinds[i].name, event) == 0)
		{
			reading->feedback->event = kinds[i].name;
			return kinds[i].repeats;
		}
	}
	refuse(reading->element,
		   psprintf("There is no event \"%s\"; events are delivered, bounced, opened, clicked, unsubscribed, complained and converted.",
					event));
	return false;				/* keep the compiler quiet */
}

/* The member of the detail as text; refused unless it is of that type. */
static char *
read_member(const Reading *reading, const char *name, enum jbvType type,
			const char *noun)
{
	Jsonb	   *detail = reading->feedback->detail;
	JsonbValue *value;

	if (detail == NULL)
		return NULL;
	value = campaign_object_member(&detail->root, name);
	if (value == NULL)
		return NULL;
	if (value->type != type)
		refuse(reading->element, psprintf("Member \"%s\" of the detail must be %s.",
										  name, noun));
	return campaign_scalar_text(value);
}

/* The provider's id, which may be a number. */
static char *
read_id(const Reading *reading)
{
	Jsonb	   *detail = reading->feedback->detail;
	JsonbValue *value = detail == NULL ? NULL :
		campaign_object_member(&detail->root, "id");

	if (value == NULL)
		return NULL;
	if (value->type != jbvString && value->type != jbvNumeric)
		refuse(reading->element, "Member \"id\" of the detail must be a text or a number.");
	return campaign_scalar_text(value);
}

/* What a conversion is worth. */
static Numeric
read_value(const Reading *reading)
{
	if (read_member(reading, "value", jbvNumeric, "a number") == NULL)
		return NULL;
	return campaign_object_member(&reading->feedback->detail->root,
								  "value")->val.numeric;
}

/* The type of a bounce. */
static const char *
read_type(const Reading *reading)
{
	char	   *type = read_member(reading, "type", jbvString, "a text");

	if (type == NULL)
		return "hard";
	if (strcmp(type, "hard") != 0 && strcmp(type, "soft") != 0)
		refuse(reading->element, "Member \"type\" of the detail must be hard or soft.");
	return type;
}

/* Appends what the key of an event without an id is made of. */
static void
append_circumstances(StringInfo data, const Reading *reading, bool repeats)
{
	const CampaignFeedback *feedback = reading->feedback;

	if (strcmp(feedback->event, "bounced") == 0)
		appendStringInfoString(data, read_type(reading));
	if (!repeats)
		return;
	appendStringInfo(data, INT64_FORMAT " ", feedback->at);
	if (feedback->detail != NULL)
		(void) JsonbToCString(data, &feedback->detail->root,
							  VARSIZE(feedback->detail));
}

/* Checks the event as a whole and gives it its key. */
static void
finish(Reading *reading)
{
	CampaignFeedback *feedback = reading->feedback;
	bool		repeats = find_event(reading);
	StringInfoData data;
	char	   *id;

	if (feedback->message_id < 1)
		refuse(reading->element, "Numbers of messages are positive.");
	if (TIMESTAMP_NOT_FINITE(feedback->at))
		refuse(reading->element, "The instant must be finite.");
	if (feedback->detail != NULL && !JB_ROOT_IS_OBJECT(feedback->detail))
		refuse(reading->element, "The detail must be an object.");
	feedback->link = read_member(reading, "link", jbvString, "a text");
	feedback->value = read_value(reading);
	if (strcmp(feedback->event, "bounced") == 0)
		feedback->hard = strcmp(read_type(reading), "hard") == 0;
	id = read_id(reading);
	initStringInfo(&data);
	if (id != NULL)
		appendStringInfo(&data, "id %s", id);
	else
		append_circumstances(&data, reading, repeats);
	campaign_hash_uuid(&event_key, data.data, data.len, &feedback->key);
	pfree(data.data);
}

/* One event that stands alone. */
CampaignFeedback *
campaign_feedback_make(int64 message_id, const char *event, TimestampTz at,
					   Jsonb *detail)
{
	CampaignFeedback *feedback = palloc0(sizeof(CampaignFeedback));
	Reading		reading = {feedback, 0};

	feedback->message_id = message_id;
	feedback->event = event;
	feedback->at = at;
	feedback->detail = detail;
	finish(&reading);
	return feedback;
}

/* --------------------------------- many --------------------------------- */

/* A whole number that fits into a bigint. */
static int64
read_message_id(const Reading *reading, const JsonbValue *value)
{
	char	   *digits;
	char	   *end;
	int64		id;

	if (value->type != jbvNumeric)
		refuse(reading->element, "Key \"message_id\" must be a number.");
	digits = campaign_scalar_text(value);
	errno = 0;
	id = strtoi64(digits, &end, 10);
	if (errno != 0 || *end != '\0')
		refuse(reading->element, "Key \"message_id\" must be a whole number.");
	return id;
}

/* An instant; the server's own complaint becomes the detail. */
static TimestampTz
read_instant(const Reading *reading, const JsonbValue *value)
{
	MemoryContext context = CurrentMemoryContext;
	volatile TimestampTz at = 0;
	char	   *text;

	if (value->type != jbvString)
		refuse(reading->element, "Key \"at\" must be a text that is a timestamp with time zone.");
	text = campaign_scalar_text(value);
	PG_TRY();
	{
		at = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
													 CStringGetDatum(text),
													 ObjectIdGetDatum(InvalidOid),
													 Int32GetDatum(-1)));
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
		refuse(reading->element, psprintf("Key \"at\": %s.", error->message));
	}
	PG_END_TRY();
	return at;
}

/* Takes one key of an element; null is the same as leaving it out. */
static void
read_key(Reading *reading, const char *key, JsonbValue *value)
{
	CampaignFeedback *feedback = reading->feedback;

	if (strcmp(key, "message_id") != 0 && strcmp(key, "event") != 0 &&
		strcmp(key, "at") != 0 && strcmp(key, "detail") != 0)
		refuse(reading->element,
			   psprintf("Key \"%s\" is not known; the keys are message_id, event, at and detail.",
						key));
	if (value->type == jbvNull)
		return;
	if (strcmp(key, "message_id") == 0)
		feedback->message_id = read_message_id(reading, value);
	else if (strcmp(key, "at") == 0)
		feedback->at = read_instant(reading, value);
	else if (strcmp(key, "detail") == 0)
		feedback->detail = JsonbValueToJsonb(value);
	else
	{
		if (value->type != jbvString)
			refuse(reading->element, "Key \"event\" must be a text.");
		feedback->event = campaign_scalar_text(value);
	}
}

/* Reads one element. */
static CampaignFeedback *
read_element(JsonbValue *value, int element, TimestampTz now)
{
	Reading		reading = {palloc0(sizeof(CampaignFeedback)), element};
	JsonbIterator *iterator;
	JsonbValue	item;
	JsonbIteratorToken token;
	char	   *key = NULL;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		refuse(element, "It must be an object.");
	reading.feedback->at = now;
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = pnstrdup(item.val.string.val, item.val.string.len);
		else if (token == WJB_VALUE)
			read_key(&reading, key, &item);
	}
	if (reading.feedback->message_id == 0)
		refuse(element, "Key \"message_id\" is missing.");
	if (reading.feedback->event == NULL)
		refuse(element, "Key \"event\" is missing.");
	finish(&reading);
	return reading.feedback;
}

/* Reads the whole parameter. */
List *
campaign_feedback_parse(const Jsonb *events, TimestampTz now)
{
	JsonbContainer *array = (JsonbContainer *) &events->root;
	List	   *list = NIL;

	if (!JB_ROOT_IS_ARRAY(events) || JB_ROOT_IS_SCALAR(events))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("events must be an array"),
				 errhint(EVENTS_HINT)));
	for (int i = 0; i < (int) JsonContainerSize(array); i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(array, i);

		list = lappend(list, read_element(value, i + 1, now));
	}
	return list;
}
