/*
 * verify.c
 *		What a run promised, proved from the data it left.
 *
 * Every statement below selects violations, so an empty answer is the proof.
 * It may be asked at any moment, also while the run is under way.
 */
#include "postgres.h"

#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "activity/activity.h"
#include "base/identity.h"
#include "base/sql.h"
#include "base/text.h"
#include "engine/verify.h"
#include "set/select.h"
#include "store/run.h"
#include "store/task.h"
#include "store/version.h"
#include "store/privilege.h"

/* Adds a violation. */
static List *
add_violation(List *violations, const char *code, char *detail)
{
	CampaignViolation *violation = palloc(sizeof(CampaignViolation));

	violation->code = code;
	violation->detail = detail;
	return lappend(violations, violation);
}

/* Adds a violation for each row of a statement over the run. */
static List *
add_rows(List *violations, const char *code, const CampaignRows *rows)
{
	for (int i = 0; i < rows->count; i++)
		violations = add_violation(violations, code,
								   campaign_row_text(rows, i, 1));
	return violations;
}

/* Tasks and runs whose states contradict each other. */
static List *
state_violations(List *violations, int64 run_id)
{
	CAMPAIGN_STATEMENT(ended,
					   "SELECT format('activity %s is %s in a run that is %s',"
					   " t.activity, t.state, r.state)"
					   " FROM campaign.run r JOIN campaign.task t USING (run_id)"
					   " WHERE r.run_id = $1 AND r.state = 'succeeded'"
					   " AND t.state NOT IN ('succeeded', 'skipped')");
	CAMPAIGN_STATEMENT(endless,
					   "SELECT format('all activities have ended in a run that is %s',"
					   " r.state)"
					   " FROM campaign.run r"
					   " WHERE r.run_id = $1"
					   " AND r.state IN ('pending', 'running', 'waiting')"
					   " AND NOT EXISTS (SELECT FROM campaign.task t"
					   " WHERE t.run_id = r.run_id"
					   " AND t.state NOT IN ('succeeded', 'skipped', 'cancelled'))");
	CAMPAIGN_STATEMENT(stuck,
					   "SELECT format('activity %s is pending though all before it have ended',"
					   " t.activity)"
					   " FROM campaign.run r JOIN campaign.task t USING (run_id)"
					   " WHERE r.run_id = $1 AND t.state = 'pending'"
					   " AND r.state NOT IN ('stopped')"
					   " AND NOT EXISTS (SELECT FROM campaign.transition e"
					   " JOIN campaign.task s ON s.run_id = r.run_id AND s.activity = e.source"
					   " WHERE e.version_id = r.version_id AND e.target = t.activity"
					   " AND s.state NOT IN ('succeeded', 'skipped', 'cancelled'))");
	CAMPAIGN_STATEMENT(forgotten,
					   "SELECT format('activity %s waits for run %s, which is %s',"
					   " t.activity, c.run_id, c.state)"
					   " FROM campaign.task t JOIN campaign.run c"
					   " ON c.parent_run = t.run_id AND c.parent_activity = t.activity"
					   " AND c.attached WHERE t.run_id = $1 AND t.state = 'waiting'"
					   " AND t.due_at > clock_timestamp()"
					   " AND c.state IN ('succeeded', 'failed', 'stopped')");
	CAMPAIGN_STATEMENT(missing,
					   "SELECT format('activity %s has no task', a.name)"
					   " FROM campaign.run r JOIN campaign.activity a USING (version_id)"
					   " WHERE r.run_id = $1 AND r.state <> 'missed'"
					   " AND NOT EXISTS (SELECT FROM campaign.task t"
					   " WHERE t.run_id = r.run_id AND t.activity = a.name)");

	CAMPAIGN_STATEMENT(invented,
					   "SELECT format('activity %s is not in the version', t.activity)"
					   " FROM campaign.run r JOIN campaign.task t USING (run_id)"
					   " WHERE r.run_id = $1 AND NOT EXISTS (SELECT FROM campaign.activity a"
					   " WHERE a.version_id = r.version_id AND a.name = t.activity)");

	violations = add_rows(violations, "child",
						  campaign_query(&forgotten, campaign_int8(run_id)));
	violations = add_rows(violations, "run_state",
						  campaign_query(&ended, campaign_int8(run_id)));
	violations = add_rows(violations, "run_state",
						  campaign_query(&endless, campaign_int8(run_id)));
	violations = add_rows(violations, "stuck_task",
						  campaign_query(&stuck, campaign_int8(run_id)));
	violations = add_rows(violations, "missing_task",
						  campaign_query(&missing, campaign_int8(run_id)));
	return add_rows(violations, "unknown_task",
					campaign_query(&invented, campaign_int8(run_id)));
}

/*
 * How many inbound branches those activities need that need not all: an
 * object of names and numbers.
 */
