/*
 * declare.c
 *		Declaring dimensions: which tables can be targeted, and how.
 *
 * Declaring one again replaces it, so that a migration can say what should
 * be; published campaigns keep the copy that was frozen with them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "activity/option.h"
#include "activity/recipient.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/define.h"
#include "set/row.h"
#include "store/dimension.h"

/* Names longer than this are refused: they become aliases. */
#define LONGEST_TITLE	200

/* Refuses a text that cannot name a campaign or a dimension. */
void
campaign_define_check_title(const char *noun, const char *title)
{
	if (title[0] != '\0' && strlen(title) <= LONGEST_TITLE)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_NAME),
			 errmsg("invalid name of a %s: \"%s\"", noun, title),
			 errhint("A name has between 1 and %d bytes.", LONGEST_TITLE)));
}

/* The key columns named in a text, as SQL reads identifiers. */
static List *
named_key(const char *key)
{
	List	   *columns;

	if (!SplitIdentifierString(pstrdup(key), ',', &columns) || columns == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid list of key columns: \"%s\"", key),
				 errhint("Write the columns as in SQL, with commas between: 'country, number'.")));
	for (int i = 0; i < list_length(columns); i++)
	{
		for (int j = 0; j < i; j++)
		{
			if (strcmp(list_nth(columns, i), list_nth(columns, j)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("column \"%s\" is in the key more than once",
								(char *) list_nth(columns, i)),
						 errhint("Name every column of the key once.")));
		}
	}
	return columns;
}

/* The key: as named, or the relation's own. */
static List *
choose_key(const CampaignDeclaration *declaration)
{
	List	   *key;

	if (declaration->key != NULL)
		return named_key(declaration->key);
	key = campaign_target_default_key(declaration->relation);
	if (key == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("relation %s has no primary key",
						campaign_relation_name(declaration->relation)),
				 errhint("Name the columns that identify a row: campaign_dimension(…, key => 'id').")));
	return key;
}

/* Refuses whatever is not a JSON object of texts. */
static void
check_channels(const char *option, const Jsonb *channels)
{
	ListCell   *cell;

	if (!JB_ROOT_IS_OBJECT(channels))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" must be a JSON object", option),
				 errhint("Give an expression for each channel: '{\"email\": \"email\"}'.")));
	foreach(cell, campaign_object_keys(channels))
	{
		if (!campaign_is_name(lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("invalid name of a channel: \"%s\"",
							(char *) lfirst(cell)),
					 errhint("Channels are email, sms, push, direct_mail and custom ones.")));
		if (campaign_object_text(&channels->root, lfirst(cell)) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" of channel \"%s\" must be a text", option,
							(char *) lfirst(cell)),
					 errhint("It is an SQL expression over the row, often just a column.")));
	}
}

/* Analyzes one expression over the dimension's rows. */
static void
check_expression(CampaignTarget *target, const char *text, const char *what,
				 bool condition)
{
	CampaignScope scope = {.target = target};
	CampaignExpression *expression;

	if (text == NULL)
		return;
	expression = campaign_expression_parse(text, what,
										   target->dimension->search_path);
	expression->condition = condition;
	(void) campaign_expression_check(&scope, expression);
}

/* Analyzes the expressions of all channels. */
static void
check_channel_expressions(CampaignTarget *target, const Jsonb *channels,
						  const char *option, bool condition)
{
	ListCell   *cell;

	foreach(cell, campaign_object_keys(channels))
		check_expression(target,
						 campaign_object_text(&channels->root, lfirst(cell)),
						 psprintf("%s \"%s\"", option, (char *) lfirst(cell)),
						 condition);
}

/* An empty JSON object, where nothing was given. */
static Jsonb *
object_or_empty(Jsonb *given)
{
	return given != NULL ? given : campaign_object_empty();
}

