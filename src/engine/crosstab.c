/*
 * crosstab.c
 *		Figures of a delivery by what its people are.
 *
 * What the figures are counted from and the rows of the dimension are joined
 * as two sets by the owner's select: nobody else reads his rows.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "activity/option.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/crosstab.h"
#include "queue/delivery.h"
#include "set/row.h"
#include "store/run.h"

/* What is counted, in the order of the result's columns. */
#define COUNTED \
	"x.value, pg_catalog.count(*)," \
	" pg_catalog.count(*) FILTER (WHERE x.sent IS NULL)," \
	" pg_catalog.count(x.sent)," \
	" pg_catalog.count(*) FILTER (WHERE x.sent)," \
	" pg_catalog.count(*) FILTER (WHERE x.delivered)," \
	" pg_catalog.count(*) FILTER (WHERE x.bounced)," \
	" pg_catalog.count(*) FILTER (WHERE x.opened)," \
	" pg_catalog.count(*) FILTER (WHERE x.clicked)," \
	" pg_catalog.count(*) FILTER (WHERE x.unsubscribed)," \
	" pg_catalog.count(*) FILTER (WHERE x.complained)," \
	" pg_catalog.count(*) FILTER (WHERE x.converted)," \
	" COALESCE(pg_catalog.sum(x.converted_value), 0::pg_catalog.numeric)"

/*
 * Appends who was targeted, as an item of FROM.  Its columns go by no name that
 * an expression over the dimension's row could mean.
 */
static void
append_targeted(StringInfo text, int64 run_id, const char *activity)
{
	char	   *condition = psprintf("run_id = " INT64_FORMAT " AND activity = %s",
									 run_id, quote_literal_cstr(activity));

	appendStringInfo(text,
					 "(SELECT recipient AS \"campaign.recipient\","
					 " sent AS \"campaign.sent\","
					 " delivered AS \"campaign.delivered\","
					 " bounced AS \"campaign.bounced\","
					 " opened AS \"campaign.opened\","
					 " clicked AS \"campaign.clicked\","
					 " unsubscribed AS \"campaign.unsubscribed\","
					 " complained AS \"campaign.complained\","
					 " converted AS \"campaign.converted\","
					 " converted_value AS \"campaign.converted_value\""
					 " FROM campaign.report_by_message WHERE %s"
					 " UNION ALL SELECT recipient, NULL, NULL, NULL, NULL, NULL,"
					 " NULL, NULL, NULL, NULL FROM campaign.excluded WHERE %s)"
					 " AS \"campaign.targeted\"", condition, condition);
}

/* Gives the figures of a delivery by an attribute of its recipients. */
void
campaign_crosstab_read(int64 run_id, const char *activity,
					   const char *attribute, CampaignReceiver *receiver)
{
	CampaignRun *run = campaign_run_require(run_id);
	CampaignGraph *graph = campaign_graph_load(campaign_record_by_id(run->campaign_id),
											   run->version_id);
	CampaignActivity *delivery = campaign_graph_find(graph, activity);
	CampaignExpression *expression =
		campaign_expression_parse(attribute, "attribute",
								  campaign_search_path_current());
	CampaignSelect *select = campaign_select_new(NULL, expression->search_path);
	StringInfo	text = &select->text;
	CampaignIdentity identity;
	CampaignScope scope = {0};

	if (delivery == NULL || campaign_delivery_find(run_id, activity) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("activity \"%s\" of run " INT64_FORMAT " has delivered nothing",
						activity, run_id),
				 errhint("campaign.report shows the deliveries of a run.")));
	campaign_identity_assume(&identity, run->owner);
	scope.target = campaign_graph_target(graph,
										 campaign_activity_dimension(graph, delivery));
	(void) campaign_expression_check(&scope, expression);
	appendStringInfoString(text, "SELECT " COUNTED " FROM (SELECT (");
	campaign_select_expression(select, expression);
	appendStringInfoString(text, ")::pg_catalog.text AS value, \"campaign.targeted\".\"campaign.sent\" AS sent,"
						   " \"campaign.delivered\" AS delivered, \"campaign.bounced\" AS bounced,"
						   " \"campaign.opened\" AS opened, \"campaign.clicked\" AS clicked,"
						   " \"campaign.unsubscribed\" AS unsubscribed, \"campaign.complained\" AS complained,"
						   " \"campaign.converted\" AS converted, \"campaign.converted_value\" AS converted_value FROM ");
	append_targeted(text, run_id, activity);
	appendStringInfo(text,
					 " LEFT JOIN %s ON %s = \"campaign.recipient\" COLLATE \"C\") AS x"
					 " GROUP BY x.value ORDER BY 2 DESC, x.value COLLATE \"C\"",
					 campaign_row_whole(scope.target),
					 campaign_row_recipient(scope.target, NULL));
	(void) campaign_select_run(select, receiver);
	campaign_identity_leave(&identity);
}
