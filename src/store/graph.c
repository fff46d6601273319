/*
 * graph.c
 *		Campaigns and the activities and transitions of their versions.
 *
 * The draft is a version like the others, so that drawing, checking and
 * executing read one shape.  Whoever changes a campaign locks its row first
 * (campaign, then run, then task: the order of locks everywhere).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"

#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "base/text.h"
#include "store/graph.h"
#include "store/privilege.h"

#define RECORD_COLUMNS \
	"c.campaign_id, c.name, c.owner, c.owner_name, c.dimension," \
	" c.description, c.status, c.settings," \
	" (SELECT v.version_id FROM campaign.version v" \
	" WHERE v.campaign_id = c.campaign_id AND v.number = 0)," \
	" l.version_id, l.number"
#define RECORD_FROM \
	" FROM campaign.campaign c LEFT JOIN LATERAL" \
	" (SELECT v.version_id, v.number FROM campaign.version v" \
	" WHERE v.campaign_id = c.campaign_id AND v.number > 0" \
	" ORDER BY v.number DESC LIMIT 1) l ON true"

/* The first row of RECORD_COLUMNS, or NULL. */
static CampaignRecord *
read_record(const CampaignRows *rows)
{
	CampaignRecord *record;

	if (rows->count == 0)
		return NULL;
	record = palloc0(sizeof(CampaignRecord));
	record->id = campaign_row_int8(rows, 0, 1);
	record->name = campaign_row_text(rows, 0, 2);
	record->owner_name = campaign_row_text(rows, 0, 4);
	record->owner = campaign_role_existing(campaign_row_oid(rows, 0, 3));
	record->dimension = campaign_row_text(rows, 0, 5);
	record->description = campaign_row_text(rows, 0, 6);
	record->status = campaign_row_text(rows, 0, 7);
	record->settings = campaign_row_jsonb(rows, 0, 8);
	record->draft_id = campaign_row_int8(rows, 0, 9);
	record->live_id = campaign_row_int8(rows, 0, 10);
	record->live_number = campaign_row_int4(rows, 0, 11);
	return record;
}

/* Names of campaigns the current user acts for, for hints. */
static List *
visible_names(void)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT name FROM campaign.campaign"
					   " WHERE pg_has_role($1, owner, 'USAGE')"
					   " ORDER BY campaign_id DESC LIMIT 100");
	CampaignRows *rows = campaign_query(&list, campaign_oid(GetUserId()));
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* Waits for the campaign's row lock; false if there is none of that name. */
static bool
lock_record(const char *name)
{
	CAMPAIGN_STATEMENT(lock,
					   "SELECT campaign_id FROM campaign.campaign"
					   " WHERE name = $1 FOR NO KEY UPDATE");

	return campaign_query(&lock, campaign_text(name))->count > 0;
}

/* The campaign of that name, whoever owns it, or NULL. */
static CampaignRecord *
find_record(const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT " RECORD_COLUMNS RECORD_FROM
					   " WHERE c.name = $1");

	return read_record(campaign_query(&find, campaign_text(name)));
}

/* True if the current user acts for the owner of a campaign of that name. */
bool
campaign_record_visible(const char *name)
{
	CampaignRecord *record = find_record(name);

	return record != NULL && campaign_acts_for(record->owner);
}

/* True if the current user has the privilege, or for NULL is the owner. */
static bool
is_allowed(const CampaignRecord *record, const char *privilege)
{
	if (privilege == NULL)
		return campaign_acts_for(record->owner);
	return campaign_privilege_held(record->id, record->owner, privilege);
}

/* True if the current user may look at a campaign of that name. */
bool
campaign_record_known(const char *name)
{
	CampaignRecord *record = find_record(name);

	return record != NULL && is_allowed(record, CAMPAIGN_PRIVILEGE_VIEW);
}

/* The campaign of that name, if the current user acts for its owner. */
CampaignRecord *
campaign_record_require(const char *name, bool lock)
{
	return campaign_record_require_for(name, lock, NULL);
}

/*
 * The campaign of that name, if the current user has that privilege on it.
 * Whoever may not see it is told that it does not exist.
 */
CampaignRecord *
campaign_record_require_for(const char *name, bool lock, const char *privilege)
{
	CampaignRecord *record = find_record(name);

	if (record != NULL && is_allowed(record, privilege))
	{
		/* Read under the lock: it may have changed while waiting for it. */
		if (!lock || lock_record(name))
			return find_record(name);
	}
	else if (record != NULL && is_allowed(record, CAMPAIGN_PRIVILEGE_VIEW))
		campaign_privilege_refuse(name, privilege);
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
			 errmsg("campaign \"%s\" does not exist", name),
			 errhint("%s", campaign_nearest_hint(name, visible_names(),
												 "campaigns"))));
	return NULL;				/* keep the compiler quiet */
}

