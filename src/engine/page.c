/*
 * page.c
 *		A campaign, or one of its runs, as a web page.
 *
 * Everything that can be looked at is in the page as text; its script shows
 * one part or another.  So no text of a user's ever stands inside of a script,
 * and there is one way only to escape it.  The page forbids itself to load
 * anything.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/markup.h"
#include "engine/page.h"
#include "engine/svg.h"
#include "queue/report.h"
#include "store/sign.h"
#include "store/task.h"

/* A page being written. */
typedef struct Writing
{
	const CampaignPage *page;
	StringInfo	out;
	TimestampTz now;
} Writing;

/* -------------------------------- texts --------------------------------- */

/* Appends a text of the page's own. */
static void
put(Writing *writing, const char *text)
{
	appendStringInfoString(writing->out, text);
}

/* Appends a text of somebody's, on one line. */
static void
put_text(Writing *writing, const char *text)
{
	campaign_markup_append(writing->out, text, CAMPAIGN_MARKUP_ALL,
						   CAMPAIGN_MARKUP_LINE);
}

/* Appends an instant, to the second. */
static void
put_time(Writing *writing, TimestampTz time)
{
	put_text(writing, timestamptz_to_str(time));
}

/* Appends a duration with the two largest units. */
static void
put_duration(Writing *writing, int64 microseconds)
{
	int64		seconds = microseconds / USECS_PER_SEC;

	if (microseconds < USECS_PER_SEC)
		appendStringInfo(writing->out, "%.1f ms", microseconds / 1000.0);
	else if (seconds < SECS_PER_MINUTE)
		appendStringInfo(writing->out, "%.1f s",
						 microseconds / (double) USECS_PER_SEC);
	else if (seconds < SECS_PER_HOUR)
		appendStringInfo(writing->out, "%d min %d s",
						 (int) (seconds / SECS_PER_MINUTE),
						 (int) (seconds % SECS_PER_MINUTE));
	else if (seconds < SECS_PER_DAY)
		appendStringInfo(writing->out, "%d h %d min",
						 (int) (seconds / SECS_PER_HOUR),
						 (int) (seconds % SECS_PER_HOUR / SECS_PER_MINUTE));
	else
		appendStringInfo(writing->out, "%d d %d h",
						 (int) (seconds / SECS_PER_DAY),
						 (int) (seconds % SECS_PER_DAY / SECS_PER_HOUR));
}

/* Appends a cell of a table with a text. */
static void
put_cell(Writing *writing, const char *text)
{
	put(writing, "<td>");
	put_text(writing, text);
	put(writing, "</td>");
}

/* Appends a cell with a count and, of a whole that is not 0, its share. */
static void
put_count_cell(Writing *writing, int64 count, int64 whole)
{
	put(writing, "<td class=\"n\">");
	campaign_markup_count(writing->out, count);
	if (whole > 0)
		appendStringInfo(writing->out, " <span class=\"soft\">%.1f %%</span>",
						 100.0 * count / whole);
	put(writing, "</td>");
}

/* Appends a term and a text that may have several lines; nothing for NULL. */
static void
put_term(Writing *writing, const char *term, const char *text, bool bad)
{
	if (text == NULL)
		return;
	put(writing, "<dt>");
	put_text(writing, term);
	put(writing, bad ? "</dt><dd class=\"bad\"><pre>" : "</dt><dd><pre>");
	campaign_markup_append(writing->out, text, CAMPAIGN_MARKUP_ALL,
						   CAMPAIGN_MARKUP_LINES);
	put(writing, "</pre></dd>\n");
}

/* Begins a table below a heading; columns have commas between. */
static void
begin_table(Writing *writing, const char *id, const char *heading,
			const char *columns)
{
	appendStringInfo(writing->out, "<h2>%s</h2>\n<div class=\"wide\"><table id=\"%s\">\n<thead><tr><th>",
					 heading, id);
	for (; *columns != '\0'; columns++)
	{
		if (*columns == ',')
			put(writing, "</th><th>");
		else
			appendStringInfoChar(writing->out, *columns);
	}
	put(writing, "</th></tr></thead>\n<tbody>\n");
}

