/*
 * recipient.c
 *		What dimensions declare about the recipients of a delivery.
 *
 * A row that is no person, such as an order, can lead to one.  What the row's
 * dimension does not declare, the person's dimension may: then it is over the
 * person's row alone, as it was declared.  That row is joined once, in the
 * first stage of a delivery, and travels on in the columns of the other row.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"

#include "activity/delivery.h"
#include "activity/option.h"
#include "activity/recipient.h"
#include "queue/channel.h"
#include "set/row.h"

/*
 * An expression of the dimension's, under the search_path of its own, over
 * that dimension's row and nothing beside it.
 */
static CampaignExpression *
declared(const CampaignScope *scope, const CampaignTarget *target,
		 const char *text, const char *noun)
{
	const CampaignDimension *dimension = target->dimension;
	CampaignExpression *expression;

	if (text == NULL)
		return NULL;
	expression = campaign_expression_parse(text,
										   psprintf("%s of dimension \"%s\"",
													noun, dimension->name),
										   dimension->search_path);
	if (scope->person != NULL)
		expression->alone = dimension->name;
	return expression;
}

/* The channel an activity sends by: the option's, or its kind's. */
const char *
campaign_delivery_channel(const CampaignScope *scope)
{
	char	   *channel = campaign_option_text(scope->activity->options,
											   "channel");

	return channel != NULL ? channel : scope->activity->kind;
}

/* Refuses a channel that is not there, or of another kind. */
void
campaign_delivery_check_channel(const CampaignScope *scope)
{
	CampaignChannel *channel = campaign_channel_require(campaign_delivery_channel(scope));

	if (strcmp(channel->kind, scope->activity->kind) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("channel \"%s\" is of kind \"%s\", not \"%s\"",
						channel->name, channel->kind, scope->activity->kind),
				 errhint("Messages of a kind go by channels of that kind; they are declared with campaign_channel().")));
}

/* What is declared for the channel, or for all channels of its kind. */
static char *
member_for_channel(const Jsonb *object, const CampaignScope *scope)
{
	char	   *text = campaign_option_text(object,
											campaign_delivery_channel(scope));

	return text != NULL ? text :
		campaign_option_text(object, scope->activity->kind);
}

/* What the row's dimension declares for the channel, or the person's. */
static CampaignExpression *
declared_for_channel(const CampaignScope *scope, bool consent,
					 const char *noun)
{
	const char *channel = campaign_delivery_channel(scope);
	const CampaignTarget *targets[] = {scope->target, scope->person};

	for (int i = 0; i < lengthof(targets) && targets[i] != NULL; i++)
	{
		const CampaignDimension *dimension = targets[i]->dimension;
		char	   *text = member_for_channel(consent ? dimension->consent :
											  dimension->addresses, scope);

		if (text != NULL)
			return declared(scope, targets[i], text,
							psprintf("%s \"%s\"", noun, channel));
	}
	return NULL;
}

/* The address: the option's expression, or the one declared. */
CampaignExpression *
campaign_recipient_address(const CampaignScope *scope)
{
	CampaignExpression *expression;

	expression = campaign_option_expression(scope->activity, "address");
	if (expression == NULL)
		expression = declared_for_channel(scope, false, "address");
	if (expression == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dimension \"%s\" has no address for channel \"%s\"",
						scope->target->dimension->name,
						campaign_delivery_channel(scope)),
				 errhint("Declare it with campaign_dimension(…, addresses => …), or give the option \"address\".")));
	return expression;
}

/* The consent; NULL if none is asked for. */
CampaignExpression *
campaign_recipient_consent(const CampaignScope *scope)
{
	CampaignExpression *expression;

	if (campaign_delivery_is_transactional(scope))
		return NULL;
	expression = declared_for_channel(scope, true, "consent");
	if (expression != NULL)
		expression->condition = true;
	return expression;
}

/* The language of the recipient. */
CampaignExpression *
campaign_recipient_language(const CampaignScope *scope)
{
	const CampaignTarget *target = scope->target;

	if (target->dimension->language == NULL && scope->person != NULL)
		target = scope->person;
	return declared(scope, target, target->dimension->language, "language");
}

