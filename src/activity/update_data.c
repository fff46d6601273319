/*
 * update_data.c
 *		update_data: inserts, updates or deletes rows of a table of the owner's.
 *
 * An acting kind in three passes: one select evaluates what is to become of
 * each row and finds which rows change, plain statements change them, and what
 * raises an error, in either, is found by halves.  In a test the statements are executed
 * and undone: counts and refusals are those that would be.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lock.h"
#include "utils/builtins.h"

#include "activity/update_plan.h"
#include "activity/option.h"
#include "activity/quarantine.h"
#include "base/attempt.h"
#include "set/row.h"
#include "store/log.h"
#include "store/reject.h"

static const CampaignOption options[] = {
	{"operation", CAMPAIGN_OPTION_CHOICE, true, NULL,
		"Insert: rows the table does not have; update: those it has; upsert: both; delete.",
	"insert, update, upsert, delete"},
	{"target", CAMPAIGN_OPTION_TEXT, false, "the dimension's table",
	"The table, partitioned table, foreign table or view to be changed."},
	{"by", CAMPAIGN_OPTION_OBJECT, false, "the key, for the dimension's table",
	"Object of the table's columns and SQL expressions over the row that tell which row of the table is meant: {\"customer_id\": \"id\"}."},
	{"fields", CAMPAIGN_OPTION_OBJECTS, false, NULL,
	"Array of objects, in order, of which the last that holds counts: column, value (SQL expression over the row), if (condition), only (insert or update)."},
	{"auto_map", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether further columns of the table get what the row has under the same name."},
	{"nulls", CAMPAIGN_OPTION_CHOICE, false, "empty",
		"What a value that is NULL does: empty the column, or keep what it has.",
	"empty, keep"},
	{"sort_by", CAMPAIGN_OPTION_ORDER, false, "the key",
	"Order of rows that mean the same row of the table: the first counts, the others are rejected."},
	{"max_errors", CAMPAIGN_OPTION_COUNT, false, "100",
	"How many rows may raise errors, in expressions or in the table; more fail the activity, and nothing is changed."}
};

/* Beside the classes 1 and 2 of pg_advisory_lock(), and that of limits. */
#define TARGET_LOCK_CLASS	4

enum
{
	OUTCOME_RESULT,
	OUTCOME_UNMATCHED,
	OUTCOME_REJECTED,
	OUTCOME_CHANGES,
	OUTCOMES
};

/* Places of rows in a table, as numbers. */
#define PLACES_PER_BLOCK	512
StaticAssertDecl(MaxHeapTuplesPerPage < PLACES_PER_BLOCK, "rows per block");

/* A row that the table refuses. */
typedef struct Refused
{
	char	   *place;			/* of what was to be done, a tid */
	char	   *recipient;
	char	   *sqlstate;
	char	   *message;
} Refused;

/* An execution. */
typedef struct Update
{
	CampaignTask *task;
	CampaignUpdate *change;
	CampaignPopulation *population; /* the rows that came in */
	CampaignPopulation *work;	/* what is to be done */
	CampaignOutlet outlets[CAMPAIGN_VERDICTS];
	CampaignOutlet shown;		/* what is to be changed, to be looked at */
	int64		first;			/* places being attempted */
	int64		last;
	bool		all;			/* all of them are */
	int			limit;			/* so many rows may be refused */
	List	   *refused;		/* of Refused * */
	List	   *erroneous;		/* rows that cannot be evaluated, of
								 * CampaignRejected * */
	ErrorData  *error;			/* the first one */
	int64		same;			/* rows that change none of several rows */
	int64		inserted;
	int64		updated;
	int64		deleted;
} Update;

/* Outcomes. */
static List *
outcomes_of_update(const Jsonb *given)
{
	return list_make4(pstrdup("result"), pstrdup("unmatched"),
					  pstrdup("rejected"), pstrdup("changes"));
}

/* Expressions of the options that have objects. */
static List *
expressions_of_update(const CampaignScope *scope)
{
	return campaign_update_expressions(campaign_update_read(scope));
}

/* Refuses what the table does not take, and activities behind "changes". */
static void
check_update(const CampaignScope *scope)
{
	ListCell   *cell;

	campaign_update_check(campaign_update_read(scope));
	foreach(cell, scope->activity->outbound)
	{
		if (strcmp(((CampaignTransition *) lfirst(cell))->outcome,
				   "changes") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("nothing can follow \"%s.changes\"",
							scope->activity->name),
					 errhint("Its rows are kept by tests, to be looked at.")));
	}
}

