/*
 * drawing.c
 *	  Draws a campaign graph as text for the terminal.
 *
 * The drawing is planned first, as a list of lines, and written afterwards:
 * whether a rail goes on below a line, and whether a reference points up or
 * down, is known only when all lines are.
 *
 * Lines stand in columns.  An activity followed by one other stays in its
 * column; only where several go on does each get a column of its own, one
 * step to the right.  An activity reached by several edges is drawn after the
 * last of them, in the innermost column that contains them all, which brings
 * the join of a fork back under the fork.  The number of columns is limited:
 * what would go deeper is drawn further down, from the left margin, and
 * referred to.  Thus nothing here recurses, every activity and every edge is
 * visited once, and a graph with cycles ends like any other.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "store/drawing.h"
#include "store/sign.h"

/* psql puts a blank before and a sign after each line of a long value */
#define DRAWING_WIDTH	78
#define DRAWING_MARGIN	2
#define COLUMN_STEP		3
#define DEEPEST_COLUMN	6
/* names ending beyond this one move their kind instead of everybody's */
#define NAME_LIMIT		38
/* no text is worth showing in fewer columns */
#define LEAST_TEXT		4
/* characters without width must not make a line endless */
#define MOST_BYTES		(DRAWING_WIDTH * 8)
/* holds the digits of any int64 */
#define COUNT_SIZE		32
/* two blanks and a count, when deciding what fits on a line */
#define COUNT_ROOM		13
/* two blanks, a sign, a blank and the longest state */
#define LEGEND_WIDTH	13

typedef enum LineKind
{
	LINE_ACTIVITY,				/* an activity */
	LINE_ERROR,					/* what the activity above failed with */
	LINE_STEP,					/* the edge to the activity on the next line */
	LINE_BRANCH,				/* an edge to a column of its own, or an end */
	LINE_REFERENCE,				/* target of the branch above it */
	LINE_ARROW,					/* branches above meet in what follows */
	LINE_GAP					/* what follows is reached by references */
} LineKind;

typedef struct Line
{
	LineKind	kind;
	int			column;
	int			subject;		/* index of its activity or edge */
	bool		refers;			/* a branch that names where it leads */
	uint32		rails;			/* bit n: column n goes on below this line */
} Line;

/* What planning knows of an activity. */
typedef struct Place
{
	int			first;			/* its first edge in Plan.order */
	int			inbound;		/* edges from other activities */
	int			awaited;		/* of these, the ones not yet met */
	int			anchor;			/* serial of the column holding those met */
	int			met_under;		/* activity open there at the last of them */
	int			next;			/* next in its column's waiting list, or -1 */
	int			line;			/* its line, -1 before it is drawn */
} Place;

/* A column being filled. */
typedef struct Column
{
	int			serial;			/* grows with each column opened */
	int			heading;		/* activity to draw next, or -1 */
	int			current;		/* activity drawn last, or -1 */
	int			edge;			/* next edge of current, in Plan.order */
	int			last_edge;		/* where the edges of current end */
	int			heir;			/* edge that continues in this column, or -1 */
	int			first_waiting;	/* activities to draw when current is done */
	int			last_waiting;
} Column;

/* A drawing in the making. */
typedef struct Plan
{
	const CampaignDrawnActivity *activities;
	int			nactivities;
	const CampaignDrawnEdge *edges;
	int			nedges;
	int		   *order;			/* edges by source, in the order given */
	Place	   *places;			/* one per activity and one as the end */
	Line	   *lines;
	int			nlines;
	Column		columns[DEEPEST_COLUMN + 1];
	int			depth;			/* the column being filled */
	int			nserials;
	int			cursor;			/* where find_start goes on */
	bool		has_run;		/* some activity has a state */
	int			kind_start;
	int			summary_start;
	bool		utf8;			/* box characters rather than ASCII */
	StringInfoData text;		/* the drawing as far as it is written */
	int			width;			/* display columns of the line being written */
} Plan;

