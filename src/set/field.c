/*
 * field.c
 *		From a text in a file to a value in a column.
 *
 * The rules have one order: white space, replacement, letters, NULLs, length,
 * then how numbers and times are written, and last the input function of the
 * type, which has the last word.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/formatting.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/json.h"
#include "set/field.h"

/* Sets a problem; false, to be returned. */
static bool
refuse(CampaignFieldProblem *problem, int sqlerrcode, const char *message)
{
	problem->sqlerrcode = sqlerrcode;
	problem->message = message;
	return false;
}

/* True for types whose values are dates or times. */
static bool
is_time(Oid type)
{
	return type == DATEOID || type == TIMEOID || type == TIMESTAMPOID ||
		type == TIMESTAMPTZOID;
}

/* Calls the input function, in the time zone of the column. */
static Datum
call_input(CampaignField *field, char *text)
{
	pg_tz	   *before = session_timezone;
	Datum		value;

	if (field->zone == NULL)
		return InputFunctionCall(&field->input, text, field->ioparam,
								 field->typmod);
	session_timezone = field->zone;
	PG_TRY();
	{
		value = InputFunctionCall(&field->input, text, field->ioparam,
								  field->typmod);
	}
	PG_FINALLY();
	{
		session_timezone = before;
	}
	PG_END_TRY();
	return value;
}

/* Looks up what conversion needs. */
void
campaign_field_prepare(CampaignField *field)
{
	Oid			function;
	char		category;
	bool		preferred;

	getTypeInputInfo(field->type, &function, &field->ioparam);
	fmgr_info(function, &field->input);
	field->base = getBaseType(field->type);
	get_type_category_preferred(field->base, &category, &preferred);
	field->number = category == TYPCATEGORY_NUMERIC;
	field->fallback_null = true;
	if (field->policy == CAMPAIGN_FIELD_FALLBACK)
	{
		field->fallback_value = call_input(field, field->fallback == NULL ?
										   NULL : pstrdup(field->fallback));
		field->fallback_null = field->fallback == NULL;
	}
}

/* The column that it becomes. */
CampaignColumn *
campaign_field_column(const CampaignField *field)
{
	CampaignColumn *column = palloc(sizeof(CampaignColumn));

	column->name = pstrdup(field->name);
	column->typmod = field->typmod;
	column->type = getBaseTypeAndTypmod(field->type, &column->typmod);
	column->collation = get_typcollation(column->type);
	return column;
}

/* ------------------------------ one by one ------------------------------ */

/* The text without white space at its ends. */
static char *
trim(char *text)
{
	int			length;

	while (*text == ' ' || *text == '\t')
		text++;
	length = strlen(text);
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	text[length] = '\0';
	return text;
}

/* What stands for the text; *mapped tells whether there is anything. */
static char *
remap(const CampaignField *field, char *text, bool *mapped)
{
	JsonbValue	value;

	*mapped = getKeyJsonValueFromContainer(&field->remap->root, text,
										   strlen(text), &value) != NULL;
	return *mapped ? campaign_scalar_text(&value) : text;
}

/* The text in the letters that are asked for. */
static char *
change_letters(const CampaignField *field, char *text)
{
	switch (field->letters)
	{
		case CAMPAIGN_CASE_UPPER:
			return str_toupper(text, strlen(text), DEFAULT_COLLATION_OID);
		case CAMPAIGN_CASE_LOWER:
			return str_tolower(text, strlen(text), DEFAULT_COLLATION_OID);
		case CAMPAIGN_CASE_INITCAP:
			return str_initcap(text, strlen(text), DEFAULT_COLLATION_OID);
		default:
			return text;
	}
}

/* True if the text begins with the mark, which may be none. */
static bool
begins_with(const char *text, const char *mark)
{
	return mark != NULL && *mark != '\0' &&
		strncmp(text, mark, strlen(mark)) == 0;
}

/*
 * The number as SQL writes it; NULL if it is not written as the column's are:
 * separators of thousands stand before each third digit, or nowhere.
 */
static char *
plain_number(const CampaignField *field, const char *text)
{
	char	   *plain = palloc(strlen(text) + 1);
	char	   *to = plain;
	bool		fraction = false;
	int			digits = 0;		/* since the last separator */
	int			groups = 0;

	if (*text == '-' || *text == '+')
		*to++ = *text++;
	while (*text != '\0')
	{
		if (*text >= '0' && *text <= '9')
		{
			digits++;
			*to++ = *text++;
		}
		else if (!fraction && begins_with(text, field->thousands))
		{
			if (digits == 0 || digits > 3 || (groups > 0 && digits != 3))
				return NULL;
			groups++;
			digits = 0;
			text += strlen(field->thousands);
		}
		else if (!fraction && begins_with(text, field->decimal))
		{
			if (groups > 0 && digits != 3)
				return NULL;
			fraction = true;
			*to++ = '.';
			text += strlen(field->decimal);
		}
		else
			return NULL;
	}
	if (groups > 0 && !fraction && digits != 3)
		return NULL;
	*to = '\0';
	return plain;
}

