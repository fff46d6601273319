/*
 * layout.c
 *		Where the boxes and lines of a drawing stand.
 *
 * The layered way of drawing graphs: each activity stands one layer below the
 * lowest of those that feed it; a line that passes a layer has a spot there
 * as boxes have, so that it crosses none of them; spots of a row are ordered
 * by the mean place of their neighbours, down and up again, neighbours of a row
 * change places where that helps, and the order with the fewest crossings is
 * kept; then they are moved to below and above their neighbours as far as their
 * order allows.  The same graph always gives the same drawing.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "storage/shmem.h"

#include "engine/layout.h"

#define BOX_HEIGHT		44.0
#define LABEL_HEIGHT	16.0
/* between boxes, and between lines */
#define WIDE_GAP		28.0
#define NARROW_GAP		10.0
/* between rows: lines that go far to the side need more to be followed */
#define ROW_GAP			16.0
#define MOST_ROW_GAP	60.0
#define ROW_SLOPE		0.06
#define MARGIN			16.0
/* a line without a label still needs room */
#define LINE_WIDTH		6.0
/* sweeps that order rows; fewer, where that many spots would be looked at */
#define ORDER_SWEEPS	60
#define LEAST_SWEEPS	8
#define MOST_LOOKS		4000000
#define SWAP_SWEEPS		4
#define MOST_PAIRS		10000
#define PLACE_SWEEPS	60
/* how much straighter lines shall be than what joins boxes */
#define STRAIGHT		16.0
#define VERY_STRAIGHT	1000.0
/* a graph with more passes of lines is not for anybody to look at */
#define MOST_SPOTS		1000000

/* Two spots in neighbouring rows with a line between them. */
typedef struct Link
{
	int			upper;
	int			lower;
} Link;

/* A spot with what it is sorted by. */
typedef struct Ranked
{
	int			spot;
	int			place;			/* for equal ranks */
	double		rank;
} Ranked;

/* What only the making of a layout needs. */
typedef struct Making
{
	CampaignLayout *layout;
	int		   *layers;			/* of activities */
	Link	   *links;
	int			nlinks;
	/* neighbours of each spot, up and down: a slice of a list each */
	int		   *first_up;
	int		   *up;
	int		   *first_down;
	int		   *down;
	int		   *best;			/* places with the fewest crossings */
	int64		fewest;
	Ranked	   *ranked;			/* room for any row */
	double		straight;
} Making;

/* ------------------------------- layers --------------------------------- */

/* True if the edge joins two different activities. */
static bool
joins_two(const CampaignDrawnEdge *edge)
{
	return edge->target >= 0 && edge->target != edge->source;
}

/* The first activity not laid that nothing awaits, or that begins a cycle. */
static int
next_activity(const Making *making, const int *awaited)
{
	int			found = -1;

	for (int i = 0; i < making->layout->drawing->nactivities; i++)
	{
		if (making->layers[i] >= 0)
			continue;
		if (awaited[i] == 0)
			return i;
		if (found < 0)
			found = i;
	}
	return found;
}

/*
 * The layer below all neighbours of the activity that have one; those that do
 * not, have -1.
 */
static int
layer_below(const Making *making, int activity)
{
	const CampaignDrawing *drawing = making->layout->drawing;
	int			layer = 0;

	for (int i = 0; i < drawing->nedges; i++)
	{
		const CampaignDrawnEdge *edge = &drawing->edges[i];

		if (!joins_two(edge))
			continue;
		if (edge->target == activity)
			layer = Max(layer, making->layers[edge->source] + 1);
		if (edge->source == activity)
			layer = Max(layer, making->layers[edge->target] + 1);
	}
	return layer;
}

/*
 * Gives every activity its layer.  An edge to one that has its layer already
 * goes up.
 */
