/*
 * run.c
 *		Executions of campaigns.
 *
 * A run belongs to the server and database it was started in.  Whatever looks
 * for work asks for runs at home here, so a copy of the database, however it
 * was made, lies still until somebody adopts its runs.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"

#include "base/attempt.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "store/privilege.h"
#include "store/run.h"
#include "store/state.h"

/* This server and database, as text. */
const char *
campaign_home(void)
{
	return psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId);
}

/* A task per activity; those without inbound transitions are ready. */
static void
create_tasks(int64 run_id, const CampaignGraph *graph)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.task (run_id, activity, position, state, due_at, warn_at)"
					   " SELECT $1, a.name, a.position,"
					   " CASE WHEN i.target IS NULL THEN 'ready' ELSE 'pending' END,"
					   " CASE WHEN i.target IS NULL THEN clock_timestamp() END,"
					   " CASE WHEN i.target IS NULL THEN clock_timestamp()"
					   " + (a.options ->> 'max_duration')::interval END"
					   " FROM campaign.activity a"
					   " LEFT JOIN (SELECT DISTINCT target FROM campaign.transition"
					   " WHERE version_id = $2) i ON i.target = a.name"
					   " WHERE a.version_id = $2 ORDER BY a.position");

	campaign_execute(&insert, campaign_int8(run_id),
					 campaign_int8(graph->version_id));
}

/*
 * Changes the campaign's row to what it is.  A transaction whose snapshot is
 * older than the run does not see it, but fails (40001) when it wants to lock
 * the campaign.
 */
static void
touch_campaign(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(touch,
					   "UPDATE campaign.campaign SET status = status"
					   " WHERE campaign_id = $1");

	campaign_execute(&touch, campaign_int8(campaign_id));
}

/* Adds a run without tasks. */
static int64
insert_run(int64 campaign_id, int64 version_id, int64 epoch,
		   const Jsonb *variables, TimestampTz occurrence)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.run (campaign_id, version_id, home,"
					   " epoch, variables, started_by, occurrence)"
					   " VALUES ($1, $2, $3, $4, coalesce($5, '{}'), $6, $7)"
					   " RETURNING run_id");
	CampaignRows *rows;

	rows = campaign_query(&insert, campaign_int8(campaign_id),
						  campaign_int8(version_id),
						  campaign_text(campaign_home()),
						  campaign_int8(epoch), campaign_jsonb(variables),
						  campaign_text(GetUserNameFromId(GetUserId(), false)),
						  campaign_time_or_null(occurrence));
	touch_campaign(campaign_id);
	return campaign_row_int8(rows, 0, 1);
}

/* Adds a run with its tasks. */
int64
campaign_run_create(const CampaignGraph *graph, int64 epoch,
					const Jsonb *variables, TimestampTz occurrence)
{
	int64		run_id = insert_run(graph->campaign->id, graph->version_id,
									epoch, variables, occurrence);

	create_tasks(run_id, graph);
	return run_id;
}

/* Adds a test run with its tasks. */
int64
campaign_run_create_test(const CampaignGraph *graph, int64 epoch,
						 const Jsonb *variables, const Jsonb *options)
{
	CAMPAIGN_STATEMENT(mark,
					   "UPDATE campaign.run SET test = true, test_options = $2"
					   " WHERE run_id = $1");
	int64		run_id = campaign_run_create(graph, epoch, variables, 0);

	campaign_execute(&mark, campaign_int8(run_id), campaign_jsonb(options));
	return run_id;
}

/* The campaign's test run, or 0. */
int64
campaign_run_test(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT run_id FROM campaign.run"
					   " WHERE campaign_id = $1 AND test"
					   " AND version_id IN (SELECT version_id FROM campaign.version"
					   " WHERE campaign_id = $1 AND number = -1)"
					   " ORDER BY run_id DESC LIMIT 1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(campaign_id));

	return rows->count == 0 ? 0 : campaign_row_int8(rows, 0, 1);
}

/* Deletes the run and, by cascade, all that is recorded of it. */
void
campaign_run_delete(int64 run_id)
{
	CAMPAIGN_STATEMENT(drop, "DELETE FROM campaign.run WHERE run_id = $1");

	campaign_execute(&drop, campaign_int8(run_id));
}

