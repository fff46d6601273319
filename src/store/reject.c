/*
 * reject.c
 *		Rows that a table of the owner's refused.
 *
 * Only single rows with their SQLSTATE stand here, at most as many as an
 * activity may have errors; the rows themselves are in its outcome.
 */
#include "postgres.h"

#include "base/sql.h"
#include "store/reject.h"

CAMPAIGN_STATEMENT(add_reject,
				   "INSERT INTO campaign.reject (run_id, activity, recipient,"
				   " sqlstate, error) VALUES ($1, $2, $3, $4, $5)");

CAMPAIGN_STATEMENT(blank_reject,
				   "UPDATE campaign.reject j SET error = NULL"
				   " FROM campaign.run r"
				   " JOIN campaign.campaign g ON g.campaign_id = r.campaign_id"
				   " WHERE j.run_id = r.run_id AND g.owner = $1"
				   " AND j.recipient = $3 AND j.error IS NOT NULL"
				   " AND EXISTS (SELECT FROM campaign.flow f"
				   " WHERE f.run_id = j.run_id AND f.source = j.activity"
				   " AND f.dimension = $2)");

/* Notes a row. */
void
campaign_reject_add(int64 run_id, const char *activity, const char *recipient,
					const char *sqlstate, const char *message)
{
	campaign_execute(&add_reject, campaign_int8(run_id),
					 campaign_text(activity), campaign_text(recipient),
					 campaign_text(sqlstate), campaign_text(message));
}

/* Blanks what was said about a row. */
int64
campaign_reject_blank(Oid owner, const char *dimension, const char *recipient)
{
	return (int64) campaign_execute(&blank_reject, campaign_oid(owner),
									campaign_text(dimension),
									campaign_text(recipient));
}
