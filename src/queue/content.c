/*
 * content.c
 *		What a message says: the templates of a delivery, by language.
 *
 * What the kinds of channel differ in is said in one table: the parts of a
 * message, how values are escaped in them, and where they stand in what a
 * claim gives.
 *
 * Enqueuing evaluates the expressions, claiming fills the texts in: both come
 * here, so that the variables of a message are in the order both expect.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "base/errors.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/text.h"
#include "queue/content.h"
#include "set/render.h"
#include "set/sms.h"

/* The longest name of a language, such as zh-Hant-TW. */
#define LANGUAGE_BYTES 35

#define MAX_LANGUAGES 100

/* A byte of a value becomes so many at most: &quot; */
#define ESCAPED_BYTES 6

/* What every message says of itself in its attributes. */
static const char *const own_attributes[] = {
	"activity", "campaign", "recipient", "unsubscribe_url", NULL
};

/* A part of messages; a set of them is an object: name -> template. */
typedef struct PartRule
{
	const char *name;			/* of the option; NULL ends the list */
	CampaignContent escaping;
	CampaignPlace place;
	bool		is_set;
} PartRule;

typedef struct ChannelKind
{
	const char *name;
	bool		has_segments;	/* the body is sent in segments of SMS */
	PartRule	parts[5];
} ChannelKind;

#define ATTRIBUTES \
	{"attributes", CAMPAIGN_CONTENT_TEXT, CAMPAIGN_PLACE_ATTRIBUTE, true}

static const ChannelKind channel_kinds[] = {
	{"custom", false, {ATTRIBUTES}},
	{"direct_mail", false, {ATTRIBUTES}},
	{"email", false, {
		{"subject", CAMPAIGN_CONTENT_HEADER, CAMPAIGN_PLACE_SUBJECT},
		{"body", CAMPAIGN_CONTENT_HTML, CAMPAIGN_PLACE_BODY},
		{"text", CAMPAIGN_CONTENT_TEXT, CAMPAIGN_PLACE_ATTRIBUTE}
	}},
	{"push", false, {
		{"title", CAMPAIGN_CONTENT_HEADER, CAMPAIGN_PLACE_SUBJECT},
		{"body", CAMPAIGN_CONTENT_TEXT, CAMPAIGN_PLACE_BODY},
		{"url", CAMPAIGN_CONTENT_HEADER, CAMPAIGN_PLACE_ATTRIBUTE},
		ATTRIBUTES
	}},
	{"sms", true, {
		{"body", CAMPAIGN_CONTENT_TEXT, CAMPAIGN_PLACE_BODY}
	}}
};

/* The edition being parsed. */
typedef struct ContentParser
{
	const ChannelKind *kind;
	const Jsonb *options;
	const char *variant;		/* NULL: there are none */
	const char *tag;			/* of the language; NULL: the default's */
	Jsonb	   *own;			/* the language's parts; NULL: the default's */
	CampaignMessageContent *content;
} ContentParser;

/* The kind of channel of that name. */
static const ChannelKind *
find_kind(const char *name)
{
	for (int i = 0; i < lengthof(channel_kinds); i++)
	{
		if (strcmp(channel_kinds[i].name, name) == 0)
			return &channel_kinds[i];
	}
	elog(ERROR, "unrecognized kind of channel: %s", name);
}

/* -------------------------------- parts --------------------------------- */

/*
 * The text of a member of the language's parts, or else of the default ones;
 * NULL if there is none.  Says for errors what it is.
 */
static char *
member_text(const ContentParser *parser, const Jsonb *own,
			const Jsonb *common, const char *path, const char *name,
			char **what)
{
	JsonbValue *value = own == NULL ? NULL :
		campaign_object_member(&own->root, name);

	*what = psprintf("%s%s%s%s%s", parser->variant == NULL ? "" : "variants.",
					 parser->variant == NULL ? "" : parser->variant,
					 parser->variant == NULL ? "" : ".", path, name);
	if (value != NULL)
		*what = psprintf("languages.%s.%s", parser->tag, *what);
	else if (common != NULL)
		value = campaign_object_member(&common->root, name);
	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("template \"%s\" must be a string", *what),
				 errhint("Write numbers and other values as they are to be sent, or as {{ expression }}.")));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

