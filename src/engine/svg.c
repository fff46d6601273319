/*
 * svg.c
 *		A campaign graph as a picture.
 *
 * All text is in a fixed-width font, whose widths are known without asking a
 * browser: that is how boxes fit what is in them.  Colours are in a style
 * sheet, twice, for light pages and for dark ones; signs and texts alone say
 * the same.
 */
#include "postgres.h"

#include <math.h>

#include "storage/shmem.h"

#include "base/markup.h"
#include "engine/layout.h"
#include "engine/svg.h"
#include "store/sign.h"

/* widths of a column, a little more than those of any common font */
#define NAME_WIDTH		7.9
#define SMALL_WIDTH		6.7
#define LEAST_BOX		120.0
#define BOX_PADDING		20.0
#define LABEL_PADDING	8.0
/* longer ones are cut, and whole where the mouse rests */
#define NAME_COLUMNS	34
#define SMALL_COLUMNS	40
/* a sign and the blank behind it */
#define SIGN_COLUMNS	2
#define TITLE_HEIGHT	30.0
#define LEGEND_HEIGHT	26.0
/* a sign, the longest state and a gap */
#define LEGEND_COLUMNS	13
/* a longer title does not make a picture wider */
#define HEADING_WIDTH	8.6
#define HEADING_COLUMNS	60
#define SIDES			32.0

/* A picture in the making. */
typedef struct Picture
{
	const CampaignDrawing *drawing;
	CampaignLayout *layout;
	StringInfo	out;
	bool		in_page;
	double		width;
	double		height;
} Picture;

/* ------------------------------- measures ------------------------------- */

/* The columns of a text that is cut at a limit. */
static int
columns_of(const char *text, int limit)
{
	StringInfoData scratch;
	int			columns;

	initStringInfo(&scratch);
	columns = campaign_markup_append(&scratch, text, limit,
									 CAMPAIGN_MARKUP_LINE);
	pfree(scratch.data);
	return columns;
}

/* Appends the second line of a box. */
static void
put_summary(StringInfo out, const CampaignDrawnActivity *activity)
{
	int			left = SMALL_COLUMNS;

	left -= campaign_markup_append(out, activity->kind, left,
								   CAMPAIGN_MARKUP_LINE);
	if (activity->summary == NULL || activity->summary[0] == '\0')
		return;
	appendStringInfoString(out, "  ");
	(void) campaign_markup_append(out, activity->summary, left - 2,
								  CAMPAIGN_MARKUP_LINE);
}

/* The width of an activity's box. */
static double
box_width(const CampaignDrawnActivity *activity)
{
	int			name = columns_of(activity->name, NAME_COLUMNS);
	int			small = columns_of(activity->kind, SMALL_COLUMNS);

	if (activity->state != NULL)
		name += SIGN_COLUMNS;
	if (activity->summary != NULL && activity->summary[0] != '\0')
		small += 2 + columns_of(activity->summary, SMALL_COLUMNS - small - 2);
	return ceil(Max(LEAST_BOX, BOX_PADDING +
					Max(name * NAME_WIDTH, small * SMALL_WIDTH)));
}

/* True if the edge ends below its source: it has no other activity to go to. */
static bool
is_loose(const CampaignDrawnEdge *edge)
{
	return edge->target < 0 || edge->target == edge->source;
}

/* Appends what stands at an edge; gives its columns, 0: nothing. */
static int
put_label(StringInfo out, const CampaignDrawnEdge *edge)
{
	bool		named = !edge->sole || is_loose(edge);
	int			columns = 0;
	int			start;

	if (named)
		columns = campaign_markup_append(out, edge->outcome, NAME_COLUMNS,
										 CAMPAIGN_MARKUP_LINE);
	if (edge->rows < 0)
		return columns;
	if (named)
		appendStringInfoString(out, "  ");
	start = out->len;
	campaign_markup_count(out, edge->rows);
	return columns + (named ? 2 : 0) + out->len - start;
}