/* Ends a table. */
static void
end_table(Writing *writing)
{
	put(writing, "</tbody></table></div>\n");
}

/* The task of that activity, NULL without a run. */
static CampaignTaskState *
find_task(const CampaignPage *page, const char *activity)
{
	ListCell   *cell;

	foreach(cell, page->states)
	{
		CampaignTaskState *task = lfirst(cell);

		if (strcmp(task->activity, activity) == 0)
			return task;
	}
	return NULL;
}

/*
 * How long a task has taken, or has been at work; -1 if it has not begun, or
 * has been cancelled while it waited.
 */
static int64
duration_of(const Writing *writing, const CampaignTaskState *task)
{
	if (task->started_at == 0 ||
		(task->ended_at == 0 && strcmp(task->state, "cancelled") == 0))
		return -1;
	return (task->ended_at == 0 ? writing->now : task->ended_at) -
		task->started_at;
}

/* ------------------------------- details -------------------------------- */

/* Appends when a task was at work, and how often it failed. */
static void
put_times(Writing *writing, const CampaignTaskState *task)
{
	if (task->started_at != 0)
	{
		put(writing, "<dt>started</dt><dd>");
		put_time(writing, task->started_at);
		put(writing, "</dd>\n");
	}
	if (duration_of(writing, task) >= 0)
	{
		put(writing, "<dt>duration</dt><dd>");
		put_duration(writing, duration_of(writing, task));
		put(writing, "</dd>\n");
	}
	if (strcmp(task->state, "waiting") == 0 && task->due_at != 0)
	{
		put(writing, "<dt>waits until</dt><dd>");
		put_time(writing, task->due_at);
		put(writing, "</dd>\n");
	}
	if (task->attempts > 0)
		appendStringInfo(writing->out, "<dt>failed attempts</dt><dd>%d</dd>\n",
						 task->attempts);
}

/* Appends what came out of an activity, by outcome. */
static void
put_outcomes(Writing *writing, const char *activity)
{
	ListCell   *cell;

	foreach(cell, writing->page->flows)
	{
		CampaignFlow *flow = lfirst(cell);

		if (strcmp(flow->source, activity) != 0)
			continue;
		put(writing, "<dt>rows out: ");
		put_text(writing, flow->outcome);
		put(writing, "</dt><dd>");
		campaign_markup_count(writing->out, flow->rows);
		put(writing, "</dd>\n");
	}
}

/* Appends the options of an activity. */
static void
put_options(Writing *writing, const CampaignActivity *activity)
{
	List	   *keys = campaign_object_keys(activity->options);
	ListCell   *cell;

	if (keys == NIL)
		return;
	put(writing, "<h4>Options</h4>\n<dl>\n");
	foreach(cell, keys)
	{
		char	   *text = campaign_object_text(&activity->options->root,
												lfirst(cell));
		Jsonb	   *document;

		if (text == NULL)
		{
			document = campaign_object_document(activity->options, lfirst(cell));
			text = document == NULL ? "null" :
				JsonbToCStringIndent(NULL, &document->root, VARSIZE(document));
		}
		put_term(writing, lfirst(cell), text, false);
	}
	put(writing, "</dl>\n");
}

/* Appends all that is known of an activity. */
static void
put_details(Writing *writing, const CampaignActivity *activity)
{
	CampaignTaskState *task = find_task(writing->page, activity->name);

	appendStringInfo(writing->out, "<section data-details=\"%d\"><h3>",
					 activity->index);
	put_text(writing, activity->name);
	put(writing, "</h3>\n<dl>\n<dt>kind</dt><dd>");
	put_text(writing, activity->kind);
	put(writing, "</dd>\n");
	if (task != NULL)
	{
		appendStringInfo(writing->out, "<dt>state</dt><dd class=\"c-%s\"><span class=\"c-sign\">&#%d;</span> ",
						 campaign_signs[campaign_sign_find(task->state)].state,
						 campaign_signs[campaign_sign_find(task->state)].code);
		put_text(writing, task->state);
		put(writing, "</dd>\n");
		put_times(writing, task);
		if (task->ended_at != 0 && activity->inbound != NIL)
		{
			put(writing, "<dt>rows in</dt><dd>");
			campaign_markup_count(writing->out, task->rows_in);
			put(writing, "</dd>\n");
		}
		put_outcomes(writing, activity->name);
		put_term(writing, "error", task->error, true);
		put_term(writing, "SQLSTATE", task->sqlstate, false);
		put_term(writing, "detail", task->detail, false);
		put_term(writing, "hint", task->hint, false);
	}
	put(writing, "</dl>\n");
	put_options(writing, activity);
	put(writing, "</section>\n");
}

