/*
 * worker.c
 *		What launcher, schedulers and executors have in common.
 *
 * SIGTERM ends a worker at the next check for interrupts, wherever that is:
 * all they have is in a transaction or in a slot that an exit callback frees.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "commands/prepare.h"
#include "common/hashfn.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "base/cluster.h"
#include "base/compat.h"
#include "base/version.h"
#include "worker/worker.h"

/* A setting that a worker needs whatever those of role and database are. */
typedef struct Setting
{
	const char *name;
	const char *value;
} Setting;

/*
 * Time limits are for people who wait.  The formats make the text of a value
 * the same for every owner, for it becomes part of keys and messages.  A task
 * whose commit is lost in a crash is executed again, and whatever leaves the
 * database waits for the disk by itself, so a task's commit need not.
 */
static const Setting settings[] = {
	{"application_name", "campaign"},
	{"bytea_output", "hex"},
	{"datestyle", "ISO, MDY"},
	{"default_transaction_deferrable", "off"},
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_read_only", "off"},
	{"extra_float_digits", "1"},
	{"intervalstyle", "postgres"},
	{"lock_timeout", "0"},
	{"row_security", "on"},
	{"standard_conforming_strings", "on"},
	{"statement_timeout", "0"},
	{"synchronous_commit", "off"},
	{"transaction_timeout", "0"},
};

/* Current before the transaction that is open; set by its begin. */
static MemoryContext caller_context = NULL;

/* What role and database had set when the worker connected. */
static uint64 connected_settings = 0;

/* How many settings there were then that nobody has defined. */
static int	connected_placeholders = 0;

/* What campaign_worker_installed last saw. */
static bool awaits_update = false;

static uint64 hash_settings(void);
static int	count_placeholders(void);

/*
 * Gives a description that is zero where nothing is said, which the server
 * relies on.  No worker is restarted by the server unless the caller asks.
 */
BackgroundWorker
campaign_worker_describe(const char *type, const char *function)
{
	BackgroundWorker worker = {0};

	strlcpy(worker.bgw_name, type, BGW_MAXLEN);
	strlcpy(worker.bgw_type, type, BGW_MAXLEN);
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS |
		BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker.bgw_library_name, "campaign",
			sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, function,
			sizeof(worker.bgw_function_name));
	return worker;
}

/*
 * Makes the process listen to signals; nothing may happen before.
 */
void
campaign_worker_begin(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
}

/*
 * Connects to the database as the role, InvalidOid being the superuser that
 * initdb made.  Ends the process if the server refuses; its log says why.  A
 * RESET in an owner's code comes back to the values of the table above.
 */
void
campaign_worker_connect(Oid database, Oid role)
{
	BackgroundWorkerInitializeConnectionByOid(database, role, 0);
	for (int i = 0; i < lengthof(settings); i++)
	{
		/* Some exist in newer servers only. */
		if (GetConfigOption(settings[i].name, true, false) != NULL)
			SetConfigOption(settings[i].name, settings[i].value,
							PGC_USERSET, PGC_S_OVERRIDE);
	}
	connected_settings = hash_settings();
	connected_placeholders = count_placeholders();
}

/*
 * A hash of what ALTER ROLE and ALTER DATABASE have set for this connection.
 */
static uint64
hash_settings(void)
{
	const Oid	databases[] = {MyDatabaseId, InvalidOid};
	const Oid	roles[] = {GetSessionUserId(), InvalidOid};
	uint64		hash = 0;
	Relation	relation;

	campaign_worker_begin_transaction();
	relation = table_open(DbRoleSettingRelationId, AccessShareLock);
	for (int i = 0; i < lengthof(databases) * lengthof(roles); i++)
	{
		ScanKeyData keys[2];
		SysScanDesc scan;
		HeapTuple	tuple;

		ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase,
					BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(databases[i / lengthof(roles)]));
		ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole,
					BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(roles[i % lengthof(roles)]));
		scan = systable_beginscan(relation, DbRoleSettingDatidRolidIndexId,
								  true, NULL, 2, keys);
		hash = hash_combine64(hash, i);
		while (HeapTupleIsValid(tuple = systable_getnext(scan)))
			hash = hash_combine64(hash,
								  DatumGetUInt64(hash_any_extended((unsigned char *) tuple->t_data + tuple->t_data->t_hoff,
																   tuple->t_len - tuple->t_data->t_hoff,
																   0)));
		systable_endscan(scan);
	}
	table_close(relation, AccessShareLock);
	campaign_worker_commit();
	return hash;
}

