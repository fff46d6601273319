/*
 * sql.c
 *		The one door to SPI: fixed statements over the extension's own tables.
 *
 * Every statement is a constant text with typed parameters, planned once per
 * session and run as the extension's owner under "pg_catalog, pg_temp", so
 * that neither a schema nor a setting of the session changes its meaning.
 * Results are copied out before SPI is left: a caller never sees SPI memory.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/params.h"
#include "tcop/dest.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/fault.h"
#include "base/identity.h"
#include "base/sql.h"

bool		campaign_sql_brief = false;

/*
 * Plans a statement for the session, once; who is soon gone does not have its
 * first executions planned by their values.
 */
static SPIPlanPtr
planned(CampaignStatement *statement, int nvalues, const CampaignValue *values)
{
	Oid		   *types;
	SPIPlanPtr	plan;

	if (statement->plan != NULL)
		return statement->plan;

	types = palloc(sizeof(Oid) * Max(nvalues, 1));
	for (int i = 0; i < nvalues; i++)
		types[i] = values[i].type;
	plan = SPI_prepare_cursor(statement->text, nvalues, types,
							  campaign_sql_brief ? CURSOR_OPT_GENERIC_PLAN : 0);
	if (plan == NULL)
		elog(ERROR, "could not prepare statement: %s",
			 SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep plan");
	statement->plan = plan;
	return plan;
}

/* Executes within a connected SPI; leaves the result in SPI_tuptable. */
static void
execute_planned(CampaignStatement *statement, int nvalues,
				const CampaignValue *values)
{
	Datum	   *datums = palloc(sizeof(Datum) * Max(nvalues, 1));
	char	   *nulls = palloc(Max(nvalues, 1));
	int			result;

	for (int i = 0; i < nvalues; i++)
	{
		datums[i] = values[i].value;
		nulls[i] = values[i].isnull ? 'n' : ' ';
	}
	result = SPI_execute_plan(planned(statement, nvalues, values),
							  datums, nulls, false, 0);
	if (result < 0)
		elog(ERROR, "could not execute statement: %s",
			 SPI_result_code_string(result));
	if (result != SPI_OK_SELECT && SPI_processed > 0)
		CAMPAIGN_FAULT("catalog_write");
}

/* Copies the current SPI result into the given memory context. */
static CampaignRows *
copy_rows(MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	CampaignRows *rows = palloc0(sizeof(CampaignRows));

	if (SPI_tuptable != NULL)
	{
		rows->count = (int) SPI_processed;
		rows->desc = CreateTupleDescCopy(SPI_tuptable->tupdesc);
		rows->tuples = palloc(sizeof(HeapTuple) * Max(rows->count, 1));
		for (int i = 0; i < rows->count; i++)
			rows->tuples[i] = heap_copytuple(SPI_tuptable->vals[i]);
	}
	MemoryContextSwitchTo(old);
	return rows;
}

/* What a section of SQL has to undo. */
typedef struct SqlSection
{
	CampaignIdentity identity;
	ErrorContextCallback callback;
	bool		pushed;
} SqlSection;

/* Says where to go with a statement that a standby refuses. */
static void
hint_at_primary(void *arg)
{
	if (geterrcode() == ERRCODE_READ_ONLY_SQL_TRANSACTION &&
		RecoveryInProgress())
		errhint("This server is a standby. Connect to the primary: here, campaigns, runs and messages can only be looked at.");
}

/* Connects to SPI; workers may come without a snapshot. */
static void
connect_section(SqlSection *section)
{
	section->callback.callback = hint_at_primary;
	section->callback.arg = NULL;
	section->callback.previous = error_context_stack;
	error_context_stack = &section->callback;
	section->pushed = !ActiveSnapshotSet();
	if (section->pushed)
		PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
}

/* Enters a section of the extension's owner. */
static void
enter(SqlSection *section)
{
	campaign_identity_enter(&section->identity);
	connect_section(section);
}

/* Leaves a section in the opposite order. */
static void
leave(SqlSection *section)
{
	SPI_finish();
	if (section->pushed)
		PopActiveSnapshot();
	error_context_stack = section->callback.previous;
	campaign_identity_leave(&section->identity);
}

/* Runs a statement and gives its rows in the caller's memory context. */
CampaignRows *
campaign_sql_query(CampaignStatement *statement, int nvalues,
				   const CampaignValue *values)
{
	MemoryContext context = CurrentMemoryContext;
	SqlSection	section;
	CampaignRows *rows;

	enter(&section);
	execute_planned(statement, nvalues, values);
	rows = copy_rows(context);
	leave(&section);
	return rows;
}

/* Runs a statement and gives the number of rows it changed. */
uint64
campaign_sql_execute(CampaignStatement *statement, int nvalues,
					 const CampaignValue *values)
{
	SqlSection	section;
	uint64		changed;

	enter(&section);
	execute_planned(statement, nvalues, values);
	changed = SPI_processed;
	leave(&section);
	return changed;
}

/* A receiver of rows that hands them on. */
typedef struct EachRow
{
	DestReceiver receiver;
	CampaignRowFunction function;
	void	   *arg;
} EachRow;

/* Hands a row on. */
static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	EachRow    *each = (EachRow *) self;

	each->function(slot, each->arg);
	return true;
}

