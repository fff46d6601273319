/*
 * save_audience.c
 *		save_audience: keeps the rows beyond the run.
 *
 * An acting kind: it writes a version of a saved audience, in one statement,
 * and passes its population on.  A version is written whole, those that append
 * or replace too: what somebody reads never changes under him, and the version
 * before is still there to be compared with.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "activity/column.h"
#include "activity/option.h"
#include "activity/trial.h"
#include "base/errors.h"
#include "base/text.h"
#include "set/row.h"
#include "store/audience.h"

/* Versions that are kept if the option does not say. */
#define KEPT_VERSIONS	3

static const CampaignOption options[] = {
	{"audience", CAMPAIGN_OPTION_TEXT, true, NULL,
	"Name of the saved audience, among those of the campaign's owner."},
	{"mode", CAMPAIGN_OPTION_CHOICE, false, "overwrite",
		"Create: refused if it is there; overwrite: these rows alone; append: those before, and rows that are new; replace: those before, and these in place of those with the same key.",
	"create,overwrite,append,replace"},
	{"columns", CAMPAIGN_OPTION_OBJECT, false, "the added columns",
	"Object of names and SQL expressions over the row, kept beside the key: {\"email\": \"lower(email)\"}."},
	{"versions", CAMPAIGN_OPTION_COUNT, false, "3",
	"How many versions are kept, this one included."}
};

/* A version in the making. */
typedef struct Save
{
	CampaignTask *task;
	CampaignPopulation *population; /* the rows that came in */
	CampaignPopulation *before; /* the version before; NULL: none counts */
	CampaignSelect *select;
	List	   *additions;		/* of CampaignAddition *; NIL: added columns */
	List	   *columns;		/* beyond the key, of CampaignColumn * */
	int			own;			/* how many of them these rows have */
} Save;

/* The columns to be kept, of CampaignAddition *; NIL if none are named. */
static List *
read_columns(const CampaignScope *scope)
{
	return campaign_additions_read(scope,
								   campaign_object_document(scope->activity->options,
															"columns"), "");
}

/* Their expressions. */
static List *
expressions_of_save(const CampaignScope *scope)
{
	return campaign_additions_expressions(NIL, read_columns(scope));
}

/* Names of the key's columns. */
static List *
key_names(const CampaignTarget *target)
{
	List	   *names = NIL;
	ListCell   *cell;

	foreach(cell, target->key)
		names = lappend(names, ((CampaignColumn *) lfirst(cell))->name);
	return names;
}

/* Refuses names that are none; a column may be named as the dimension's. */
static void
check_save(const CampaignScope *scope)
{
	char	   *name = campaign_option_text(scope->activity->options,
											"audience");
	List	   *additions = read_columns(scope);
	ListCell   *cell;

	if (!campaign_is_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is not a name of an audience", name),
				 errhint("Names have small letters, digits and underscores, do not begin with a digit, and are at most 63 long.")));
	foreach(cell, additions)
		campaign_column_check_name(((CampaignAddition *) lfirst(cell))->name,
								   key_names(scope->target), NIL);
	(void) campaign_additions_columns(scope, additions);
}

/* Refuses to go on from a version that is of another shape. */
static void
check_before(const Save *save, const CampaignAudience *audience)
{
	const CampaignTarget *target = save->task->scope.target;
	List	   *columns = list_concat_copy(target->key, save->columns);
	char	   *problem = NULL;
	ListCell   *cell;

	if (strcmp(audience->dimension, target->dimension->name) != 0)
		problem = psprintf("It is of dimension \"%s\".", audience->dimension);
	foreach(cell, columns)
	{
		CampaignColumn *column = lfirst(cell);
		CampaignColumn *known = campaign_column_find(save->before->columns,
											column->name);
		bool		key = foreach_current_index(cell) < list_length(target->key);

		if (problem == NULL && (known == NULL ? key :
								known->type != column->type))
			problem = psprintf("Its column \"%s\" is not there, or of another type.",
							   column->name);
	}
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("version %d of audience \"%s\" cannot be continued",
						audience->number, audience->name),
				 errdetail("%s", problem),
				 errhint("Use mode \"overwrite\", or another name.")));
}

