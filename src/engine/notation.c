/*
 * notation.c
 *		A campaign graph in the languages of programs that draw graphs.
 *
 * Nodes are called by their number, never by a name of the user's: both
 * languages have words that are no node's name.  An outcome that leads nowhere
 * gets a node without a frame.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "base/markup.h"
#include "engine/notation.h"
#include "store/sign.h"

/* Columns of an option in a box. */
#define SUMMARY_COLUMNS	40

/* Appends what stands in the box of an activity. */
static void
put_activity(StringInfo out, const CampaignDrawnActivity *activity,
			 CampaignMarkup markup, const char *line_end)
{
	if (activity->state != NULL)
	{
		campaign_markup_character(out,
								  campaign_signs[campaign_sign_find(activity->state)].code,
								  markup);
		appendStringInfoChar(out, ' ');
	}
	campaign_markup_append(out, activity->name, CAMPAIGN_MARKUP_ALL, markup);
	appendStringInfoString(out, line_end);
	campaign_markup_append(out, activity->kind, CAMPAIGN_MARKUP_ALL, markup);
	if (activity->summary == NULL || activity->summary[0] == '\0')
		return;
	appendStringInfoString(out, line_end);
	campaign_markup_append(out, activity->summary, SUMMARY_COLUMNS, markup);
}

/* Appends outcome and count of an edge; nothing if neither says anything. */
static void
put_edge_label(StringInfo out, const CampaignDrawnEdge *edge,
			   CampaignMarkup markup)
{
	if (!edge->sole || edge->target < 0)
		campaign_markup_append(out, edge->outcome, CAMPAIGN_MARKUP_ALL, markup);
	if (edge->rows < 0)
		return;
	if (!edge->sole || edge->target < 0)
		appendStringInfoChar(out, ' ');
	campaign_markup_count(out, edge->rows);
}

/* Appends the line of an activity in DOT. */
static void
put_dot_activity(StringInfo out, const CampaignDrawing *drawing, int number)
{
	const CampaignDrawnActivity *activity = &drawing->activities[number];

	appendStringInfo(out, "\tn%d [label=\"", number);
	put_activity(out, activity, CAMPAIGN_MARKUP_DOT, "\\n");
	appendStringInfoChar(out, '"');
	if (activity->state != NULL)
	{
		const CampaignSign *sign = &campaign_signs[campaign_sign_find(activity->state)];

		appendStringInfo(out, ", fillcolor=\"%s\", color=\"%s\", tooltip=\"",
						 sign->light.fill, sign->light.line);
		campaign_markup_append(out, activity->error != NULL ? activity->error :
							   activity->state, CAMPAIGN_MARKUP_ALL,
							   CAMPAIGN_MARKUP_DOT);
		appendStringInfoChar(out, '"');
	}
	appendStringInfoString(out, "];\n");
}

/* Appends the line of an edge in DOT, with a node if it leads nowhere. */
static void
put_dot_edge(StringInfo out, const CampaignDrawing *drawing, int number)
{
	const CampaignDrawnEdge *edge = &drawing->edges[number];

	if (edge->target >= 0)
		appendStringInfo(out, "\tn%d -> n%d [label=\"", edge->source,
						 edge->target);
	else
		appendStringInfo(out, "\tn%d -> e%d [style=dashed];\n"
						 "\te%d [shape=plaintext, style=\"\", label=\"",
						 edge->source, number, number);
	put_edge_label(out, edge, CAMPAIGN_MARKUP_DOT);
	appendStringInfoString(out, "\"];\n");
}

/* The drawing in DOT. */
char *
campaign_draw_dot(const CampaignDrawing *drawing)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "digraph campaign {\n"
						   "\tgraph [labelloc=t, fontname=\"sans-serif\", label=\"");
	campaign_markup_append(&out, drawing->title, CAMPAIGN_MARKUP_ALL,
						   CAMPAIGN_MARKUP_DOT);
	appendStringInfoString(&out, "\"];\n"
						   "\tnode [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\", fontsize=11];\n"
						   "\tedge [fontname=\"sans-serif\", fontsize=10];\n");
	for (int i = 0; i < drawing->nactivities; i++)
		put_dot_activity(&out, drawing, i);
	for (int i = 0; i < drawing->nedges; i++)
		put_dot_edge(&out, drawing, i);
	appendStringInfoString(&out, "}\n");
	return out.data;
}

/* Appends the line of an activity in Mermaid. */
static void
put_mermaid_activity(StringInfo out, const CampaignDrawing *drawing,
					 int number)
{
	const CampaignDrawnActivity *activity = &drawing->activities[number];

	appendStringInfo(out, "\tn%d[\"", number);
	put_activity(out, activity, CAMPAIGN_MARKUP_MERMAID, "<br/>");
	appendStringInfoString(out, "\"]");
	if (activity->state != NULL)
		appendStringInfo(out, ":::%s",
						 campaign_signs[campaign_sign_find(activity->state)].state);
	appendStringInfoChar(out, '\n');
}

/* Appends the line of an edge in Mermaid. */
static void
put_mermaid_edge(StringInfo out, const CampaignDrawing *drawing, int number)
{
	const CampaignDrawnEdge *edge = &drawing->edges[number];

	if (edge->target < 0)
	{
		appendStringInfo(out, "\tn%d -.-> e%d([\"", edge->source, number);
		put_edge_label(out, edge, CAMPAIGN_MARKUP_MERMAID);
		appendStringInfoString(out, "\"])\n");
		return;
	}
	appendStringInfo(out, "\tn%d -->", edge->source);
	if (!edge->sole || edge->rows >= 0)
	{
		appendStringInfoString(out, "|\"");
		put_edge_label(out, edge, CAMPAIGN_MARKUP_MERMAID);
		appendStringInfoString(out, "\"|");
	}
	appendStringInfo(out, " n%d\n", edge->target);
}

/* Appends the colours of the states that are there. */
static void
put_mermaid_classes(StringInfo out, const CampaignDrawing *drawing)
{
	bool		used[CAMPAIGN_SIGNS] = {false};

	for (int i = 0; i < drawing->nactivities; i++)
		if (drawing->activities[i].state != NULL)
			used[campaign_sign_find(drawing->activities[i].state)] = true;
	for (int i = 0; i < CAMPAIGN_SIGNS; i++)
		if (used[i])
			appendStringInfo(out, "\tclassDef %s fill:%s,stroke:%s,color:#1f2328\n",
							 campaign_signs[i].state,
							 campaign_signs[i].light.fill,
							 campaign_signs[i].light.line);
}

/* The drawing in Mermaid; the title is a node that nothing is drawn to. */
char *
campaign_draw_mermaid(const CampaignDrawing *drawing)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "flowchart TD\n\tt[\"");
	campaign_markup_append(&out, drawing->title, CAMPAIGN_MARKUP_ALL,
						   CAMPAIGN_MARKUP_MERMAID);
	appendStringInfoString(&out, "\"]\n\tstyle t fill:none,stroke:none\n");
	for (int i = 0; i < drawing->nactivities; i++)
		put_mermaid_activity(&out, drawing, i);
	for (int i = 0; i < drawing->nedges; i++)
		put_mermaid_edge(&out, drawing, i);
	put_mermaid_classes(&out, drawing);
	return out.data;
}
