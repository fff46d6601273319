/*
 * quarantine.c
 *		Selects of which single rows raise errors.
 *
 * One customer whose score is zero must not keep a million others from their
 * message.  A select is one statement, and its error does not say which row
 * raised it; so when there is one, halves of the population are evaluated
 * without writing anything, halves of those that fail again, until single rows
 * are left.  They are rejected with the SQLSTATE as their reason, and the
 * select is used again without evaluating them.  Until there is an error all
 * this costs a subtransaction.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "activity/option.h"
#include "activity/quarantine.h"
#include "base/attempt.h"
#include "set/row.h"
#include "store/log.h"

/* A select and what is known of its rows. */
typedef struct Quarantine
{
	const CampaignTask *task;
	CampaignSifted build;
	const void *arg;			/* for it */
	CampaignUse use;
	void	   *use_arg;
	List	   *rejected;		/* of CampaignRejected * */
	CampaignSelect *select;		/* being attempted */
	int			limit;			/* so many rows may be rejected */
	ErrorData  *error;			/* the first one */
} Quarantine;

/* The recipients in a range, as far as they are asked for. */
typedef struct Found
{
	CampaignReceiver receiver;	/* first: it is cast */
	MemoryContext context;
	int			count;
	char	   *recipient;		/* of the first row */
} Found;

/* Appends the recipients that must not be evaluated. */
static void
append_rejected(StringInfo text, const char *recipient, List *rejected)
{
	ListCell   *cell;

	appendStringInfo(text, "%s COLLATE \"C\" <> ALL (ARRAY[", recipient);
	foreach(cell, rejected)
		appendStringInfo(text, "%s%s", foreach_current_index(cell) > 0 ? ", " : "",
						 quote_literal_cstr(((CampaignRejected *) lfirst(cell))->recipient));
	appendStringInfoString(text, "]::pg_catalog.text[])");
}

/* Appends the condition, if there is anything to be kept out. */
void
campaign_sieve_append(CampaignSelect *select, const CampaignSieve *sieve,
					  const char *recipient)
{
	StringInfo	text = &select->text;
	bool		bounded;

	if (sieve == NULL)
		return;
	bounded = sieve->first != PG_INT64_MIN || sieve->last != PG_INT64_MAX;
	if (bounded)
		appendStringInfo(text, " WHERE pg_catalog.hashtextextended(%s COLLATE \"C\", 0)"
						 " BETWEEN '" INT64_FORMAT "'::pg_catalog.int8"
						 " AND '" INT64_FORMAT "'::pg_catalog.int8",
						 recipient, sieve->first, sieve->last);
	if (sieve->rejected == NIL)
		return;
	appendStringInfoString(text, bounded ? " AND " : " WHERE ");
	append_rejected(text, recipient, sieve->rejected);
}

/* True if the error can be one of single rows: bad data, broken constraint. */
static bool
is_of_rows(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		category == ERRCODE_TO_CATEGORY(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION);
}

/* Raises the error again, with what was found out about it. */
void
campaign_quarantine_give_up(ErrorData *error, const char *finding)
{
	error->detail = error->detail == NULL ? pstrdup(finding) :
		psprintf("%s\n%s", error->detail, finding);
	ReThrowError(error);
}

/* The body of an attempt to use the select. */
static void
use_select(void *arg)
{
	Quarantine *quarantine = arg;

	quarantine->use(quarantine->select, quarantine->use_arg);
}

/* Receiver: a row that was evaluated has done its duty. */
static void
ignore_row(CampaignReceiver *self, TupleTableSlot *slot)
{
}

/* The body of an attempt to evaluate. */
static void
evaluate(void *arg)
{
	CampaignReceiver receiver = {NULL, ignore_row};

	(void) campaign_select_run(((Quarantine *) arg)->select, &receiver);
}

/* The select over the rows in a range that were not rejected. */
static CampaignSelect *
sifted(const Quarantine *quarantine, int64 first, int64 last)
{
	CampaignSieve sieve = {first, last, quarantine->rejected};
	CampaignTask task = *quarantine->task;

	task.sieve = &sieve;
	return quarantine->build(&task, quarantine->arg);
}

/* Receiver: keeps the first recipient and counts. */
static void
find_row(CampaignReceiver *self, TupleTableSlot *slot)
{
	Found	   *found = (Found *) self;
	bool		isnull;
	Datum		recipient = slot_getattr(slot, 1, &isnull);
	MemoryContext old;

	if (found->count++ > 0)
		return;
	old = MemoryContextSwitchTo(found->context);
	found->recipient = TextDatumGetCString(recipient);
	MemoryContextSwitchTo(old);
}

