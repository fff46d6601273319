/*
 * history.c
 *		What of ended runs is old enough to go.
 *
 * Each campaign says for how many days; what it leaves open, the settings of
 * the server say.  Runs are looked for campaign by campaign in the order in
 * which they ended, so however many have ended, only those are read that have
 * something to go.
 */
#include "postgres.h"

#include "base/settings.h"
#include "base/sql.h"
#include "store/history.h"
#include "store/run.h"

/* How long something of campaign c is kept; NULL: for ever.  $3: by default. */
#define KEPT(what) \
	"(CASE WHEN c.settings #> '{history," what "}' IS NULL" \
	" THEN nullif(greatest($3, -1), -1) * interval '1 minute'" \
	" ELSE nullif(greatest((c.settings #>> '{history," what "}')::int4, -1), -1)" \
	" * interval '1 day' END)"
/* Campaigns that the role acts for.  $2: the role, 0 for all. */
#define CAMPAIGNS \
	"campaign.campaign c CROSS JOIN LATERAL" \
	" (SELECT $2 = 0::oid OR coalesce(pg_has_role($2, o.oid, 'USAGE'), false)" \
	" AS here FROM (SELECT 1) x LEFT JOIN pg_roles o ON o.oid = c.owner) a"
/* Of a run: it has ended for good.  $4: this server and database. */
#define ENDED \
	" r.state IN ('succeeded', 'stopped', 'missed') AND r.home = $4"

/*
 * Nothing of it is to be sent, nobody is sending it, and nothing is to be
 * done later.
 */
#define SETTLED \
	" NOT EXISTS (SELECT FROM campaign.delivery d" \
	" JOIN campaign.chunk k ON k.delivery_id = d.delivery_id AND NOT k.settled" \
	" WHERE d.run_id = r.run_id AND NOT r.test AND (k.leased_until > $1" \
	" OR r.state = 'succeeded' AND coalesce(k.expires_at > $1, true)))" \
	" AND NOT EXISTS (SELECT FROM campaign.task t" \
	" WHERE t.run_id = r.run_id AND t.follow_at IS NOT NULL)"

/*
 * Since when messages are old.  By default they go by the month in which their
 * runs began, for then they go with their partition.
 */
#define OLD_SINCE \
	"CASE WHEN c.settings #> '{history,messages}' IS NULL" \
	" THEN greatest(r.ended_at, (e.month + interval '1 month')" \
	" AT TIME ZONE 'UTC') ELSE r.ended_at END + m.kept"
#define KEPT_MESSAGES \
	" CROSS JOIN LATERAL (SELECT " KEPT("messages") " AS kept) m"

/* Minutes as a parameter. */
static CampaignValue
minutes(int value)
{
	return campaign_int4(value);
}

/* Runs with messages to be deleted. */
List *
campaign_history_runs(TimestampTz now, Oid role, int most)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT n.run_id, n.epoch FROM " CAMPAIGNS KEPT_MESSAGES
					   " CROSS JOIN LATERAL (SELECT r.run_id, r.epoch, "
					   OLD_SINCE " AS since FROM campaign.run r"
					   " JOIN campaign.epoch e ON e.epoch_id = r.epoch"
					   " WHERE r.campaign_id = c.campaign_id"
					   " AND r.erased_at IS NULL AND" ENDED
					   " AND r.ended_at <= $1 - m.kept AND" SETTLED
					   " ORDER BY r.ended_at LIMIT $5) n"
					   " WHERE a.here AND n.since <= $1 LIMIT $5");
	CAMPAIGN_STATEMENT(lock,
					   "SELECT FROM campaign.run WHERE run_id = $1"
					   " AND state IN ('succeeded', 'stopped', 'missed')"
					   " FOR UPDATE SKIP LOCKED");
	CampaignRows *rows;
	List	   *runs = NIL;

	rows = campaign_query(&find, campaign_time(now), campaign_oid(role),
						  minutes(campaign_history_messages),
						  campaign_text(campaign_home()),
						  campaign_int8(most));
	for (int i = 0; i < rows->count; i++)
	{
		CampaignOldRun *run = palloc(sizeof(CampaignOldRun));

		run->run_id = campaign_row_int8(rows, i, 1);
		run->epoch = campaign_row_int8(rows, i, 2);
		run->locked = campaign_query(&lock, campaign_int8(run->run_id))->count > 0;
		runs = lappend(runs, run);
	}
	return runs;
}

