/*
 * hold.c
 *		The emergency stop of a database.
 *
 * A row is there while everything is held.  Whoever looks for work asks for
 * it, so that one commit stops all, and another lets all go on where it was.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/sql.h"
#include "store/hold.h"
#include "store/log.h"

CAMPAIGN_STATEMENT(find_hold, "SELECT count(*) FROM campaign.hold WHERE $1");

CAMPAIGN_STATEMENT(insert_hold,
				   "INSERT INTO campaign.hold (role_name, reason)"
				   " VALUES ($1, $2) ON CONFLICT (held) DO NOTHING");

CAMPAIGN_STATEMENT(delete_hold, "DELETE FROM campaign.hold WHERE $1");

/* Notes it in the log. */
static void
log_hold(const char *event, const char *reason)
{
	CampaignLogLine line = {
		.owner = GetUserId(),
		.event = event,
		.message = reason
	};

	campaign_log_add(&line);
}

/* True if everything is held. */
bool
campaign_held(void)
{
	return campaign_row_int8(campaign_query(&find_hold, campaign_bool(true)),
							 0, 1) > 0;
}

/* Holds everything. */
bool
campaign_hold_set(const char *reason)
{
	if (campaign_execute(&insert_hold,
						 campaign_text(GetUserNameFromId(GetUserId(), false)),
						 campaign_text(reason)) == 0)
		return false;
	log_hold("hold", reason);
	return true;
}

/* Lets everything go on. */
bool
campaign_hold_lift(void)
{
	if (campaign_execute(&delete_hold, campaign_bool(true)) == 0)
		return false;
	log_hold("resume", NULL);
	return true;
}
