/*
 * share.c
 *		What a split's option says: its outcomes, and how rows fall to them.
 *
 * Texts are kept as texts until they are needed: the names of the outcomes are
 * asked for often, and where no activity is known yet.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "utils/fmgrprotos.h"
#include "utils/builtins.h"

#include "activity/option.h"
#include "activity/scalar.h"
#include "activity/share.h"
#include "base/text.h"

/* Outcomes are bits of a bigint. */
#define MOST_OUTCOMES	60

/* Rows that a limit may be, and values that limits may be for. */
#define MOST_ROWS		1e15
#define MOST_QUOTAS		1000

/* The members an outcome may have. */
static const char *const members =
"name, filter, percent, number, of, by, sort_by, with_ties, skip_empty, segment_code";

/* Refuses an outcome for what its members say. */
static void
refuse_share(const char *name, const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("outcome \"%s\" %s", name, problem),
			 errhint("%s", hint)));
}

/* ------------------------------- limits --------------------------------- */

/* Refuses what is no limit. */
static void
check_limit(const CampaignShare *share, double value, const char *text)
{
	double		most = share->percent ? 100 : MOST_ROWS;

	if (isnan(value) || value < 0 || value > most)
		refuse_share(share->name,
					 psprintf("has no valid \"%s\": %s",
							  share->percent ? "percent" : "number", text),
					 psprintf("It must be a number between 0 and %.0f.", most));
	if (!share->percent && value != floor(value))
		refuse_share(share->name,
					 psprintf("has no valid \"number\": %s", text),
					 "It must be a whole number.");
}

/* A text as a number; false if it is none. */
static bool
read_number(const char *text, double *value)
{
	char	   *end;

	*value = strtod(text, &end);
	return end != text && *end == '\0';
}

/* Reads limits by value: {"FR": 10, "DE": 20}. */
static void
read_quotas(CampaignShare *share, const Jsonb *document)
{
	ListCell   *cell;

	foreach(cell, campaign_object_keys(document))
	{
		CampaignQuota *quota = palloc(sizeof(CampaignQuota));
		char	   *text = campaign_object_text(&document->root, lfirst(cell));

		quota->value = lfirst(cell);
		if (text == NULL || !read_number(text, &quota->limit))
			quota->limit = -1;
		check_limit(share, quota->limit,
					psprintf("%s for \"%s\"", text ? text : "null",
							 quota->value));
		share->quotas = lappend(share->quotas, quota);
	}
	if (share->quotas == NIL || list_length(share->quotas) > MOST_QUOTAS)
		refuse_share(share->name, "has limits for no value, or for too many",
					 psprintf("Give them for 1 to %d values of \"by\".",
							  MOST_QUOTAS));
}

/* Reads "percent" or "number": a number, limits by value, or an expression. */
static void
read_limit(CampaignShare *share, const JsonbValue *value, bool percent)
{
	char	   *text;

	if (value == NULL)
		return;
	if (share->limited)
		refuse_share(share->name, "has both \"percent\" and \"number\"",
					 "Give one of them.");
	share->limited = true;
	share->percent = percent;
	if (value->type == jbvBinary &&
		JsonContainerIsObject(value->val.binary.data))
	{
		read_quotas(share, JsonbValueToJsonb((JsonbValue *) value));
		return;
	}
	if (value->type != jbvNumeric && value->type != jbvString)
		refuse_share(share->name, psprintf("has no valid \"%s\"",
										   percent ? "percent" : "number"),
					 "It is a number, an SQL expression over the run, or an object with a number for each value of \"by\".");
	text = campaign_scalar_text(value);
	if (read_number(text, &share->limit))
		check_limit(share, share->limit, text);
	else
		share->formula = text;
}

/* ------------------------------- outcomes ------------------------------- */

/* A member that must be a text. */
static char *
text_member(const CampaignShare *share, const JsonbContainer *object,
			const char *name)
{
	JsonbValue *value = campaign_object_member(object, name);

	if (value == NULL)
		return NULL;
	if (value->type != jbvString)
		refuse_share(share->name, psprintf("has no valid \"%s\"", name),
					 "It must be a string.");
	return campaign_scalar_text(value);
}

/* A member that must be true or false. */
static bool
flag_member(const CampaignShare *share, const JsonbContainer *object,
			const char *name)
{
	JsonbValue *value = campaign_object_member(object, name);

	if (value != NULL && value->type != jbvBool)
		refuse_share(share->name, psprintf("has no valid \"%s\"", name),
					 "It must be true or false.");
	return value != NULL && value->val.boolean;
}