/* -------------------------------- tables -------------------------------- */

/* Appends what went where. */
static void
put_flow_table(Writing *writing)
{
	const CampaignDrawing *drawing = writing->page->drawing;

	begin_table(writing, "flow", "Flow", "from,outcome,to,rows");
	for (int i = 0; i < drawing->nedges; i++)
	{
		const CampaignDrawnEdge *edge = &drawing->edges[i];

		if (edge->rows < 0)
			continue;
		put(writing, "<tr>");
		put_cell(writing, drawing->activities[edge->source].name);
		put_cell(writing, edge->outcome);
		put_cell(writing, edge->target < 0 ? "" :
				 drawing->activities[edge->target].name);
		put_count_cell(writing, edge->rows, 0);
		put(writing, "</tr>\n");
	}
	end_table(writing);
}

/* Appends the figures of deliveries. */
static void
put_delivery_table(Writing *writing)
{
	List	   *deliveries = campaign_report_deliveries(writing->page->run->id);
	ListCell   *cell;

	if (deliveries == NIL)
		return;
	begin_table(writing, "deliveries", "Deliveries",
				"activity,channel,targeted,excluded,queued,sent,delivered,bounced,opened,clicked,unsubscribed,complained");
	foreach(cell, deliveries)
	{
		CampaignDeliveryFigures *figures = lfirst(cell);

		put(writing, "<tr>");
		put_cell(writing, figures->activity);
		put_cell(writing, figures->channel);
		put_count_cell(writing, figures->targeted, 0);
		put_count_cell(writing, figures->excluded, figures->targeted);
		put_count_cell(writing, figures->queued, figures->targeted);
		put_count_cell(writing, figures->sent, figures->queued);
		put_count_cell(writing, figures->delivered, figures->sent);
		put_count_cell(writing, figures->bounced, figures->sent);
		put_count_cell(writing, figures->opened, figures->sent);
		put_count_cell(writing, figures->clicked, figures->sent);
		put_count_cell(writing, figures->unsubscribed, figures->sent);
		put_count_cell(writing, figures->complained, figures->sent);
		put(writing, "</tr>\n");
	}
	end_table(writing);
	put(writing, "<p class=\"soft\">Excluded and queued are shares of targeted, sent of queued, all others of sent.</p>\n");
}

