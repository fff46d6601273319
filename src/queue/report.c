/*
 * report.c
 *		Figures of a run's deliveries.
 *
 * Read from the views, so that every report of the same run says the same.
 */
#include "postgres.h"

#include "base/sql.h"
#include "queue/report.h"

/* The run's deliveries, of CampaignDeliveryFigures *, in order of making. */
List *
campaign_report_deliveries(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT r.activity, r.channel, r.targeted, r.excluded,"
					   " r.queued, r.sent, r.delivered, r.bounced, r.opened,"
					   " r.clicked, r.unsubscribed, r.complained"
					   " FROM campaign.report r JOIN campaign.delivery d"
					   " ON d.run_id = r.run_id AND d.activity = r.activity"
					   " WHERE r.run_id = $1 ORDER BY d.delivery_id");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));
	List	   *deliveries = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignDeliveryFigures *figures = palloc(sizeof(CampaignDeliveryFigures));

		figures->activity = campaign_row_text(rows, i, 1);
		figures->channel = campaign_row_text(rows, i, 2);
		figures->targeted = campaign_row_int8(rows, i, 3);
		figures->excluded = campaign_row_int8(rows, i, 4);
		figures->queued = campaign_row_int8(rows, i, 5);
		figures->sent = campaign_row_int8(rows, i, 6);
		figures->delivered = campaign_row_int8(rows, i, 7);
		figures->bounced = campaign_row_int8(rows, i, 8);
		figures->opened = campaign_row_int8(rows, i, 9);
		figures->clicked = campaign_row_int8(rows, i, 10);
		figures->unsubscribed = campaign_row_int8(rows, i, 11);
		figures->complained = campaign_row_int8(rows, i, 12);
		deliveries = lappend(deliveries, figures);
	}
	return deliveries;
}

/* Why people were left out, of CampaignExclusionFigures *, most first. */
List *
campaign_report_exclusions(int64 run_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT x.activity, x.reason, x.people"
					   " FROM (SELECT d.delivery_id, e.activity, e.reason,"
					   " count(*) AS people"
					   " FROM campaign.excluded e JOIN campaign.delivery d"
					   " ON d.run_id = e.run_id AND d.activity = e.activity"
					   " WHERE e.run_id = $1"
					   " GROUP BY d.delivery_id, e.activity, e.reason"
					   " UNION ALL SELECT d.delivery_id, d.activity, f.key,"
					   " f.value::int8 FROM campaign.delivery d"
					   " CROSS JOIN jsonb_each_text(d.figures -> 'reasons') f"
					   " WHERE d.run_id = $1) x"
					   " ORDER BY x.delivery_id, x.people DESC, x.reason");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));
	List	   *exclusions = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignExclusionFigures *figures = palloc(sizeof(CampaignExclusionFigures));

		figures->activity = campaign_row_text(rows, i, 1);
		figures->reason = campaign_row_text(rows, i, 2);
		figures->people = campaign_row_int8(rows, i, 3);
		exclusions = lappend(exclusions, figures);
	}
	return exclusions;
}

/* Hours in which something happened, of CampaignHourFigures *. */
List *
campaign_report_hours(int64 run_id, int limit)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT hour, sum(sent)::bigint, sum(opened)::bigint,"
					   " sum(clicked)::bigint FROM campaign.report_by_hour"
					   " WHERE run_id = $1 GROUP BY hour ORDER BY hour LIMIT $2");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id),
										campaign_int8(limit));
	List	   *hours = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignHourFigures *figures = palloc(sizeof(CampaignHourFigures));

		figures->hour = campaign_row_time(rows, i, 1);
		figures->sent = campaign_row_int8(rows, i, 2);
		figures->opened = campaign_row_int8(rows, i, 3);
		figures->clicked = campaign_row_int8(rows, i, 4);
		hours = lappend(hours, figures);
	}
	return hours;
}

/* Links that were clicked, of CampaignLinkFigures *. */
List *
campaign_report_links(int64 run_id, int limit)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT activity, coalesce(link, ''), messages, clicks"
					   " FROM campaign.report_by_link WHERE run_id = $1"
					   " ORDER BY messages DESC, activity, link LIMIT $2");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id),
										campaign_int8(limit));
	List	   *links = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		CampaignLinkFigures *figures = palloc(sizeof(CampaignLinkFigures));

		figures->activity = campaign_row_text(rows, i, 1);
		figures->link = campaign_row_text(rows, i, 2);
		figures->messages = campaign_row_int8(rows, i, 3);
		figures->clicks = campaign_row_int8(rows, i, 4);
		links = lappend(links, figures);
	}
	return links;
}

/*
 * What is left of those targeted, step by step.  Two statements, so that each
 * has a condition that the views pass on to where the deliveries are found.
 */
#define FUNNEL(condition) \
	"SELECT f.activity, f.channel, s.step, s.messages," \
	" round(s.messages::numeric / nullif(f.targeted, 0), 4)," \
	" round(s.messages::numeric / nullif(s.before, 0), 4)," \
	" s.before - s.messages" \
	" FROM (SELECT r.activity, r.channel," \
	" sum(r.targeted)::int8 AS targeted, sum(r.queued)::int8 AS queued," \
	" sum(r.sent)::int8 AS sent, sum(r.delivered)::int8 AS delivered," \
	" sum(r.opened)::int8 AS opened, sum(r.clicked)::int8 AS clicked," \
	" sum(r.converted)::int8 AS converted" \
	" FROM campaign.report r WHERE " condition \
	" GROUP BY r.activity, r.channel) f" \
	" CROSS JOIN LATERAL (VALUES (1, 'targeted', f.targeted, NULL)," \
	" (2, 'queued', f.queued, f.targeted), (3, 'sent', f.sent, f.queued)," \
	" (4, 'delivered', f.delivered, f.sent)," \
	" (5, 'opened', f.opened, f.delivered)," \
	" (6, 'clicked', f.clicked, f.opened)," \
	" (7, 'converted', f.converted, f.clicked))" \
	" AS s (number, step, messages, before)" \
	" ORDER BY f.activity, f.channel, s.number"

/* The funnel of each delivery of a run or, without one, of a campaign. */
CampaignRows *
campaign_report_funnel(int64 run_id, const char *campaign)
{
	CAMPAIGN_STATEMENT(of_run, FUNNEL("r.run_id = $1"));
	CAMPAIGN_STATEMENT(of_campaign, FUNNEL("r.campaign = $1"));

	if (campaign == NULL)
		return campaign_query(&of_run, campaign_int8(run_id));
	return campaign_query(&of_campaign, campaign_text(campaign));
}