/* Adds a part to the edition. */
static void
add_part(ContentParser *parser, const PartRule *rule, const char *name,
		 const char *text, const char *what)
{
	CampaignMessagePart *part = palloc(sizeof(CampaignMessagePart));

	part->place = rule->place;
	part->escaping = rule->escaping;
	part->name = name;
	part->template = campaign_template_parse(text, rule->escaping, what,
											 &parser->content->expressions);
	parser->content->parts = lappend(parser->content->parts, part);
}

/* Refuses the name of an attribute that means something else already. */
static void
check_attribute(const ContentParser *parser, const char *name)
{
	bool		taken = *name == '\0';

	for (int i = 0; own_attributes[i] != NULL; i++)
		taken |= strcmp(own_attributes[i], name) == 0;
	for (const PartRule *rule = parser->kind->parts; rule->name != NULL; rule++)
		taken |= !rule->is_set && strcmp(rule->name, name) == 0;
	if (taken)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("attribute must not be named \"%s\"", name),
				 errhint("Messages have attributes \"campaign\", \"activity\", \"recipient\" and \"unsubscribe_url\", and those that are options of their kind; choose another name.")));
}

/* An object among the parts; refused if it is something else. */
static Jsonb *
member_object(const ContentParser *parser, const Jsonb *parts,
			  const char *name)
{
	Jsonb	   *object = campaign_object_document(parts, name);

	if (object != NULL && !JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" must be an object", name),
				 errhint("Give names with templates, such as {\"%s\": {\"city\": \"{{ city }}\"}}.",
						 name)));
	return object;
}

/* Adds a part for each member of the set, in order of their names. */
static void
parse_set(ContentParser *parser, const PartRule *rule)
{
	Jsonb	   *own = member_object(parser, parser->own, rule->name);
	Jsonb	   *common = member_object(parser, parser->options, rule->name);
	List	   *names = common == NULL ? NIL : campaign_object_keys(common);
	char	   *path = psprintf("%s.", rule->name);
	ListCell   *cell;

	if (own != NULL)
	{
		foreach(cell, campaign_object_keys(own))
		{
			if (!campaign_list_has(names, lfirst(cell)))
				names = lappend(names, lfirst(cell));
		}
	}
	foreach(cell, names)
	{
		char	   *what;
		char	   *text = member_text(parser, own, common, path,
									   lfirst(cell), &what);

		check_attribute(parser, lfirst(cell));
		if (text != NULL)
			add_part(parser, rule, lfirst(cell), text, what);
	}
}

/* Notes what bounds the size of messages. */
static void
measure(CampaignMessageContent *content)
{
	ListCell   *cell;

	foreach(cell, content->expressions)
		content->has_collections |=
			((CampaignTemplateExpression *) lfirst(cell))->use ==
			CAMPAIGN_USE_COLLECTION;
	foreach(cell, content->parts)
	{
		const CampaignTemplate *template =
			((CampaignMessagePart *) lfirst(cell))->template;

		content->bytes += strlen(template->text);
		content->placeholders += template->nparts;
	}
}

/* The limit of segments, of options that were checked. */
static int
read_max_segments(const Jsonb *options)
{
	char	   *text = campaign_object_text(&options->root, "max_segments");

	return text == NULL ? CAMPAIGN_MAX_SEGMENTS : atoi(text);
}

