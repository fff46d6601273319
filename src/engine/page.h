/*
 * page.h
 *		A campaign, or one of its runs, as a web page.
 */
#ifndef CAMPAIGN_PAGE_H
#define CAMPAIGN_PAGE_H

#include "store/drawing.h"
#include "store/run.h"

/* What a page shows. */
typedef struct CampaignPage
{
	const CampaignDrawing *drawing; /* of all activities of the graph */
	const CampaignGraph *graph;
	const CampaignRun *run;		/* NULL: the draft */
	List	   *states;			/* of CampaignTaskState * */
	List	   *flows;			/* of CampaignFlow * */
	List	   *explained;		/* of CampaignExplained *: their SQL */
	const char *unexplained;	/* why there is none; NULL: there is */
} CampaignPage;

/* The style sheet and the script of every page, for page.c. */
extern const char campaign_page_style[];
extern const char campaign_page_script[];

/*
 * A page that refers to nothing outside of it; it is HTML, and well-formed
 * XML as well.
 */
extern char *campaign_page(const CampaignPage *page);

#endif							/* CAMPAIGN_PAGE_H */
