/*
 * health.c
 *		What waits for what, since when, and what to do about it.
 *
 * Asked every second by somebody who watches, so no statement reads what has
 * ended: each starts at a partial index over what is open, or at a table that
 * is small.  Whom a row may be shown to is asked for the rows that were found.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/clock.h"
#include "base/identity.h"
#include "base/settings.h"
#include "base/shared.h"
#include "base/sql.h"
#include "base/version.h"
#include "engine/health.h"
#include "queue/channel.h"
#include "store/cron.h"
#include "store/history.h"
#include "store/origin.h"
#include "store/privilege.h"
#include "store/run.h"

/* Due messages and due runs that wait longer than that need somebody. */
#define PATIENCE_SECONDS	600
#define EXECUTOR_SECONDS	60

#define WORST_FIRST "error", "warning", "info"

/*
 * Rows are severity, code, campaign_id, owner, campaign, run, activity, since,
 * message and hint; $1 is now, $2 this database.
 */
CAMPAIGN_STATEMENT(find_failed,
				   "SELECT 'error',"
				   " CASE WHEN t.activity IS NULL THEN 'owner' ELSE 'failed' END,"
				   " g.campaign_id, g.owner, g.name, r.run_id, t.activity,"
				   " coalesce(t.ended_at, r.ended_at),"
				   " coalesce(t.error, l.message, 'it failed'),"
				   " coalesce(t.hint || ' ', '') || format('Once the cause is gone, campaign_retry(%s) goes on; campaign_stop(%1$s) ends it.', r.run_id)"
				   " FROM campaign.run r"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " LEFT JOIN campaign.task t ON t.run_id = r.run_id"
				   " AND t.state = 'failed'"
				   " LEFT JOIN LATERAL (SELECT n.message FROM campaign.log n"
				   " WHERE n.run_id = r.run_id AND n.activity IS NULL"
				   " AND n.new_state = 'failed'"
				   " ORDER BY n.log_id DESC LIMIT 1) l ON t.activity IS NULL"
				   " WHERE r.state = 'failed' AND NOT r.test AND r.home = $2"
				   " AND $1 IS NOT NULL");

CAMPAIGN_STATEMENT(find_paused,
				   "SELECT 'info', r.state, g.campaign_id, g.owner, g.name,"
				   " r.run_id, NULL, l.logged_at,"
				   " format('run %s is %s', r.run_id, r.state),"
				   " format('campaign_resume(%s) lets it go on.', r.run_id)"
				   " FROM campaign.run r"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " LEFT JOIN LATERAL (SELECT n.logged_at FROM campaign.log n"
				   " WHERE n.run_id = r.run_id AND n.activity IS NULL"
				   " AND n.new_state = r.state"
				   " ORDER BY n.log_id DESC LIMIT 1) l ON true"
				   " WHERE r.state IN ('paused', 'held') AND r.home = $2"
				   " AND $1 IS NOT NULL");

CAMPAIGN_STATEMENT(find_foreign,
				   "SELECT 'warning', 'not_adopted', g.campaign_id, g.owner,"
				   " g.name, CASE WHEN o.runs = 1 THEN o.run_id END, NULL, o.since,"
				   " format('%s runs and %s schedules of it are at home in another database', o.runs, o.schedules),"
				   " 'If this database is to go on with them, call campaign_adopt().'"
				   " FROM (SELECT f.campaign_id, count(f.run_id) AS runs,"
				   " count(*) - count(f.run_id) AS schedules,"
				   " min(f.run_id) AS run_id, min(f.since) AS since"
				   " FROM (SELECT campaign_id, run_id, started_at AS since"
				   " FROM campaign.run WHERE home <> $2"
				   " AND state NOT IN ('succeeded', 'stopped', 'missed')"
				   " UNION ALL SELECT campaign_id, NULL, scheduled_at"
				   " FROM campaign.schedule"
				   " WHERE home <> $2 AND next_at IS NOT NULL) f"
				   " GROUP BY f.campaign_id) o"
				   " JOIN campaign.campaign g ON g.campaign_id = o.campaign_id"
				   " WHERE $1 IS NOT NULL");

