/*
 * check.c
 *		Everything that is wrong with a campaign, at once.
 *
 * What the define functions refuse one by one is asked again for every
 * activity, each in a subtransaction, so that one problem does not hide
 * another; then come the questions only the whole graph answers.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"

#include "activity/common.h"
#include "activity/option.h"
#include "activity/wording.h"
#include "base/attempt.h"
#include "base/compat.h"
#include "base/identity.h"
#include "base/settings.h"
#include "base/text.h"
#include "engine/check.h"
#include "set/reckon.h"

/* A check in progress. */
typedef struct Checking
{
	CampaignGraph *graph;
	CampaignVariables *variables;
	List	   *problems;
} Checking;

/* Adds a problem. */
static void
add_problem(Checking *checking, const char *severity,
			const CampaignActivity *activity, const char *code,
			const char *message, const char *hint)
{
	CampaignProblem *problem = palloc(sizeof(CampaignProblem));

	problem->severity = severity;
	problem->activity = activity == NULL ? NULL : activity->name;
	problem->code = code;
	problem->message = message;
	problem->hint = hint;
	checking->problems = lappend(checking->problems, problem);
}

/* What a question is about. */
typedef struct Question
{
	Checking   *checking;
	CampaignActivity *activity;
	CampaignScope *scope;
	CampaignExpression *expression;
	const char *variable;
	List	   *expressions;	/* an answer */
	CampaignWarning *lack;		/* an answer; NULL: nothing is missing */
	List	   *warnings;		/* an answer, of CampaignWarning * */
} Question;

/*
 * The expression an error is about, which the innermost line of its context
 * names; NULL if it is about none.
 */
static char *
expression_named(const ErrorData *error)
{
	if (error->internalquery == NULL || error->context == NULL)
		return NULL;
	return pnstrdup(error->context, strcspn(error->context, "\n"));
}

/* Adds an error; one about an expression says about which. */
static void
add_error(const Question *question, const char *code, const ErrorData *error)
{
	const char *named = expression_named(error);
	/* Of a rule tree that is the rule, of which there is more than one. */
	const char *what = question->expression == NULL ||
		(named != NULL && strncmp(named, "rule at ", 8) == 0) ?
		named : question->expression->what;
	const char *message = error->message;
	const char *hint = error->hint;

	if (what != NULL && strstr(message, what) == NULL)
		message = psprintf("%s: %s", what, message);
	if (what != NULL && hint == NULL)
		hint = "Correct it with campaign_alter() or, if the dimension declares it, campaign_dimension().";
	add_problem(question->checking, "error", question->activity, code,
				message, hint);
}

/*
 * Asks in a subtransaction; an error becomes a problem with that code.  True
 * if there was none.  Cancel and the like are not for us to swallow.
 */
static bool
ask(Question *question, void (*ask_it) (void *question), const char *code)
{
	ErrorData  *error = campaign_attempt(ask_it, question);

	if (error == NULL)
		return true;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	add_error(question, code, error);
	return false;
}

/* ---------------------------- one activity ------------------------------ */

/* Question: are the options what the kind takes? */
static void
ask_shape(void *arg)
{
	Question   *question = arg;
	const CampaignKind *kind = campaign_kind_find(question->activity->kind);

	(void) campaign_options_check_shape(kind, question->activity->options);
	(void) kind->outcomes(question->activity->options);
}

/*
 * Question: are its template and its snippets there?  From here on the
 * activity has the texts that were found, so that nothing is published but
 * what was checked.
 */
static void
ask_template(void *arg)
{
	Question   *question = arg;
	CampaignActivity *activity = question->activity;

	activity->options =
		campaign_wording_resolve(campaign_kind_find(activity->kind),
								 activity->options,
								 question->checking->graph->campaign->owner);
}

/* Refuses a dimension whose key the owner may not read. */
static void
check_readable(const CampaignRecord *campaign, const CampaignTarget *target)
{
	if (target == NULL || !OidIsValid(campaign->owner) ||
		campaign_target_readable(target, campaign->owner))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("owner \"%s\" may not read the key of dimension \"%s\"",
					campaign->owner_name, target->dimension->name),
			 errhint("GRANT SELECT ON %s TO %s.",
					 target->dimension->relation_name,
					 quote_identifier(campaign->owner_name))));
}