/* Refuses members that go with a limit only, and the like. */
static void
check_members(const CampaignShare *share, const char *of)
{
	if (of != NULL && (!share->limited || !share->percent))
		refuse_share(share->name, "has \"of\" without \"percent\"",
					 "It says what a percentage is of.");
	if (of != NULL && strcmp(of, "input") != 0 && strcmp(of, "segment") != 0)
		refuse_share(share->name, psprintf("has no valid \"of\": %s", of),
					 "It is \"input\" or \"segment\".");
	if (!share->limited && (share->by || share->sort_by))
		refuse_share(share->name, "has \"by\" or \"sort_by\" without a limit",
					 "Give \"percent\" or \"number\" as well.");
	if (share->with_ties && share->sort_by == NULL)
		refuse_share(share->name, "has \"with_ties\" without \"sort_by\"",
					 "It keeps rows that are equal in \"sort_by\" together.");
	if (share->quotas != NIL && share->by == NULL)
		refuse_share(share->name, "has limits by value without \"by\"",
					 "Say in \"by\" what has these values.");
}

/* Reads one outcome; refuses what is wrong with it. */
static CampaignShare *
read_share(const JsonbValue *element)
{
	CampaignShare *share = palloc0(sizeof(CampaignShare));
	JsonbContainer *object;
	char	   *of;

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
	campaign_members_check(object, psprintf("outcome \"%s\"", share->name),
						   members);
	share->filter = campaign_object_condition(object, "filter");
	if (share->filter == NULL)
		share->filter = text_member(share, object, "filter");
	read_limit(share, campaign_object_member(object, "percent"), true);
	read_limit(share, campaign_object_member(object, "number"), false);
	of = text_member(share, object, "of");
	share->by = text_member(share, object, "by");
	share->sort_by = text_member(share, object, "sort_by");
	share->with_ties = flag_member(share, object, "with_ties");
	share->skip_empty = flag_member(share, object, "skip_empty");
	share->code = text_member(share, object, "segment_code");
	check_members(share, of);
	share->segment = of != NULL && strcmp(of, "segment") == 0;
	return share;
}

/* True if the outcome takes whatever comes. */
bool
campaign_share_takes_rest(const CampaignShare *share)
{
	return share->filter == NULL && !share->limited;
}

/*
 * True if the percentage is a range of positions.  Whatever asks for the first
 * ones of something, or for a share of something else, needs counting.
 */
bool
campaign_share_drawn(const CampaignShares *shares, const CampaignShare *share)
{
	return share->limited && share->percent && !shares->exact &&
		share->quotas == NIL && !share->segment && share->by == NULL &&
		share->sort_by == NULL;
}

/* True if the last outcome takes the rest. */
bool
campaign_shares_whole(const CampaignShares *shares)
{
	return shares->list != NIL && campaign_share_takes_rest(llast(shares->list));
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
		CampaignShare *share = lfirst(cell);

		if (campaign_list_has(names, share->name) ||
			strcmp(share->name, "remainder") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("outcome \"%s\" is there more than once",
							share->name),
					 errhint("Every outcome needs a name of its own; \"remainder\" is the name of what no outcome takes.")));
		if (campaign_share_takes_rest(share) && cell != list_tail(shares))
			refuse_share(share->name, "takes all the rest, but is not the last",
						 "Move it to the end, or give it a filter, a percent or a number.");
		names = lappend(names, share->name);
	}
}

/*
 * Refuses percentages of the input that add up to more than it.  Those that
 * are counted among the rows of a filter each have rows of their own.
 */
static void
check_sum(const CampaignShares *shares)
{
	double		sum = 0;
	ListCell   *cell;

	foreach(cell, shares->overlap ? NIL : shares->list)
	{
		CampaignShare *share = lfirst(cell);

		if (share->limited && share->percent && share->formula == NULL &&
			share->quotas == NIL && share->by == NULL && !share->segment &&
			(campaign_share_drawn(shares, share) || share->filter == NULL))
			sum += share->limit;
	}
	if (sum > 100.0000001)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("percentages add up to %g", sum),
				 errhint("Percentages are of the activity's input and must not exceed 100 together.")));
}

