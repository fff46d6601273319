/*
 * audience.c
 *		Comparing and dropping saved audiences.
 *
 * Tables of versions belong to the owner, who may have put anything on them;
 * so they are read with the owner's rights, whoever asks.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/audience.h"
#include "set/population.h"
#include "set/row.h"
#include "store/audience.h"
#include "store/dimension.h"

/* Two versions to be compared. */
typedef struct Comparison
{
	CampaignTarget *target;
	CampaignPopulation *before;
	CampaignPopulation *after;
	CampaignSelect *select;
} Comparison;

/* Appends the rows of one version that the other does not have. */
static void
append_missing(const Comparison *comparison, const CampaignPopulation *in,
			   const CampaignPopulation *from, const char *change)
{
	StringInfo	text = &comparison->select->text;

	appendStringInfo(text, "SELECT %s, '%s'::pg_catalog.text FROM ",
					 campaign_row_recipient(comparison->target, in), change);
	campaign_row_from(comparison->select, comparison->target, in,
					  CAMPAIGN_ROW_BARE);
	appendStringInfo(text, " WHERE NOT EXISTS (SELECT FROM %s AS o WHERE %s)",
					 campaign_row_item(comparison->target, from,
									   CAMPAIGN_ROW_BARE),
					 campaign_row_same(comparison->target, in, "o"));
}

/* Appends the rows that differ in a column that both versions have. */
static void
append_changed(const Comparison *comparison)
{
	StringInfo	text = &comparison->select->text;
	const CampaignPopulation *after = comparison->after;
	const char *separator = " WHERE ";
	ListCell   *cell;
	ListCell   *inner;

	appendStringInfo(text, "SELECT %s, 'changed'::pg_catalog.text FROM ",
					 campaign_row_recipient(comparison->target, after));
	campaign_row_from(comparison->select, comparison->target, after,
					  CAMPAIGN_ROW_BARE);
	appendStringInfo(text, " JOIN %s AS o ON %s",
					 campaign_row_item(comparison->target, comparison->before,
									   CAMPAIGN_ROW_BARE),
					 campaign_row_same(comparison->target, after, "o"));
	foreach(cell, campaign_population_added(after))
	{
		foreach(inner, campaign_population_added(comparison->before))
		{
			const char *name = ((CampaignColumn *) lfirst(cell))->name;

			if (strcmp(name, ((CampaignColumn *) lfirst(inner))->name) != 0)
				continue;
			/* As texts, for not every type can be compared. */
			appendStringInfo(text,
							 "%s%s.%s::pg_catalog.text COLLATE \"C\" IS DISTINCT FROM o.%s::pg_catalog.text",
							 separator,
							 quote_identifier(comparison->target->dimension->name),
							 quote_identifier(name), quote_identifier(name));
			separator = " OR ";
		}
	}
	if (strcmp(separator, " WHERE ") == 0)
		appendStringInfoString(text, " WHERE false");
}

/* The version as the owner's table. */
static CampaignPopulation *
open_version(const CampaignAudience *audience, const CampaignTarget *target)
{
	if (strcmp(audience->dimension, target->dimension->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_STATE),
				 errmsg("versions of audience \"%s\" are of dimensions \"%s\" and \"%s\"",
						audience->name, audience->dimension,
						target->dimension->name),
				 errhint("Compare versions of one dimension.")));
	return campaign_population_open(audience->population, target);
}

/* The dimension of a version, as it is now. */
static CampaignTarget *
find_target(const CampaignAudience *audience)
{
	CampaignDimension *dimension = campaign_dimension_find(audience->owner,
														   audience->dimension);

	if (dimension == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("dimension \"%s\" does not exist",
						audience->dimension),
				 errhint("The audience was saved of it; declare it again with campaign_dimension().")));
	return campaign_target_resolve(dimension);
}

/* Gives a row for each row that differs. */
void
campaign_audience_compare(const char *name, int before, int after,
						  CampaignReceiver *receiver)
{
	CampaignAudience *old = campaign_audience_require(name, before);
	CampaignAudience *new = campaign_audience_require(name, after);
	Comparison	comparison = {0};
	CampaignIdentity identity;
	int			nestlevel;

	campaign_identity_assume(&identity, old->owner);
	nestlevel = campaign_formats_enter();
	comparison.target = find_target(new);
	comparison.before = open_version(old, comparison.target);
	comparison.after = open_version(new, comparison.target);
	comparison.select = campaign_select_new(NULL, "pg_catalog, pg_temp");
	append_missing(&comparison, comparison.after, comparison.before, "added");
	appendStringInfoString(&comparison.select->text, " UNION ALL ");
	append_missing(&comparison, comparison.before, comparison.after,
				   "removed");
	appendStringInfoString(&comparison.select->text, " UNION ALL ");
	append_changed(&comparison);
	(void) campaign_select_run(comparison.select, receiver);
	campaign_settings_leave(nestlevel);
	campaign_identity_leave(&identity);
}

/* Drops an audience with all its versions. */
void
campaign_audience_drop_all(const char *name)
{
	CampaignAudience *audience = campaign_audience_require(name, 0);
	ListCell   *cell;

	(void) campaign_audience_lock(audience->owner, name);
	foreach(cell, campaign_audience_populations(audience->id, 0))
	{
		if (!campaign_population_drop(lfirst(cell)))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("cannot drop audience \"%s\": somebody reads campaign_data.%s, or depends on it",
							name, (char *) lfirst(cell)),
					 errhint("Try again when nobody reads it, and drop what depends on it.")));
	}
	campaign_audience_delete(audience->id);
}
