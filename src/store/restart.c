/*
 * restart.c
 *		Taking back what activities of a run have come to.
 */
#include "postgres.h"

#include "base/sql.h"
#include "store/restart.h"

/* The first column of all rows. */
static List *
read_names(const CampaignRows *rows)
{
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* Locks those of the run's tasks that nobody is executing. */
List *
campaign_restart_lock(int64 run_id, List *activities)
{
	CAMPAIGN_STATEMENT(lock,
					   "SELECT activity FROM campaign.task"
					   " WHERE run_id = $1 AND activity = ANY ($2)"
					   " ORDER BY position FOR NO KEY UPDATE SKIP LOCKED");

	return read_names(campaign_query(&lock, campaign_int8(run_id),
									 campaign_text_array(activities)));
}

/* Those that are fed by a population that is not there any more. */
List *
campaign_restart_starved(int64 run_id, int64 version_id, List *activities)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT t.target FROM campaign.transition t"
					   " JOIN campaign.flow f ON f.run_id = $1"
					   " AND f.source = t.source AND f.outcome = t.outcome"
					   " WHERE t.version_id = $2 AND t.target = ANY ($3)"
					   " AND t.source <> ALL ($3)"
					   " AND f.active AND f.population IS NULL ORDER BY 1");

	return read_names(campaign_query(&find, campaign_int8(run_id),
									 campaign_int8(version_id),
									 campaign_text_array(activities)));
}

/* Takes outcomes and questions back, and all that is noted of the tasks. */
List *
campaign_restart_forget(int64 run_id, List *activities)
{
	CAMPAIGN_STATEMENT(flows,
					   "WITH gone AS (DELETE FROM campaign.flow"
					   " WHERE run_id = $1 AND source = ANY ($2)"
					   " RETURNING population)"
					   " SELECT DISTINCT g.population FROM gone g"
					   " WHERE g.population IS NOT NULL"
					   " AND NOT EXISTS (SELECT FROM campaign.flow f"
					   " WHERE f.run_id = $1 AND f.population = g.population"
					   " AND f.source <> ALL ($2))");
	CAMPAIGN_STATEMENT(approvals,
					   "DELETE FROM campaign.approval"
					   " WHERE run_id = $1 AND activity = ANY ($2)");
	CAMPAIGN_STATEMENT(tasks,
					   "UPDATE campaign.task SET follow_at = NULL,"
					   " due_at = CASE WHEN state = 'ready' THEN clock_timestamp() END,"
					   " warn_at = CASE WHEN state = 'ready' THEN warn_at END,"
					   " hurried = false, attempts = 0,"
					   " rows_in = NULL, overlap = NULL, started_at = NULL,"
					   " ended_at = NULL, sqlstate = NULL, error = NULL,"
					   " detail = NULL, hint = NULL"
					   " WHERE run_id = $1 AND activity = ANY ($2)");
	CampaignValue names = campaign_text_array(activities);
	List	   *populations = read_names(campaign_query(&flows,
														campaign_int8(run_id),
														names));

	campaign_execute(&approvals, campaign_int8(run_id), names);
	campaign_execute(&tasks, campaign_int8(run_id), names);
	return populations;
}