/* The next character that counts when two dates are compared. */
static const char *
next_character(const char *text, bool in_number)
{
	while (*text == ' ' || (*text == '0' && !in_number &&
							text[1] >= '0' && text[1] <= '9'))
		text++;
	return text;
}

/* True if the texts are the same but for blanks, zeros in front, and case. */
static bool
same_date(const char *a, const char *b)
{
	bool		in_number = false;

	for (;;)
	{
		a = next_character(a, in_number);
		b = next_character(b, in_number);
		if (pg_tolower((unsigned char) *a) != pg_tolower((unsigned char) *b))
			return false;
		if (*a == '\0')
			return true;
		in_number = *a >= '0' && *a <= '9';
		a++;
		b++;
	}
}

/* True if the format has the offset of a time zone in it. */
static bool
has_offset(const char *format)
{
	return strstr(format, "OF") != NULL || strstr(format, "TZ") != NULL;
}

/*
 * The date or time as SQL writes it; NULL if the text is not in the format.
 * to_timestamp() passes over what it does not understand, so it is held
 * against what the value looks like in that format.
 */
static char *
plain_time(const CampaignField *field, const char *given)
{
	Datum		format = CStringGetTextDatum(field->format);
	pg_tz	   *before = session_timezone;
	char	   *plain;
	char	   *shown = NULL;
	Datum		instant;

	/* UTC has every hour of every day; only an offset in the text counts. */
	if (!has_offset(field->format))
		session_timezone = pg_tzset("UTC");
	PG_TRY();
	{
		instant = DirectFunctionCall2Coll(to_timestamp, DEFAULT_COLLATION_OID,
										  CStringGetTextDatum(given), format);
		if (!has_offset(field->format))
		{
			shown = TextDatumGetCString(DirectFunctionCall2Coll(timestamptz_to_char,
																DEFAULT_COLLATION_OID,
																instant, format));
			instant = DirectFunctionCall1(timestamptz_timestamp, instant);
			plain = DatumGetCString(DirectFunctionCall1(timestamp_out,
														instant));
		}
		else
			plain = DatumGetCString(DirectFunctionCall1(timestamptz_out,
														instant));
	}
	PG_FINALLY();
	{
		session_timezone = before;
	}
	PG_END_TRY();
	if (shown != NULL && !same_date(given, shown))
		return NULL;
	return plain;
}

/* Turns a text into how SQL writes it. */
static bool
make_plain(const CampaignField *field, char **text,
		   CampaignFieldProblem *problem)
{
	const char *given = *text;

	if (field->number && (field->decimal != NULL || field->thousands != NULL))
	{
		*text = plain_number(field, given);
		if (*text == NULL)
			return refuse(problem, ERRCODE_INVALID_TEXT_REPRESENTATION,
						  psprintf("\"%s\" is not a number as the column has them",
								   given));
	}
	if (is_time(field->base) && field->format != NULL)
	{
		*text = plain_time(field, given);
		if (*text == NULL)
			return refuse(problem, ERRCODE_INVALID_DATETIME_FORMAT,
						  psprintf("\"%s\" is not in the format \"%s\"", given,
								   field->format));
	}
	return true;
}

/* Refuses an empty value where there must be one. */
static bool
check_empty(const CampaignField *field, CampaignFieldProblem *problem)
{
	if (field->nulls == CAMPAIGN_NULLS_REFUSED ||
		(field->nulls == CAMPAIGN_NULLS_DEFAULT && field->number))
		return refuse(problem, ERRCODE_NULL_VALUE_NOT_ALLOWED,
					  "the value is empty");
	return true;
}

/* Converts a text, or NULL. */
bool
campaign_field_convert(CampaignField *field, char *text, Datum *value,
					   bool *isnull, CampaignFieldProblem *problem)
{
	if (text != NULL && field->trim)
		text = trim(text);
	if (text != NULL && field->remap != NULL)
	{
		bool		mapped;

		text = remap(field, text, &mapped);
		if (!mapped && field->only_mapped && *text != '\0')
			return refuse(problem, ERRCODE_INVALID_PARAMETER_VALUE,
						  psprintf("\"%s\" is not among the values that are known",
								   text));
	}
	if (text != NULL && field->letters != CAMPAIGN_CASE_KEEP)
		text = change_letters(field, text);
	if (text != NULL && *text == '\0')
		text = NULL;
	*isnull = text == NULL;
	if (text == NULL && !check_empty(field, problem))
		return false;
	if (text != NULL && field->longest > 0 &&
		pg_mbstrlen(text) > field->longest)
		return refuse(problem, ERRCODE_STRING_DATA_RIGHT_TRUNCATION,
					  psprintf("the value is longer than %d characters",
							   field->longest));
	if (text != NULL && !make_plain(field, &text, problem))
		return false;
	*value = call_input(field, text);
	return true;
}