/* The time zone of the recipient. */
CampaignExpression *
campaign_recipient_zone(const CampaignScope *scope)
{
	const CampaignTarget *target = scope->target;

	if (target->dimension->time_zone == NULL && scope->person != NULL)
		target = scope->person;
	return declared(scope, target, target->dimension->time_zone, "time_zone");
}

/* The key of the person behind the row; NULL if the row is the person. */
CampaignExpression *
campaign_recipient_person(const CampaignScope *scope)
{
	return declared(scope, scope->target, scope->target->dimension->profile,
					"profile");
}

/* Refuses keys of persons that cannot be compared with the profile. */
void
campaign_recipient_check(const CampaignScope *scope)
{
	const CampaignColumn *key;
	CampaignExpression *person;
	Query	   *query;
	Oid			type;

	if (scope->person == NULL)
		return;
	key = linitial(scope->person->key);
	person = campaign_recipient_person(scope);
	query = campaign_expression_check(scope, person);
	type = exprType((Node *) linitial_node(TargetEntry,
										   query->targetList)->expr);
	if (campaign_row_comparable(key, type))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("%s is of type %s, which cannot be compared with the key of dimension \"%s\", of type %s",
					person->what, format_type_be(type),
					scope->person->dimension->name, format_type_be(key->type)),
			 errhint("Convert it in the expression: \"(%s)::%s\".",
					 person->text, format_type_be(key->type))));
}

/* -------------------------------- select -------------------------------- */

/* True if the expression is over the person's row. */
static bool
is_of_person(const CampaignScope *scope, const CampaignExpression *expression)
{
	return expression != NULL && expression->alone != NULL &&
		strcmp(expression->alone, scope->person->dimension->name) == 0;
}

/* The condition that there is a person. */
static char *
person_found(const CampaignScope *scope)
{
	return psprintf("(%s IS NOT NULL)",
					campaign_row_column(scope->person, NULL, 0));
}

/* Appends a declared expression. */
void
campaign_recipient_append(CampaignSelect *select, const CampaignScope *scope,
						  const CampaignExpression *expression)
{
	bool		of_person = is_of_person(scope, expression);

	appendStringInfoChar(&select->text, '(');
	if (of_person)
		appendStringInfo(&select->text, "CASE WHEN %s THEN ",
						 person_found(scope));
	campaign_select_expression(select, expression);
	appendStringInfoString(&select->text, of_person ? " END)" : ")");
}

/* True if there is no message without a person. */
bool
campaign_recipient_needs_person(const CampaignScope *scope)
{
	return is_of_person(scope, campaign_recipient_address(scope)) ||
		is_of_person(scope, campaign_recipient_consent(scope));
}

/* Columns of the first stage about the person. */
void
campaign_recipient_columns(CampaignSelect *select, const CampaignScope *scope)
{
	CampaignExpression *person = campaign_recipient_person(scope);
	StringInfo	text = &select->text;

	if (person == NULL)
	{
		appendStringInfoString(text, "NULL::pg_catalog.text AS \"campaign.person\"");
		return;
	}
	/* The key itself: equal values may be written differently. */
	if (scope->person != NULL)
		appendStringInfo(text, "coalesce(%s, ",
						 campaign_row_recipient(scope->person, NULL));
	campaign_recipient_append(select, scope, person);
	appendStringInfo(text, "::pg_catalog.text%s AS \"campaign.person\"",
					 scope->person != NULL ? ")" : "");
	if (scope->person != NULL)
		appendStringInfo(text, ", %s AS \"campaign.known\"%s",
						 person_found(scope),
						 campaign_row_stow(scope->person));
}

/* Joins the person's row to that of the first stage. */
void
campaign_recipient_join(CampaignSelect *select, const CampaignScope *scope)
{
	if (scope->person == NULL)
		return;
	appendStringInfo(&select->text, " LEFT JOIN %s ON %s ",
					 campaign_row_whole(scope->person),
					 campaign_row_equals(scope->person));
	campaign_recipient_append(select, scope, campaign_recipient_person(scope));
	appendStringInfoString(&select->text,
						   campaign_row_collation(scope->person));
}

/* What to write behind the item of FROM of a later stage. */
const char *
campaign_recipient_beside(const CampaignScope *scope)
{
	return scope->person == NULL ? "" :
		campaign_row_stowed(scope->person, scope->target);
}