CAMPAIGN_STATEMENT(find_waiting,
				   "SELECT 'info', CASE a.kind WHEN 'sub_campaign' THEN 'child' ELSE a.kind END,"
				   " g.campaign_id, g.owner, g.name, r.run_id, t.activity,"
				   " coalesce(p.asked_at, t.started_at),"
				   " CASE a.kind WHEN 'approval' THEN format('nobody has decided yet: %s', p.question)"
				   " WHEN 'signal' THEN format('it waits for signal \"%s\"', coalesce(a.options ->> 'signal', a.name))"
				   " ELSE format('it waits for the end of run %s', k.run_id) END,"
				   " CASE a.kind WHEN 'approval' THEN format('%s is asked: campaign_decide(%s, %L)', array_to_string(p.roles, ', '), p.approval_id, p.answers[1])"
				   " WHEN 'signal' THEN format('campaign_signal(%L, %L) lets it go on.', g.name, coalesce(a.options ->> 'signal', a.name))"
				   " END"
				   " FROM campaign.task t"
				   " JOIN campaign.run r ON r.run_id = t.run_id"
				   " JOIN campaign.activity a ON a.version_id = r.version_id"
				   " AND a.name = t.activity"
				   " AND a.kind IN ('approval', 'signal', 'sub_campaign')"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " LEFT JOIN campaign.approval p ON a.kind = 'approval'"
				   " AND p.run_id = t.run_id AND p.activity = t.activity"
				   " LEFT JOIN campaign.run k ON a.kind = 'sub_campaign'"
				   " AND k.parent_run = t.run_id AND k.parent_activity = t.activity"
				   " AND k.attached"
				   " WHERE t.state = 'waiting' AND t.due_at > $1"
				   " AND r.state IN ('pending', 'running', 'waiting')"
				   " AND r.home = $2");

CAMPAIGN_STATEMENT(find_unconfirmed,
				   "SELECT 'info', 'confirmation', g.campaign_id, g.owner, g.name,"
				   " r.run_id, d.activity, l.logged_at,"
				   " format('messages wait to be confirmed: %s', coalesce(l.message, d.queued::text)),"
				   " format('campaign_confirm(%s, %L) lets them be sent.', r.run_id, d.activity)"
				   " FROM campaign.delivery d"
				   " JOIN campaign.run r ON r.run_id = d.run_id"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " LEFT JOIN LATERAL (SELECT n.logged_at, n.message"
				   " FROM campaign.log n WHERE n.run_id = r.run_id"
				   " AND n.activity = d.activity AND n.event = 'confirmation needed'"
				   " ORDER BY n.log_id DESC LIMIT 1) l ON true"
				   " WHERE NOT d.drained AND NOT d.confirmed AND NOT r.test"
				   " AND r.state IN ('pending', 'running', 'waiting')"
				   " AND r.home = $2 AND $1 IS NOT NULL");

CAMPAIGN_STATEMENT(find_overdue,
				   "SELECT 'warning', 'overdue', g.campaign_id, g.owner, g.name,"
				   " r.run_id, t.activity, t.warn_at,"
				   " format('it takes longer than %s', a.options ->> 'max_duration'),"
				   " 'campaign.run_progress shows how far it is.'"
				   " FROM campaign.task t"
				   " JOIN campaign.run r ON r.run_id = t.run_id"
				   " JOIN campaign.activity a ON a.version_id = r.version_id"
				   " AND a.name = t.activity"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " WHERE t.warn_at <= $1 AND t.state IN ('ready', 'waiting')"
				   " AND r.state IN ('pending', 'running', 'waiting')"
				   " AND r.home = $2");

CAMPAIGN_STATEMENT(find_late_launches,
				   "SELECT 'warning', 'launch', g.campaign_id, g.owner, g.name,"
				   " NULL, NULL, s.next_at,"
				   " 'its schedule is due and has not been launched',"
				   " 'A run of it that has not ended may be in the way; CALL campaign_work() launches, too.'"
				   " FROM campaign.schedule s"
				   " JOIN campaign.campaign g ON g.campaign_id = s.campaign_id"
				   " WHERE s.next_at <= $1 - interval '1 minute' AND s.home = $2"
				   " AND NOT EXISTS (SELECT FROM campaign.hold)");

