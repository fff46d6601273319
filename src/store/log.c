/*
 * log.c
 *		What happened: rows are only ever added.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/sql.h"
#include "store/log.h"

/* Adds a line under the name of the current user. */
void
campaign_log_add(const CampaignLogLine *line)
{
	CAMPAIGN_STATEMENT(add_line,
					   "INSERT INTO campaign.log (role_name, owner, campaign,"
					   " run_id, activity, event, old_state, new_state,"
					   " message, sqlstate, hint)"
					   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");

	campaign_execute(&add_line,
					 campaign_text(GetUserNameFromId(GetUserId(), false)),
					 campaign_oid(line->owner),
					 campaign_text(line->campaign),
					 line->run_id == 0 ? campaign_null(INT8OID) :
					 campaign_int8(line->run_id),
					 campaign_text(line->activity),
					 campaign_text(line->event),
					 campaign_text(line->old_state),
					 campaign_text(line->new_state),
					 campaign_text(line->message),
					 campaign_text(line->sqlstate),
					 campaign_text(line->hint));
}
