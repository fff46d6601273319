/*
 * render.c
 *		Makes a message of a parsed template and the values of a recipient.
 *
 * A message is a pure function of the two: nothing in here runs SQL, reads a
 * catalog or calls a function that a user could have written, which is why
 * messages may be rendered in the session of a role that does not own them.
 * Collections come as the text of a jsonb and are read by the server's own
 * functions.
 *
 * What one message may cost is bounded, because collections in collections
 * multiply.  Who enqueues a message sets the limit of its bytes; the bound of
 * the parts gone through is fixed, so that a message which was rendered once
 * can be rendered again.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "set/render.h"

/* Parts gone through for one template. */
#define MAX_STEPS (16 * 1024 * 1024)

/* A collection being gone through. */
typedef struct Loop
{
	JsonbContainer *items;
	int			count;
	int			next;			/* number of the next item */
	JsonbValue	item;
} Loop;

typedef struct Rendering
{
	const CampaignTemplate *template;
	const char *const *values;
	int			nvalues;
	const CampaignTracking *tracking;	/* NULL: not a message yet */
	StringInfo	out;
	int64		limit;			/* of the length of "out" */
	int64		steps;			/* parts gone through */
	bool		failed;			/* a value goes beyond the limit */
	Jsonb	  **collections;	/* by expression, read when first needed */
	Loop		loops[CAMPAIGN_TEMPLATE_DEPTH];
	int			depth;			/* number of loops within each other */
} Rendering;

static void append_operand(Rendering *rendering,
						   const CampaignTemplatePart *part);
static char *operand_text(Rendering *rendering,
						  const CampaignTemplatePart *part);
static void append_value(Rendering *rendering, const char *value,
						 CampaignEscape escape);
static void append_own(Rendering *rendering, const CampaignTemplatePart *part);
static void append_link(StringInfo out, const CampaignTracking *tracking,
						const char *destination);
static char *item_text(const JsonbValue *item);
static bool is_true(Rendering *rendering, const CampaignTemplatePart *part);
static bool is_true_item(const JsonbValue *item);
static bool enter_loop(Rendering *rendering, const CampaignTemplatePart *part);
static bool open_loop(Loop *loop, Rendering *rendering,
					  const CampaignTemplatePart *part);
static Jsonb *read_collection(Rendering *rendering, int expression);
static bool next_item(Rendering *rendering);
static bool take_item(Loop *loop);
static const char *find_value(const Rendering *rendering, int expression);
static const JsonbValue *find_item(const Rendering *rendering,
								   const char *const *path,
								   JsonbValue *buffer);

/*
 * Appends the rendered text.  Returns false, and leaves it unfinished, if
 * "out" would become longer than the limit.  values[i] is the text of
 * expression i; NULL renders as nothing, and counts as false and as an empty
 * collection.  Only a template with collections allocates more than "out"
 * needs to grow; it is to be called in a context that is reset after the
 * message.
 */
bool
campaign_template_render(const CampaignTemplate *template,
						 const char *const *values, int nvalues,
						 const CampaignTracking *tracking,
						 int64 limit, StringInfo out)
{
	Rendering	rendering;
	int			i = 0;

	rendering.template = template;
	rendering.values = values;
	rendering.nvalues = nvalues;
	rendering.tracking = tracking;
	rendering.out = out;
	rendering.limit = limit;
	rendering.steps = 0;
	rendering.failed = false;
	rendering.collections = NULL;
	rendering.depth = 0;

	for (;;)
	{
		const CampaignTemplatePart *part = &template->parts[i++];
		bool		jump = false;

		if (rendering.failed || out->len + part->length > limit ||
			rendering.steps++ >= MAX_STEPS)
			return false;
		appendBinaryStringInfo(out, template->text + part->start,
							   part->length);
		switch (part->kind)
		{
			case CAMPAIGN_PART_END:
				return true;
			case CAMPAIGN_PART_NOTHING:
				break;
			case CAMPAIGN_PART_VALUE:
				append_operand(&rendering, part);
				break;
			case CAMPAIGN_PART_IF:
				jump = !is_true(&rendering, part);
				break;
			case CAMPAIGN_PART_EACH:
				jump = !enter_loop(&rendering, part);
				break;
			case CAMPAIGN_PART_AGAIN:
				jump = next_item(&rendering);
				break;
			case CAMPAIGN_PART_JUMP:
				jump = true;
				break;
		}
		if (jump)
			i = part->target;
	}
}

