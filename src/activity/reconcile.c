/*
 * reconcile.c
 *		reconcile: rows of unknown origin become rows of a dimension they match.
 *
 * A selecting kind.  What comes in, often lines of a file, is joined once to the
 * dimension: pairs of equal expressions can be hashed or merged whatever their
 * types, a condition beside them is anything.  Nothing is ever inserted into
 * the dimension.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/value.h"
#include "parser/parse_oper.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "activity/change.h"
#include "activity/column.h"
#include "activity/option.h"
#include "base/identity.h"
#include "set/link.h"
#include "set/row.h"

static const CampaignOption options[] = {
	{"dimension", CAMPAIGN_OPTION_DIMENSION, true, NULL,
	"The dimension whose rows come out."},
	{"pairs", CAMPAIGN_OPTION_OBJECTS, false, NULL,
	"Array of objects: source (SQL expression over the row that came in) and target (over the dimension's row), which have to be equal."},
	{"match", CAMPAIGN_OPTION_TEXT, false, NULL,
	"Condition over both rows, by the names of their dimensions, beside the pairs or instead of them: \"similarity(file.name, customers.name) > 0.6\"."},
	{"filter", CAMPAIGN_OPTION_CONDITION, false, "true",
	"Which of the rows that come in are tried; the others are unmatched."},
	{"ambiguous", CAMPAIGN_OPTION_CHOICE, false, "first",
		"What becomes of a row that matches more than one: the first of these by sort_by; all of them; or it comes out as ambiguous.",
	"first, all, reject"},
	{"sort_by", CAMPAIGN_OPTION_TEXT, false, "the keys",
	"Over both rows, as in ORDER BY: which match of a row is the first, and which of several rows that match the same one."},
	{"columns", CAMPAIGN_OPTION_OBJECT, false, NULL,
	"Object of names and SQL expressions over both rows, to be added: {\"voucher\": \"file.voucher\"}."}
};

/* A pair of expressions that have to be equal. */
typedef struct Pair
{
	CampaignExpression *source;
	CampaignExpression *target;
} Pair;

/* What the options say. */
typedef struct Reading
{
	CampaignChange change;
	List	   *pairs;			/* of Pair * */
	CampaignExpression *match;	/* or NULL */
	CampaignExpression *filter; /* or NULL */
	char	   *item;			/* the dimension's rows, for checks */
} Reading;

/* Outcomes. */
static List *
outcomes_of_reconcile(const Jsonb *given)
{
	return list_make4(pstrdup("result"), pstrdup("duplicates"),
					  pstrdup("unmatched"), pstrdup("ambiguous"));
}

/* An expression of the activity's over both rows. */
static CampaignExpression *
parse_beside(const Reading *reading, const char *text, const char *what)
{
	const CampaignActivity *activity = reading->change.scope->activity;
	CampaignExpression *expression;

	expression = campaign_expression_parse(text,
										   psprintf("%s of activity \"%s\"",
													what, activity->name),
										   activity->search_path);
	expression->beside = reading->item;
	return expression;
}

/* One side of a pair, over that row alone. */
static CampaignExpression *
read_side(const Reading *reading, const JsonbContainer *object,
		  const char *member, const CampaignTarget *target)
{
	char	   *text = campaign_object_text(object, member);
	CampaignExpression *side;

	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a pair has no \"%s\"", member),
				 errhint("Write [{\"source\": \"email\", \"target\": \"lower(email)\"}].")));
	side = parse_beside(reading, text, psprintf("%s of a pair", member));
	side->alone = target->dimension->name;
	return side;
}

/* The pairs, of Pair *. */
static List *
read_pairs(const Reading *reading)
{
	const CampaignScope *scope = reading->change.scope;
	List	   *pairs = NIL;
	ListCell   *cell;

	foreach(cell, campaign_option_objects(scope->activity->options, "pairs"))
	{
		Pair	   *pair = palloc(sizeof(Pair));

		campaign_members_check(lfirst(cell), "a pair", "source, target");
		pair->source = read_side(reading, lfirst(cell), "source",
								 scope->target);
		pair->target = read_side(reading, lfirst(cell), "target",
								 scope->result);
		pairs = lappend(pairs, pair);
	}
	return pairs;
}

/* The type of an expression. */
static Oid
type_of(const CampaignScope *scope, const CampaignExpression *expression)
{
	Query	   *query = campaign_expression_check(scope, expression);

	return exprType((Node *) linitial_node(TargetEntry,
										   query->targetList)->expr);
}

/*
 * The operator "=" for a pair, with its schema, as the owner's search_path
 * has it: that of a type's extension is not in ours.
 */
static char *
equality_of(const CampaignScope *scope, const Pair *pair)
{
	Oid			left = type_of(scope, pair->source);
	Oid			right = type_of(scope, pair->target);
	int			nestlevel = campaign_search_path_enter(scope->activity->search_path);
	Oid			operator = compatible_oper_opid(list_make1(makeString("=")),
												left, right, true);
	char	   *schema;

	campaign_settings_leave(nestlevel);
	if (!OidIsValid(operator))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("\"%s\" of type %s cannot be compared with \"%s\" of type %s",
						pair->source->text, format_type_be(left),
						pair->target->text, format_type_be(right)),
				 errhint("Convert one of them: \"code::integer\".")));
	schema = get_namespace_name(campaign_row_operator_schema(operator));
	return psprintf("OPERATOR(%s.%s)", quote_identifier(schema),
					get_opname(operator));
}