static void index_edges(Plan *plan);
static void plan_lines(Plan *plan);
static int	find_start(Plan *plan);
static void plan_waiting(Plan *plan, Column *column);
static void plan_activity(Plan *plan, Column *column);
static void choose_heir(Plan *plan, Column *column);
static bool is_child(const Plan *plan, int edge);
static Column *meet_join(Plan *plan, int activity);
static void plan_edge(Plan *plan, int edge);
static void refer_to(Plan *plan, int edge);
static void open_column(Plan *plan, int activity);
static void append_waiting(Plan *plan, Column *column, int activity);
static void add_line(Plan *plan, LineKind kind, int subject);
static void trace_rails(Plan *plan);
static void measure_columns(Plan *plan);
static void write_line(Plan *plan, const Line *line);
static bool goes_on(const Line *line, int column);
static void write_activity(Plan *plan, const Line *line);
static void write_edge(Plan *plan, const Line *line);
static void write_target(Plan *plan, const Line *line, bool whole_arrow);
static bool shows_outcome(const Plan *plan, int edge);
static void put_text(Plan *plan, const char *text);
static void put_sign(Plan *plan, const char *utf8, const char *ascii);
static void put_padding(Plan *plan, int column);
static void put_cut(Plan *plan, const char *text);
static void put_count(Plan *plan, int64 count);
static void put_end(Plan *plan);
static void write_legend(Plan *plan);

/*
 * Returns the drawing, a palloc'd text of lines that all end in a newline.
 * Activities are started with in the order given, edges of one activity are
 * drawn in the order given, except that the one going straight on is last.
 */
char *
campaign_draw_text(const CampaignDrawing *drawing)
{
	Plan		plan = {.activities = drawing->activities,
		.nactivities = drawing->nactivities,
		.edges = drawing->edges,
		.nedges = drawing->nedges};
	int			i;

	plan.utf8 = GetDatabaseEncoding() == PG_UTF8;
	initStringInfo(&plan.text);
	put_cut(&plan, drawing->title);
	put_end(&plan);

	index_edges(&plan);
	plan_lines(&plan);
	trace_rails(&plan);
	measure_columns(&plan);
	for (i = 0; i < plan.nlines; i++)
		write_line(&plan, &plan.lines[i]);
	if (drawing->nactivities == 0)
		appendStringInfoString(&plan.text, "  (no activities)\n");
	if (plan.has_run)
		write_legend(&plan);
	return plan.text.data;
}

/*
 * Allocates what planning needs, sorts the edges by source and counts them by
 * target.  An edge from an activity to itself does not count: nothing may wait
 * for it.
 */
static void
index_edges(Plan *plan)
{
	int			n = plan->nactivities;
	int			i;

	plan->places = palloc0(sizeof(Place) * (n + 1));
	plan->order = palloc(sizeof(int) * (plan->nedges + 1));
	plan->lines = palloc0(sizeof(Line) * (3 * n + 2 * plan->nedges + 1));

	for (i = 0; i < plan->nedges; i++)
	{
		const CampaignDrawnEdge *edge = &plan->edges[i];

		Assert(edge->source >= 0 && edge->source < n && edge->target < n);
		plan->places[edge->source].first++;
		if (edge->target >= 0 && edge->target != edge->source)
			plan->places[edge->target].inbound++;
	}
	for (i = 0; i < n; i++)
	{
		Place	   *place = &plan->places[i];

		place->first += i > 0 ? place[-1].first : 0;
		place->awaited = place->inbound;
		place->anchor = PG_INT32_MAX;
		place->met_under = place->next = place->line = -1;
		if (plan->activities[i].state != NULL)
			plan->has_run = true;
	}
	/* each first is where the edges end, and moves to where they begin */
	plan->places[n].first = plan->nedges;
	for (i = plan->nedges - 1; i >= 0; i--)
		plan->order[--plan->places[plan->edges[i].source].first] = i;
}

/*
 * Lists all lines, one step in the innermost column at a time.  The column at
 * the margin is never closed: when nothing is left to do in it, whatever is
 * still to be drawn becomes its next start.
 */
