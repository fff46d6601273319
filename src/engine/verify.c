/*
 * verify.c
 *		What a run promised, proved from the data it left.
 *
 * The statements that select violations are store's and queue's; here they are
 * told what only kinds of activities know, and populations are counted.
 */
#include "postgres.h"

#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "activity/activity.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/verify.h"
#include "queue/check.h"
#include "set/select.h"
#include "store/run.h"
#include "store/task.h"
#include "store/version.h"
#include "store/privilege.h"

/* Adds how many inbound branches those activities need that need not all. */
static void
push_needs(JsonbParseState **state, const CampaignRun *run)
{
	CampaignGraph *graph = campaign_graph_load(campaign_record_by_id(run->campaign_id),
											   run->version_id);
	JsonbValue	member = {.type = jbvString};
	ListCell   *cell;

	member.val.string.val = "needs";
	member.val.string.len = strlen("needs");
	pushJsonbValue(state, WJB_KEY, &member);
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);
		JsonbValue	key = {.type = jbvString};
		JsonbValue	value = {.type = jbvNumeric};
		int			needs = campaign_activity_needs(activity);

		if (needs == list_length(activity->inbound))
			continue;
		key.val.string.val = activity->name;
		key.val.string.len = strlen(activity->name);
		value.val.numeric = int64_to_numeric(needs);
		pushJsonbValue(state, WJB_KEY, &key);
		pushJsonbValue(state, WJB_VALUE, &value);
	}
	pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* Adds the names of the kinds for which the test holds, as an array. */
static void
push_kinds(JsonbParseState **state, const char *member,
		   bool (*test) (const CampaignKind *kind))
{
	JsonbValue	key = {.type = jbvString};
	JsonbValue	name = {.type = jbvString};
	ListCell   *cell;

	key.val.string.val = unconstify(char *, member);
	key.val.string.len = strlen(member);
	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	foreach(cell, campaign_kinds_all())
	{
		const CampaignKind *kind = lfirst(cell);

		if (!test(kind))
			continue;
		name.val.string.val = unconstify(char *, kind->name);
		name.val.string.len = strlen(kind->name);
		pushJsonbValue(state, WJB_ELEM, &name);
	}
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* True of kinds that deliver. */
static bool
delivers(const CampaignKind *kind)
{
	return strcmp(kind->category, "channel") == 0;
}

/* True of kinds whose outcomes add up to their input. */
static bool
divides(const CampaignKind *kind)
{
	return kind->divides;
}

/* What statements cannot know of the run's activities: see CampaignPromise. */
static Jsonb *
describe_kinds(const CampaignRun *run)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_needs(&state, run);
	push_kinds(&state, "delivers", delivers);
	push_kinds(&state, "divides", divides);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Receives the one row of a count. */
typedef struct Counter
{
	CampaignReceiver receiver;
	int64		count;
} Counter;

/* Keeps the count. */
static void
receive_count(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	bool		isnull;

	((Counter *) receiver)->count = DatumGetInt64(slot_getattr(slot, 1,
															   &isnull));
}

/* Counts a population with the rights of the run's owner, whose table it is. */
static int64
count_population(const char *name, Oid owner)
{
	CampaignIdentity identity;
	CampaignSelect *select = campaign_select_new(NULL, "pg_catalog, pg_temp");
	Counter		counter = {{NULL, receive_count}, 0};

	appendStringInfo(&select->text,
					 "SELECT pg_catalog.count(*) FROM campaign_data.%s", name);
	campaign_identity_assume(&identity, owner);
	(void) campaign_select_run(select, &counter.receiver);
	campaign_identity_leave(&identity);
	return counter.count;
}

/* True if the population's table exists. */
static bool
is_there(const char *name)
{
	return OidIsValid(get_relname_relid(name, campaign_data_schema_oid()));
}

/* Populations that do not have the rows that were counted. */
static List *
population_violations(List *violations, const CampaignRun *run)
{
	ListCell   *cell;

	foreach(cell, campaign_flow_all(run->id))
	{
		CampaignFlow *flow = lfirst(cell);
		int64		rows;

		if (flow->population == NULL)
			continue;
		rows = is_there(flow->population) ?
			count_population(flow->population, run->owner) : -1;
		if (rows < 0)
			violations = campaign_violation_add(violations, "population",
									   psprintf("population of %s.%s is missing",
												flow->source, flow->outcome));
		else if (rows != flow->rows)
			violations = campaign_violation_add(violations, "population",
									   psprintf("population of %s.%s has " INT64_FORMAT " rows, counted were " INT64_FORMAT,
												flow->source, flow->outcome,
												rows, flow->rows));
	}
	return violations;
}

/* Broken promises of a run. */
List *
campaign_verify_run(int64 run_id)
{
	CampaignRun *run = campaign_run_require_for(run_id,
												CAMPAIGN_PRIVILEGE_VIEW);
	List	   *violations = NIL;
	Jsonb	   *kinds;

	/* What a task is about to record must not come between two rules. */
	campaign_run_freeze(run_id);
	if (!campaign_version_intact(run->version_id))
		violations = campaign_violation_add(violations, "version",
								   psprintf("the version is not as it was published"));
	kinds = describe_kinds(run);
	violations = campaign_store_check(violations, run_id, kinds);
	violations = population_violations(violations, run);
	return campaign_queue_check(violations, run_id, kinds);
}
