/*
 * page_tables.c
 *		The tables of a run's page: deliveries, funnel, hours, links,
 *		exclusions, flow and timeline.
 */
#include "postgres.h"

#include "base/markup.h"
#include "engine/page_write.h"
#include "queue/report.h"

/* So many hours and links are shown; the views have all. */
#define SHOWN_HOURS	168
#define SHOWN_LINKS	20

/* Appends what went where. */
static void
put_flow_table(CampaignPageWriting *writing)
{
	const CampaignDrawing *drawing = writing->page->drawing;

	campaign_page_begin_table(writing, "flow", "Flow", "from,outcome,to,#rows");
	for (int i = 0; i < drawing->nedges; i++)
	{
		const CampaignDrawnEdge *edge = &drawing->edges[i];

		if (edge->rows < 0)
			continue;
		campaign_page_put(writing, "<tr>");
		campaign_page_cell(writing, drawing->activities[edge->source].name);
		campaign_page_cell(writing, edge->outcome);
		campaign_page_cell(writing, edge->target < 0 ? "" :
				 drawing->activities[edge->target].name);
		campaign_page_count(writing, edge->rows, 0);
		campaign_page_put(writing, "</tr>\n");
	}
	campaign_page_end_table(writing);
}

/* Appends the figures of deliveries. */
static void
put_delivery_table(CampaignPageWriting *writing, List *deliveries)
{
	ListCell   *cell;

	campaign_page_begin_table(writing, "deliveries", "Deliveries",
				"activity,channel,#targeted,#excluded,#queued,#sent,#delivered,#bounced,#opened,#clicked,#unsubscribed,#complained");
	foreach(cell, deliveries)
	{
		CampaignDeliveryFigures *figures = lfirst(cell);

		campaign_page_put(writing, "<tr>");
		campaign_page_cell(writing, figures->activity);
		campaign_page_cell(writing, figures->channel);
		campaign_page_count(writing, figures->targeted, 0);
		campaign_page_count(writing, figures->excluded, figures->targeted);
		campaign_page_count(writing, figures->queued, figures->targeted);
		campaign_page_count(writing, figures->sent, figures->queued);
		campaign_page_count(writing, figures->delivered, figures->sent);
		campaign_page_count(writing, figures->bounced, figures->sent);
		campaign_page_count(writing, figures->opened, figures->sent);
		campaign_page_count(writing, figures->clicked, figures->sent);
		campaign_page_count(writing, figures->unsubscribed, figures->sent);
		campaign_page_count(writing, figures->complained, figures->sent);
		campaign_page_put(writing, "</tr>\n");
	}
	campaign_page_end_table(writing);
	campaign_page_put(writing, "<p class=\"soft\">Excluded and queued are shares of targeted, sent of queued, all others of sent.</p>\n");
}

/* Appends who was left out of deliveries, by reason. */
static void
put_exclusion_table(CampaignPageWriting *writing)
{
	List	   *exclusions = campaign_report_exclusions(writing->page->run->id);
	ListCell   *cell;

	if (exclusions == NIL)
		return;
	campaign_page_begin_table(writing, "exclusions", "Excluded", "activity,reason,#people");
	foreach(cell, exclusions)
	{
		CampaignExclusionFigures *figures = lfirst(cell);

		campaign_page_put(writing, "<tr>");
		campaign_page_cell(writing, figures->activity);
		campaign_page_cell(writing, figures->reason);
		campaign_page_count(writing, figures->people, 0);
		campaign_page_put(writing, "</tr>\n");
	}
	campaign_page_end_table(writing);
}

/* By the beginning; what has not begun is last. */
static int
compare_starts(const ListCell *left, const ListCell *right)
{
	const CampaignTaskState *a = lfirst(left);
	const CampaignTaskState *b = lfirst(right);

	if (a->started_at == b->started_at)
		return strcmp(a->activity, b->activity);
	if (a->started_at == 0 || b->started_at == 0)
		return a->started_at == 0 ? 1 : -1;
	return a->started_at < b->started_at ? -1 : 1;
}

/* Appends a task as a bar between the run's beginning and end. */
static void
put_bar(CampaignPageWriting *writing, const CampaignTaskState *task, TimestampTz begin,
		TimestampTz end)
{
	double		whole = Max(end - begin, 1);
	double		left = 100 * (task->started_at - begin) / whole;

	appendStringInfo(writing->out, "<td class=\"line\"><div class=\"bar\" aria-hidden=\"true\"><i class=\"%s\" style=\"left: %.2f%%; width: %.2f%%\"></i></div></td>",
					 strcmp(task->state, "failed") == 0 ? "failed" : "done",
					 Min(left, 99.5), 100 * campaign_page_lasted(writing, task) / whole);
}