static Jsonb *
needs_of_version(const CampaignRun *run)
{
	CampaignGraph *graph = campaign_graph_load(campaign_record_by_id(run->campaign_id),
											   run->version_id);
	JsonbParseState *state = NULL;
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
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
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Activities executed behind a branch that ended, or skipped without one. */
static List *
skip_violations(List *violations, const CampaignRun *run)
{
	CAMPAIGN_STATEMENT(skipped,
					   "SELECT format('activity %s is %s though %s', t.activity, t.state,"
					   " CASE WHEN count(*) FILTER (WHERE f.active)"
					   " >= coalesce(($2 ->> t.activity)::int8, count(*))"
					   " THEN 'all branches lead to it'"
					   " ELSE 'a branch ended before it' END)"
					   " FROM campaign.run r"
					   " JOIN campaign.task t USING (run_id)"
					   " JOIN campaign.transition e ON e.version_id = r.version_id"
					   " AND e.target = t.activity"
					   " LEFT JOIN campaign.flow f ON f.run_id = r.run_id"
					   " AND f.source = e.source AND f.outcome = e.outcome"
					   " WHERE r.run_id = $1 AND t.state IN ('succeeded', 'skipped')"
					   " AND NOT (t.state = 'skipped' AND (t.error IS NOT NULL"
					   " OR EXISTS (SELECT FROM campaign.activity a"
					   " WHERE a.version_id = r.version_id AND a.name = t.activity"
					   " AND a.options ->> 'execution' = 'disabled')))"
					   " GROUP BY t.activity, t.state"
					   " HAVING (count(*) FILTER (WHERE f.active)"
					   " >= coalesce(($2 ->> t.activity)::int8, count(*)))"
					   " <> (t.state = 'succeeded')");

	return add_rows(violations, "wrong_skip",
					campaign_query(&skipped, campaign_int8(run->id),
								   campaign_jsonb(needs_of_version(run))));
}

/* Names of the kinds that deliver. */
static List *
delivering_kinds(void)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, campaign_kinds_all())
	{
		const CampaignKind *kind = lfirst(cell);

		if (strcmp(kind->category, "channel") == 0)
			names = lappend(names, pstrdup(kind->name));
	}
	return names;
}

/* Deliveries that were to be made and are not there. */
static List *
delivery_violations(List *violations, int64 run_id)
{
	CAMPAIGN_STATEMENT(missing,
					   "SELECT format('activity %s has no delivery', t.activity)"
					   " FROM campaign.run r"
					   " JOIN campaign.task t USING (run_id)"
					   " JOIN campaign.activity a ON a.version_id = r.version_id"
					   " AND a.name = t.activity AND a.kind = ANY ($2)"
					   " WHERE r.run_id = $1 AND t.state = 'succeeded'"
					   " AND t.error IS NULL"
					   " AND a.options ->> 'execution' IS DISTINCT FROM 'pass_through'"
					   " AND NOT EXISTS (SELECT FROM campaign.delivery d"
					   " WHERE d.run_id = r.run_id AND d.activity = t.activity)");

	return add_rows(violations, "missing_delivery",
					campaign_query(&missing, campaign_int8(run_id),
								   campaign_text_array(delivering_kinds())));
}

/* Names of the kinds whose outcomes add up to their input. */
static List *
dividing_kinds(void)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, campaign_kinds_all())
	{
		const CampaignKind *kind = lfirst(cell);

		if (kind->divides)
			names = lappend(names, (char *) kind->name);
	}
	return names;
}

/* Counts that do not add up from one activity to the next. */
static List *
flow_violations(List *violations, int64 run_id)
{
	CAMPAIGN_STATEMENT(without,
					   "SELECT format('outcome %s.%s feeds %s but was not recorded',"
					   " e.source, e.outcome, e.target)"
					   " FROM campaign.run r"
					   " JOIN campaign.transition e USING (version_id)"
					   " JOIN campaign.task s ON s.run_id = r.run_id AND s.activity = e.source"
					   " WHERE r.run_id = $1 AND s.state = 'succeeded'"
					   " AND NOT EXISTS (SELECT FROM campaign.flow f WHERE f.run_id = r.run_id"
					   " AND f.source = e.source AND f.outcome = e.outcome)");
	CAMPAIGN_STATEMENT(divided,
					   "SELECT format('activity %s took %s rows and gave %s',"
					   " t.activity, t.rows_in, sum(f.rows))"
					   " FROM campaign.run r"
					   " JOIN campaign.task t USING (run_id)"
					   " JOIN campaign.activity a ON a.version_id = r.version_id"
					   " AND a.name = t.activity AND a.kind = ANY ($2)"
					   " JOIN campaign.flow f ON f.run_id = r.run_id AND f.source = t.activity"
					   " WHERE r.run_id = $1 AND t.state = 'succeeded'"
					   " GROUP BY t.activity, t.rows_in, a.options"
					   " HAVING sum(f.rows) < t.rows_in"
					   " OR sum(f.rows) > t.rows_in AND a.options->'overlap' IS DISTINCT FROM 'true'");
	CAMPAIGN_STATEMENT(delivery,
					   "SELECT format('delivery %s targeted %s of %s rows',"
					   " d.activity, d.targeted, t.rows_in)"
					   " FROM campaign.delivery d"
					   " JOIN campaign.task t USING (run_id, activity)"
					   " WHERE d.run_id = $1 AND d.targeted <> t.rows_in");

	violations = add_rows(violations, "missing_flow",
						  campaign_query(&without, campaign_int8(run_id)));
	violations = add_rows(violations, "split_sum",
						  campaign_query(&divided, campaign_int8(run_id),
										 campaign_text_array(dividing_kinds())));
	return add_rows(violations, "delivery_sum",
					campaign_query(&delivery, campaign_int8(run_id)));
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
			violations = add_violation(violations, "population",
									   psprintf("population of %s.%s is missing",
												flow->source, flow->outcome));
		else if (rows != flow->rows)
			violations = add_violation(violations, "population",
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

	/* What a task is about to record must not come between two rules. */
	campaign_run_freeze(run_id);
	if (!campaign_version_intact(run->version_id))
		violations = add_violation(violations, "version",
								   psprintf("the version is not as it was published"));
	violations = state_violations(violations, run_id);
	violations = skip_violations(violations, run);
	violations = flow_violations(violations, run_id);
	violations = delivery_violations(violations, run_id);
	violations = population_violations(violations, run);
	return list_concat(violations, campaign_queue_violations(run_id));
}
