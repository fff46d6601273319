/*
 * page_write.h
 *		What pages are written with: texts, times, cells and tables.
 */
#ifndef CAMPAIGN_PAGE_WRITE_H
#define CAMPAIGN_PAGE_WRITE_H

#include "lib/stringinfo.h"

#include "engine/page.h"
#include "store/task.h"

/* A page being written. */
typedef struct CampaignPageWriting
{
	const CampaignPage *page;
	StringInfo	out;
	TimestampTz now;
} CampaignPageWriting;

/* A text of the page's own, as it is. */
extern void campaign_page_put(CampaignPageWriting *writing, const char *text);
/* A text of somebody's, escaped, on one line. */
extern void campaign_page_text(CampaignPageWriting *writing, const char *text);
extern void campaign_page_time(CampaignPageWriting *writing, TimestampTz time);
/* With the two largest units. */
extern void campaign_page_duration(CampaignPageWriting *writing,
								   int64 microseconds);
/* Cells of a table; a count with its share, unless the whole is 0. */
extern void campaign_page_cell(CampaignPageWriting *writing, const char *text);
extern void campaign_page_count(CampaignPageWriting *writing, int64 count,
								int64 whole);
/* A term and a text that may have several lines; nothing for NULL. */
extern void campaign_page_term(CampaignPageWriting *writing, const char *term,
							   const char *text, bool bad);
/*
 * A table below a heading; columns have commas between, those of numbers begin
 * with a "#".
 */
extern void campaign_page_begin_table(CampaignPageWriting *writing,
									  const char *id, const char *heading,
									  const char *columns);
extern void campaign_page_end_table(CampaignPageWriting *writing);
/*
 * How long a task has taken, or has been at work; -1 if it has not begun, or
 * has been cancelled while it waited.
 */
extern int64 campaign_page_lasted(const CampaignPageWriting *writing,
								  const CampaignTaskState *task);
/* The tables of a run; page_tables.c. */
extern void campaign_page_tables(CampaignPageWriting *writing);

#endif							/* CAMPAIGN_PAGE_WRITE_H */