/* Nothing is to be done before the first row. */
static void
begin_rows(DestReceiver *self, int operation, TupleDesc desc)
{
}

/* Nor after the last one. */
static void
end_rows(DestReceiver *self)
{
}

/* Runs a statement that only reads, and hands its rows on. */
void
campaign_sql_each(CampaignStatement *statement, int nvalues,
				  const CampaignValue *values,
				  CampaignRowFunction function, void *arg)
{
	EachRow		each = {
		{receive_row, begin_rows, end_rows, end_rows, DestNone},
		function, arg
	};
	SPIExecuteOptions options = {
		.read_only = true,
		.dest = &each.receiver
	};
	SqlSection	section;
	int			result;

	enter(&section);
	options.params = makeParamList(nvalues);
	for (int i = 0; i < nvalues; i++)
	{
		options.params->params[i].ptype = values[i].type;
		options.params->params[i].value = values[i].value;
		options.params->params[i].isnull = values[i].isnull;
		options.params->params[i].pflags = PARAM_FLAG_CONST;
	}
	result = SPI_execute_plan_extended(planned(statement, nvalues, values),
									   &options);
	if (result < 0)
		elog(ERROR, "could not execute statement: %s",
			 SPI_result_code_string(result));
	leave(&section);
}

/* Executes a text within a connected SPI. */
static void
execute_text(const char *text)
{
	int			result = SPI_execute(text, false, 0);

	if (result < 0)
		elog(ERROR, "could not execute statement: %s",
			 SPI_result_code_string(result));
}

/* Runs a utility statement; its text must hold no unquoted user input. */
void
campaign_sql_utility(const char *text)
{
	SqlSection	section;

	enter(&section);
	/* What everybody shares does not go where one of them keeps his tables. */
	(void) set_config_option("default_tablespace", "", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	execute_text(text);
	leave(&section);
}

/* The same with the rights of a role, over what belongs to it. */
void
campaign_sql_utility_as(Oid role, const char *text)
{
	SqlSection	section;

	campaign_identity_assume(&section.identity, role);
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	connect_section(&section);
	execute_text(text);
	leave(&section);
}

/* ------------------------------ parameters ------------------------------ */

/* SQL NULL of a type. */
CampaignValue
campaign_null(Oid type)
{
	return (CampaignValue) {type, (Datum) 0, true};
}

/* A bigint. */
CampaignValue
campaign_int8(int64 value)
{
	return (CampaignValue) {INT8OID, Int64GetDatum(value), false};
}

/* An integer. */
CampaignValue
campaign_int4(int32 value)
{
	return (CampaignValue) {INT4OID, Int32GetDatum(value), false};
}

/* A boolean. */
CampaignValue
campaign_bool(bool value)
{
	return (CampaignValue) {BOOLOID, BoolGetDatum(value), false};
}

/* An oid. */
CampaignValue
campaign_oid(Oid value)
{
	return (CampaignValue) {OIDOID, ObjectIdGetDatum(value), false};
}

/* A text, copied; NULL gives NULL. */
CampaignValue
campaign_text(const char *value)
{
	if (value == NULL)
		return campaign_null(TEXTOID);
	return (CampaignValue) {TEXTOID, CStringGetTextDatum(value), false};
}

/* A timestamptz; 0 is the year 2000, not NULL. */
CampaignValue
campaign_time(TimestampTz value)
{
	return (CampaignValue) {TIMESTAMPTZOID, TimestampTzGetDatum(value), false};
}

/* A timestamptz; 0 gives NULL. */
CampaignValue
campaign_time_or_null(TimestampTz value)
{
	return value == 0 ? campaign_null(TIMESTAMPTZOID) : campaign_time(value);
}

/* A uuid, not copied; NULL gives NULL. */
CampaignValue
campaign_uuid(const pg_uuid_t *value)
{
	if (value == NULL)
		return campaign_null(UUIDOID);
	return (CampaignValue) {UUIDOID, PointerGetDatum(value), false};
}

/* A jsonb, not copied; NULL gives NULL. */
CampaignValue
campaign_jsonb(const Jsonb *value)
{
	if (value == NULL)
		return campaign_null(JSONBOID);
	return (CampaignValue) {JSONBOID, PointerGetDatum(value), false};
}

/* A bytea, copied; NULL gives NULL. */
CampaignValue
campaign_bytes(const char *data, int length)
{
	bytea	   *bytes;

	if (data == NULL)
		return campaign_null(BYTEAOID);
	bytes = palloc(VARHDRSZ + length);
	SET_VARSIZE(bytes, VARHDRSZ + length);
	memcpy(VARDATA(bytes), data, length);
	return (CampaignValue) {BYTEAOID, PointerGetDatum(bytes), false};
}

/* A text[] of the strings (char *); an empty list gives an empty array. */
CampaignValue
campaign_text_array(List *strings)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(list_length(strings), 1));
	int			n = 0;
	ListCell   *cell;

	foreach(cell, strings)
		elements[n++] = CStringGetTextDatum((const char *) lfirst(cell));
	return (CampaignValue) {
		TEXTARRAYOID,
		PointerGetDatum(construct_array(elements, n, TEXTOID, -1, false,
										TYPALIGN_INT)),
		false
	};
}

