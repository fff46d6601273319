/*
 * approval.c
 *		Rows of campaign.approval: questions put to roles, and their answers.
 *
 * Roles are kept by name.  They are believed only where the run is at home, so
 * a restored copy asks nobody until it is adopted.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/sql.h"
#include "store/approval.h"

#define APPROVAL_COLUMNS \
	"SELECT approval_id, run_id, activity, question, answers, roles," \
	" all_answer, asked_at, reminded_at, deadline, default_answer, answer" \
	" FROM campaign.approval"

/* Adds a question. */
void
campaign_approval_insert(CampaignApproval *approval)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.approval (run_id, activity, question,"
					   " answers, roles, all_answer, asked_at, reminded_at,"
					   " deadline, default_answer)"
					   " VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)"
					   " RETURNING approval_id");

	approval->id =
		campaign_row_int8(campaign_query(&insert,
										 campaign_int8(approval->run_id),
										 campaign_text(approval->activity),
										 campaign_text(approval->question),
										 campaign_text_array(approval->answers),
										 campaign_text_array(approval->roles),
										 campaign_bool(approval->all_answer),
										 campaign_time(approval->asked_at),
										 campaign_time(approval->deadline),
										 campaign_text(approval->default_answer)),
						  0, 1);
}

/* Reads one row, or NULL. */
static CampaignApproval *
read_approval(const CampaignRows *rows)
{
	CampaignApproval *approval;

	if (rows->count == 0)
		return NULL;
	approval = palloc(sizeof(CampaignApproval));
	approval->id = campaign_row_int8(rows, 0, 1);
	approval->run_id = campaign_row_int8(rows, 0, 2);
	approval->activity = campaign_row_text(rows, 0, 3);
	approval->question = campaign_row_text(rows, 0, 4);
	approval->answers = campaign_row_text_array(rows, 0, 5);
	approval->roles = campaign_row_text_array(rows, 0, 6);
	approval->all_answer = campaign_row_bool(rows, 0, 7);
	approval->asked_at = campaign_row_time(rows, 0, 8);
	approval->reminded_at = campaign_row_time(rows, 0, 9);
	approval->deadline = campaign_row_time(rows, 0, 10);
	approval->default_answer = campaign_row_text(rows, 0, 11);
	approval->answer = campaign_row_text(rows, 0, 12);
	return approval;
}

/* The question of that number. */
CampaignApproval *
campaign_approval_by_id(int64 approval_id)
{
	CAMPAIGN_STATEMENT(find, APPROVAL_COLUMNS " WHERE approval_id = $1");

	return read_approval(campaign_query(&find, campaign_int8(approval_id)));
}

/* The question of an activity of a run. */
CampaignApproval *
campaign_approval_of_task(int64 run_id, const char *activity)
{
	CAMPAIGN_STATEMENT(find,
					   APPROVAL_COLUMNS " WHERE run_id = $1 AND activity = $2");

	return read_approval(campaign_query(&find, campaign_int8(run_id),
										campaign_text(activity)));
}

/* The answers so far. */
List *
campaign_approval_votes(int64 approval_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT v ->> 'role', v ->> 'answer'"
					   " FROM campaign.approval,"
					   " jsonb_array_elements(votes) AS v"
					   " WHERE approval_id = $1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(approval_id));
	List	   *votes = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignVote *vote = palloc(sizeof(CampaignVote));

		vote->role = campaign_row_text(rows, i, 1);
		vote->answer = campaign_row_text(rows, i, 2);
		votes = lappend(votes, vote);
	}
	return votes;
}

/* Adds an answer. */
void
campaign_approval_vote(int64 approval_id, const char *role, const char *answer,
					   const char *comment)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.approval SET votes = votes ||"
					   " jsonb_build_object('role', $2::text, 'answer', $3::text,"
					   " 'comment', $4::text, 'by', $5::text,"
					   " 'at', clock_timestamp())"
					   " WHERE approval_id = $1");

	campaign_execute(&update, campaign_int8(approval_id), campaign_text(role),
					 campaign_text(answer), campaign_text(comment),
					 campaign_text(GetUserNameFromId(GetUserId(), false)));
}

/* Writes what was decided. */
void
campaign_approval_settle(int64 approval_id, const char *answer)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.approval"
					   " SET answer = $2, answered_at = clock_timestamp()"
					   " WHERE approval_id = $1");

	campaign_execute(&update, campaign_int8(approval_id),
					 campaign_text(answer));
}

/* Writes when people were reminded. */
void
campaign_approval_set_reminded(int64 approval_id, TimestampTz at)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.approval SET reminded_at = $2"
					   " WHERE approval_id = $1");

	campaign_execute(&update, campaign_int8(approval_id), campaign_time(at));
}
