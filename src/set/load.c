/*
 * load.c
 *		Records that become rows, or are rejected.
 *
 * An input function tells of a bad value by an error, which takes everything
 * along that its transaction did.  So records are converted in batches, in a
 * subtransaction that writes nothing.  When there is an error it is known which
 * value raised it: what was converted before is still there, and conversion
 * goes on behind the value in another subtransaction.  A bad value costs one
 * subtransaction, a thousand good records cost one too.  Rows are written after
 * it, by the transaction around.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/attempt.h"
#include "set/load.h"

/* Records that are converted together, and the bytes they may have. */
#define BATCH_RECORDS	1000
#define BATCH_BYTES		(1024 * 1024)

/* Bytes of a rejected record that are kept. */
#define KEPT_BYTES		8000

/* A record that was added. */
typedef struct Record
{
	int64		line;
	char	   *raw;
	int			length;
	char	  **texts;			/* NULL: it is no record */
	Datum	   *values;
	bool	   *nulls;
	int			sqlerrcode;		/* 0: it is not rejected */
	const char *message;
	const char *column;
} Record;

struct CampaignLoad
{
	CampaignField *fields;
	int			nfields;
	int			nvalues;		/* of a row, the line among them */
	CampaignOutlet *outlets;
	CampaignFeed *feed;
	int64		limit;
	MemoryContext batch;
	Record		records[BATCH_RECORDS];
	int			count;
	Size		bytes;
	int			at;				/* the record that is being converted, */
	int			field;			/* and which of its values */
	int			value;			/* of the row, to be set next */
};

/* A column of rejected records. */
static CampaignColumn *
text_column(const char *name)
{
	CampaignColumn *column = palloc(sizeof(CampaignColumn));

	column->name = pstrdup(name);
	column->type = TEXTOID;
	column->typmod = -1;
	column->collation = DEFAULT_COLLATION_OID;
	return column;
}

/* The columns of rejected records. */
List *
campaign_load_shape(void)
{
	return list_make4(text_column("column_name"), text_column("sqlstate"),
					  text_column("message"), text_column("raw"));
}

/* Begins a load. */
CampaignLoad *
campaign_load_open(CampaignField *fields, int nfields, CampaignOutlet *outlets,
				   int64 limit)
{
	CampaignLoad *load = palloc0(sizeof(CampaignLoad));

	load->fields = fields;
	load->nfields = nfields;
	load->nvalues = 1;
	for (int i = 0; i < nfields; i++)
	{
		if (fields[i].ignored)
			continue;
		load->nvalues++;
		campaign_field_prepare(&fields[i]);
	}
	load->outlets = outlets;
	load->limit = limit;
	load->batch = AllocSetContextCreate(CurrentMemoryContext, "campaign load",
										ALLOCSET_DEFAULT_SIZES);
	load->feed = campaign_feed_open(outlets, CAMPAIGN_LOAD_OUTLETS);
	return load;
}

/* ------------------------------ conversion ------------------------------ */

/* Rejects the record. */
static void
reject(Record *record, int sqlerrcode, const char *message, const char *column)
{
	record->sqlerrcode = sqlerrcode;
	record->message = message;
	record->column = column;
}

/* Goes on to the next record. */
static void
next_record(CampaignLoad *load)
{
	load->at++;
	load->field = 0;
	load->value = 1;
}

/* Goes on behind a bad value, as the column's policy says. */
static void
handle_problem(CampaignLoad *load, int sqlerrcode, const char *message)
{
	Record	   *record = &load->records[load->at];
	CampaignField *field = &load->fields[load->field];

	if (field->policy == CAMPAIGN_FIELD_REJECT)
	{
		reject(record, sqlerrcode, message, field->name);
		next_record(load);
		return;
	}
	field->replaced++;
	record->values[load->value] = field->fallback_value;
	record->nulls[load->value] = field->fallback_null;
	load->value++;
	load->field++;
}

/* Converts the values of the record that are left; false if it is rejected. */
static void
convert_record(CampaignLoad *load)
{
	int			at = load->at;
	Record	   *record = &load->records[at];

	while (load->at == at && load->field < load->nfields)
	{
		CampaignField *field = &load->fields[load->field];
		CampaignFieldProblem problem;

		if (field->ignored)
			load->field++;
		else if (!campaign_field_convert(field, record->texts[load->field],
										 &record->values[load->value],
										 &record->nulls[load->value],
										 &problem))
			handle_problem(load, problem.sqlerrcode, problem.message);
		else
		{
			load->field++;
			load->value++;
		}
	}
	if (load->at == at)
		next_record(load);
}

/* The body of an attempt: converts from where it stands. */
static void
convert_records(void *arg)
{
	CampaignLoad *load = arg;

	while (load->at < load->count)
	{
		CHECK_FOR_INTERRUPTS();
		if (load->records[load->at].texts == NULL)
			next_record(load);
		else
			convert_record(load);
	}
}