/* Lays the graph out, with the widths of what will be written. */
static void
lay_out(Picture *picture)
{
	const CampaignDrawing *drawing = picture->drawing;
	double	   *boxes = palloc(mul_size(sizeof(double), drawing->nactivities));
	double	   *labels = palloc(mul_size(sizeof(double), drawing->nedges));
	StringInfoData scratch;

	initStringInfo(&scratch);
	for (int i = 0; i < drawing->nactivities; i++)
		boxes[i] = box_width(&drawing->activities[i]);
	for (int i = 0; i < drawing->nedges; i++)
	{
		int			columns = put_label(&scratch, &drawing->edges[i]);

		labels[i] = columns == 0 ? 0 : ceil(columns * SMALL_WIDTH + LABEL_PADDING);
		resetStringInfo(&scratch);
	}
	picture->layout = campaign_layout(drawing, boxes, labels);
}

/* ------------------------------- parts ---------------------------------- */

/* Notes which states there are. */
static void
find_states(const CampaignDrawing *drawing, bool *used)
{
	for (int i = 0; i < drawing->nactivities; i++)
		if (drawing->activities[i].state != NULL)
			used[campaign_sign_find(drawing->activities[i].state)] = true;
}

/* Appends the rules of states for light or for dark pages. */
static void
put_state_rules(StringInfo out, const bool *used, bool dark)
{
	for (int i = 0; i < CAMPAIGN_SIGNS; i++)
	{
		const CampaignSign *sign = &campaign_signs[i];
		const CampaignColours *colours = dark ? &sign->dark : &sign->light;

		if (used[i])
			appendStringInfo(out, ".c-%s .c-box { fill: %s; stroke: %s }\n"
							 ".c-%s .c-sign { fill: %s; color: %s }\n",
							 sign->state, colours->fill, colours->line,
							 sign->state, colours->line, colours->line);
	}
}

/* Appends the rules of style. */
void
campaign_svg_append_style(StringInfo out, const CampaignDrawing *drawing)
{
	bool		used[CAMPAIGN_SIGNS] = {false};

	find_states(drawing, used);
	appendStringInfoString(out,
						   ".c-graph { background: #ffffff; font-family: ui-monospace, Menlo, Consolas, \"DejaVu Sans Mono\", monospace; font-size: 11px }\n"
						   ".c-graph text { fill: #1f2328; white-space: pre }\n"
						   ".c-graph .c-small { fill: #59636e }\n"
						   ".c-graph .c-heading { font-size: 14px; font-weight: bold }\n"
						   ".c-graph .c-name { font-size: 13px; font-weight: bold }\n"
						   ".c-box { fill: #ffffff; stroke: #818b98; stroke-width: 1.5 }\n"
						   ".c-line { fill: none; stroke: #818b98; stroke-width: 1.5 }\n"
						   ".c-arrow { fill: #818b98 }\n"
						   ".c-loose .c-line { stroke-dasharray: 3 3 }\n"
						   ".c-upward .c-line { stroke: #cf222e; stroke-dasharray: 6 3 }\n"
						   ".c-upward .c-arrow { fill: #cf222e }\n");
	put_state_rules(out, used, false);
	appendStringInfoString(out, "@media (prefers-color-scheme: dark) {\n"
						   ".c-graph { background: #0d1117 }\n"
						   ".c-graph text { fill: #f0f6fc }\n"
						   ".c-graph .c-small { fill: #9198a1 }\n"
						   ".c-box { fill: #0d1117; stroke: #656c76 }\n"
						   ".c-line { stroke: #656c76 }\n"
						   ".c-arrow { fill: #656c76 }\n"
						   ".c-upward .c-line { stroke: #ff7b72 }\n"
						   ".c-upward .c-arrow { fill: #ff7b72 }\n");
	put_state_rules(out, used, true);
	appendStringInfoString(out, "}\n");
}

/* Appends a number of pixels; halves are as exact as a picture needs. */
static void
put_number(StringInfo out, double number)
{
	appendStringInfo(out, number == floor(number) ? "%.0f" : "%.1f", number);
}

