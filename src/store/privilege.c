/*
 * privilege.c
 *		What roles may do with campaigns that are not theirs.
 *
 * Roles are kept by oid and by name, as owners are.  Whoever may edit decides
 * what is executed with the owner's rights; no other privilege lets anybody
 * execute anything of his own.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "store/privilege.h"

static const char *const privileges[] = {
	CAMPAIGN_PRIVILEGE_VIEW,
	CAMPAIGN_PRIVILEGE_EDIT,
	CAMPAIGN_PRIVILEGE_PUBLISH,
	CAMPAIGN_PRIVILEGE_RUN,
	CAMPAIGN_PRIVILEGE_SEND
};

/* Asks for the owner's rights first: they are known without a query. */
bool
campaign_privilege_held(int64 campaign_id, Oid owner, const char *privilege)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT FROM campaign.privilege"
					   " WHERE campaign_id = $1 AND pg_has_role($2, grantee, 'USAGE')"
					   " AND (privilege = $3 OR $3 = 'view' AND privilege <> 'send')"
					   " LIMIT 1");

	if (campaign_acts_for(owner))
		return true;
	return campaign_query(&find, campaign_int8(campaign_id),
						  campaign_oid(GetUserId()),
						  campaign_text(privilege))->count > 0;
}

/* Names the call by which the owner would give it. */
void
campaign_privilege_refuse(const char *campaign, const char *privilege)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for campaign \"%s\"", campaign),
			 privilege == NULL ?
			 errhint("Only its owner may do that.") :
			 errhint("Its owner gives it with campaign_grant(%s, %s, '%s').",
					 quote_literal_cstr(campaign),
					 quote_literal_cstr(GetUserNameFromId(GetUserId(), false)),
					 privilege)));
}

/* Refuses what is not in the list. */
void
campaign_privilege_check(const char *privilege)
{
	for (int i = 0; i < lengthof(privileges); i++)
	{
		if (strcmp(privilege, privileges[i]) == 0)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not a privilege on campaigns", privilege),
			 errhint("Privileges are view, edit, publish, run and send.")));
}

/* Adds the row, unless it is there. */
bool
campaign_privilege_grant(const CampaignRecord *record, Oid role,
						 const char *privilege)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.privilege"
					   " (campaign_id, grantee, grantee_name, privilege, grantor)"
					   " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");

	return campaign_execute(&insert, campaign_int8(record->id),
							campaign_oid(role),
							campaign_text(GetUserNameFromId(role, false)),
							campaign_text(privilege),
							campaign_text(GetUserNameFromId(GetUserId(),
															false))) > 0;
}

/* Finds the row by name, for the role may be gone. */
bool
campaign_privilege_revoke(const CampaignRecord *record, const char *role,
						  const char *privilege)
{
	CAMPAIGN_STATEMENT(erase,
					   "DELETE FROM campaign.privilege p"
					   " WHERE campaign_id = $1 AND privilege = $3"
					   " AND coalesce((SELECT r.rolname FROM pg_roles r"
					   " WHERE r.oid = p.grantee), p.grantee_name) = $2");

	return campaign_execute(&erase, campaign_int8(record->id),
							campaign_text(role),
							campaign_text(privilege)) > 0;
}
