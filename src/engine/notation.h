/*
 * notation.h
 *		A campaign graph in the languages of programs that draw graphs.
 */
#ifndef CAMPAIGN_NOTATION_H
#define CAMPAIGN_NOTATION_H

#include "store/drawing.h"

/* For Graphviz. */
extern char *campaign_draw_dot(const CampaignDrawing *drawing);
/* A flowchart for Mermaid, as wikis and code hosts show it. */
extern char *campaign_draw_mermaid(const CampaignDrawing *drawing);

#endif							/* CAMPAIGN_NOTATION_H */
