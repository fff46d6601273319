/*
 * cron.c
 *		Jobs of pg_cron that start campaigns.
 *
 * pg_cron has jobs of the database it is installed in, and there we add and
 * remove them by its own functions.  What times mean is its business alone.  A
 * job is known by the campaign's number, and runs as the campaign's owner, who
 * needs the rights that he would need to add it himself.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/attempt.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "store/cron.h"

/*
 * Jobs of campaigns in this database; j.jobname is a text or a name.  Other
 * roles may have jobs of that name.
 */
#define OUR_JOBS \
	"cron.job j WHERE j.database = current_database()" \
	" AND j.jobname = 'campaign ' || s.campaign_id" \
	" AND position('campaign_start(' IN j.command) > 0" \
	" AND j.username IN (SELECT unnest(ARRAY[o.owner_name," \
	" pg_get_userbyid(o.owner)]) FROM campaign.campaign o" \
	" WHERE o.campaign_id = s.campaign_id)"

/* True if pg_cron is installed in this database. */
static bool
is_installed(void)
{
	return OidIsValid(get_extension_oid("pg_cron", true));
}

/*
 * The statement that starts the campaign; its arguments have their types, for
 * no function of somebody else's is to fit better.
 */
static char *
start_statement(const CampaignRecord *record)
{
	CAMPAIGN_STATEMENT(build,
					   "SELECT format('SELECT %I.campaign_start(%L::pg_catalog.text, NULL::pg_catalog.jsonb)',"
					   " n.nspname, $1) FROM pg_extension e"
					   " JOIN pg_namespace n ON n.oid = e.extnamespace"
					   " WHERE e.extname = 'campaign'");

	return campaign_row_text(campaign_query(&build,
											campaign_text(record->name)),
							 0, 1);
}

/* Refuses where pg_cron is not, saying what to do where it is. */
static void
refuse_absent(const CampaignRecord *record, const char *times)
{
	char	   *database = get_database_name(MyDatabaseId);

	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("pg_cron is not installed in database \"%s\"", database),
			 errhint("A superuser can call SELECT cron.schedule_in_database(%s, %s, %s, %s, %s) in the database that has it.",
					 quote_literal_cstr(psprintf("campaign " INT64_FORMAT,
												 record->id)),
					 quote_literal_cstr(times),
					 quote_literal_cstr(start_statement(record)),
					 quote_literal_cstr(database),
					 quote_literal_cstr(record->owner_name))));
}

/* Refuses an owner who could not add the job himself. */
static void
require_right(const CampaignRecord *record)
{
	CAMPAIGN_STATEMENT(ask,
					   "SELECT has_schema_privilege($1, 'cron', 'USAGE')"
					   " AND has_function_privilege($1,"
					   " 'cron.schedule(text,text,text)', 'EXECUTE')");

	if (campaign_row_bool(campaign_query(&ask, campaign_oid(record->owner)),
						  0, 1))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("owner \"%s\" may not use pg_cron", record->owner_name),
			 errhint("GRANT USAGE ON SCHEMA cron TO %s.",
					 quote_identifier(record->owner_name))));
}

/* Refuses a pg_cron that cannot add a job for another role. */
static void
require_version(void)
{
	CAMPAIGN_STATEMENT(ask,
					   "SELECT to_regprocedure('cron.schedule_in_database("
					   "text,text,text,text,text,boolean)') IS NOT NULL");

	if (campaign_row_bool(campaign_sql_query(&ask, 0, NULL), 0, 1))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("pg_cron is too old to start campaigns"),
			 errhint("Install version 1.4 or later, and call ALTER EXTENSION pg_cron UPDATE.")));
}

/* Has pg_cron start the campaign. */
void
campaign_cron_add(const CampaignRecord *record, const char *times)
{
	CAMPAIGN_STATEMENT(add,
					   "SELECT cron.schedule_in_database($1, $2, $3,"
					   " current_database()::text, $4, true)");

	if (!is_installed())
		refuse_absent(record, times);
	require_version();
	require_right(record);
	(void) campaign_query(&add,
						  campaign_text(psprintf("campaign " INT64_FORMAT,
												 record->id)),
						  campaign_text(times),
						  campaign_text(start_statement(record)),
						  campaign_text(record->owner_name));
}

/* Has pg_cron forget a job; for campaign_attempt. */
static void
unschedule(void *arg)
{
	CAMPAIGN_STATEMENT(drop, "SELECT cron.unschedule($1)");

	(void) campaign_query(&drop, campaign_int8(*(int64 *) arg));
}