/* The row to be written. */
static CampaignDimension *
build_dimension(const CampaignDeclaration *declaration)
{
	CampaignDimension *dimension = palloc0(sizeof(CampaignDimension));
	char	   *relation = get_rel_name(declaration->relation);

	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation %u does not exist", declaration->relation),
				 errhint("Give the name of a table: campaign_dimension('customers').")));
	dimension->relation = declaration->relation;
	dimension->relation_name = campaign_relation_name(declaration->relation);
	dimension->name = declaration->name ? pstrdup(declaration->name) : relation;
	dimension->owner = GetUserId();
	dimension->owner_name = GetUserNameFromId(GetUserId(), false);
	dimension->addresses = object_or_empty(declaration->addresses);
	dimension->consent = object_or_empty(declaration->consent);
	dimension->time_zone = declaration->time_zone ?
		pstrdup(declaration->time_zone) : NULL;
	dimension->language = declaration->language ?
		pstrdup(declaration->language) : NULL;
	dimension->profile = declaration->profile ?
		pstrdup(declaration->profile) : NULL;
	dimension->profile_dimension = declaration->profile_dimension ?
		pstrdup(declaration->profile_dimension) : NULL;
	dimension->search_path = campaign_search_path_current();
	return dimension;
}

/* Refuses expressions that do not hold over the relation's rows. */
static void
check_expressions(CampaignTarget *target)
{
	CampaignDimension *dimension = target->dimension;

	check_channels("addresses", dimension->addresses);
	check_channels("consent", dimension->consent);
	check_channel_expressions(target, dimension->addresses, "address", false);
	check_channel_expressions(target, dimension->consent, "consent", true);
	check_expression(target, dimension->time_zone, "time_zone", false);
	check_expression(target, dimension->language, "language", false);
	check_expression(target, dimension->profile, "profile", false);
}

/* True if the name begins as those do that our statements give to columns. */
static bool
is_reserved(const char *name)
{
	return strncmp(name, "campaign.", strlen("campaign.")) == 0;
}

/* Refuses names that an expression could not tell from something else. */
static void
check_names(const CampaignDimension *dimension)
{
	ListCell   *cell;

	campaign_define_check_title("dimension", dimension->name);
	if (strlen(dimension->name) >= NAMEDATALEN ||
		strcmp(dimension->name, "vars") == 0 ||
		strcmp(dimension->name, CAMPAIGN_DIMENSION_FILE) == 0 ||
		is_reserved(dimension->name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of a dimension: \"%s\"", dimension->name),
				 errhint("It names the row in expressions: at most %d bytes, not \"vars\" or \"file\", and nothing that begins with \"campaign.\".",
						 NAMEDATALEN - 1)));
	foreach(cell, campaign_target_columns(dimension->relation))
	{
		if (is_reserved(lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_RESERVED_NAME),
					 errmsg("column \"%s\" of relation %s has a reserved name",
							(char *) lfirst(cell), dimension->relation_name),
					 errhint("Names that begin with \"campaign.\" are the extension's; target a view that calls the column otherwise.")));
	}
}

/* Refuses a relation whose key the current user may not read. */
static void
check_readable(const CampaignTarget *target)
{
	const CampaignDimension *dimension = target->dimension;

	if (campaign_target_readable(target, GetUserId()))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for relation %s",
					dimension->relation_name),
			 errhint("GRANT SELECT ON %s TO %s.", dimension->relation_name,
					 quote_identifier(dimension->owner_name))));
}

/* Refuses persons that the rows cannot lead to. */
static void
check_person(CampaignTarget *target)
{
	const CampaignDimension *dimension = target->dimension;
	CampaignScope scope = {.target = target};
	CampaignDimension *person;

	if (dimension->profile_dimension == NULL)
		return;
	if (dimension->profile == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"profile_dimension\" without \"profile\""),
				 errhint("Give the expression over the row that is the key of its person.")));
	person = strcmp(dimension->profile_dimension, dimension->name) == 0 ? NULL :
		campaign_dimension_find(GetUserId(), dimension->profile_dimension);
	if (person == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("there is no other dimension \"%s\"",
						dimension->profile_dimension),
				 errhint("Declare the dimension of persons first.")));
	scope.person = campaign_target_resolve_person(person);
	check_readable(scope.person);
	campaign_recipient_check(&scope);
}

/* Declares a dimension of the current user's; gives its name. */
char *
campaign_define_dimension(const CampaignDeclaration *declaration)
{
	CampaignDimension *dimension = build_dimension(declaration);
	CampaignTarget *target;

	check_names(dimension);
	dimension->key = choose_key(declaration);
	target = campaign_target_resolve(dimension);
	check_readable(target);
	check_expressions(target);
	check_person(target);
	campaign_dimension_save(dimension);
	return dimension->name;
}