/* Finds the version to go on from; refuses what the mode does not allow. */
static void
open_before(Save *save, const CampaignAudience *audience, const char *mode)
{
	ListCell   *cell;

	if (audience->number > 0 && strcmp(mode, "create") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("audience \"%s\" already exists", audience->name),
				 errhint("Use another mode, or drop it with campaign_audience_drop().")));
	if (audience->number == 0 || strcmp(mode, "overwrite") == 0)
		return;
	save->before = campaign_population_open(audience->population,
											save->task->scope.target);
	check_before(save, audience);
	/* What only the version before has stays. */
	foreach(cell, campaign_population_added(save->before))
	{
		CampaignColumn *column = lfirst(cell);

		if (campaign_column_find(save->columns, column->name) == NULL)
			save->columns = lappend(save->columns, column);
	}
}

/* Appends "::type" of a column: the halves of a UNION must not settle it. */
static void
append_type(const Save *save, int number)
{
	const CampaignColumn *column = list_nth(save->columns, number);

	appendStringInfo(&save->select->text, "::%s",
					 format_type_extended(column->type, column->typmod,
										  FORMAT_TYPE_TYPEMOD_GIVEN |
										  FORMAT_TYPE_FORCE_QUALIFY));
}

/* Appends the rows that came in. */
static void
append_rows(const Save *save)
{
	const CampaignTarget *target = save->task->scope.target;
	StringInfo	text = &save->select->text;
	int			nkeys = save->population->nkeys;

	for (int i = 0; i < nkeys; i++)
		appendStringInfo(text, "%s%s", i > 0 ? ", " : "SELECT ",
						 campaign_row_column(target, save->population, i));
	for (int i = 0; i < list_length(save->columns); i++)
	{
		appendStringInfoString(text, ", ");
		if (i >= save->own)
			appendStringInfoString(text, "NULL");
		else if (save->additions == NIL)
			appendStringInfoString(text,
								   campaign_row_column(target,
													   save->population,
													   nkeys + i));
		else
			campaign_select_expression(save->select,
									   ((CampaignAddition *) list_nth(save->additions, i))->expression);
		append_type(save, i);
	}
	appendStringInfoString(text, " FROM ");
	campaign_row_from(save->select, target, save->population,
					  CAMPAIGN_ROW_LEFT);
}