static void
plan_lines(Plan *plan)
{
	int			start;

	plan->depth = -1;
	open_column(plan, -1);
	for (;;)
	{
		Column	   *column = &plan->columns[plan->depth];

		CHECK_FOR_INTERRUPTS();
		if (column->heading >= 0)
			plan_activity(plan, column);
		else if (column->edge < column->last_edge)
			plan_edge(plan, plan->order[column->edge++]);
		else if (column->heir >= 0)
		{
			add_line(plan, LINE_STEP, column->heir);
			column->heading = plan->edges[column->heir].target;
			column->heir = -1;
		}
		else if (column->first_waiting >= 0)
			plan_waiting(plan, column);
		else if (plan->depth > 0)
			plan->depth--;
		else if ((start = find_start(plan)) >= 0)
			append_waiting(plan, column, start);
		else
			return;
	}
}

/*
 * Finds an activity to start from at the margin, -1 if all are drawn: first
 * those that nothing leads to, then, for cycles, whatever is left.
 */
static int
find_start(Plan *plan)
{
	while (plan->cursor < 2 * plan->nactivities)
	{
		int			activity = plan->cursor % plan->nactivities;
		bool		any = plan->cursor >= plan->nactivities;
		const Place *place = &plan->places[activity];

		plan->cursor++;
		if (place->line < 0 && (any || place->inbound == 0))
			return activity;
	}
	return -1;
}

/*
 * Makes the first waiting activity the next of its column.  The arrow is right
 * only directly below the branches in which the last reference was met.
 */
static void
plan_waiting(Plan *plan, Column *column)
{
	int			activity = column->first_waiting;
	Place	   *place = &plan->places[activity];

	column->first_waiting = place->next;
	column->heading = activity;
	if (place->met_under >= 0 && place->met_under == column->current)
		add_line(plan, LINE_ARROW, activity);
	else if (plan->nlines > 0)
		add_line(plan, LINE_GAP, activity);
}

/* Draws the activity that heads the column and prepares its edges. */
static void
plan_activity(Plan *plan, Column *column)
{
	int			activity = column->heading;
	Place	   *place = &plan->places[activity];

	place->line = plan->nlines;
	add_line(plan, LINE_ACTIVITY, activity);
	if (plan->activities[activity].error != NULL)
		add_line(plan, LINE_ERROR, activity);

	column->heading = -1;
	column->current = activity;
	column->edge = place[0].first;
	column->last_edge = place[1].first;
	choose_heir(plan, column);
}

/*
 * Decides which edge of the current activity continues in its column: the only
 * one to an activity of its own, or, where there is none, one that completes a
 * join here.  In the deepest column one of several has to.  Every other join
 * completed is left to wait in the column that holds its references.
 */
static void
choose_heir(Plan *plan, Column *column)
{
	int			children = 0;
	int			child = -1;
	int			join = -1;
	int			i;

	for (i = column->edge; i < column->last_edge; i++)
	{
		int			edge = plan->order[i];
		int			target = plan->edges[edge].target;
		Column	   *home;

		if (is_child(plan, edge))
		{
			children++;
			child = edge;
			continue;
		}
		home = meet_join(plan, target);
		if (home == column)
		{
			if (join >= 0)
				append_waiting(plan, column, plan->edges[join].target);
			join = edge;
		}
		else if (home != NULL)
			append_waiting(plan, home, target);
	}

	if (children == 0)
		column->heir = join;
	else
	{
		if (join >= 0)
			append_waiting(plan, column, plan->edges[join].target);
		if (children == 1 || plan->depth == DEEPEST_COLUMN)
			column->heir = child;
	}
}

/* Whether the target is reached by this edge alone and still to be drawn. */
static bool
is_child(const Plan *plan, int edge)
{
	int			target = plan->edges[edge].target;

	return target >= 0 && plan->places[target].inbound == 1 &&
		plan->places[target].line < 0;
}

/*
 * Notes one more edge to a join.  At the last one returns the column the join
 * belongs to, otherwise NULL.  A column opened before another and still open
 * holds it, so serials are enough to find the innermost one in common.
 */