/* By id, without asking who is looking. */
CampaignRecord *
campaign_record_by_id(int64 campaign_id)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT " RECORD_COLUMNS RECORD_FROM
					   " WHERE c.campaign_id = $1");
	CampaignRecord *record;

	record = read_record(campaign_query(&find, campaign_int8(campaign_id)));
	campaign_ensure(record != NULL, "campaign " INT64_FORMAT " is missing",
					campaign_id);
	return record;
}

/* Adds a campaign of the current user's, with an empty draft. */
CampaignRecord *
campaign_record_create(const char *name, const char *dimension,
					   const char *description, const Jsonb *settings)
{
	CAMPAIGN_STATEMENT(insert,
					   "WITH c AS (INSERT INTO campaign.campaign"
					   " (name, owner, owner_name, dimension, description, settings)"
					   " VALUES ($1, $2, $3, $4, $5, $6)"
					   " ON CONFLICT (name) DO NOTHING RETURNING campaign_id)"
					   " INSERT INTO campaign.version (campaign_id, number)"
					   " SELECT campaign_id, 0 FROM c");

	if (campaign_execute(&insert, campaign_text(name),
						 campaign_oid(GetUserId()),
						 campaign_text(GetUserNameFromId(GetUserId(), false)),
						 campaign_text(dimension), campaign_text(description),
						 campaign_jsonb(settings)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("campaign \"%s\" already exists", name),
				 errhint("Names of campaigns are unique in a database.")));
	return campaign_record_require(name, true);
}

/* Writes dimension, description and settings back. */
void
campaign_record_update(const CampaignRecord *record)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.campaign SET dimension = $2,"
					   " description = $3, settings = $4"
					   " WHERE campaign_id = $1");

	campaign_execute(&update, campaign_int8(record->id),
					 campaign_text(record->dimension),
					 campaign_text(record->description),
					 campaign_jsonb(record->settings));
}

/* Deletes the campaign and, by cascade, all that is recorded of it. */
void
campaign_record_drop(const CampaignRecord *record)
{
	CAMPAIGN_STATEMENT(drop_runs,
					   "DELETE FROM campaign.run WHERE campaign_id = $1");
	CAMPAIGN_STATEMENT(drop_campaign,
					   "DELETE FROM campaign.campaign WHERE campaign_id = $1");

	campaign_execute(&drop_runs, campaign_int8(record->id));
	campaign_execute(&drop_campaign, campaign_int8(record->id));
}

/* ---------------------------- whole versions ---------------------------- */

#define ACTIVITY_COLUMNS \
	"name, position, kind, options, search_path, objects"

/* A row of ACTIVITY_COLUMNS. */
static CampaignActivity *
read_activity(const CampaignRows *rows, int row)
{
	CampaignActivity *activity = palloc0(sizeof(CampaignActivity));

	activity->name = campaign_row_text(rows, row, 1);
	activity->position = campaign_row_int4(rows, row, 2);
	activity->index = row;
	activity->kind = campaign_row_text(rows, row, 3);
	activity->options = campaign_row_jsonb(rows, row, 4);
	activity->search_path = campaign_row_text(rows, row, 5);
	activity->objects = campaign_row_text_array(rows, row, 6);
	return activity;
}

/* Reads the activities of a version. */
static void
load_activities(CampaignGraph *graph)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT " ACTIVITY_COLUMNS " FROM campaign.activity"
					   " WHERE version_id = $1 ORDER BY position");
	CampaignRows *rows = campaign_query(&list,
										campaign_int8(graph->version_id));

	for (int i = 0; i < rows->count; i++)
		graph->activities = lappend(graph->activities,
									read_activity(rows, i));
}

/* Finds activities by name while transitions are hung on them. */
typedef struct NamedActivity
{
	char		name[NAMEDATALEN];
	CampaignActivity *activity;
} NamedActivity;

/* A table of the graph's activities by name. */
static HTAB *
index_activities(const CampaignGraph *graph)
{
	HASHCTL		control = {
		.keysize = NAMEDATALEN,
		.entrysize = sizeof(NamedActivity),
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *table = hash_create("campaign activities",
									list_length(graph->activities) + 1,
									&control,
									HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);
		NamedActivity *entry = hash_search(table, activity->name, HASH_ENTER,
										   NULL);

		entry->activity = activity;
	}
	return table;
}

/* The activity of that name, which a foreign key promises to be there. */
static CampaignActivity *
indexed_activity(HTAB *table, const char *name)
{
	NamedActivity *entry = hash_search(table, name, HASH_FIND, NULL);

	campaign_ensure(entry != NULL, "activity \"%s\" is missing", name);
	return entry->activity;
}

