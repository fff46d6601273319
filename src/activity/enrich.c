/*
 * enrich.c
 *		enrich: adds columns to the rows of a population.
 *
 * A selecting kind.  A column is an expression over the row, or comes from a
 * link: a table, or another inbound population, joined to the rows by a
 * condition.  Of what a link finds the first row is taken, or the first few
 * lines, or aggregates over all of it.  Each link is one join of all rows, with
 * one sort or one aggregate, and not a search per row.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "activity/activity.h"
#include "activity/column.h"
#include "activity/enrich_select.h"
#include "activity/live.h"
#include "activity/option.h"
#include "base/identity.h"
#include "base/text.h"
#include "set/link.h"
#include "set/row.h"
#include "set/stream.h"

/* Added columns of a row, lines of a link, and columns of a line. */
#define MOST_ADDED			500
#define MOST_LINES			100
#define MOST_LINE_COLUMNS	40

static const CampaignOption options[] = {
	{"columns", CAMPAIGN_OPTION_OBJECT, false, NULL,
	"Object of names and SQL expressions over the row: {\"spent\": \"(SELECT sum(total) FROM orders WHERE ...)\"}."},
	{"links", CAMPAIGN_OPTION_OBJECTS, false, NULL,
	"Array of objects: name, link, relation or transition, condition (or a rule), filter, columns, cardinality, and sort_by, number or aggregate."},
	{"primary_set", CAMPAIGN_OPTION_TRANSITION, false,
		"the first inbound transition",
	"The inbound transition whose rows get the columns."}
};

static const char *const link_members =
"name, link, relation, transition, condition, filter, columns, cardinality,"
" sort_by, number, aggregate";

/* ------------------------------- reading -------------------------------- */

/* Refuses a link for what it says. */
static void
refuse_link(const char *name, const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("link \"%s\" %s", name ? name : "", problem),
			 errhint("%s", hint)));
}

/* An expression of the activity's. */
static CampaignExpression *
parse_expression(const CampaignScope *scope, const char *text,
				 const char *what)
{
	return campaign_expression_parse(text,
									 psprintf("%s of activity \"%s\"", what,
											  scope->activity->name),
									 scope->activity->search_path);
}

/* The number of lines; 0 if absent. */
static int
read_number(const char *name, const JsonbContainer *object)
{
	char	   *text = campaign_object_text(object, "number");
	long		number;
	char	   *end;

	if (text == NULL)
		return 0;
	number = strtol(text, &end, 10);
	if (*end != '\0' || number < 1 || number > MOST_LINES)
		refuse_link(name, psprintf("has no valid \"number\": %s", text),
					psprintf("It must be a whole number from 1 to %d.",
							 MOST_LINES));
	return number;
}

/* Refuses a cardinality that there is not, or that lines do not have. */
static void
check_cardinality(const CampaignEnrichLink *link)
{
	if (link->cardinality == NULL ||
		strcmp(link->cardinality, CAMPAIGN_LINK_MANY) == 0)
		return;
	if (strcmp(link->cardinality, CAMPAIGN_LINK_ONE) != 0 &&
		strcmp(link->cardinality, CAMPAIGN_LINK_ZERO_OR_ONE) != 0)
		refuse_link(link->name, psprintf("has no valid \"cardinality\": %s",
										 link->cardinality),
					"It is \"one\", \"zero or one\" or \"many\".");
	if (link->number > 0 || link->aggregate)
		refuse_link(link->name, "has \"number\" or \"aggregate\", and cardinality of one row",
					"Lines and aggregates are over many rows.");
}