/* Appends when what was at work. */
static void
put_timeline(CampaignPageWriting *writing)
{
	List	   *tasks = list_copy(writing->page->states);
	TimestampTz begin = 0;
	TimestampTz end = 0;
	ListCell   *cell;

	list_sort(tasks, compare_starts);
	foreach(cell, tasks)
	{
		CampaignTaskState *task = lfirst(cell);

		if (campaign_page_lasted(writing, task) < 0)
			continue;
		if (begin == 0)
			begin = task->started_at;
		end = Max(end, task->started_at + campaign_page_lasted(writing, task));
	}
	if (begin == 0)
		return;
	campaign_page_begin_table(writing, "timeline", "Timeline", "activity,state,started,#duration,when");
	foreach(cell, tasks)
	{
		CampaignTaskState *task = lfirst(cell);

		if (campaign_page_lasted(writing, task) < 0)
			continue;
		campaign_page_put(writing, "<tr>");
		campaign_page_cell(writing, task->activity);
		campaign_page_cell(writing, task->state);
		campaign_page_put(writing, "<td>");
		campaign_page_time(writing, task->started_at);
		campaign_page_put(writing, "</td><td class=\"n\">");
		campaign_page_duration(writing, campaign_page_lasted(writing, task));
		campaign_page_put(writing, "</td>");
		put_bar(writing, task, begin, end);
		campaign_page_put(writing, "</tr>\n");
	}
	campaign_page_end_table(writing);
}

/* Appends a bar as long as the part is of the whole. */
static void
put_share(CampaignPageWriting *writing, int64 part, int64 whole)
{
	campaign_page_put(writing, "<td class=\"line\"><div class=\"bar\" aria-hidden=\"true\">");
	if (part > 0 && whole > 0)
		appendStringInfo(writing->out, "<i style=\"left: 0; width: %.2f%%\"></i>",
						 Min(100.0, 100.0 * part / whole));
	campaign_page_put(writing, "</div></td>");
}

/* Appends a step of a funnel: how many are left, of all and of the step before. */
static void
put_step(CampaignPageWriting *writing, const char *activity, const char *step,
		 int64 count, int64 before, int64 all)
{
	campaign_page_put(writing, "<tr>");
	campaign_page_cell(writing, activity);
	campaign_page_cell(writing, step);
	campaign_page_count(writing, count, all);
	campaign_page_put(writing, "<td class=\"n\">");
	if (before > 0)
		appendStringInfo(writing->out, "%.1f %%", 100.0 * count / before);
	campaign_page_put(writing, "</td>");
	put_share(writing, count, all);
	campaign_page_put(writing, "</tr>\n");
}

/* Appends how many of the people of each delivery came how far. */
static void
put_funnel(CampaignPageWriting *writing, List *deliveries)
{
	ListCell   *cell;

	campaign_page_begin_table(writing, "funnel", "Funnel",
							  "activity,step,#people,#of the step before,share");
	foreach(cell, deliveries)
	{
		CampaignDeliveryFigures *figures = lfirst(cell);

		put_step(writing, figures->activity, "targeted", figures->targeted, 0,
				 figures->targeted);
		put_step(writing, "", "queued", figures->queued, figures->targeted,
				 figures->targeted);
		put_step(writing, "", "sent", figures->sent, figures->queued,
				 figures->targeted);
		put_step(writing, "", "opened", figures->opened, figures->sent,
				 figures->targeted);
		put_step(writing, "", "clicked", figures->clicked, figures->opened,
				 figures->targeted);
	}
	campaign_page_end_table(writing);
}

/* Appends what happened in each hour; bars are of the largest number sent. */
static void
put_hour_table(CampaignPageWriting *writing)
{
	List	   *hours = campaign_report_hours(writing->page->run->id, SHOWN_HOURS);
	int64		most = 0;
	ListCell   *cell;

	if (hours == NIL)
		return;
	foreach(cell, hours)
		most = Max(most, ((CampaignHourFigures *) lfirst(cell))->sent);
	campaign_page_begin_table(writing, "hours", "Deliveries over time",
							  "hour,#sent,#opened,#clicked,sent");
	foreach(cell, hours)
	{
		CampaignHourFigures *figures = lfirst(cell);

		campaign_page_put(writing, "<tr><td>");
		campaign_page_time(writing, figures->hour);
		campaign_page_put(writing, "</td>");
		campaign_page_count(writing, figures->sent, 0);
		campaign_page_count(writing, figures->opened, 0);
		campaign_page_count(writing, figures->clicked, 0);
		put_share(writing, figures->sent, most);
		campaign_page_put(writing, "</tr>\n");
	}
	campaign_page_end_table(writing);
	if (list_length(hours) == SHOWN_HOURS)
		appendStringInfo(writing->out, "<p class=\"soft\">The first %d hours; campaign.report_by_hour has all.</p>\n",
						 SHOWN_HOURS);
}

/* Appends the links that were clicked most. */
static void
put_link_table(CampaignPageWriting *writing)
{
	List	   *links = campaign_report_links(writing->page->run->id, SHOWN_LINKS);
	ListCell   *cell;

	if (links == NIL)
		return;
	campaign_page_begin_table(writing, "links", "Links",
							  "activity,link,#messages,#clicks");
	foreach(cell, links)
	{
		CampaignLinkFigures *figures = lfirst(cell);

		campaign_page_put(writing, "<tr>");
		campaign_page_cell(writing, figures->activity);
		campaign_page_cell(writing, figures->link);
		campaign_page_count(writing, figures->messages, 0);
		campaign_page_count(writing, figures->clicks, 0);
		campaign_page_put(writing, "</tr>\n");
	}
	campaign_page_end_table(writing);
}

/* Appends what there is to be told. */
void
campaign_page_tables(CampaignPageWriting *writing)
{
	List	   *deliveries = campaign_report_deliveries(writing->page->run->id);

	if (deliveries != NIL)
	{
		put_delivery_table(writing, deliveries);
		put_funnel(writing, deliveries);
		put_hour_table(writing);
		put_link_table(writing);
		put_exclusion_table(writing);
	}
	put_flow_table(writing);
	put_timeline(writing);
}
