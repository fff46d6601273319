/*
 * check.c
 *		What must never be true of a run's tasks and transitions.
 *
 * Each statement gives a line per violation, so an empty answer is the proof.
 * They may be asked at any moment, also while the run is under way.
 */
#include "postgres.h"

#include "base/sql.h"
#include "store/check.h"

/* A run has ended with all of its tasks, and only then. */
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

/* What nothing is to be waited for any more has begun. */
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

/* Tasks and the activities of the version are the same. */
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

/* What was executed had enough branches that lead to it, and what had was. */
CAMPAIGN_STATEMENT(skipped,
				   "SELECT format('activity %s is %s though %s', t.activity, t.state,"
				   " CASE WHEN count(*) FILTER (WHERE f.active)"
				   " >= coalesce(($2 #>> ARRAY['needs', t.activity])::int8, count(*))"
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
				   " >= coalesce(($2 #>> ARRAY['needs', t.activity])::int8, count(*)))"
				   " <> (t.state = 'succeeded')");

/* Every transition has its count. */
CAMPAIGN_STATEMENT(without,
				   "SELECT format('outcome %s.%s feeds %s but was not recorded',"
				   " e.source, e.outcome, e.target)"
				   " FROM campaign.run r"
				   " JOIN campaign.transition e USING (version_id)"
				   " JOIN campaign.task s ON s.run_id = r.run_id AND s.activity = e.source"
				   " WHERE r.run_id = $1 AND s.state = 'succeeded'"
				   " AND NOT EXISTS (SELECT FROM campaign.flow f WHERE f.run_id = r.run_id"
				   " AND f.source = e.source AND f.outcome = e.outcome)");

/* Kinds whose rows each come out once divide all of them. */
CAMPAIGN_STATEMENT(divided,
				   "SELECT format('activity %s took %s rows and gave %s',"
				   " t.activity, t.rows_in, sum(f.rows))"
				   " FROM campaign.run r"
				   " JOIN campaign.task t USING (run_id)"
				   " JOIN campaign.activity a ON a.version_id = r.version_id"
				   " AND a.name = t.activity AND $2 -> 'divides' ? a.kind"
				   " JOIN campaign.flow f ON f.run_id = r.run_id AND f.source = t.activity"
				   " WHERE r.run_id = $1 AND t.state = 'succeeded'"
				   " GROUP BY t.activity, t.rows_in, a.options"
				   " HAVING sum(f.rows) < t.rows_in"
				   " OR sum(f.rows) > t.rows_in AND a.options->'overlap' IS DISTINCT FROM 'true'");

static const CampaignPromise promises[] = {
	{"child", &forgotten},
	{"run_state", &ended},
	{"run_state", &endless},
	{"stuck_task", &stuck},
	{"missing_task", &missing},
	{"unknown_task", &invented},
	{"wrong_skip", &skipped},
	{"missing_flow", &without},
	{"split_sum", &divided}
};

/* Adds a violation. */
List *
campaign_violation_add(List *violations, const char *code, char *detail)
{
	CampaignViolation *violation = palloc(sizeof(CampaignViolation));

	violation->code = code;
	violation->detail = detail;
	return lappend(violations, violation);
}

/* Adds a violation for each line of each statement. */
List *
campaign_promises_check(List *violations, const CampaignPromise *promise,
						int npromises, int64 run_id, const Jsonb *kinds)
{
	for (int i = 0; i < npromises; i++, promise++)
	{
		CampaignRows *rows = campaign_query(promise->statement,
											campaign_int8(run_id),
											campaign_jsonb(kinds));

		for (int row = 0; row < rows->count; row++)
			violations = campaign_violation_add(violations, promise->code,
												campaign_row_text(rows, row, 1));
	}
	return violations;
}

/* Checks the tasks and transitions of a run. */
List *
campaign_store_check(List *violations, int64 run_id, const Jsonb *kinds)
{
	return campaign_promises_check(violations, promises, lengthof(promises),
								   run_id, kinds);
}