/* Parses an edition: the default's, or that of a language. */
static CampaignMessageContent *
parse_edition(const ChannelKind *kind, const Jsonb *options,
			  const char *variant, const char *tag, Jsonb *own)
{
	ContentParser parser = {kind, options, variant, tag, own};

	parser.content = palloc0(sizeof(CampaignMessageContent));
	parser.content->variant = variant;
	for (const PartRule *rule = kind->parts; rule->name != NULL; rule++)
	{
		char	   *what;
		char	   *text;

		if (rule->is_set)
		{
			parse_set(&parser, rule);
			continue;
		}
		text = member_text(&parser, own, options, "", rule->name, &what);
		if (text != NULL)
			add_part(&parser, rule, rule->name, text, what);
	}
	if (kind->has_segments)
		parser.content->max_segments = read_max_segments(options);
	measure(parser.content);
	return parser.content;
}

/* ------------------------------ languages ------------------------------- */

/* A language's name as it is compared: lower case, hyphens. */
static char *
fold_language(const char *tag)
{
	char	   *folded = pstrdup(tag);

	for (char *c = folded; *c != '\0'; c++)
		*c = *c == '_' ? '-' : pg_ascii_tolower(*c);
	return folded;
}

/* True if it could be the name of a language: subtags of letters and digits. */
static bool
is_language(const char *folded)
{
	const char *c = folded;

	if (strlen(folded) > LANGUAGE_BYTES)
		return false;
	while (*c >= 'a' && *c <= 'z')
		c++;
	if (c - folded < 2 || c - folded > 8)
		return false;
	while (*c == '-')
	{
		size_t		length = strspn(c + 1, "abcdefghijklmnopqrstuvwxyz0123456789");

		if (length < 1 || length > 8)
			return false;
		c += 1 + length;
	}
	return *c == '\0';
}

/* Refuses members of a language that are no parts of this kind. */
static void
check_members(const ChannelKind *kind, const char *tag, const Jsonb *own)
{
	List	   *names = list_make1("template");
	ListCell   *cell;

	for (const PartRule *rule = kind->parts; rule->name != NULL; rule++)
		names = lappend(names, (char *) rule->name);
	if (own == NULL || !JB_ROOT_IS_OBJECT(own))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("language \"%s\" must be an object", tag),
				 errhint("Its members are parts of the content: %s.",
						 campaign_list_join(names))));
	foreach(cell, campaign_object_keys(own))
	{
		if (!campaign_list_has(names, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized part \"%s\" of language \"%s\"",
							(char *) lfirst(cell), tag),
					 errhint("%s", campaign_nearest_hint(lfirst(cell), names,
														 "parts"))));
	}
}

/* Parses the edition of a language, which must not be among them yet. */
static CampaignMessageContent *
parse_language(const ChannelKind *kind, const Jsonb *options,
			   const char *variant, const Jsonb *languages, const char *tag,
			   const List *editions)
{
	Jsonb	   *own = campaign_object_document(languages, tag);
	char	   *folded = fold_language(tag);
	CampaignMessageContent *content;
	ListCell   *cell;

	if (!is_language(folded))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid language \"%s\"", tag),
				 errhint("Write a language tag, such as \"fr\" or \"pt-BR\".")));
	foreach(cell, editions)
	{
		const CampaignMessageContent *other = lfirst(cell);

		if (other->language != NULL && strcmp(other->language, folded) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("language \"%s\" is given twice", folded),
					 errdetail("Upper and lower case, hyphens and underscores make no difference.")));
	}
	check_members(kind, tag, own);
	content = parse_edition(kind, options, variant, tag, own);
	content->language = folded;
	return content;
}

/* The editions of a variant, or of the only content: the default first. */
static List *
parse_languages(const ChannelKind *kind, const Jsonb *options,
				const char *variant)
{
	Jsonb	   *languages = campaign_object_document(options, "languages");
	List	   *editions = list_make1(parse_edition(kind, options, variant,
													NULL, NULL));
	ListCell   *cell;

	if (languages == NULL)
		return editions;
	if (JB_ROOT_COUNT(languages) > MAX_LANGUAGES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many languages"),
				 errdetail("There are %d; at most %d are allowed.",
						   (int) JB_ROOT_COUNT(languages), MAX_LANGUAGES)));
	foreach(cell, campaign_object_keys(languages))
		editions = lappend(editions,
						   parse_language(kind, options, variant, languages,
										  lfirst(cell), editions));
	return editions;
}