/* Question: are the dimensions there, and may the owner read their keys? */
static void
ask_scope(void *arg)
{
	Question   *question = arg;
	CampaignRecord *campaign = question->checking->graph->campaign;

	campaign_scope_open(question->scope, question->checking->graph,
						question->activity, question->checking->variables);
	check_readable(campaign, question->scope->target);
	check_readable(campaign, question->scope->person);
}

/* Question: what columns do the activities before it add? */
static void
ask_columns(void *arg)
{
	campaign_scope_declare(((Question *) arg)->scope);
}

/* Question: what are its expressions, and does the kind agree? */
static void
ask_kind(void *arg)
{
	Question   *question = arg;
	const CampaignKind *kind = campaign_kind_find(question->activity->kind);

	campaign_common_check(question->scope);
	if (kind->check != NULL)
		kind->check(question->scope);
	question->expressions = campaign_activity_expressions(question->scope);
	if (kind->lack != NULL)
		question->lack = kind->lack(question->scope);
	if (kind->warn != NULL)
		question->warnings = kind->warn(question->scope);
}

/* True if the query, or one inside of it, reads what the current user may not. */
static bool
find_unreadable(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, find_unreadable, context);
	return !campaign_query_permitted((Query *) node) ||
		query_tree_walker((Query *) node, find_unreadable, context, 0);
}

/* True if the owner may read all that the query reads. */
static bool
owner_permitted(Query *query, Oid owner)
{
	Oid			userid;
	int			context;
	bool		permitted;

	/* Nothing is executed between the two: rights are only looked up. */
	GetUserIdAndSecContext(&userid, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_LOCAL_USERID_CHANGE);
	permitted = !find_unreadable((Node *) query, NULL);
	SetUserIdAndSecContext(userid, context);
	return permitted;
}

/* Question: does an expression hold, and may the owner evaluate it? */
static void
ask_expression(void *arg)
{
	Question   *question = arg;
	CampaignRecord *campaign = question->checking->graph->campaign;
	Query	   *query = campaign_expression_check(question->scope,
												  question->expression);
	List	   *forbidden;

	if (!OidIsValid(campaign->owner))
		return;
	if (!owner_permitted(query, campaign->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("owner \"%s\" may not read everything that %s refers to",
						campaign->owner_name, question->expression->what),
				 errhint("GRANT SELECT on the tables and columns to \"%s\".",
						 campaign->owner_name)));
	forbidden = campaign_query_forbidden(query, campaign->owner);
	if (forbidden != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("owner \"%s\" may not execute a function that %s calls",
						campaign->owner_name, question->expression->what),
				 errhint("GRANT EXECUTE to \"%s\" on %s.",
						 campaign->owner_name,
						 campaign_list_join(forbidden))));
}

/* Adds what is wrong with the number of inbound transitions. */
static void
check_inbound(Checking *checking, CampaignActivity *activity,
			  const CampaignKind *kind)
{
	int			inbound = list_length(activity->inbound);

	if (inbound == 0 && kind->min_inbound == 0 &&
		(campaign_common_execution(activity) == CAMPAIGN_EXECUTION_PASS_THROUGH ||
		 campaign_common_diverts(activity)))
		add_problem(checking, "error", activity, "missing_input",
					psprintf("activity \"%s\" has no inbound transition whose population could go on",
							 activity->name),
					"Connect one, or take option \"execution\" or what follows outcome \"error\" away.");
	if (inbound > 0 && inbound < kind->min_inbound)
		add_problem(checking, "error", activity, "missing_input",
					psprintf("activity \"%s\" has %d inbound transition, kind \"%s\" takes at least %d",
							 activity->name, inbound, kind->name,
							 kind->min_inbound),
					"Connect another one with campaign_connect().");
	else if (inbound < kind->min_inbound)
		add_problem(checking, "error", activity, "missing_input",
					psprintf("activity \"%s\" has no inbound transition",
							 activity->name),
					"Connect it with campaign_connect(), or add it with \"after\".");
	if (kind->max_inbound >= 0 && inbound > kind->max_inbound)
		add_problem(checking, "error", activity, "too_many_inputs",
					psprintf("activity \"%s\" has %d inbound transitions, kind \"%s\" takes %d",
							 activity->name, inbound, kind->name,
							 kind->max_inbound),
					"Join the branches before it, or disconnect all but one.");
}

