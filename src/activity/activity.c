/*
 * activity.c
 *		The table of kinds, and what their run() functions share.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "activity/activity.h"
#include "activity/common.h"
#include "activity/count.h"
#include "activity/live.h"
#include "activity/option.h"
#include "activity/trial.h"
#include "base/clock.h"
#include "base/errors.h"
#include "base/text.h"
#include "set/row.h"
#include "set/stream.h"

/* In order of name. */
static const CampaignKind *const kinds[] = {
	&campaign_kind_alert,
	&campaign_kind_approval,
	&campaign_kind_audience,
	&campaign_kind_change_dimension,
	&campaign_kind_combine,
	&campaign_kind_custom,
	&campaign_kind_deduplicate,
	&campaign_kind_direct_mail,
	&campaign_kind_email,
	&campaign_kind_end,
	&campaign_kind_enrich,
	&campaign_kind_extract_file,
	&campaign_kind_fork,
	&campaign_kind_incremental,
	&campaign_kind_join,
	&campaign_kind_load_file,
	&campaign_kind_push,
	&campaign_kind_read_audience,
	&campaign_kind_reconcile,
	&campaign_kind_save_audience,
	&campaign_kind_signal,
	&campaign_kind_sms,
	&campaign_kind_split,
	&campaign_kind_sql,
	&campaign_kind_sub_campaign,
	&campaign_kind_test,
	&campaign_kind_update_data,
	&campaign_kind_wait,
};

/* All kinds, in order of name. */
List *
campaign_kinds_all(void)
{
	List	   *all = NIL;

	for (int i = 0; i < lengthof(kinds); i++)
		all = lappend(all, (void *) kinds[i]);
	return all;
}

/* The kind of that name; refused with the nearest names. */
const CampaignKind *
campaign_kind_find(const char *name)
{
	List	   *names = NIL;

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
		names = lappend(names, (char *) kinds[i]->name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("unrecognized kind of activity: \"%s\"", name),
			 errhint("%s", campaign_nearest_hint(name, names, "kinds"))));
	return NULL;				/* keep the compiler quiet */
}

/* The one outcome of kinds that have one. */
List *
campaign_outcome_sole(const Jsonb *options)
{
	return list_make1(pstrdup("result"));
}

/* A doubt about an activity. */
CampaignWarning *
campaign_warning(const char *code, const char *message, const char *hint)
{
	CampaignWarning *warning = palloc(sizeof(CampaignWarning));

	warning->code = code;
	warning->message = message;
	warning->hint = hint;
	return warning;
}

/* For kinds at which a branch ends. */
List *
campaign_outcome_none(const Jsonb *options)
{
	return NIL;
}

/* How many of its inbound branches must have come before it is executed. */
int
campaign_activity_needs(const CampaignActivity *activity)
{
	const CampaignKind *kind = campaign_kind_find(activity->kind);

	return kind->needs == NULL ? list_length(activity->inbound) :
		kind->needs(activity);
}

/* Names of the outcomes of an activity; the one for errors is the last. */
List *
campaign_activity_outcomes(const CampaignActivity *activity)
{
	List	   *outcomes = campaign_kind_find(activity->kind)->outcomes(activity->options);

	if (campaign_common_diverts(activity))
		outcomes = lappend(outcomes, pstrdup(CAMPAIGN_ERROR_OUTCOME));
	return outcomes;
}

/* Refuses a text that names none of the inbound transitions. */
void
campaign_scope_check_inbound(const CampaignScope *scope, const char *option,
							 const char *text)
{
	List	   *names = NIL;
	ListCell   *cell;

	if (text == NULL || scope->activity->inbound == NIL ||
		campaign_activity_inbound_number(scope->activity, text) >= 0)
		return;
	foreach(cell, scope->activity->inbound)
	{
		CampaignTransition *transition = lfirst(cell);

		names = lappend(names, psprintf("%s.%s", transition->source->name,
										transition->outcome));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" in option \"%s\" is no inbound transition of \"%s\"",
					text, option, scope->activity->name),
			 errhint("%s", campaign_nearest_hint(text, names,
												 "inbound transitions"))));
}

