/*
 * split.c
 *		split: every row of the population to the first outcome that takes it.
 *
 * A selecting kind, in one pass.  A percentage is a range of positions, where
 * a row's position is a keyed hash of its key: the same row has the same
 * position for the same seed on any machine and version, so it stays in its
 * group from run to run, and no sort is needed.  A number takes the rows with
 * the smallest positions; only then is the population sorted.
 */
#include "postgres.h"

#include <math.h>

#include "activity/activity.h"
#include "activity/option.h"
#include "base/text.h"
#include "set/row.h"

/* Outcomes are bits of a bigint. */
#define MOST_OUTCOMES	60

static const CampaignOption options[] = {
	{"outcomes", CAMPAIGN_OPTION_OUTCOMES, true, NULL,
		"Array of objects, in order: name, and filter (condition), percent (of the input) or number (at most so many rows); one without any takes the rest."},
	{"seed", CAMPAIGN_OPTION_TEXT, false, "campaign.activity",
	"Text on which percent and number draw; the same seed draws the same rows."}
};

/* One of the outcomes as it was given. */
typedef struct Share
{
	char	   *name;
	char	   *filter;			/* NULL: all rows */
	double		percent;		/* -1: no limit by share */
	int64		number;			/* -1: no limit by number */
} Share;

/* The members an outcome may have. */
static const char *const share_members = "name, filter, percent, number";

/* Refuses an outcome for what its members say. */
static void
refuse_share(const char *name, const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("outcome \"%s\" %s", name, problem),
			 errhint("%s", hint)));
}

/* A member as a number; the fallback if absent. */
static double
number_member(const JsonbContainer *object, const char *outcome,
			  const char *name, double fallback, double most)
{
	char	   *text = campaign_object_text(object, name);
	double		value;
	char	   *end;

	if (text == NULL)
		return fallback;
	value = strtod(text, &end);
	if (*end != '\0' || end == text || isnan(value) || value < 0 ||
		value > most)
		refuse_share(outcome, psprintf("has no valid \"%s\": %s", name, text),
					 psprintf("It must be a number between 0 and %.0f.", most));
	return value;
}

/* Refuses members that mean nothing, and values that are no scalars. */
static void
check_members(const JsonbContainer *object, const char *outcome)
{
	JsonbIterator *iterator = JsonbIteratorInit((JsonbContainer *) object);
	List	   *known = campaign_split_commas(share_members);
	JsonbIteratorToken token;
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		char	   *key;

		if (token != WJB_KEY)
			continue;
		key = pnstrdup(value.val.string.val, value.val.string.len);
		if (!campaign_list_has(known, key))
			refuse_share(outcome, psprintf("has an unrecognized member \"%s\"",
										   key),
						 campaign_nearest_hint(key, known, "members"));
		(void) JsonbIteratorNext(&iterator, &value, true);
		if (value.type == jbvBinary)
			refuse_share(outcome, psprintf("has no valid \"%s\"", key),
						 "A filter is a string, percent and number are numbers.");
	}
}

/* Reads one outcome; refuses what is wrong with it. */
static Share *
read_share(const JsonbValue *element)
{
	Share	   *share = palloc0(sizeof(Share));
	JsonbContainer *object;
	double		number;

	if (element->type != jbvBinary ||
		!JsonContainerIsObject(element->val.binary.data))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"outcomes\" must be an array of objects"),
				 errhint("Write [{\"name\": \"a\", \"percent\": 50}, {\"name\": \"b\"}].")));
	object = element->val.binary.data;
	share->name = campaign_object_text(object, "name");
	if (share->name == NULL || !campaign_is_name(share->name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of an outcome: \"%s\"",
						share->name ? share->name : ""),
				 errhint("Names have small letters, digits and underscores, at most 63.")));
	check_members(object, share->name);
	share->filter = campaign_object_text(object, "filter");
	share->percent = number_member(object, share->name, "percent", -1, 100);
	number = number_member(object, share->name, "number", -1, 1e15);
	if (number != floor(number))
		refuse_share(share->name,
					 psprintf("has no valid \"number\": %g", number),
					 "It must be a whole number.");
	share->number = (int64) number;
	if (share->percent >= 0 && share->number >= 0)
		refuse_share(share->name, "has both \"percent\" and \"number\"",
					 "Give one of them.");
	return share;
}

