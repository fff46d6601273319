/*
 * picture.c
 *		A campaign, or one of its runs, as a drawing.
 *
 * Gathers names, states and counts into the plain structures that the drawing
 * takes; an outcome that feeds nothing is drawn too, for what goes there is
 * counted.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/shmem.h"

#include "activity/common.h"
#include "activity/option.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/text.h"
#include "engine/explain.h"
#include "engine/notation.h"
#include "engine/page.h"
#include "engine/picture.h"
#include "engine/svg.h"
#include "store/drawing.h"
#include "store/privilege.h"
#include "store/run.h"
#include "store/task.h"

/* What is drawn, growing as it is gathered. */
typedef struct Picture
{
	CampaignGraph *graph;
	CampaignRun *run;			/* NULL: the draft */
	List	   *states;			/* of CampaignTaskState * */
	List	   *flows;			/* of CampaignFlow * */
	CampaignDrawing drawing;
} Picture;

/* How a picture is made; NULL: as a page, which shows more than the drawing. */
typedef struct Format
{
	const char *name;
	char	   *(*draw) (const CampaignDrawing *drawing);
} Format;

static const Format formats[] = {
	{"text", campaign_draw_text},
	{"dot", campaign_draw_dot},
	{"mermaid", campaign_draw_mermaid},
	{"svg", campaign_draw_svg},
	{"html", NULL}
};

/* The outcomes of an activity with commas between. */
static char *
outcome_list(const CampaignActivity *activity)
{
	return campaign_list_join(campaign_activity_outcomes(activity));
}

/* The first of its kind's options that was given: for people. */
static char *
summary_of(const CampaignActivity *activity)
{
	const CampaignKind *kind = campaign_kind_find(activity->kind);

	for (int i = 0; i < kind->noptions; i++)
	{
		char	   *value;

		if (kind->options[i].type == CAMPAIGN_OPTION_OUTCOMES)
			return outcome_list(activity);
		value = campaign_option_text(activity->options, kind->options[i].name);
		if (value != NULL)
			return value;
	}
	return pstrdup("");
}

/* The rows that came out of an outcome; -1 if nothing did yet. */
static int64
rows_of(const Picture *picture, const char *source, const char *outcome)
{
	ListCell   *cell;

	foreach(cell, picture->flows)
	{
		CampaignFlow *flow = lfirst(cell);

		if (strcmp(flow->source, source) == 0 &&
			strcmp(flow->outcome, outcome) == 0)
			return flow->rows;
	}
	return -1;
}

/* Adds an edge. */
static void
add_edge(Picture *picture, const CampaignActivity *source,
		 const char *outcome, bool sole, int target)
{
	CampaignDrawnEdge *edge = &picture->drawing.edges[picture->drawing.nedges++];

	edge->source = source->index;
	edge->outcome = outcome;
	edge->sole = sole;
	edge->target = target;
	edge->rows = rows_of(picture, source->name, outcome);
}

/*
 * True if an outcome that leads nowhere is worth a line: any among which rows
 * were divided, and others once rows have come out of them.
 */
static bool
worth_drawing(const Picture *picture, const CampaignActivity *activity,
			  const char *outcome)
{
	return campaign_kind_find(activity->kind)->divides ||
		rows_of(picture, activity->name, outcome) > 0;
}

/* Adds the edges of an activity, by outcome. */
static void
add_edges(Picture *picture, const CampaignActivity *activity)
{
	List	   *outcomes = campaign_activity_outcomes(activity);
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, outcomes)
	{
		char	   *outcome = lfirst(cell);
		bool		used = false;

		foreach(inner, activity->outbound)
		{
			CampaignTransition *transition = lfirst(inner);

			if (strcmp(transition->outcome, outcome) != 0)
				continue;
			add_edge(picture, activity, outcome,
					 list_length(outcomes) == 1 ||
					 strcmp(outcome, "result") == 0,
					 transition->target->index);
			used = true;
		}
		if (!used && worth_drawing(picture, activity, outcome))
			add_edge(picture, activity, outcome,
					 list_length(outcomes) == 1, -1);
	}
	/* From outcomes that are not there any more: a draft may have that. */
	foreach(cell, activity->outbound)
	{
		CampaignTransition *transition = lfirst(cell);

		if (!campaign_list_has(outcomes, transition->outcome))
			add_edge(picture, activity, transition->outcome, false,
					 transition->target->index);
	}
}

