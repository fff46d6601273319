/*
 * channel.c
 *		Channels: what messages are sent by, and how they are handed out.
 *
 * A channel is the database's, not a campaign's: what a provider can take, and
 * whether it is up, is the same for whoever sends by it.  Each kind is a
 * channel by itself, without limits, until something is declared for it.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/identity.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/sql.h"
#include "base/text.h"
#include "queue/channel.h"

static const char *const kinds[] = {
	"email", "sms", "push", "direct_mail", "custom"
};

/* A setting of a channel: refuses values that are not valid. */
typedef struct ChannelSetting
{
	const char *name;
	void		(*check) (const JsonbValue *value);
} ChannelSetting;

/* -------------------------------- settings ------------------------------ */

/* Refuses what is neither true nor false. */
static void
check_paused(const JsonbValue *value)
{
	if (value->type != jbvBool)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"paused\" must be true or false"),
				 errhint("True keeps messages of the channel from being handed out.")));
}

/* Refuses what is no limit. */
static void
check_throttle(const JsonbValue *value)
{
	(void) campaign_limit_parse(value, "setting \"throttle\"");
}

/* Refuses a name that is not a domain in lower case. */
static void
check_domain(const char *name)
{
	char	   *lower = pstrdup(name);

	for (char *c = lower; *c != '\0'; c++)
		*c = (char) pg_tolower((unsigned char) *c);
	if (*name == '\0' || strcspn(name, "@ \t\r\n") != strlen(name) ||
		strcmp(lower, name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" in setting \"domains\" is not a domain in lower case",
						name),
				 errhint("Write what follows the @ of addresses, such as \"example.com\".")));
}

/* Refuses what is not an object of limits by domain. */
static void
check_domains(const JsonbValue *value)
{
	JsonbContainer *object;
	ListCell   *cell;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"domains\" must be an object"),
				 errhint("Write it as {\"example.com\": {\"messages\": 100, \"per\": \"1 minute\"}}.")));
	object = value->val.binary.data;
	foreach(cell, campaign_object_keys(JsonbValueToJsonb(unconstify(JsonbValue *, value))))
	{
		check_domain(lfirst(cell));
		(void) campaign_limit_parse(campaign_object_member(object, lfirst(cell)),
									psprintf("limit of domain \"%s\"",
											 (char *) lfirst(cell)));
	}
}

/* Refuses what is no number of bounces. */
static void
check_soft_bounces(const JsonbValue *value)
{
	char	   *digits = value->type == jbvNumeric ?
		campaign_scalar_text(value) : NULL;

	if (digits == NULL || strspn(digits, "0123456789") != strlen(digits) ||
		strlen(digits) > 9 || atoi(digits) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"soft_bounces\" must be a whole number from 1 on"),
				 errhint("An address is suppressed at so many soft bounces.")));
}

/* Refuses what URLs cannot begin with. */
static void
check_tracking_url(const JsonbValue *value)
{
	const char *problem = value->type != jbvString ? "It must be a text." :
		campaign_url_problem(campaign_scalar_text(value));

	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting \"tracking_url\" is not valid"),
				 errdetail("%s", problem),
				 errhint("Write it as \"https://t.example.com\".")));
}

static const ChannelSetting channel_settings[] = {
	{"paused", check_paused},
	{"throttle", check_throttle},
	{"domains", check_domains},
	{"soft_bounces", check_soft_bounces},
	{"tracking_url", check_tracking_url},
};

/* Names of all settings. */
static List *
setting_names(void)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(channel_settings); i++)
		names = lappend(names, unconstify(char *, channel_settings[i].name));
	return names;
}

/* Checks one setting; null removes it and is always right. */
static void
check_setting(const Jsonb *settings, const char *name)
{
	JsonbValue *value;

	for (int i = 0; i < lengthof(channel_settings); i++)
	{
		if (strcmp(channel_settings[i].name, name) != 0)
			continue;
		value = campaign_object_member(&settings->root, name);
		if (value != NULL)
			channel_settings[i].check(value);
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized channel setting \"%s\"", name),
			 errhint("%s", campaign_nearest_hint(name, setting_names(),
												 "settings"))));
}

/* Refuses settings that are not known or not valid. */
static void
check_settings(const Jsonb *settings)
{
	ListCell   *cell;

	if (!JB_ROOT_IS_OBJECT(settings))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("settings must be a JSON object"),
				 errhint("Settings are %s.",
						 campaign_list_join(setting_names()))));
	foreach(cell, campaign_object_keys(settings))
		check_setting(settings, lfirst(cell));
}

/* -------------------------------- finding ------------------------------- */

CAMPAIGN_STATEMENT(find_channel,
				   "SELECT kind, settings FROM campaign.channel"
				   " WHERE name = $1");

CAMPAIGN_STATEMENT(list_channels,
				   "SELECT name FROM campaign.channel ORDER BY name");

/* True if it is one. */
static bool
is_kind(const char *name)
{
	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strcmp(kinds[i], name) == 0)
			return true;
	}
	return false;
}

