/*
 * json.c
 *		Members of JSON objects.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"

#include "utils/builtins.h"

#include "base/json.h"
#include "base/text.h"

/* The member, or NULL; a null counts as absent. */
JsonbValue *
campaign_object_member(const JsonbContainer *object, const char *name)
{
	JsonbValue *value;

	if (object == NULL || !JsonContainerIsObject(object))
		return NULL;
	value = getKeyJsonValueFromContainer((JsonbContainer *) object, name,
										 strlen(name), NULL);
	return value == NULL || value->type == jbvNull ? NULL : value;
}

/* The member as a document of its own, or NULL. */
Jsonb *
campaign_object_document(const Jsonb *object, const char *name)
{
	JsonbValue *value = object == NULL ? NULL :
		campaign_object_member(&object->root, name);

	return value == NULL ? NULL : JsonbValueToJsonb(value);
}

/* A scalar as text, without the quotes of a string. */
char *
campaign_scalar_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		default:
			return NULL;
	}
}

/* The member as text; NULL if absent, null or no scalar. */
char *
campaign_object_text(const JsonbContainer *object, const char *name)
{
	JsonbValue *value = campaign_object_member(object, name);

	return value == NULL ? NULL : campaign_scalar_text(value);
}

/* True if the value is an object. */
bool
campaign_is_object(const JsonbValue *value)
{
	return value->type == jbvBinary &&
		JsonContainerIsObject(value->val.binary.data);
}

/* The member as the text of a condition. */
char *
campaign_object_condition(const JsonbContainer *object, const char *name)
{
	JsonbValue *value = campaign_object_member(object, name);

	if (value == NULL || !campaign_is_object(value))
		return value == NULL || value->type != jbvString ? NULL :
			campaign_scalar_text(value);
	return JsonbToCString(NULL, value->val.binary.data,
						  value->val.binary.len);
}

/* Refuses members of an object that mean nothing. */
void
campaign_members_check(const JsonbContainer *object, const char *what,
					   const char *known)
{
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) object);
	List	   *names = campaign_split_commas(known);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		if (!campaign_list_has(names, key))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s has an unrecognized member \"%s\"", what, key),
					 errhint("%s", campaign_nearest_hint(key, names,
														 "members"))));
		(void) JsonbIteratorNext(&iterator, &value, true);
	}
}

/* Keys of an object. */
List *
campaign_object_keys(const Jsonb *object)
{
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) &object->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	List	   *keys = NIL;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			keys = lappend(keys, pnstrdup(value.val.string.val,
										  value.val.string.len));
	}
	return keys;
}

/* An object without members. */
Jsonb *
campaign_object_empty(void)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* A text as a JSON string, or read as a document; NULL gives null. */
JsonbValue *
campaign_value_of_text(char *text, bool document)
{
	JsonbValue *value = palloc0(sizeof(JsonbValue));

	value->type = jbvNull;
	if (text == NULL)
		return value;
	if (document)
	{
		Jsonb	   *parsed = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
																CStringGetDatum(text)));

		if (JB_ROOT_IS_SCALAR(parsed))
			return getIthJsonbValueFromContainer(&parsed->root, 0);
		value->type = jbvBinary;
		value->val.binary.data = &parsed->root;
		value->val.binary.len = VARSIZE(parsed) - VARHDRSZ;
		return value;
	}
	value->type = jbvString;
	value->val.string.val = text;
	value->val.string.len = strlen(text);
	return value;
}
