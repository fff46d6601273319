/*
 * forget.c
 *		Erasure of a person.
 *
 * Keys stay where they are, so that counts, verification and the promise of one
 * message per recipient go on to hold; what they stood for goes: addresses,
 * variables, what activities added to populations, details of feedback.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/identity.h"
#include "base/sql.h"
#include "base/text.h"
#include "engine/forget.h"
#include "set/population.h"
#include "set/row.h"
#include "set/select.h"
#include "set/target.h"
#include "store/dimension.h"
#include "store/forget.h"
#include "store/memory.h"
#include "store/reject.h"

/* The owners of dimensions of that name whose rights the caller has. */
static Oid
find_owner(const char *dimension)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT owner FROM campaign.dimension WHERE name = $1");
	CampaignRows *rows = campaign_query(&find, campaign_text(dimension));
	Oid			found = InvalidOid;

	for (int i = 0; i < rows->count; i++)
	{
		Oid			owner = campaign_row_oid(rows, i, 1);

		if (owner == GetUserId())
			return owner;
		if (!campaign_acts_for(owner))
			continue;
		if (OidIsValid(found))
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
					 errmsg("several roles have a dimension \"%s\"", dimension),
					 errhint("SET ROLE to the owner that is meant.")));
		found = owner;
	}
	return found;
}

/* The dimension, if the caller acts for its owner; else 42704. */
static CampaignDimension *
require_dimension(const char *name)
{
	Oid			owner = find_owner(name);

	if (!OidIsValid(owner))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("dimension \"%s\" does not exist", name),
				 errhint("%s",
						 campaign_nearest_hint(name,
											   campaign_dimension_names(GetUserId()),
											   "dimensions"))));
	return campaign_dimension_find(owner, name);
}

/*
 * The person's recipients in all deliveries of the owner's campaigns: under
 * the key where the dimension was targeted; where rows of others were, which
 * lead to a person, those that lead to this one.
 */
static List *
find_recipients(const CampaignDimension *dimension, const char *key)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT d.delivery_id, d.channel,"
					   " f.dimension = $2"
					   " FROM campaign.campaign g"
					   " JOIN campaign.run r ON r.campaign_id = g.campaign_id"
					   " JOIN campaign.version v ON v.version_id = r.version_id"
					   " JOIN campaign.delivery d ON d.run_id = r.run_id"
					   " JOIN campaign.flow f ON f.run_id = r.run_id"
					   " AND f.source = d.activity"
					   " WHERE g.owner = $1 AND (f.dimension = $2 OR $3"
					   " AND v.dimensions -> f.dimension ->> 'profile'"
					   " IS NOT NULL"
					   " AND coalesce(v.dimensions -> f.dimension"
					   " ->> 'profile_dimension', $2) = $2)"
					   " ORDER BY d.delivery_id");
	CampaignRows *rows;
	List	   *recipients = NIL;

	rows = campaign_query(&find, campaign_oid(dimension->owner),
						  campaign_text(dimension->name),
						  campaign_bool(dimension->profile == NULL));
	for (int i = 0; i < rows->count; i++)
	{
		int64		delivery_id = campaign_row_int8(rows, i, 1);
		char	   *channel = campaign_row_text(rows, i, 2);
		CampaignRecipient *recipient;

		if (!campaign_row_bool(rows, i, 3))
		{
			recipients = campaign_recipients_of(recipients, delivery_id,
												channel, key);
			continue;
		}
		recipient = palloc(sizeof(CampaignRecipient));
		recipient->delivery_id = delivery_id;
		recipient->channel = channel;
		recipient->recipient = pstrdup(key);
		recipients = lappend(recipients, recipient);
	}
	return recipients;
}

/* Receiver: an UPDATE gives no rows. */
static void
ignore_row(CampaignReceiver *receiver, TupleTableSlot *slot)
{
}

/*
 * Blanks what activities have added to the row in a population; as its owner,
 * whose table it is.
 */
static int64
blank_population(const CampaignTarget *target, const char *name,
				 const char *key)
{
	CampaignReceiver receiver = {NULL, ignore_row};
	CampaignPopulation *population = campaign_population_open(name, target);
	CampaignSelect *update = campaign_select_new(NULL, "pg_catalog, pg_temp");
	List	   *added = campaign_population_added(population);
	ListCell   *cell;

	if (added == NIL)
		return 0;
	appendStringInfo(&update->text, "UPDATE %s AS %s SET ", population->source,
					 quote_identifier(target->dimension->name));
	foreach(cell, added)
		appendStringInfo(&update->text, "%s%s = NULL",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfo(&update->text, " WHERE %s = %s AND (",
					 campaign_row_recipient(target, NULL),
					 quote_literal_cstr(key));
	foreach(cell, added)
		appendStringInfo(&update->text, "%s%s IS NOT NULL",
						 foreach_current_index(cell) > 0 ? " OR " : "",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	appendStringInfoChar(&update->text, ')');
	return (int64) campaign_select_run(update, &receiver);
}

/*
 * Blanks the row in all populations of the dimension that are still there, and
 * in saved audiences.
 */
static int64
blank_populations(CampaignDimension *dimension, const char *key)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT DISTINCT f.population FROM campaign.campaign g"
					   " JOIN campaign.run r ON r.campaign_id = g.campaign_id"
					   " JOIN campaign.flow f ON f.run_id = r.run_id"
					   " JOIN pg_class t ON t.relname = f.population"
					   " AND t.relnamespace = 'campaign_data'::regnamespace"
					   " WHERE g.owner = $1 AND f.dimension = $2"
					   " UNION SELECT v.population FROM campaign.audience a"
					   " JOIN campaign.audience_version v"
					   " ON v.audience_id = a.audience_id"
					   " JOIN pg_class t ON t.relname = v.population"
					   " AND t.relnamespace = 'campaign_data'::regnamespace"
					   " WHERE a.owner = $1 AND v.dimension = $2");
	CampaignRows *rows = campaign_query(&find, campaign_oid(dimension->owner),
										campaign_text(dimension->name));
	CampaignIdentity identity;
	CampaignTarget *target;
	int64		blanked = 0;

	if (rows->count == 0)
		return 0;
	campaign_identity_assume(&identity, dimension->owner);
	target = campaign_target_resolve(dimension);
	for (int i = 0; i < rows->count; i++)
		blanked += blank_population(target, campaign_row_text(rows, i, 1), key);
	campaign_identity_leave(&identity);
	return blanked;
}

/* Forgets the row of the dimension with that key. */
void
campaign_forget_key(const char *dimension, const char *key,
					CampaignForgotten *counts)
{
	CampaignDimension *found = require_dimension(dimension);
	CampaignPerson person = {found->name, key};

	memset(counts, 0, sizeof(*counts));
	campaign_queue_forget(find_recipients(found, key), counts);
	person.addresses = counts->addresses;
	counts->rows = blank_populations(found, key) +
		campaign_memory_blank(found->owner, found->name, key) +
		campaign_reject_blank(found->owner, found->name, key) +
		campaign_store_forget(found->owner, &person);
}