/* Appends a point of a path, with the command before it. */
static void
put_point(StringInfo out, const char *command, double x, double y)
{
	appendStringInfoString(out, command);
	put_number(out, x);
	appendStringInfoChar(out, ' ');
	put_number(out, y);
}

/* Appends the curve from one row to the next. */
static void
put_curve(StringInfo out, double x1, double y1, double x2, double y2)
{
	double		middle = (y1 + y2) / 2;

	if (x1 == x2)
	{
		put_point(out, " L", x2, y2);
		return;
	}
	put_point(out, " C", x1, middle);
	put_point(out, ",", x2, middle);
	put_point(out, ",", x2, y2);
}

/* Appends the head of an arrow at the end of a line that comes down. */
static void
put_arrow(StringInfo out, double x, double y, bool upward)
{
	double		back = upward ? 7 : -7;

	appendStringInfoString(out, "<path class=\"c-arrow\" d=\"");
	put_point(out, "M", x, y);
	put_point(out, " L", x - 4, y + back);
	put_point(out, " L", x + 4, y + back);
	appendStringInfoString(out, " Z\"/>");
}

/* Appends the label of an edge. */
static void
put_edge_label(Picture *picture, const CampaignDrawnEdge *edge,
			   const CampaignSpot *spot)
{
	StringInfo	out = picture->out;
	StringInfoData label;

	initStringInfo(&label);
	if (put_label(&label, edge) > 0)
	{
		appendStringInfoString(out, "<text text-anchor=\"middle\" ");
		put_point(out, "transform=\"translate(", spot->x,
				  picture->layout->rows[spot->row].bottom - 4);
		appendStringInfo(out, ")\">%s</text>", label.data);
	}
	pfree(label.data);
}

/*
 * Appends the line of an edge from row to row; it leaves out its label, and
 * where a loose one has that, it ends.
 */
static void
put_edge_line(Picture *picture, int number)
{
	const CampaignLayout *layout = picture->layout;
	const CampaignDrawnEdge *edge = &picture->drawing->edges[number];
	int			first = layout->edge_spots[number];
	bool		upward = layout->upward[number];
	const CampaignSpot *last = &layout->spots[upward ? edge->target : edge->source];
	const CampaignSpot *lower = is_loose(edge) ? NULL :
		&layout->spots[upward ? edge->source : edge->target];
	StringInfo	out = picture->out;

	appendStringInfoString(out, "<path class=\"c-line\" d=\"");
	put_point(out, "M", last->x, layout->rows[last->row].bottom);
	for (int i = first; i < layout->edge_spots[number + 1]; i++)
	{
		const CampaignSpot *spot = &layout->spots[i];
		const CampaignRow *row = &layout->rows[spot->row];

		if (row->top == row->bottom && lower != NULL)
			continue;
		put_curve(out, last->x, layout->rows[last->row].bottom, spot->x, row->top);
		if (lower != NULL)
			put_point(out, i == first && spot->width > LABEL_PADDING ?
					  " M" : " L", spot->x, row->bottom);
		last = spot;
	}
	if (lower != NULL)
		put_curve(out, last->x, layout->rows[last->row].bottom,
				  lower->x, layout->rows[lower->row].top);
	appendStringInfoString(out, "\"/>");
}

/* Appends an edge. */
static void
put_edge(Picture *picture, int number)
{
	const CampaignLayout *layout = picture->layout;
	const CampaignDrawnEdge *edge = &picture->drawing->edges[number];
	const CampaignSpot *spot = &layout->spots[layout->edge_spots[number]];
	bool		upward = layout->upward[number];
	StringInfo	out = picture->out;

	appendStringInfo(out, "<g class=\"c-edge%s\">",
					 upward ? " c-upward" :
					 is_loose(edge) ? " c-loose" : "");
	put_edge_line(picture, number);
	if (!is_loose(edge))
	{
		const CampaignSpot *target = &layout->spots[edge->target];
		const CampaignRow *row = &layout->rows[target->row];

		put_arrow(out, target->x, upward ? row->bottom : row->top, upward);
	}
	put_edge_label(picture, edge, spot);
	appendStringInfoString(out, "</g>\n");
}

