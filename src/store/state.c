/*
 * state.c
 *		States of campaigns, runs and tasks, and the moves between them.
 *
 * The table below is the state machine: a move that is not in it changes no
 * row.  Only the statements of this file write a state.  The tables' CHECK
 * constraints and docs/states.md list the same names.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/shared.h"
#include "base/sql.h"
#include "store/news.h"
#include "store/state.h"

typedef struct Move
{
	CampaignNoun noun;
	const char *from;
	const char *to;
} Move;

static const Move moves[] = {
	{CAMPAIGN_NOUN_CAMPAIGN, "draft", "published"},
	{CAMPAIGN_NOUN_CAMPAIGN, "published", "draft"},
	{CAMPAIGN_NOUN_CAMPAIGN, "published", "closed"},
	{CAMPAIGN_NOUN_CAMPAIGN, "published", "archived"},
	{CAMPAIGN_NOUN_CAMPAIGN, "closed", "published"},
	{CAMPAIGN_NOUN_CAMPAIGN, "closed", "archived"},

	{CAMPAIGN_NOUN_RUN, "pending", "running"},
	{CAMPAIGN_NOUN_RUN, "pending", "failed"},
	{CAMPAIGN_NOUN_RUN, "pending", "paused"},
	{CAMPAIGN_NOUN_RUN, "pending", "stopped"},
	{CAMPAIGN_NOUN_RUN, "pending", "missed"},
	{CAMPAIGN_NOUN_RUN, "running", "waiting"},
	{CAMPAIGN_NOUN_RUN, "running", "paused"},
	{CAMPAIGN_NOUN_RUN, "running", "succeeded"},
	{CAMPAIGN_NOUN_RUN, "running", "failed"},
	{CAMPAIGN_NOUN_RUN, "running", "stopped"},
	{CAMPAIGN_NOUN_RUN, "waiting", "running"},
	{CAMPAIGN_NOUN_RUN, "waiting", "paused"},
	{CAMPAIGN_NOUN_RUN, "waiting", "succeeded"},
	{CAMPAIGN_NOUN_RUN, "waiting", "failed"},
	{CAMPAIGN_NOUN_RUN, "waiting", "stopped"},
	{CAMPAIGN_NOUN_RUN, "paused", "running"},
	{CAMPAIGN_NOUN_RUN, "paused", "waiting"},
	{CAMPAIGN_NOUN_RUN, "paused", "failed"},
	{CAMPAIGN_NOUN_RUN, "paused", "succeeded"},
	{CAMPAIGN_NOUN_RUN, "paused", "stopped"},
	{CAMPAIGN_NOUN_RUN, "failed", "running"},
	{CAMPAIGN_NOUN_RUN, "failed", "paused"},
	{CAMPAIGN_NOUN_RUN, "failed", "stopped"},
	{CAMPAIGN_NOUN_RUN, "succeeded", "running"},
	{CAMPAIGN_NOUN_RUN, "succeeded", "paused"},
	{CAMPAIGN_NOUN_RUN, "succeeded", "stopped"},

	{CAMPAIGN_NOUN_TASK, "pending", "ready"},
	{CAMPAIGN_NOUN_TASK, "pending", "skipped"},
	{CAMPAIGN_NOUN_TASK, "pending", "cancelled"},
	{CAMPAIGN_NOUN_TASK, "ready", "pending"},
	{CAMPAIGN_NOUN_TASK, "ready", "waiting"},
	{CAMPAIGN_NOUN_TASK, "ready", "succeeded"},
	{CAMPAIGN_NOUN_TASK, "ready", "failed"},
	{CAMPAIGN_NOUN_TASK, "ready", "skipped"},
	{CAMPAIGN_NOUN_TASK, "ready", "cancelled"},
	{CAMPAIGN_NOUN_TASK, "waiting", "pending"},
	{CAMPAIGN_NOUN_TASK, "waiting", "ready"},
	{CAMPAIGN_NOUN_TASK, "waiting", "succeeded"},
	{CAMPAIGN_NOUN_TASK, "waiting", "failed"},
	{CAMPAIGN_NOUN_TASK, "waiting", "skipped"},
	{CAMPAIGN_NOUN_TASK, "waiting", "cancelled"},
	{CAMPAIGN_NOUN_TASK, "failed", "pending"},
	{CAMPAIGN_NOUN_TASK, "failed", "ready"},
	{CAMPAIGN_NOUN_TASK, "failed", "cancelled"},
	{CAMPAIGN_NOUN_TASK, "succeeded", "pending"},
	{CAMPAIGN_NOUN_TASK, "succeeded", "ready"},
	{CAMPAIGN_NOUN_TASK, "skipped", "pending"},
	{CAMPAIGN_NOUN_TASK, "skipped", "ready"},
};

/* States from which a move to the given one is allowed. */
static List *
states_before(CampaignNoun noun, const char *to)
{
	List	   *states = NIL;

	for (int i = 0; i < lengthof(moves); i++)
	{
		if (moves[i].noun == noun && strcmp(moves[i].to, to) == 0)
			states = lappend(states, pstrdup(moves[i].from));
	}
	return states;
}