/* ------------------------------ evaluation ------------------------------ */

/*
 * Waits until nobody else changes the table by an activity: two of them could
 * lock the same rows in different order, or both insert a row that neither
 * has found.  SQL cannot take locks of this class.
 */
static void
lock_target(const CampaignUpdate *change)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, change->relation,
						 TARGET_LOCK_CLASS);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/* The select over the rows that can be evaluated. */
static CampaignSelect *
build_select(const CampaignTask *task, const void *arg)
{
	const Update *update = arg;
	CampaignSelect *select = campaign_task_select(task);

	campaign_update_evaluate(update->change, select, update->population,
							 task->sieve);
	return select;
}

/* Writes what the select gives; what was counted before was undone. */
static void
write_rows(CampaignSelect *select, void *arg)
{
	Update	   *update = arg;

	for (int i = 0; i < CAMPAIGN_VERDICTS; i++)
		update->outlets[i].rows = 0;
	campaign_sink_write(select, CAMPAIGN_ROUTE_NUMBER, update->outlets,
						CAMPAIGN_VERDICTS);
}

/* Finds out what is to be done, and writes it down. */
static void
evaluate(Update *update)
{
	CampaignTask *task = update->task;
	List	   *added = campaign_population_added(update->population);

	update->work =
		campaign_population_create_here(psprintf("r" INT64_FORMAT "_%d_work",
												 task->run->id,
												 task->scope.activity->position),
										task->scope.target,
										campaign_update_columns(update->change),
										task->run->owner);
	campaign_task_outlet(task, &update->outlets[CAMPAIGN_VERDICT_CHANGED],
						 OUTCOME_RESULT, added);
	update->outlets[CAMPAIGN_VERDICT_SAME] =
		update->outlets[CAMPAIGN_VERDICT_CHANGED];
	update->outlets[CAMPAIGN_VERDICT_CHANGED].aside = update->work->relation;
	campaign_task_outlet(task, &update->outlets[CAMPAIGN_VERDICT_UNMATCHED],
						 OUTCOME_UNMATCHED, added);
	campaign_task_outlet(task, &update->outlets[CAMPAIGN_VERDICT_REJECTED],
						 OUTCOME_REJECTED, added);
	update->error = campaign_quarantine(task, build_select, update, write_rows,
										update, &update->erroneous);
	update->limit -= list_length(update->erroneous);
}

/* Receiver of a number. */
typedef struct NumberReceiver
{
	CampaignReceiver receiver;
	int64		number;
} NumberReceiver;

/* Takes the number. */
static void
take_number(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	bool		isnull;

	((NumberReceiver *) receiver)->number =
		DatumGetInt64(slot_getattr(slot, 1, &isnull));
}

/* Counts rows that change none of the several rows that they mean. */
static void
count_same(Update *update)
{
	const CampaignUpdate *change = update->change;
	CampaignSelect *select;
	NumberReceiver number = {{NULL, take_number}, 0};

	if (change->unique || !campaign_update_updates(change) ||
		change->operation == CAMPAIGN_UPDATE_INSERT)
		return;
	select = campaign_task_select(update->task);
	campaign_update_same(change, select, update->work);
	(void) campaign_select_run(select, &number.receiver);
	update->same = number.number;
}

/* Writes what is to be changed to where it can be looked at. */
static void
show_changes(Update *update)
{
	CampaignTask *task = update->task;
	CampaignSelect *select;

	/* Nothing follows it: it has a population if populations are kept. */
	campaign_task_outlet(task, &update->shown, OUTCOME_CHANGES,
						 campaign_update_shown());
	if (update->shown.population == NULL)
		return;
	select = campaign_task_select(task);
	campaign_update_show(update->change, select, update->work);
	campaign_sink_write(select, CAMPAIGN_ROUTE_SOLE, &update->shown, 1);
}

/* ------------------------------- changing ------------------------------- */

/* A place as the tid that it stands for. */
static char *
place_text(int64 place)
{
	return psprintf("'(%u,%u)'::pg_catalog.tid",
					(uint32) (place / PLACES_PER_BLOCK),
					(uint32) (place % PLACES_PER_BLOCK));
}