/* Refuses options that have nothing to be about. */
static void
check_options(const CampaignShares *shares)
{
	ListCell   *cell;

	if (shares->one_relation && shares->overlap)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"overlap\" and \"one_relation\" do not go together"),
				 errhint("A row would be in one population more than once.")));
	foreach(cell, shares->list)
	{
		CampaignShare *share = lfirst(cell);

		if (share->skip_empty && shares->one_relation)
			refuse_share(share->name, "has \"skip_empty\", but no transition of its own",
						 "With \"one_relation\" all outcomes share one.");
		if (share->code != NULL && shares->column == NULL)
			refuse_share(share->name, "has \"segment_code\", but no column for it",
						 "Give option \"segment_column\".");
		if (share->code == NULL)
			share->code = share->name;
	}
}

/* Reads the options. */
CampaignShares *
campaign_shares_read(const Jsonb *options)
{
	CampaignShares *shares = palloc0(sizeof(CampaignShares));
	JsonbValue *array = campaign_object_member(&options->root, "outcomes");
	JsonbContainer *container;

	if (array == NULL || array->type != jbvBinary)
		return shares;
	container = array->val.binary.data;
	for (uint32 i = 0; i < JsonContainerSize(container); i++)
		shares->list = lappend(shares->list,
							   read_share(getIthJsonbValueFromContainer(container,
																		i)));
	shares->exact = campaign_option_bool(options, "exact", false);
	shares->overlap = campaign_option_bool(options, "overlap", false);
	shares->one_relation = campaign_option_bool(options, "one_relation", false);
	shares->column = campaign_option_text(options, "segment_column");
	if (shares->column == NULL && shares->one_relation)
		shares->column = pstrdup("segment");
	check_order(shares->list);
	check_options(shares);
	check_sum(shares);
	return shares;
}

/* ----------------------------- expressions ------------------------------ */

/* What a part of an outcome is, for messages. */
static char *
what(const CampaignActivity *activity, const CampaignShare *share,
	 const char *part)
{
	return psprintf("%s of outcome \"%s\" of activity \"%s\"", part,
					share->name, activity->name);
}

/* The filter of an outcome, parsed. */
CampaignExpression *
campaign_share_filter(const CampaignActivity *activity,
					  const CampaignShare *share)
{
	CampaignExpression *expression;

	if (share->filter == NULL)
		return NULL;
	expression = campaign_expression_parse(share->filter,
										   what(activity, share, "filter"),
										   activity->search_path);
	expression->condition = true;
	return expression;
}

/* What its limit is per, parsed. */
List *
campaign_share_by(const CampaignActivity *activity, const CampaignShare *share)
{
	List	   *expressions;
	ListCell   *cell;

	if (share->by == NULL)
		return NIL;
	expressions = campaign_expression_parse_list(share->by,
												 what(activity, share, "by"),
												 activity->search_path);
	foreach(cell, expressions)
		((CampaignExpression *) lfirst(cell))->sortable = true;
	return expressions;
}

/* What its rows are sorted by, parsed. */
List *
campaign_share_order(const CampaignActivity *activity,
					 const CampaignShare *share)
{
	if (share->sort_by == NULL)
		return NIL;
	return campaign_expression_parse_order(share->sort_by,
										   what(activity, share, "sort_by"),
										   activity->search_path);
}

/* The expression that gives the limit, parsed; NULL if it is a number. */
static CampaignExpression *
share_formula(const CampaignActivity *activity, const CampaignShare *share)
{
	if (share->formula == NULL)
		return NULL;
	return campaign_scalar_parse(activity, share->formula,
								 what(activity, share,
									  share->percent ? "percent" : "number"));
}

/* All expressions of all outcomes. */
List *
campaign_shares_expressions(const CampaignScope *scope)
{
	const CampaignActivity *activity = scope->activity;
	List	   *expressions = NIL;
	ListCell   *cell;

	foreach(cell, campaign_shares_read(activity->options)->list)
	{
		const CampaignShare *share = lfirst(cell);
		CampaignExpression *filter = campaign_share_filter(activity, share);
		CampaignExpression *formula = share_formula(activity, share);

		if (filter != NULL)
			expressions = lappend(expressions, filter);
		if (formula != NULL)
			expressions = lappend(expressions, formula);
		expressions = list_concat(expressions,
								  campaign_share_by(activity, share));
		expressions = list_concat(expressions,
								  campaign_share_order(activity, share));
	}
	return expressions;
}

/* Refuses a formula that gives no numbers. */
static void
check_formula(const CampaignScope *scope, const CampaignShare *share)
{
	CampaignExpression *formula = share_formula(scope->activity, share);
	Query	   *query;
	Oid			type;

	if (formula == NULL)
		return;
	query = campaign_expression_check(scope, formula);
	type = exprType((Node *) linitial_node(TargetEntry,
										   query->targetList)->expr);
	if (type != JSONBOID && TypeCategory(type) != TYPCATEGORY_NUMERIC)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s must be of type numeric or jsonb, not type %s",
						formula->what, format_type_be(type)),
				 errhint("It is a number, or an object with a number for each value of \"by\".")));
	if (type == JSONBOID && share->by == NULL)
		refuse_share(share->name, "has limits by value without \"by\"",
					 "Say in \"by\" what has these values.");
}

