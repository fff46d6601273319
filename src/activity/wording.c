/*
 * wording.c
 *		The texts of an activity: its own, its template's, its snippets'.
 *
 * Publishing writes them out into the options of the version, so that the
 * queue knows texts and nothing else, and changing a template later changes
 * no campaign that was published.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "activity/option.h"
#include "activity/wording.h"
#include "base/errors.h"
#include "base/text.h"
#include "set/snippet.h"
#include "store/template.h"

typedef struct Resolution
{
	const CampaignKind *kind;
	Oid			owner;
	JsonbParseState *state;
} Resolution;

static JsonbValue *copy_object(Resolution *resolution,
							   JsonbContainer *object);

/* True if it is an object of texts. */
bool
campaign_wording_is_set(const CampaignKind *kind, const char *name)
{
	for (int i = 0; i < kind->noptions; i++)
	{
		if (strcmp(kind->options[i].name, name) == 0)
			return kind->options[i].type == CAMPAIGN_OPTION_TEMPLATES;
	}
	return false;
}

/* Names of the parts messages of the kind have. */
List *
campaign_wording_parts(const CampaignKind *kind)
{
	List	   *names = NIL;

	for (int i = 0; i < kind->noptions; i++)
	{
		if (campaign_option_is_part(&kind->options[i]))
			names = lappend(names, (char *) kind->options[i].name);
	}
	return names;
}

/* The template of that name, for messages of the kind. */
static CampaignWording *
require_template(const Resolution *resolution, const char *name)
{
	CampaignWording *wording = campaign_wording_find(resolution->owner, name);

	if (wording == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("template \"%s\" does not exist", name),
				 errhint("%s Templates are declared with campaign_template().",
						 campaign_nearest_hint(name,
											   campaign_wording_names(resolution->owner, false),
											   "templates"))));
	if (wording->channel == NULL ||
		strcmp(wording->channel, resolution->kind->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 wording->channel == NULL ?
				 errmsg("template \"%s\" is a snippet", name) :
				 errmsg("template \"%s\" is of channel \"%s\", not \"%s\"",
						name, wording->channel, resolution->kind->name),
				 wording->channel == NULL ?
				 errhint("Include it in a text: {{> %s }}.", name) :
				 errhint("Declare one of channel \"%s\" with campaign_template().",
						 resolution->kind->name)));
	return wording;
}

/* Pushes a key. */
static void
push_key(Resolution *resolution, const char *name)
{
	JsonbValue	key = {.type = jbvString};

	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	pushJsonbValue(&resolution->state, WJB_KEY, &key);
}

/* Pushes a member that is a text. */
static void
push_text(Resolution *resolution, const char *name, const char *text)
{
	JsonbValue	value = {.type = jbvString};

	push_key(resolution, name);
	value.val.string.val = campaign_snippet_expand(resolution->owner, text,
												   name, NULL);
	value.val.string.len = strlen(value.val.string.val);
	pushJsonbValue(&resolution->state, WJB_VALUE, &value);
}

/* Pushes a part: a text, or an object of texts; others as they are. */
static void
push_part(Resolution *resolution, const char *name, const JsonbValue *part)
{
	ListCell   *cell;
	Jsonb	   *set;

	if (part->type == jbvString)
	{
		push_text(resolution, name, campaign_scalar_text(part));
		return;
	}
	push_key(resolution, name);
	if (part->type != jbvBinary ||
		!JsonContainerIsObject(part->val.binary.data))
	{
		pushJsonbValue(&resolution->state, WJB_VALUE, (JsonbValue *) part);
		return;
	}
	set = JsonbValueToJsonb((JsonbValue *) part);
	pushJsonbValue(&resolution->state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, campaign_object_keys(set))
	{
		JsonbValue *member = campaign_object_member(&set->root, lfirst(cell));

		if (member != NULL && member->type == jbvString)
			push_text(resolution, lfirst(cell), campaign_scalar_text(member));
		else if (member != NULL)
		{
			push_key(resolution, lfirst(cell));
			pushJsonbValue(&resolution->state, WJB_VALUE, member);
		}
	}
	pushJsonbValue(&resolution->state, WJB_END_OBJECT, NULL);
}