/* Adds transitions that leave by an outcome which is not there. */
static void
check_outcomes(Checking *checking, CampaignActivity *activity)
{
	List	   *outcomes = campaign_activity_outcomes(activity);
	ListCell   *cell;

	foreach(cell, activity->outbound)
	{
		CampaignTransition *transition = lfirst(cell);

		if (campaign_list_has(outcomes, transition->outcome))
			continue;
		add_problem(checking, "error", activity, "wrong_outcome",
					psprintf("activity \"%s\" has no outcome \"%s\", from which \"%s\" is fed",
							 activity->name, transition->outcome,
							 transition->target->name),
					campaign_nearest_hint(transition->outcome, outcomes,
										  "outcomes"));
	}
}

/* Adds all that is wrong with one activity. */
static void
check_activity(Checking *checking, CampaignActivity *activity)
{
	CampaignScope scope = {0};
	Question	question = {checking, activity, &scope};
	ListCell   *cell;

	if (!ask(&question, ask_shape, "bad_option"))
		return;
	check_inbound(checking, activity, campaign_kind_find(activity->kind));
	check_outcomes(checking, activity);
	if (!ask(&question, ask_template, "bad_template") ||
		!ask(&question, ask_scope, "bad_dimension") ||
		!ask(&question, ask_columns, "bad_input") ||
		!ask(&question, ask_kind, "bad_option"))
		return;
	if (question.lack != NULL)
		add_problem(checking, "error", activity, question.lack->code,
					question.lack->message, question.lack->hint);
	foreach(cell, question.warnings)
	{
		CampaignWarning *warning = lfirst(cell);

		add_problem(checking, "warning", activity, warning->code,
					warning->message, warning->hint);
	}
	foreach(cell, question.expressions)
	{
		question.expression = lfirst(cell);
		(void) ask(&question, ask_expression, "bad_expression");
	}
}

/* ------------------------------ the whole ------------------------------- */

/* Adds activities on cycles, and those behind them. */
static void
check_cycles(Checking *checking)
{
	List	   *order = campaign_graph_order(checking->graph);
	ListCell   *cell;

	if (list_length(order) == list_length(checking->graph->activities))
		return;
	foreach(cell, checking->graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);

		if (list_member_ptr(order, activity))
			continue;
		add_problem(checking, "error", activity, "cycle",
					psprintf("activity \"%s\" lies on a cycle or behind one",
							 activity->name),
					"Campaigns have no loops; disconnect one of the transitions.");
	}
}

/* Marks all that a run coming from the activity would reach. */
static void
mark_reached(const CampaignActivity *start, bool *reached)
{
	List	   *pending = list_make1((void *) start);

	while (pending != NIL)
	{
		const CampaignActivity *activity = llast(pending);
		ListCell   *cell;

		pending = list_delete_last(pending);
		if (reached[activity->index])
			continue;
		reached[activity->index] = true;
		foreach(cell, activity->outbound)
			pending = lappend(pending,
							  ((CampaignTransition *) lfirst(cell))->target);
	}
}

/* Adds activities that no branch leads to: what begins theirs cannot begin. */
static void
check_reached(Checking *checking)
{
	CampaignGraph *graph = checking->graph;
	bool	   *reached = palloc0(list_length(graph->activities) + 1);
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);

		if (activity->inbound == NIL &&
			campaign_kind_find(activity->kind)->min_inbound == 0)
			mark_reached(activity, reached);
	}
	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);

		if (!reached[activity->index] && activity->inbound != NIL)
			add_problem(checking, "error", activity, "unreachable",
						psprintf("activity \"%s\" is never reached",
								 activity->name),
						"No audience leads to it; connect what comes before it.");
	}
}

/* Adds what concerns the campaign and not one of its activities. */
static void
check_size(Checking *checking)
{
	int			count = list_length(checking->graph->activities);

	if (count == 0)
		add_problem(checking, "error", NULL, "empty",
					"the campaign has no activities",
					"Begin with campaign_add_audience().");
	if (count > campaign_max_activities)
		add_problem(checking, "error", NULL, "too_many_activities",
					psprintf("the campaign has %d activities, the limit is %d",
							 count, campaign_max_activities),
					"An administrator can raise campaign.max_activities.");
}

