/*
 * task.c
 *		Activities of a run, and what came out of them.
 *
 * A task is held by its row lock for as long as the transaction that executes
 * it lasts: whoever dies lets go of it, and nobody has to find out.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/resowner.h"

#include "base/errors.h"
#include "base/sql.h"
#include "base/text.h"
#include "store/news.h"
#include "store/run.h"
#include "store/task.h"

/* Beside the classes 1 and 2 of pg_advisory_lock(), and those of others. */
#define CHOICE_LOCK_CLASS	6

/*
 * Takes or lets go of the lock of who chooses tasks of a run.  It is the
 * transaction's, whatever subtransaction this is.
 */
static void
lock_choice(int64 run_id, bool take)
{
	ResourceOwner owner = CurrentResourceOwner;
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, (uint32) (run_id >> 32),
						 (uint32) run_id, CHOICE_LOCK_CLASS);
	CurrentResourceOwner = TopTransactionResourceOwner;
	if (take)
		(void) LockAcquire(&tag, ExclusiveLock, false, false);
	else
		(void) LockRelease(&tag, ExclusiveLock, false);
	CurrentResourceOwner = owner;
}

/* Waits until nobody else is choosing tasks of the run. */
void
campaign_task_choose_begin(int64 run_id)
{
	lock_choice(run_id, true);
}

/* Lets others choose. */
void
campaign_task_choose_end(int64 run_id)
{
	lock_choice(run_id, false);
}

/* The task of the only row; NULL if there is none. */
static CampaignTaken *
read_taken(const CampaignRows *rows)
{
	CampaignTaken *taken;

	if (rows->count == 0)
		return NULL;
	taken = palloc(sizeof(CampaignTaken));
	taken->activity = campaign_row_text(rows, 0, 1);
	taken->state = campaign_row_text(rows, 0, 2);
	taken->attempts = campaign_row_int4(rows, 0, 3);
	taken->hurried = campaign_row_bool(rows, 0, 4);
	taken->started_at = campaign_row_time(rows, 0, 5);
	return taken;
}

/* Locks a due task that nobody else holds, or a due follow-up, or NULL. */
CampaignTaken *
campaign_task_take(int64 run_id, TimestampTz now)
{
	CAMPAIGN_STATEMENT(follow,
					   "SELECT t.activity, t.state, t.attempts,"
					   " t.hurried, t.started_at"
					   " FROM campaign.task t"
					   " JOIN campaign.run r ON r.run_id = t.run_id"
					   " WHERE t.run_id = $1 AND t.follow_at <= $2"
					   " AND r.state IN ('running', 'waiting', 'succeeded',"
					   " 'failed')"
					   " ORDER BY t.follow_at, t.position LIMIT 1"
					   " FOR NO KEY UPDATE OF t SKIP LOCKED");
	CAMPAIGN_STATEMENT(take,
					   "SELECT t.activity, t.state, t.attempts,"
					   " t.hurried, t.started_at"
					   " FROM campaign.task t"
					   " JOIN campaign.run r ON r.run_id = t.run_id"
					   " WHERE t.run_id = $1 AND t.state IN ('ready', 'waiting')"
					   " AND t.due_at <= $2"
					   " AND r.state IN ('pending', 'running', 'waiting')"
					   " ORDER BY t.due_at, t.position LIMIT 1"
					   " FOR NO KEY UPDATE OF t SKIP LOCKED");
	CampaignRows *rows = campaign_query(&take, campaign_int8(run_id),
										campaign_time(now));

	if (rows->count == 0)
		rows = campaign_query(&follow, campaign_int8(run_id),
							  campaign_time(now));
	return read_taken(rows);
}

/* Locks those tasks, if all are as they were made ready and nobody holds one. */
bool
campaign_task_take_also(int64 run_id, List *activities, TimestampTz now)
{
	CAMPAIGN_STATEMENT(take,
					   "SELECT activity FROM campaign.task"
					   " WHERE run_id = $1 AND activity = ANY ($2)"
					   " AND state = 'ready' AND attempts = 0 AND due_at <= $3"
					   " FOR NO KEY UPDATE SKIP LOCKED");

	return campaign_query(&take, campaign_int8(run_id),
						  campaign_text_array(activities),
						  campaign_time(now))->count == list_length(activities);
}