/* The condition that a row is to be attempted. */
static char *
condition(const Update *update)
{
	StringInfoData text;
	ListCell   *cell;

	if (update->all && update->refused == NIL)
		return "true";
	initStringInfo(&text);
	appendStringInfo(&text, "w.ctid >= %s AND w.ctid <= %s",
					 place_text(update->first), place_text(update->last));
	foreach(cell, update->refused)
		appendStringInfo(&text, " AND w.ctid <> '%s'::pg_catalog.tid",
						 ((Refused *) lfirst(cell))->place);
	return text.data;
}

/* Receiver: the statements give no rows. */
static void
ignore_row(CampaignReceiver *self, TupleTableSlot *slot)
{
}

/* Executes one of the statements; gives how many rows it has changed. */
static int64
execute(const Update *update,
		void (*write) (const CampaignUpdate *, CampaignSelect *,
					   const CampaignPopulation *, const char *))
{
	CampaignReceiver receiver = {NULL, ignore_row};
	CampaignSelect *select = campaign_task_select(update->task);

	write(update->change, select, update->work, condition(update));
	return (int64) campaign_select_run(select, &receiver);
}

/* The body of an attempt: changes what is in the range. */
static void
attempt(void *arg)
{
	Update	   *update = arg;
	const CampaignUpdate *change = update->change;
	int64		updated = 0;
	int64		inserted = 0;
	int64		deleted = 0;

	if (change->operation == CAMPAIGN_UPDATE_DELETE)
		deleted = execute(update, campaign_update_delete);
	if ((change->operation == CAMPAIGN_UPDATE_UPDATE ||
		 change->operation == CAMPAIGN_UPDATE_UPSERT) &&
		campaign_update_updates(change))
		updated = execute(update, campaign_update_update);
	if (change->operation == CAMPAIGN_UPDATE_INSERT ||
		change->operation == CAMPAIGN_UPDATE_UPSERT)
		inserted = execute(update, campaign_update_insert);
	campaign_fire_deferred_triggers();
	update->updated += updated;
	update->inserted += inserted;
	update->deleted += deleted;
}

/* Attempts a range; gives the error, if there is one. */
static ErrorData *
attempt_range(Update *update, int64 first, int64 last)
{
	update->first = first;
	update->last = last;
	return campaign_attempt(attempt, update);
}

/* Raises the error again, with what was found out about it. */
static void
give_up(const Update *update, ErrorData *error)
{
	campaign_quarantine_give_up(error,
								psprintf("More than %d rows are refused; nothing was changed. Option \"max_errors\" says how many may be.",
										 update->limit + list_length(update->erroneous)));
}

/* Notes the row as refused. */
static void
refuse(Update *update, int64 place, const ErrorData *error)
{
	Refused    *refused = palloc0(sizeof(Refused));

	if (list_length(update->refused) == update->limit)
		give_up(update, update->error);
	refused->place = psprintf("(%u,%u)", (uint32) (place / PLACES_PER_BLOCK),
							  (uint32) (place % PLACES_PER_BLOCK));
	refused->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	refused->message = pstrdup(error->message);
	update->refused = lappend(update->refused, refused);
}

/* Changes what is in the range, but for single rows that are refused. */
static void
change_range(Update *update, int64 first, int64 last)
{
	ErrorData  *error = attempt_range(update, first, last);
	int64		middle = first + (last - first) / 2;

	if (error == NULL)
		return;
	if (campaign_error_may_pass(error))
		ReThrowError(error);
	if (update->error == NULL)
		update->error = error;
	if (first == last)
	{
		refuse(update, first, error);
		return;
	}
	change_range(update, first, middle);
	change_range(update, middle + 1, last);
}

/* The greatest place in what is to be done. */
static int64
last_place(const Update *update)
{
	Relation	relation = table_open(update->work->relation, AccessShareLock);
	int64		blocks = RelationGetNumberOfBlocks(relation);

	table_close(relation, NoLock);
	return Max(blocks, 1) * PLACES_PER_BLOCK - 1;
}

/* Changes everything, at once if nothing is refused. */
static void
change_all(void *arg)
{
	Update	   *update = arg;
	int64		last = last_place(update);
	ErrorData  *error;

	update->all = true;
	error = attempt_range(update, 0, last);
	update->all = false;
	if (error == NULL)
		return;
	if (campaign_error_may_pass(error))
		ReThrowError(error);
	update->error = error;
	/* What fails without any row does not fail because of one. */
	if (attempt_range(update, last + 1, last + 1) != NULL)
		ReThrowError(error);
	change_range(update, 0, last / 2);
	change_range(update, last / 2 + 1, last);
}