/* Returns the text that the template was parsed from. */
const char *
campaign_template_text(const CampaignTemplate *template)
{
	return template->text;
}

/* Returns the name of an HTML element that is not closed, or NULL. */
const char *
campaign_template_unclosed(const CampaignTemplate *template)
{
	return template->unclosed;
}

/* Appends what a placeholder stands for. */
static void
append_operand(Rendering *rendering, const CampaignTemplatePart *part)
{
	const char *value;
	char	   *text;

	if (part->own != CAMPAIGN_OWN_NONE)
		append_own(rendering, part);
	else if (part->expression >= 0)
	{
		value = find_value(rendering, part->expression);
		if (value != NULL)
			append_value(rendering, value, part->escape);
	}
	else if ((text = operand_text(rendering, part)) != NULL)
	{
		append_value(rendering, text, part->escape);
		pfree(text);
	}
}

/* Gives the operand's text, in memory of its own; NULL if it has none. */
static char *
operand_text(Rendering *rendering, const CampaignTemplatePart *part)
{
	JsonbValue	buffer;
	const char *value;

	if (part->expression < 0)
		return item_text(find_item(rendering, part->path, &buffer));
	value = find_value(rendering, part->expression);
	return value == NULL ? NULL : pstrdup(value);
}

/* Appends a value, unless that goes beyond the limit. */
static void
append_value(Rendering *rendering, const char *value, CampaignEscape escape)
{
	if (rendering->out->len + (int64) strlen(value) <= rendering->limit)
		campaign_escape_append(rendering->out, value, escape);
	else
		rendering->failed = true;
	rendering->failed |= rendering->out->len > rendering->limit;
}

/*
 * Appends what the message knows of itself; something of about its size while
 * there is none.
 */
static void
append_own(Rendering *rendering, const CampaignTemplatePart *part)
{
	static const char no_secret[CAMPAIGN_SECRET_BYTES];
	static const CampaignTracking unknown = {
		"https://tracking.example.com", no_secret, PG_INT64_MAX
	};
	const CampaignTracking *tracking = rendering->tracking == NULL ?
		&unknown : rendering->tracking;
	StringInfoData text;

	initStringInfo(&text);
	if (part->own == CAMPAIGN_OWN_ID)
		appendStringInfo(&text, INT64_FORMAT, tracking->message_id);
	else if (part->own == CAMPAIGN_OWN_LINK)
		append_link(&text, tracking, operand_text(rendering, part));
	else if (tracking->url != NULL)
		campaign_tracking_append(&text, tracking,
								 part->own == CAMPAIGN_OWN_OPEN_URL ?
								 CAMPAIGN_TRACKING_OPEN :
								 CAMPAIGN_TRACKING_UNSUBSCRIBE, NULL);
	append_value(rendering, text.data, part->escape);
	pfree(text.data);
}

/*
 * Appends the URL that leads to the destination; where nothing is tracked, the
 * destination.  One that must not be followed is not signed either.
 */
static void
append_link(StringInfo out, const CampaignTracking *tracking,
			const char *destination)
{
	if (destination == NULL || *destination == '\0')
		return;
	if (!campaign_escape_is_safe_url(destination))
		appendStringInfoChar(out, '#');
	else if (tracking->url == NULL)
		appendStringInfoString(out, destination);
	else
		campaign_tracking_append(out, tracking, CAMPAIGN_TRACKING_LINK,
								 destination);
}

/*
 * Gives the text of an item or a member of one: strings without their quotes,
 * objects and arrays as JSON, NULL for null and what is not there.
 */
static char *
item_text(const JsonbValue *item)
{
	if (item == NULL || item->type == jbvNull)
		return NULL;
	switch (item->type)
	{
		case jbvString:
			return pnstrdup(item->val.string.val, item->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(item->val.numeric)));
		case jbvBool:
			return pstrdup(item->val.boolean ? "true" : "false");
		case jbvBinary:
			return JsonbToCString(NULL, item->val.binary.data,
								  item->val.binary.len);
		default:
			elog(ERROR, "unexpected type of jsonb value: %d", item->type);
	}
}

/* Tells which way a condition goes. */
static bool
is_true(Rendering *rendering, const CampaignTemplatePart *part)
{
	JsonbValue	buffer;
	const char *value;

	if (part->expression < 0)
		return is_true_item(find_item(rendering, part->path, &buffer));
	value = find_value(rendering, part->expression);
	return value != NULL && value[0] == 't';
}

/*
 * Tells whether there is something to an item: false are null, false, zero,
 * and empty strings, arrays and objects.
 */
