/*
 * sql.h
 *		The one door to SPI: fixed statements over the extension's own tables.
 */
#ifndef CAMPAIGN_SQL_H
#define CAMPAIGN_SQL_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "access/htup.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "executor/tuptable.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

/* A fixed statement, planned once per session; declare it static. */
typedef struct CampaignStatement
{
	const char *text;
	void	   *plan;			/* owned by sql.c */
} CampaignStatement;

#define CAMPAIGN_STATEMENT(name, sql) \
	static CampaignStatement name = {sql, NULL}

/* A typed parameter. */
typedef struct CampaignValue
{
	Oid			type;
	Datum		value;
	bool		isnull;
} CampaignValue;

/* Rows of a result, copied into the caller's memory context. */
typedef struct CampaignRows
{
	int			count;
	TupleDesc	desc;
	HeapTuple  *tuples;
} CampaignRows;

/*
 * Both run the statement as the extension's owner under the restricted
 * search_path, so it must contain no user expression.  campaign_query gives
 * the rows, campaign_execute the number of rows changed.
 */
#define campaign_query(statement, ...) \
	campaign_sql_query(statement, \
					   lengthof(((CampaignValue[]) {__VA_ARGS__})), \
					   (CampaignValue[]) {__VA_ARGS__})
#define campaign_execute(statement, ...) \
	campaign_sql_execute(statement, \
						 lengthof(((CampaignValue[]) {__VA_ARGS__})), \
						 (CampaignValue[]) {__VA_ARGS__})

extern CampaignRows *campaign_sql_query(CampaignStatement *statement,
										int nvalues,
										const CampaignValue *values);
extern uint64 campaign_sql_execute(CampaignStatement *statement,
								   int nvalues, const CampaignValue *values);

/*
 * Whether plans need not suit the values.  Set once by executors: they live so
 * short that planning was most of the work of a task on few rows, and what they
 * ask is found by the key of a run or a delivery.
 */
extern bool campaign_sql_brief;

/*
 * Gives each row to a function, which must not keep it, instead of copying
 * them; under the snapshot of the statement that is being executed.
 */
typedef void (*CampaignRowFunction) (TupleTableSlot *row, void *arg);
extern void campaign_sql_each(CampaignStatement *statement, int nvalues,
							  const CampaignValue *values,
							  CampaignRowFunction function, void *arg);

/* Runs a utility statement of ours, such as the DDL of a partition. */
extern void campaign_sql_utility(const char *text);
/*
 * The same as a role, over a table of ours that belongs to it.  No code of the
 * role's may run on the way, for it would find our search_path.
 */
extern void campaign_sql_utility_as(Oid role, const char *text);

/* Parameters; a NULL pointer becomes SQL NULL. */
extern CampaignValue campaign_null(Oid type);
extern CampaignValue campaign_int8(int64 value);
extern CampaignValue campaign_int4(int32 value);
extern CampaignValue campaign_bool(bool value);
extern CampaignValue campaign_oid(Oid value);
extern CampaignValue campaign_text(const char *value);
extern CampaignValue campaign_time(TimestampTz value);	/* 0 is not NULL */
extern CampaignValue campaign_time_or_null(TimestampTz value);	/* 0 is NULL */
extern CampaignValue campaign_uuid(const pg_uuid_t *value);
extern CampaignValue campaign_jsonb(const Jsonb *value);
extern CampaignValue campaign_bytes(const char *data, int length);
extern CampaignValue campaign_text_array(List *strings);	/* of char * */
/* An array of a type that has arrays; without nulls, none of them is NULL. */
extern CampaignValue campaign_array(Oid type, Datum *values, bool *nulls,
									int count);

/* Columns are numbered from 1; SQL NULL reads as 0, false or NULL. */
extern int64 campaign_row_int8(const CampaignRows *rows, int row, int column);
extern int16 campaign_row_int2(const CampaignRows *rows, int row, int column);
extern int32 campaign_row_int4(const CampaignRows *rows, int row, int column);
extern bool campaign_row_bool(const CampaignRows *rows, int row, int column);
extern Oid	campaign_row_oid(const CampaignRows *rows, int row, int column);
extern char *campaign_row_text(const CampaignRows *rows, int row, int column);
extern TimestampTz campaign_row_time(const CampaignRows *rows, int row,
									 int column);
extern Jsonb *campaign_row_jsonb(const CampaignRows *rows, int row, int column);
extern pg_uuid_t *campaign_row_uuid(const CampaignRows *rows, int row,
									int column);
extern bytea *campaign_row_bytes(const CampaignRows *rows, int row, int column);
extern List *campaign_row_text_array(const CampaignRows *rows, int row,
									 int column);
extern Datum campaign_row_datum(const CampaignRows *rows, int row, int column,
								bool *isnull);

/* Transaction control inside CALL: see campaign_work(). */
extern void campaign_sql_procedure_begin(void);
extern void campaign_sql_procedure_commit(void);
extern void campaign_sql_procedure_rollback(void);
extern void campaign_sql_procedure_end(void);

#endif							/* CAMPAIGN_SQL_H */
