/*
 * audience.c
 *		audience: the rows of a dimension, or of a population, that satisfy a
 *		condition.
 *
 * A selecting kind.  At the start of a branch it makes the key what all later
 * activities rely on: unique and not NULL.  Where no index of the user's
 * proves that, the rows that break it go to the outcome "rejected".
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"

#include "activity/activity.h"
#include "activity/option.h"
#include "activity/reaction.h"
#include "base/cluster.h"
#include "base/errors.h"
#include "set/row.h"
#include "set/stream.h"

static const CampaignOption options[] = {
	{"filter", CAMPAIGN_OPTION_CONDITION, false, "all rows",
	"Condition on the row: columns of the dimension, subqueries, vars.name; or a rule."},
	{"feedback", CAMPAIGN_OPTION_OBJECT, false, NULL,
	"Object, for those who were sent a message: delivery, is or not (events, one or an array), campaign, link, since, until; {\"delivery\": \"mail\", \"not\": \"opened\"}."},
	{"dimension", CAMPAIGN_OPTION_DIMENSION, false, "the campaign's",
	"The dimension whose rows are selected; only at the start of a branch."},
	{"skip_empty", CAMPAIGN_OPTION_BOOLEAN, false, "false",
	"Whether the branch ends here when no row is selected."}
};

/* What is selected, and what has no usable key. */
enum
{
	OUTCOME_RESULT,
	OUTCOME_REJECTED,
	OUTCOMES
};

/* What satisfies the condition, and what has no usable key. */
static List *
outcomes_of_audience(const Jsonb *given)
{
	return list_make2(pstrdup("result"), pstrdup("rejected"));
}

/* Refuses another dimension than that of the inbound population, and more. */
static void
check_audience(const CampaignScope *scope)
{
	CampaignActivity *activity = scope->activity;
	char	   *inbound;

	campaign_reaction_check(scope);
	if (activity->inbound == NIL ||
		campaign_option_text(activity->options, "dimension") == NULL)
		return;
	inbound = campaign_transition_dimension(scope->graph,
											linitial(activity->inbound));
	if (strcmp(inbound, scope->target->dimension->name) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("audience \"%s\" cannot change the dimension of its inbound population",
					activity->name),
			 errdetail("The population is of dimension \"%s\", the option says \"%s\".",
					   inbound, scope->target->dimension->name),
			 errhint("Leave the option out, or start a branch of its own.")));
}

/* Appends the number of the outcome: rejected for its key, or not. */
static void
append_rejection(CampaignSelect *select, const CampaignTarget *target)
{
	appendStringInfo(&select->text, "CASE WHEN %s THEN %d ELSE %d END, ",
					 campaign_row_unusable(target), OUTCOME_REJECTED,
					 OUTCOME_RESULT);
}

/* Appends " WHERE ..." if there is a condition. */
static void
append_filter(CampaignTask *task, CampaignSelect *select,
			  const CampaignPopulation *population,
			  const CampaignPopulation *reacted)
{
	CampaignExpression *filter =
		campaign_option_expression(task->scope.activity, "filter");

	if (reacted != NULL)
		appendStringInfo(&select->text,
						 " WHERE EXISTS (SELECT FROM %s AS \"campaign.reacted\""
						 " WHERE \"campaign.reacted\".recipient = %s COLLATE \"C\")",
						 reacted->source,
						 campaign_row_recipient(task->scope.target, population));
	if (filter == NULL)
		return;
	appendStringInfoString(&select->text, reacted ? " AND " : " WHERE ");
	campaign_select_expression(select, filter);
}

