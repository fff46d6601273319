/*
 * chronicle.c
 *		All messages of a person, over all campaigns.
 *
 * Delivery by delivery: the ranges of recipients of a delivery's chunks say
 * which few chunks can have the person's message, and these are read.  Which
 * recipients lead to the person, an index of those that are not he himself says.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "base/text.h"
#include "engine/chronicle.h"
#include "queue/forget.h"
#include "queue/person.h"
#include "store/dimension.h"
#include "store/privilege.h"

/* A delivery that may have messages for the person. */
typedef struct Source
{
	int64		delivery_id;
	const char *channel;
	const char *owner;
	const char *campaign;
	int64		run_id;
	const char *activity;
	TimestampTz at;				/* when its messages were queued */
	bool		direct;			/* its recipients are keys of the dimension */
} Source;

typedef struct Chronicle
{
	const char *dimension;
	const char *key;
	List	   *sources;		/* of Source * */
	List	   *occasions;		/* of CampaignOccasion * */
} Chronicle;

/*
 * Deliveries to rows of the dimension; and to rows of others whose profile is
 * one of its keys.  Without a name of the profile's dimension it is one that
 * leads to nobody else.
 */
CAMPAIGN_STATEMENT(find_sources,
				   "SELECT DISTINCT ON (d.delivery_id) d.delivery_id,"
				   " d.channel, g.campaign_id, g.owner, g.owner_name, g.name,"
				   " r.run_id, d.activity, t.ended_at, f.dimension = $1"
				   " FROM campaign.campaign g"
				   " JOIN campaign.run r ON r.campaign_id = g.campaign_id"
				   " JOIN campaign.version v ON v.version_id = r.version_id"
				   " JOIN campaign.delivery d ON d.run_id = r.run_id"
				   " JOIN campaign.flow f ON f.run_id = r.run_id"
				   " AND f.source = d.activity"
				   " JOIN campaign.task t ON t.run_id = r.run_id"
				   " AND t.activity = d.activity"
				   " WHERE f.dimension = $1 OR ($2"
				   " AND v.dimensions -> f.dimension ->> 'profile'"
				   " IS NOT NULL"
				   " AND coalesce(v.dimensions -> f.dimension"
				   " ->> 'profile_dimension', $1) = $1"
				   " AND NOT EXISTS (SELECT FROM campaign.dimension p"
				   " WHERE p.owner = g.owner AND p.name = $1"
				   " AND p.profile IS NOT NULL))"
				   " ORDER BY d.delivery_id, f.dimension = $1 DESC");

/* True if the current user may look at the campaign of that row. */
static bool
may_view(const CampaignRows *rows, int row)
{
	Oid			owner = campaign_role_existing(campaign_row_oid(rows, row, 4));

	return campaign_privilege_held(campaign_row_int8(rows, row, 3), owner,
								   CAMPAIGN_PRIVILEGE_VIEW);
}

/* Sets the deliveries of campaigns that the current user may look at. */
static void
set_sources(Chronicle *chronicle, bool related)
{
	CampaignRows *rows = campaign_query(&find_sources,
										campaign_text(chronicle->dimension),
										campaign_bool(related));
	int64		campaign_id = 0;
	bool		visible = false;

	for (int i = 0; i < rows->count; i++)
	{
		Source	   *source;

		/* Runs of one campaign are mostly neighbours. */
		if (campaign_row_int8(rows, i, 3) != campaign_id)
			visible = may_view(rows, i);
		campaign_id = campaign_row_int8(rows, i, 3);
		if (!visible)
			continue;
		source = palloc(sizeof(Source));
		source->delivery_id = campaign_row_int8(rows, i, 1);
		source->channel = campaign_row_text(rows, i, 2);
		source->owner = campaign_row_text(rows, i, 5);
		source->campaign = campaign_row_text(rows, i, 6);
		source->run_id = campaign_row_int8(rows, i, 7);
		source->activity = campaign_row_text(rows, i, 8);
		source->at = campaign_row_time(rows, i, 9);
		source->direct = campaign_row_bool(rows, i, 10);
		chronicle->sources = lappend(chronicle->sources, source);
	}
}

/* Refuses a dimension that nobody the current user acts for has. */
static void
check_dimension(const Chronicle *chronicle)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT owner FROM campaign.dimension WHERE name = $1");
	CampaignRows *rows;

	if (chronicle->sources != NIL)
		return;
	rows = campaign_query(&find, campaign_text(chronicle->dimension));
	for (int i = 0; i < rows->count; i++)
	{
		if (campaign_acts_for(campaign_row_oid(rows, i, 1)))
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("dimension \"%s\" does not exist", chronicle->dimension),
			 errhint("%s",
					 campaign_nearest_hint(chronicle->dimension,
										   campaign_dimension_names(GetUserId()),
										   "dimensions"))));
}

/* Adds something that happened in the delivery. */
static CampaignOccasion *
add_occasion(Chronicle *chronicle, const Source *source,
			 const char *recipient, const char *what, TimestampTz at)
{
	CampaignOccasion *occasion = palloc0(sizeof(CampaignOccasion));

	occasion->at = at;
	occasion->owner = source->owner;
	occasion->campaign = source->campaign;
	occasion->run_id = source->run_id;
	occasion->activity = source->activity;
	occasion->channel = source->channel;
	occasion->recipient = recipient;
	occasion->what = what;
	chronicle->occasions = lappend(chronicle->occasions, occasion);
	return occasion;
}