/* Moves a campaign's status. */
static CampaignRows *
move_campaign(int64 id, const char *to, List *from, const char *why)
{
	CAMPAIGN_STATEMENT(move,
					   "WITH before AS MATERIALIZED"
					   " (SELECT campaign_id, status FROM campaign.campaign"
					   " WHERE campaign_id = $1 FOR NO KEY UPDATE),"
					   " moved AS (UPDATE campaign.campaign c SET status = $2"
					   " FROM before b WHERE c.campaign_id = b.campaign_id"
					   " AND b.status = ANY ($3)"
					   " RETURNING c.name, c.owner, b.status),"
					   " logged AS (INSERT INTO campaign.log"
					   " (role_name, owner, campaign, event, old_state, new_state, message)"
					   " SELECT $5, owner, name, 'move', status, $2, $4 FROM moved)"
					   " SELECT status FROM moved");

	return campaign_query(&move, campaign_int8(id), campaign_text(to),
						  campaign_text_array(from), campaign_text(why),
						  campaign_text(GetUserNameFromId(GetUserId(), false)));
}

/* True if a run in that state goes on by itself. */
static bool
goes_on(const char *state)
{
	return strcmp(state, "pending") == 0 || strcmp(state, "running") == 0 ||
		strcmp(state, "waiting") == 0;
}

/* Tells of a move of a run that somebody may want to know of. */
static void
tell_move(int64 run_id, const char *campaign, const char *from,
		  const char *to)
{
	CampaignNews news = {
		.event = goes_on(to) ? "resumed" : to,
		.campaign = campaign,
		.run_id = run_id
	};

	if (!goes_on(from) || !goes_on(to))
		campaign_news_send(CAMPAIGN_NEWS_CHANNEL, &news);
}

/*
 * Moves a run; one that comes to rest gets its end, one that goes on none.  The
 * activity of another run that waits for the end is then due, or to be told
 * later if somebody holds it.  The run is updated once: a second time in one
 * transaction would ask for locks on what its foreign keys refer to.
 */
static CampaignRows *
move_run(int64 id, const char *to, List *from, const char *why)
{
	CAMPAIGN_STATEMENT(move,
					   "WITH before AS MATERIALIZED"
					   " (SELECT run_id, state, CASE WHEN attached"
					   " AND $2 IN ('succeeded', 'failed', 'stopped')"
					   " AND state = ANY ($3) THEN parent_run END AS parent,"
					   " parent_activity FROM campaign.run"
					   " WHERE run_id = $1 FOR NO KEY UPDATE),"
					   " waiting AS MATERIALIZED"
					   " (SELECT t.run_id, t.activity FROM before b"
					   " JOIN campaign.task t ON t.run_id = b.parent"
					   " AND t.activity = b.parent_activity"
					   " WHERE t.state = 'waiting'"
					   " FOR NO KEY UPDATE OF t SKIP LOCKED),"
					   " woken AS (UPDATE campaign.task t"
					   " SET due_at = clock_timestamp() FROM waiting w"
					   " WHERE t.run_id = w.run_id AND t.activity = w.activity),"
					   " moved AS (UPDATE campaign.run r SET state = $2,"
					   " unheard = b.parent IS NOT NULL"
					   " AND NOT EXISTS (SELECT FROM waiting),"
					   " ended_at = CASE WHEN $2 IN ('succeeded', 'failed', 'stopped', 'missed')"
					   " THEN coalesce(r.ended_at, clock_timestamp())"
					   " WHEN $2 = 'paused' THEN r.ended_at END"
					   " FROM before b, campaign.campaign c"
					   " WHERE r.run_id = b.run_id AND b.state = ANY ($3)"
					   " AND c.campaign_id = r.campaign_id"
					   " RETURNING c.name, c.owner, b.state,"
					   " b.parent IS NOT NULL AS awaited, r.test),"
					   " logged AS (INSERT INTO campaign.log"
					   " (role_name, owner, campaign, run_id, event, old_state, new_state, message)"
					   " SELECT $5, owner, name, $1, 'move', state, $2, $4 FROM moved)"
					   " SELECT state, name, test, awaited FROM moved");
	CampaignRows *rows;

	rows = campaign_query(&move, campaign_int8(id), campaign_text(to),
						  campaign_text_array(from), campaign_text(why),
						  campaign_text(GetUserNameFromId(GetUserId(), false)));
	if (rows->count > 0 && !campaign_row_bool(rows, 0, 3))
		tell_move(id, campaign_row_text(rows, 0, 2),
				  campaign_row_text(rows, 0, 1), to);
	if (rows->count > 0 && campaign_row_bool(rows, 0, 4))
	{
		campaign_shared_wake_at_commit();
		CAMPAIGN_FAULT("parent_woken");
	}
	return rows;
}

