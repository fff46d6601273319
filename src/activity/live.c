/*
 * live.c
 *		Which added columns are still read.
 *
 * A column that was added for one activity need not be carried past it, and one
 * that nobody reads not at all.  An expression that reads a column has its name
 * in it, for rows as a whole are refused; so whatever has that name in the parse
 * trees of the activities behind is taken for it.  Of kinds that do more with
 * the columns than evaluate expressions, and of rules, whose columns are known
 * when they are analyzed, it is taken that they read all.  Too much is read for
 * nothing at worst; too little never.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "utils/memutils.h"

#include "activity/live.h"
#include "activity/option.h"
#include "base/attempt.h"
#include "base/cluster.h"
#include "base/compat.h"
#include "base/text.h"

/* What is asked of an activity, in a subtransaction. */
typedef struct Question
{
	CampaignGraph *graph;
	CampaignActivity *activity;
	const CampaignVariables *variables;
	List	   *names;			/* an answer, of char * */
	bool		all;			/* an answer: it may read any column */
} Question;

/* Notes what may be the name of a column, or stands for all of them. */
static void
note_name(Question *question, Node *name)
{
	if (IsA(name, A_Star))
		question->all = true;
	else if (IsA(name, String))
		question->names = lappend(question->names, pstrdup(strVal(name)));
}

/*
 * raw_expression_tree_walker: notes the names in references to columns, which
 * may also be written (row).name and name(row).
 */
static bool
note_names(Node *node, void *context)
{
	List	   *names = NIL;
	ListCell   *cell;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
		names = ((ColumnRef *) node)->fields;
	else if (IsA(node, A_Indirection))
		names = ((A_Indirection *) node)->indirection;
	else if (IsA(node, FuncCall))
		names = list_make1(llast(((FuncCall *) node)->funcname));
	foreach(cell, names)
		note_name(context, lfirst(cell));
	return raw_expression_tree_walker(node, note_names, context);
}

/* Body of an attempt: the names that the activity's expressions have. */
static void
find_names(void *arg)
{
	Question   *question = arg;
	CampaignScope scope;
	ListCell   *cell;

	campaign_scope_open(&scope, question->graph, question->activity,
						question->variables);
	campaign_scope_declare(&scope);
	foreach(cell, campaign_activity_expressions(&scope))
	{
		const CampaignExpression *expression = lfirst(cell);

		if (expression->rule || expression->tree == NULL)
			question->all = true;
		else
			(void) note_names(expression->tree, question);
	}
}

/*
 * Asks an activity.  Whatever is wrong with it is its own affair, when its time
 * has come.
 */
static void
ask(Question *question)
{
	const CampaignKind *kind = campaign_kind_find(question->activity->kind);
	ErrorData  *error;

	question->all = !kind->reads_expressions;
	if (question->all)
		return;
	error = campaign_attempt(find_names, question);
	if (error == NULL)
		return;
	if (campaign_error_may_pass(error))
		ReThrowError(error);
	question->all = true;
}

/* Notes on the activity what it and those behind it read. */
static void
find_wanted(CampaignGraph *graph, CampaignActivity *activity,
			const CampaignVariables *variables)
{
	Question	question = {graph, activity, variables};
	ListCell   *cell;

	check_stack_depth();
	if (activity->wanted_known)
		return;
	ask(&question);
	foreach(cell, activity->outbound)
	{
		CampaignActivity *next = ((CampaignTransition *) lfirst(cell))->target;

		if (question.all)
			break;
		find_wanted(graph, next, variables);
		question.all |= next->wanted_all;
		question.names = list_concat(question.names, next->wanted);
	}
	activity->wanted = question.all ? NIL : question.names;
	activity->wanted_all = question.all;
	activity->wanted_known = true;
}

/* True if an activity behind the outcome reads a column of that name. */
static bool
is_wanted(const CampaignActivity *activity, const char *outcome,
		  const char *name)
{
	ListCell   *cell;

	foreach(cell, activity->outbound)
	{
		const CampaignTransition *transition = lfirst(cell);

		if (strcmp(transition->outcome, outcome) == 0 &&
			(transition->target->wanted_all ||
			 campaign_list_has(transition->target->wanted, name)))
			return true;
	}
	return false;
}

/* Finds what those behind the outcome read; it lives as long as the graph. */
static void
find_behind(const CampaignTask *task, const char *outcome)
{
	CampaignActivity *activity = task->scope.activity;
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(activity));
	ListCell   *cell;

	foreach(cell, activity->outbound)
	{
		CampaignTransition *transition = lfirst(cell);

		if (strcmp(transition->outcome, outcome) == 0)
			find_wanted(task->scope.graph, transition->target,
						task->scope.variables);
	}
	MemoryContextSwitchTo(old);
}

/* Of these columns those that are read behind the outcome. */
List *
campaign_live_columns(const CampaignTask *task, const char *outcome,
					  List *columns)
{
	List	   *live = NIL;
	ListCell   *cell;

	/* Populations on several servers are written there, column by column. */
	if (columns == NIL || task->keep ||
		(task->rehearsal && !task->together) ||
		campaign_cluster_has(task->scope.target->relation))
		return columns;
	find_behind(task, outcome);
	foreach(cell, columns)
	{
		if (is_wanted(task->scope.activity, outcome,
					  ((CampaignColumn *) lfirst(cell))->name))
			live = lappend(live, lfirst(cell));
	}
	return live;
}
