/*
 * trial.c
 *		What kinds of activities ask for in a test run.
 *
 * What campaign_test() was told is kept with the run, where it has been
 * checked; here it is only read.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "activity/trial.h"
#include "base/json.h"
#include "base/text.h"
#include "queue/event.h"
#include "store/log.h"

/* A member of the test's options; NULL if it is not there. */
static JsonbValue *
test_option(const CampaignTask *task, const char *name)
{
	if (task->run == NULL || task->run->test_options == NULL)
		return NULL;
	return campaign_object_member(&task->run->test_options->root, name);
}

/* An object among the test's options; NULL if it is not there. */
static const JsonbContainer *
test_object(const CampaignTask *task, const char *name)
{
	JsonbValue *value = test_option(task, name);

	return value == NULL || value->type != jbvBinary ? NULL :
		value->val.binary.data;
}

/* True if no time is waited for. */
bool
campaign_trial_rushes(const CampaignTask *task)
{
	JsonbValue *waits;

	if (task->rehearsal || !task->run->test)
		return task->rehearsal;
	waits = test_option(task, "waits");
	return waits == NULL || waits->type != jbvBool || !waits->val.boolean;
}

/* The options of tests that a test starts. */
Jsonb *
campaign_trial_inherited(const CampaignRun *run)
{
	JsonbParseState *state = NULL;
	JsonbValue	key = {.type = jbvString};
	JsonbValue *waits = campaign_object_member(&run->test_options->root,
											   "waits");

	key.val.string.val = pstrdup("waits");
	key.val.string.len = strlen("waits");
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (waits != NULL)
	{
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, waits);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* The answer the test gives to an approval. */
char *
campaign_trial_answer(const CampaignTask *task)
{
	const JsonbContainer *answers = test_object(task, "answers");

	return answers == NULL ? NULL :
		campaign_object_text(answers, task->scope.activity->name);
}

/* The payload of a signal. */
Jsonb *
campaign_trial_payload(const CampaignTask *task, const char *signal)
{
	Jsonb	   *signals = task->run->test_options == NULL ? NULL :
		campaign_object_document(task->run->test_options, "signals");

	return signals == NULL ? NULL : campaign_object_document(signals, signal);
}

/* The texts of an array. */
static List *
read_texts(const JsonbContainer *array)
{
	List	   *texts = NIL;

	for (uint32 i = 0; i < JsonContainerSize(array); i++)
		texts = lappend(texts,
						campaign_scalar_text(getIthJsonbValueFromContainer((JsonbContainer *) array,
																		   i)));
	return texts;
}

/* True if rows of the task's dimension flow into the activity. */
static bool
gets_such_rows(const CampaignTask *task)
{
	const char *dimension = task->scope.target->dimension->name;
	ListCell   *cell;

	foreach(cell, task->inbound)
	{
		if (strcmp(((CampaignFlow *) lfirst(cell))->dimension, dimension) == 0)
			return true;
	}
	return false;
}

/*
 * The rows the activity may select.  Shares and numbers are taken where rows
 * come from; the recipients are looked for wherever rows of the campaign's
 * dimension first appear.
 */
const CampaignSample *
campaign_trial_sample(const CampaignTask *task)
{
	CampaignSample *sample;
	char	   *rows;
	char	   *percent;
	const JsonbContainer *recipients;
	bool		source = task->inbound == NIL;

	if (task->run == NULL || !task->run->test ||
		task->run->test_options == NULL || gets_such_rows(task))
		return NULL;
	sample = palloc0(sizeof(CampaignSample));
	sample->target = task->scope.target;
	rows = campaign_object_text(&task->run->test_options->root, "sample_rows");
	percent = campaign_object_text(&task->run->test_options->root,
								   "sample_percent");
	recipients = test_object(task, "recipients");
	sample->rows = source && rows != NULL ?
		strtoll(rows, NULL, 10) : -1;
	sample->percent = source && percent != NULL ? strtod(percent, NULL) : -1;
	if (recipients != NULL &&
		strcmp(sample->target->dimension->name,
			   task->scope.graph->campaign->dimension) == 0)
		sample->recipients = read_texts(recipients);
	return sample->rows < 0 && sample->percent < 0 &&
		sample->recipients == NIL ? NULL : sample;
}

/* Notes in the log an effect that a test does not have. */
void
campaign_trial_withhold(const CampaignTask *task, const char *message)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "withheld",
		.message = message
	};

	campaign_log_add(&line);
}

/* -------------------------------- events -------------------------------- */

/* Refuses what is no description of events. */
static void
refuse_events(const char *delivery)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("events of delivery \"%s\" are neither percents nor recipients",
					delivery),
			 errhint("Write {\"%s\": {\"opened\": 30, \"clicked\": [\"4711\"]}}: thirty percent open it, and one person clicks.",
					 delivery)));
}

/* A share of the messages. */
static double
read_percent(const JsonbValue *value, const char *delivery)
{
	double		percent;

	if (value->type != jbvNumeric)
		refuse_events(delivery);
	percent = DatumGetFloat8(DirectFunctionCall1(numeric_float8,
												 NumericGetDatum(value->val.numeric)));
	if (!(percent >= 0 && percent <= 100))
		refuse_events(delivery);
	return percent;
}

/* Reads the events of a delivery. */
void
campaign_trial_events(const Jsonb *events, const char *delivery,
					  CampaignTrialEvent take, void *arg)
{
	Jsonb	   *described = campaign_object_document(events, delivery);
	ListCell   *cell;

	if (described == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(described))
		refuse_events(delivery);
	foreach(cell, campaign_object_keys(described))
	{
		JsonbValue *value = campaign_object_member(&described->root,
												   lfirst(cell));

		if (value == NULL)
			continue;
		if (value->type != jbvBinary)
			take(arg, lfirst(cell), read_percent(value, delivery), NIL);
		else if (JsonContainerIsArray(value->val.binary.data))
			take(arg, lfirst(cell), -1, read_texts(value->val.binary.data));
		else
			refuse_events(delivery);
	}
}

/* Records one kind of event. */
static void
record_event(void *arg, const char *event, double percent, List *recipients)
{
	campaign_events_pretend(*(int64 *) arg, event, percent, recipients);
}

/* Has people react to the messages of a delivery. */
void
campaign_trial_react(const CampaignTask *task, int64 delivery_id)
{
	Jsonb	   *events = task->run->test_options == NULL ? NULL :
		campaign_object_document(task->run->test_options, "events");

	if (events != NULL)
		campaign_trial_events(events, task->scope.activity->name,
							  record_event, &delivery_id);
}