/* Adds a run that did not take place. */
int64
campaign_run_create_missed(const CampaignRecord *record, int64 epoch,
						   TimestampTz occurrence, const char *why)
{
	int64		run_id = insert_run(record->id, record->live_id, epoch, NULL,
									occurrence);

	(void) campaign_state_move(CAMPAIGN_NOUN_RUN, run_id, NULL, "missed",
							   why);
	return run_id;
}

/* True if there is a run for the launch, even one that was missed. */
bool
campaign_run_launched(int64 campaign_id, TimestampTz occurrence)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT FROM campaign.run"
					   " WHERE campaign_id = $1 AND occurrence = $2");

	return campaign_query(&find, campaign_int8(campaign_id),
						  campaign_time(occurrence))->count > 0;
}

/* The run, or NULL. */
CampaignRun *
campaign_run_find(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT r.run_id, r.uuid, r.campaign_id, r.version_id,"
					   " r.state, r.home, r.epoch, r.variables, c.owner,"
					   " c.owner_name, c.name, r.test, r.parent_run,"
					   " r.parent_activity, r.depth, r.test_options,"
					   " EXISTS (SELECT FROM campaign.version n,"
					   " jsonb_each(n.definition #> '{settings,variables}') v"
					   " WHERE n.version_id = r.version_id"
					   " AND v.value ? 'query' AND NOT r.variables ? v.key),"
					   " r.unheard"
					   " FROM campaign.run r"
					   " JOIN campaign.campaign c ON c.campaign_id = r.campaign_id"
					   " WHERE r.run_id = $1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));
	CampaignRun *run;

	if (rows->count == 0)
		return NULL;
	run = palloc0(sizeof(CampaignRun));
	run->id = run_id;
	run->uuid = *campaign_row_uuid(rows, 0, 2);
	run->campaign_id = campaign_row_int8(rows, 0, 3);
	run->version_id = campaign_row_int8(rows, 0, 4);
	run->state = campaign_row_text(rows, 0, 5);
	run->home = campaign_row_text(rows, 0, 6);
	run->epoch = campaign_row_int8(rows, 0, 7);
	run->variables = campaign_row_jsonb(rows, 0, 8);
	run->owner_name = campaign_row_text(rows, 0, 10);
	run->owner = campaign_role_existing(campaign_row_oid(rows, 0, 9));
	run->campaign = campaign_row_text(rows, 0, 11);
	run->test = campaign_row_bool(rows, 0, 12);
	run->parent_id = campaign_row_int8(rows, 0, 13);
	run->parent_activity = campaign_row_text(rows, 0, 14);
	run->depth = campaign_row_int4(rows, 0, 15);
	run->test_options = campaign_row_jsonb(rows, 0, 16);
	run->unreckoned = campaign_row_bool(rows, 0, 17);
	run->unheard = campaign_row_bool(rows, 0, 18);
	return run;
}

/* Refuses a run that is not there for the current user. */
static void
refuse_run(int64 run_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("run " INT64_FORMAT " does not exist", run_id),
			 errhint("Your runs are in campaign.run_progress.")));
}

/* The run, if the current user acts for its owner. */
CampaignRun *
campaign_run_require(int64 run_id)
{
	CampaignRun *run = campaign_run_find(run_id);

	if (run == NULL || !campaign_acts_for(run->owner))
		refuse_run(run_id);
	return run;
}

/* The run, if the current user has that privilege on its campaign. */
CampaignRun *
campaign_run_require_for(int64 run_id, const char *privilege)
{
	CampaignRun *run = campaign_run_find(run_id);

	if (run == NULL ||
		!campaign_privilege_held(run->campaign_id, run->owner,
								 CAMPAIGN_PRIVILEGE_VIEW))
		refuse_run(run_id);
	if (!campaign_privilege_held(run->campaign_id, run->owner, privilege))
		campaign_privilege_refuse(run->campaign, privilege);
	return run;
}

/*
 * A run whose messages were deleted makes new ones: they go where those of new
 * runs go, and are deleted in their turn.
 */