static void
assign_layers(Making *making)
{
	CampaignLayout *layout = making->layout;
	const CampaignDrawing *drawing = layout->drawing;
	int		   *awaited = palloc0(mul_size(sizeof(int), drawing->nactivities));
	int			activity;

	for (int i = 0; i < drawing->nedges; i++)
		if (joins_two(&drawing->edges[i]))
			awaited[drawing->edges[i].target]++;
	for (int i = 0; i < drawing->nactivities; i++)
		making->layers[i] = -1;
	while ((activity = next_activity(making, awaited)) >= 0)
	{
		CHECK_FOR_INTERRUPTS();
		making->layers[activity] = layer_below(making, activity);
		for (int i = 0; i < drawing->nedges; i++)
		{
			const CampaignDrawnEdge *edge = &drawing->edges[i];

			if (edge->source != activity || !joins_two(edge))
				continue;
			if (making->layers[edge->target] >= 0)
				layout->upward[i] = true;
			else
				awaited[edge->target]--;
		}
	}
}

/* Moves what nothing feeds down to just above what it feeds. */
static void
lower_starts(Making *making)
{
	const CampaignDrawing *drawing = making->layout->drawing;

	for (int activity = 0; activity < drawing->nactivities; activity++)
	{
		int			lowest = PG_INT32_MAX;
		bool		fed = false;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < drawing->nedges; i++)
		{
			const CampaignDrawnEdge *edge = &drawing->edges[i];

			if (!joins_two(edge))
				continue;
			if (edge->target == activity)
				fed = true;
			if (edge->source == activity)
				lowest = Min(lowest, making->layers[edge->target] - 1);
		}
		if (!fed && lowest != PG_INT32_MAX && lowest > 0)
			making->layers[activity] = lowest;
	}
}

/* -------------------------------- spots --------------------------------- */

/* The number of spots of an edge: it has one in each row that it passes. */
static int
count_spots(const Making *making, int number)
{
	const CampaignDrawnEdge *edge = &making->layout->drawing->edges[number];

	if (!joins_two(edge))
		return 1;
	return 2 * abs(making->layers[edge->target] - making->layers[edge->source]) - 1;
}

/* Makes the spots of an edge, and the links between them. */
static void
add_edge(Making *making, int number, double label_width)
{
	CampaignLayout *layout = making->layout;
	const CampaignDrawnEdge *edge = &layout->drawing->edges[number];
	int			first = layout->edge_spots[number];
	int			count = layout->edge_spots[number + 1] - first;
	int			upper = layout->upward[number] ? edge->target : edge->source;
	int			lower = layout->upward[number] ? edge->source : edge->target;

	for (int i = 0; i < count; i++)
	{
		CampaignSpot *spot = &layout->spots[first + i];

		spot->row = 2 * making->layers[upper] + 1 + i;
		spot->width = i == 0 ? Max(label_width, LINE_WIDTH) : LINE_WIDTH;
		making->links[making->nlinks++] = (Link)
		{
			i == 0 ? upper : first + i - 1, first + i
		};
	}
	if (joins_two(edge))
		making->links[making->nlinks++] = (Link)
		{
			first + count - 1, lower
		};
}

/* Makes all spots. */
static void
make_spots(Making *making, const double *box_widths,
		   const double *label_widths)
{
	CampaignLayout *layout = making->layout;
	const CampaignDrawing *drawing = layout->drawing;
	int64		total = drawing->nactivities;

	for (int i = 0; i < drawing->nedges; i++)
	{
		layout->edge_spots[i] = (int) total;
		total += count_spots(making, i);
		if (total > MOST_SPOTS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("the campaign is too large to be drawn like this"),
					 errhint("Formats text, dot and mermaid have no limit.")));
	}
	layout->edge_spots[drawing->nedges] = (int) total;
	layout->nspots = (int) total;
	layout->spots = palloc0(mul_size(sizeof(CampaignSpot), total));
	making->links = palloc(mul_size(sizeof(Link), total + drawing->nedges));
	for (int i = 0; i < drawing->nactivities; i++)
	{
		layout->spots[i].row = 2 * making->layers[i];
		layout->spots[i].width = box_widths[i];
	}
	for (int i = 0; i < drawing->nedges; i++)
		add_edge(making, i, label_widths[i]);
}