/* An array of the values. */
CampaignValue
campaign_array(Oid type, Datum *values, bool *nulls, int count)
{
	int16		length;
	bool		byval;
	char		align;
	int			lower = 1;

	get_typlenbyvalalign(type, &length, &byval, &align);
	return (CampaignValue) {
		get_array_type(type),
		PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower,
										   type, length, byval, align)),
		false
	};
}

/* ------------------------------- columns -------------------------------- */

/* A column as it is; it lives as long as the rows. */
Datum
campaign_row_datum(const CampaignRows *rows, int row, int column, bool *isnull)
{
	Assert(row >= 0 && row < rows->count);
	return heap_getattr(rows->tuples[row], column, rows->desc, isnull);
}

/* A bigint; NULL reads as 0. */
int64
campaign_row_int8(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	Assert(isnull ||
		   TupleDescAttr(rows->desc, column - 1)->atttypid == INT8OID);
	return isnull ? 0 : DatumGetInt64(value);
}

/* A smallint; NULL reads as 0. */
int16
campaign_row_int2(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	Assert(isnull ||
		   TupleDescAttr(rows->desc, column - 1)->atttypid == INT2OID);
	return isnull ? 0 : DatumGetInt16(value);
}

/* An integer; NULL reads as 0. */
int32
campaign_row_int4(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	Assert(isnull ||
		   TupleDescAttr(rows->desc, column - 1)->atttypid == INT4OID);
	return isnull ? 0 : DatumGetInt32(value);
}

/* A boolean; NULL reads as false. */
bool
campaign_row_bool(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	return !isnull && DatumGetBool(value);
}

/* An oid; NULL reads as InvalidOid. */
Oid
campaign_row_oid(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(value);
}

/* Any type's text; the copy is the caller's. */
char *
campaign_row_text(const CampaignRows *rows, int row, int column)
{
	return SPI_getvalue(rows->tuples[row], rows->desc, column);
}

/* A timestamptz; NULL reads as 0. */
TimestampTz
campaign_row_time(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(value);
}

/* A jsonb, detoasted and copied; NULL reads as NULL. */
Jsonb *
campaign_row_jsonb(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	return isnull ? NULL : DatumGetJsonbPCopy(value);
}

/* A uuid within the rows; NULL reads as NULL. */
pg_uuid_t *
campaign_row_uuid(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	return isnull ? NULL : DatumGetUUIDP(value);
}

/* A bytea, detoasted and copied; NULL reads as NULL. */
bytea *
campaign_row_bytes(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);

	return isnull ? NULL : DatumGetByteaPCopy(value);
}

/* A text[] as a list of char *; NULL elements are left out. */
List *
campaign_row_text_array(const CampaignRows *rows, int row, int column)
{
	bool		isnull;
	Datum		value = campaign_row_datum(rows, row, column, &isnull);
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	List	   *strings = NIL;

	if (isnull)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
			strings = lappend(strings, TextDatumGetCString(elements[i]));
	}
	return strings;
}

/* ------------------- transactions inside a procedure -------------------- */

/* Opens the SPI level whose transactions the three below control. */
void
campaign_sql_procedure_begin(void)
{
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
}

/* Commits and begins the next transaction; its snapshot is gone. */
void
campaign_sql_procedure_commit(void)
{
	SPI_commit();
}

/* Rolls back and begins the next transaction. */
void
campaign_sql_procedure_rollback(void)
{
	SPI_rollback();
}

/* Closes the level. */
void
campaign_sql_procedure_end(void)
{
	SPI_finish();
}