/* An object with the reason, or NULL if there is none. */
static Jsonb *
reason_object(const char *reason)
{
	CAMPAIGN_STATEMENT(make, "SELECT jsonb_build_object('reason', $1)");

	if (reason == NULL)
		return NULL;
	return campaign_row_jsonb(campaign_query(&make, campaign_text(reason)),
							  0, 1);
}

/* Adds what happened to a message: queued, what came of it, feedback. */
static void
add_message(Chronicle *chronicle, const Source *source, const char *recipient,
			const CampaignPersonMessage *found)
{
	CampaignPersonStatus *status = campaign_person_status(source->run_id,
														  found);
	const char *address = found->message.address == NULL ? NULL :
		pstrdup(found->message.address);
	int			first = list_length(chronicle->occasions);
	CampaignOccasion *occasion;
	ListCell   *cell;

	(void) add_occasion(chronicle, source, recipient, "queued", source->at);
	foreach(cell, campaign_person_events(found->message_id))
	{
		const CampaignPersonEvent *event = lfirst(cell);

		occasion = add_occasion(chronicle, source, recipient, event->what,
								event->at);
		occasion->detail = event->detail;
		occasion->step = 2;
	}
	occasion = add_occasion(chronicle, source, recipient, status->status,
							status->settled_at != 0 ? status->settled_at :
							Max(found->chunk->send_at, source->at));
	occasion->detail = reason_object(status->reason);
	occasion->step = 1;
	for (int i = first; i < list_length(chronicle->occasions); i++)
	{
		occasion = list_nth(chronicle->occasions, i);
		occasion->message_id = found->message_id;
		occasion->address = address;
	}
}

/*
 * Adds what happened to the recipient in one delivery.  A chunk is read to
 * find a message in it, which is forgotten at once.
 */
static void
search_source(Chronicle *chronicle, const Source *source,
			  const char *recipient, MemoryContext scratch)
{
	MemoryContext old = MemoryContextSwitchTo(scratch);
	CampaignPersonMessage *found = campaign_person_message(source->delivery_id,
														   recipient);

	MemoryContextSwitchTo(old);
	if (found != NULL)
		add_message(chronicle, source, recipient, found);
	MemoryContextReset(scratch);
}

/* Adds exclusions from deliveries. */
static void
add_exclusions(Chronicle *chronicle, List *exclusions)
{
	ListCell   *cell;

	foreach(cell, exclusions)
	{
		const CampaignPersonExclusion *exclusion = lfirst(cell);
		ListCell   *inner;

		foreach(inner, chronicle->sources)
		{
			const Source *source = lfirst(inner);

			if (source->delivery_id != exclusion->delivery_id)
				continue;
			add_occasion(chronicle, source, exclusion->recipient, "excluded",
						 source->at)->detail = reason_object(exclusion->reason);
			break;
		}
	}
}

/* Looks into the deliveries whose recipients are keys of the dimension. */
static void
search_direct(Chronicle *chronicle, MemoryContext scratch)
{
	List	   *deliveries = NIL;
	ListCell   *cell;

	foreach(cell, chronicle->sources)
	{
		const Source *source = lfirst(cell);

		if (!source->direct)
			continue;
		CHECK_FOR_INTERRUPTS();
		search_source(chronicle, source, chronicle->key, scratch);
		deliveries = lappend(deliveries,
							 psprintf(INT64_FORMAT, source->delivery_id));
	}
	if (deliveries != NIL)
		add_exclusions(chronicle, campaign_person_exclusions(deliveries,
															 chronicle->key));
}

/* Looks into the deliveries whose recipients lead to keys of the dimension. */
static void
search_related(Chronicle *chronicle, MemoryContext scratch)
{
	ListCell   *cell;

	foreach(cell, chronicle->sources)
	{
		const Source *source = lfirst(cell);
		ListCell   *inner;

		if (source->direct)
			continue;
		foreach(inner, campaign_recipients_of(NIL, source->delivery_id,
											  source->channel, chronicle->key))
			search_source(chronicle, source,
						  ((CampaignRecipient *) lfirst(inner))->recipient,
						  scratch);
		add_exclusions(chronicle,
					   campaign_person_exclusions_behind(source->delivery_id,
														 chronicle->key));
	}
}

/* Orders by time, newest first; of one instant, what came of it first. */
static int
compare_occasions(const ListCell *a, const ListCell *b)
{
	const CampaignOccasion *one = lfirst(a);
	const CampaignOccasion *other = lfirst(b);

	if (one->at != other->at)
		return one->at > other->at ? -1 : 1;
	if (one->run_id != other->run_id)
		return one->run_id > other->run_id ? -1 : 1;
	if (one->message_id != other->message_id)
		return one->message_id > other->message_id ? -1 : 1;
	return other->step - one->step;
}

/* What happened to the row of the dimension, newest first. */
List *
campaign_chronicle(const char *dimension, const char *key, bool related)
{
	Chronicle	chronicle = {dimension, key};
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext,
												  "campaign chunk",
												  ALLOCSET_DEFAULT_SIZES);

	set_sources(&chronicle, related);
	check_dimension(&chronicle);
	search_direct(&chronicle, scratch);
	search_related(&chronicle, scratch);
	MemoryContextDelete(scratch);
	list_sort(chronicle.occasions, compare_occasions);
	return chronicle.occasions;
}
