/*
 * count.c
 *		Counts of earlier activities as variables: vars.buyers_count.
 *
 * Only activities that come before are counted: of others it would depend on
 * who is faster.  Variables that are declared hide counts of the same name, and
 * of counts the one of the activity defined first.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "activity/count.h"
#include "base/text.h"

#define SUFFIX	"_count"

/* The activities before this one. */
List *
campaign_activities_before(CampaignActivity *activity)
{
	List	   *found = list_make1(activity);

	/* The list grows while it is read; each is in it once. */
	for (int i = 0; i < list_length(found); i++)
	{
		ListCell   *cell;

		foreach(cell, ((CampaignActivity *) list_nth(found, i))->inbound)
			found = list_append_unique_ptr(found,
										   ((CampaignTransition *) lfirst(cell))->source);
	}
	return list_delete_first(found);
}

/* True if the activity's options may mention a count. */
bool
campaign_scope_counts(const CampaignScope *scope)
{
	const Jsonb *options = scope->activity->options;

	return strstr(JsonbToCString(NULL, (JsonbContainer *) &options->root,
								 VARSIZE(options)), SUFFIX) != NULL;
}

/* Orders activities as they were defined. */
static int
compare_positions(const ListCell *left, const ListCell *right)
{
	return ((CampaignActivity *) lfirst(left))->position -
		((CampaignActivity *) lfirst(right))->position;
}

/* What came out there; NULL: nothing yet. */
static const CampaignFlow *
find_flow(List *flows, const char *source, const char *outcome)
{
	ListCell   *cell;

	foreach(cell, flows)
	{
		const CampaignFlow *flow = lfirst(cell);

		if (strcmp(flow->source, source) == 0 &&
			strcmp(flow->outcome, outcome) == 0)
			return flow;
	}
	return NULL;
}

/* Adds a variable with the rows of an outcome, unless its name is taken. */
static void
add_count(CampaignVariables *variables, const char *name,
		  const CampaignFlow *flow)
{
	ParamExternData *param;

	if (campaign_variables_find(variables, name) != 0 ||
		strlen(name) >= NAMEDATALEN)
		return;
	variables->names[variables->count] = (char *) name;
	variables->types[variables->count] = INT8OID;
	variables->typmods[variables->count] = -1;
	if (variables->values != NULL)
	{
		param = &variables->values->params[variables->count];
		param->value = Int64GetDatum(flow == NULL ? 0 : flow->rows);
		param->isnull = flow == NULL;
		param->pflags = PARAM_FLAG_CONST;
		param->ptype = INT8OID;
		variables->values->numParams = variables->count + 1;
	}
	variables->count++;
}

/* Adds the counts of an activity. */
static void
add_counts(CampaignVariables *variables, const CampaignActivity *activity,
		   List *flows)
{
	List	   *outcomes = campaign_activity_outcomes(activity);
	ListCell   *cell;

	foreach(cell, outcomes)
	{
		char	   *outcome = lfirst(cell);
		const CampaignFlow *flow = find_flow(flows, activity->name, outcome);

		if (list_length(outcomes) == 1 || strcmp(outcome, "result") == 0)
			add_count(variables, psprintf("%s" SUFFIX, activity->name), flow);
		add_count(variables,
				  psprintf("%s_%s" SUFFIX, activity->name, outcome), flow);
	}
}

/* A copy of the variables with room for more. */
static CampaignVariables *
copy_variables(const CampaignVariables *given, int more)
{
	CampaignVariables *copy = palloc0(sizeof(CampaignVariables));
	int			count = given == NULL ? 0 : given->count;

	if (given != NULL)
		*copy = *given;
	copy->names = palloc((count + more) * sizeof(char *));
	copy->types = palloc((count + more) * sizeof(Oid));
	copy->typmods = palloc((count + more) * sizeof(int32));
	copy->count = count;
	if (count > 0)
	{
		memcpy(copy->names, given->names, count * sizeof(char *));
		memcpy(copy->types, given->types, count * sizeof(Oid));
		memcpy(copy->typmods, given->typmods, count * sizeof(int32));
	}
	if (copy->values != NULL)
	{
		copy->values = makeParamList(count + more);
		if (count > 0)
			memcpy(copy->values->params, given->values->params,
				   count * sizeof(ParamExternData));
		copy->values->numParams = count;
	}
	return copy;
}

/* Adds the counts of activities before this one to the scope's variables. */
void
campaign_scope_count(CampaignScope *scope, List *flows)
{
	List	   *before = campaign_activities_before(scope->activity);
	CampaignVariables *variables;
	int			more = 0;
	ListCell   *cell;

	if (before == NIL || !campaign_scope_counts(scope))
		return;
	list_sort(before, compare_positions);
	foreach(cell, before)
		more += 1 + list_length(campaign_activity_outcomes(lfirst(cell)));
	variables = copy_variables(scope->variables, more);
	foreach(cell, before)
		add_counts(variables, lfirst(cell), flows);
	scope->variables = variables;
}