/* Refuses transitions by outcomes whose rows are only counted. */
void
campaign_scope_check_counted(const CampaignScope *scope)
{
	char	   *first = linitial(campaign_activity_outcomes(scope->activity));
	ListCell   *cell;

	foreach(cell, scope->activity->outbound)
	{
		const char *outcome = ((CampaignTransition *) lfirst(cell))->outcome;

		if (strcmp(outcome, first) != 0 &&
			strcmp(outcome, CAMPAIGN_ERROR_OUTCOME) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("nothing can follow \"%s.%s\"",
							scope->activity->name, outcome),
					 errdetail("These rows are no rows of the dimension; they are only counted."),
					 errhint("Read them with a query of your own.")));
	}
}

/* The number of the inbound transition that a text names; -1 if none. */
int
campaign_activity_inbound_number(const CampaignActivity *activity,
								 const char *text)
{
	ListCell   *cell;

	foreach(cell, activity->inbound)
	{
		CampaignTransition *transition = lfirst(cell);

		if (campaign_transition_named(text, transition->source->name,
									  transition->outcome))
			return foreach_current_index(cell);
	}
	return -1;
}

/*
 * The number of the inbound transition whose rows go on: the one that an
 * option of the activity names, else the first.
 */
int
campaign_activity_leading(const CampaignActivity *activity)
{
	const CampaignKind *kind = campaign_kind_find(activity->kind);

	for (int i = 0; i < kind->noptions; i++)
	{
		char	   *named;
		int			number;

		if (kind->options[i].type != CAMPAIGN_OPTION_TRANSITION)
			continue;
		named = campaign_option_text(activity->options, kind->options[i].name);
		number = named == NULL ? -1 :
			campaign_activity_inbound_number(activity, named);
		if (number >= 0)
			return number;
	}
	return 0;
}

/* The transition whose rows go on from here. */
static const CampaignTransition *
leading_transition(const CampaignActivity *activity)
{
	return campaign_transition_origin(list_nth(activity->inbound,
											   campaign_activity_leading(activity)));
}

/* True if rows that go this way have changed their dimension. */
static bool
has_changed(const CampaignTransition *transition)
{
	const CampaignActivity *source = transition->source;

	return campaign_kind_find(source->kind)->changes &&
		strcmp(transition->outcome,
			   linitial(campaign_activity_outcomes(source))) == 0;
}

/* Refuses to begin with lines of files. */
void
campaign_activity_check_dimension(const char *dimension)
{
	if (strcmp(dimension, CAMPAIGN_DIMENSION_FILE) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dimension \"%s\" has no rows of its own", dimension),
				 errhint("It is that of what load_file reads.")));
}

/* The dimension that an activity says its rows are of, or NULL. */
static char *
stated_dimension(const CampaignActivity *activity)
{
	const char *always = campaign_kind_find(activity->kind)->dimension;

	return always != NULL ? pstrdup(always) :
		campaign_option_text(activity->options, "dimension");
}

/*
 * The dimension of the rows an activity sees: that of the first one on the way
 * up that says so, or the campaign's.  One that changes it says what it changes
 * it to.
 */
char *
campaign_activity_dimension(const CampaignGraph *graph,
							const CampaignActivity *activity)
{
	int			steps = list_length(graph->activities);

	/* Counted, because a graph that was not checked may have cycles. */
	while (steps-- >= 0)
	{
		const CampaignTransition *leading;
		char	   *stated = campaign_kind_find(activity->kind)->changes ? NULL :
			stated_dimension(activity);

		if (stated != NULL)
			return stated;
		if (activity->inbound == NIL)
			break;
		leading = leading_transition(activity);
		if (has_changed(leading))
			return stated_dimension(leading->source);
		activity = leading->source;
	}
	return graph->campaign->dimension;
}

/* The dimension of the rows that come along a transition. */
char *
campaign_transition_dimension(const CampaignGraph *graph,
							  const CampaignTransition *transition)
{
	transition = campaign_transition_origin(transition);
	return has_changed(transition) ? stated_dimension(transition->source) :
		campaign_activity_dimension(graph, transition->source);
}

/* The graph's dimension of that name: frozen with it, or as it is now. */
static CampaignDimension *
find_dimension(const CampaignGraph *graph, const char *dimension)
{
	CampaignDimension *found;

	found = graph->frozen ?
		campaign_dimension_of_version(graph->version_id, dimension) :
		campaign_dimension_find(graph->campaign->owner, dimension);
	if (found == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("dimension \"%s\" does not exist", dimension),
				 errhint("%s Dimensions are declared with campaign_dimension().",
						 campaign_nearest_hint(dimension,
											   campaign_dimension_names(graph->campaign->owner),
											   "dimensions"))));
	return found;
}