/* Appends all that is known of an activity, as a text. */
static void
put_description(StringInfo out, const CampaignDrawnActivity *activity)
{
	campaign_markup_append(out, activity->name, CAMPAIGN_MARKUP_ALL,
						   CAMPAIGN_MARKUP_LINE);
	appendStringInfo(out, " (%s)", activity->kind);
	if (activity->state != NULL)
		appendStringInfo(out, ", %s", activity->state);
	if (activity->error != NULL)
	{
		appendStringInfoString(out, ": ");
		campaign_markup_append(out, activity->error, CAMPAIGN_MARKUP_ALL,
							   CAMPAIGN_MARKUP_LINE);
	}
}

/* Appends the box of an activity with what stands in it. */
static void
put_activity(Picture *picture, int number)
{
	const CampaignDrawnActivity *activity = &picture->drawing->activities[number];
	const CampaignSpot *spot = &picture->layout->spots[number];
	const CampaignRow *row = &picture->layout->rows[spot->row];
	const CampaignSign *sign = activity->state == NULL ? NULL :
		&campaign_signs[campaign_sign_find(activity->state)];
	StringInfo	out = picture->out;

	appendStringInfo(out, "<g class=\"c-activity%s%s\"", sign ? " c-" : "",
					 sign ? sign->state : "");
	if (picture->in_page)
		appendStringInfo(out, " data-activity=\"%d\" tabindex=\"0\" role=\"button\"",
						 number);
	put_point(out, " transform=\"translate(", spot->x - spot->width / 2, row->top);
	appendStringInfoString(out, ")\"><title>");
	put_description(out, activity);
	if (activity->summary != NULL && activity->summary[0] != '\0')
	{
		appendStringInfoChar(out, '\n');
		campaign_markup_append(out, activity->summary, CAMPAIGN_MARKUP_ALL,
							   CAMPAIGN_MARKUP_LINE);
	}
	appendStringInfo(out, "</title><rect class=\"c-box\" rx=\"6\" width=\"%.0f\" height=\"%.0f\"/>",
					 spot->width, row->bottom - row->top);
	appendStringInfoString(out, "<text class=\"c-name\" x=\"10\" y=\"19\">");
	if (sign != NULL)
		appendStringInfo(out, "<tspan class=\"c-sign\">&#%d;</tspan> ", sign->code);
	campaign_markup_append(out, activity->name, NAME_COLUMNS,
						   CAMPAIGN_MARKUP_LINE);
	appendStringInfoString(out, "</text><text class=\"c-small\" x=\"10\" y=\"35\">");
	put_summary(out, activity);
	appendStringInfoString(out, "</text></g>\n");
}

/* The height of the title, which a page has above the picture. */
static double
title_height(const Picture *picture)
{
	return picture->in_page ? 0 : TITLE_HEIGHT;
}

/* Appends what the signs mean, in as many lines as it takes. */
static void
put_legend(Picture *picture)
{
	bool		used[CAMPAIGN_SIGNS] = {false};
	double		x = 16;
	double		y = title_height(picture) + picture->layout->height + LEGEND_HEIGHT / 2;

	find_states(picture->drawing, used);
	for (int i = 0; i < CAMPAIGN_SIGNS; i++)
	{
		if (!used[i])
			continue;
		if (x > 16 && x + LEGEND_COLUMNS * SMALL_WIDTH > picture->width)
		{
			x = 16;
			y += LEGEND_HEIGHT / 2 + 4;
		}
		appendStringInfo(picture->out, "<text class=\"c-%s\" x=\"%.0f\" y=\"%.0f\"><tspan class=\"c-sign\">&#%d;</tspan> %s</text>\n",
						 campaign_signs[i].state, x, y, campaign_signs[i].code,
						 campaign_signs[i].state);
		x += LEGEND_COLUMNS * SMALL_WIDTH;
	}
	picture->height = y + LEGEND_HEIGHT / 2;
}