static Column *
meet_join(Plan *plan, int activity)
{
	Place	   *place;
	int			depth = plan->depth;

	if (activity < 0 || plan->places[activity].line >= 0)
		return NULL;
	place = &plan->places[activity];
	while (plan->columns[depth].serial > place->anchor)
		depth--;
	place->anchor = plan->columns[depth].serial;
	if (--place->awaited > 0)
		return NULL;
	place->met_under = plan->columns[depth].current;
	return &plan->columns[depth];
}

/* Draws an edge of the current activity, unless it is the heir. */
static void
plan_edge(Plan *plan, int edge)
{
	int			target = plan->edges[edge].target;

	if (edge == plan->columns[plan->depth].heir)
		return;
	add_line(plan, LINE_BRANCH, edge);
	if (is_child(plan, edge) && plan->depth < DEEPEST_COLUMN)
		open_column(plan, target);
	else if (target >= 0)
	{
		refer_to(plan, edge);
		if (is_child(plan, edge))
			append_waiting(plan, &plan->columns[0], target);
	}
}

/*
 * Makes the branch just added name its target, on a line of its own where the
 * names are too long for one.
 */
static void
refer_to(Plan *plan, int edge)
{
	const CampaignDrawnEdge *drawn = &plan->edges[edge];
	int			width = DRAWING_MARGIN + COLUMN_STEP * (plan->depth + 1);

	if (shows_outcome(plan, edge))
		width += strlen(drawn->outcome) + strlen(" -> ");
	width += strlen(plan->activities[drawn->target].name) + strlen(" (below)");
	if (drawn->rows >= 0)
		width += COUNT_ROOM;
	if (width <= DRAWING_WIDTH)
		plan->lines[plan->nlines - 1].refers = true;
	else
		add_line(plan, LINE_REFERENCE, edge);
}

/* Opens a column inside the current one, headed by activity (-1: none). */
static void
open_column(Plan *plan, int activity)
{
	Column	   *column = &plan->columns[++plan->depth];

	column->serial = plan->nserials++;
	column->heading = activity;
	column->current = column->heir = column->first_waiting = -1;
	column->edge = column->last_edge = 0;
}

/* Has an activity drawn in a column after all that is under way there. */
static void
append_waiting(Plan *plan, Column *column, int activity)
{
	if (column->first_waiting < 0)
		column->first_waiting = activity;
	else
		plan->places[column->last_waiting].next = activity;
	column->last_waiting = activity;
}

/* Adds a line to the innermost column; a reference stands one step inside. */
static void
add_line(Plan *plan, LineKind kind, int subject)
{
	Line	   *line = &plan->lines[plan->nlines++];

	line->kind = kind;
	line->column = plan->depth + (kind == LINE_REFERENCE ? 1 : 0);
	line->subject = subject;
}

/*
 * Finds which columns go on below each line, from the last line upwards: a
 * column does until a line further left, or an activity or gap in it.
 */
static void
trace_rails(Plan *plan)
{
	uint32		rails = 0;
	int			i;

	for (i = plan->nlines - 1; i >= 0; i--)
	{
		Line	   *line = &plan->lines[i];
		uint32		own = (uint32) 1 << line->column;

		rails &= (own << 1) - 1;
		line->rails = rails;
		if (line->kind == LINE_STEP || line->kind == LINE_BRANCH ||
			line->kind == LINE_ARROW)
			rails |= own;
		else if (line->kind != LINE_ERROR)
			rails &= ~own;
	}
}

/* Sets where kinds and summaries begin on all lines that allow it. */
static void
measure_columns(Plan *plan)
{
	int			kind_width = 0;
	int			i;

	for (i = 0; i < plan->nlines; i++)
	{
		const Line *line = &plan->lines[i];
		int			end = DRAWING_MARGIN + COLUMN_STEP * line->column;

		if (line->kind != LINE_ACTIVITY)
			continue;
		end += strlen(plan->activities[line->subject].name);
		end += plan->has_run ? 2 : 0;
		if (end <= NAME_LIMIT)
			plan->kind_start = Max(plan->kind_start, end + 2);
		kind_width = Max(kind_width,
						 (int) strlen(plan->activities[line->subject].kind));
	}
	plan->summary_start = plan->kind_start + kind_width + 2;
}

