/*
 * feedback.c
 *		SQL-callable functions for those who hear what became of messages.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "api/argument.h"
#include "base/clock.h"
#include "base/compat.h"
#include "queue/chunk.h"
#include "queue/event.h"
#include "queue/experiment.h"
#include "queue/feedback.h"
#include "queue/partition.h"
#include "queue/secret.h"
#include "set/tracking.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_feedback);
CAMPAIGN_FUNCTION(campaign_feedback_bulk);
CAMPAIGN_FUNCTION(campaign_track);
CAMPAIGN_FUNCTION(campaign_count_results);
CAMPAIGN_FUNCTION(campaign_tally_results);
CAMPAIGN_FUNCTION(campaign_two_proportions_test);
CAMPAIGN_FUNCTION(campaign_renew_partitions);

/* Records events of the caller's and gives what became of them. */
static Datum
record_events(FunctionCallInfo fcinfo, List *events)
{
	CampaignEventCounts counts;
	TupleDesc	desc;
	Datum		values[3];
	bool		isnull[3] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	campaign_events_record(events, GetUserId(), &counts);
	values[0] = Int64GetDatum(counts.recorded);
	values[1] = Int64GetDatum(counts.repeated);
	values[2] = Int64GetDatum(counts.parked);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values,
											 isnull));
}

/* campaign_feedback(message_id, event, at, detail): one event. */
Datum
campaign_feedback(PG_FUNCTION_ARGS)
{
	CampaignFeedback *feedback;

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "message_id");
	feedback = campaign_feedback_make(PG_GETARG_INT64(0),
									  campaign_argument_required(fcinfo, 1, "event"),
									  PG_ARGISNULL(2) ? campaign_clock_now() :
									  PG_GETARG_TIMESTAMPTZ(2),
									  campaign_argument_jsonb(fcinfo, 3));
	return record_events(fcinfo, list_make1(feedback));
}

/* campaign_feedback(events): many. */
Datum
campaign_feedback_bulk(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "events");
	return record_events(fcinfo, campaign_feedback_parse(PG_GETARG_JSONB_P(0),
														 campaign_clock_now()));
}

/* The detail of a click, with the destination as its link. */
static Jsonb *
detail_with_link(const Jsonb *detail, char *destination)
{
	JsonbParseState *state = NULL;
	JsonbValue	link = {.type = jbvString};
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	item;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (detail != NULL)
	{
		iterator = JsonbIteratorInit((JsonbContainer *) &detail->root);
		while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
		{
			if (token == WJB_KEY || token == WJB_VALUE)
				pushJsonbValue(&state, token, &item);
		}
	}
	link.val.string.val = (char *) "link";
	link.val.string.len = 4;
	pushJsonbValue(&state, WJB_KEY, &link);
	link.val.string.val = destination;
	link.val.string.len = (int) strlen(destination);
	pushJsonbValue(&state, WJB_VALUE, &link);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/*
 * Records a hit whose token is genuine.  The instant is that of the second, so
 * that programs which fetch a URL twice at once are counted once.
 */
static void
record_hit(CampaignTrackingKind kind, int64 message_id, char *destination,
		   Jsonb *detail)
{
	const char *event = kind == CAMPAIGN_TRACKING_OPEN ? "opened" :
		kind == CAMPAIGN_TRACKING_LINK ? "clicked" : "unsubscribed";
	TimestampTz now = campaign_clock_now();
	CampaignEventCounts counts;
	CampaignFeedback *feedback;

	if (kind == CAMPAIGN_TRACKING_LINK)
		detail = detail_with_link(detail, destination);
	feedback = campaign_feedback_make(message_id, event,
									  now - now % USECS_PER_SEC, detail);
	campaign_events_record(list_make1(feedback), InvalidOid, &counts);
}

/* campaign_track(token, destination, detail): a hit of a tracking URL. */
Datum
campaign_track(PG_FUNCTION_ARGS)
{
	char	   *token;
	char	   *destination;
	Jsonb	   *detail;
	char	   *secret;
	CampaignTrackingKind kind;
	int64		message_id;

	campaign_origin_require_user();
	token = campaign_argument_text(fcinfo, 0);
	destination = campaign_argument_text(fcinfo, 1);
	detail = campaign_argument_jsonb(fcinfo, 2);
	if (detail != NULL && !JB_ROOT_IS_OBJECT(detail))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("detail must be an object"),
				 errhint("Write what there is to say about the hit, such as {\"agent\": \"…\"}.")));
	secret = token == NULL ? NULL : campaign_secret_read();
	if (secret == NULL ||
		!campaign_tracking_verify(token, secret, destination, &kind,
								  &message_id))
		PG_RETURN_NULL();
	record_hit(kind, message_id, destination, detail);
	PG_RETURN_TEXT_P(cstring_to_text(destination == NULL ? "" : destination));
}

/* campaign.count_results(results, result): how often a letter is in there. */
Datum
campaign_count_results(PG_FUNCTION_ARGS)
{
	bytea	   *results;
	text	   *result;
	const char *data;
	int64		count = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_INT64(0);
	results = PG_GETARG_BYTEA_PP(0);
	result = PG_GETARG_TEXT_PP(1);
	if (VARSIZE_ANY_EXHDR(result) != 1)
		PG_RETURN_INT64(0);
	data = VARDATA_ANY(results);
	for (Size i = 0; i < VARSIZE_ANY_EXHDR(results); i++)
		count += data[i] == *VARDATA_ANY(result);
	PG_RETURN_INT64(count);
}

/* campaign.tally_results(results, messages): all of them in one pass. */
Datum
campaign_tally_results(PG_FUNCTION_ARGS)
{
	static const char counted[] = {
		CAMPAIGN_RESULT_OPEN, CAMPAIGN_RESULT_SENT, CAMPAIGN_RESULT_FAILED,
		CAMPAIGN_RESULT_WITHDRAWN, CAMPAIGN_RESULT_EXPIRED
	};
	int64		times[UCHAR_MAX + 1] = {0};
	Datum		values[lengthof(counted)];

	if (!PG_ARGISNULL(0))
	{
		bytea	   *results = PG_GETARG_BYTEA_PP(0);
		const unsigned char *data = (const unsigned char *) VARDATA_ANY(results);

		for (Size i = 0; i < VARSIZE_ANY_EXHDR(results); i++)
			times[data[i]]++;
	}
	else if (!PG_ARGISNULL(1))
		times[CAMPAIGN_RESULT_OPEN] = PG_GETARG_INT64(1);
	for (int i = 0; i < lengthof(counted); i++)
		values[i] = Int64GetDatum(times[(unsigned char) counted[i]]);
	PG_RETURN_ARRAYTYPE_P(construct_array(values, lengthof(counted), INT8OID,
										  sizeof(int64), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}

/* campaign.two_proportions(people1, sent1, people2, sent2): a p-value */
Datum
campaign_two_proportions_test(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(campaign_two_proportions(PG_GETARG_INT64(0),
											  PG_GETARG_INT64(1),
											  PG_GETARG_INT64(2),
											  PG_GETARG_INT64(3)));
}

/* campaign.renew_partitions(), which is there while the extension is updated. */
Datum
campaign_renew_partitions(PG_FUNCTION_ARGS)
{
	campaign_partitions_renew();
	PG_RETURN_VOID();
}