/* ------------------------------- variants ------------------------------- */

/* Refuses members of a variant that are neither parts nor say what it is. */
static void
check_variant(const ChannelKind *kind, const Jsonb *variant)
{
	List	   *names = list_make4("name", "percent", "template", "languages");
	ListCell   *cell;

	for (const PartRule *rule = kind->parts; rule->name != NULL; rule++)
		names = lappend(names, (char *) rule->name);
	foreach(cell, campaign_object_keys(variant))
	{
		if (!campaign_list_has(names, lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unrecognized part \"%s\" of a variant",
							(char *) lfirst(cell)),
					 errhint("%s", campaign_nearest_hint(lfirst(cell), names,
														 "parts"))));
	}
}

/* The editions of a variant: what it does not say, the activity says. */
static List *
parse_variant(const ChannelKind *kind, const Jsonb *options,
			  const JsonbValue *value)
{
	Jsonb	   *variant = JsonbValueToJsonb(unconstify(JsonbValue *, value));
	char	   *name;
	Datum		merged;

	if (!JB_ROOT_IS_OBJECT(variant))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a variant must be an object"),
				 errhint("Its members are name, percent, and parts of the content.")));
	check_variant(kind, variant);
	name = campaign_object_text(&variant->root, "name");
	merged = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(options),
								 JsonbPGetDatum(variant));
	return parse_languages(kind, DatumGetJsonbP(merged),
						   name == NULL ? "" : name);
}

/* Refuses a variant that is not in the languages of the first. */
static void
check_languages(const List *own, const List *first, int languages)
{
	bool		same = list_length(own) == languages;

	for (int i = 0; same && i < languages; i++)
	{
		const char *a = ((CampaignMessageContent *) list_nth(own, i))->language;
		const char *b = ((CampaignMessageContent *) list_nth(first, i))->language;

		same = a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
	}
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variants must be in the same languages"),
				 errhint("Give each variant the same languages, or give them to the activity alone.")));
}

/*
 * Makes the expressions of each language those of all its variants: who is
 * kept back until one of them has won has the values for any.
 */
static void
share_expressions(List *editions, int languages)
{
	for (int i = 0; i < list_length(editions); i++)
	{
		CampaignMessageContent *content = list_nth(editions, i);
		CampaignMessageContent *before = i < languages ? NULL :
			list_nth(editions, i - languages);
		ListCell   *cell;

		if (before == NULL)
			continue;
		/* Parsed once more, beginning with what those before it have. */
		content->expressions = list_copy(before->expressions);
		foreach(cell, content->parts)
		{
			CampaignMessagePart *part = lfirst(cell);

			part->template = campaign_template_parse(part->template->text,
													 part->escaping,
													 part->name,
													 &content->expressions);
		}
	}
	for (int i = list_length(editions) - 1; i >= languages; i--)
		((CampaignMessageContent *) list_nth(editions, i - languages))->expressions =
			((CampaignMessageContent *) list_nth(editions, i))->expressions;
}

/* All editions: of the only content, or of each variant. */
List *
campaign_content_parse(const char *channel_kind, const Jsonb *options)
{
	const ChannelKind *kind = find_kind(channel_kind);
	JsonbValue *variants = campaign_object_member(&options->root, "variants");
	JsonbContainer *array;
	List	   *editions = NIL;
	int			languages = 0;

	if (variants == NULL || variants->type != jbvBinary)
		return parse_languages(kind, options, NULL);
	array = variants->val.binary.data;
	for (uint32 i = 0; i < JsonContainerSize(array); i++)
	{
		List	   *own = parse_variant(kind, options,
										getIthJsonbValueFromContainer(array, i));

		if (i == 0)
			languages = list_length(own);
		check_languages(own, editions == NIL ? own : editions, languages);
		editions = list_concat(editions, own);
	}
	if (campaign_object_member(&options->root, "winner") != NULL)
		share_expressions(editions, languages);
	return editions;
}