/* From owner to owner through the index, however many campaigns each has. */
CAMPAIGN_STATEMENT(find_superusers,
				   "WITH RECURSIVE owners (owner) AS"
				   " (SELECT min(owner) FROM campaign.campaign"
				   " WHERE status = 'published'"
				   " UNION ALL SELECT (SELECT min(n.owner) FROM campaign.campaign n"
				   " WHERE n.status = 'published' AND n.owner > p.owner)"
				   " FROM owners p WHERE p.owner IS NOT NULL)"
				   " SELECT 'warning', 'superuser', min(g.campaign_id), g.owner,"
				   " CASE WHEN count(*) = 1 THEN min(g.name) END, NULL, NULL, NULL,"
				   " format('superuser %s owns %s published campaigns', o.rolname, count(*)),"
				   " 'Whatever they call is executed with all rights: let a role of its own own them.'"
				   " FROM owners s JOIN pg_catalog.pg_roles o ON o.oid = s.owner"
				   " CROSS JOIN LATERAL (SELECT * FROM campaign.campaign n"
				   " WHERE n.owner = s.owner AND n.status = 'published' OFFSET 0) g"
				   " WHERE o.rolsuper"
				   " AND $1 IS NOT NULL AND $2 IS NOT NULL"
				   " GROUP BY g.owner, o.rolname");

CAMPAIGN_STATEMENT(find_held,
				   "SELECT 'warning', 'held', NULL, NULL, NULL, NULL, NULL,"
				   " h.held_at, concat_ws(': ', 'everything is held by ' || h.role_name, h.reason),"
				   " 'Once the cause is gone, call campaign_resume_all().'"
				   " FROM campaign.hold h WHERE $1 IS NOT NULL AND $2 IS NOT NULL");

/* What is forgotten after a week goes when others come; a day more is late. */
CAMPAIGN_STATEMENT(find_unforgotten,
				   "SELECT 'warning', 'retention', NULL, NULL, NULL, NULL, NULL,"
				   " o.since, format('rows of %s are older than a week', o.relation),"
				   " 'They are forgotten when messages are claimed and feedback comes; without both they may be deleted.'"
				   " FROM (SELECT 'campaign.parked_event' AS relation,"
				   " min(parked_at) AS since FROM campaign.parked_event"
				   " UNION ALL SELECT 'campaign.lost_lease', min(lost_at)"
				   " FROM campaign.lost_lease) o"
				   " WHERE o.since < $1 - interval '8 days' AND $2 IS NOT NULL");

/* Also whether the run has an executor, and why it cannot get one, in C. */
CAMPAIGN_STATEMENT(find_due_runs,
				   "SELECT 'info', 'executor', g.campaign_id, g.owner, g.name,"
				   " r.run_id, NULL, min(t.due_at), NULL, NULL"
				   " FROM campaign.task t"
				   " JOIN campaign.run r ON r.run_id = t.run_id"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " WHERE t.state IN ('ready', 'waiting') AND t.due_at <= $1"
				   " AND r.state IN ('pending', 'running', 'waiting')"
				   " AND r.home = $2 AND NOT EXISTS (SELECT FROM campaign.hold)"
				   " GROUP BY g.campaign_id, r.run_id");

/*
 * Of the first chunks of each delivery that are due and that nobody has, one;
 * rather one whose leases expire.
 */
CAMPAIGN_STATEMENT(find_due_messages,
				   "SELECT 'info', 'unclaimed', g.campaign_id, g.owner, g.name,"
				   " r.run_id, d.activity, f.due_at, NULL, NULL, d.channel,"
				   " f.attempts > 1 AND f.lease IS NOT NULL,"
				   " g.settings -> 'throttle', f.domain, f.attempts"
				   " FROM campaign.delivery d"
				   " JOIN campaign.run r ON r.run_id = d.run_id"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " CROSS JOIN LATERAL (SELECT c.* FROM unnest(d.lanes) AS l (domain)"
				   " CROSS JOIN LATERAL (SELECT n.* FROM campaign.chunk n"
				   " WHERE n.delivery_id = d.delivery_id AND n.domain = l.domain"
				   " AND NOT n.settled AND n.due_at <= $1"
				   " AND (n.due_at, n.chunk_id) >= (d.passed_due, d.passed_chunk)"
				   " ORDER BY n.due_at, n.chunk_id LIMIT 8) c"
				   " WHERE c.leased_until IS NULL OR c.leased_until <= $1"
				   " ORDER BY c.attempts > 1 AND c.lease IS NOT NULL DESC, c.due_at LIMIT 1) f"
				   " WHERE NOT d.drained AND d.confirmed AND NOT r.test"
				   " AND r.state IN ('pending', 'running', 'waiting', 'succeeded', 'failed')"
				   " AND r.home = $2 AND NOT EXISTS (SELECT FROM campaign.hold)"
				   " ORDER BY d.channel");