/* Refuses members that do not go together. */
static void
check_link(const CampaignEnrichLink *link, const CampaignScope *scope)
{
	if (link->name == NULL || !campaign_is_name(link->name))
		refuse_link(link->name, "has no valid name",
					"Names have small letters, digits and underscores, at most 63.");
	if (strcmp(link->name, scope->target->dimension->name) == 0)
		refuse_link(link->name, "has the name of the dimension",
					"Its name stands for its rows in expressions; choose another one.");
	if ((link->path != NIL) + (link->relation != NULL) +
		(link->transition != NULL) != 1)
		refuse_link(link->name, "must have a \"link\", a \"relation\" or a \"transition\"",
					"Name a path of links, a table, or an inbound transition, whose rows are joined.");
	if (link->path != NIL && link->condition != NULL)
		refuse_link(link->name, "has both \"link\" and \"condition\"",
					"The link says how rows belong together; \"filter\" takes some of them.");
	if (link->path == NIL && link->condition == NULL)
		refuse_link(link->name, "has no \"condition\"",
					"Write how its rows belong to the dimension's, such as \"o.customer_id = customers.id\".");
	if (link->additions == NIL)
		refuse_link(link->name, "has no \"columns\"",
					"Write {\"name\": \"SQL expression\"} for each column it adds.");
	if (link->aggregate && (link->number > 0 || link->order != NIL))
		refuse_link(link->name, "has both \"aggregate\" and \"number\" or \"sort_by\"",
					"Aggregates are over all rows; sort inside of them.");
	check_cardinality(link);
	if (link->number > 0 && list_length(link->additions) > MOST_LINE_COLUMNS)
		refuse_link(link->name, "has too many columns",
					psprintf("Lines have at most %d columns.",
							 MOST_LINE_COLUMNS));
}

/* The table, looked up as the activity was defined. */
static Oid
find_relation(const CampaignScope *scope, const CampaignEnrichLink *link)
{
	int			nestlevel = campaign_search_path_enter(scope->activity->search_path);
	List	   *names = textToQualifiedNameList(cstring_to_text(link->relation));
	Oid			relation = RangeVarGetRelid(makeRangeVarFromNameList(names),
											AccessShareLock, false);

	campaign_settings_leave(nestlevel);
	return relation;
}

/* The rows of an inbound transition; without a task, as they are declared. */
static char *
transition_item(const CampaignScope *scope, const CampaignTask *task,
				const CampaignEnrichLink *link)
{
	CampaignActivity *activity = scope->activity;
	int			number = campaign_activity_inbound_number(activity,
														  link->transition);
	CampaignTarget *target;
	CampaignPopulation *population;
	CampaignTransition *transition;

	campaign_scope_check_inbound(scope, "links", link->transition);
	if (number < 0)
		refuse_link(link->name, psprintf("needs transition \"%s\"",
										 link->transition),
					"Name it in \"after\" as well.");
	transition = list_nth(activity->inbound, number);
	target = campaign_graph_target(scope->graph,
								   campaign_transition_dimension(scope->graph,
																 transition));
	if (task == NULL)
		population = campaign_population_declare(target,
												 list_nth(scope->inbound,
														  number));
	else
		population = campaign_population_open(((CampaignFlow *) list_nth(task->inbound,
																		 number))->population,
											  target);
	return campaign_row_item(target, population, CAMPAIGN_ROW_LEFT);
}

/* Tells the expressions of a link what they see. */
static void
set_item(CampaignEnrichLink *link, const CampaignScope *scope, const CampaignTask *task)
{
	ListCell   *cell;

	if (link->path != NIL)
		link->table = ((CampaignLink *) llast(link->path))->relation;
	else if (link->relation != NULL)
		link->table = find_relation(scope, link);
	link->item = psprintf("%s AS %s", OidIsValid(link->table) ?
						  campaign_relation_name(link->table) :
						  transition_item(scope, task, link),
						  quote_identifier(link->name));
	if (link->condition != NULL)
	{
		link->condition->condition = true;
		link->condition->beside = link->item;
	}
	if (link->filter != NULL)
	{
		link->filter->condition = true;
		link->filter->beside = link->item;
	}
	foreach(cell, link->order)
		((CampaignExpression *) lfirst(cell))->beside = link->item;
	foreach(cell, link->additions)
	{
		CampaignExpression *expression = ((CampaignAddition *) lfirst(cell))->expression;

		expression->beside = link->item;
		expression->aggregate = link->aggregate;
	}
}

