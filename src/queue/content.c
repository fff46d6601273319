/*
 * content.c
 *		What a message says: the templates of a delivery.
 *
 * Enqueuing evaluates the expressions, claiming fills the texts in: both come
 * here, so that the variables of a message are in the order both expect.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "set/render.h"
#include "queue/content.h"

/* The option's text, or NULL if it is not given. */
static char *
option_text(const Jsonb *options, const char *name)
{
	JsonbValue	buffer;
	JsonbValue *value;

	if (!JB_ROOT_IS_OBJECT(options))
		return NULL;
	value = getKeyJsonValueFromContainer((JsonbContainer *) &options->root,
										 name, (int) strlen(name), &buffer);
	if (value == NULL || value->type == jbvNull)
		return NULL;
	campaign_ensure(value->type == jbvString, "option \"%s\" is not a text",
					name);
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* Parses the option's text, if there is any. */
static CampaignTemplate *
parse_option(const Jsonb *options, const char *name, CampaignContent kind,
			 List **expressions)
{
	char	   *text = option_text(options, name);

	if (text == NULL)
		return NULL;
	return campaign_template_parse(text, kind, name, expressions);
}

/* Parses subject and body; mail is HTML, everything else plain text. */
CampaignMessageContent *
campaign_content_parse(const char *channel, const Jsonb *options)
{
	CampaignMessageContent *content = palloc0(sizeof(CampaignMessageContent));
	CampaignContent kind = strcmp(channel, "email") == 0 ?
		CAMPAIGN_CONTENT_HTML : CAMPAIGN_CONTENT_TEXT;

	content->subject = parse_option(options, "subject",
									CAMPAIGN_CONTENT_HEADER,
									&content->expressions);
	content->body = parse_option(options, "body", kind,
								 &content->expressions);
	return content;
}

/* The strings of a message's variables; NULLs stay NULL. */
const char **
campaign_content_variables(Datum variables, int *count)
{
	const char **strings;
	Datum	   *elements;
	bool	   *nulls;

	deconstruct_array(DatumGetArrayTypeP(variables), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, count);
	strings = palloc(sizeof(char *) * *count);
	for (int i = 0; i < *count; i++)
		strings[i] = nulls[i] ? NULL : TextDatumGetCString(elements[i]);
	return strings;
}

/* True if the size of messages does not follow from that of the values. */
static bool
has_collections(const CampaignMessageContent *content)
{
	ListCell   *cell;

	foreach(cell, content->expressions)
	{
		const CampaignTemplateExpression *expression = lfirst(cell);

		if (expression->use == CAMPAIGN_USE_COLLECTION)
			return true;
	}
	return false;
}

/* Renders in vain; only collections can make that fail. */
void
campaign_content_try(const CampaignMessageContent *content, Datum variables)
{
	const char **strings;
	int			count;
	StringInfoData out;

	if (!has_collections(content))
		return;
	strings = campaign_content_variables(variables, &count);
	initStringInfo(&out);
	if (content->subject != NULL)
		campaign_template_render(content->subject, strings, count, &out);
	resetStringInfo(&out);
	if (content->body != NULL)
		campaign_template_render(content->body, strings, count, &out);
}
