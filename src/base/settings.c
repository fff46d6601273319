/*
 * settings.c
 *		Every setting campaign.*, in alphabetical order.
 *
 * None of them needs a restart: what has to be sized when the server starts
 * is sized by settings of the server, such as max_worker_processes.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "base/settings.h"

/*
 * Whether activities that follow each other at once are executed in one
 * statement.  Off, each writes what it selects: it is there to compare with.
 */
bool		campaign_enable_fusion = true;

/*
 * Whether a superuser may own what runs.  Off, nothing that runs can do more
 * than an ordinary role.  On, whoever may change a function or view that a
 * superuser's run refers to acts as that superuser.
 */
bool		campaign_enable_superuser_campaigns = true;

/*
 * The folder below which activities may read and write files of the server.
 * Whoever may write there decides what a campaign is told, and whoever owns a
 * campaign and is a member of pg_read_server_files reads all that is there.
 * Empty, no file is read or written.
 */
char	   *campaign_file_root = NULL;

/*
 * How long messages of a run that has ended are kept, with whom they went to
 * and what became of them.  The figures of reports stay.  Long, people can be
 * selected by what they did, and told why they got something; short, little is
 * known about them.  -1 keeps them for ever.
 */
int			campaign_history_messages = 400 * 1440;

/*
 * How long populations of a run that has ended are kept, where a campaign
 * keeps them at all.  They are as large as the audiences.
 */
int			campaign_history_populations_kept = 30 * 1440;

/*
 * How long a run that has ended is known, with its figures and its log.  It is
 * a few rows; -1 keeps it for ever.
 */
int			campaign_history_runs_kept = 1830 * 1440;

/*
 * How long a claimed batch belongs to the sender that claimed it.  Short, the
 * work of a sender that died comes back soon.  Too short, a batch that is
 * still being sent is handed out a second time.
 */
int			campaign_lease_duration = 300;

/*
 * How many activities one definition may have.  It keeps a program that went
 * wrong from filling the catalog; checking and drawing take time with them.
 */
int			campaign_max_activities = 1000;

/*
 * How many times a message is handed out whose sending failed for a reason
 * that may pass.  High, a trouble of the provider is outlasted.  Too high,
 * mailboxes that will never answer keep the senders busy.
 */
int			campaign_max_attempts = 5;
int			campaign_max_depth = 8;

/*
 * How many executors work at once in one database.  Each is a connection with
 * queries of its own and takes one of max_worker_processes, as do the
 * launcher, a scheduler per database and parallel queries.
 */
int			campaign_max_executors = 4;

/*
 * How many executors of a database may be at runs of one role, where the role
 * has no value of its own.  Few, what others run comes soon however long the
 * role's activities take; many, a role that is alone uses the server.
 */
int			campaign_max_executors_per_role = 0;

/*
 * How long a message may be, all its parts together.  Whoever's message would
 * be longer is excluded when the activity is executed.  High, one row with a
 * huge value makes senders and providers stumble.
 */
int			campaign_max_message_size = 1024 * 1024;

/*
 * How late a schedule may launch a run, such as after the server was down.
 * What is later than that is missed: people do not want yesterday's message
 * today.  A schedule may have a limit of its own, or catch up.
 */
int			campaign_max_start_lateness = 3600;

/*
 * How long a running task may resist being cancelled by a pause before its
 * process is ended.  Short, a pause is quick.  Zero ends the process without
 * asking twice, which costs a new connection and nothing else.
 */
int			campaign_pause_grace = 5000;

/*
 * How long an executor stays when its run has nothing to do, for other runs of
 * the same owner.  The next one begins sooner and costs less; a process, and
 * what it has read, stay for nothing otherwise.
 */
int			campaign_executor_idle = 1000;

/*
 * How long a scheduler without work stays.  Long, the next start is quicker
 * by the time of a connection.  DROP DATABASE and CREATE DATABASE ...
 * TEMPLATE fail while it is there, after waiting five seconds.
 */
int			campaign_scheduler_idle = 10000;

/*
 * How long to wait before trying again what failed, such as getting a worker
 * process, and how often to look after running executors.  What becomes due
 * or is committed is noticed at once whatever this says.
 */
int			campaign_scheduler_naptime = 1000;

/*
 * What the URLs by which messages tell that they were opened, clicked or
 * unsubscribed from begin with.  Behind it stands something of yours that
 * passes what it is asked for on to campaign_track().  Empty, nothing is
 * tracked.  Messages get the URL that is set when they are claimed.
 */
char	   *campaign_tracking_url = NULL;

/*
 * What a sort or a hash table of an activity's statement may take, if that is
 * more than work_mem.  A statement may have several of them, and parallel
 * workers their own; small ones spill to disk, at the price of time.
 */
int			campaign_work_mem = 65536;

/* Why a URL cannot be the beginning of others, or NULL. */
const char *
campaign_url_problem(const char *url)
{
	if (pg_strncasecmp(url, "https://", 8) != 0 &&
		pg_strncasecmp(url, "http://", 7) != 0)
		return "It must begin with https:// or http://.";
	if (strlen(url) > CAMPAIGN_URL_BYTES)
		return "It is too long.";
	for (; *url != '\0'; url++)
	{
		if (*url <= ' ' || *url > '~' || strchr("\"'<>?#&\\", *url) != NULL)
			return "It must be a URL without a query, in ASCII.";
	}
	return NULL;
}