/* A member that must be true or false. */
static bool
read_flag(const char *link, const JsonbContainer *object, const char *name)
{
	JsonbValue *value = campaign_object_member(object, name);

	if (value != NULL && value->type != jbvBool)
		refuse_link(link, psprintf("has no valid \"%s\"", name),
					"It must be true or false.");
	return value != NULL && value->val.boolean;
}

/* Reads a link; with a task, over the populations it has. */
static CampaignEnrichLink *
read_link(const CampaignScope *scope, const CampaignTask *task,
		  const JsonbContainer *object)
{
	CampaignEnrichLink *link = palloc0(sizeof(CampaignEnrichLink));
	JsonbValue *columns = campaign_object_member(object, "columns");
	char	   *condition = campaign_object_condition(object, "condition");
	char	   *filter = campaign_object_condition(object, "filter");
	char	   *path = campaign_object_text(object, "link");
	char	   *order = campaign_object_text(object, "sort_by");
	char	   *owner;

	link->name = campaign_object_text(object, "name");
	owner = psprintf(" of link \"%s\"", link->name ? link->name : "");
	campaign_members_check(object, owner + strlen(" of "), link_members);
	if (path != NULL)
		link->path = campaign_link_path(scope->graph, scope->target, path);
	link->cardinality = campaign_object_text(object, "cardinality");
	link->relation = campaign_object_text(object, "relation");
	link->transition = campaign_object_text(object, "transition");
	link->number = read_number(link->name, object);
	link->aggregate = read_flag(link->name, object, "aggregate");
	if (condition != NULL)
		link->condition = parse_expression(scope, condition,
										   psprintf("condition%s", owner));
	if (filter != NULL)
		link->filter = parse_expression(scope, filter,
										psprintf("filter%s", owner));
	if (order != NULL)
		link->order =
			campaign_expression_parse_order(order,
											psprintf("sort_by%s of activity \"%s\"",
													 owner,
													 scope->activity->name),
											scope->activity->search_path);
	if (columns != NULL && (columns->type != jbvBinary ||
							!JsonContainerIsObject(columns->val.binary.data)))
		refuse_link(link->name, "has no valid \"columns\"",
					"They are an object of names and SQL expressions.");
	link->additions = campaign_additions_read(scope, columns == NULL ? NULL :
									 JsonbValueToJsonb(columns), owner);
	check_link(link, scope);
	set_item(link, scope, task);
	return link;
}

/* All links, of CampaignEnrichLink *. */
static List *
read_links(const CampaignScope *scope, const CampaignTask *task)
{
	List	   *links = NIL;
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, campaign_option_objects(scope->activity->options, "links"))
	{
		CampaignEnrichLink *link = read_link(scope, task, lfirst(cell));

		if (campaign_list_has(names, link->name))
			refuse_link(link->name, "is there more than once",
						"Every link needs a name of its own.");
		names = lappend(names, link->name);
		links = lappend(links, link);
	}
	return links;
}

/* The columns that are expressions over the row, of CampaignAddition *. */
static List *
read_columns(const CampaignScope *scope)
{
	return campaign_additions_read(scope,
						  campaign_object_document(scope->activity->options,
												   "columns"), "");
}

/* All expressions. */
static List *
expressions_of_enrich(const CampaignScope *scope)
{
	List	   *expressions = campaign_additions_expressions(NIL, read_columns(scope));
	ListCell   *cell;

	foreach(cell, read_links(scope, NULL))
	{
		CampaignEnrichLink *link = lfirst(cell);

		expressions = list_concat(expressions,
								  campaign_link_conditions(link->path));
		if (link->condition != NULL)
			expressions = lappend(expressions, link->condition);
		if (link->filter != NULL)
			expressions = lappend(expressions, link->filter);
		expressions = list_concat(expressions, link->order);
		expressions = campaign_additions_expressions(expressions, link->additions);
	}
	return expressions;
}