/* Adds reasons why nobody could execute the campaign. */
static void
check_owner(Checking *checking)
{
	CampaignRecord *campaign = checking->graph->campaign;
	const char *problem = campaign_role_problem(campaign->owner);

	if (problem != NULL)
		add_problem(checking, "error", NULL, "owner_cannot_run",
					psprintf("owner \"%s\" cannot execute the campaign: %s",
							 campaign->owner_name, problem),
					"Workers connect as the owner: ALTER ROLE … LOGIN, GRANT CONNECT, GRANT USAGE ON SCHEMA campaign.");
	else if (superuser_arg(campaign->owner))
		add_problem(checking,
					campaign_enable_superuser_campaigns ? "warning" : "error",
					NULL, "superuser_owner",
					psprintf("owner \"%s\" is a superuser",
							 campaign->owner_name),
					"Its expressions may do anything; let a role of its own own the campaign.");
}

/* Question: are the variables declared properly? */
static void
ask_variables(void *arg)
{
	Question   *question = arg;
	question->checking->variables =
		campaign_variables_declared(question->checking->graph->campaign->settings);
}

/* Question: are there the dimensions whose keys variables hold? */
static void
ask_keys(void *arg)
{
	Question   *question = arg;
	CampaignRecord *campaign = question->checking->graph->campaign;
	const char *dimension =
		campaign_variable_key_of(campaign->settings, question->variable);
	List	   *names = campaign_dimension_names(campaign->owner);

	if (dimension != NULL && !campaign_list_has(names, dimension))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("variable \"%s\" holds keys of dimension \"%s\", which does not exist",
						question->variable, dimension),
				 errhint("%s", campaign_nearest_hint(dimension, names,
													 "dimensions"))));
}

/* Question: does the query of a variable hold, and may the owner run it? */
static void
ask_reckoning(void *arg)
{
	Question   *question = arg;
	CampaignRecord *campaign = question->checking->graph->campaign;
	Query	   *query = campaign_reckon_check(campaign->settings,
											  question->variable);

	if (OidIsValid(campaign->owner) &&
		!owner_permitted(query, campaign->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("owner \"%s\" may not read everything that the query of variable \"%s\" refers to",
						campaign->owner_name, question->variable),
				 errhint("GRANT SELECT on the tables and columns to \"%s\".",
						 campaign->owner_name)));
}

/* Adds what is wrong with what variables refer to. */
static void
check_reckoning(Checking *checking)
{
	Question	question = {checking};
	ListCell   *cell;

	for (int i = 0; i < checking->variables->count; i++)
	{
		question.variable = checking->variables->names[i];
		(void) ask(&question, ask_keys, "bad_variable");
	}
	foreach(cell, campaign_reckon_missing(checking->graph->campaign->settings,
										  campaign_object_empty()))
	{
		question.variable = lfirst(cell);
		(void) ask(&question, ask_reckoning, "bad_variable");
	}
}

/* Adds everything about activities, in order of definition. */
static void
check_activities(Checking *checking)
{
	ListCell   *cell;

	foreach(cell, checking->graph->activities)
		check_activity(checking, lfirst(cell));
}

/* The problems of a graph. */
List *
campaign_check_graph(CampaignGraph *graph)
{
	Checking	checking = {graph, NULL, NIL};
	Question	question = {&checking};

	check_size(&checking);
	check_owner(&checking);
	if (ask(&question, ask_variables, "bad_variable"))
		check_reckoning(&checking);
	check_cycles(&checking);
	check_reached(&checking);
	check_activities(&checking);
	return checking.problems;
}

/* Identities of all that an activity's expressions refer to. */
List *
campaign_activity_objects(const CampaignScope *scope)
{
	List	   *objects = NIL;
	ListCell   *cell;
	ListCell   *inner;

	foreach(cell, campaign_activity_expressions(scope))
	{
		Query	   *query = campaign_expression_check(scope, lfirst(cell));

		foreach(inner, campaign_query_objects(query))
		{
			if (!campaign_list_has(objects, lfirst(inner)))
				objects = lappend(objects, lfirst(inner));
		}
	}
	return objects;
}
