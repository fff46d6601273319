/*
 * signal.c
 *		Rows of campaign.signal: what runs were told from outside.
 *
 * A signal belongs to a run and stays for as long as that: an activity that
 * comes to it late takes it all the same, and a second one may take it again.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/errors.h"
#include "base/json.h"
#include "base/sql.h"
#include "base/text.h"
#include "store/log.h"
#include "store/run.h"
#include "store/signal.h"
#include "store/task.h"

/* The name of the signal that an activity waits for. */
#define SIGNAL_NAME		"coalesce(a.options ->> 'signal', a.name)"

/*
 * Runs in which an activity waits for the signal or may come to it, of
 * int64 *, in order.
 */
static List *
find_runs(int64 campaign_id, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT r.run_id FROM campaign.run r"
					   " JOIN campaign.task t ON t.run_id = r.run_id"
					   " JOIN campaign.activity a ON a.version_id = r.version_id"
					   " AND a.name = t.activity AND a.kind = 'signal'"
					   " WHERE r.campaign_id = $1 AND " SIGNAL_NAME " = $2"
					   " AND r.home = $3 AND NOT r.test"
					   " AND r.state NOT IN ('succeeded', 'stopped', 'missed')"
					   " AND t.state IN ('pending', 'ready', 'waiting', 'failed')"
					   " ORDER BY r.run_id");
	CampaignRows *rows = campaign_query(&find, campaign_int8(campaign_id),
										campaign_text(name),
										campaign_text(campaign_home()));
	List	   *runs = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		int64	   *run_id = palloc(sizeof(int64));

		*run_id = campaign_row_int8(rows, i, 1);
		runs = lappend(runs, run_id);
	}
	return runs;
}

/* The first column of all rows. */
static List *
read_names(const CampaignRows *rows)
{
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* Names of the run's activities that take the signal, now or later. */
static List *
find_listeners(int64 run_id, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT t.activity FROM campaign.run r"
					   " JOIN campaign.task t ON t.run_id = r.run_id"
					   " JOIN campaign.activity a ON a.version_id = r.version_id"
					   " AND a.name = t.activity AND a.kind = 'signal'"
					   " WHERE r.run_id = $1 AND " SIGNAL_NAME " = $2"
					   " AND t.state IN ('pending', 'ready', 'waiting', 'failed')"
					   " ORDER BY t.position");

	return read_names(campaign_query(&find, campaign_int8(run_id),
									 campaign_text(name)));
}

/* Names of the signals that a version knows. */
static List *
find_names(int64 version_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT " SIGNAL_NAME " FROM campaign.activity a"
					   " WHERE a.version_id = $1 AND a.kind = 'signal'"
					   " ORDER BY 1");

	return read_names(campaign_query(&find, campaign_int8(version_id)));
}

/* Adds a signal to a run. */
static void
insert_signal(int64 run_id, const char *name, const Jsonb *payload)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.signal (run_id, name, payload, sent_by)"
					   " VALUES ($1, $2, $3, $4)");

	campaign_execute(&insert, campaign_int8(run_id), campaign_text(name),
					 campaign_jsonb(payload),
					 campaign_text(GetUserNameFromId(GetUserId(), false)));
}

/* Gives a run the signal; false if nothing in it takes it any more. */
static bool
signal_run(const CampaignRecord *record, int64 run_id, const char *name,
		   const Jsonb *payload)
{
	List	   *listeners;
	ListCell   *cell;
	CampaignLogLine line = {
		.owner = record->owner,
		.campaign = record->name,
		.run_id = run_id,
		.event = "signal",
		.message = name
	};

	(void) campaign_run_lock(run_id);
	listeners = find_listeners(run_id, name);
	if (listeners == NIL)
		return false;
	insert_signal(run_id, name, payload);
	foreach(cell, listeners)
		campaign_task_wake(run_id, lfirst(cell));
	campaign_log_add(&line);
	return true;
}

/* Refuses a signal that the newest version does not know. */
static void
check_known(const CampaignRecord *record, const char *name)
{
	List	   *names = record->live_id == 0 ? NIL :
		find_names(record->live_id);

	if (campaign_list_has(names, name))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("campaign \"%s\" does not wait for a signal \"%s\"",
					record->name, name),
			 errhint("%s", names == NIL ?
					 "Activities of kind \"signal\" do, once they are published." :
					 campaign_nearest_hint(name, names, "signals"))));
}

/* Names of the variables the signal has to bring; NIL: any. */
List *
campaign_signal_parameters(const CampaignRecord *record, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT a.options ->> 'parameters'"
					   " FROM campaign.activity a WHERE a.kind = 'signal'"
					   " AND " SIGNAL_NAME " = $2 AND (a.version_id = $3"
					   " OR a.version_id IN (SELECT r.version_id FROM campaign.run r"
					   " WHERE r.campaign_id = $1"
					   " AND r.state NOT IN ('succeeded', 'stopped', 'missed')))");
	CampaignRows *rows = campaign_query(&find, campaign_int8(record->id),
										campaign_text(name),
										campaign_int8(record->live_id));
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		char	   *text = campaign_row_text(rows, i, 1);
		ListCell   *cell;

		if (text == NULL)
			return NIL;
		foreach(cell, campaign_split_commas(text))
		{
			if (!campaign_list_has(names, lfirst(cell)))
				names = lappend(names, lfirst(cell));
		}
	}
	return names;
}

/*
 * Refuses a payload without a variable that the signal has to bring, or with
 * another one.
 */
static void
check_parameters(const CampaignRecord *record, const char *name,
				 const Jsonb *payload)
{
	List	   *parameters = campaign_signal_parameters(record, name);
	List	   *given = campaign_object_keys(payload);
	List	   *wrong = NIL;
	ListCell   *cell;

	if (parameters == NIL)
		return;
	foreach(cell, parameters)
	{
		if (!campaign_list_has(given, lfirst(cell)))
			wrong = lappend(wrong, psprintf("\"%s\" is missing",
											(char *) lfirst(cell)));
	}
	foreach(cell, given)
	{
		if (!campaign_list_has(parameters, lfirst(cell)))
			wrong = lappend(wrong, psprintf("\"%s\" is not expected",
											(char *) lfirst(cell)));
	}
	if (wrong != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("signal \"%s\" of campaign \"%s\" has other parameters",
						name, record->name),
				 errdetail("In the payload %s.", campaign_list_join(wrong)),
				 errhint("It takes %s.", campaign_list_join(parameters))));
}

/* Gives the signal to the runs of the campaign. */
int
campaign_signal_send(const CampaignRecord *record, const char *name,
					 const Jsonb *payload)
{
	List	   *runs = find_runs(record->id, name);
	int			taken = 0;
	ListCell   *cell;

	if (runs == NIL)
		check_known(record, name);
	check_parameters(record, name, payload);
	foreach(cell, runs)
	{
		if (signal_run(record, *(int64 *) lfirst(cell), name, payload))
			taken++;
	}
	return taken;
}

/* The payload of the newest signal of that name. */
Jsonb *
campaign_signal_newest(int64 run_id, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT payload FROM campaign.signal"
					   " WHERE run_id = $1 AND name = $2"
					   " ORDER BY signal_id DESC LIMIT 1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id),
										campaign_text(name));

	return rows->count == 0 ? NULL : campaign_row_jsonb(rows, 0, 1);
}