/* The kind, and that it is not executed. */
static char *
kind_shown(const CampaignActivity *activity)
{
	switch (campaign_common_execution(activity))
	{
		case CAMPAIGN_EXECUTION_DISABLED:
			return psprintf("%s, disabled", activity->kind);
		case CAMPAIGN_EXECUTION_PASS_THROUGH:
			return psprintf("%s, passed through", activity->kind);
		case CAMPAIGN_EXECUTION_NORMAL:
			break;
	}
	return activity->kind;
}

/* Adds an activity, with its state if a run is drawn. */
static void
add_activity(Picture *picture, const CampaignActivity *activity)
{
	CampaignDrawnActivity *drawn = &picture->drawing.activities[activity->index];
	ListCell   *cell;

	drawn->name = activity->name;
	drawn->kind = kind_shown(activity);
	drawn->summary = summary_of(activity);
	foreach(cell, picture->states)
	{
		CampaignTaskState *task = lfirst(cell);

		if (strcmp(task->activity, activity->name) != 0)
			continue;
		drawn->state = task->state;
		drawn->error = task->error;
	}
}

/* Reads the graph that is to be drawn, and the run's facts. */
static void
load(Picture *picture, const char *campaign, int64 run_id)
{
	CampaignRecord *record = campaign_record_require_for(campaign, false,
														 CAMPAIGN_PRIVILEGE_VIEW);

	if (run_id == 0)
	{
		picture->graph = campaign_graph_load(record, record->draft_id);
		return;
	}
	picture->run = campaign_run_require_for(run_id, CAMPAIGN_PRIVILEGE_VIEW);
	if (picture->run->campaign_id != record->id)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("run " INT64_FORMAT " is not one of campaign \"%s\"",
						run_id, campaign),
				 errhint("It is one of campaign \"%s\".",
						 picture->run->campaign)));
	picture->graph = campaign_graph_load(record, picture->run->version_id);
	picture->states = campaign_task_states(run_id);
	picture->flows = campaign_flow_all(run_id);
}

/* Gathers what is drawn from what was read. */
static void
gather(Picture *picture, const char *campaign)
{
	CampaignDrawing *drawing = &picture->drawing;
	int			most_edges = list_length(picture->graph->transitions);
	ListCell   *cell;

	drawing->has_run = picture->run != NULL;
	drawing->title = !drawing->has_run ? campaign :
		psprintf("%s (run " INT64_FORMAT ")", campaign, picture->run->id);
	drawing->nactivities = list_length(picture->graph->activities);
	drawing->activities = palloc0(mul_size(sizeof(CampaignDrawnActivity),
										   drawing->nactivities));
	foreach(cell, picture->graph->activities)
		most_edges += list_length(campaign_activity_outcomes(lfirst(cell)));
	drawing->edges = palloc0(mul_size(sizeof(CampaignDrawnEdge), most_edges));
	foreach(cell, picture->graph->activities)
	{
		add_activity(picture, lfirst(cell));
		add_edges(picture, lfirst(cell));
	}
}

/* What SQL is asked of: in, and out. */
typedef struct Asking
{
	const Picture *picture;
	List	   *explained;
} Asking;

/* Explains what is drawn. */
static void
explain(void *arg)
{
	Asking	   *asking = arg;

	asking->explained = campaign_explain_sql(asking->picture->graph->campaign,
											 asking->picture->run);
}

/*
 * Has the page show the SQL of activities, or why it does not.  It is worth a
 * page without it that somebody else looks at, or whose tables have changed.
 */
static void
add_sql(CampaignPage *page, const Picture *picture)
{
	Asking		asking = {.picture = picture};
	ErrorData  *error;

	if (XactReadOnly)
	{
		page->unexplained = "a transaction that only reads cannot plan it";
		return;
	}
	error = campaign_attempt(explain, &asking);
	if (error == NULL)
		page->explained = asking.explained;
	else if (ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
			 ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION))
		ReThrowError(error);
	else
		page->unexplained = error->message;
}

/* The page of what was gathered. */
static char *
draw_page(const Picture *picture)
{
	CampaignPage page = {
		.drawing = &picture->drawing,
		.graph = picture->graph,
		.run = picture->run,
		.states = picture->states,
		.flows = picture->flows
	};

	add_sql(&page, picture);
	return campaign_page(&page);
}

/* The format of that name. */
static const Format *
find_format(const char *name)
{
	for (int i = 0; i < lengthof(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized format: \"%s\"", name),
			 errhint("Formats are text, dot, mermaid, svg and html.")));
}

/* Draws the draft, or a run. */
char *
campaign_picture(const char *campaign, const char *format, int64 run_id)
{
	Picture		picture = {0};
	const Format *found = find_format(format);

	load(&picture, campaign, run_id);
	gather(&picture, campaign);
	if (found->draw != NULL)
		return found->draw(&picture.drawing);
	return draw_page(&picture);
}
