/*
 * privilege.c
 *		SQL functions that give and take privileges on campaigns.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "api/argument.h"
#include "base/compat.h"
#include "engine/publish.h"
#include "store/log.h"
#include "store/origin.h"
#include "store/privilege.h"

CAMPAIGN_FUNCTION(campaign_grant);
CAMPAIGN_FUNCTION(campaign_revoke);
CAMPAIGN_FUNCTION(campaign_hash);

/* Leaves a line about who may do what now. */
static void
log_privilege(const CampaignRecord *record, const char *event,
			  const char *privilege, const char *role)
{
	CampaignLogLine line = {
		.owner = record->owner,
		.campaign = record->name,
		.event = event,
		.message = psprintf("%s: %s", role, privilege)
	};

	campaign_log_add(&line);
}

/* campaign_grant(campaign, role, privilege) */
Datum
campaign_grant(PG_FUNCTION_ARGS)
{
	CampaignRecord *record;
	char	   *role;
	char	   *privilege;

	campaign_origin_require_user();
	record = campaign_record_require(campaign_argument_required(fcinfo, 0,
																"campaign"),
									 true);
	role = campaign_argument_required(fcinfo, 1, "role");
	privilege = campaign_argument_required(fcinfo, 2, "privilege");
	campaign_privilege_check(privilege);
	if (campaign_privilege_grant(record, get_role_oid(role, false), privilege))
		log_privilege(record, "grant", privilege, role);
	PG_RETURN_VOID();
}

/* campaign_revoke(campaign, role, privilege) */
Datum
campaign_revoke(PG_FUNCTION_ARGS)
{
	CampaignRecord *record;
	char	   *role;
	char	   *privilege;
	bool		revoked;

	campaign_origin_require_user();
	record = campaign_record_require(campaign_argument_required(fcinfo, 0,
																"campaign"),
									 true);
	role = campaign_argument_required(fcinfo, 1, "role");
	privilege = campaign_argument_required(fcinfo, 2, "privilege");
	campaign_privilege_check(privilege);
	revoked = campaign_privilege_revoke(record, role, privilege);
	if (revoked)
		log_privilege(record, "revoke", privilege, role);
	PG_RETURN_BOOL(revoked);
}

/* campaign_hash(campaign, version) */
Datum
campaign_hash(PG_FUNCTION_ARGS)
{
	char	   *campaign;

	campaign_origin_require_user();
	campaign_argument_require(fcinfo, 1, "version");
	campaign = campaign_argument_required(fcinfo, 0, "campaign");
	PG_RETURN_TEXT_P(cstring_to_text(campaign_publish_hash(campaign,
														   PG_GETARG_INT32(1))));
}