/* One or two rows in the range. */
static void
find_rows(const Quarantine *quarantine, int64 first, int64 last, Found *found)
{
	const CampaignTask *task = quarantine->task;
	CampaignPopulation *population = campaign_task_population(task, 0);
	const char *recipient = campaign_row_recipient(task->scope.target,
												   population);
	CampaignSelect *select = campaign_task_select(task);
	CampaignSieve sieve = {first, last, quarantine->rejected};

	*found = (Found) {{NULL, find_row}, CurrentMemoryContext, 0, NULL};
	appendStringInfo(&select->text, "SELECT %s FROM ", recipient);
	campaign_row_from(select, task->scope.target, population,
					  CAMPAIGN_ROW_LEFT);
	campaign_sieve_append(select, &sieve, recipient);
	appendStringInfoString(&select->text, " LIMIT 2");
	(void) campaign_select_run(select, &found->receiver);
}

/* Excludes a row; too many of them are no accident. */
static void
reject(Quarantine *quarantine, char *recipient, const ErrorData *error)
{
	CampaignRejected *rejected = palloc(sizeof(CampaignRejected));

	if (list_length(quarantine->rejected) == quarantine->limit)
		campaign_quarantine_give_up(quarantine->error,
									psprintf("More than %d rows raise errors, such as the one of recipient \"%s\"; nothing was done. Option \"max_errors\" says how many may be left out.",
											 quarantine->limit, recipient));
	rejected->recipient = recipient;
	rejected->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	rejected->reason = psprintf("error_%s", rejected->sqlstate);
	rejected->message = pstrdup(error->message);
	quarantine->rejected = lappend(quarantine->rejected, rejected);
}

/* Rejects the rows in the range that raise errors. */
static void
sift(Quarantine *quarantine, int64 first, int64 last)
{
	int64		middle = first + (int64) (((uint64) last - (uint64) first) / 2);
	ErrorData  *error;
	Found		found;

	quarantine->select = sifted(quarantine, first, last);
	error = campaign_attempt(evaluate, quarantine);
	if (error == NULL)
		return;
	if (!is_of_rows(error))
		ReThrowError(error);
	find_rows(quarantine, first, last, &found);
	/* What fails without any row does not fail because of one. */
	if (found.count == 0)
		ReThrowError(error);
	if (found.count == 1 || first == last)
	{
		reject(quarantine, found.recipient, error);
		return;
	}
	FreeErrorData(error);
	sift(quarantine, first, middle);
	sift(quarantine, middle + 1, last);
}

/* Finds rows to be rejected, at least one; the error is what told of them. */
static void
find_bad_rows(Quarantine *quarantine, ErrorData *error)
{
	int			before = list_length(quarantine->rejected);

	if (!is_of_rows(error))
		ReThrowError(error);
	if (quarantine->error == NULL)
		quarantine->error = error;
	sift(quarantine, PG_INT64_MIN, PG_INT64_MAX);
	if (list_length(quarantine->rejected) == before)
		ReThrowError(error);
}

/* Notes in the log what the rows were left out for. */
static void
log_rejected(const CampaignTask *task, List *rejected, const ErrorData *error)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "excluded",
		.message = psprintf("rows left out because of errors: %d, such as: %s",
							list_length(rejected), error->message),
		.sqlstate = unpack_sql_state(error->sqlerrcode)
	};

	campaign_log_add(&line);
}

/*
 * Uses the select over all rows but those that raise errors.  Without a
 * rejected row another one may be evaluated that stood behind it: hence the
 * loop.
 */
ErrorData *
campaign_quarantine(const CampaignTask *task, CampaignSifted build,
					const void *arg, CampaignUse use, void *use_arg,
					List **rejected)
{
	Quarantine	quarantine = {task, build, arg, use, use_arg, *rejected};
	ErrorData  *error;

	quarantine.limit = (int) Min(PG_INT32_MAX,
								 campaign_option_count(task->scope.activity->options,
													   "max_errors",
													   CAMPAIGN_MAX_ERRORS));
	quarantine.select = sifted(&quarantine, PG_INT64_MIN, PG_INT64_MAX);
	/* Rows are looked for in a population; without one, it is written first. */
	if (task->stream != NULL)
	{
		use(quarantine.select, use_arg);
		return NULL;
	}
	while ((error = campaign_attempt(use_select, &quarantine)) != NULL)
	{
		find_bad_rows(&quarantine, error);
		*rejected = quarantine.rejected;
		quarantine.select = sifted(&quarantine, PG_INT64_MIN, PG_INT64_MAX);
	}
	return quarantine.error;
}

/* Enqueues what the select gives. */
static void
deliver(CampaignSelect *select, void *arg)
{
	campaign_enqueue((CampaignEnqueue *) arg, select);
}

/*
 * Enqueues all rows but those that raise errors.  If no message is left, it
 * was not the rows' fault.
 */
void
campaign_quarantine_enqueue(const CampaignTask *task,
							CampaignEnqueue *enqueue, CampaignSifted build,
							const void *arg)
{
	ErrorData  *error;

	enqueue->rejected = NIL;
	error = campaign_quarantine(task, build, arg, deliver, enqueue,
								&enqueue->rejected);
	if (error == NULL)
		return;
	if (enqueue->queued == 0)
		campaign_quarantine_give_up(error, "No row is left that a message can be made of.");
	log_rejected(task, enqueue->rejected, error);
}
