/*
 * drawing.h
 *	  A campaign graph as text for the terminal.
 */
#ifndef CAMPAIGN_STORE_DRAWING_H
#define CAMPAIGN_STORE_DRAWING_H

typedef struct CampaignDrawnActivity
{
	const char *name;			/* [a-z_][a-z0-9_]{0,62} */
	const char *kind;			/* "audience", "split", ... */
	const char *summary;		/* free text on its options, or NULL */
	const char *state;			/* state of its task, NULL without a run */
	const char *error;			/* what a failed task said, or NULL */
} CampaignDrawnActivity;

typedef struct CampaignDrawnEdge
{
	int			source;			/* index of an activity */
	const char *outcome;		/* name of the outcome */
	bool		sole;			/* the only outcome of its source */
	int			target;			/* index of an activity, -1: leads nowhere */
	int64		rows;			/* how many went this way, -1: unknown */
} CampaignDrawnEdge;

/* A graph to be drawn; whoever draws it changes nothing in it. */
typedef struct CampaignDrawing
{
	const char *title;			/* free text */
	bool		has_run;		/* activities have states */
	CampaignDrawnActivity *activities;
	int			nactivities;
	CampaignDrawnEdge *edges;
	int			nedges;
} CampaignDrawing;

extern char *campaign_draw_text(const CampaignDrawing *drawing);

#endif							/* CAMPAIGN_STORE_DRAWING_H */