/* ------------------------------- columns -------------------------------- */

/* The columns of lines: an array of all, then each column of each line. */
static List *
columns_of_lines(const CampaignScope *scope, const CampaignEnrichLink *link)
{
	List	   *columns = list_make1(campaign_column_make(link->name, JSONBOID,
												 InvalidOid));
	ListCell   *cell;

	for (int i = 1; i <= link->number; i++)
	{
		foreach(cell, link->additions)
		{
			const CampaignAddition *addition = lfirst(cell);

			columns = lappend(columns,
							  campaign_addition_column(scope, addition,
										psprintf("%s_%d_%s", link->name, i,
												 addition->name)));
		}
	}
	return columns;
}

/* The columns of these, in the order of the select. */
static List *
columns_of(const CampaignScope *scope, List *additions, List *links)
{
	List	   *columns = campaign_additions_columns(scope, additions);
	ListCell   *cell;

	foreach(cell, links)
	{
		const CampaignEnrichLink *link = lfirst(cell);

		if (link->number > 0)
			columns = list_concat(columns, columns_of_lines(scope, link));
		else
			columns = list_concat(columns,
								  campaign_additions_columns(scope,
															 link->additions));
	}
	return columns;
}

/* All columns that are added. */
static List *
new_columns(const CampaignScope *scope)
{
	return columns_of(scope, read_columns(scope), read_links(scope, NULL));
}

/* Refuses options that add nothing, too much, or names that are taken. */
static void
check_enrich(const CampaignScope *scope)
{
	List	   *columns = new_columns(scope);

	campaign_scope_check_inbound(scope, "primary_set",
								 campaign_option_text(scope->activity->options,
													  "primary_set"));
	if (columns == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("enrich \"%s\" adds no columns", scope->activity->name),
				 errhint("Give option \"columns\" or \"links\".")));
	if (list_length(scope->added) + list_length(columns) > MOST_ADDED)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rows of \"%s\" would have more than %d added columns",
						scope->activity->name, MOST_ADDED),
				 errhint("Take fewer lines, or the array of them.")));
	campaign_columns_check_names(scope, columns);
}
/* ------------------------------ cardinality ------------------------------ */

/* The first row that has more or fewer linked rows than it may. */
typedef struct Violation
{
	CampaignReceiver receiver;
	char	   *key;			/* NULL: there is none */
	int64		count;
	MemoryContext context;
} Violation;

/* Receiver: keeps it. */
static void
note_violation(CampaignReceiver *receiver, TupleTableSlot *slot)
{
	Violation  *violation = (Violation *) receiver;
	MemoryContext old = MemoryContextSwitchTo(violation->context);

	slot_getallattrs(slot);
	violation->key = slot->tts_isnull[0] ? pstrdup("") :
		TextDatumGetCString(slot->tts_values[0]);
	violation->count = DatumGetInt64(slot->tts_values[1]);
	MemoryContextSwitchTo(old);
}