/* Locks the open task that comes next, hurried; nobody else can be at the run. */
CampaignTaken *
campaign_task_take_any(int64 run_id, List *except)
{
	CAMPAIGN_STATEMENT(take,
					   "SELECT activity, state, attempts, true, started_at"
					   " FROM campaign.task"
					   " WHERE run_id = $1 AND state IN ('ready', 'waiting')"
					   " AND activity <> ALL ($2)"
					   " ORDER BY CASE WHEN state = 'waiting' THEN due_at END NULLS FIRST,"
					   " position LIMIT 1 FOR NO KEY UPDATE");

	return read_taken(campaign_query(&take, campaign_int8(run_id),
									 campaign_text_array(except)));
}

/* The first column of all rows. */
static List *
first_column(const CampaignRows *rows)
{
	List	   *texts = NIL;

	for (int i = 0; i < rows->count; i++)
		texts = lappend(texts, campaign_row_text(rows, i, 1));
	return texts;
}

/* Rows of source, outcome, rows, dimension, population, active. */
static List *
read_flows(const CampaignRows *rows)
{
	List	   *flows = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignFlow *flow = palloc0(sizeof(CampaignFlow));

		flow->source = campaign_row_text(rows, i, 1);
		flow->outcome = campaign_row_text(rows, i, 2);
		flow->rows = campaign_row_int8(rows, i, 3);
		flow->dimension = campaign_row_text(rows, i, 4);
		flow->population = campaign_row_text(rows, i, 5);
		flow->active = campaign_row_bool(rows, i, 6);
		flows = lappend(flows, flow);
	}
	return flows;
}

/* What flows into the activity, one for each of its transitions. */
List *
campaign_task_inbound(int64 run_id, int64 version_id, const char *activity)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT t.source, t.outcome, coalesce(f.rows, 0),"
					   " f.dimension, f.population, coalesce(f.active, false),"
					   " s.state IN ('succeeded', 'skipped', 'cancelled'),"
					   " s.ended_at"
					   " FROM campaign.transition t"
					   " JOIN campaign.task s ON s.run_id = $1"
					   " AND s.activity = t.source"
					   " LEFT JOIN campaign.flow f"
					   " ON f.run_id = $1 AND f.source = t.source"
					   " AND f.outcome = t.outcome"
					   " WHERE t.version_id = $2 AND t.target = $3"
					   " ORDER BY t.position");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id),
										campaign_int8(version_id),
										campaign_text(activity));
	List	   *flows = read_flows(rows);
	ListCell   *cell;

	foreach(cell, flows)
	{
		CampaignFlow *flow = lfirst(cell);

		flow->ended = campaign_row_bool(rows, foreach_current_index(cell), 7);
		flow->ended_at = campaign_row_time(rows, foreach_current_index(cell),
										   8);
	}
	return flows;
}

/* All that came out of a run's tasks. */
List *
campaign_flow_all(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT source, outcome, rows, dimension, population, active"
					   " FROM campaign.flow WHERE run_id = $1");

	return read_flows(campaign_query(&find, campaign_int8(run_id)));
}

/* Adds what came out of an outcome. */
void
campaign_flow_insert(int64 run_id, const CampaignFlow *flow)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.flow (run_id, source, outcome, rows,"
					   " dimension, population, active, kept)"
					   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

	campaign_execute(&insert, campaign_int8(run_id),
					 campaign_text(flow->source), campaign_text(flow->outcome),
					 campaign_int8(flow->rows), campaign_text(flow->dimension),
					 campaign_text(flow->population),
					 campaign_bool(flow->active), campaign_bool(flow->kept));
}

/* Notes in which sets how many rows of a combination were. */
void
campaign_task_record_overlaps(int64 run_id, const char *activity,
							  const Jsonb *overlaps)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.task SET overlap = $3"
					   " WHERE run_id = $1 AND activity = $2");

	campaign_execute(&update, campaign_int8(run_id), campaign_text(activity),
					 campaign_jsonb(overlaps));
}