/* ------------------------------- refusals ------------------------------- */

/* The places of all rows that were refused. */
static char *
refused_places(const Update *update)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, update->refused)
		appendStringInfo(&text, "%s\"%s\"",
						 foreach_current_index(cell) > 0 ? "," : "{",
						 ((Refused *) lfirst(cell))->place);
	return psprintf("w.ctid = ANY ('%s}'::pg_catalog.tid[])", text.data);
}

/* Receiver of keys: takes them to the refusals in the order of places. */
typedef struct KeyReceiver
{
	CampaignReceiver receiver;
	MemoryContext context;
	List	   *refused;
} KeyReceiver;

/* Takes a place and its key. */
static void
take_key(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	KeyReceiver *keys = (KeyReceiver *) receiver;
	char	   *place;
	ListCell   *cell;

	slot_getallattrs(slot);
	place = TextDatumGetCString(slot->tts_values[0]);
	foreach(cell, keys->refused)
	{
		Refused    *refused = lfirst(cell);

		if (strcmp(refused->place, place) == 0)
			refused->recipient =
				MemoryContextStrdup(keys->context,
									TextDatumGetCString(slot->tts_values[1]));
	}
}

/* Finds the keys of refused rows. */
static void
find_keys(const Update *update)
{
	const CampaignTarget *target = update->task->scope.target;
	CampaignPopulation rows = *update->work;
	CampaignSelect *select = campaign_task_select(update->task);
	KeyReceiver keys = {{NULL, take_key}, CurrentMemoryContext,
	update->refused};

	rows.columns = list_copy_head(rows.columns, rows.nkeys);
	rows.source = psprintf("(SELECT w.*, w.ctid::pg_catalog.text AS \"campaign.place\" FROM %s AS w WHERE %s)",
						   update->work->source, refused_places(update));
	appendStringInfo(&select->text, "SELECT \"campaign.place\", %s FROM ",
					 campaign_row_recipient(target, &rows));
	campaign_row_from(select, target, &rows, CAMPAIGN_ROW_BARE);
	(void) campaign_select_run(select, &keys.receiver);
}

/* Takes refused rows out of a population, if it is there. */
static void
take_out(const Update *update, CampaignOutlet *outlet)
{
	CampaignReceiver receiver = {NULL, ignore_row};
	CampaignSelect *select = campaign_task_select(update->task);

	if (outlet->population == NULL)
	{
		outlet->rows -= list_length(update->refused);
		return;
	}
	appendStringInfo(&select->text, "DELETE FROM %s AS p USING %s AS w WHERE %s AND %s",
					 outlet->population->source, update->work->source,
					 campaign_row_match(update->task->scope.target, "p", "w"),
					 refused_places(update));
	outlet->rows -= (int64) campaign_select_run(select, &receiver);
}

/* Moves refused rows from the result to the rejected ones. */
static void
move_refused(Update *update)
{
	CampaignOutlet *rejected = &update->outlets[CAMPAIGN_VERDICT_REJECTED];
	CampaignOutlet outlet = *rejected;
	CampaignSelect *select = campaign_task_select(update->task);

	appendStringInfo(&select->text, "SELECT p.* FROM %s AS p JOIN %s AS w ON %s WHERE %s",
					 update->population->source, update->work->source,
					 campaign_row_match(update->task->scope.target, "p", "w"),
					 refused_places(update));
	campaign_sink_write(select, CAMPAIGN_ROUTE_SOLE, &outlet, 1);
	rejected->rows += outlet.rows;
	take_out(update, &update->outlets[CAMPAIGN_VERDICT_CHANGED]);
	take_out(update, &update->shown);
}