void
campaign_run_revive(int64 run_id, int64 epoch)
{
	CAMPAIGN_STATEMENT(revive,
					   "UPDATE campaign.run SET erased_at = NULL, epoch = $2"
					   " WHERE run_id = $1 AND erased_at IS NOT NULL");

	campaign_execute(&revive, campaign_int8(run_id), campaign_int8(epoch));
}

/* Sets those of these variables that have no value yet. */
void
campaign_run_add_variables(int64 run_id, const Jsonb *values)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.run SET variables = $2 || variables"
					   " WHERE run_id = $1");

	campaign_execute(&update, campaign_int8(run_id), campaign_jsonb(values));
}

/* Sets some of the run's variables. */
void
campaign_run_set_variables(int64 run_id, const Jsonb *values)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.run SET variables = variables || $2"
					   " WHERE run_id = $1");

	campaign_execute(&update, campaign_int8(run_id), campaign_jsonb(values));
}

/* Counts an error that the run goes on after. */
int
campaign_run_count_error(int64 run_id)
{
	CAMPAIGN_STATEMENT(count,
					   "UPDATE campaign.run SET errors = errors + 1"
					   " WHERE run_id = $1 RETURNING errors");

	return campaign_row_int4(campaign_query(&count, campaign_int8(run_id)),
							 0, 1);
}

/* A person has looked at them. */
void
campaign_run_forget_errors(int64 run_id)
{
	CAMPAIGN_STATEMENT(forget,
					   "UPDATE campaign.run SET errors = 0"
					   " WHERE run_id = $1 AND errors <> 0");

	campaign_execute(&forget, campaign_int8(run_id));
}

/* Counts on from the campaign's last run, if that had errors. */
void
campaign_run_inherit_errors(int64 run_id, int64 campaign_id)
{
	CAMPAIGN_STATEMENT(inherit,
					   "UPDATE campaign.run r SET errors = p.errors"
					   " FROM (SELECT run_id, errors FROM campaign.run"
					   " WHERE campaign_id = $2 AND run_id <> $1"
					   " AND state <> 'missed' AND NOT test"
					   " ORDER BY run_id DESC LIMIT 1) p"
					   " WHERE r.run_id = $1 AND EXISTS"
					   " (SELECT FROM campaign.task t WHERE t.run_id = p.run_id"
					   " AND t.error IS NOT NULL)");

	campaign_execute(&inherit, campaign_int8(run_id),
					 campaign_int8(campaign_id));
}

/* True if this very transaction added the run. */
bool
campaign_run_is_new(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT xmin::text::int8 FROM campaign.run"
					   " WHERE run_id = $1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));

	return rows->count > 0 &&
		TransactionIdIsCurrentTransactionId((TransactionId) campaign_row_int8(rows, 0, 1));
}

/* Locks the run until the end of the transaction; gives its state now. */
char *
campaign_run_lock(int64 run_id)
{
	CAMPAIGN_STATEMENT(lock,
					   "SELECT state FROM campaign.run"
					   " WHERE run_id = $1 FOR NO KEY UPDATE");
	CampaignRows *rows = campaign_query(&lock, campaign_int8(run_id));

	if (rows->count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("run " INT64_FORMAT " does not exist", run_id),
				 errhint("Its campaign may have been dropped.")));
	return campaign_row_text(rows, 0, 1);
}

/* Holds up whoever wants to record a task; readers of a standby cannot. */
void
campaign_run_freeze(int64 run_id)
{
	CAMPAIGN_STATEMENT(freeze,
					   "SELECT FROM campaign.run WHERE run_id = $1 FOR SHARE");

	if (!XactReadOnly)
		(void) campaign_query(&freeze, campaign_int8(run_id));
}

/* What is to be locked: its open tasks, and the runs they are of. */
typedef struct Whole
{
	int64		id;
	CampaignStatement *tasks;
	CampaignStatement *tasks_now;	/* the same, but waits for nobody */
	CampaignStatement *runs;
	bool		has_runs;
} Whole;

/* Locks the runs, if all tasks that are open then are ours or free. */
static void
lock_runs(void *arg)
{
	Whole	   *whole = arg;

	whole->has_runs = false;
	(void) campaign_query(whole->runs, campaign_int8(whole->id));
	whole->has_runs = true;
	(void) campaign_query(whole->tasks_now, campaign_int8(whole->id));
}

