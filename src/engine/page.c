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
#include "engine/explain.h"
#include "engine/page.h"
#include "engine/page_write.h"
#include "engine/svg.h"
#include "store/sign.h"
#include "store/task.h"

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

/* ------------------------------- details -------------------------------- */

/* Appends when a task was at work, and how often it failed. */
static void
put_times(CampaignPageWriting *writing, const CampaignTaskState *task)
{
	if (task->started_at != 0)
	{
		campaign_page_put(writing, "<dt>started</dt><dd>");
		campaign_page_time(writing, task->started_at);
		campaign_page_put(writing, "</dd>\n");
	}
	if (campaign_page_lasted(writing, task) >= 0)
	{
		campaign_page_put(writing, "<dt>duration</dt><dd>");
		campaign_page_duration(writing, campaign_page_lasted(writing, task));
		campaign_page_put(writing, "</dd>\n");
	}
	if (strcmp(task->state, "waiting") == 0 && task->due_at != 0)
	{
		campaign_page_put(writing, "<dt>waits until</dt><dd>");
		campaign_page_time(writing, task->due_at);
		campaign_page_put(writing, "</dd>\n");
	}
	if (task->attempts > 0)
		appendStringInfo(writing->out, "<dt>failed attempts</dt><dd>%d</dd>\n",
						 task->attempts);
}

/* Appends how many rows have come to an activity so far. */
static void
put_inbound(CampaignPageWriting *writing, const CampaignActivity *activity)
{
	const CampaignDrawing *drawing = writing->page->drawing;
	int64		rows = -1;

	for (int i = 0; i < drawing->nedges; i++)
	{
		const CampaignDrawnEdge *edge = &drawing->edges[i];

		if (edge->target == activity->index && edge->rows >= 0)
			rows = Max(rows, 0) + edge->rows;
	}
	if (rows < 0)
		return;
	campaign_page_put(writing, "<dt>rows in</dt><dd>");
	campaign_markup_count(writing->out, rows);
	campaign_page_put(writing, "</dd>\n");
}

/* Appends what came out of an activity, by outcome. */
static void
put_outcomes(CampaignPageWriting *writing, const char *activity)
{
	ListCell   *cell;

	foreach(cell, writing->page->flows)
	{
		CampaignFlow *flow = lfirst(cell);

		if (strcmp(flow->source, activity) != 0)
			continue;
		campaign_page_put(writing, "<dt>rows out: ");
		campaign_page_text(writing, flow->outcome);
		campaign_page_put(writing, "</dt><dd>");
		campaign_markup_count(writing->out, flow->rows);
		campaign_page_put(writing, "</dd>\n");
	}
}

/* Appends the options of an activity. */
static void
put_options(CampaignPageWriting *writing, const CampaignActivity *activity)
{
	List	   *keys = campaign_object_keys(activity->options);
	ListCell   *cell;

	if (keys == NIL)
		return;
	campaign_page_put(writing, "<h4>Options</h4>\n<dl>\n");
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
		campaign_page_term(writing, lfirst(cell), text, false);
	}
	campaign_page_put(writing, "</dl>\n");
}

/* Appends the statement of an activity, if it has one. */
static void
put_sql(CampaignPageWriting *writing, const char *activity)
{
	ListCell   *cell;

	foreach(cell, writing->page->explained)
	{
		const CampaignExplained *line = lfirst(cell);

		if (line->sql == NULL || strcmp(line->activity, activity) != 0)
			continue;
		campaign_page_put(writing, "<h4>SQL</h4>\n<pre class=\"sql\" tabindex=\"0\" role=\"region\" aria-label=\"SQL\">");
		campaign_markup_append(writing->out, line->sql, CAMPAIGN_MARKUP_ALL,
							   CAMPAIGN_MARKUP_LINES);
		campaign_page_put(writing, "</pre>\n");
		return;
	}
}