/* The same, as it is found in the database. */
CampaignTarget *
campaign_graph_target(const CampaignGraph *graph, const char *dimension)
{
	return campaign_target_resolve(find_dimension(graph, dimension));
}

/* The persons that the rows of a channel's lead to; NULL: nothing is known. */
static CampaignTarget *
find_person(const CampaignScope *scope)
{
	const char *named = scope->target->dimension->profile_dimension;

	if (named == NULL || strcmp(campaign_kind_find(scope->activity->kind)->category,
								"channel") != 0)
		return NULL;
	return campaign_target_resolve_person(find_dimension(scope->graph, named));
}

/* The scope of an activity; resolves its dimension. */
void
campaign_scope_open(CampaignScope *scope, CampaignGraph *graph,
					CampaignActivity *activity,
					const CampaignVariables *variables)
{
	scope->graph = graph;
	scope->activity = activity;
	scope->variables = campaign_variables_within(variables, graph);
	campaign_scope_count(scope, NIL);
	scope->inbound = NIL;
	scope->added = NIL;
	scope->target = campaign_graph_target(graph,
										  campaign_activity_dimension(graph,
																	  activity));
	scope->person = find_person(scope);
	scope->result = !campaign_kind_find(activity->kind)->changes ? NULL :
		campaign_graph_target(graph, stated_dimension(activity));
}

/* Sets the columns of the rows from those of the inbound transitions. */
static void
set_added(CampaignScope *scope, List *inbound)
{
	const CampaignKind *kind = campaign_kind_find(scope->activity->kind);

	scope->inbound = inbound;
	if (inbound == NIL)
		scope->added = NIL;
	else if (kind->merge != NULL)
		scope->added = kind->merge(scope->activity, inbound);
	else
		scope->added = list_nth(inbound,
								campaign_activity_leading(scope->activity));
}

/* The columns an activity's rows have, and those it adds to them. */
static List *
compute_columns(CampaignGraph *graph, CampaignActivity *activity,
				const CampaignVariables *variables)
{
	const CampaignKind *kind = campaign_kind_find(activity->kind);
	CampaignScope scope;

	campaign_scope_open(&scope, graph, activity, variables);
	campaign_scope_declare(&scope);
	if (kind->columns == NULL)
		return scope.added;
	return list_concat_copy(kind->changes ? NIL : scope.added,
							kind->columns(&scope));
}

/*
 * The added columns that come out of an activity.  What a cycle leads back to
 * has none; it is refused elsewhere.
 */
static List *
declared_columns(CampaignGraph *graph, CampaignActivity *activity,
				 const CampaignVariables *variables)
{
	MemoryContext old;

	check_stack_depth();
	if (activity->columns_known || activity->columns_sought)
		return activity->columns;
	/* They live as long as the graph. */
	old = MemoryContextSwitchTo(GetMemoryChunkContext(activity));
	activity->columns_sought = true;
	PG_TRY();
	{
		activity->columns = compute_columns(graph, activity, variables);
	}
	PG_FINALLY();
	{
		activity->columns_sought = false;
	}
	PG_END_TRY();
	activity->columns_known = true;
	MemoryContextSwitchTo(old);
	return activity->columns;
}

/* The added columns of what comes along a transition. */
static List *
inbound_columns(CampaignGraph *graph, const CampaignTransition *transition,
				const CampaignVariables *variables)
{
	const CampaignKind *kind;
	List	   *shape;

	check_stack_depth();
	transition = campaign_transition_origin(transition);
	kind = campaign_kind_find(transition->source->kind);
	shape = kind->shape == NULL ? NIL : kind->shape(transition->outcome);
	if (shape != NIL)
		return shape;
	/* What has not been changed is as it came. */
	if (kind->changes && !has_changed(transition))
		return transition->source->inbound == NIL ? NIL :
			inbound_columns(graph, leading_transition(transition->source),
							variables);
	return declared_columns(graph, transition->source, variables);
}

/* True if an activity of the graph may have added columns. */
static bool
adds_columns(const CampaignGraph *graph)
{
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		if (campaign_kind_find(((CampaignActivity *) lfirst(cell))->kind)->columns != NULL)
			return true;
	}
	return false;
}