/* An examination in progress. */
typedef struct Examination
{
	TimestampTz now;
	List	   *executors;		/* of CampaignExecutor *, at work now */
	CampaignChannel *channel;	/* of the delivery looked at last; or NULL */
	List	   *symptoms;
} Examination;

/* True if the current user may see it. */
static bool
is_visible(const CampaignSymptom *symptom)
{
	return symptom->campaign_id == 0 ||
		campaign_origin_visible(symptom->owner) ||
		campaign_privilege_held(symptom->campaign_id, symptom->owner,
								CAMPAIGN_PRIVILEGE_VIEW);
}

/* The symptom of a row. */
static CampaignSymptom *
read_symptom(const CampaignRows *rows, int row)
{
	CampaignSymptom *symptom = palloc0(sizeof(CampaignSymptom));

	symptom->severity = campaign_row_text(rows, row, 1);
	symptom->code = campaign_row_text(rows, row, 2);
	symptom->campaign_id = campaign_row_int8(rows, row, 3);
	symptom->owner = campaign_row_oid(rows, row, 4);
	symptom->campaign = campaign_row_text(rows, row, 5);
	symptom->run_id = campaign_row_int8(rows, row, 6);
	symptom->activity = campaign_row_text(rows, row, 7);
	symptom->since = campaign_row_time(rows, row, 8);
	symptom->message = campaign_row_text(rows, row, 9);
	symptom->hint = campaign_row_text(rows, row, 10);
	return symptom;
}

/* Adds what a statement finds and the user may see. */
static void
add_found(Examination *examination, CampaignStatement *find)
{
	CampaignRows *rows = campaign_query(find, campaign_time(examination->now),
										campaign_text(campaign_home()));

	for (int i = 0; i < rows->count; i++)
	{
		CampaignSymptom *symptom = read_symptom(rows, i);

		if (is_visible(symptom))
			examination->symptoms = lappend(examination->symptoms, symptom);
	}
}

/* Adds what is not about one campaign. */
static void
add_general(Examination *examination, const char *severity, const char *code,
			const char *message, const char *hint)
{
	CampaignSymptom *symptom = palloc0(sizeof(CampaignSymptom));

	symptom->severity = severity;
	symptom->code = code;
	symptom->message = pstrdup(message);
	symptom->hint = pstrdup(hint);
	examination->symptoms = lappend(examination->symptoms, symptom);
}

/* True if it has lasted that long. */
static bool
lasts(const Examination *examination, const CampaignSymptom *symptom,
	  int seconds)
{
	return symptom->since < examination->now - seconds * USECS_PER_SEC;
}

/* ------------------------------- executors ------------------------------ */

/* True if an executor is at the run. */
static bool
has_executor(const Examination *examination, int64 run_id)
{
	ListCell   *cell;

	foreach(cell, examination->executors)
	{
		CampaignExecutor *executor = lfirst(cell);

		if (executor->run_id == run_id && !executor->ended)
			return true;
	}
	return false;
}

/* Says why a due run has no executor. */
static void
explain_executor(const Examination *examination, CampaignSymptom *symptom)
{
	const char *problem = campaign_role_problem(symptom->owner);

	if (!campaign_shared_active())
	{
		symptom->code = "not_preloaded";
		symptom->message = "nobody executes it: the library is not preloaded";
		symptom->hint = "Set shared_preload_libraries, or CALL campaign_work() as its owner.";
	}
	else if (problem != NULL)
	{
		symptom->severity = "error";
		symptom->code = "owner";
		symptom->message = psprintf("nobody can be connected as its owner: %s",
									problem);
		symptom->hint = "ALTER ROLE … LOGIN, GRANT CONNECT ON DATABASE, or GRANT USAGE ON SCHEMA campaign mend that.";
	}
	else if (list_length(examination->executors) >= campaign_max_executors)
	{
		symptom->code = "executors_busy";
		symptom->message = psprintf("all %d executors are at other runs",
									campaign_max_executors);
		symptom->hint = "campaign.max_executors allows more of them.";
	}
	else
	{
		symptom->message = "it is due and waits for an executor";
		symptom->hint = "If it stays so, look into the server's log: max_worker_processes may be too small.";
	}
	if (strcmp(symptom->severity, "info") == 0 &&
		lasts(examination, symptom, EXECUTOR_SECONDS))
		symptom->severity = "warning";
}