/* Appends all that is known of an activity. */
static void
put_details(CampaignPageWriting *writing, const CampaignActivity *activity)
{
	CampaignTaskState *task = find_task(writing->page, activity->name);

	appendStringInfo(writing->out, "<section data-details=\"%d\" tabindex=\"-1\"><h3>",
					 activity->index);
	campaign_page_text(writing, activity->name);
	campaign_page_put(writing, "</h3>\n<dl>\n<dt>kind</dt><dd>");
	campaign_page_text(writing, activity->kind);
	campaign_page_put(writing, "</dd>\n");
	if (task != NULL)
	{
		appendStringInfo(writing->out, "<dt>state</dt><dd class=\"c-%s\"><span class=\"c-sign\">&#%d;</span> ",
						 campaign_signs[campaign_sign_find(task->state)].state,
						 campaign_signs[campaign_sign_find(task->state)].code);
		campaign_page_text(writing, task->state);
		campaign_page_put(writing, "</dd>\n");
		put_times(writing, task);
		put_inbound(writing, activity);
		put_outcomes(writing, activity->name);
		campaign_page_term(writing, "error", task->error, true);
		campaign_page_term(writing, "SQLSTATE", task->sqlstate, false);
		campaign_page_term(writing, "detail", task->detail, false);
		campaign_page_term(writing, "hint", task->hint, false);
	}
	campaign_page_put(writing, "</dl>\n");
	put_options(writing, activity);
	put_sql(writing, activity->name);
	campaign_page_put(writing, "</section>\n");
}

/* --------------------------------- page --------------------------------- */

/* Appends what stands before the picture. */
static void
put_head(CampaignPageWriting *writing)
{
	const CampaignPage *page = writing->page;

	campaign_page_put(writing, "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"/>\n"
		"<title>");
	campaign_page_text(writing, page->drawing->title);
	campaign_page_put(writing, "</title>\n<style>\n");
	campaign_page_put(writing, campaign_page_style);
	campaign_svg_append_style(writing->out, page->drawing);
	campaign_page_put(writing, "</style>\n</head>\n<body>\n<h1>");
	campaign_page_text(writing, page->graph->campaign->name);
	campaign_page_put(writing, "</h1>\n<p class=\"soft\">");
	if (page->run == NULL)
		campaign_page_put(writing, "The draft");
	else
	{
		appendStringInfo(writing->out, "Run " INT64_FORMAT ", ", page->run->id);
		campaign_page_text(writing, page->run->state);
	}
	campaign_page_put(writing, ", as of ");
	campaign_page_time(writing, writing->now);
	campaign_page_put(writing, "</p>\n");
	if (page->graph->campaign->description != NULL)
	{
		campaign_page_put(writing, "<p>");
		campaign_page_text(writing, page->graph->campaign->description);
		campaign_page_put(writing, "</p>\n");
	}
}

/* Appends the picture and, beside it, what is known of each activity. */
static void
put_top(CampaignPageWriting *writing)
{
	ListCell   *cell;

	campaign_page_put(writing, "<div id=\"top\">\n<div id=\"map\">\n<div id=\"frame\" tabindex=\"0\" role=\"group\" aria-label=\"Picture of the campaign; arrows move it, + and - zoom, 0 shows all\">\n");
	campaign_svg_append(writing->out, writing->page->drawing, true);
	campaign_page_put(writing, "</div>\n<div id=\"tools\" hidden=\"hidden\">"
		"<button id=\"larger\" type=\"button\" title=\"larger\" aria-label=\"larger\">+</button>"
		"<button id=\"smaller\" type=\"button\" title=\"smaller\" aria-label=\"smaller\">&#8722;</button>"
		"<button id=\"whole\" type=\"button\" title=\"the whole picture\">all</button></div>\n"
		"</div>\n<div id=\"details\" role=\"region\" aria-label=\"Activity\">\n"
		"<p id=\"hint\" class=\"soft\" hidden=\"hidden\">Choose an activity in the picture.</p>\n");
	foreach(cell, writing->page->graph->activities)
		put_details(writing, lfirst(cell));
	if (writing->page->unexplained != NULL)
	{
		campaign_page_put(writing, "<p id=\"unexplained\" class=\"soft\">SQL is not shown: ");
		campaign_page_text(writing, writing->page->unexplained);
		campaign_page_put(writing, ".</p>\n");
	}
	campaign_page_put(writing, "</div>\n</div>\n");
}

/* The page. */
char *
campaign_page(const CampaignPage *page)
{
	StringInfoData out;
	CampaignPageWriting		writing = {.page = page,.out = &out,.now = campaign_clock_now()};

	initStringInfo(&out);
	put_head(&writing);
	put_top(&writing);
	if (page->run != NULL)
		campaign_page_tables(&writing);
	campaign_page_put(&writing, "<script>\n");
	campaign_page_put(&writing, campaign_page_script);
	campaign_page_put(&writing, "</script>\n</body>\n</html>\n");
	return out.data;
}