/* Sets the added columns: those the activities before it declare. */
void
campaign_scope_declare(CampaignScope *scope)
{
	bool		any = adds_columns(scope->graph);
	List	   *inbound = NIL;
	ListCell   *cell;

	foreach(cell, scope->activity->inbound)
		inbound = lappend(inbound, !any ? NIL :
						  inbound_columns(scope->graph, lfirst(cell),
										  scope->variables));
	set_added(scope, inbound);
}

/* Sets the added columns: those the inbound populations have. */
void
campaign_scope_discover(CampaignScope *scope, List *flows)
{
	List	   *inbound = NIL;
	ListCell   *cell;

	foreach(cell, flows)
	{
		CampaignFlow *flow = lfirst(cell);
		CampaignPopulation *population;

		if (flow->population == NULL)
		{
			/* A follow-up comes when they have been dropped. */
			campaign_scope_declare(scope);
			return;
		}
		population =
			campaign_population_open(flow->population,
									 campaign_graph_target(scope->graph,
														   flow->dimension));
		inbound = lappend(inbound, campaign_population_added(population));
	}
	set_added(scope, inbound);
}

/* ----------------------- for the kinds' run() --------------------------- */

/* An inbound population, by number from 0. */
CampaignPopulation *
campaign_task_population(const CampaignTask *task, int number)
{
	CampaignFlow *flow = list_nth(task->inbound, number);

	if (task->stream != NULL)
		return task->stream;
	campaign_ensure(flow->population != NULL,
					"population of \"%s.%s\" is missing", flow->source,
					flow->outcome);
	campaign_ensure(strcmp(flow->dimension,
						   task->scope.target->dimension->name) == 0,
					"population of \"%s.%s\" is of dimension \"%s\"",
					flow->source, flow->outcome, flow->dimension);
	return campaign_population_open(flow->population, task->scope.target);
}

/* It as one that is in no table. */
CampaignPopulation *
campaign_task_stream(const CampaignTask *task)
{
	CampaignPopulation *population;

	if (task->stream != NULL)
		return task->stream;
	if (!OidIsValid(task->scope.target->relation))
		return NULL;
	population = campaign_task_population(task, 0);
	return population->spread ? NULL :
		campaign_stream_over(population, CAMPAIGN_ROW_LEFT);
}

/* The number of the outcome that a row fell to. */
const char *
campaign_task_number(const CampaignTask *task)
{
	return campaign_row_column(task->scope.target, task->fan->stream,
							   task->fan->number);
}

/* The condition that it is one of the branches', NULL if each is. */
char *
campaign_task_concerned(const CampaignTask *task)
{
	StringInfoData text;
	ListCell   *cell;

	if (task->fan == NULL ||
		list_length(task->fan->branches) == task->fan->noutcomes)
		return NULL;
	initStringInfo(&text);
	foreach(cell, task->fan->branches)
		appendStringInfo(&text, "%s%d", text.len > 0 ? ", " : "",
						 ((CampaignBranch *) lfirst(cell))->outcome);
	return psprintf("%s IN (%s)", campaign_task_number(task), text.data);
}

/* How many rows of a population that was not written there were. */
void
campaign_task_came(CampaignTask *task, int64 rows)
{
	if (task->stream != NULL)
		((CampaignFlow *) linitial(task->inbound))->rows = rows;
}

/* A new select for the task's expressions, and those of what it takes. */
CampaignSelect *
campaign_task_select(const CampaignTask *task)
{
	CampaignSelect *select = campaign_select_new(task->scope.variables,
												 task->scope.activity->search_path);

	select->sample = campaign_trial_sample(task);
	if (task->stream != NULL)
	{
		select->expressions = list_copy(task->stream->expressions);
		select->counters = task->stream->counters;
	}
	return select;
}

/* Where between 0 and 1 the row stands when it is drawn. */
char *
campaign_task_position(const CampaignTask *task,
					   const CampaignPopulation *population)
{
	return campaign_task_position_for(task, population, NULL);
}

/* The text on which the activity draws. */
char *
campaign_task_seed(const CampaignTask *task, const char *draw)
{
	char	   *seed = campaign_option_text(task->scope.activity->options,
											"seed");

	if (seed == NULL)
		seed = psprintf("%s.%s", task->run->campaign,
						task->scope.activity->name);
	return draw == NULL ? seed : psprintf("%s.%s", seed, draw);
}

/* The same for a draw of its own, if it has a name. */
char *
campaign_task_position_for(const CampaignTask *task,
						   const CampaignPopulation *population,
						   const char *draw)
{
	return psprintf("campaign.sample_position(%s, %s)",
					campaign_row_recipient(task->scope.target, population),
					quote_literal_cstr(campaign_task_seed(task, draw)));
}