/* Refuses rows for which a link does not find what its cardinality says. */
static void
enforce_cardinality(const CampaignTask *task,
					const CampaignPopulation *population, const CampaignEnrichLink *link)
{
	CampaignEnrichPlan		plan = {task, population, campaign_task_select(task)};
	Violation	violation = {{NULL, note_violation}};
	StringInfo	text = &plan.select->text;
	const char *name = quote_identifier(link->name);

	if (link->cardinality == NULL ||
		strcmp(link->cardinality, CAMPAIGN_LINK_MANY) == 0)
		return;
	violation.context = CurrentMemoryContext;
	appendStringInfo(text, "SELECT %s, pg_catalog.count(%s.*)",
					 campaign_row_recipient(task->scope.target, population),
					 name);
	campaign_enrich_append_join(&plan, link, "LEFT JOIN");
	appendStringInfoString(text, " GROUP BY ");
	campaign_enrich_append_key(&plan, quote_identifier(task->scope.target->dimension->name));
	appendStringInfo(text, " HAVING pg_catalog.count(%s.*) %s 1 ORDER BY 1 LIMIT 1",
					 name, strcmp(link->cardinality, CAMPAIGN_LINK_ONE) == 0 ?
					 "<>" : ">");
	(void) campaign_select_run(plan.select, &violation.receiver);
	if (violation.key != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("link \"%s\" finds " INT64_FORMAT " rows for the row with key \"%s\"",
						link->name, violation.count, violation.key),
				 errdetail("Its cardinality is \"%s\".", link->cardinality),
				 errhint("Mend the rows, narrow the link by a \"filter\", or give another cardinality.")));
}

/* ---------------------------- what is not read --------------------------- */

/* True if evaluating one of the expressions may do more than to give a value. */
static bool
any_volatile(const CampaignScope *scope, const List *expressions)
{
	ListCell   *cell;

	foreach(cell, expressions)
	{
		if (campaign_expression_is_volatile(scope, lfirst(cell)))
			return true;
	}
	return false;
}

/* The additions whose columns are among those, or that may do more. */
static List *
needed_additions(const CampaignScope *scope, const List *additions,
				 const List *live)
{
	List	   *needed = NIL;
	ListCell   *cell;

	foreach(cell, additions)
	{
		CampaignAddition *addition = lfirst(cell);

		if (campaign_column_find(live, addition->name) != NULL ||
			campaign_expression_is_volatile(scope, addition->expression))
			needed = lappend(needed, addition);
	}
	return needed;
}

/* True if a column of the link is among those, or joining it may do more. */
static bool
is_needed(const CampaignScope *scope, const CampaignEnrichLink *link,
		  const List *live)
{
	List	   *columns = columns_of(scope, NIL, list_make1((void *) link));
	ListCell   *cell;

	foreach(cell, columns)
	{
		if (campaign_column_find(live, ((CampaignColumn *) lfirst(cell))->name) != NULL)
			return true;
	}
	return campaign_expression_is_volatile(scope, link->condition) ||
		campaign_expression_is_volatile(scope, link->filter) ||
		any_volatile(scope, link->order) ||
		any_volatile(scope, campaign_link_conditions(link->path)) ||
		any_volatile(scope, campaign_additions_expressions(NIL,
														   link->additions));
}

/*
 * Leaves out what gives columns that nobody behind reads, and links that give
 * nothing else.  Without anybody behind, they are what the activity is there for.
 */
static void
drop_unread(const CampaignTask *task, List **additions, List **links)
{
	const CampaignScope *scope = &task->scope;
	const char *outcome = linitial(campaign_activity_outcomes(scope->activity));
	List	   *all = columns_of(scope, *additions, *links);
	List	   *live = campaign_live_columns(task, outcome, all);
	List	   *needed = NIL;
	ListCell   *cell;

	if (list_length(live) == list_length(all) ||
		!campaign_task_followed(task, outcome))
		return;
	*additions = needed_additions(scope, *additions, live);
	foreach(cell, *links)
	{
		CampaignEnrichLink *link = lfirst(cell);

		if (!is_needed(scope, link, live))
			continue;
		if (link->number == 0)
			link->additions = needed_additions(scope, link->additions, live);
		needed = lappend(needed, link);
	}
	*links = needed;
}

/* ------------------------------- executing ------------------------------- */

/*
 * True if the rows need not be in a table: what is added are expressions, and
 * aggregates over any number of rows of tables.
 */
static bool
reads_once(const CampaignScope *scope, List *links)
{
	ListCell   *cell;

	foreach(cell, links)
	{
		const CampaignEnrichLink *link = lfirst(cell);

		if (!link->aggregate || link->transition != NULL)
			return false;
	}
	return list_length(scope->activity->inbound) == 1;
}

