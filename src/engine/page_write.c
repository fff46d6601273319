/*
 * page_write.c
 *		What pages are written with: texts, times, cells and tables.
 *
 * There is one way to append what somebody else wrote, and it escapes.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/markup.h"
#include "engine/page_write.h"

/* Appends a text of the page's own. */
void
campaign_page_put(CampaignPageWriting *writing, const char *text)
{
	appendStringInfoString(writing->out, text);
}

/* Appends a text of somebody's, on one line. */
void
campaign_page_text(CampaignPageWriting *writing, const char *text)
{
	campaign_markup_append(writing->out, text, CAMPAIGN_MARKUP_ALL,
						   CAMPAIGN_MARKUP_LINE);
}

/* Appends an instant, to the second. */
void
campaign_page_time(CampaignPageWriting *writing, TimestampTz time)
{
	campaign_page_text(writing, timestamptz_to_str(time - time % USECS_PER_SEC));
}

/* Appends a duration with the two largest units. */
void
campaign_page_duration(CampaignPageWriting *writing, int64 microseconds)
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
void
campaign_page_cell(CampaignPageWriting *writing, const char *text)
{
	campaign_page_put(writing, "<td>");
	campaign_page_text(writing, text);
	campaign_page_put(writing, "</td>");
}

/* Appends a cell with a count and, of a whole that is not 0, its share. */
void
campaign_page_count(CampaignPageWriting *writing, int64 count, int64 whole)
{
	campaign_page_put(writing, "<td class=\"n\">");
	campaign_markup_count(writing->out, count);
	if (whole > 0)
		appendStringInfo(writing->out, " <span class=\"soft\">%.1f %%</span>",
						 100.0 * count / whole);
	campaign_page_put(writing, "</td>");
}

/* Appends a term and a text that may have several lines; nothing for NULL. */
void
campaign_page_term(CampaignPageWriting *writing, const char *term, const char *text, bool bad)
{
	if (text == NULL)
		return;
	campaign_page_put(writing, "<dt>");
	campaign_page_text(writing, term);
	campaign_page_put(writing, bad ? "</dt><dd class=\"bad\"><pre>" : "</dt><dd><pre>");
	campaign_markup_append(writing->out, text, CAMPAIGN_MARKUP_ALL,
						   CAMPAIGN_MARKUP_LINES);
	campaign_page_put(writing, "</pre></dd>\n");
}

/* Appends the heading of the column whose name begins there; gives its end. */
static const char *
put_heading(CampaignPageWriting *writing, const char *name)
{
	bool		number = *name == '#';
	int			length;

	name += number ? 1 : 0;
	length = (int) strcspn(name, ",");
	appendStringInfo(writing->out, "<th scope=\"col\"%s>%.*s</th>",
					 number ? " class=\"n\"" : "", length, name);
	return name + length;
}

/*
 * Begins a table below a heading.  Columns have commas between, those of
 * numbers begin with a "#".
 */
void
campaign_page_begin_table(CampaignPageWriting *writing, const char *id,
						  const char *heading, const char *columns)
{
	appendStringInfo(writing->out, "<h2>%s</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table id=\"%s\">\n<thead><tr>",
					 heading, heading, id);
	columns = put_heading(writing, columns);
	while (*columns == ',')
		columns = put_heading(writing, columns + 1);
	campaign_page_put(writing, "</tr></thead>\n<tbody>\n");
}

/* Ends a table. */
void
campaign_page_end_table(CampaignPageWriting *writing)
{
	campaign_page_put(writing, "</tbody></table></div>\n");
}

/*
 * How long a task has taken, or has been at work; -1 if it has not begun, or
 * has been cancelled while it waited.
 */
int64
campaign_page_lasted(const CampaignPageWriting *writing, const CampaignTaskState *task)
{
	if (task->started_at == 0 ||
		(task->ended_at == 0 && strcmp(task->state, "cancelled") == 0))
		return -1;
	return (task->ended_at == 0 ? writing->now : task->ended_at) -
		task->started_at;
}