/* Selects rows of the dimension into the outlets. */
static void
select_from_dimension(CampaignTask *task, const CampaignPopulation *reacted,
					  CampaignOutlet *outlets)
{
	CampaignTarget *target = task->scope.target;
	CampaignSelect *select = campaign_task_select(task);
	bool		proven = target->unique && target->not_null;

	appendStringInfoString(&select->text, "SELECT ");
	if (!proven)
		append_rejection(select, target);
	campaign_row_columns(select, target, NULL);
	appendStringInfoString(&select->text, " FROM ");
	campaign_row_from(select, target, NULL, CAMPAIGN_ROW_INNER);
	append_filter(task, select, NULL, reacted);
	if (proven)
		campaign_sink_write(select, CAMPAIGN_ROUTE_SOLE, outlets, 1);
	else
		campaign_sink_write(select, CAMPAIGN_ROUTE_NUMBER, outlets, OUTCOMES);
}

/*
 * Appends the condition on rows of a population of which all are seen, also
 * those that are gone from the dimension.
 */
static void
append_condition(const CampaignTask *task, CampaignSelect *select,
				 const CampaignPopulation *population)
{
	CampaignExpression *filter =
		campaign_option_expression(task->scope.activity, "filter");

	appendStringInfo(&select->text, "CASE WHEN %s THEN ",
					 campaign_row_found(task->scope.target, population));
	if (filter == NULL)
		appendStringInfoString(&select->text, "true");
	else
		campaign_select_expression(select, filter);
	appendStringInfoString(&select->text, " END");
}

/* Selects rows of an inbound population that is counted on the way. */
static void
select_from_stream(CampaignTask *task, CampaignOutlet *outlets)
{
	CampaignTarget *target = task->scope.target;
	CampaignSelect *select = campaign_task_select(task);

	appendStringInfoString(&select->text, "SELECT CASE WHEN ");
	append_condition(task, select, task->stream);
	appendStringInfo(&select->text, " THEN %d END, ", OUTCOME_RESULT);
	campaign_row_columns(select, target, task->stream);
	appendStringInfoString(&select->text, " FROM ");
	campaign_row_from(select, target, task->stream, CAMPAIGN_ROW_INNER);
	campaign_task_came(task, campaign_sink_write(select,
												 CAMPAIGN_ROUTE_NUMBER,
												 outlets, OUTCOMES));
}

/*
 * Selects rows of the inbound population into the first outlet.  The fence keeps
 * the filter from rows of the dimension that are not in it.
 */
static void
select_from_population(CampaignTask *task, CampaignPopulation *population,
					   const CampaignPopulation *reacted,
					   CampaignOutlet *outlets)
{
	CampaignTarget *target = task->scope.target;
	CampaignSelect *select = campaign_task_select(task);
	const char *alias = quote_identifier(target->dimension->name);

	appendStringInfoString(&select->text, "SELECT ");
	campaign_row_columns(select, target, population);
	appendStringInfo(&select->text, " FROM (SELECT %s.* FROM ", alias);
	campaign_row_from(select, target, population, CAMPAIGN_ROW_INNER);
	/* A cluster would bring the rows here before they go on. */
	appendStringInfo(&select->text, "%s) AS %s",
					 population->spread ? "" : " OFFSET '0'", alias);
	append_filter(task, select, population, reacted);
	campaign_sink_write(select, CAMPAIGN_ROUTE_SOLE, outlets, 1);
}

/* Selects; what has no usable key is told apart at the start of a branch. */
static void
run_audience(CampaignTask *task)
{
	CampaignOutlet outlets[OUTCOMES];
	CampaignPopulation *population = NULL;
	CampaignPopulation *reacted = campaign_reaction_select(task);
	bool		skip_empty;

	if (task->inbound != NIL)
		population = campaign_task_population(task, 0);
	for (int i = 0; i < OUTCOMES; i++)
		campaign_task_outlet(task, &outlets[i], i, campaign_population_added(population));
	if (task->stream != NULL)
		select_from_stream(task, outlets);
	else if (population != NULL)
		select_from_population(task, population, reacted, outlets);
	else
		select_from_dimension(task, reacted, outlets);
	if (reacted != NULL)
		(void) campaign_population_drop(reacted->name);

	skip_empty = campaign_option_bool(task->scope.activity->options,
									  "skip_empty", false);
	campaign_task_emit(task, &outlets[OUTCOME_RESULT], OUTCOME_RESULT,
					   !skip_empty || outlets[OUTCOME_RESULT].rows > 0);
	campaign_task_emit(task, &outlets[OUTCOME_REJECTED], OUTCOME_REJECTED,
					   true);
}

