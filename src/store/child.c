/*
 * child.c
 *		Runs that another run has started, and who may start whom.
 *
 * A child is locked after its parent, never before.  So its end cannot wait
 * for the parent: it makes the parent's waiting activity due if nobody is at
 * it, and who is at it looks at the child under the child's lock.  Whoever
 * else is at it may change his mind, so the end remains to be told.
 */
#include "postgres.h"

#include "base/sql.h"
#include "store/child.h"
#include "store/task.h"

/* Makes a new run the child of an activity's. */
void
campaign_child_attach(int64 run_id, const CampaignRun *parent,
					  const char *activity, bool attached)
{
	CAMPAIGN_STATEMENT(touch,
					   "UPDATE campaign.run SET state = state WHERE run_id = $1");
	CAMPAIGN_STATEMENT(attach,
					   "UPDATE campaign.run SET parent_run = $2,"
					   " parent_activity = $3, depth = $4, attached = $5,"
					   " test = $6 WHERE run_id = $1");

	/* Whoever waits for the parent's lock with an old snapshot has to fail. */
	campaign_execute(&touch, campaign_int8(parent->id));
	campaign_execute(&attach, campaign_int8(run_id), campaign_int8(parent->id),
					 campaign_text(activity), campaign_int4(parent->depth + 1),
					 campaign_bool(attached), campaign_bool(parent->test));
}

/* The attached run of an activity, or 0. */
int64
campaign_child_find(int64 parent_id, const char *activity)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT run_id FROM campaign.run WHERE parent_run = $1"
					   " AND parent_activity = $2 AND attached");
	CampaignRows *rows = campaign_query(&find, campaign_int8(parent_id),
										campaign_text(activity));

	return rows->count == 0 ? 0 : campaign_row_int8(rows, 0, 1);
}

/* The parent does not wait any more. */
void
campaign_child_release(int64 parent_id, const char *activity)
{
	CAMPAIGN_STATEMENT(release,
					   "UPDATE campaign.run SET attached = false"
					   " WHERE parent_run = $1 AND parent_activity = $2"
					   " AND attached");

	campaign_execute(&release, campaign_int8(parent_id),
					 campaign_text(activity));
}

/* The first column of all rows. */
static List *
read_runs(const CampaignRows *rows)
{
	List	   *runs = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		int64	   *run_id = palloc(sizeof(int64));

		*run_id = campaign_row_int8(rows, i, 1);
		runs = lappend(runs, run_id);
	}
	return runs;
}

/* Attached runs, in order. */
List *
campaign_child_attached(int64 parent_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT run_id FROM campaign.run WHERE parent_run = $1"
					   " AND attached ORDER BY run_id");

	return read_runs(campaign_query(&find, campaign_int8(parent_id)));
}

/* All runs that an activity (NULL: any) has started. */
List *
campaign_child_all(int64 parent_id, const char *activity)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT run_id FROM campaign.run WHERE parent_run = $1"
					   " AND parent_activity = coalesce($2, parent_activity)"
					   " ORDER BY run_id");

	return read_runs(campaign_query(&find, campaign_int8(parent_id),
									campaign_text(activity)));
}

/* Locks the attached runs. */
void
campaign_child_lock(int64 parent_id)
{
	CAMPAIGN_STATEMENT(lock,
					   "SELECT FROM campaign.run WHERE parent_run = $1"
					   " AND attached ORDER BY run_id FOR NO KEY UPDATE");

	(void) campaign_query(&lock, campaign_int8(parent_id));
}

/* The activity knows; false if somebody holds the run. */
static bool
note_heard(int64 run_id)
{
	CAMPAIGN_STATEMENT(note,
					   "UPDATE campaign.run SET unheard = false WHERE run_id ="
					   " (SELECT run_id FROM campaign.run WHERE run_id = $1"
					   " FOR NO KEY UPDATE SKIP LOCKED)");

	return campaign_execute(&note, campaign_int8(run_id)) > 0;
}

/* Tells activities of the end of the runs that they wait for. */
bool
campaign_child_tell(void)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT r.run_id, t.run_id, t.activity"
					   " FROM campaign.run r LEFT JOIN campaign.task t"
					   " ON t.run_id = r.parent_run"
					   " AND t.activity = r.parent_activity"
					   " AND t.state = 'waiting'"
					   " WHERE r.unheard AND r.home = $1 ORDER BY r.run_id");
	CampaignRows *rows = campaign_query(&find, campaign_text(campaign_home()));
	bool		told = true;

	for (int i = 0; i < rows->count; i++)
	{
		char	   *activity = campaign_row_text(rows, i, 3);

		if ((activity != NULL &&
			 !campaign_task_wake(campaign_row_int8(rows, i, 2), activity)) ||
			!note_heard(campaign_row_int8(rows, i, 1)))
			told = false;
	}
	return told;
}

/* What a run has come to. */
Jsonb *
campaign_child_report(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT jsonb_build_object('run', r.run_id,"
					   " 'campaign', c.name, 'state', r.state,"
					   " 'variables', r.variables, 'counts', coalesce("
					   "(SELECT jsonb_object_agg(s.source, s.counts)"
					   " FROM (SELECT f.source, jsonb_object_agg(f.outcome, f.rows) AS counts"
					   " FROM campaign.flow f WHERE f.run_id = r.run_id"
					   " GROUP BY f.source) s), '{}'))"
					   " FROM campaign.run r"
					   " JOIN campaign.campaign c ON c.campaign_id = r.campaign_id"
					   " WHERE r.run_id = $1");

	return campaign_row_jsonb(campaign_query(&find, campaign_int8(run_id)),
							  0, 1);
}

/* The first error of a run's tasks. */
char *
campaign_child_error(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT format('Its activity \"%s\": %s.', activity, error)"
					   " FROM campaign.task WHERE run_id = $1"
					   " AND state = 'failed' ORDER BY position LIMIT 1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));

	return rows->count == 0 ? NULL : campaign_row_text(rows, 0, 1);
}

/* True if the run, or one above it, is of that campaign. */
bool
campaign_run_descends(int64 run_id, int64 campaign_id)
{
	CAMPAIGN_STATEMENT(find,
					   "WITH RECURSIVE above (run_id, campaign_id, parent_run) AS"
					   " (SELECT run_id, campaign_id, parent_run"
					   " FROM campaign.run WHERE run_id = $1"
					   " UNION ALL SELECT r.run_id, r.campaign_id, r.parent_run"
					   " FROM above a JOIN campaign.run r ON r.run_id = a.parent_run)"
					   " SELECT FROM above WHERE campaign_id = $2");

	return campaign_query(&find, campaign_int8(run_id),
						  campaign_int8(campaign_id))->count > 0;
}

/* True if one campaign starts another one, or one that does. */
bool
campaign_call_reaches(const char *start, const char *target)
{
	CAMPAIGN_STATEMENT(find,
					   "WITH RECURSIVE calls (name, called) AS (SELECT $1, false"
					   " UNION SELECT a.options ->> 'starts', true FROM calls"
					   " JOIN campaign.campaign c ON c.name = calls.name"
					   " JOIN LATERAL (SELECT v.version_id FROM campaign.version v"
					   " WHERE v.campaign_id = c.campaign_id AND v.number > 0"
					   " ORDER BY v.number DESC LIMIT 1) v ON true"
					   " JOIN campaign.activity a ON a.version_id = v.version_id"
					   " AND a.kind IN ('end', 'sub_campaign')"
					   " AND a.options ? 'starts')"
					   " SELECT FROM calls WHERE name = $2 AND called");

	return campaign_query(&find, campaign_text(start),
						  campaign_text(target))->count > 0;
}