/* Pushes the parts of the template that the object has none of. */
static void
push_parts(Resolution *resolution, const JsonbContainer *object,
		   const CampaignWording *wording)
{
	ListCell   *cell;

	foreach(cell, campaign_object_keys(wording->parts))
	{
		if (campaign_object_member(object, lfirst(cell)) == NULL)
			push_part(resolution, lfirst(cell),
					  campaign_object_member(&wording->parts->root,
											 lfirst(cell)));
	}
}

/* Pushes an array, with the objects in it resolved. */
static void
copy_array(Resolution *resolution, JsonbContainer *array)
{
	pushJsonbValue(&resolution->state, WJB_BEGIN_ARRAY, NULL);
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(array, i);

		if (value->type == jbvBinary &&
			JsonContainerIsObject(value->val.binary.data))
			(void) copy_object(resolution, value->val.binary.data);
		else
			pushJsonbValue(&resolution->state, WJB_ELEM, value);
	}
	pushJsonbValue(&resolution->state, WJB_END_ARRAY, NULL);
}

/* True if an option of the kind is a text of a message. */
static bool
is_part(const CampaignKind *kind, const char *name)
{
	return campaign_list_has(campaign_wording_parts(kind), name);
}

/* Pushes a member as it is, with what is inside of it resolved. */
static void
copy_member(Resolution *resolution, char *name, JsonbValue *value)
{
	if (is_part(resolution->kind, name))
	{
		push_part(resolution, name, value);
		return;
	}
	push_key(resolution, name);
	if (value->type != jbvBinary)
		pushJsonbValue(&resolution->state, WJB_VALUE, value);
	else if (JsonContainerIsObject(value->val.binary.data))
		(void) copy_object(resolution, value->val.binary.data);
	else
		copy_array(resolution, value->val.binary.data);
}

/*
 * Pushes an object with the texts in it written out.  Texts stand among the
 * options and, where a message has several editions, in objects in them: the
 * names of the members tell them, and "template" may stand in each.  Gives the
 * value of the outermost one.
 */
static JsonbValue *
copy_object(Resolution *resolution, JsonbContainer *object)
{
	char	   *template = campaign_object_text(object, "template");
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue	value;
	char	   *name = NULL;

	check_stack_depth();
	pushJsonbValue(&resolution->state, WJB_BEGIN_OBJECT, NULL);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, value.val.string.len);
		else if (token == WJB_VALUE)
			copy_member(resolution, name, &value);
	}
	if (template != NULL)
		push_parts(resolution, object,
				   require_template(resolution, template));
	return pushJsonbValue(&resolution->state, WJB_END_OBJECT, NULL);
}

/* Refuses options without a text the kind requires. */
static void
check_parts(const CampaignKind *kind, const Jsonb *options)
{
	char	   *template = campaign_option_text(options, "template");

	for (int i = 0; template != NULL && i < kind->noptions; i++)
	{
		const CampaignOption *option = &kind->options[i];

		if (option->required && campaign_option_is_part(option) &&
			campaign_object_member(&options->root, option->name) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("template \"%s\" has no %s", template,
							option->name),
					 errhint("Declare the template with it, or give the activity the option \"%s\".",
							 option->name)));
	}
}

/* The options with every text written out. */
Jsonb *
campaign_wording_resolve(const CampaignKind *kind, const Jsonb *options,
						 Oid owner)
{
	Resolution	resolution = {kind, owner, NULL};
	Jsonb	   *resolved;

	if (strcmp(kind->category, "channel") != 0)
		return (Jsonb *) options;
	resolved = JsonbValueToJsonb(copy_object(&resolution,
											 (JsonbContainer *) &options->root));
	check_parts(kind, resolved);
	return resolved;
}