/* Lists the spots of each row, in the order in which they were made. */
static void
make_rows(CampaignLayout *layout)
{
	for (int i = 0; i < layout->nspots; i++)
		layout->nrows = Max(layout->nrows, layout->spots[i].row + 1);
	layout->rows = palloc0(mul_size(sizeof(CampaignRow), layout->nrows));
	layout->order = palloc(mul_size(sizeof(int), layout->nspots));
	for (int i = 0; i < layout->nspots; i++)
		layout->rows[layout->spots[i].row].count++;
	for (int i = 1; i < layout->nrows; i++)
		layout->rows[i].first = layout->rows[i - 1].first +
			layout->rows[i - 1].count;
	for (int i = 0; i < layout->nrows; i++)
		layout->rows[i].count = 0;
	for (int i = 0; i < layout->nspots; i++)
	{
		CampaignRow *row = &layout->rows[layout->spots[i].row];

		layout->spots[i].place = row->count++;
		layout->order[row->first + layout->spots[i].place] = i;
	}
}

/* Lists the neighbours of each spot on one side. */
static void
list_neighbours(const Making *making, bool upward, int *first, int *list)
{
	int			nspots = making->layout->nspots;

	for (int i = 0; i < making->nlinks; i++)
		first[(upward ? making->links[i].lower : making->links[i].upper) + 1]++;
	for (int i = 0; i < nspots; i++)
		first[i + 1] += first[i];
	/* Filled from its end, each slice's end becomes its beginning. */
	for (int i = making->nlinks - 1; i >= 0; i--)
	{
		const Link *link = &making->links[i];

		list[--first[(upward ? link->lower : link->upper) + 1]] =
			upward ? link->upper : link->lower;
	}
	for (int i = 0; i < nspots; i++)
		first[i] = first[i + 1];
	first[nspots] = making->nlinks;
}

/* -------------------------------- order --------------------------------- */

/* The number of neighbours on one side. */
static int
degree(const int *first, int spot)
{
	return first[spot + 1] - first[spot];
}

/* By rank, then by the place. */
static int
compare_ranked(const void *left, const void *right)
{
	const Ranked *a = left;
	const Ranked *b = right;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->place - b->place;
}

/*
 * Orders a row by the mean place of the neighbours on one side.  Those of the
 * same place keep their order or are turned round: who always does the one or
 * the other soon finds nothing new.
 */
static void
order_row(Making *making, int number, const int *first, const int *list,
		  bool turn)
{
	CampaignLayout *layout = making->layout;
	CampaignRow *row = &layout->rows[number];
	int		   *order = layout->order + row->first;

	for (int i = 0; i < row->count; i++)
	{
		int			spot = order[i];
		double		sum = 0;

		for (int n = first[spot]; n < first[spot + 1]; n++)
			sum += layout->spots[list[n]].place;
		making->ranked[i].spot = spot;
		making->ranked[i].place = turn ? -i : i;
		making->ranked[i].rank = first[spot] == first[spot + 1] ? i :
			sum / (first[spot + 1] - first[spot]);
	}
	qsort(making->ranked, row->count, sizeof(Ranked), compare_ranked);
	for (int i = 0; i < row->count; i++)
	{
		order[i] = making->ranked[i].spot;
		layout->spots[order[i]].place = i;
	}
}

/*
 * How many crossings fewer there were on one side of two neighbours in a row,
 * if they changed places.
 */
static int64
gain_of(const Making *making, int left, int right, const int *first,
		const int *list)
{
	const CampaignSpot *spots = making->layout->spots;
	int64		gain = 0;

	/* Of two of that many lines each, neither place is right. */
	if ((int64) degree(first, left) * degree(first, right) > MOST_PAIRS)
		return 0;
	for (int l = first[left]; l < first[left + 1]; l++)
		for (int r = first[right]; r < first[right + 1]; r++)
		{
			int			way = spots[list[l]].place - spots[list[r]].place;

			gain += way > 0 ? 1 : way < 0 ? -1 : 0;
		}
	return gain;
}

/* Lets neighbours in a row change places where lines then cross less. */
static bool
swap_row(Making *making, int number)
{
	CampaignLayout *layout = making->layout;
	CampaignRow *row = &layout->rows[number];
	int		   *order = layout->order + row->first;
	bool		swapped = false;

	for (int i = 0; i + 1 < row->count; i++)
	{
		int			left = order[i];
		int			right = order[i + 1];

		if (gain_of(making, left, right, making->first_up, making->up) +
			gain_of(making, left, right, making->first_down, making->down) <= 0)
			continue;
		order[i] = right;
		order[i + 1] = left;
		layout->spots[right].place = i;
		layout->spots[left].place = i + 1;
		swapped = true;
	}
	return swapped;
}