/* True if the error can be one of a value. */
static bool
is_of_value(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		category == ERRCODE_TO_CATEGORY(ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION) ||
		category == ERRCODE_TO_CATEGORY(ERRCODE_PLPGSQL_ERROR);
}

/* Writes a rejected record. */
static void
write_rejected(CampaignLoad *load, const Record *record)
{
	Datum		values[5];
	bool		nulls[5] = {false};
	int			length = pg_mbcliplen(record->raw, record->length,
									  Min(record->length, KEPT_BYTES));

	if (load->outlets[CAMPAIGN_LOAD_REJECTED].rows == load->limit)
		ereport(ERROR,
				(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
				 errmsg("more than " INT64_FORMAT " lines are rejected",
						load->limit),
				 errdetail("Line " INT64_FORMAT ": %s%s.", record->line,
						   record->column == NULL ? "" :
						   psprintf("column \"%s\": ", record->column),
						   record->message),
				 errhint("Nothing was loaded. Option \"max_errors\" says how many lines may be left out.")));
	values[0] = Int64GetDatum(record->line);
	nulls[1] = record->column == NULL;
	values[1] = nulls[1] ? (Datum) 0 : CStringGetTextDatum(record->column);
	values[2] = CStringGetTextDatum(unpack_sql_state(record->sqlerrcode));
	values[3] = CStringGetTextDatum(record->message);
	values[4] = PointerGetDatum(cstring_to_text_with_len(record->raw, length));
	campaign_feed_add(load->feed, CAMPAIGN_LOAD_REJECTED, values, nulls);
}

/* Writes the records that were converted, in their order. */
static void
write_records(CampaignLoad *load)
{
	for (int i = 0; i < load->count; i++)
	{
		Record	   *record = &load->records[i];

		if (record->sqlerrcode != 0)
		{
			write_rejected(load, record);
			continue;
		}
		record->values[0] = Int64GetDatum(record->line);
		campaign_feed_add(load->feed, CAMPAIGN_LOAD_ROWS, record->values,
						  record->nulls);
	}
}

/* Converts and writes the batch. */
static void
flush(CampaignLoad *load)
{
	MemoryContext old = MemoryContextSwitchTo(load->batch);
	ErrorData  *error;

	load->at = -1;
	next_record(load);
	while ((error = campaign_attempt(convert_records, load)) != NULL)
	{
		if (!is_of_value(error))
			ReThrowError(error);
		handle_problem(load, error->sqlerrcode, error->message);
	}
	write_records(load);
	MemoryContextSwitchTo(old);
	MemoryContextReset(load->batch);
	load->count = 0;
	load->bytes = 0;
}

/* ------------------------------- records -------------------------------- */

/* A place for a record, with what it was read from. */
static Record *
new_record(CampaignLoad *load, int64 line, const char *raw, int length)
{
	Record	   *record;

	if (load->count == BATCH_RECORDS || load->bytes > BATCH_BYTES)
		flush(load);
	record = &load->records[load->count++];
	record->line = line;
	record->length = Min(length, KEPT_BYTES + MAX_MULTIBYTE_CHAR_LEN);
	record->raw = MemoryContextAlloc(load->batch, record->length + 1);
	memcpy(record->raw, raw, record->length);
	record->raw[record->length] = '\0';
	record->texts = NULL;
	record->sqlerrcode = 0;
	load->bytes += record->length;
	return record;
}

/* Adds a record. */
void
campaign_load_add(CampaignLoad *load, int64 line, char **values,
				  const char *raw, int length)
{
	Record	   *record = new_record(load, line, raw, length);
	MemoryContext old = MemoryContextSwitchTo(load->batch);

	record->texts = palloc(sizeof(char *) * load->nfields);
	record->values = palloc0(sizeof(Datum) * load->nvalues);
	record->nulls = palloc0(sizeof(bool) * load->nvalues);
	for (int i = 0; i < load->nfields; i++)
	{
		record->texts[i] = NULL;
		if (values[i] == NULL || load->fields[i].ignored)
			continue;
		record->texts[i] = pstrdup(values[i]);
		load->bytes += strlen(values[i]);
	}
	MemoryContextSwitchTo(old);
}

/* Adds one that is no record. */
void
campaign_load_reject(CampaignLoad *load, int64 line, const char *raw,
					 int length, int sqlerrcode, const char *message)
{
	Record	   *record = new_record(load, line, raw, length);

	reject(record, sqlerrcode, MemoryContextStrdup(load->batch, message),
		   NULL);
}

/* Converts and writes what is left. */
void
campaign_load_close(CampaignLoad *load)
{
	flush(load);
	campaign_feed_close(load->feed);
	MemoryContextDelete(load->batch);
}