/* Notes a failed attempt. */
void
campaign_task_record_error(int64 run_id, const char *activity,
						   TimestampTz started_at,
						   const CampaignTaskError *error, int attempts)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.task SET started_at ="
					   " CASE WHEN state = 'waiting' THEN started_at ELSE $3 END,"
					   " ended_at = clock_timestamp(), sqlstate = $4, error = $5,"
					   " detail = $6, hint = $7, attempts = $8"
					   " WHERE run_id = $1 AND activity = $2");

	campaign_execute(&update, campaign_int8(run_id), campaign_text(activity),
					 campaign_time(started_at),
					 campaign_text(error->sqlstate),
					 campaign_text(error->message),
					 campaign_text(error->detail), campaign_text(error->hint),
					 campaign_int4(attempts));
}

/* When the task may be executed. */
void
campaign_task_set_due(int64 run_id, const char *activity, TimestampTz due_at)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.task SET due_at = $3, hurried = false"
					   " WHERE run_id = $1 AND activity = $2");

	campaign_execute(&update, campaign_int8(run_id), campaign_text(activity),
					 campaign_time(due_at));
}

/*
 * Tells of tasks that take longer than they may.  They may be locked by who is
 * executing them, so that it was told is in the log alone.
 */
void
campaign_task_warn(TimestampTz now)
{
	CAMPAIGN_STATEMENT(warn,
					   "WITH late AS (SELECT t.run_id, t.activity, c.owner, c.name,"
					   " 'it takes longer than ' || (a.options ->> 'max_duration') AS message"
					   " FROM campaign.task t"
					   " JOIN campaign.run r ON r.run_id = t.run_id"
					   " JOIN campaign.campaign c ON c.campaign_id = r.campaign_id"
					   " JOIN campaign.activity a ON a.version_id = r.version_id"
					   " AND a.name = t.activity"
					   " WHERE t.warn_at <= $1 AND t.state IN ('ready', 'waiting')"
					   " AND r.home = $2 AND r.state IN ('pending', 'running', 'waiting')"
					   " AND NOT EXISTS (SELECT FROM campaign.hold)"
					   " AND NOT EXISTS (SELECT FROM campaign.log l"
					   " WHERE l.run_id = t.run_id AND l.activity = t.activity"
					   " AND l.event = 'overdue' AND l.logged_at >= t.warn_at)),"
					   " logged AS (INSERT INTO campaign.log"
					   " (role_name, owner, campaign, run_id, activity, event, message)"
					   " SELECT $3, owner, name, run_id, activity, 'overdue', message"
					   " FROM late)"
					   " SELECT name, run_id, activity, message FROM late");
	CampaignRows *rows;

	rows = campaign_query(&warn, campaign_time(now),
						  campaign_text(campaign_home()),
						  campaign_text(GetUserNameFromId(GetUserId(), false)));
	for (int i = 0; i < rows->count; i++)
	{
		CampaignNews news = {
			.event = "overdue",
			.campaign = campaign_row_text(rows, i, 1),
			.run_id = campaign_row_int8(rows, i, 2),
			.activity = campaign_row_text(rows, i, 3),
			.message = campaign_row_text(rows, i, 4)
		};

		campaign_news_send(CAMPAIGN_NEWS_CHANNEL, &news);
	}
}

/* True if a task of the run is due. */
bool
campaign_task_is_due(int64 run_id, TimestampTz now)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT count(*) FROM campaign.task WHERE run_id = $1"
					   " AND state IN ('ready', 'waiting') AND due_at <= $2");

	return campaign_row_int8(campaign_query(&find, campaign_int8(run_id),
											campaign_time(now)), 0, 1) > 0;
}

/* When a task that has succeeded is looked at again; 0: not again. */
void
campaign_task_set_follow(int64 run_id, const char *activity,
						 TimestampTz follow_at, int attempts)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.task SET follow_at = $3, attempts = $4"
					   " WHERE run_id = $1 AND activity = $2");

	campaign_execute(&update, campaign_int8(run_id), campaign_text(activity),
					 campaign_time_or_null(follow_at),
					 campaign_int4(attempts));
}