/* The same in all rows, as long as it helps. */
static void
swap_rows(Making *making)
{
	bool		swapped = true;

	for (int sweep = 0; sweep < SWAP_SWEEPS && swapped; sweep++)
	{
		CHECK_FOR_INTERRUPTS();
		swapped = false;
		for (int i = 0; i < making->layout->nrows; i++)
			swapped |= swap_row(making, i);
	}
}

/*
 * Counts the crossings below a row.  Lines are taken from left to right, and
 * for each those taken before that end further to the right are counted, by a
 * tree of sums over the ends.
 */
static int64
count_crossings(const Making *making, int number, int *sums)
{
	const CampaignLayout *layout = making->layout;
	const CampaignRow *row = &layout->rows[number];
	int			ends = layout->rows[number + 1].count;
	int64		crossings = 0;
	int			taken = 0;

	memset(sums, 0, sizeof(int) * (ends + 1));
	for (int i = 0; i < row->count; i++)
	{
		int			spot = layout->order[row->first + i];
		int			before = taken;

		for (int n = making->first_down[spot]; n < making->first_down[spot + 1]; n++)
		{
			int			end = layout->spots[making->down[n]].place + 1;

			crossings += before;
			for (int at = end; at > 0; at -= at & -at)
				crossings -= sums[at];
		}
		for (int n = making->first_down[spot]; n < making->first_down[spot + 1]; n++)
		{
			int			end = layout->spots[making->down[n]].place + 1;

			for (int at = end; at <= ends; at += at & -at)
				sums[at]++;
			taken++;
		}
	}
	return crossings;
}

/* Keeps the places if they are the best so far. */
static void
judge_order(Making *making, int *sums)
{
	CampaignLayout *layout = making->layout;
	int64		crossings = 0;

	for (int i = 0; i + 1 < layout->nrows; i++)
		crossings += count_crossings(making, i, sums);
	if (making->fewest >= 0 && crossings >= making->fewest)
		return;
	making->fewest = crossings;
	for (int i = 0; i < layout->nspots; i++)
		making->best[i] = layout->spots[i].place;
}

/* True if two spots lead from the same one to the same one, or to none. */
static bool
are_alike(const Making *making, int left, int right)
{
	const int  *up = making->first_up;
	const int  *down = making->first_down;

	if (degree(up, left) != 1 || degree(up, right) != 1 ||
		degree(down, left) != degree(down, right) ||
		making->up[up[left]] != making->up[up[right]])
		return false;
	return degree(down, left) == 0 ||
		(degree(down, left) == 1 &&
		 making->down[down[left]] == making->down[down[right]]);
}

/* Orders neighbours in a row that are alike as they were given. */
static void
order_alike(const Making *making, const CampaignRow *row)
{
	int		   *order = making->layout->order + row->first;

	for (int i = 1; i < row->count; i++)
		for (int n = i; n > 0 && order[n - 1] > order[n] &&
			 are_alike(making, order[n - 1], order[n]); n--)
		{
			int			spot = order[n];

			order[n] = order[n - 1];
			order[n - 1] = spot;
		}
	for (int i = 0; i < row->count; i++)
		making->layout->spots[order[i]].place = i;
}

/* Orders all rows for few crossings. */
static void
order_rows(Making *making)
{
	CampaignLayout *layout = making->layout;
	int		   *sums = palloc(mul_size(sizeof(int), layout->nspots + 1));
	int			sweeps = Min(ORDER_SWEEPS, MOST_LOOKS / (layout->nspots + 1));

	making->fewest = -1;
	for (int sweep = 0; sweep < Max(sweeps, LEAST_SWEEPS) && making->fewest != 0; sweep++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 1; i < layout->nrows; i++)
			order_row(making, i, making->first_up, making->up, sweep % 4 > 1);
		swap_rows(making);
		judge_order(making, sums);
		for (int i = layout->nrows - 2; i >= 0 && making->fewest != 0; i--)
			order_row(making, i, making->first_down, making->down, sweep % 2 > 0);
		swap_rows(making);
		judge_order(making, sums);
	}
	for (int i = 0; i < layout->nspots; i++)
		layout->order[layout->rows[layout->spots[i].row].first + making->best[i]] = i;
	for (int i = 0; i < layout->nrows; i++)
		order_alike(making, &layout->rows[i]);
}

