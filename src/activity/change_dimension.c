/*
 * change_dimension.c
 *		change_dimension: from rows of one dimension to those of another, along
 *		links.
 *
 * A selecting kind.  The result has every row that is led to once, with
 * columns of the first of those that lead there; what leads nowhere comes out
 * by an outcome of its own.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "activity/change.h"
#include "activity/column.h"
#include "activity/option.h"
#include "set/link.h"

static const CampaignOption options[] = {
	{"dimension", CAMPAIGN_OPTION_DIMENSION, true, NULL,
	"The dimension whose rows come out."},
	{"link", CAMPAIGN_OPTION_TEXT, false, "the only link there",
	"How rows lead there: the name of a link, or of several with dots between."},
	{"sort_by", CAMPAIGN_OPTION_ORDER, false, "the key",
	"Over the rows that come in: which is the first of those that lead to the same one, as in ORDER BY."},
	{"keep", CAMPAIGN_OPTION_COUNT, false, "1",
	"How many of them are kept; the others come out as dropped."},
	{"columns", CAMPAIGN_OPTION_OBJECT, false, NULL,
	"Object of names and SQL expressions over the first of them, to be added: {\"order_total\": \"total\"}."},
	{"collection", CAMPAIGN_OPTION_TEXT, false, NULL,
	"Name of a column to be added, with an array of objects: one for each of them."},
	{"lines", CAMPAIGN_OPTION_OBJECT, false, "the key",
	"What an object of the collection has: names and SQL expressions over the row that came in."},
	{"collect", CAMPAIGN_OPTION_CHOICE, false, "all",
		"Which of them are in the collection.",
	"all, kept, dropped"}
};

/* What the options say. */
typedef struct Reading
{
	CampaignChange change;
	List	   *links;			/* of CampaignLink *, the path */
} Reading;

/* Outcomes. */
static List *
outcomes_of_change(const Jsonb *given)
{
	return list_make3(pstrdup("result"), pstrdup("dropped"), pstrdup("lost"));
}

/* Refuses a path that ends elsewhere. */
static void
check_end(const Reading *reading)
{
	const CampaignScope *scope = reading->change.scope;
	const CampaignLink *last = llast(reading->links);

	if (last->relation != scope->result->relation)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("link \"%s\" does not lead to dimension \"%s\"",
						last->name, scope->result->dimension->name),
				 errdetail("It leads to relation %s.", last->relation_name),
				 errhint("Name a path of links that ends there, such as \"first.second\".")));
}

/* Joins the path. */
static void
append_path(const CampaignChange *change, CampaignSelect *select)
{
	campaign_link_append(select, (List *) change->arg, change->scope->result);
}

/* What a collection has of each row if nothing is said: its key. */
static Jsonb *
default_lines(const CampaignTarget *target)
{
	JsonbParseState *state = NULL;
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	foreach(cell, target->dimension->key)
	{
		JsonbValue	text = {.type = jbvString};

		text.val.string.val = lfirst(cell);
		text.val.string.len = strlen(lfirst(cell));
		pushJsonbValue(&state, WJB_KEY, &text);
		text.val.string.val = (char *) quote_identifier(lfirst(cell));
		text.val.string.len = strlen(text.val.string.val);
		pushJsonbValue(&state, WJB_VALUE, &text);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Reads what is said of a collection. */
static void
read_collection(CampaignChange *change, const Jsonb *given)
{
	Jsonb	   *lines = campaign_object_document(given, "lines");
	char	   *collect = campaign_option_text(given, "collect");

	change->collection = campaign_option_text(given, "collection");
	if (change->collection == NULL && (lines != NULL || collect != NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" without \"collection\"",
						lines != NULL ? "lines" : "collect"),
				 errhint("Name the column that is to have the collection.")));
	if (change->collection == NULL)
		return;
	if (lines == NULL)
		lines = default_lines(change->scope->target);
	change->lines = campaign_additions_read(change->scope, lines, " of a line");
	if (collect != NULL && strcmp(collect, "kept") == 0)
		change->collect = CAMPAIGN_COLLECT_KEPT;
	if (collect != NULL && strcmp(collect, "dropped") == 0)
		change->collect = CAMPAIGN_COLLECT_DROPPED;
}

/* Has the expressions see the row that came in, and not the one led to. */
static void
set_alone(CampaignChange *change)
{
	ListCell   *cell;

	foreach(cell, campaign_change_expressions(change))
		((CampaignExpression *) lfirst(cell))->alone =
			change->scope->target->dimension->name;
}

/* Reads the options. */
static void
read_options(Reading *reading, const CampaignScope *scope)
{
	const Jsonb *given = scope->activity->options;
	char	   *path = campaign_option_text(given, "link");
	CampaignChange *change = &reading->change;

	memset(reading, 0, sizeof(*reading));
	change->scope = scope;
	reading->links = path != NULL ?
		campaign_link_path(scope->graph, scope->target, path) :
		list_make1(campaign_link_sole(scope->graph, scope->target,
									  scope->result->dimension->name));
	check_end(reading);
	change->append = append_path;
	change->arg = reading->links;
	change->choice = CAMPAIGN_CHOOSE_ALL;
	change->single = campaign_link_are_single(reading->links);
	change->keep = campaign_option_count(given, "keep", 1);
	change->order = campaign_option_expressions(scope->activity, "sort_by");
	change->additions =
		campaign_additions_read(scope,
								campaign_object_document(given, "columns"), "");
	read_collection(change, given);
	set_alone(change);
}

/* The expressions that no option alone has. */
static List *
expressions_of_change(const CampaignScope *scope)
{
	Reading		reading;
	List	   *expressions;

	read_options(&reading, scope);
	/* The order is an option, and is there already. */
	expressions = campaign_additions_expressions(campaign_link_conditions(reading.links),
												 reading.change.additions);
	return campaign_additions_expressions(expressions, reading.change.lines);
}

/* The columns of the result. */
static List *
columns_of_change(const CampaignScope *scope)
{
	Reading		reading;

	read_options(&reading, scope);
	return campaign_change_columns(&reading.change);
}

/* Refuses what no option alone shows. */
static void
check_change(const CampaignScope *scope)
{
	Reading		reading;

	read_options(&reading, scope);
	campaign_change_check(&reading.change);
}

/* Changes the dimension. */
static void
run_change(CampaignTask *task)
{
	Reading		reading;

	read_options(&reading, &task->scope);
	campaign_change_run(&reading.change, task);
}

const CampaignKind campaign_kind_change_dimension = {
	.name = "change_dimension",
	.category = "targeting",
	.purpose = "Goes from rows of one dimension to those of another, along links.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result, dropped, lost",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_change,
	.expressions = expressions_of_change,
	.changes = true,
	.columns = columns_of_change,
	.check = check_change,
	.run = run_change,
	.reads_expressions = true
};
