/*
 * quota.c
 *		How many executors a role may have.
 *
 * It is a setting of the role, so that it is given and seen as all others
 * are.  The scheduler is connected as somebody else and looks it up.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/guc.h"

#include "base/settings.h"
#include "base/sql.h"
#include "store/quota.h"

/*
 * What was set for the role, or for all, in this database or in all; -1 if
 * nothing was.  The server takes such settings in the same order.
 */
static int
role_setting(Oid role)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT split_part(v.setting, '=', 2)"
					   " FROM pg_db_role_setting s"
					   " CROSS JOIN LATERAL unnest(s.setconfig) AS v(setting)"
					   " WHERE s.setrole IN (0, $1) AND s.setdatabase IN (0, $2)"
					   " AND v.setting LIKE 'campaign.max\\_executors\\_per\\_role=%'"
					   " ORDER BY s.setrole = 0, s.setdatabase = 0 LIMIT 1");
	CampaignRows *rows = campaign_query(&find, campaign_oid(role),
										campaign_oid(MyDatabaseId));
	int			value;

	if (rows->count == 0 ||
		!parse_int(campaign_row_text(rows, 0, 1), &value, 0, NULL))
		return -1;
	return value;
}

/* Unless it was said, a role leaves one place to the others. */
int
campaign_quota(Oid role)
{
	int			quota = role_setting(role);

	if (quota < 0)
		quota = campaign_max_executors_per_role;
	return quota > 0 ? quota : Max(campaign_max_executors - 1, 1);
}