/* True if the outcome takes whatever comes. */
static bool
takes_rest(const Share *share)
{
	return share->filter == NULL && share->percent < 0 && share->number < 0;
}

/* Refuses a second outcome of a name, and ones that nothing can reach. */
static void
check_order(List *shares)
{
	ListCell   *cell;
	List	   *names = NIL;

	if (shares == NIL || list_length(shares) > MOST_OUTCOMES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a split has between 1 and %d outcomes", MOST_OUTCOMES),
				 errhint("Split the outcome of a split where more are needed.")));
	foreach(cell, shares)
	{
		Share	   *share = lfirst(cell);

		if (campaign_list_has(names, share->name) ||
			strcmp(share->name, "remainder") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("outcome \"%s\" is there more than once",
							share->name),
					 errhint("Every outcome needs a name of its own; \"remainder\" is the name of what no outcome takes.")));
		if (takes_rest(share) && cell != list_tail(shares))
			refuse_share(share->name, "takes all the rest, but is not the last",
						 "Move it to the end, or give it a filter, a percent or a number.");
		names = lappend(names, share->name);
	}
}

/* Refuses percentages that add up to more than the whole. */
static void
check_sum(List *shares)
{
	double		sum = 0;
	ListCell   *cell;

	foreach(cell, shares)
		sum += Max(((Share *) lfirst(cell))->percent, 0);
	if (sum > 100.0000001)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("percentages add up to %g", sum),
				 errhint("Percentages are of the activity's input and must not exceed 100 together.")));
}

/* The outcomes as they were given, of Share *. */
static List *
read_shares(const Jsonb *given)
{
	JsonbValue *array;
	JsonbContainer *container;
	List	   *shares = NIL;

	array = getKeyJsonValueFromContainer((JsonbContainer *) &given->root,
										 "outcomes", strlen("outcomes"), NULL);
	if (array == NULL || array->type != jbvBinary)
		return NIL;
	container = array->val.binary.data;
	for (uint32 i = 0; i < JsonContainerSize(container); i++)
		shares = lappend(shares,
						 read_share(getIthJsonbValueFromContainer(container,
																  i)));
	check_order(shares);
	check_sum(shares);
	return shares;
}

/* The names in order; "remainder" unless one outcome takes the rest. */
static List *
outcomes_of_split(const Jsonb *given)
{
	List	   *shares = read_shares(given);
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, shares)
		names = lappend(names, ((Share *) lfirst(cell))->name);
	if (shares == NIL || !takes_rest(llast(shares)))
		names = lappend(names, pstrdup("remainder"));
	return names;
}

/* The filter of an outcome, parsed; NULL if it has none. */
static CampaignExpression *
share_filter(const CampaignActivity *activity, const Share *share)
{
	CampaignExpression *expression;

	if (share->filter == NULL)
		return NULL;
	expression = campaign_expression_parse(share->filter,
										   psprintf("filter of outcome \"%s\" of activity \"%s\"",
													share->name,
													activity->name),
										   activity->search_path);
	expression->condition = true;
	return expression;
}

/* The filters of all outcomes. */
static List *
expressions_of_split(const CampaignScope *scope)
{
	List	   *expressions = NIL;
	ListCell   *cell;

	foreach(cell, read_shares(scope->activity->options))
	{
		CampaignExpression *filter = share_filter(scope->activity,
												  lfirst(cell));

		if (filter != NULL)
			expressions = lappend(expressions, filter);
	}
	return expressions;
}

/*
 * Appends the condition of an outcome; *from moves on by its percent.  The
 * lower end is needed only where an earlier outcome may have refused a row of
 * its own range.
 */
static void
append_condition(CampaignSelect *select, const CampaignActivity *activity,
				 const Share *share, double *from)
{
	CampaignExpression *filter = share_filter(activity, share);

	appendStringInfoString(&select->text, "(true");
	if (filter != NULL)
	{
		appendStringInfoString(&select->text, " AND ");
		campaign_select_expression(select, filter);
	}
	if (share->percent >= 0)
	{
		double		to = Min(*from + share->percent / 100, 1.0);

		/* All of the range belongs to a split that adds up to the whole. */
		if (to > 1 - 1e-9)
			to = 1;
		appendStringInfo(&select->text,
						 " AND \"campaign.position\" >= %.17g"
						 " AND \"campaign.position\" < %.17g",
						 *from, to);
		*from = to;
	}
	appendStringInfoChar(&select->text, ')');
}