/* How many editions each variant has. */
int
campaign_content_languages(const List *editions)
{
	const char *first = NULL;
	int			count = 0;
	ListCell   *cell;

	foreach(cell, editions)
	{
		const char *variant = ((CampaignMessageContent *) lfirst(cell))->variant;

		if (count == 0)
			first = variant;
		if (variant == first)
			count++;
	}
	return count;
}

/* The edition of that number. */
CampaignMessageContent *
campaign_content_edition(const List *editions, int number)
{
	campaign_ensure(number >= 0 && number < list_length(editions),
					"there is no edition %d of the content", number);
	return list_nth(editions, number);
}

/* The part that stands there, NULL if there is none. */
const CampaignMessagePart *
campaign_content_part(const CampaignMessageContent *content,
					  CampaignPlace place)
{
	ListCell   *cell;

	foreach(cell, content->parts)
	{
		const CampaignMessagePart *part = lfirst(cell);

		if (part->place == place)
			return part;
	}
	return NULL;
}

/* True if any part of any edition has URLs that are tracked. */
bool
campaign_content_tracked(const List *editions)
{
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, editions)
	{
		const CampaignMessageContent *content = lfirst(cell);

		foreach(inner, content->parts)
		{
			const CampaignMessagePart *part = lfirst(inner);

			if (campaign_template_tracked(part->template))
				return true;
		}
	}
	return false;
}

/* ------------------------------- messages ------------------------------- */

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

/* True if no values of so many bytes can make the message longer than that. */
static bool
is_surely_short(const CampaignMessageContent *content, int64 bytes,
				int64 limit)
{
	return content->max_segments == 0 && !content->has_collections &&
		content->bytes + content->placeholders * ESCAPED_BYTES * bytes <= limit;
}

/* Renders in vain, to see whether the message is too long. */
static bool
is_too_long(const CampaignMessageContent *content, const char **values,
			int count, int64 limit)
{
	StringInfoData out;
	ListCell   *cell;

	initStringInfo(&out);
	foreach(cell, content->parts)
	{
		const CampaignMessagePart *part = lfirst(cell);
		int			begin = out.len;

		if (!campaign_template_render(part->template, values, count, NULL,
									  limit, &out))
			return true;
		if (content->max_segments > 0 &&
			part->place == CAMPAIGN_PLACE_BODY &&
			campaign_sms_segments(out.data + begin, out.len - begin) >
			content->max_segments)
			return true;
	}
	return false;
}

/* Why a message with these variables must not be enqueued, or NULL. */
const char *
campaign_content_fault(const CampaignMessageContent *content, Datum variables)
{
	int64		limit = campaign_max_message_size;
	const char **values;
	int			count;

	if (is_surely_short(content, VARSIZE_ANY_EXHDR(DatumGetPointer(variables)),
						limit))
		return NULL;
	values = campaign_content_variables(variables, &count);
	if (is_too_long(content, values, count, limit))
		return "too_long";
	return NULL;
}

/* Segments of the body if every value is NULL. */
int
campaign_content_segments(const CampaignMessageContent *content)
{
	const CampaignMessagePart *body = campaign_content_part(content,
															CAMPAIGN_PLACE_BODY);
	int			count = list_length(content->expressions);
	const char **values = palloc0(sizeof(char *) * (count + 1));
	StringInfoData out;

	if (body == NULL)
		return 1;
	initStringInfo(&out);
	if (!campaign_template_render(body->template, values, count, NULL,
								  campaign_max_message_size, &out))
		return 0;
	return campaign_sms_segments(out.data, out.len);
}