/* Appends who was left out of deliveries, by reason. */
static void
put_exclusion_table(Writing *writing)
{
	List	   *exclusions = campaign_report_exclusions(writing->page->run->id);
	ListCell   *cell;

	if (exclusions == NIL)
		return;
	begin_table(writing, "exclusions", "Excluded", "activity,reason,people");
	foreach(cell, exclusions)
	{
		CampaignExclusionFigures *figures = lfirst(cell);

		put(writing, "<tr>");
		put_cell(writing, figures->activity);
		put_cell(writing, figures->reason);
		put_count_cell(writing, figures->people, 0);
		put(writing, "</tr>\n");
	}
	end_table(writing);
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
put_bar(Writing *writing, const CampaignTaskState *task, TimestampTz begin,
		TimestampTz end)
{
	double		whole = Max(end - begin, 1);
	double		left = 100 * (task->started_at - begin) / whole;

	appendStringInfo(writing->out, "<td class=\"line\"><div class=\"bar\"><i class=\"%s\" style=\"left: %.2f%%; width: %.2f%%\"></i></div></td>",
					 strcmp(task->state, "failed") == 0 ? "failed" : "done",
					 Min(left, 99.5), 100 * duration_of(writing, task) / whole);
}

/* Appends when what was at work. */
static void
put_timeline(Writing *writing)
{
	List	   *tasks = list_copy(writing->page->states);
	TimestampTz begin = 0;
	TimestampTz end = 0;
	ListCell   *cell;

	list_sort(tasks, compare_starts);
	foreach(cell, tasks)
	{
		CampaignTaskState *task = lfirst(cell);

		if (duration_of(writing, task) < 0)
			continue;
		if (begin == 0)
			begin = task->started_at;
		end = Max(end, task->started_at + duration_of(writing, task));
	}
	if (begin == 0)
		return;
	begin_table(writing, "timeline", "Timeline", "activity,state,started,duration,");
	foreach(cell, tasks)
	{
		CampaignTaskState *task = lfirst(cell);

		if (duration_of(writing, task) < 0)
			continue;
		put(writing, "<tr>");
		put_cell(writing, task->activity);
		put_cell(writing, task->state);
		put(writing, "<td>");
		put_time(writing, task->started_at);
		put(writing, "</td><td class=\"n\">");
		put_duration(writing, duration_of(writing, task));
		put(writing, "</td>");
		put_bar(writing, task, begin, end);
		put(writing, "</tr>\n");
	}
	end_table(writing);
}

/* --------------------------------- page --------------------------------- */

/* Appends what stands before the picture. */
static void
put_head(Writing *writing)
{
	const CampaignPage *page = writing->page;

	put(writing, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"/>\n"
		"<title>");
	put_text(writing, page->drawing->title);
	put(writing, "</title>\n<style>\n");
	put(writing, campaign_page_style);
	campaign_svg_append_style(writing->out, page->drawing);
	put(writing, "</style>\n</head>\n<body>\n<h1>");
	put_text(writing, page->graph->campaign->name);
	put(writing, "</h1>\n<p class=\"soft\">");
	if (page->run == NULL)
		put(writing, "The draft");
	else
	{
		appendStringInfo(writing->out, "Run " INT64_FORMAT ", ", page->run->id);
		put_text(writing, page->run->state);
	}
	put(writing, ", as of ");
	put_time(writing, writing->now);
	put(writing, "</p>\n");
	if (page->graph->campaign->description != NULL)
	{
		put(writing, "<p>");
		put_text(writing, page->graph->campaign->description);
		put(writing, "</p>\n");
	}
}

/* Appends the picture and, beside it, what is known of each activity. */
static void
put_top(Writing *writing)
{
	ListCell   *cell;

	put(writing, "<div id=\"top\">\n<div id=\"map\">\n<div id=\"frame\" tabindex=\"0\" aria-label=\"Picture of the campaign\">\n");
	campaign_svg_append(writing->out, writing->page->drawing, true);
	put(writing, "</div>\n<div id=\"tools\" hidden=\"hidden\">"
		"<button id=\"larger\" type=\"button\" title=\"larger\">+</button>"
		"<button id=\"smaller\" type=\"button\" title=\"smaller\">&#8722;</button>"
		"<button id=\"whole\" type=\"button\" title=\"the whole picture\">all</button></div>\n"
		"</div>\n<div id=\"details\" aria-live=\"polite\">\n");
	foreach(cell, writing->page->graph->activities)
		put_details(writing, lfirst(cell));
	put(writing, "</div>\n</div>\n");
}

/* The page. */
char *
campaign_page(const CampaignPage *page)
{
	StringInfoData out;
	Writing		writing = {.page = page,.out = &out,.now = campaign_clock_now()};

	initStringInfo(&out);
	put_head(&writing);
	put_top(&writing);
	if (page->run != NULL)
	{
		put_delivery_table(&writing);
		put_exclusion_table(&writing);
		put_flow_table(&writing);
		put_timeline(&writing);
	}
	put(&writing, "<script>\n");
	put(&writing, campaign_page_script);
	put(&writing, "</script>\n</body>\n</html>\n");
	return out.data;
}