/*
 * How many settings there are that nobody has defined.
 */
static int
count_placeholders(void)
{
	int			count;
	int			placeholders = 0;
	struct config_generic **variables = campaign_all_settings(&count);

	for (int i = 0; i < count; i++)
	{
		if (variables[i]->flags & GUC_CUSTOM_PLACEHOLDER)
			placeholders++;
	}
	return placeholders;
}

/*
 * Takes back what an owner's functions have set for the session.  A setting of
 * their own invention cannot be: it would be empty, where it was NULL.
 */
bool
campaign_worker_renew(void)
{
	ResetAllOptions();
	return count_placeholders() == connected_placeholders &&
		hash_settings() == connected_settings;
}

/*
 * Sleeps until something is said to this process, or for so long.
 */
void
campaign_worker_wait(long timeout)
{
	int			events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;

	if (timeout >= 0)
		events |= WL_TIMEOUT;
	(void) WaitLatch(MyLatch, events, timeout, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
}

/*
 * Ends if asked to and takes over changed settings.
 */
void
campaign_worker_check(void)
{
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

/*
 * Begins a transaction.  The caller's memory context stays the current one,
 * so what is allocated outlives the transaction.
 */
void
campaign_worker_begin_transaction(void)
{
	caller_context = CurrentMemoryContext;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextSwitchTo(caller_context);
}

/*
 * Commits; the memory context of the beginning is current again.
 */
void
campaign_worker_commit(void)
{
	if (ActiveSnapshotSet())
		PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller_context);
	pgstat_report_stat(true);
}

/*
 * Rolls back, if there is anything; the memory context of the beginning is
 * current again.
 */
void
campaign_worker_abort(void)
{
	AbortCurrentTransaction();
	MemoryContextSwitchTo(caller_context);
	pgstat_report_stat(true);
}

/*
 * Rids the session of what an owner's functions have left in it: locks,
 * cursors, prepared statements, temporary tables.  Whether the next task is
 * executed by the same process is nothing that a campaign may depend on.
 */
void
campaign_worker_discard(void)
{
	Oid			schema;
	Oid			toast;

	PortalHashTableDeleteAll();
	DropAllPreparedStatements();
	LockReleaseAll(USER_LOCKMETHOD, true);
	GetTempNamespaceState(&schema, &toast);
	if (!OidIsValid(schema))
		return;
	campaign_worker_begin_transaction();
	ResetTempTableNamespace();
	campaign_worker_commit();
}

/*
 * True if the extension is there and of the library's version, and then it
 * stays until the transaction ends: DROP EXTENSION waits for this lock before
 * it takes any other, so it cannot get into a deadlock with us.
 */
bool
campaign_worker_installed(void)
{
	Oid			extension = get_extension_oid("campaign", true);
	char	   *version;

	awaits_update = false;
	if (!OidIsValid(extension))
		return false;
	LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
	if (get_extension_oid("campaign", true) != extension)
		return false;
	version = campaign_version_installed();
	awaits_update = version != NULL && !campaign_version_fits(version);
	return version != NULL && !awaits_update && !campaign_cluster_is_worker();
}

/* True if the extension was there when last asked, but of another version. */
bool
campaign_worker_awaits_update(void)
{
	return awaits_update;
}

/*
 * Cleans up after an error and logs it; to be called in PG_CATCH.  False, and
 * not a word in the log, if the extension was dropped: that explains every
 * error.
 */
bool
campaign_worker_recover(MemoryContext context)
{
	ErrorData  *error;
	bool		installed;

	HOLD_INTERRUPTS();
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	caller_context = context;
	campaign_worker_abort();
	RESUME_INTERRUPTS();

	campaign_worker_begin_transaction();
	installed = campaign_worker_installed();
	campaign_worker_commit();

	error->elevel = installed ? LOG : DEBUG1;
	ThrowErrorData(error);
	return installed;
}