/* True if all messages of the epoch are to be deleted. */
bool
campaign_history_whole_epoch(TimestampTz now, int64 epoch)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT EXISTS (SELECT FROM campaign.epoch e"
					   " WHERE e.epoch_id = $2 AND e.month < date_trunc('month',"
					   " $1 AT TIME ZONE 'UTC')::date)"
					   " AND NOT EXISTS (SELECT FROM campaign.run r"
					   " JOIN campaign.epoch e ON e.epoch_id = r.epoch"
					   " JOIN campaign.campaign c ON c.campaign_id = r.campaign_id"
					   KEPT_MESSAGES
					   " WHERE r.epoch = $2 AND r.erased_at IS NULL"
					   " AND NOT coalesce(" ENDED
					   " AND " OLD_SINCE " <= $1 AND" SETTLED ", false))");

	return campaign_row_bool(campaign_query(&find, campaign_time(now),
											campaign_int8(epoch),
											minutes(campaign_history_messages),
											campaign_text(campaign_home())),
							 0, 1);
}

/* Populations to be dropped. */
List *
campaign_history_populations(TimestampTz now, Oid role, int most)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT f.run_id, f.population"
					   " FROM campaign.flow f"
					   " JOIN campaign.run r ON r.run_id = f.run_id"
					   " JOIN " CAMPAIGNS " ON c.campaign_id = r.campaign_id"
					   " WHERE f.population IS NOT NULL AND a.here AND" ENDED
					   " AND r.ended_at <= $1 - " KEPT("populations")
					   " ORDER BY 1, 2 LIMIT $5");
	CampaignRows *rows;
	List	   *populations = NIL;

	rows = campaign_query(&find, campaign_time(now), campaign_oid(role),
						  minutes(campaign_history_populations_kept),
						  campaign_text(campaign_home()),
						  campaign_int8(most));
	for (int i = 0; i < rows->count; i++)
	{
		CampaignOldPopulation *population = palloc(sizeof(CampaignOldPopulation));

		population->run_id = campaign_row_int8(rows, i, 1);
		population->name = campaign_row_text(rows, i, 2);
		populations = lappend(populations, population);
	}
	return populations;
}

/*
 * Deletes runs whose messages and populations are gone.  Those that another
 * run has started stay for as long as that is there: it may ask what became of
 * them, and would start others.
 */
int64
campaign_history_delete_runs(TimestampTz now, Oid role, int most)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT n.run_id FROM " CAMPAIGNS
					   " CROSS JOIN LATERAL (SELECT " KEPT("runs") " AS kept) m"
					   " CROSS JOIN LATERAL (SELECT r.run_id FROM campaign.run r"
					   " WHERE r.campaign_id = c.campaign_id"
					   " AND r.erased_at IS NOT NULL AND" ENDED
					   " AND r.ended_at <= $1 - m.kept"
					   " AND NOT EXISTS (SELECT FROM campaign.flow f"
					   " WHERE f.run_id = r.run_id AND f.population IS NOT NULL)"
					   " AND NOT EXISTS (SELECT FROM campaign.run p"
					   " WHERE p.run_id = r.parent_run)"
					   " ORDER BY r.ended_at LIMIT $5) n"
					   " WHERE a.here LIMIT $5");
	CAMPAIGN_STATEMENT(drop,
					   "WITH r AS (DELETE FROM campaign.run WHERE run_id ="
					   " (SELECT run_id FROM campaign.run WHERE run_id = $1"
					   " FOR UPDATE SKIP LOCKED) RETURNING run_id, campaign_id),"
					   " l AS (DELETE FROM campaign.log l USING r"
					   " WHERE l.run_id = r.run_id),"
					   " f AS (DELETE FROM campaign.figure f USING r,"
					   " campaign.delivery d WHERE d.run_id = r.run_id"
					   " AND f.delivery_id = d.delivery_id)"
					   " SELECT campaign_id FROM r");
	CAMPAIGN_STATEMENT(drop_versions,
					   "DELETE FROM campaign.version v"
					   " WHERE v.campaign_id = $1 AND v.number > 0"
					   " AND v.number < (SELECT max(n.number)"
					   " FROM campaign.version n WHERE n.campaign_id = $1)"
					   " AND v.published_at <= $2"
					   " AND NOT EXISTS (SELECT FROM campaign.run r"
					   " WHERE r.version_id = v.version_id)");
	CampaignRows *rows;
	int64		deleted = 0;

	rows = campaign_query(&find, campaign_time(now), campaign_oid(role),
						  minutes(campaign_history_runs_kept),
						  campaign_text(campaign_home()),
						  campaign_int8(most));
	for (int i = 0; i < rows->count; i++)
	{
		CampaignRows *dropped = campaign_query(&drop,
											   campaign_int8(campaign_row_int8(rows, i, 1)));

		if (dropped->count == 0)
			continue;
		deleted++;
		campaign_execute(&drop_versions,
						 campaign_int8(campaign_row_int8(dropped, 0, 1)),
						 campaign_time(now));
	}
	return deleted;
}