/* Appends the edges that leave an activity, as a text. */
static void
describe_edges(Picture *picture, int source)
{
	const CampaignDrawing *drawing = picture->drawing;
	StringInfo	out = picture->out;

	for (int i = 0; i < drawing->nedges; i++)
	{
		const CampaignDrawnEdge *edge = &drawing->edges[i];

		if (edge->source != source)
			continue;
		appendStringInfo(out, "; %s", edge->outcome);
		if (edge->rows >= 0)
		{
			appendStringInfoChar(out, ' ');
			campaign_markup_count(out, edge->rows);
		}
		if (edge->target >= 0)
			appendStringInfo(out, " to %s", drawing->activities[edge->target].name);
	}
}

/* Appends the picture as a text, for who cannot see it. */
static void
put_alternative(Picture *picture)
{
	const CampaignDrawing *drawing = picture->drawing;
	StringInfo	out = picture->out;

	appendStringInfoString(out, "<title>");
	campaign_markup_append(out, drawing->title, CAMPAIGN_MARKUP_ALL,
						   CAMPAIGN_MARKUP_LINE);
	appendStringInfo(out, "</title>\n<desc>%d activities.\n",
					 drawing->nactivities);
	for (int i = 0; i < drawing->nactivities; i++)
	{
		put_description(out, &drawing->activities[i]);
		describe_edges(picture, i);
		appendStringInfoString(out, ".\n");
	}
	appendStringInfoString(out, "</desc>\n");
}

/* Appends all that is drawn, below the text alternative. */
static void
put_drawing(Picture *picture)
{
	StringInfo	out = picture->out;
	int			columns = (picture->width - SIDES) / HEADING_WIDTH;

	if (!picture->in_page)
	{
		appendStringInfoString(out, "<text class=\"c-heading\" x=\"16\" y=\"24\">");
		campaign_markup_append(out, picture->drawing->title, columns,
							   CAMPAIGN_MARKUP_LINE);
		appendStringInfoString(out, "</text>\n");
	}
	appendStringInfo(out, "<g transform=\"translate(%.0f %.0f)\">\n",
					 (picture->width - picture->layout->width) / 2,
					 title_height(picture));
	for (int i = 0; i < picture->drawing->nedges; i++)
		put_edge(picture, i);
	for (int i = 0; i < picture->drawing->nactivities; i++)
		put_activity(picture, i);
	appendStringInfoString(out, "</g>\n");
	put_legend(picture);
}

/* Appends the picture. */
void
campaign_svg_append(StringInfo out, const CampaignDrawing *drawing,
					bool in_page)
{
	StringInfoData body;
	Picture		picture = {.drawing = drawing,.out = &body,
	.in_page = in_page};

	initStringInfo(&body);
	lay_out(&picture);
	picture.width = Max(picture.layout->width,
						ceil(SIDES + HEADING_WIDTH * columns_of(drawing->title, HEADING_COLUMNS)));
	put_drawing(&picture);

	picture.out = out;
	appendStringInfo(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"c-graph\" role=\"%s\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n",
					 in_page ? "group" : "img",
					 picture.width, picture.height, picture.width, picture.height);
	put_alternative(&picture);
	if (!in_page)
	{
		appendStringInfoString(out, "<style>\n");
		campaign_svg_append_style(out, drawing);
		appendStringInfoString(out, "</style>\n");
	}
	appendBinaryStringInfo(out, body.data, body.len);
	appendStringInfoString(out, "</svg>\n");
}

/* The picture as a document of its own. */
char *
campaign_draw_svg(const CampaignDrawing *drawing)
{
	StringInfoData out;

	initStringInfo(&out);
	campaign_svg_append(&out, drawing, false);
	return out.data;
}