/* Reads the transitions of a version and hangs them on the activities. */
static void
load_transitions(CampaignGraph *graph)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT source, outcome, target FROM campaign.transition"
					   " WHERE version_id = $1 ORDER BY position");
	CampaignRows *rows = campaign_query(&list,
										campaign_int8(graph->version_id));
	HTAB	   *table = index_activities(graph);

	for (int i = 0; i < rows->count; i++)
	{
		CampaignTransition *transition = palloc(sizeof(CampaignTransition));

		transition->source = indexed_activity(table,
											  campaign_row_text(rows, i, 1));
		transition->outcome = campaign_row_text(rows, i, 2);
		transition->target = indexed_activity(table,
											  campaign_row_text(rows, i, 3));
		transition->source->outbound = lappend(transition->source->outbound,
											   transition);
		transition->target->inbound = lappend(transition->target->inbound,
											  transition);
		graph->transitions = lappend(graph->transitions, transition);
	}
	hash_destroy(table);
}

/* Settings as they were published last; the draft's if nothing was. */
Jsonb *
campaign_record_published_settings(const CampaignRecord *record)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT definition -> 'settings' FROM campaign.version"
					   " WHERE version_id = $1 AND definition IS NOT NULL");
	CampaignRows *rows = campaign_query(&find, campaign_int8(record->live_id));

	return rows->count == 0 ? record->settings :
		campaign_row_jsonb(rows, 0, 1);
}

/* Dimension and settings as they were published: the draft's may differ. */
static void
load_frozen(CampaignGraph *graph)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT definition ->> 'dimension', definition -> 'settings'"
					   " FROM campaign.version WHERE version_id = $1");
	CampaignRows *rows = campaign_query(&find,
										campaign_int8(graph->version_id));

	campaign_ensure(rows->count == 1, "version " INT64_FORMAT " is missing",
					graph->version_id);
	graph->campaign->dimension = campaign_row_text(rows, 0, 1);
	graph->campaign->settings = campaign_row_jsonb(rows, 0, 2);
}

/* A version with all its activities and transitions. */
CampaignGraph *
campaign_graph_load(CampaignRecord *record, int64 version_id)
{
	CampaignGraph *graph = palloc0(sizeof(CampaignGraph));

	graph->campaign = record;
	graph->version_id = version_id;
	graph->frozen = version_id != record->draft_id;
	if (graph->frozen)
		load_frozen(graph);
	load_activities(graph);
	load_transitions(graph);
	return graph;
}

/* The activity of that name, or NULL. */
CampaignActivity *
campaign_graph_find(const CampaignGraph *graph, const char *name)
{
	ListCell   *cell;

	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);

		if (strcmp(activity->name, name) == 0)
			return activity;
	}
	return NULL;
}

/* Sources before targets; what lies on or behind a cycle is left out. */
List *
campaign_graph_order(const CampaignGraph *graph)
{
	int		   *missing;		/* inbound transitions not yet served */
	List	   *order = NIL;
	ListCell   *cell;

	missing = palloc0(sizeof(int) * Max(list_length(graph->activities), 1));
	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);

		missing[activity->index] = list_length(activity->inbound);
		if (activity->inbound == NIL)
			order = lappend(order, activity);
	}
	/* The list grows while it is walked: by index, not by cell. */
	for (int i = 0; i < list_length(order); i++)
	{
		foreach(cell, ((CampaignActivity *) list_nth(order, i))->outbound)
		{
			CampaignActivity *target = ((CampaignTransition *) lfirst(cell))->target;

			if (--missing[target->index] == 0)
				order = lappend(order, target);
		}
	}
	return order;
}

/* Marks an activity and all before it. */
static void
mark_before(const CampaignActivity *activity, bool *marked)
{
	ListCell   *cell;

	check_stack_depth();
	if (marked[activity->index])
		return;
	marked[activity->index] = true;
	foreach(cell, activity->inbound)
		mark_before(((CampaignTransition *) lfirst(cell))->source, marked);
}

/* Those of the transitions between marked activities. */
static List *
marked_transitions(List *transitions, const bool *marked)
{
	List	   *kept = NIL;
	ListCell   *cell;

	foreach(cell, transitions)
	{
		CampaignTransition *transition = lfirst(cell);

		if (marked[transition->source->index] &&
			marked[transition->target->index])
			kept = lappend(kept, transition);
	}
	return kept;
}