/* Joins what matches. */
static void
append_matches(const CampaignChange *change, CampaignSelect *select)
{
	const Reading *reading = change->arg;
	const CampaignTarget *result = change->scope->result;
	StringInfo	text = &select->text;
	ListCell   *cell;

	campaign_link_append_end(text, result);
	appendStringInfo(text, " AS %s ON true",
					 quote_identifier(result->dimension->name));
	foreach(cell, reading->pairs)
	{
		const Pair *pair = lfirst(cell);

		appendStringInfoString(text, " AND (");
		campaign_select_expression(select, pair->source);
		appendStringInfo(text, ") %s (", equality_of(change->scope, pair));
		campaign_select_expression(select, pair->target);
		appendStringInfoChar(text, ')');
	}
	if (reading->match != NULL)
	{
		appendStringInfoString(text, " AND ");
		campaign_select_expression(select, reading->match);
	}
	if (reading->filter != NULL)
	{
		appendStringInfoString(text, " AND ");
		campaign_select_expression(select, reading->filter);
	}
}

/* Refuses what says nothing of how rows match, or cannot tell rows apart. */
static void
check_sides(const Reading *reading)
{
	const CampaignScope *scope = reading->change.scope;

	if (reading->pairs == NIL && reading->match == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("reconcile \"%s\" needs \"pairs\" or \"match\"",
						scope->activity->name),
				 errhint("Say which expressions have to be equal, or give a condition over both rows.")));
	if (strcmp(scope->target->dimension->name,
			   scope->result->dimension->name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rows of \"%s\" are of dimension \"%s\" already",
						scope->activity->name, scope->result->dimension->name),
				 errhint("Go to other rows of it along a link: change_dimension.")));
}

/* What is done with a row that matches more than one. */
static CampaignChoice
read_choice(const Jsonb *given)
{
	char	   *word = campaign_option_text(given, "ambiguous");

	return word == NULL || strcmp(word, "first") == 0 ? CAMPAIGN_CHOOSE_FIRST :
		strcmp(word, "all") == 0 ? CAMPAIGN_CHOOSE_ALL : CAMPAIGN_CHOOSE_NONE;
}

/* Reads what is about both rows: the order, the columns. */
static void
read_beside(Reading *reading)
{
	const CampaignActivity *activity = reading->change.scope->activity;
	char	   *order = campaign_option_text(activity->options, "sort_by");
	char	   *match = campaign_option_text(activity->options, "match");
	ListCell   *cell;

	if (match != NULL)
	{
		reading->match = parse_beside(reading, match, "option \"match\"");
		reading->match->condition = true;
	}
	if (order != NULL)
		reading->change.order =
			campaign_expression_parse_order(order,
											psprintf("option \"sort_by\" of activity \"%s\"",
													 activity->name),
											activity->search_path);
	foreach(cell, reading->change.order)
		((CampaignExpression *) lfirst(cell))->beside = reading->item;
	reading->change.additions =
		campaign_additions_read(reading->change.scope,
								campaign_object_document(activity->options,
														 "columns"), "");
	foreach(cell, reading->change.additions)
		((CampaignAddition *) lfirst(cell))->expression->beside = reading->item;
}

/* Reads the options. */
static void
read_options(Reading *reading, const CampaignScope *scope)
{
	const CampaignActivity *activity = scope->activity;

	memset(reading, 0, sizeof(*reading));
	reading->change.scope = scope;
	reading->item = campaign_row_whole(scope->result);
	reading->pairs = read_pairs(reading);
	read_beside(reading);
	check_sides(reading);
	reading->filter = campaign_option_expression(activity, "filter");
	if (reading->filter != NULL)
	{
		reading->filter->condition = true;
		reading->filter->alone = scope->target->dimension->name;
	}
	reading->change.append = append_matches;
	reading->change.arg = reading;
	reading->change.choice = read_choice(activity->options);
	reading->change.keep = 1;
}

/* The expressions that no option alone has; the filter is one that has. */
static List *
expressions_of_reconcile(const CampaignScope *scope)
{
	Reading		reading;
	List	   *expressions;
	ListCell   *cell;

	read_options(&reading, scope);
	expressions = campaign_change_expressions(&reading.change);
	foreach(cell, reading.pairs)
	{
		Pair	   *pair = lfirst(cell);

		expressions = lappend(lappend(expressions, pair->source), pair->target);
	}
	return reading.match == NULL ? expressions :
		lappend(expressions, reading.match);
}

/* The columns of the result. */
static List *
columns_of_reconcile(const CampaignScope *scope)
{
	Reading		reading;

	read_options(&reading, scope);
	return campaign_change_columns(&reading.change);
}

/* Refuses what no option alone shows. */
static void
check_reconcile(const CampaignScope *scope)
{
	Reading		reading;
	ListCell   *cell;

	read_options(&reading, scope);
	foreach(cell, reading.pairs)
		(void) equality_of(scope, lfirst(cell));
	campaign_change_check(&reading.change);
}

/* Reconciles. */
static void
run_reconcile(CampaignTask *task)
{
	Reading		reading;

	read_options(&reading, &task->scope);
	campaign_change_run(&reading.change, task);
}

const CampaignKind campaign_kind_reconcile = {
	.name = "reconcile",
	.category = "targeting",
	.purpose = "Finds the rows of a dimension that rows of a file or of another dimension mean.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result, duplicates, unmatched, ambiguous",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = outcomes_of_reconcile,
	.expressions = expressions_of_reconcile,
	.changes = true,
	.columns = columns_of_reconcile,
	.check = check_reconcile,
	.run = run_reconcile
};