/* ------------------------------- places --------------------------------- */

/* How far apart the middles of two neighbours in a row must be. */
static double
distance(const CampaignLayout *layout, int left, int right)
{
	int			nactivities = layout->drawing->nactivities;
	double		gap = left < nactivities && right < nactivities ? WIDE_GAP :
		NARROW_GAP;

	return (layout->spots[left].width + layout->spots[right].width) / 2 + gap;
}

/* Places a row from the left, as close as can be. */
static void
pack_row(CampaignLayout *layout, const CampaignRow *row)
{
	const int  *order = layout->order + row->first;

	for (int i = 0; i < row->count; i++)
		layout->spots[order[i]].x = i == 0 ? 0 :
			layout->spots[order[i - 1]].x +
			distance(layout, order[i - 1], order[i]);
}

/*
 * Adds the wishes of neighbours on one side to a sum and its weight.  What is
 * followed by one and follows one shall stand straight below it.
 */
static void
add_wishes(const Making *making, int spot, bool up, double *sum,
		   double *weight)
{
	const int  *first = up ? making->first_up : making->first_down;
	const int  *back = up ? making->first_down : making->first_up;
	const int  *list = up ? making->up : making->down;

	for (int n = first[spot]; n < first[spot + 1]; n++)
	{
		double		share = degree(first, spot) == 1 &&
			degree(back, list[n]) == 1 ? making->straight : 1;

		*sum += share * making->layout->spots[list[n]].x;
		*weight += share;
	}
}

/* A run of spots that stand as close as can be. */
typedef struct Block
{
	int			count;
	double		sum;			/* of wished places, weighted */
	double		weight;
} Block;

/*
 * Moves the spots of a row to where their neighbours wish them.  Without the
 * distances, places must only not decrease; the nearest to all wishes is found
 * by joining runs in which they would into one that stands at its mean.
 */
static void
place_row(Making *making, int number, bool look_up, bool look_down,
		  Block *blocks)
{
	CampaignLayout *layout = making->layout;
	CampaignRow *row = &layout->rows[number];
	const int  *order = layout->order + row->first;
	double		offset = 0;
	int			nblocks = 0;
	int			next = 0;

	for (int i = 0; i < row->count; i++)
	{
		Block		block = {1, 0, 0};

		if (look_up)
			add_wishes(making, order[i], true, &block.sum, &block.weight);
		if (look_down)
			add_wishes(making, order[i], false, &block.sum, &block.weight);
		if (block.weight == 0)
		{
			block.weight = 0.1;
			block.sum = block.weight * layout->spots[order[i]].x;
		}
		if (i > 0)
			offset += distance(layout, order[i - 1], order[i]);
		block.sum -= block.weight * offset;
		while (nblocks > 0 && blocks[nblocks - 1].sum * block.weight >
			   block.sum * blocks[nblocks - 1].weight)
		{
			nblocks--;
			block.count += blocks[nblocks].count;
			block.sum += blocks[nblocks].sum;
			block.weight += blocks[nblocks].weight;
		}
		blocks[nblocks++] = block;
	}
	offset = 0;
	for (int b = 0; b < nblocks; b++)
		for (int i = 0; i < blocks[b].count; i++, next++)
		{
			if (next > 0)
				offset += distance(layout, order[next - 1], order[next]);
			layout->spots[order[next]].x = blocks[b].sum / blocks[b].weight + offset;
		}
}