/* No task of the run is looked at again, but those that somebody holds. */
void
campaign_task_end_follows(int64 run_id)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.task SET follow_at = NULL"
					   " WHERE run_id = $1 AND activity IN"
					   " (SELECT activity FROM campaign.task"
					   " WHERE run_id = $1 AND follow_at IS NOT NULL"
					   " FOR NO KEY UPDATE SKIP LOCKED)");

	campaign_execute(&update, campaign_int8(run_id));
}

/*
 * A waiting task is due now; false if somebody holds it.  He is not waited
 * for: who executes it waits for the run, which the caller holds, and looks for
 * what has come when he has got it.
 */
bool
campaign_task_wake(int64 run_id, const char *activity)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.task SET due_at = clock_timestamp()"
					   " WHERE (run_id, activity) IN"
					   " (SELECT run_id, activity FROM campaign.task"
					   " WHERE run_id = $1 AND activity = $2"
					   " AND state = 'waiting'"
					   " FOR NO KEY UPDATE SKIP LOCKED)");

	return campaign_execute(&update, campaign_int8(run_id),
							campaign_text(activity)) > 0;
}

/* What tasks of the run wait for counts as come, if it is a time. */
List *
campaign_task_hurry(int64 run_id, const char *activity)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.task"
					   " SET due_at = clock_timestamp(), hurried = true"
					   " WHERE (run_id, activity) IN"
					   " (SELECT run_id, activity FROM campaign.task"
					   " WHERE run_id = $1 AND activity = coalesce($2, activity)"
					   " AND state IN ('ready', 'waiting')"
					   " AND due_at > clock_timestamp() AND due_at < 'infinity'"
					   " FOR NO KEY UPDATE SKIP LOCKED)"
					   " RETURNING activity");

	return first_column(campaign_query(&update, campaign_int8(run_id),
									   campaign_text(activity)));
}

/* Of these activities, which may go on. */
List *
campaign_task_readiness(int64 run_id, int64 version_id, List *activities)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT t.target, k.state,"
					   " bool_and(s.state IN ('succeeded', 'skipped', 'cancelled')),"
					   " (count(*) FILTER (WHERE f.active))::int4"
					   " FROM campaign.transition t"
					   " JOIN campaign.task k ON k.run_id = $1 AND k.activity = t.target"
					   " JOIN campaign.task s ON s.run_id = $1 AND s.activity = t.source"
					   " LEFT JOIN campaign.flow f ON f.run_id = $1"
					   " AND f.source = t.source AND f.outcome = t.outcome"
					   " WHERE t.version_id = $2 AND t.target = ANY ($3)"
					   " GROUP BY t.target, k.state ORDER BY t.target");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id),
										campaign_int8(version_id),
										campaign_text_array(activities));
	List	   *result = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignReadiness *readiness = palloc(sizeof(CampaignReadiness));

		readiness->activity = campaign_row_text(rows, i, 1);
		readiness->state = campaign_row_text(rows, i, 2);
		readiness->complete = campaign_row_bool(rows, i, 3);
		readiness->arrived = campaign_row_int4(rows, i, 4);
		result = lappend(result, readiness);
	}
	return result;
}

/* Names of the run's tasks in that state that nobody is executing. */
List *
campaign_task_names(int64 run_id, const char *state)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT activity FROM campaign.task"
					   " WHERE run_id = $1 AND state = $2"
					   " ORDER BY position FOR NO KEY UPDATE SKIP LOCKED");

	return first_column(campaign_query(&find, campaign_int8(run_id),
									   campaign_text(state)));
}

