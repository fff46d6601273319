/*
 * launcher.c
 *		The process that starts a scheduler where one is needed.
 *
 * One per server, connected to no database, for a process connected to a
 * database is in the way of dropping it.  What it has to know is in shared
 * memory; after the server's start, when that is empty, it has each database
 * looked at once.  Until then and on a standby nothing runs: the server
 * starts it when recovery is over.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/clock.h"
#include "base/settings.h"
#include "base/shared.h"
#include "worker/launcher.h"
#include "worker/scheduler.h"
#include "worker/worker.h"

/* How long to wait before another launcher is started, in seconds. */
#define RESTART_SECONDS 5
/* The longest wait, in milliseconds: the wall clock may have been set. */
#define MAX_WAIT 60000

static long start_schedulers(bool *exhausted);
static List *list_databases(void);

/*
 * Registers the launcher.  Not while pg_upgrade has the server: its data are
 * about to move.
 */
void
campaign_launcher_register(void)
{
	BackgroundWorker worker;

	if (IsBinaryUpgrade)
		return;
	worker = campaign_worker_describe("campaign launcher",
									  "campaign_launcher_main");
	worker.bgw_restart_time = RESTART_SECONDS;
	RegisterBackgroundWorker(&worker);
}

/*
 * Main function of the launcher.  An error ends it and the server starts
 * another, which looks at every database again.
 */
void
campaign_launcher_main(Datum arg)
{
	MemoryContext turn;
	bool		exhausted = false;

	campaign_worker_begin();
	campaign_shared_launcher_attach();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);

	turn = AllocSetContextCreate(TopMemoryContext, "campaign launcher turn",
								 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(turn);
	campaign_shared_visit(list_databases());
	for (;;)
	{
		long		wait;

		campaign_worker_check();
		wait = start_schedulers(&exhausted);
		MemoryContextReset(turn);
		campaign_worker_wait(wait);
	}
}

/*
 * Starts the schedulers that are needed now; returns how long to wait.  If
 * the server has no process to spare, it says so once and tries again.
 */
static long
start_schedulers(bool *exhausted)
{
	TimestampTz next;
	Oid			database;

	while (OidIsValid(database = campaign_shared_next_database(&next)))
	{
		if (!list_member_oid(list_databases(), database))
			campaign_shared_forget(database);
		else if (campaign_scheduler_start(database))
			*exhausted = false;
		else
		{
			campaign_shared_next_postponed(database);
			if (!*exhausted)
				ereport(LOG,
						(errmsg("out of background worker slots for a campaign scheduler"),
						 errhint("Consider increasing the configuration parameter \"max_worker_processes\".")));
			*exhausted = true;
			return campaign_scheduler_naptime;
		}
	}
	return campaign_clock_until(next, MAX_WAIT);
}

/*
 * Lists the databases that one can connect to and that are not templates.
 * It reads the catalog directly, because in no database there is no other
 * way.
 */
static List *
list_databases(void)
{
	List	   *result = NIL;
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;

	campaign_worker_begin_transaction();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		/* Below -1: DROP DATABASE was interrupted. */
		if (database->datallowconn && !database->datistemplate &&
			database->datconnlimit >= -1)
			result = lappend_oid(result, database->oid);
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	campaign_worker_commit();
	return result;
}