/* Appends the rows of the version before, as p. */
static void
append_before(const Save *save)
{
	StringInfo	text = &save->select->text;
	ListCell   *cell;

	foreach(cell, save->task->scope.target->key)
		appendStringInfo(text, "%s p.%s",
						 foreach_current_index(cell) > 0 ? "," : "SELECT",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	foreach(cell, save->columns)
	{
		const char *name = ((CampaignColumn *) lfirst(cell))->name;

		if (campaign_column_find(save->before->columns, name) == NULL)
			appendStringInfoString(text, ", NULL");
		else
			appendStringInfo(text, ", p.%s", quote_identifier(name));
		append_type(save, foreach_current_index(cell));
	}
	appendStringInfo(text, " FROM %s AS p", save->before->source);
}

/* Writes the select of the version. */
static void
build_select(const Save *save, const char *mode)
{
	const CampaignTarget *target = save->task->scope.target;
	StringInfo	text = &save->select->text;

	if (save->before == NULL)
	{
		append_rows(save);
		return;
	}
	append_before(save);
	if (strcmp(mode, "replace") == 0)
		appendStringInfo(text, " WHERE NOT EXISTS (SELECT FROM %s AS q WHERE %s)",
						 save->population->source,
						 campaign_row_match(target, "q", "p"));
	appendStringInfoString(text, " UNION ALL ");
	append_rows(save);
	if (strcmp(mode, "append") == 0)
		appendStringInfo(text, " WHERE NOT EXISTS (SELECT FROM %s AS q WHERE %s)",
						 campaign_row_item(target, save->before,
										   CAMPAIGN_ROW_BARE),
						 campaign_row_same(target, save->population, "q"));
}

/* Drops versions that are too many, but those somebody is reading now. */
static void
drop_old(const CampaignAudience *audience, const Jsonb *given)
{
	int			keep = Min(campaign_option_count(given, "versions",
												 KEPT_VERSIONS), PG_INT32_MAX);
	ListCell   *cell;

	foreach(cell, campaign_audience_populations(audience->id, keep))
	{
		if (campaign_population_drop(lfirst(cell)))
			campaign_audience_forget(audience->id, lfirst(cell));
	}
}

/* Writes the version into a table of its own; gives how many rows it has. */
static int64
write_version(const Save *save, const char *name)
{
	CampaignOutlet outlet = {.capacity = -1};

	outlet.population =
		campaign_population_create(name, save->task->scope.target,
								   save->columns, save->task->run->owner);
	campaign_sink_write(save->select, CAMPAIGN_ROUTE_SOLE, &outlet, 1);
	return outlet.rows;
}

/* Writes the version that comes after the newest one. */
static void
save_version(const Save *save, const CampaignAudience *audience,
			 const char *mode)
{
	const CampaignTask *task = save->task;
	CampaignAudienceSave version = {
		.number = audience->number + 1,
		.population = psprintf("a" INT64_FORMAT "_%d", audience->id,
							   audience->number + 1),
		.dimension = task->scope.target->dimension->name,
		.mode = mode,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.campaign = task->run->campaign
	};

	version.rows = write_version(save, version.population);
	campaign_audience_add(audience->id, &version);
	drop_old(audience, task->scope.activity->options);
}

/* Counts what a test would save, and says so. */
static void
withhold_version(const Save *save, const CampaignAudience *audience)
{
	CampaignOutlet outlet = {.capacity = -1};

	campaign_sink_write(save->select, CAMPAIGN_ROUTE_SOLE, &outlet, 1);
	campaign_trial_withhold(save->task,
							psprintf("would save version %d of audience \"%s\" with " INT64_FORMAT " rows",
									 audience->number + 1, audience->name,
									 outlet.rows));
}

/* The audience as it is; a test locks nothing and makes none. */
static CampaignAudience *
open_audience(const CampaignTask *task, char *name)
{
	CampaignAudience *audience;

	if (!task->run->test)
		return campaign_audience_lock(task->run->owner, name);
	audience = campaign_audience_find(task->run->owner, name, 0);
	if (audience == NULL)
	{
		audience = palloc0(sizeof(CampaignAudience));
		audience->name = name;
	}
	return audience;
}

/* Writes a version, or counts it in a test, and passes the population on. */
static void
run_save(CampaignTask *task)
{
	const CampaignScope *scope = &task->scope;
	const Jsonb *given = scope->activity->options;
	char	   *mode = campaign_option_text(given, "mode");
	Save		save = {task, campaign_task_population(task, 0)};
	CampaignAudience *audience;

	audience = open_audience(task, campaign_option_text(given, "audience"));
	save.additions = read_columns(scope);
	save.columns = save.additions == NIL ?
		campaign_population_added(save.population) :
		campaign_additions_columns(scope, save.additions);
	save.own = list_length(save.columns);
	save.select = campaign_task_select(task);
	if (mode == NULL)
		mode = "overwrite";
	open_before(&save, audience, mode);
	build_select(&save, mode);
	if (task->run->test)
		withhold_version(&save, audience);
	else
		save_version(&save, audience, mode);
	campaign_task_pass(task, 0);
}

const CampaignKind campaign_kind_save_audience = {
	.name = "save_audience",
	.category = "targeting",
	.purpose = "Keeps the rows, as a version of a saved audience, beyond the run.",
	.min_inbound = 1,
	.max_inbound = 1,
	.outcome_names = "result",
	.options = options,
	.noptions = lengthof(options),
	.outcomes = campaign_outcome_sole,
	.expressions = expressions_of_save,
	.check = check_save,
	.run = run_save
};