/* Finds the horizontal places of all spots. */
static void
place_spots(Making *making)
{
	CampaignLayout *layout = making->layout;
	Block	   *blocks = palloc(mul_size(sizeof(Block), layout->nspots));
	double		left = 0;

	making->straight = STRAIGHT;
	for (int i = 0; i < layout->nrows; i++)
		pack_row(layout, &layout->rows[i]);
	for (int sweep = 0; sweep < PLACE_SWEEPS; sweep++)
	{
		/* At last both sides count, so that neither has its way alone. */
		bool		both = sweep >= PLACE_SWEEPS / 2;

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < layout->nrows; i++)
			place_row(making, i, true, both, blocks);
		for (int i = layout->nrows - 1; i >= 0; i--)
			place_row(making, i, both, true, blocks);
	}
	/* Once more from above, which leaves long lines straight. */
	for (int i = 1; i < layout->nrows; i++)
		place_row(making, i, true, false, blocks);
	/* Labels then stand by what only they lead to, or else in between. */
	making->straight = VERY_STRAIGHT;
	for (int i = 1; i < layout->nrows; i += 2)
		place_row(making, i, true, true, blocks);
	for (int i = 0; i < layout->nspots; i++)
	{
		CampaignSpot *spot = &layout->spots[i];

		if (i == 0 || spot->x - spot->width / 2 < left)
			left = spot->x - spot->width / 2;
	}
	for (int i = 0; i < layout->nspots; i++)
	{
		CampaignSpot *spot = &layout->spots[i];

		spot->x = floor(spot->x - left + MARGIN + 0.5);
		layout->width = Max(layout->width, spot->x + spot->width / 2);
	}
	layout->width = ceil(layout->width + MARGIN);
}

/* Finds the vertical places of all rows. */
static void
place_rows(Making *making)
{
	CampaignLayout *layout = making->layout;
	double	   *gaps = palloc(mul_size(sizeof(double), layout->nrows + 1));
	double		y = MARGIN;

	for (int i = 0; i < layout->nrows; i++)
		gaps[i] = ROW_GAP;
	for (int i = 0; i < making->nlinks; i++)
	{
		const CampaignSpot *upper = &layout->spots[making->links[i].upper];
		const CampaignSpot *lower = &layout->spots[making->links[i].lower];

		gaps[lower->row] = Max(gaps[lower->row],
							   ROW_SLOPE * fabs(upper->x - lower->x));
	}
	for (int i = 0; i < layout->nrows; i++)
	{
		CampaignRow *row = &layout->rows[i];
		bool		labels = false;

		for (int n = 0; n < row->count; n++)
			labels |= layout->spots[layout->order[row->first + n]].width > LINE_WIDTH;
		y += i == 0 ? 0 : floor(Min(gaps[i], MOST_ROW_GAP));
		row->top = y;
		y += i % 2 == 0 ? BOX_HEIGHT : labels ? LABEL_HEIGHT : 0;
		row->bottom = y;
	}
	layout->height = y + MARGIN;
}

/* Lays a drawing out. */
CampaignLayout *
campaign_layout(const CampaignDrawing *drawing, const double *box_widths,
				const double *label_widths)
{
	CampaignLayout *layout = palloc0(sizeof(CampaignLayout));
	Making		making = {.layout = layout};

	layout->drawing = drawing;
	layout->edge_spots = palloc(mul_size(sizeof(int), drawing->nedges + 1));
	layout->upward = palloc0(mul_size(sizeof(bool), drawing->nedges));
	making.layers = palloc(mul_size(sizeof(int), drawing->nactivities));
	assign_layers(&making);
	lower_starts(&making);
	make_spots(&making, box_widths, label_widths);
	make_rows(layout);
	making.first_up = palloc0(mul_size(sizeof(int), layout->nspots + 1));
	making.first_down = palloc0(mul_size(sizeof(int), layout->nspots + 1));
	making.up = palloc(mul_size(sizeof(int), making.nlinks));
	making.down = palloc(mul_size(sizeof(int), making.nlinks));
	making.best = palloc(mul_size(sizeof(int), layout->nspots));
	making.ranked = palloc(mul_size(sizeof(Ranked), layout->nspots));
	list_neighbours(&making, true, making.first_up, making.up);
	list_neighbours(&making, false, making.first_down, making.down);
	order_rows(&making);
	place_spots(&making);
	place_rows(&making);
	return layout;
}
