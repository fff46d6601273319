/*
 * template.c
 *		Declaring templates and snippets.
 *
 * Declaring one again adds a version; published campaigns keep the texts that
 * were written into them.  What can be said without rows is checked at once:
 * the parts, the tags, the snippets, that expressions are ones.  What their
 * names mean depends on the activity.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "activity/option.h"
#include "activity/wording.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/define.h"
#include "queue/content.h"
#include "set/snippet.h"
#include "store/template.h"

/* Refuses a member that is no text, or no part of the messages. */
static void
check_part(const Jsonb *parts, const char *name, const CampaignKind *kind)
{
	JsonbValue *value = campaign_object_member(&parts->root, name);
	List	   *known = kind == NULL ? list_make1("body") :
		campaign_wording_parts(kind);

	if (!campaign_list_has(known, name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 kind == NULL ?
				 errmsg("a snippet has no %s", name) :
				 errmsg("unrecognized part \"%s\" of a template of channel \"%s\"",
						name, kind->name),
				 kind == NULL ?
				 errhint("It has a body; name a channel to declare a template.") :
				 errhint("%s", campaign_nearest_hint(name, known, "parts"))));
	if (kind != NULL && campaign_wording_is_set(kind, name))
	{
		if (value != NULL && (value->type != jbvBinary ||
							  !JsonContainerIsObject(value->val.binary.data)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("part \"%s\" must be an object", name),
					 errhint("It has names with texts with {{ expressions }}.")));
	}
	else if (value != NULL && value->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("part \"%s\" must be a string", name),
				 errhint("It is text with {{ expressions }}.")));
}

/* Pushes a part, unless there is none. */
static void
push_part(JsonbParseState **state, const char *name, JsonbValue *part)
{
	JsonbValue	key = {.type = jbvString};

	if (part == NULL)
		return;
	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_VALUE, part);
}

/* A text as a value; NULL if there is none. */
static JsonbValue *
text_value(const char *text)
{
	JsonbValue *value = palloc0(sizeof(JsonbValue));

	if (text == NULL)
		return NULL;
	value->type = jbvString;
	value->val.string.val = (char *) text;
	value->val.string.len = strlen(text);
	return value;
}

/* The parts as one object; subject and body win over those in "parts". */
static Jsonb *
gather_parts(const CampaignTemplateDeclaration *declaration)
{
	JsonbParseState *state = NULL;
	ListCell   *cell;

	if (declaration->parts != NULL && !JB_ROOT_IS_OBJECT(declaration->parts))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"parts\" must be a JSON object"),
				 errhint("Give a text for each part that is neither subject nor body.")));
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, declaration->parts == NULL ? NIL :
			campaign_object_keys(declaration->parts))
		push_part(&state, lfirst(cell),
				  campaign_object_member(&declaration->parts->root,
										 lfirst(cell)));
	push_part(&state, "subject", text_value(declaration->subject));
	push_part(&state, "body", text_value(declaration->body));
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Refuses parts that are not what the kind's messages have. */
static void
check_parts(const CampaignTemplateDeclaration *declaration,
			const Jsonb *parts, const CampaignKind *kind)
{
	ListCell   *cell;

	foreach(cell, declaration->parts == NULL ? NIL :
			campaign_object_keys(declaration->parts))
		check_part(declaration->parts, lfirst(cell), kind);
	foreach(cell, campaign_object_keys(parts))
		check_part(parts, lfirst(cell), kind);
	if (JB_ROOT_COUNT(parts) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("template \"%s\" says nothing", declaration->name),
				 errhint("Give it a body.")));
}

/* Refuses what is not an expression, wherever its names are looked up. */
static void
check_expressions(List *expressions, const char *name)
{
	ListCell   *cell;

	foreach(cell, expressions)
		(void) campaign_expression_parse(((CampaignTemplateExpression *) lfirst(cell))->text,
										 psprintf("template \"%s\"", name),
										 campaign_search_path_current());
}

/*
 * Refuses a snippet that does not stand for itself: tags and blocks that begin
 * in it end in it.  How its values are escaped is decided where it stands.
 */
static void
check_snippet(const char *name, const Jsonb *parts)
{
	char	   *text = campaign_snippet_expand(GetUserId(),
											   campaign_object_text(&parts->root,
																	"body"),
											   name, name);
	List	   *expressions = NIL;
	size_t		length = strlen(text);

	/* With a brace behind it, it would begin a tag that nobody wrote. */
	if (length > 0 && text[length - 1] == '{')
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("snippet \"%s\" ends with a brace", name),
				 errhint("Write the last brace {{ '{' }}.")));
	(void) campaign_template_parse(text, CAMPAIGN_CONTENT_TEXT, name,
								   &expressions);
	check_expressions(expressions, name);
}

/* Refuses a template whose texts would be refused in an activity. */
static void
check_template(const char *name, const Jsonb *parts, const CampaignKind *kind)
{
	Jsonb	   *texts = campaign_wording_resolve(kind, parts, GetUserId());

	check_expressions(campaign_content_edition(campaign_content_parse(kind->name,
																	  texts),
											   0)->expressions, name);
}

/* The channel's kind; NULL for a snippet. */
static const CampaignKind *
channel_kind(const char *channel)
{
	List	   *names = NIL;
	ListCell   *cell;

	if (channel == NULL)
		return NULL;
	foreach(cell, campaign_kinds_all())
	{
		const CampaignKind *kind = lfirst(cell);

		if (strcmp(kind->category, "channel") != 0)
			continue;
		if (strcmp(kind->name, channel) == 0)
			return kind;
		names = lappend(names, (char *) kind->name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("unrecognized channel of a template: \"%s\"", channel),
			 errhint("%s Without one it is a snippet.",
					 campaign_nearest_hint(channel, names, "channels"))));
	return NULL;				/* keep the compiler quiet */
}

/* Adds the next version of a template of the current user's; its number. */
int
campaign_define_template(const CampaignTemplateDeclaration *declaration)
{
	const CampaignKind *kind = channel_kind(declaration->channel);
	CampaignWording wording = {0};

	campaign_define_check_title("template", declaration->name);
	wording.name = (char *) declaration->name;
	wording.channel = (char *) declaration->channel;
	wording.description = (char *) declaration->description;
	wording.parts = gather_parts(declaration);
	check_parts(declaration, wording.parts, kind);
	if (kind == NULL)
		check_snippet(wording.name, wording.parts);
	else
		check_template(wording.name, wording.parts, kind);
	return campaign_wording_save(&wording);
}

/* Drops all versions of a template of the current user's. */
void
campaign_define_drop_template(const char *name)
{
	if (campaign_wording_drop(GetUserId(), name))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("template \"%s\" does not exist", name),
			 errhint("%s",
					 campaign_nearest_hint(name,
										   list_concat(campaign_wording_names(GetUserId(), false),
													   campaign_wording_names(GetUserId(), true)),
										   "templates"))));
}
