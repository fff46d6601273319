/*
 * test.c
 *		test: the population goes out by the first outcome whose condition
 *		holds.
 *
 * A controlling kind: no row moves.  Conditions are about the run, not about
 * its rows, and are evaluated in their order until one holds; so a later one
 * may rely on what an earlier one has ruled out.
 */
#include "postgres.h"

#include "activity/option.h"
#include "activity/scalar.h"
#include "base/text.h"

static const CampaignOption options[] = {
	{"outcomes", CAMPAIGN_OPTION_OUTCOMES, true, NULL,
		"Array of objects, in order: name, and condition over the run."},
	{"default_outcome", CAMPAIGN_OPTION_TEXT, false, "otherwise",
	"Name of the outcome that is taken if no condition holds."}
};

/* One of the outcomes as it was given. */
typedef struct Branch
{
	char	   *name;
	char	   *condition;
} Branch;

/* Refuses a name that cannot be one, or that an earlier outcome has. */
static void
check_name(const char *name, List *names)
{
	if (name == NULL || !campaign_is_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of an outcome: \"%s\"",
						name ? name : ""),
				 errhint("Names have small letters, digits and underscores, at most 63.")));
	if (campaign_list_has(names, name))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("outcome \"%s\" is there more than once", name),
				 errhint("Every outcome needs a name of its own, and \"default_outcome\" another one.")));
}

/* Reads one outcome. */
static Branch *
read_branch(const JsonbValue *element)
{
	Branch	   *branch = palloc(sizeof(Branch));
	JsonbContainer *object;

	if (element->type != jbvBinary ||
		!JsonContainerIsObject(element->val.binary.data))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"outcomes\" must be an array of objects"),
				 errhint("Write [{\"name\": \"many\", \"condition\": \"rows > 1000\"}].")));
	object = element->val.binary.data;
	campaign_members_check(object, "an outcome", "name, condition");
	branch->name = campaign_object_text(object, "name");
	branch->condition = campaign_object_text(object, "condition");
	if (branch->condition == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("outcome \"%s\" has no condition",
						branch->name ? branch->name : ""),
				 errhint("What is left when no condition holds goes out by \"default_outcome\".")));
	return branch;
}

/* The outcomes as they were given, of Branch *. */
static List *
read_branches(const Jsonb *given)
{
	JsonbValue *array = campaign_object_member(&given->root, "outcomes");
	List	   *branches = NIL;

	if (array == NULL)
		return NIL;
	for (uint32 i = 0; i < JsonContainerSize(array->val.binary.data); i++)
		branches = lappend(branches,
						   read_branch(getIthJsonbValueFromContainer(array->val.binary.data,
																	 i)));
	return branches;
}

/* The name of the outcome that is taken if no condition holds. */
static char *
default_outcome(const Jsonb *given)
{
	char	   *name = campaign_option_text(given, "default_outcome");

	return name == NULL ? pstrdup("otherwise") : name;
}

/* The names in order, the default last. */
static List *
outcomes_of_test(const Jsonb *given)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, read_branches(given))
	{
		Branch	   *branch = lfirst(cell);

		check_name(branch->name, names);
		names = lappend(names, branch->name);
	}
	check_name(default_outcome(given), names);
	return lappend(names, default_outcome(given));
}

/* The condition of an outcome, parsed. */
static CampaignExpression *
branch_condition(const CampaignActivity *activity, const Branch *branch)
{
	CampaignExpression *expression;

	expression = campaign_scalar_parse(activity, branch->condition,
									   psprintf("condition of outcome \"%s\" of activity \"%s\"",
												branch->name,
												activity->name));
	expression->condition = true;
	return expression;
}

/* The conditions of all outcomes. */
static List *
expressions_of_test(const CampaignScope *scope)
{
	List	   *expressions = NIL;
	ListCell   *cell;

	foreach(cell, read_branches(scope->activity->options))
		expressions = lappend(expressions,
							  branch_condition(scope->activity, lfirst(cell)));
	return expressions;
}

/* Passes the population on by the first outcome whose condition holds. */
static void
run_test(CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;
	char	   *taken = default_outcome(activity->options);
	ListCell   *cell;

	foreach(cell, read_branches(activity->options))
	{
		Branch	   *branch = lfirst(cell);

		if (campaign_scalar_holds(task, branch_condition(activity, branch)))
		{
			taken = branch->name;
			break;
		}
	}
	campaign_task_choose(task, 0, taken);
}

const CampaignKind campaign_kind_test = {
	.name = "test",
	.category = "flow control",
	.purpose = "Lets the population go on by the first outcome whose condition over the run holds.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "those of the option, otherwise",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_test,
	.expressions = expressions_of_test,
	.run = run_test
};
