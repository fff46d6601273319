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
#include "utils/lsyscache.h"

#include "activity/change.h"
#include "activity/column.h"
#include "activity/grouping.h"
#include "activity/option.h"
#include "base/text.h"
#include "set/link.h"
#include "set/row.h"

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

/*
 * The column that is the key of the row led to, or NULL: a foreign key says so,
 * and that the row is there.  A key that is equal might be written otherwise if
 * its type had two ways to.
 */
static char *
find_held_key(const CampaignChange *change, const List *links)
{
	const CampaignTarget *end = change->scope->result;
	const CampaignLink *link = linitial(links);
	const CampaignColumn *key = linitial(end->key);
	CampaignSelect *select = campaign_select_new(change->scope->variables,
												 change->scope->activity->search_path);
	CampaignGrouping *grouping;

	if (list_length(links) > 1 || list_length(end->key) > 1 ||
		!OidIsValid(link->source_relation) || !campaign_row_has_plain_key(end))
		return NULL;
	appendStringInfo(&select->text, "SELECT true FROM %s AS %s JOIN %s AS %s ON ",
					 campaign_relation_name(end->relation),
					 quote_identifier(link->alias),
					 campaign_relation_name(link->source_relation),
					 quote_identifier(link->source_alias));
	campaign_select_expression(select, campaign_link_condition(link));
	grouping = campaign_grouping_find(select, end);
	if (grouping == NULL || !grouping->held ||
		get_atttype(link->source_relation,
					get_attnum(link->source_relation,
							   linitial(grouping->columns))) != key->type)
		return NULL;
	return linitial(grouping->columns);
}

/* Joins the path, or just its end's key. */
static void
append_path(const CampaignChange *change, CampaignSelect *select)
{
	List	   *links = (List *) change->arg;
	const CampaignLink *link = linitial(links);
	char	   *column = find_held_key(change, links);

	if (column == NULL)
		campaign_link_append(select, links, change->scope->result);
	else
		appendStringInfo(&select->text,
						 "LATERAL (SELECT %s.%s AS \"campaign.end.1\") AS %s ON true",
						 quote_identifier(link->source_alias),
						 quote_identifier(column),
						 quote_identifier(link->alias));
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