/* A statement that moves a task and sets what else the move changes. */
#define MOVE_TASK(changes) \
	"WITH before AS MATERIALIZED" \
	" (SELECT run_id, activity, state FROM campaign.task" \
	" WHERE run_id = $1 AND activity = $6 FOR NO KEY UPDATE)," \
	" moved AS (UPDATE campaign.task t SET state = $2" changes \
	" FROM before b, campaign.run r, campaign.campaign c" \
	" WHERE t.run_id = b.run_id AND t.activity = b.activity" \
	" AND b.state = ANY ($3) AND r.run_id = b.run_id" \
	" AND c.campaign_id = r.campaign_id" \
	" RETURNING c.name, c.owner, b.state)," \
	" logged AS (INSERT INTO campaign.log" \
	" (role_name, owner, campaign, run_id, activity, event, old_state, new_state, message)" \
	" SELECT $5, owner, name, $1, $6, 'move', state, $2, $4 FROM moved)" \
	" SELECT state FROM moved"

/*
 * Moves a task of a run.  One that becomes ready is due now, and its attempts
 * and its time are counted from here.
 */
static CampaignRows *
move_task(int64 run_id, const char *activity, const char *to, List *from,
		  const char *why)
{
	CAMPAIGN_STATEMENT(move, MOVE_TASK(""));
	CAMPAIGN_STATEMENT(begin,
					   MOVE_TASK(", due_at = clock_timestamp(),"
								 " hurried = false, attempts = 0,"
								 " started_at = NULL,"
								 " warn_at = clock_timestamp() +"
								 " (SELECT (a.options ->> 'max_duration')::interval"
								 " FROM campaign.activity a"
								 " WHERE a.version_id = r.version_id"
								 " AND a.name = t.activity)"));

	return campaign_query(strcmp(to, "ready") == 0 ? &begin : &move,
						  campaign_int8(run_id), campaign_text(to),
						  campaign_text_array(from), campaign_text(why),
						  campaign_text(GetUserNameFromId(GetUserId(), false)),
						  campaign_text(activity));
}

/*
 * Moves a task to the state it ends in, and notes when it was executed and how
 * many rows came in, all in one version of its row; an earlier error is
 * forgotten.
 */
void
campaign_state_end_task(int64 run_id, const char *activity, const char *to,
						const char *why, TimestampTz started_at,
						int64 rows_in)
{
	CAMPAIGN_STATEMENT(end,
					   MOVE_TASK(", started_at = coalesce(t.started_at, $7),"
								 " ended_at = $8, rows_in = $9,"
								 " sqlstate = NULL, error = NULL,"
								 " detail = NULL, hint = NULL"));

	(void) campaign_query(&end, campaign_int8(run_id), campaign_text(to),
						  campaign_text_array(states_before(CAMPAIGN_NOUN_TASK,
															to)),
						  campaign_text(why),
						  campaign_text(GetUserNameFromId(GetUserId(), false)),
						  campaign_text(activity),
						  campaign_time(started_at),
						  campaign_time(campaign_clock_now()),
						  rows_in < 0 ? campaign_null(INT8OID) :
						  campaign_int8(rows_in));
}

/*
 * Notes that an execution waits, and until when; an earlier error is forgotten.
 * One that waits already is noted anew, which is no move.
 */
void
campaign_state_wait_task(int64 run_id, const char *activity,
						 TimestampTz started_at, int64 rows_in,
						 TimestampTz due_at)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.task"
					   " SET started_at = coalesce(started_at, $3),"
					   " ended_at = NULL, rows_in = $4, due_at = $5,"
					   " hurried = false, sqlstate = NULL, error = NULL,"
					   " detail = NULL, hint = NULL"
					   " WHERE run_id = $1 AND activity = $2");

	campaign_execute(&update, campaign_int8(run_id), campaign_text(activity),
					 campaign_time(started_at),
					 rows_in < 0 ? campaign_null(INT8OID) :
					 campaign_int8(rows_in), campaign_time(due_at));
	(void) campaign_state_move(CAMPAIGN_NOUN_TASK, run_id, activity,
							   "waiting", NULL);
}

/* Moves a campaign, a run or a task, if the table of moves allows it. */
char *
campaign_state_move(CampaignNoun noun, int64 id, const char *activity,
					const char *to, const char *why)
{
	List	   *from = states_before(noun, to);
	CampaignRows *rows = NULL;

	switch (noun)
	{
		case CAMPAIGN_NOUN_CAMPAIGN:
			rows = move_campaign(id, to, from, why);
			break;
		case CAMPAIGN_NOUN_RUN:
			rows = move_run(id, to, from, why);
			break;
		case CAMPAIGN_NOUN_TASK:
			rows = move_task(id, activity, to, from, why);
			break;
	}
	return rows->count == 0 ? NULL : campaign_row_text(rows, 0, 1);
}