/*
 * Tasks come before runs here, as they do for an executor, for which this
 * waits.  While it does, that may make another task ready and go on with it:
 * then the runs, which it needs, are let go of.
 */
static void
lock_whole(Whole *whole)
{
	ErrorData  *error;

	do
	{
		(void) campaign_query(whole->tasks, campaign_int8(whole->id));
		/* A subtransaction cannot begin before the last changes are seen. */
		CommandCounterIncrement();
		error = campaign_attempt(lock_runs, whole);
		if (error != NULL && (!whole->has_runs ||
							  error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE))
			ReThrowError(error);
	} while (error != NULL);
}

#define LOCK_OPEN_TASKS(column) \
	"SELECT FROM campaign.task t" \
	" JOIN campaign.run r ON r.run_id = t.run_id" \
	" WHERE r." column " = $1" \
	" AND (t.state IN ('ready', 'waiting') OR t.follow_at IS NOT NULL)" \
	" ORDER BY t.run_id, t.position FOR UPDATE OF t"
#define LOCK_RUNS(column) \
	"SELECT FROM campaign.run WHERE " column " = $1" \
	" ORDER BY run_id FOR UPDATE"

/* Locks all that can still move in runs of the campaign. */
void
campaign_run_lock_all(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(tasks, LOCK_OPEN_TASKS("campaign_id"));
	CAMPAIGN_STATEMENT(tasks_now, LOCK_OPEN_TASKS("campaign_id") " NOWAIT");
	CAMPAIGN_STATEMENT(runs, LOCK_RUNS("campaign_id"));
	Whole		whole = {campaign_id, &tasks, &tasks_now, &runs};

	lock_whole(&whole);
}

/* The same for one run. */
void
campaign_run_lock_whole(int64 run_id)
{
	CAMPAIGN_STATEMENT(tasks, LOCK_OPEN_TASKS("run_id"));
	CAMPAIGN_STATEMENT(tasks_now, LOCK_OPEN_TASKS("run_id") " NOWAIT");
	CAMPAIGN_STATEMENT(runs, LOCK_RUNS("run_id"));
	Whole		whole = {run_id, &tasks, &tasks_now, &runs};

	lock_whole(&whole);
}

/* Counts the tasks that are not at their end. */
void
campaign_run_summary(int64 run_id, CampaignRunSummary *summary)
{
	CAMPAIGN_STATEMENT(count,
					   "SELECT (count(*) FILTER (WHERE state = 'pending'))::int4,"
					   " (count(*) FILTER (WHERE state = 'ready'))::int4,"
					   " (count(*) FILTER (WHERE state = 'waiting'))::int4,"
					   " (count(*) FILTER (WHERE state = 'failed'))::int4"
					   " FROM campaign.task WHERE run_id = $1");
	CampaignRows *rows = campaign_query(&count, campaign_int8(run_id));

	summary->pending = campaign_row_int4(rows, 0, 1);
	summary->ready = campaign_row_int4(rows, 0, 2);
	summary->waiting = campaign_row_int4(rows, 0, 3);
	summary->failed = campaign_row_int4(rows, 0, 4);
}

/* A run of the campaign, no test, that has not come to its end, or 0. */
int64
campaign_run_unfinished(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT run_id FROM campaign.run WHERE campaign_id = $1"
					   " AND NOT test AND state NOT IN ('succeeded', 'stopped', 'missed')"
					   " ORDER BY run_id LIMIT 1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(campaign_id));

	return rows->count == 0 ? 0 : campaign_row_int8(rows, 0, 1);
}

/* True if a run of the campaign was ever started. */
bool
campaign_run_any(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT FROM campaign.run WHERE campaign_id = $1"
					   " AND NOT test AND state <> 'missed' LIMIT 1");

	return campaign_query(&find, campaign_int8(campaign_id))->count > 0;
}

/* Makes this the home of all runs whose owner the current user acts for. */
int64
campaign_run_adopt(void)
{
	CAMPAIGN_STATEMENT(adopt,
					   "UPDATE campaign.run r SET home = $1"
					   " FROM campaign.campaign c"
					   " WHERE c.campaign_id = r.campaign_id AND r.home <> $1"
					   " AND EXISTS (SELECT FROM pg_roles o WHERE o.oid = c.owner)"
					   " AND pg_has_role($2, c.owner, 'USAGE')");

	return (int64) campaign_execute(&adopt, campaign_text(campaign_home()),
									campaign_oid(GetUserId()));
}