/* All tasks of a run. */
List *
campaign_task_states(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT t.activity, CASE WHEN e.pid IS NULL THEN t.state"
					   " ELSE 'running' END,"
					   " t.error, t.sqlstate, t.detail, t.hint,"
					   " coalesce(e.started_at, t.started_at), t.ended_at,"
					   " t.due_at, t.attempts, t.rows_in"
					   " FROM campaign.task t LEFT JOIN campaign.executors() e"
					   " ON e.run_id = t.run_id AND e.activity = t.activity"
					   " AND t.state IN ('ready', 'waiting')"
					   " AND t.due_at <= clock_timestamp()"
					   " WHERE t.run_id = $1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));
	List	   *tasks = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignTaskState *task = palloc(sizeof(CampaignTaskState));

		task->activity = campaign_row_text(rows, i, 1);
		task->state = campaign_row_text(rows, i, 2);
		task->error = campaign_row_text(rows, i, 3);
		task->sqlstate = campaign_row_text(rows, i, 4);
		task->detail = campaign_row_text(rows, i, 5);
		task->hint = campaign_row_text(rows, i, 6);
		task->started_at = campaign_row_time(rows, i, 7);
		task->ended_at = campaign_row_time(rows, i, 8);
		task->due_at = campaign_row_time(rows, i, 9);
		task->attempts = campaign_row_int4(rows, i, 10);
		task->rows_in = campaign_row_int8(rows, i, 11);
		tasks = lappend(tasks, task);
	}
	return tasks;
}

/* Refuses an activity that the run does not have. */
void
campaign_task_require(int64 run_id, const char *activity)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, campaign_task_states(run_id))
		names = lappend(names, ((CampaignTaskState *) lfirst(cell))->activity);
	if (!campaign_list_has(names, activity))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("run " INT64_FORMAT " has no activity \"%s\"", run_id,
						activity),
				 errhint("%s", campaign_nearest_hint(activity, names,
													 "activities"))));
}

/* Of these populations, those that no unfinished task of the run will read. */
List *
campaign_flow_unneeded(int64 run_id, int64 version_id, List *populations)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT p.name FROM unnest($3::text[]) AS p(name)"
					   " WHERE NOT EXISTS (SELECT FROM campaign.flow g"
					   " WHERE g.run_id = $1 AND g.population = p.name AND g.kept)"
					   " AND NOT EXISTS (SELECT FROM campaign.flow g"
					   " JOIN campaign.transition t ON t.version_id = $2"
					   " AND t.source = g.source AND t.outcome = g.outcome"
					   " JOIN campaign.task k ON k.run_id = $1 AND k.activity = t.target"
					   " WHERE g.run_id = $1 AND g.population = p.name"
					   " AND k.state NOT IN ('succeeded', 'skipped', 'cancelled'))");

	return first_column(campaign_query(&find, campaign_int8(run_id),
									   campaign_int8(version_id),
									   campaign_text_array(populations)));
}

/* All populations of the run that still exist, but those that are kept. */
List *
campaign_flow_populations(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT population FROM campaign.flow"
					   " WHERE run_id = $1 AND population IS NOT NULL"
					   " AND NOT kept");

	return first_column(campaign_query(&find, campaign_int8(run_id)));
}

/* Populations of a campaign's runs that still exist. */
List *
campaign_run_populations(int64 campaign_id, bool tests)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT f.population FROM campaign.flow f"
					   " JOIN campaign.run r ON r.run_id = f.run_id"
					   " WHERE r.campaign_id = $1 AND f.population IS NOT NULL"
					   " AND ($2 OR NOT r.test)");

	return first_column(campaign_query(&find, campaign_int8(campaign_id),
									   campaign_bool(tests)));
}

/* The population is gone; the counts stay. */
void
campaign_flow_forget(int64 run_id, const char *population)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.flow SET population = NULL"
					   " WHERE run_id = $1 AND population = $2");

	campaign_execute(&update, campaign_int8(run_id),
					 campaign_text(population));
}

/* Populations of a campaign's runs are gone; the counts stay. */
void
campaign_run_forget_populations(int64 campaign_id, List *populations)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.flow f SET population = NULL"
					   " FROM campaign.run r WHERE r.campaign_id = $1"
					   " AND f.run_id = r.run_id AND f.population = ANY ($2)");

	campaign_execute(&update, campaign_int8(campaign_id),
					 campaign_text_array(populations));
}
