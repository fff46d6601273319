/*
 * svg.h
 *		A campaign graph as a picture.
 */
#ifndef CAMPAIGN_SVG_H
#define CAMPAIGN_SVG_H

#include "lib/stringinfo.h"

#include "store/drawing.h"

/* A document of its own: well-formed XML without references outside. */
extern char *campaign_draw_svg(const CampaignDrawing *drawing);
/*
 * The same as part of a page, whose script finds the activities: elements
 * with the attribute data-activity, its number.
 */
extern void campaign_svg_append(StringInfo out, const CampaignDrawing *drawing,
								bool in_page);
/* The rules of style for states, which pages use too. */
extern void campaign_svg_append_style(StringInfo out,
									  const CampaignDrawing *drawing);

#endif							/* CAMPAIGN_SVG_H */