/* Adds runs that are due and that nobody is at. */
static void
add_due_runs(Examination *examination)
{
	CampaignRows *rows = campaign_query(&find_due_runs,
										campaign_time(examination->now),
										campaign_text(campaign_home()));

	for (int i = 0; i < rows->count; i++)
	{
		CampaignSymptom *symptom = read_symptom(rows, i);

		if (has_executor(examination, symptom->run_id) || !is_visible(symptom))
			continue;
		explain_executor(examination, symptom);
		examination->symptoms = lappend(examination->symptoms, symptom);
	}
}

/* -------------------------------- messages ------------------------------ */

/* True if nothing is left of the limit for now. */
static bool
is_used_up(const Examination *examination, const char *bucket,
		   const CampaignLimit *limit)
{
	return limit->messages > 0 &&
		campaign_throttle_left(bucket, limit, examination->now) == 0;
}

/* What the limit is of that keeps the delivery's messages back, or NULL. */
static char *
find_limit(const Examination *examination, const CampaignRows *rows, int row)
{
	CampaignChannel *channel = examination->channel;
	Jsonb	   *settings = campaign_row_jsonb(rows, row, 13);
	char	   *domain = campaign_row_text(rows, row, 14);
	CampaignLimit limit = {0};
	JsonbValue	value;

	if (is_used_up(examination, psprintf("channel %s", channel->name),
				   &channel->throttle))
		return psprintf("channel \"%s\"", channel->name);
	if (settings != NULL)
	{
		JsonbToJsonbValue(settings, &value);
		limit = campaign_limit_parse(&value, "setting \"throttle\"");
	}
	if (is_used_up(examination,
				   psprintf("campaign " INT64_FORMAT,
							campaign_row_int8(rows, row, 3)), &limit))
		return "the campaign";
	if (domain[0] == '\0')
		return NULL;
	limit = campaign_channel_domain_limit(channel, domain);
	return is_used_up(examination, psprintf("domain %s of channel %s", domain,
											channel->name), &limit) ?
		psprintf("domain \"%s\"", domain) : NULL;
}

/* Says why due messages are not claimed. */
static void
explain_messages(Examination *examination, const CampaignRows *rows, int row,
				 CampaignSymptom *symptom)
{
	char	   *channel = campaign_row_text(rows, row, 11);
	char	   *limit;

	if (examination->channel == NULL ||
		strcmp(examination->channel->name, channel) != 0)
		examination->channel = campaign_channel_find(channel);
	limit = examination->channel == NULL ? NULL :
		find_limit(examination, rows, row);
	if (examination->channel != NULL && examination->channel->paused)
	{
		symptom->code = "channel_paused";
		symptom->message = psprintf("channel \"%s\" is paused", channel);
		symptom->hint = psprintf("campaign_channel(%s, settings => '{\"paused\": false}') lets messages be claimed.",
								 quote_literal_cstr(channel));
	}
	else if (limit != NULL)
	{
		symptom->code = "throttled";
		symptom->message = psprintf("as many messages were handed out as the limit of %s allows",
									limit);
		symptom->hint = "The others follow as its period goes by.";
	}
	else if (campaign_row_bool(rows, row, 12))
	{
		symptom->severity = "warning";
		symptom->code = "leases_expire";
		symptom->message = psprintf("messages were claimed %d times and never acknowledged in time",
									campaign_row_int4(rows, row, 15));
		symptom->hint = "The sender is too slow or dies: let it claim fewer messages, or for longer.";
	}
	else
	{
		if (lasts(examination, symptom, PATIENCE_SECONDS))
			symptom->severity = "warning";
		symptom->message = psprintf("messages are due and nobody claims channel \"%s\"",
									channel);
		symptom->hint = "Is a sender of the channel at work, and may it send for this campaign?";
	}
}

/* Adds deliveries with messages that are due and that nobody has. */
static void
add_due_messages(Examination *examination)
{
	CampaignRows *rows = campaign_query(&find_due_messages,
										campaign_time(examination->now),
										campaign_text(campaign_home()));

	for (int i = 0; i < rows->count; i++)
	{
		CampaignSymptom *symptom = read_symptom(rows, i);

		if (!is_visible(symptom))
			continue;
		explain_messages(examination, rows, i, symptom);
		examination->symptoms = lappend(examination->symptoms, symptom);
	}
}

/* --------------------------------- all ---------------------------------- */