/* The channel of that name, or NULL. */
CampaignChannel *
campaign_channel_find(const char *name)
{
	CampaignRows *rows = campaign_query(&find_channel, campaign_text(name));
	CampaignChannel *channel;
	JsonbValue *paused;

	if (rows->count == 0 && !is_kind(name))
		return NULL;
	channel = palloc0(sizeof(CampaignChannel));
	channel->name = pstrdup(name);
	channel->kind = channel->name;
	channel->settings = campaign_object_empty();
	if (rows->count == 0)
		return channel;
	channel->kind = campaign_row_text(rows, 0, 1);
	channel->settings = campaign_row_jsonb(rows, 0, 2);
	paused = campaign_object_member(&channel->settings->root, "paused");
	channel->paused = paused != NULL && paused->val.boolean;
	channel->throttle = campaign_limit_parse(campaign_object_member(&channel->settings->root,
																	"throttle"),
											 "setting \"throttle\"");
	return channel;
}

/* Names of all channels. */
static List *
channel_names(void)
{
	CampaignRows *rows = campaign_query(&list_channels, campaign_null(TEXTOID));
	List	   *names = NIL;

	for (int i = 0; i < lengthof(kinds); i++)
		names = lappend(names, unconstify(char *, kinds[i]));
	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* The channel of that name, or an error. */
CampaignChannel *
campaign_channel_require(const char *name)
{
	CampaignChannel *channel = campaign_channel_find(name);

	if (channel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("channel \"%s\" does not exist", name),
				 errhint("%s", campaign_nearest_hint(name, channel_names(),
													 "channels"))));
	return channel;
}

/* The object of limits by domain; NULL if there is none. */
static JsonbContainer *
domains_of(const CampaignChannel *channel)
{
	JsonbValue *value = campaign_object_member(&channel->settings->root,
											   "domains");

	return value == NULL ? NULL : value->val.binary.data;
}

/* What tracking URLs begin with: the channel's own, or the server's. */
const char *
campaign_channel_tracking_url(const CampaignChannel *channel)
{
	char	   *url = campaign_object_text(&channel->settings->root,
										   "tracking_url");

	if (url == NULL)
		url = pstrdup(campaign_tracking_url);
	return *url == '\0' ? NULL : url;
}

/* The limit of a domain. */
CampaignLimit
campaign_channel_domain_limit(const CampaignChannel *channel,
							  const char *domain)
{
	return campaign_limit_parse(campaign_object_member(domains_of(channel),
													   domain),
								"limit of a domain");
}

/* Domains that have a limit. */
List *
campaign_channel_domains(const CampaignChannel *channel)
{
	Jsonb	   *domains = campaign_object_document(channel->settings, "domains");

	return domains == NULL ? NIL : campaign_object_keys(domains);
}

/* ------------------------------- declaring ------------------------------ */

CAMPAIGN_STATEMENT(define_channel,
				   "INSERT INTO campaign.channel AS c (name, kind, settings)"
				   " VALUES ($1, $2, jsonb_strip_nulls($3))"
				   " ON CONFLICT (name) DO UPDATE SET"
				   " settings = jsonb_strip_nulls(c.settings || $3)");

CAMPAIGN_STATEMENT(drop_channel,
				   "DELETE FROM campaign.channel WHERE name = $1");

/* The kind a channel gets, or keeps. */
static const char *
resolve_kind(const char *name, const char *kind)
{
	CampaignChannel *channel = campaign_channel_find(name);

	if (kind == NULL && channel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("channel \"%s\" needs a kind", name),
				 errhint("Kinds are email, sms, push, direct_mail and custom.")));
	if (kind != NULL && !is_kind(kind))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a kind of channel", kind),
				 errhint("Kinds are email, sms, push, direct_mail and custom.")));
	if (kind != NULL && channel != NULL && strcmp(kind, channel->kind) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("channel \"%s\" is of kind \"%s\"", name,
						channel->kind),
				 errhint("A channel keeps its kind; choose another name.")));
	return kind != NULL ? kind : channel->kind;
}

/* Refuses those who may not set up what holds for everybody. */
static void
require_database_owner(void)
{
	campaign_require_database_owner("set channels up",
									"What a provider can take holds for all campaigns of the database.");
}

/* Declares or changes a channel. */
void
campaign_channel_define(const char *name, const char *kind,
						const Jsonb *settings)
{
	require_database_owner();
	if (!campaign_is_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not a name of a channel", name),
				 errhint("Names have small letters, digits and underscores, do not begin with a digit, and are at most 63 long.")));
	kind = resolve_kind(name, kind);
	if (settings == NULL)
		settings = campaign_object_empty();
	check_settings(settings);
	campaign_execute(&define_channel, campaign_text(name),
					 campaign_text(kind), campaign_jsonb(settings));
}

/* Takes a declaration back. */
bool
campaign_channel_forget(const char *name)
{
	require_database_owner();
	return campaign_execute(&drop_channel, campaign_text(name)) > 0;
}