/* True if an option is given that needs more than one statement. */
static bool
is_involved(const CampaignActivity *activity)
{
	return campaign_object_member(&activity->options->root, "feedback") != NULL;
}

/* raw_expression_tree_walker: true if there is a subquery. */
static bool
has_subquery(Node *node, void *context)
{
	return node != NULL && (IsA(node, SubLink) ||
							raw_expression_tree_walker(node, has_subquery,
													   context));
}

/*
 * Behind another activity, what has no subquery: only in WHERE can the planner
 * make a join of one, and only elsewhere every row is counted.
 */
static bool
takes_rows(const CampaignScope *scope)
{
	CampaignExpression *filter = campaign_option_expression(scope->activity,
															"filter");

	return !is_involved(scope->activity) &&
		(filter == NULL || (!filter->rule && !has_subquery(filter->tree, NULL)));
}

/*
 * True if it gives rows of a dimension whose keys are fit to be relied on.  A
 * branch that may end here is not known to go on.
 */
static bool
gives_dimension(const CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	const CampaignTarget *target = task->scope.target;

	return activity->inbound == NIL && !is_involved(activity) &&
		!campaign_option_bool(activity->options, "skip_empty", false) &&
		OidIsValid(target->relation) && target->unique && target->not_null &&
		!campaign_cluster_has(target->relation);
}

/* Gives these rows. */
static CampaignPopulation *
stream_dimension(CampaignTask *task)
{
	CampaignExpression *filter =
		campaign_option_expression(task->scope.activity, "filter");
	CampaignSelect *select = campaign_task_select(task);

	if (!gives_dimension(task))
		return NULL;
	if (filter != NULL)
		campaign_select_expression(select, filter);
	return campaign_stream_open(task->scope.target, select);
}

/*
 * Appends the condition for which rows of the dimension come out.  One that is
 * volatile could see what that of another activity does.
 */
static bool
append_membership(const CampaignTask *task, CampaignSelect *select)
{
	CampaignExpression *filter =
		campaign_option_expression(task->scope.activity, "filter");

	if (!gives_dimension(task) ||
		campaign_expression_is_volatile(&task->scope, filter))
		return false;
	if (filter == NULL)
		appendStringInfoString(&select->text, "true");
	else
		campaign_select_expression(select, filter);
	return true;
}

/* Gives the rows; those on other servers are written there. */
static CampaignPopulation *
stream_audience(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	CampaignPopulation *stream;
	CampaignSelect *select = campaign_task_select(task);

	if (activity->inbound == NIL)
		return stream_dimension(task);
	if (campaign_option_bool(activity->options, "skip_empty", false))
		return NULL;
	stream = takes_rows(&task->scope) ? campaign_task_stream(task) : NULL;
	if (stream == NULL)
		return NULL;
	append_condition(task, select, stream);
	return campaign_stream_narrow(task->scope.target, stream, select);
}

const CampaignKind campaign_kind_audience = {
	.name = "audience",
	.category = "targeting",
	.purpose = "Selects the rows of a dimension, or of the inbound population, that satisfy a condition.",
	.min_inbound = 0,
	.max_inbound = 1,
	.outcome_names = "result, rejected",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_audience,
	.expressions = campaign_reaction_expressions,
	.check = check_audience,
	.warn = campaign_reaction_warn,
	.run = run_audience,
	.stream = stream_audience,
	.takes = takes_rows,
	.membership = append_membership,
	.reads_expressions = true
};