/* Takes all activities out but one and those before it. */
void
campaign_graph_cut(CampaignGraph *graph, const CampaignActivity *last)
{
	bool	   *marked = palloc0(sizeof(bool) *
								 list_length(graph->activities));
	List	   *kept = NIL;
	ListCell   *cell;

	mark_before(last, marked);
	graph->transitions = marked_transitions(graph->transitions, marked);
	foreach(cell, graph->activities)
	{
		CampaignActivity *activity = lfirst(cell);

		if (!marked[activity->index])
			continue;
		activity->outbound = marked_transitions(activity->outbound, marked);
		kept = lappend(kept, activity);
	}
	graph->activities = kept;
	foreach(cell, kept)
		((CampaignActivity *) lfirst(cell))->index = foreach_current_index(cell);
}

/* --------------------------- changes to a draft ------------------------- */

/* Appends an activity; a second one of that name is refused. */
void
campaign_activity_insert(int64 version_id, const char *name, const char *kind,
						 const Jsonb *options, const char *search_path)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.activity"
					   " (version_id, name, position, kind, options, search_path)"
					   " VALUES ($1, $2, coalesce((SELECT max(position) + 1"
					   " FROM campaign.activity WHERE version_id = $1), 1),"
					   " $3, $4, $5) ON CONFLICT (version_id, name) DO NOTHING");

	if (campaign_execute(&insert, campaign_int8(version_id),
						 campaign_text(name), campaign_text(kind),
						 campaign_jsonb(options),
						 campaign_text(search_path)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("activity \"%s\" already exists", name),
				 errhint("Change it with campaign_alter(), or choose another name.")));
}

/* The activity of that name without its transitions, or NULL. */
CampaignActivity *
campaign_activity_find(int64 version_id, const char *name)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT " ACTIVITY_COLUMNS " FROM campaign.activity"
					   " WHERE version_id = $1 AND name = $2");
	CampaignRows *rows = campaign_query(&find, campaign_int8(version_id),
										campaign_text(name));

	return rows->count == 0 ? NULL : read_activity(rows, 0);
}

/* Names of a version's activities. */
List *
campaign_activity_names(int64 version_id)
{
	CAMPAIGN_STATEMENT(list,
					   "SELECT name FROM campaign.activity"
					   " WHERE version_id = $1 ORDER BY position");
	CampaignRows *rows = campaign_query(&list, campaign_int8(version_id));
	List	   *names = NIL;

	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}

/* How many activities a version has. */
int64
campaign_activity_count(int64 version_id)
{
	CAMPAIGN_STATEMENT(number,
					   "SELECT count(*) FROM campaign.activity"
					   " WHERE version_id = $1");

	return campaign_row_int8(campaign_query(&number,
											campaign_int8(version_id)), 0, 1);
}

/* Replaces options and search_path. */
void
campaign_activity_update(int64 version_id, const char *name,
						 const Jsonb *options, const char *search_path)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.activity SET options = $3, search_path = $4"
					   " WHERE version_id = $1 AND name = $2");

	campaign_execute(&update, campaign_int8(version_id), campaign_text(name),
					 campaign_jsonb(options), campaign_text(search_path));
}

/* Renames; transitions follow by cascade. */
void
campaign_activity_rename(int64 version_id, const char *name,
						 const char *new_name)
{
	CAMPAIGN_STATEMENT(update,
					   "UPDATE campaign.activity SET name = $3"
					   " WHERE version_id = $1 AND name = $2");

	campaign_execute(&update, campaign_int8(version_id), campaign_text(name),
					 campaign_text(new_name));
}

/* Deletes; transitions go by cascade. */
void
campaign_activity_delete(int64 version_id, const char *name)
{
	CAMPAIGN_STATEMENT(delete,
					   "DELETE FROM campaign.activity"
					   " WHERE version_id = $1 AND name = $2");

	campaign_execute(&delete, campaign_int8(version_id), campaign_text(name));
}

/* Adds a transition; false if it was there. */
bool
campaign_transition_insert(int64 version_id, const char *source,
						   const char *outcome, const char *target)
{
	CAMPAIGN_STATEMENT(insert,
					   "INSERT INTO campaign.transition"
					   " (version_id, source, outcome, target, position)"
					   " VALUES ($1, $2, $3, $4, coalesce((SELECT max(position) + 1"
					   " FROM campaign.transition WHERE version_id = $1), 1))"
					   " ON CONFLICT DO NOTHING");

	return campaign_execute(&insert, campaign_int8(version_id),
							campaign_text(source), campaign_text(outcome),
							campaign_text(target)) > 0;
}

/* Removes a transition; false if there was none. */
bool
campaign_transition_delete(int64 version_id, const char *source,
						   const char *outcome, const char *target)
{
	CAMPAIGN_STATEMENT(delete,
					   "DELETE FROM campaign.transition"
					   " WHERE version_id = $1 AND source = $2 AND outcome = $3"
					   " AND target = $4");

	return campaign_execute(&delete, campaign_int8(version_id),
							campaign_text(source), campaign_text(outcome),
							campaign_text(target)) > 0;
}