/*
 * Takes the campaign's job away.  A pg_cron that refuses, as one does whose
 * library is no longer preloaded, must not keep anybody from ending a
 * schedule or dropping a campaign: he is told what is left.
 */
void
campaign_cron_remove(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT j.jobid"
					   " FROM (SELECT $1::bigint AS campaign_id) s, " OUR_JOBS);
	CampaignRows *rows;

	if (!is_installed())
		return;
	rows = campaign_query(&find, campaign_int8(campaign_id));
	for (int i = 0; i < rows->count; i++)
	{
		int64		job = campaign_row_int8(rows, i, 1);
		ErrorData  *error = campaign_attempt(unschedule, &job);

		if (error == NULL)
			continue;
		if (campaign_error_may_pass(error))
			ReThrowError(error);
		ereport(NOTICE,
				(errmsg("job " INT64_FORMAT " of pg_cron is left: %s", job,
						error->message),
				 errhint("When pg_cron works again, call SELECT cron.unschedule(" INT64_FORMAT "); until then it starts nothing.",
						 job)));
	}
}

/* ------------------------------- problems ------------------------------- */

/* Adds a problem for each row: campaign, owner, problem, hint. */
static List *
add_rows(List *problems, const CampaignRows *rows)
{
	for (int i = 0; i < rows->count; i++)
	{
		CampaignCronProblem *problem = palloc(sizeof(CampaignCronProblem));

		problem->campaign = campaign_row_text(rows, i, 1);
		problem->owner = campaign_row_oid(rows, i, 2);
		problem->problem = campaign_row_text(rows, i, 3);
		problem->hint = campaign_row_text(rows, i, 4);
		problems = lappend(problems, problem);
	}
	return problems;
}

/* Campaigns that wait for a pg_cron that is not there. */
static List *
absent_problems(void)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT c.name, c.owner,"
					   " 'pg_cron is not installed in this database',"
					   " 'CREATE EXTENSION pg_cron, and call campaign_schedule() again.'"
					   " FROM campaign.schedule s"
					   " JOIN campaign.campaign c USING (campaign_id)"
					   " WHERE s.schedule ? 'cron' ORDER BY c.name");

	return add_rows(NIL, campaign_sql_query(&find, 0, NULL));
}

/* No process of pg_cron, though something waits for it. */
static List *
process_problems(List *problems)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT NULL, 0::oid, 'pg_cron is not running',"
					   " 'Add pg_cron to shared_preload_libraries and restart the server.'"
					   " WHERE NOT EXISTS (SELECT FROM pg_stat_activity"
					   " WHERE backend_type = 'pg_cron launcher')"
					   " AND EXISTS (SELECT FROM cron.job j WHERE j.active"
					   " AND j.database = current_database()"
					   " AND position('campaign_' IN j.command) > 0)");

	return add_rows(problems, campaign_sql_query(&find, 0, NULL));
}

/* Campaigns whose job is gone, switched off, or fails. */
static List *
job_problems(List *problems)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT c.name, c.owner, CASE"
					   " WHEN j.jobid IS NULL THEN 'its job of pg_cron is gone'"
					   " WHEN NOT j.active THEN 'its job of pg_cron is switched off'"
					   " ELSE 'its job of pg_cron failed the last time: '"
					   " || coalesce(d.return_message, 'without a message') END,"
					   " CASE WHEN j.jobid IS NULL"
					   " THEN 'Call campaign_schedule() again, or campaign_unschedule().'"
					   " WHEN NOT j.active THEN 'cron.alter_job() switches it on.'"
					   " ELSE 'cron.job_run_details has all of its attempts.' END"
					   " FROM campaign.schedule s"
					   " JOIN campaign.campaign c USING (campaign_id)"
					   " LEFT JOIN LATERAL (SELECT j.jobid, j.active FROM "
					   OUR_JOBS " LIMIT 1) j ON true"
					   " LEFT JOIN LATERAL (SELECT d.status, d.return_message"
					   " FROM cron.job_run_details d WHERE d.jobid = j.jobid"
					   " AND d.end_time IS NOT NULL"
					   " ORDER BY d.runid DESC LIMIT 1) d ON true"
					   " WHERE s.schedule ? 'cron' AND (j.jobid IS NULL"
					   " OR NOT j.active OR d.status = 'failed')"
					   " ORDER BY c.name");

	return add_rows(problems, campaign_sql_query(&find, 0, NULL));
}

/* What keeps pg_cron from starting campaigns. */
List *
campaign_cron_problems(void)
{
	if (!is_installed())
		return absent_problems();
	return job_problems(process_problems(NIL));
}