/* Writes a line: the rails it passes, what it shows, its count. */
static void
write_line(Plan *plan, const Line *line)
{
	int			i;

	put_padding(plan, DRAWING_MARGIN);
	for (i = 0; i < line->column; i++)
	{
		if (goes_on(line, i))
			put_sign(plan, "│", "|");
		put_padding(plan, DRAWING_MARGIN + COLUMN_STEP * (i + 1));
	}
	if (line->kind == LINE_ACTIVITY)
		write_activity(plan, line);
	else if (line->kind == LINE_ERROR)
	{
		/* beside the rail to what comes next */
		if (goes_on(line, line->column))
			put_sign(plan, "│", "|");
		put_padding(plan, DRAWING_MARGIN + COLUMN_STEP * line->column + 2);
		put_text(plan, "error: ");
		put_cut(plan, plan->activities[line->subject].error);
	}
	else if (line->kind == LINE_ARROW)
		put_sign(plan, "↓", "|");
	else if (line->kind == LINE_REFERENCE)
		write_target(plan, line, true);
	else if (line->kind != LINE_GAP)
	{
		write_edge(plan, line);
		if (plan->edges[line->subject].rows >= 0)
			put_count(plan, plan->edges[line->subject].rows);
	}
	put_end(plan);
}

/* Whether a column goes on below a line that stands in it or further right. */
static bool
goes_on(const Line *line, int column)
{
	return (line->rails & ((uint32) 1 << column)) != 0;
}

/* Writes sign, name, kind and as much of the summary as there is room for. */
static void
write_activity(Plan *plan, const Line *line)
{
	const CampaignDrawnActivity *activity = &plan->activities[line->subject];
	int			start = plan->width;

	if (activity->state != NULL)
	{
		int			sign = campaign_sign_find(activity->state);

		put_sign(plan, campaign_signs[sign].utf8, campaign_signs[sign].ascii);
	}
	if (plan->has_run)
		put_padding(plan, start + 2);
	put_text(plan, activity->name);
	put_padding(plan, Max(plan->kind_start, plan->width + 2));
	put_cut(plan, activity->kind);
	if (activity->summary != NULL)
	{
		put_padding(plan, Max(plan->summary_start, plan->width + 2));
		put_cut(plan, activity->summary);
	}
}

/* Writes an edge: its sign, its outcome and, unless drawn, where it leads. */
static void
write_edge(Plan *plan, const Line *line)
{
	bool		named = shows_outcome(plan, line->subject);
	bool		more = goes_on(line, line->column);

	if (line->kind == LINE_STEP)
	{
		put_sign(plan, "↓", "|");
		put_text(plan, "  ");
	}
	else
	{
		put_sign(plan, more ? "├" : "└", more ? "+" : "`");
		if (named || !line->refers)
			put_sign(plan, "─ ", "- ");
	}
	if (named)
		put_text(plan, plan->edges[line->subject].outcome);
	if (plan->edges[line->subject].target < 0)
		put_text(plan, named ? " (end)" : "(end)");
	if (line->refers)
	{
		if (named)
			put_text(plan, " ");
		write_target(plan, line, named);
	}
}

/* Writes where an edge leads and in which direction to look for it. */
static void
write_target(Plan *plan, const Line *line, bool whole_arrow)
{
	int			target = plan->edges[line->subject].target;
	bool		above = plan->places[target].line < line - plan->lines;

	put_sign(plan, "→ ", whole_arrow ? "-> " : "> ");
	put_text(plan, plan->activities[target].name);
	put_text(plan, above ? " (above)" : " (below)");
}

/* Whether an edge needs a name: not if it is all its source has. */
static bool
shows_outcome(const Plan *plan, int edge)
{
	const Place *place = &plan->places[plan->edges[edge].source];

	return !plan->edges[edge].sole || place[1].first - place[0].first > 1;
}