/* The name of an outcome, by number from 0. */
static char *
outcome_name(const CampaignTask *task, int number)
{
	return list_nth(campaign_activity_outcomes(task->scope.activity), number);
}

/* True if something follows that outcome. */
bool
campaign_task_followed(const CampaignTask *task, const char *outcome)
{
	ListCell   *cell;

	foreach(cell, task->scope.activity->outbound)
	{
		if (strcmp(((CampaignTransition *) lfirst(cell))->outcome,
				   outcome) == 0)
			return true;
	}
	return false;
}

/* What the rows of an outcome are of, by number from 0. */
static CampaignTarget *
outcome_target(const CampaignTask *task, int number)
{
	return number == 0 && task->scope.result != NULL ? task->scope.result :
		task->scope.target;
}

/*
 * Where the live ones are among all columns of the rows; NULL: those are all.
 * Those of the key come first in either.
 */
static int *
places_of(int nkeys, List *live, List *all)
{
	int		   *places;
	int			number = nkeys;
	ListCell   *cell;

	if (list_length(live) == list_length(all))
		return NULL;
	places = palloc(sizeof(int) * (nkeys + list_length(live)));
	for (int i = 0; i < nkeys; i++)
		places[i] = i;
	foreach(cell, all)
	{
		if (list_member_ptr(live, lfirst(cell)))
			places[number++] = nkeys + foreach_current_index(cell);
	}
	return places;
}

/* Readies an outlet for an outcome. */
void
campaign_task_outlet(CampaignTask *task, CampaignOutlet *outlet, int number,
					 List *added)
{
	CampaignTarget *target = outcome_target(task, number);
	List	   *live;

	outlet->capacity = -1;
	outlet->first = 0;
	outlet->share = 0;
	outlet->rows = 0;
	outlet->population = NULL;
	outlet->places = NULL;
	outlet->aside = InvalidOid;
	if (!task->keep && !campaign_task_followed(task, outcome_name(task, number)))
		return;
	live = campaign_live_columns(task, outcome_name(task, number), added);
	outlet->places = places_of(list_length(target->key), live, added);
	outlet->population =
		campaign_population_create(psprintf("r" INT64_FORMAT "_%d_%d",
											task->run->id,
											task->scope.activity->position,
											number + 1),
								   target, live, task->run->owner);
}

/* Notes what came out of outcome number. */
void
campaign_task_emit(CampaignTask *task, const CampaignOutlet *outlet,
				   int number, bool active)
{
	CampaignFlow *flow = palloc0(sizeof(CampaignFlow));

	flow->source = task->scope.activity->name;
	flow->outcome = outcome_name(task, number);
	flow->rows = outlet->rows;
	flow->dimension = outcome_target(task, number)->dimension->name;
	flow->population = outlet->population ? outlet->population->name : NULL;
	flow->active = active;
	task->outbound = lappend(task->outbound, flow);
}

/* Passes an inbound population on, without touching it. */
void
campaign_task_pass(CampaignTask *task, int inbound)
{
	CampaignFlow *from = list_nth(task->inbound, inbound);
	CampaignFlow *flow = palloc(sizeof(CampaignFlow));

	*flow = *from;
	flow->source = task->scope.activity->name;
	flow->outcome = outcome_name(task, 0);
	flow->active = true;
	task->outbound = lappend(task->outbound, flow);
}

/* Passes an inbound population on by one outcome; nothing takes the others. */
void
campaign_task_choose(CampaignTask *task, int inbound, const char *outcome)
{
	CampaignFlow *from = list_nth(task->inbound, inbound);
	ListCell   *cell;

	foreach(cell, campaign_activity_outcomes(task->scope.activity))
	{
		CampaignFlow *flow = palloc(sizeof(CampaignFlow));

		*flow = *from;
		flow->source = task->scope.activity->name;
		flow->outcome = lfirst(cell);
		flow->active = strcmp(flow->outcome, outcome) == 0;
		if (!flow->active)
		{
			flow->rows = 0;
			flow->population = NULL;
		}
		task->outbound = lappend(task->outbound, flow);
	}
}

/* True if the instant has passed, or counts as passed. */
bool
campaign_task_overdue(const CampaignTask *task, TimestampTz then)
{
	return (task->due && task->hurried) || then <= campaign_clock_now();
}