/* Has rows that could not be evaluated come out as rejected. */
static void
emit_erroneous(Update *update)
{
	CampaignOutlet *rejected = &update->outlets[CAMPAIGN_VERDICT_REJECTED];
	CampaignOutlet outlet = *rejected;
	CampaignSelect *select = campaign_task_select(update->task);
	ListCell   *cell;

	appendStringInfoString(&select->text, "SELECT ");
	campaign_row_columns(select, update->task->scope.target,
						 update->population);
	appendStringInfoString(&select->text, " FROM ");
	campaign_row_from(select, update->task->scope.target, update->population,
					  CAMPAIGN_ROW_BARE);
	appendStringInfo(&select->text, " WHERE %s COLLATE \"C\" IN (",
					 campaign_row_recipient(update->task->scope.target,
											update->population));
	foreach(cell, update->erroneous)
		appendStringInfo(&select->text, "%s%s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_literal_cstr(((CampaignRejected *) lfirst(cell))->recipient));
	appendStringInfoChar(&select->text, ')');
	campaign_sink_write(select, CAMPAIGN_ROUTE_SOLE, &outlet, 1);
	rejected->rows += outlet.rows;
}

/* Notes why rows were rejected. */
static void
record_refused(const Update *update)
{
	ListCell   *cell;

	foreach(cell, update->erroneous)
	{
		CampaignRejected *rejected = lfirst(cell);

		campaign_reject_add(update->task->run->id,
							update->task->scope.activity->name,
							rejected->recipient, rejected->sqlstate,
							rejected->message);
	}

	foreach(cell, update->refused)
	{
		Refused    *refused = lfirst(cell);

		campaign_reject_add(update->task->run->id,
							update->task->scope.activity->name,
							refused->recipient, refused->sqlstate,
							refused->message);
	}
}

/* Notes in the log what was done. */
static void
log_effect(const Update *update)
{
	const CampaignTask *task = update->task;
	int64		refused = list_length(update->refused) +
		list_length(update->erroneous);
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "effect",
		.message = psprintf("%sinserted " INT64_FORMAT ", updated " INT64_FORMAT
							", deleted " INT64_FORMAT ", unchanged " INT64_FORMAT
							", unmatched " INT64_FORMAT ", rejected " INT64_FORMAT
							" of which refused " INT64_FORMAT,
							task->run->test ? "undone: " : "",
							update->inserted, update->updated, update->deleted,
							update->outlets[CAMPAIGN_VERDICT_SAME].rows + update->same,
							update->outlets[CAMPAIGN_VERDICT_UNMATCHED].rows,
							update->outlets[CAMPAIGN_VERDICT_REJECTED].rows,
							refused)
	};

	campaign_log_add(&line);
}

/* Gives out what has become of the rows. */
static void
emit(Update *update)
{
	CampaignTask *task = update->task;
	CampaignOutlet *result = &update->outlets[CAMPAIGN_VERDICT_CHANGED];

	if (update->shown.population == NULL)
		update->shown.rows = update->inserted + update->updated +
			update->deleted;
	campaign_task_emit(task, &update->shown, OUTCOME_CHANGES, false);
	result->rows += update->outlets[CAMPAIGN_VERDICT_SAME].rows;
	campaign_task_emit(task, result, OUTCOME_RESULT, true);
	campaign_task_emit(task, &update->outlets[CAMPAIGN_VERDICT_UNMATCHED],
					   OUTCOME_UNMATCHED, true);
	campaign_task_emit(task, &update->outlets[CAMPAIGN_VERDICT_REJECTED],
					   OUTCOME_REJECTED, true);
}

/* Changes the table. */
static void
run_update(CampaignTask *task)
{
	Update		update = {task};

	update.change = campaign_update_read(&task->scope);
	update.population = campaign_task_population(task, 0);
	update.limit = (int) Min(PG_INT32_MAX,
							 campaign_option_count(task->scope.activity->options,
												   "max_errors",
												   CAMPAIGN_MAX_ERRORS));
	lock_target(update.change);
	evaluate(&update);
	show_changes(&update);
	count_same(&update);
	/* Nothing is executed for nothing, not even triggers of statements. */
	if (update.outlets[CAMPAIGN_VERDICT_CHANGED].rows > 0)
	{
		if (task->run->test)
			campaign_attempt_in_vain(change_all, &update);
		else
			change_all(&update);
	}
	if (update.refused != NIL)
	{
		find_keys(&update);
		move_refused(&update);
	}
	if (update.erroneous != NIL)
		emit_erroneous(&update);
	record_refused(&update);
	(void) campaign_population_drop(update.work->name);
	log_effect(&update);
	emit(&update);
}

const CampaignKind campaign_kind_update_data = {
	.name = "update_data",
	.category = "targeting",
	.purpose = "Inserts, updates or deletes rows of a table, and passes its rows on.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result, unmatched, rejected, changes",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_update,
	.expressions = expressions_of_update,
	.check = check_update,
	.run = run_update
};