/* Adds what keeps pg_cron from starting campaigns. */
static void
add_cron(Examination *examination)
{
	ListCell   *cell;

	foreach(cell, campaign_cron_problems())
	{
		CampaignCronProblem *problem = lfirst(cell);

		if (problem->campaign != NULL && !campaign_acts_for(problem->owner))
			continue;
		add_general(examination, "error", "cron", problem->problem,
					problem->hint);
		((CampaignSymptom *) llast(examination->symptoms))->campaign =
			problem->campaign;
	}
}

/*
 * Adds that what is old has not gone.  A scheduler knows when something will
 * be old; without one, every campaign is looked at.
 */
static void
add_history(Examination *examination)
{
	TimestampTz clean_at;
	TimestampTz due;

	if (campaign_shared_active())
		campaign_shared_clean_times(&clean_at, &due);
	else
		due = campaign_history_next(DT_NOBEGIN);
	if (due == 0 || due > examination->now - USECS_PER_DAY)
		return;
	add_general(examination, "warning", "retention",
				"messages or populations are older than they are to be kept",
				"The scheduler deletes them; campaign_clean_up() does it where there is none.");
	((CampaignSymptom *) llast(examination->symptoms))->since = due;
}

/* The numbers of their campaigns, 0 for those that are about all. */
static List *
list_campaigns(const Examination *examination)
{
	List	   *numbers = NIL;
	ListCell   *cell;

	foreach(cell, examination->symptoms)
		numbers = lappend(numbers,
						  psprintf(INT64_FORMAT,
								   ((CampaignSymptom *) lfirst(cell))->campaign_id));
	return numbers;
}

/* Adds whom campaigns want told. */
static void
add_supervisors(Examination *examination)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT ARRAY(SELECT jsonb_array_elements_text(c.settings -> 'supervisors'))"
					   " FROM unnest($1) WITH ORDINALITY AS s (campaign_id, position)"
					   " LEFT JOIN campaign.campaign c ON c.campaign_id = s.campaign_id::bigint"
					   " ORDER BY s.position");
	CampaignRows *rows = campaign_query(&find,
										campaign_text_array(list_campaigns(examination)));
	ListCell   *cell;

	foreach(cell, examination->symptoms)
		((CampaignSymptom *) lfirst(cell))->supervisors =
			campaign_row_text_array(rows, foreach_current_index(cell), 1);
}

/* How bad it is; 0 is worst. */
static int
rank(const CampaignSymptom *symptom)
{
	static const char *const ranks[] = {WORST_FIRST};

	for (int i = 0; i < lengthof(ranks); i++)
	{
		if (strcmp(symptom->severity, ranks[i]) == 0)
			return i;
	}
	return lengthof(ranks);
}

/* The worst first, then what has lasted longest. */
static int
compare_symptoms(const ListCell *left, const ListCell *right)
{
	const CampaignSymptom *a = lfirst(left);
	const CampaignSymptom *b = lfirst(right);

	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (a->since != b->since)
		return a->since < b->since ? -1 : 1;
	return strcmp(a->code, b->code);
}

/* True, with a row about it, if the tables cannot be read as they are. */
static bool
is_unusable(Examination *examination)
{
	char	   *installed = campaign_version_installed();

	if (installed != NULL && !campaign_version_fits(installed))
		add_general(examination, "error", "update",
					psprintf("the extension is of version %s in this database, but the library of another one is loaded",
							 installed),
					"Run ALTER EXTENSION campaign UPDATE, after a restart of the server if new files were installed.");
	else
	{
		campaign_require_user();
		if (!campaign_origin_here())
			add_general(examination, "error", "not_adopted",
						"campaigns of this database come from another server",
						"A superuser calls campaign_adopt(), which finds the owners by name.");
	}
	return examination->symptoms != NIL;
}

/* All that the current user may see. */
List *
campaign_health_examine(void)
{
	Examination examination = {.now = campaign_clock_now()};
	CampaignStatement *const statements[] = {
		&find_failed, &find_paused, &find_foreign, &find_waiting,
		&find_unconfirmed, &find_overdue, &find_late_launches,
		&find_superusers, &find_held, &find_unforgotten
	};

	if (is_unusable(&examination))
		return examination.symptoms;
	examination.executors = campaign_shared_executors();
	for (int i = 0; i < lengthof(statements); i++)
		add_found(&examination, statements[i]);
	add_due_runs(&examination);
	add_due_messages(&examination);
	add_cron(&examination);
	add_history(&examination);
	add_supervisors(&examination);
	list_sort(examination.symptoms, compare_symptoms);
	return examination.symptoms;
}