/* Appends text that is known to be clean and short to the line. */
static void
put_text(Plan *plan, const char *text)
{
	int			encoding = GetDatabaseEncoding();

	appendStringInfoString(&plan->text, text);
	for (; *text != '\0'; text += pg_encoding_mblen(encoding, text))
		plan->width += pg_encoding_dsplen(encoding, text);
}

/* Appends a sign, in ASCII where the encoding may lack it. */
static void
put_sign(Plan *plan, const char *utf8, const char *ascii)
{
	put_text(plan, plan->utf8 ? utf8 : ascii);
}

/* Appends blanks up to a display column. */
static void
put_padding(Plan *plan, int column)
{
	int			blanks = Max(column - plan->width, 0);

	appendStringInfoSpaces(&plan->text, blanks);
	plan->width += blanks;
}

/*
 * Appends free text, cut to the room the line has left.  Runs of blanks, line
 * breaks and control characters become one blank.
 */
static void
put_cut(Plan *plan, const char *text)
{
	StringInfo	line = &plan->text;
	int			encoding = GetDatabaseEncoding();
	const char *end = text + strlen(text);
	int			start = line->len;
	int			cut = line->len;
	int			reserve = plan->utf8 ? 1 : 3;
	bool		blank = false;

	if (DRAWING_WIDTH - plan->width < LEAST_TEXT)
		return;
	while (text < end)
	{
		int			bytes = Min(pg_encoding_mblen(encoding, text), end - text);
		int			columns = pg_encoding_dsplen(encoding, text);

		if (columns < 0 || *text == ' ')
			blank = line->len > start;
		else
		{
			columns += blank ? 1 : 0;
			if (plan->width + columns > DRAWING_WIDTH ||
				line->len - start > MOST_BYTES)
			{
				line->len = cut;
				appendStringInfoString(line, plan->utf8 ? "…" : "...");
				plan->width = DRAWING_WIDTH;
				return;
			}
			if (blank)
				appendStringInfoChar(line, ' ');
			appendBinaryStringInfo(line, text, bytes);
			plan->width += columns;
			if (plan->width <= DRAWING_WIDTH - reserve)
				cut = line->len;
			blank = false;
		}
		text += bytes;
	}
}

/* Appends a count, with a comma at every thousand, at the right edge. */
static void
put_count(Plan *plan, int64 count)
{
	char		digits[COUNT_SIZE];
	int			ndigits = snprintf(digits, COUNT_SIZE, INT64_FORMAT, count);
	int			width = ndigits + (ndigits - 1) / 3;
	int			i;

	put_padding(plan, Max(DRAWING_WIDTH - width, plan->width + 2));
	for (i = 0; i < ndigits; i++)
	{
		if (i > 0 && (ndigits - i) % 3 == 0)
			appendStringInfoChar(&plan->text, ',');
		appendStringInfoChar(&plan->text, digits[i]);
	}
}

/* Ends a line, without the blanks that padding left at its end. */
static void
put_end(Plan *plan)
{
	StringInfo	text = &plan->text;

	while (text->len > 0 && text->data[text->len - 1] == ' ')
		text->len--;
	appendStringInfoChar(text, '\n');
	plan->width = 0;
}

/* Writes what the signs in use mean, on as many lines as it takes. */
static void
write_legend(Plan *plan)
{
	bool		used[CAMPAIGN_SIGNS] = {false};
	int			i;

	for (i = 0; i < plan->nactivities; i++)
		if (plan->activities[i].state != NULL)
			used[campaign_sign_find(plan->activities[i].state)] = true;

	put_end(plan);
	for (i = 0; i < CAMPAIGN_SIGNS; i++)
	{
		if (!used[i])
			continue;
		if (plan->width + LEGEND_WIDTH > DRAWING_WIDTH)
			put_end(plan);
		put_padding(plan, plan->width + 2);
		put_sign(plan, campaign_signs[i].utf8, campaign_signs[i].ascii);
		put_text(plan, " ");
		put_text(plan, campaign_signs[i].state);
	}
	put_end(plan);
}