/* Refuses what only expressions can show. */
void
campaign_shares_check(const CampaignScope *scope)
{
	ListCell   *cell;

	foreach(cell, campaign_shares_read(scope->activity->options)->list)
	{
		const CampaignShare *share = lfirst(cell);

		check_formula(scope, share);
		if (share->quotas != NIL &&
			list_length(campaign_share_by(scope->activity, share)) > 1)
			refuse_share(share->name, "has limits by value for several expressions",
						 "Join them to one, such as country || ' ' || plan.");
	}
}

/* ------------------------------ evaluation ------------------------------ */

/* Sets the limit from what its formula gave. */
static void
set_limit(CampaignShare *share, const char *text)
{
	if (text == NULL)
		refuse_share(share->name, psprintf("has no valid \"%s\": null",
										   share->percent ? "percent" : "number"),
					 "Correct what it reads and call campaign_retry().");
	if (text[0] == '{')
		read_quotas(share, DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
															  CStringGetDatum(text))));
	else
	{
		if (!read_number(text, &share->limit))
			share->limit = -1;
		check_limit(share, share->limit, text);
	}
	share->formula = NULL;
}

/* Evaluates the formulas. */
void
campaign_shares_resolve(CampaignShares *shares, const CampaignTask *task)
{
	ListCell   *cell;

	foreach(cell, shares->list)
	{
		CampaignShare *share = lfirst(cell);

		if (share->formula != NULL)
			set_limit(share,
					  campaign_scalar_value(task,
											share_formula(task->scope.activity,
														  share), false));
	}
	check_sum(shares);
}

/* ------------------------------ capacities ------------------------------ */

/* Its limit counts rows. */
bool
campaign_share_counted(const CampaignShares *shares, const CampaignShare *share)
{
	return share->limited && !campaign_share_drawn(shares, share);
}

/* True if two outcomes sort their rows in the same way. */
static bool
same_order(const CampaignShare *one, const CampaignShare *other)
{
	if (one->sort_by == NULL || other->sort_by == NULL)
		return one->sort_by == other->sort_by;
	return strcmp(one->sort_by, other->sort_by) == 0;
}

/* True if no outcome needs a rank. */
bool
campaign_split_streams(const CampaignShares *shares)
{
	const CampaignShare *first = NULL;
	ListCell   *cell;

	if (shares->overlap || shares->column != NULL)
		return false;
	foreach(cell, shares->list)
	{
		const CampaignShare *share = lfirst(cell);

		if (!campaign_share_counted(shares, share))
			continue;
		if (share->by != NULL || share->segment || share->with_ties)
			return false;
		if (first != NULL && !same_order(first, share))
			return false;
		first = share;
	}
	return true;
}

/* A share of rows, rounded; halves up. */
static int64
part(double percent, int64 rows)
{
	return (int64) floor(percent / 100 * (double) rows + 0.5);
}

/* How many rows an outcome takes at most. */
int64
campaign_split_capacity(const CampaignShares *shares,
						const CampaignShare *share, int64 rows, double *before)
{
	int64		capacity;

	if (!campaign_share_counted(shares, share))
		return -1;
	if (!share->percent)
		return (int64) share->limit;
	/* The sums are rounded, so that percentages of the whole give the whole. */
	capacity = part(*before + share->limit, rows) - part(*before, rows);
	*before += share->limit;
	return capacity;
}

/* True if a capacity depends on the rows. */
bool
campaign_split_sized(const CampaignShares *shares)
{
	ListCell   *cell;

	foreach(cell, shares->list)
	{
		const CampaignShare *share = lfirst(cell);

		if (campaign_share_counted(shares, share) && share->percent &&
			share->by == NULL && !share->segment)
			return true;
	}
	return false;
}

/* The range of positions that an outcome draws; *from moves on to its end. */
double
campaign_split_range(const CampaignShares *shares, const CampaignShare *share,
					 double *from)
{
	double		start = shares->overlap ? 0 : *from;

	*from = Min(start + share->limit / 100, 1.0);
	/* All of the range belongs to a split that adds up to the whole. */
	if (*from > 1 - 1e-9)
		*from = 1;
	return start;
}
