/*
 * roster.c
 *		Who is on a transition of a run: its population, for the owner to read.
 *
 * A population is a table of the owner's, who can read it by name as long as
 * it is there.  Reading it from here finds the table, says why it is not there,
 * and calls rows what messages and campaign_why() call them.  Values of types
 * that the owner made are turned into JSON by his code: with his rights.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "base/text.h"
#include "engine/roster.h"
#include "set/population.h"
#include "set/row.h"
#include "set/target.h"
#include "store/run.h"

/* What the samples of all transitions are drawn with. */
#define SAMPLE_SEED "'campaign population'"

/* No column has that name by accident. */
#define ROW_ALIAS "\"campaign.row\""

/* A population that was found. */
typedef struct Found
{
	CampaignRun *run;
	CampaignTarget *target;
	CampaignPopulation *population;
} Found;

/* Outcomes with their populations and the number of key columns. */
CAMPAIGN_STATEMENT(find_outcomes,
				   "SELECT f.outcome, f.population,"
				   " jsonb_array_length(v.dimensions -> f.dimension -> 'key')"
				   " FROM campaign.flow f"
				   " JOIN campaign.run r ON r.run_id = f.run_id"
				   " JOIN campaign.version v ON v.version_id = r.version_id"
				   " WHERE f.run_id = $1 AND f.source = $2 ORDER BY f.outcome");

CAMPAIGN_STATEMENT(find_activities,
				   "SELECT activity FROM campaign.task WHERE run_id = $1"
				   " ORDER BY position");

/* The column's texts. */
static List *
read_names(const CampaignRows *rows)
{
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* Refuses an activity without outcomes: there is none, or it has not ended. */
static void
refuse_activity(const CampaignRoster *roster)
{
	List	   *names = read_names(campaign_query(&find_activities,
												  campaign_int8(roster->run_id)));

	if (!campaign_list_has(names, roster->activity))
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("run " INT64_FORMAT " has no activity \"%s\"",
						roster->run_id, roster->activity),
				 errhint("%s", campaign_nearest_hint(roster->activity, names,
													 "activities"))));
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("nothing has come out of activity \"%s\" of run " INT64_FORMAT,
					roster->activity, roster->run_id),
			 errhint("View campaign.run_progress shows where the run is.")));
}

/* The row of the outcome that is asked for. */
static int
find_outcome(const CampaignRoster *roster, const CampaignRows *rows)
{
	List	   *names = read_names(rows);

	if (names == NIL)
		refuse_activity(roster);
	if (roster->outcome == NULL && list_length(names) == 1)
		return 0;
	for (int i = 0; roster->outcome != NULL && i < rows->count; i++)
	{
		if (strcmp(list_nth(names, i), roster->outcome) == 0)
			return i;
	}
	if (roster->outcome == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("activity \"%s\" has several outcomes",
						roster->activity),
				 errhint("Say which: %s.",
						 campaign_list_join(names))));
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("nothing has come out of outcome \"%s\" of activity \"%s\"",
					roster->outcome, roster->activity),
			 errhint("%s", campaign_nearest_hint(roster->outcome, names,
												 "outcomes"))));
	return 0;					/* keep the compiler quiet */
}

/* Refuses one that is not there. */
static void
refuse_dropped(const CampaignRoster *roster, const Found *found)
{
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("the population of activity \"%s\" of run " INT64_FORMAT " was not kept",
					roster->activity, roster->run_id),
			 errdetail("Rows are dropped once nothing of the run needs them."),
			 errhint("Setting \"keep_populations\" of campaign \"%s\" keeps those of later runs.",
					 found->run->campaign)));
}

/* Finds the population; refuses whoever does not act for the owner. */
static void
find_population(const CampaignRoster *roster, Found *found)
{
	CampaignRows *rows;
	CampaignIdentity identity;
	char	   *name;
	int			row;
	int			nkeys;

	found->run = campaign_run_require(roster->run_id);
	rows = campaign_query(&find_outcomes, campaign_int8(roster->run_id),
						  campaign_text(roster->activity));
	row = find_outcome(roster, rows);
	name = campaign_row_text(rows, row, 2);
	if (name == NULL || !campaign_population_exists(name))
		refuse_dropped(roster, found);
	nkeys = Max(campaign_row_int4(rows, row, 3), 1);
	found->target = palloc0(sizeof(CampaignTarget));
	campaign_identity_assume(&identity, found->run->owner);
	found->population = campaign_population_open(name, found->target);
	campaign_identity_leave(&identity);
	found->population->nkeys = Min(nkeys,
								   list_length(found->population->columns));
	found->target->key = list_truncate(list_copy(found->population->columns),
									   found->population->nkeys);
}

/* Names of the key's columns as texts, and the whole row, as what is given. */
static void
append_rows(StringInfo text, const CampaignRoster *roster, const Found *found)
{
	StringInfoData key;
	int			nkeys = found->population->nkeys;

	initStringInfo(&key);
	for (int i = 0; i < nkeys; i++)
	{
		CampaignColumn *column = list_nth(found->target->key, i);
		char	   *name = psprintf(ROW_ALIAS ".%s::pg_catalog.text",
									quote_identifier(column->name));

		/* As campaign_row_recipient() writes it. */
		if (nkeys == 1)
			appendStringInfoString(&key, name);
		else
			appendStringInfo(&key, "%spg_catalog.replace(pg_catalog.replace(%s, E'\\\\', E'\\\\\\\\'), ',', E'\\\\,')",
							 i > 0 ? " || ',' || " : "", name);
	}
	appendStringInfo(text, "SELECT %s, pg_catalog.to_jsonb(" ROW_ALIAS ") FROM %s AS " ROW_ALIAS,
					 key.data, found->population->source);
	if (roster->sample)
		appendStringInfo(text, " ORDER BY campaign.sample_position(%s, " SAMPLE_SEED ")",
						 key.data);
	if (roster->rows >= 0)
		appendStringInfo(text, " LIMIT " INT64_FORMAT, roster->rows);
}

/* Gives its rows to the receiver. */
void
campaign_roster_rows(const CampaignRoster *roster, CampaignReceiver *receiver)
{
	Found		found;
	CampaignIdentity identity;
	CampaignSelect *select;
	int			nestlevel;

	find_population(roster, &found);
	campaign_identity_assume(&identity, found.run->owner);
	nestlevel = campaign_formats_enter();
	select = campaign_select_new(NULL, "pg_catalog, pg_temp");
	append_rows(&select->text, roster, &found);
	(void) campaign_select_run(select, receiver);
	campaign_settings_leave(nestlevel);
	campaign_identity_leave(&identity);
}

/* Its columns. */
List *
campaign_roster_columns(const CampaignRoster *roster, int *nkeys)
{
	Found		found;

	find_population(roster, &found);
	*nkeys = found.population->nkeys;
	return found.population->columns;
}