/* Tasks that are due, and follow-ups, of runs in a state that lets them be. */
#define DUE_TASKS(compare, more) \
	"(SELECT t.run_id, t.due_at FROM campaign.task t" \
	" JOIN campaign.run r ON r.run_id = t.run_id" \
	" WHERE t.state IN ('ready', 'waiting') AND t.due_at " compare \
	" AND t.due_at < 'infinity' AND r.home = $2" \
	" AND (r.state IN ('pending', 'running', 'waiting')" more ")" \
	" AND NOT EXISTS (SELECT FROM campaign.hold)" \
	" UNION ALL SELECT t.run_id, t.follow_at FROM campaign.task t" \
	" JOIN campaign.run r ON r.run_id = t.run_id" \
	" WHERE t.follow_at " compare " AND r.home = $2" \
	" AND (r.state IN ('running', 'waiting', 'succeeded', 'failed')" more ")" \
	" AND NOT EXISTS (SELECT FROM campaign.hold))"

/*
 * Runs with due tasks, by number, and how many are due since late.  With
 * leftovers, also stopped runs in which a task or follow-up at work was not
 * cancelled, because its process ended before it could be.
 */
List *
campaign_run_due(TimestampTz now, TimestampTz late, bool leftovers)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT r.run_id, c.owner, c.owner_name, count(*)::int4,"
					   " (count(*) FILTER (WHERE t.due_at <= $4))::int4"
					   " FROM " DUE_TASKS("<= $1", " OR $3 AND r.state = 'stopped'") " t"
					   " JOIN campaign.run r ON r.run_id = t.run_id"
					   " JOIN campaign.campaign c ON c.campaign_id = r.campaign_id"
					   " GROUP BY r.run_id, c.owner, c.owner_name"
					   " ORDER BY r.run_id");
	CampaignRows *rows = campaign_query(&find, campaign_time(now),
										campaign_text(campaign_home()),
										campaign_bool(leftovers),
										campaign_time(late));
	List	   *due = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignDueRun *run = palloc(sizeof(CampaignDueRun));

		run->run_id = campaign_row_int8(rows, i, 1);
		run->owner_name = campaign_row_text(rows, i, 3);
		run->owner = campaign_role_existing(campaign_row_oid(rows, i, 2));
		run->tasks = campaign_row_int4(rows, i, 4);
		run->late = campaign_row_int4(rows, i, 5);
		due = lappend(due, run);
	}
	return due;
}

/* When the next task becomes due; 0 if none is waiting. */
TimestampTz
campaign_run_next_due(TimestampTz now)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT t.due_at FROM (" DUE_TASKS("> $1", "")
					   " UNION ALL SELECT t.run_id, t.warn_at"
					   " FROM campaign.task t"
					   " JOIN campaign.run r ON r.run_id = t.run_id"
					   " WHERE t.warn_at > $1 AND t.state IN ('ready', 'waiting')"
					   " AND r.home = $2 AND r.state IN ('pending', 'running', 'waiting')"
					   " AND NOT EXISTS (SELECT FROM campaign.hold)) t"
					   " ORDER BY t.due_at LIMIT 1");
	CampaignRows *rows = campaign_query(&find, campaign_time(now),
										campaign_text(campaign_home()));

	return rows->count == 0 ? 0 : campaign_row_time(rows, 0, 1);
}

/* Of the given runs, those that were paused, stopped or dropped. */
List *
campaign_run_halted(List *run_ids)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT count(*) FROM campaign.run WHERE run_id = $1"
					   " AND state NOT IN ('paused', 'held', 'stopped')"
					   " AND NOT EXISTS (SELECT FROM campaign.hold)");
	List	   *halted = NIL;
	ListCell   *cell;

	foreach(cell, run_ids)
	{
		int64	   *run_id = lfirst(cell);

		if (campaign_row_int8(campaign_query(&find, campaign_int8(*run_id)),
							  0, 1) == 0)
			halted = lappend(halted, run_id);
	}
	return halted;
}