/* Gives the rows with their new columns. */
static CampaignPopulation *
stream_enrich(CampaignTask *task)
{
	const CampaignScope *scope = &task->scope;
	CampaignEnrichPlan plan = {task};
	CampaignPopulation *stream;

	plan.links = read_links(scope, task);
	stream = reads_once(scope, plan.links) ? campaign_task_stream(task) : NULL;
	if (stream == NULL)
		return NULL;
	plan.additions = read_columns(scope);
	drop_unread(task, &plan.additions, &plan.links);
	plan.population = campaign_population_declare(scope->target,
												  campaign_population_added(stream));
	plan.concerned = campaign_task_concerned(task);
	return campaign_enrich_stream(&plan, stream,
								  columns_of(scope, plan.additions,
											 plan.links));
}

/* The select that gives them out of a stream; sets their added columns. */
static CampaignSelect *
select_from_stream(CampaignTask *task, List **added)
{
	CampaignPopulation *stream = stream_enrich(task);
	CampaignSelect *select = campaign_task_select(task);

	/* What came before is executed alone then. */
	if (stream == NULL)
		elog(ERROR, "the rows of \"%s\" had better be read twice",
			 task->scope.activity->name);
	*added = campaign_population_added(stream);
	select->expressions = stream->expressions;
	select->counters = stream->counters;
	appendStringInfoString(&select->text, "SELECT ");
	campaign_row_columns(select, task->scope.target, stream);
	appendStringInfoString(&select->text, " FROM ");
	campaign_row_from(select, task->scope.target, stream, CAMPAIGN_ROW_LEFT);
	return select;
}

/* The same out of a table; checks what it links to. */
static CampaignSelect *
select_from_table(CampaignTask *task, const CampaignPopulation *population,
				  List **added)
{
	CampaignEnrichPlan plan = {task, population, campaign_task_select(task)};
	ListCell   *cell;

	plan.additions = read_columns(&task->scope);
	plan.links = read_links(&task->scope, task);
	foreach(cell, plan.links)
		enforce_cardinality(task, population, lfirst(cell));
	drop_unread(task, &plan.additions, &plan.links);
	*added = list_concat(campaign_population_added(population),
						 columns_of(&task->scope, plan.additions, plan.links));
	campaign_enrich_choose(&plan);
	campaign_enrich_build(&plan);
	return plan.select;
}

/* Writes every row with its new columns. */
static void
run_enrich(CampaignTask *task)
{
	int			leading = campaign_activity_leading(task->scope.activity);
	CampaignPopulation *population = campaign_task_population(task, leading);
	List	   *added;
	CampaignSelect *select = task->stream != NULL ?
		select_from_stream(task, &added) :
		select_from_table(task, population, &added);
	CampaignOutlet outlet;

	campaign_task_outlet(task, &outlet, 0, added);
	campaign_task_came(task, campaign_sink_write(select,
												 CAMPAIGN_ROUTE_SOLE, &outlet,
												 1));
	campaign_task_emit(task, &outlet, 0, true);
}

/* True if it can have them from the statement of another. */
static bool
takes_rows(const CampaignScope *scope)
{
	return reads_once(scope, read_links(scope, NULL));
}

/* True if linked rows are aggregated, which is not done for each by itself. */
static bool
has_links(const CampaignScope *scope)
{
	return read_links(scope, NULL) != NIL;
}

const CampaignKind campaign_kind_enrich = {
	.name = "enrich",
	.category = "targeting",
	.purpose = "Adds columns to the rows: expressions, aggregates, lines of linked tables.",
	.min_inbound = 1,
	.max_inbound = -1,
	.outcome_names = "result",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.expressions = expressions_of_enrich,
	.columns = new_columns,
	.check = check_enrich,
	.run = run_enrich,
	.stream = stream_enrich,
	.takes = takes_rows,
	.shares = has_links,
	.reads_expressions = true
};