/* Deletes lines of the log that are of no run. */
int64
campaign_history_delete_lines(TimestampTz now, Oid role, int most)
{
	CAMPAIGN_STATEMENT(drop,
					   "DELETE FROM campaign.log WHERE log_id IN"
					   " (SELECT l.log_id FROM campaign.log l"
					   " WHERE l.run_id IS NULL AND l.logged_at <= $1"
					   " - nullif(greatest($3, -1), -1) * interval '1 minute'"
					   " AND ($2 = 0::oid OR l.owner <> 0"
					   " AND pg_has_role($2, l.owner, 'USAGE'))"
					   " ORDER BY l.logged_at LIMIT $4)");

	return (int64) campaign_execute(&drop, campaign_time(now),
									campaign_oid(role),
									minutes(campaign_history_runs_kept),
									campaign_int8(most));
}

/* When the next messages or populations are old. */
TimestampTz
campaign_history_next(TimestampTz now)
{
	CAMPAIGN_STATEMENT(find_messages,
					   "SELECT min(n.since) FROM " CAMPAIGNS KEPT_MESSAGES
					   " CROSS JOIN LATERAL (SELECT " OLD_SINCE " AS since"
					   " FROM campaign.run r"
					   " JOIN campaign.epoch e ON e.epoch_id = r.epoch"
					   " WHERE r.campaign_id = c.campaign_id"
					   " AND r.erased_at IS NULL AND" ENDED
					   " AND r.ended_at > $1 - m.kept - interval '2 months'"
					   " AND " OLD_SINCE " > $1"
					   " ORDER BY r.ended_at LIMIT 1) n WHERE a.here");
	CAMPAIGN_STATEMENT(find_populations,
					   "SELECT min(r.ended_at + " KEPT("populations") ")"
					   " FROM campaign.flow f"
					   " JOIN campaign.run r ON r.run_id = f.run_id"
					   " JOIN " CAMPAIGNS " ON c.campaign_id = r.campaign_id"
					   " WHERE f.population IS NOT NULL AND a.here AND" ENDED
					   " AND r.ended_at + " KEPT("populations") " > $1");
	TimestampTz messages;
	TimestampTz populations;

	messages = campaign_row_time(campaign_query(&find_messages,
												campaign_time(now),
												campaign_oid(InvalidOid),
												minutes(campaign_history_messages),
												campaign_text(campaign_home())),
								 0, 1);
	populations = campaign_row_time(campaign_query(&find_populations,
												   campaign_time(now),
												   campaign_oid(InvalidOid),
												   minutes(campaign_history_populations_kept),
												   campaign_text(campaign_home())),
									0, 1);
	return messages == 0 || (populations != 0 && populations < messages) ?
		populations : messages;
}