/* True if an outcome draws on positions. */
static bool
draws(List *shares)
{
	ListCell   *cell;

	foreach(cell, shares)
	{
		Share	   *share = lfirst(cell);

		if (share->percent >= 0 || share->number >= 0)
			return true;
	}
	return false;
}

/* True if an outcome takes a limited number, so that order matters. */
static bool
counts(List *shares)
{
	ListCell   *cell;

	foreach(cell, shares)
	{
		if (((Share *) lfirst(cell))->number >= 0)
			return true;
	}
	return false;
}

/*
 * Appends the mask: bit i if outcome i would take the row.  The last bit is
 * always set: it is the outcome that takes the rest, or "remainder".
 */
static void
append_mask(CampaignSelect *select, const CampaignActivity *activity,
			List *shares, int noutcomes)
{
	double		from = 0;
	ListCell   *cell;

	foreach(cell, shares)
	{
		Share	   *share = lfirst(cell);

		if (takes_rest(share))
			break;
		appendStringInfoString(&select->text, "CASE WHEN ");
		append_condition(select, activity, share, &from);
		appendStringInfo(&select->text,
						 " THEN " INT64_FORMAT "::pg_catalog.int8"
						 " ELSE 0::pg_catalog.int8 END + ",
						 INT64CONST(1) << foreach_current_index(cell));
	}
	appendStringInfo(&select->text, INT64_FORMAT "::pg_catalog.int8",
					 INT64CONST(1) << (noutcomes - 1));
}

/* The whole select: mask, then the population's columns. */
static CampaignSelect *
build_select(const CampaignTask *task, List *shares, int noutcomes)
{
	CampaignTarget *target = task->scope.target;
	CampaignPopulation *population = campaign_task_population(task, 0);
	CampaignSelect *select = campaign_task_select(task);

	appendStringInfoString(&select->text, "SELECT ");
	append_mask(select, task->scope.activity, shares, noutcomes);
	appendStringInfoString(&select->text, ", ");
	campaign_row_columns(select, target, population);
	appendStringInfoString(&select->text, " FROM ");
	campaign_row_from(select, target, population, CAMPAIGN_ROW_LEFT);
	if (draws(shares))
	{
		appendStringInfo(&select->text,
						 ", LATERAL (SELECT %s) AS \"campaign.drawn\"(\"campaign.position\")",
						 campaign_task_position(task, population));
		if (counts(shares))
			appendStringInfoString(&select->text,
								   " ORDER BY \"campaign.position\"");
	}
	return select;
}

/* Routes every row in one pass. */
static void
run_split(CampaignTask *task)
{
	List	   *shares = read_shares(task->scope.activity->options);
	int			noutcomes = list_length(campaign_activity_outcomes(task->scope.activity));
	CampaignOutlet *outlets = palloc0(sizeof(CampaignOutlet) * noutcomes);
	CampaignPopulation *population = campaign_task_population(task, 0);
	List	   *added = campaign_population_added(population);
	ListCell   *cell;

	for (int i = 0; i < noutcomes; i++)
		campaign_task_outlet(task, &outlets[i], i, added);
	foreach(cell, shares)
		outlets[foreach_current_index(cell)].capacity =
			((Share *) lfirst(cell))->number;
	campaign_sink_write(build_select(task, shares, noutcomes),
						CAMPAIGN_ROUTE_MASK, outlets, noutcomes);
	for (int i = 0; i < noutcomes; i++)
		campaign_task_emit(task, &outlets[i], i, true);
}

const CampaignKind campaign_kind_split = {
	.name = "split",
	.category = "targeting",
	.purpose = "Sends every row to the first outcome that takes it: by condition, share or number.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "those of the option, remainder",
	.divides = true,
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_split,
	.expressions = expressions_of_split,
	.run = run_split
};