/* Check hook: empty, or a URL. */
static bool
check_url(char **value, void **extra, GucSource source)
{
	const char *problem = **value == '\0' ? NULL :
		campaign_url_problem(*value);

	if (problem != NULL)
		GUC_check_errdetail("%s", problem);
	return problem == NULL;
}

/* Check hook: empty, or an absolute path. */
static bool
check_folder(char **value, void **extra, GucSource source)
{
	if (**value == '\0' || is_absolute_path(*value))
		return true;
	GUC_check_errdetail("It must be an absolute path.");
	return false;
}

/* What campaigns may do, and for how long they are remembered. */
static void
define_policies(void)
{
	DefineCustomBoolVariable("campaign.enable_fusion",
							 "Executes activities that follow each other at once in one statement.",
							 NULL,
							 &campaign_enable_fusion,
							 true,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("campaign.enable_superuser_campaigns",
							 "Lets campaigns be owned by superusers.",
							 NULL,
							 &campaign_enable_superuser_campaigns,
							 true,
							 PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.executor_idle",
							"Sets how long an executor waits for another run of the same owner.",
							NULL,
							&campaign_executor_idle,
							1000, 0, 60000,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomStringVariable("campaign.file_root",
							   "Sets the folder below which activities may read and write files.",
							   "If it is empty, no file is read or written.",
							   &campaign_file_root,
							   "",
							   PGC_SUSET, GUC_SUPERUSER_ONLY, check_folder,
							   NULL, NULL);
	DefineCustomIntVariable("campaign.history_messages",
							"Sets how long messages of ended runs are kept.",
							"A campaign may say otherwise. -1 keeps them for ever.",
							&campaign_history_messages,
							400 * 1440, -1, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_MIN, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.history_populations",
							"Sets how long populations of ended runs are kept.",
							"A campaign may say otherwise. -1 keeps them for ever.",
							&campaign_history_populations_kept,
							30 * 1440, -1, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_MIN, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.history_runs",
							"Sets how long ended runs, their figures and their log are kept.",
							"A campaign may say otherwise. -1 keeps them for ever.",
							&campaign_history_runs_kept,
							1830 * 1440, -1, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_MIN, NULL, NULL, NULL);
}

/*
 * Makes the settings known and their prefix ours; a misspelt name in a
 * configuration file then gets a warning.
 */
void
campaign_settings_define(void)
{
	define_policies();
	DefineCustomIntVariable("campaign.lease_duration",
							"Sets for how long a claimed batch of messages belongs to its sender.",
							"A claim may ask for another duration.",
							&campaign_lease_duration,
							300, 1, 7 * 86400,
							PGC_USERSET, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.max_activities",
							"Sets how many activities a campaign may have.",
							NULL,
							&campaign_max_activities,
							1000, 1, 100000,
							PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.max_attempts",
							"Sets how many times sending a message is tried before it has failed.",
							NULL,
							&campaign_max_attempts,
							5, 1, 100,
							PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.max_depth",
							"Sets how many runs may be above one that an activity starts.",
							NULL,
							&campaign_max_depth,
							8, 0, 100,
							PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.max_executors",
							"Sets how many executors may work in a database at the same time.",
							"Each takes one of max_worker_processes.",
							&campaign_max_executors,
							4, 1, 256,
							PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.max_executors_per_role",
							"Sets how many executors may work for a role in a database at the same time.",
							"0 leaves one of campaign.max_executors to others.",
							&campaign_max_executors_per_role,
							0, 0, 256,
							PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.max_message_size",
							"Sets how many bytes the parts of a message may have together.",
							"Recipients of longer messages are excluded.",
							&campaign_max_message_size,
							1024 * 1024, 1024, 64 * 1024 * 1024,
							PGC_SUSET, GUC_UNIT_BYTE, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.max_start_lateness",
							"Sets how late a schedule may launch a run.",
							"A schedule may have a limit of its own.",
							&campaign_max_start_lateness,
							3600, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.pause_grace",
							"Sets how long a task that a pause cancels may go on before its process is ended.",
							NULL,
							&campaign_pause_grace,
							5000, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.scheduler_idle",
							"Sets how long a scheduler stays connected without work.",
							NULL,
							&campaign_scheduler_idle,
							10000, 0, INT_MAX,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("campaign.scheduler_naptime",
							"Sets how long to wait before trying again what failed.",
							NULL,
							&campaign_scheduler_naptime,
							1000, 10, 60000,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomStringVariable("campaign.tracking_url",
							   "Sets what the tracking URLs in messages begin with.",
							   "If it is empty, nothing is tracked.",
							   &campaign_tracking_url,
							   "",
							   PGC_SUSET, 0, check_url, NULL, NULL);
	DefineCustomIntVariable("campaign.work_mem",
							"Sets the work_mem of activities' statements, if it is more than the session's.",
							NULL,
							&campaign_work_mem,
							65536, 64, MAX_KILOBYTES,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);

	MarkGUCPrefixReserved("campaign");
}