static bool
is_true_item(const JsonbValue *item)
{
	char	   *text;
	bool		result;

	if (item == NULL)
		return false;
	switch (item->type)
	{
		case jbvString:
			return item->val.string.len > 0;
		case jbvNumeric:
			text = DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(item->val.numeric)));
			result = strpbrk(text, "123456789") != NULL;
			pfree(text);
			return result;
		case jbvBool:
			return item->val.boolean;
		case jbvBinary:
			return JsonContainerSize(item->val.binary.data) > 0;
		default:
			return false;
	}
}

/* Begins with a collection's first item; false if it has none. */
static bool
enter_loop(Rendering *rendering, const CampaignTemplatePart *part)
{
	Loop	   *loop = &rendering->loops[rendering->depth];

	if (!open_loop(loop, rendering, part) || !take_item(loop))
		return false;
	rendering->depth++;
	CHECK_FOR_INTERRUPTS();
	return true;
}

/*
 * Finds the operand's items.  What is no array is a collection of itself;
 * null and what is not there have no items.
 */
static bool
open_loop(Loop *loop, Rendering *rendering, const CampaignTemplatePart *part)
{
	JsonbValue	buffer;
	const JsonbValue *value;
	Jsonb	   *collection;

	loop->items = NULL;
	loop->count = 1;
	loop->next = 0;
	if (part->expression < 0)
	{
		value = find_item(rendering, part->path, &buffer);
		if (value == NULL)
			return false;
		loop->item = *value;
		if (value->type == jbvBinary)
			loop->items = value->val.binary.data;
	}
	else
	{
		collection = read_collection(rendering, part->expression);
		if (collection == NULL)
			return false;
		/* The server keeps a scalar as an array of one. */
		loop->items = &collection->root;
		loop->item.type = jbvBinary;
		loop->item.val.binary.data = &collection->root;
		loop->item.val.binary.len = VARSIZE(collection) - VARHDRSZ;
	}
	if (loop->items != NULL && !JsonContainerIsArray(loop->items))
		loop->items = NULL;
	if (loop->items != NULL)
		loop->count = JsonContainerSize(loop->items);
	return loop->items != NULL || loop->item.type != jbvNull;
}

/* Reads the text of a collection, once for all loops; NULL if there is none. */
static Jsonb *
read_collection(Rendering *rendering, int expression)
{
	const char *value = find_value(rendering, expression);
	Jsonb	  **collection;

	if (value == NULL)
		return NULL;
	if (rendering->collections == NULL)
		rendering->collections = palloc0(rendering->nvalues * sizeof(Jsonb *));
	collection = &rendering->collections[expression];
	if (*collection == NULL)
		*collection = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
														 CStringGetDatum(value)));
	return *collection;
}

/* Goes on to the next item of the innermost loop, or leaves it. */
static bool
next_item(Rendering *rendering)
{
	CHECK_FOR_INTERRUPTS();
	if (take_item(&rendering->loops[rendering->depth - 1]))
		return true;
	rendering->depth--;
	return false;
}

/*
 * Makes the loop's next element its item; false after the last.  A null that
 * is a whole collection is none.
 */
static bool
take_item(Loop *loop)
{
	JsonbValue *item;

	if (loop->next >= loop->count)
		return false;
	if (loop->items != NULL)
	{
		item = getIthJsonbValueFromContainer(loop->items, loop->next);
		loop->item = *item;
		pfree(item);
		if (JsonContainerIsScalar(loop->items) && loop->item.type == jbvNull)
			return false;
	}
	loop->next++;
	return true;
}

/* Returns the text of an expression's value, or NULL. */
static const char *
find_value(const Rendering *rendering, int expression)
{
	if (expression >= rendering->nvalues)
		elog(ERROR, "template needs the value of expression %d of %d",
			 expression, rendering->nvalues);
	return rendering->values[expression];
}

/*
 * Returns the innermost loop's item or the member of it that the path leads
 * to, or NULL.  The result may be in the buffer.
 */
static const JsonbValue *
find_item(const Rendering *rendering, const char *const *path,
		  JsonbValue *buffer)
{
	const JsonbValue *value = &rendering->loops[rendering->depth - 1].item;

	for (; value != NULL && *path != NULL; path++)
	{
		if (value->type != jbvBinary ||
			!JsonContainerIsObject(value->val.binary.data))
			return NULL;
		value = getKeyJsonValueFromContainer(value->val.binary.data, *path,
											 strlen(*path), buffer);
	}
	return value;
}
