/*
 * failure.c
 *		What a sender says about messages it could not send.
 *
 * An array of objects with the keys message_id, reason, permanent, released and delay.
 * It is read strictly: a misspelt key would otherwise mark a message as sent
 * or retry one that must not be.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "queue/failure.h"
#include "queue/lease.h"

#define FAILED_HINT \
	"Write an array such as [{\"message_id\": 1, \"reason\": \"mailbox full\", \"permanent\": false, \"delay\": \"1 hour\"}]; only message_id is required."

/* Refuses the parameter, saying which element is wrong and why. */
static void
refuse(int element, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("element %d of failed is not valid", element),
			 errdetail("%s", detail),
			 errhint(FAILED_HINT)));
}

/* A whole number that fits into a bigint. */
static int64
read_message_id(const JsonbValue *value, int element)
{
	char	   *digits;
	char	   *end;
	int64		id;

	if (value->type != jbvNumeric)
		refuse(element, "Key \"message_id\" must be a number.");
	digits = DatumGetCString(DirectFunctionCall1(numeric_out,
												 NumericGetDatum(value->val.numeric)));
	errno = 0;
	id = strtoi64(digits, &end, 10);
	if (errno != 0 || *end != '\0')
		refuse(element, "Key \"message_id\" must be a whole number.");
	return id;
}

/* The text as an interval; the server's own complaint becomes the detail. */
static Interval *
parse_interval(char *text, int element)
{
	MemoryContext context = CurrentMemoryContext;
	Interval   *volatile result = NULL;

	PG_TRY();
	{
		result = DatumGetIntervalP(DirectFunctionCall3(interval_in,
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
		refuse(element, psprintf("Key \"delay\": %s.", error->message));
	}
	PG_END_TRY();
	return result;
}

/* The instant after which to try again. */
static TimestampTz
read_delay(const JsonbValue *value, int element, TimestampTz now)
{
	Interval   *delay;
	TimestampTz end;

	if (value->type != jbvString)
		refuse(element, "Key \"delay\" must be a text that is an interval.");
	delay = parse_interval(pnstrdup(value->val.string.val,
									value->val.string.len), element);
	end = campaign_duration_end(now, delay);
	if (end == 0)
		refuse(element, "Key \"delay\" must be between nothing and one year.");
	return end;
}

/* Takes one key of an element; null is the same as leaving it out. */
static void
read_key(CampaignFailure *failure, const char *key, const JsonbValue *value,
		 int element, TimestampTz now)
{
	bool		given = value->type != jbvNull;

	if (strcmp(key, "message_id") == 0)
		failure->message_id = read_message_id(value, element);
	else if (strcmp(key, "reason") == 0)
	{
		if (given && value->type != jbvString)
			refuse(element, "Key \"reason\" must be a text.");
		if (given)
			failure->reason = pnstrdup(value->val.string.val,
									   value->val.string.len);
	}
	else if (strcmp(key, "permanent") == 0)
	{
		if (given && value->type != jbvBool)
			refuse(element, "Key \"permanent\" must be true or false.");
		failure->permanent = given && value->val.boolean;
	}
	else if (strcmp(key, "released") == 0)
	{
		if (given && value->type != jbvBool)
			refuse(element, "Key \"released\" must be true or false.");
		failure->released = given && value->val.boolean;
	}
	else if (strcmp(key, "delay") == 0)
	{
		if (given)
			failure->retry_at = read_delay(value, element, now);
	}
	else
		refuse(element, psprintf("Key \"%s\" is not known; the keys are message_id, reason, permanent, released and delay.",
								 key));
}

/* Reads one element. */
static CampaignFailure *
read_element(JsonbValue *value, int element, TimestampTz now)
{
	CampaignFailure *failure = palloc0(sizeof(CampaignFailure));
	JsonbIterator *iterator;
	JsonbValue	item;
	JsonbIteratorToken token;
	char	   *key = NULL;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		refuse(element, "It must be an object.");
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = pnstrdup(item.val.string.val, item.val.string.len);
		else if (token == WJB_VALUE)
			read_key(failure, key, &item, element, now);
	}
	if (failure->message_id == 0)
		refuse(element, "Key \"message_id\" is missing.");
	if (failure->released && failure->permanent)
		refuse(element, "A message is either \"permanent\" or \"released\".");
	return failure;
}

/* Orders by message. */
static int
compare_failures(const ListCell *a, const ListCell *b)
{
	const CampaignFailure *first = lfirst(a);
	const CampaignFailure *second = lfirst(b);

	if (first->message_id == second->message_id)
		return 0;
	return first->message_id < second->message_id ? -1 : 1;
}

/* Refuses a message that is named twice in the ordered list. */
static void
refuse_duplicates(List *failures)
{
	int64		previous = 0;
	ListCell   *cell;

	foreach(cell, failures)
	{
		CampaignFailure *failure = lfirst(cell);

		if (failure->message_id == previous)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("failed names message " INT64_FORMAT " twice",
							previous),
					 errhint("Name each message that failed once.")));
		previous = failure->message_id;
	}
}

/* Reads the whole parameter; NULL means that nothing failed. */
List *
campaign_failures_parse(const Jsonb *failed, TimestampTz now)
{
	JsonbContainer *array;
	List	   *failures = NIL;

	if (failed == NULL)
		return NIL;
	if (!JB_ROOT_IS_ARRAY(failed) || JB_ROOT_IS_SCALAR(failed))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("failed must be an array"),
				 errhint(FAILED_HINT)));
	array = (JsonbContainer *) &failed->root;
	for (int i = 0; i < (int) JsonContainerSize(array); i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(array, i);

		failures = lappend(failures, read_element(value, i + 1, now));
	}
	list_sort(failures, compare_failures);
	refuse_duplicates(failures);
	return failures;
}
