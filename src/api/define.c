/*
 * define.c
 *		SQL functions that define dimensions and campaigns.
 */
#include "postgres.h"

#include "api/argument.h"
#include "base/compat.h"
#include "base/identity.h"
#include "engine/define.h"
#include "store/origin.h"

CAMPAIGN_FUNCTION(campaign_dimension);
CAMPAIGN_FUNCTION(campaign_template);
CAMPAIGN_FUNCTION(campaign_template_drop);
CAMPAIGN_FUNCTION(campaign_rule);
CAMPAIGN_FUNCTION(campaign_rule_drop);
CAMPAIGN_FUNCTION(campaign_link);
CAMPAIGN_FUNCTION(campaign_unlink);
CAMPAIGN_FUNCTION(campaign_create);
CAMPAIGN_FUNCTION(campaign_add);
CAMPAIGN_FUNCTION(campaign_connect);
CAMPAIGN_FUNCTION(campaign_disconnect);
CAMPAIGN_FUNCTION(campaign_alter);
CAMPAIGN_FUNCTION(campaign_remove);
CAMPAIGN_FUNCTION(campaign_rename);
CAMPAIGN_FUNCTION(campaign_drop);
CAMPAIGN_FUNCTION(campaign_define);
CAMPAIGN_FUNCTION(campaign_export);

/* campaign_dimension(relation, name, key, addresses, consent, time_zone, language, profile, profile_dimension) */
Datum
campaign_dimension(PG_FUNCTION_ARGS)
{
	CampaignDeclaration declaration = {0};

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "relation");
	declaration.relation = PG_GETARG_OID(0);
	declaration.name = campaign_argument_text(fcinfo, 1);
	declaration.key = campaign_argument_text(fcinfo, 2);
	declaration.addresses = campaign_argument_jsonb(fcinfo, 3);
	declaration.consent = campaign_argument_jsonb(fcinfo, 4);
	declaration.time_zone = campaign_argument_text(fcinfo, 5);
	declaration.language = campaign_argument_text(fcinfo, 6);
	declaration.profile = campaign_argument_text(fcinfo, 7);
	declaration.profile_dimension = campaign_argument_text(fcinfo, 8);
	PG_RETURN_TEXT_P(cstring_to_text(campaign_define_dimension(&declaration)));
}

/* campaign_template(name, channel, subject, body, parts, description) */
Datum
campaign_template(PG_FUNCTION_ARGS)
{
	CampaignTemplateDeclaration declaration = {0};

	campaign_origin_require_user();
	declaration.name = campaign_argument_required(fcinfo, 0, "name");
	declaration.channel = campaign_argument_text(fcinfo, 1);
	declaration.subject = campaign_argument_text(fcinfo, 2);
	declaration.body = campaign_argument_text(fcinfo, 3);
	declaration.parts = campaign_argument_jsonb(fcinfo, 4);
	declaration.description = campaign_argument_text(fcinfo, 5);
	PG_RETURN_INT32(campaign_define_template(&declaration));
}

/* campaign_template_drop(name) */
Datum
campaign_template_drop(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_define_drop_template(campaign_argument_required(fcinfo, 0,
															 "name"));
	PG_RETURN_VOID();
}

/* campaign_rule(name, kind, settings) */
Datum
campaign_rule(PG_FUNCTION_ARGS)
{
	char	   *name;

	campaign_origin_require_user();
	name = campaign_argument_required(fcinfo, 0, "name");
	campaign_argument_require(fcinfo, 2, "settings");
	campaign_define_rule(name, campaign_argument_required(fcinfo, 1, "kind"),
						 campaign_argument_jsonb(fcinfo, 2));
	PG_RETURN_TEXT_P(cstring_to_text(name));
}

/* campaign_rule_drop(name) */
Datum
campaign_rule_drop(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_define_drop_rule(campaign_argument_required(fcinfo, 0, "name"));
	PG_RETURN_VOID();
}

