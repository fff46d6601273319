/*
 * layout.h
 *		Where the boxes and lines of a drawing stand.
 */
#ifndef CAMPAIGN_LAYOUT_H
#define CAMPAIGN_LAYOUT_H

#include "postgres.h"

#include "store/drawing.h"

/* A box, or a place that an edge passes; x is its middle. */
typedef struct CampaignSpot
{
	int			row;
	int			place;			/* in its row, from the left */
	double		width;
	double		x;
} CampaignSpot;

/*
 * Rows with an even number have boxes and lines that pass them, the others
 * labels: the first spot of an edge is that of its label.
 */
typedef struct CampaignRow
{
	int			first;			/* in CampaignLayout.order */
	int			count;
	double		top;
	double		bottom;
} CampaignRow;

typedef struct CampaignLayout
{
	const CampaignDrawing *drawing;
	CampaignSpot *spots;		/* of activities, then of edges */
	int			nspots;
	int		   *edge_spots;		/* first spot of each edge; one more at the end */
	bool	   *upward;			/* edges of a cycle: their first spot is the
								 * highest, near the target */
	CampaignRow *rows;
	int			nrows;
	int		   *order;			/* spots by row and place */
	double		width;
	double		height;
} CampaignLayout;

/*
 * Lays a drawing out.  Widths are those of the boxes of activities, and of
 * labels of edges, 0 for none.
 */
extern CampaignLayout *campaign_layout(const CampaignDrawing *drawing,
									   const double *box_widths,
									   const double *label_widths);

#endif							/* CAMPAIGN_LAYOUT_H */
