/*
 * argument.c
 *		Arguments of SQL-callable functions.
 */
#include "postgres.h"

#include "api/argument.h"

/* Refuses NULL, naming the argument. */
void
campaign_argument_require(FunctionCallInfo fcinfo, int number,
						  const char *name)
{
	if (PG_ARGISNULL(number))
		campaign_argument_require_hinted(fcinfo, number, name,
										 psprintf("Give the argument \"%s\" a value.",
												  name));
}

/* Refuses NULL, with that hint. */
void
campaign_argument_require_hinted(FunctionCallInfo fcinfo, int number,
								 const char *name, const char *hint)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name),
				 errhint("%s", hint)));
}

/* A text argument with something in it. */
char *
campaign_argument_filled(FunctionCallInfo fcinfo, int number,
						 const char *name, const char *hint)
{
	char	   *value;

	campaign_argument_require_hinted(fcinfo, number, name, hint);
	value = campaign_argument_text(fcinfo, number);
	if (value[strspn(value, " \t\n\v\f\r")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be empty", name),
				 errhint("%s", hint)));
	return value;
}

/* A text argument; NULL if it is. */
char *
campaign_argument_text(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(number));
}

/* A text argument that must not be NULL. */
char *
campaign_argument_required(FunctionCallInfo fcinfo, int number,
						   const char *name)
{
	campaign_argument_require(fcinfo, number, name);
	return campaign_argument_text(fcinfo, number);
}

/* A jsonb argument; NULL if it is. */
Jsonb *
campaign_argument_jsonb(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NULL : PG_GETARG_JSONB_P(number);
}