/* campaign_link(name, source, target, condition, cardinality) */
Datum
campaign_link(PG_FUNCTION_ARGS)
{
	CampaignLink link = {0};

	campaign_origin_require_user();
	link.name = campaign_argument_required(fcinfo, 0, "name");
	link.source = campaign_argument_required(fcinfo, 1, "source");
	link.dimension = campaign_argument_required(fcinfo, 2, "target");
	link.condition = campaign_argument_required(fcinfo, 3, "condition");
	link.cardinality = campaign_argument_required(fcinfo, 4, "cardinality");
	campaign_define_link(&link);
	PG_RETURN_TEXT_P(cstring_to_text(link.name));
}

/* campaign_unlink(name, source) */
Datum
campaign_unlink(PG_FUNCTION_ARGS)
{
	char	   *name;

	campaign_origin_require_user();
	name = campaign_argument_required(fcinfo, 0, "name");
	campaign_define_unlink(name, campaign_argument_text(fcinfo, 1));
	PG_RETURN_VOID();
}

/* campaign_create(campaign, dimension, description, settings) */
Datum
campaign_create(PG_FUNCTION_ARGS)
{
	char	   *campaign;

	campaign_origin_require_user();
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	campaign_define_create(campaign,
						   campaign_argument_required(fcinfo, 1, "dimension"),
						   campaign_argument_text(fcinfo, 2),
						   campaign_argument_jsonb(fcinfo, 3));
	PG_RETURN_TEXT_P(cstring_to_text(campaign));
}

/* campaign_add(campaign, activity, kind, options, after) */
Datum
campaign_add(PG_FUNCTION_ARGS)
{
	char	   *activity;

	campaign_origin_require_user();
	activity = campaign_argument_required(fcinfo, 1, "activity");
	campaign_argument_require(fcinfo, 3, "options");
	campaign_define_add(campaign_argument_required(fcinfo, 0, "campaign"),
						activity,
						campaign_argument_required(fcinfo, 2, "kind"),
						campaign_argument_jsonb(fcinfo, 3),
						campaign_argument_text(fcinfo, 4));
	PG_RETURN_TEXT_P(cstring_to_text(activity));
}

/* campaign_connect(campaign, source, target) */
Datum
campaign_connect(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_define_connect(campaign_argument_required(fcinfo, 0, "campaign"),
							campaign_argument_required(fcinfo, 1, "source"),
							campaign_argument_required(fcinfo, 2, "target"));
	PG_RETURN_VOID();
}

/* campaign_disconnect(campaign, source, target) */
Datum
campaign_disconnect(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_define_disconnect(campaign_argument_required(fcinfo, 0, "campaign"),
							   campaign_argument_required(fcinfo, 1, "source"),
							   campaign_argument_required(fcinfo, 2, "target"));
	PG_RETURN_VOID();
}

/* campaign_alter(campaign, activity, options) */
Datum
campaign_alter(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 2, "options");
	campaign_define_alter(campaign_argument_required(fcinfo, 0, "campaign"),
						  campaign_argument_required(fcinfo, 1, "activity"),
						  campaign_argument_jsonb(fcinfo, 2));
	PG_RETURN_VOID();
}

/* campaign_remove(campaign, activity) */
Datum
campaign_remove(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_define_remove(campaign_argument_required(fcinfo, 0, "campaign"),
						   campaign_argument_required(fcinfo, 1, "activity"));
	PG_RETURN_VOID();
}

/* campaign_rename(campaign, activity, new_name) */
Datum
campaign_rename(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_define_rename(campaign_argument_required(fcinfo, 0, "campaign"),
						   campaign_argument_required(fcinfo, 1, "activity"),
						   campaign_argument_required(fcinfo, 2, "new_name"));
	PG_RETURN_VOID();
}

/* campaign_drop(campaign) */
Datum
campaign_drop(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_define_drop(campaign_argument_required(fcinfo, 0, "campaign"));
	PG_RETURN_VOID();
}

/* campaign_define(definition) */
Datum
campaign_define(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 0, "definition");
	PG_RETURN_TEXT_P(cstring_to_text(campaign_define_document(campaign_argument_jsonb(fcinfo, 0))));
}

/* campaign_export(campaign, version) */
Datum
campaign_export(PG_FUNCTION_ARGS)
{
	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 1, "version");
	PG_RETURN_JSONB_P(campaign_define_export(campaign_argument_required(fcinfo, 0, "campaign"),
											 PG_GETARG_INT32(1)));
}
