/*
 * why.c
 *		The path of one row through a run.
 *
 * Most populations are dropped as soon as nothing reads them, and none has an
 * index.  What became of a row in a delivery is found at once, though, and says
 * where the row has been: whoever came to an activity by its only way was in
 * what came along it.  Only what does not follow is looked up in populations
 * that are still there, with the rights of their owner.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "activity/activity.h"
#include "base/identity.h"
#include "base/sql.h"
#include "engine/why.h"
#include "queue/person.h"
#include "set/row.h"
#include "set/select.h"
#include "store/run.h"
#include "store/task.h"
#include "store/privilege.h"

typedef enum Presence
{
	UNKNOWN,
	ABSENT,
	PRESENT
} Presence;

/* A flow, and whether the row is in it. */
typedef struct Passage
{
	CampaignFlow *flow;
	Presence	presence;
} Passage;

/* A delivery of the run. */
typedef struct Delivery
{
	const char *activity;
	int64		delivery_id;
	CampaignPersonMessage *found;	/* NULL: no message */
	char	   *excluded;		/* the reason, or NULL */
	bool		erased;			/* its messages are old and were deleted */
} Delivery;

typedef struct Why
{
	CampaignRun *run;
	CampaignGraph *graph;
	const char *key;
	List	   *order;			/* of CampaignActivity * */
	List	   *passages;		/* of Passage * */
	List	   *deliveries;		/* of Delivery * */
	List	   *tasks;			/* of CampaignTaskState * */
	List	   *stations;
} Why;

/* ------------------------------ deliveries ------------------------------ */

/* Looks the row up in all deliveries of the run. */
static List *
find_deliveries(int64 run_id, const char *key)
{
	CAMPAIGN_STATEMENT(find,
					   "SELECT activity, delivery_id, figures IS NOT NULL"
					   " FROM campaign.delivery"
					   " WHERE run_id = $1");
	CampaignRows *rows = campaign_query(&find, campaign_int8(run_id));
	List	   *deliveries = NIL;

	for (int i = 0; i < rows->count; i++)
	{
		Delivery   *delivery = palloc0(sizeof(Delivery));

		delivery->activity = campaign_row_text(rows, i, 1);
		delivery->delivery_id = campaign_row_int8(rows, i, 2);
		delivery->erased = campaign_row_bool(rows, i, 3);
		delivery->found = campaign_person_message(delivery->delivery_id, key);
		if (delivery->found == NULL)
			delivery->excluded = campaign_person_exclusion(delivery->delivery_id,
														   key);
		deliveries = lappend(deliveries, delivery);
	}
	return deliveries;
}

/* The delivery of an activity, or NULL. */
static Delivery *
delivery_of(const Why *why, const char *activity)
{
	ListCell   *cell;

	foreach(cell, why->deliveries)
	{
		Delivery   *delivery = lfirst(cell);

		if (strcmp(delivery->activity, activity) == 0)
			return delivery;
	}
	return NULL;
}

/* ------------------------------- presence ------------------------------- */

/* The passage along an outcome, or NULL if nothing came out of it. */
static Passage *
passage_of(const Why *why, const char *source, const char *outcome)
{
	ListCell   *cell;

	foreach(cell, why->passages)
	{
		Passage    *passage = lfirst(cell);

		if (strcmp(passage->flow->source, source) == 0 &&
			strcmp(passage->flow->outcome, outcome) == 0)
			return passage;
	}
	return NULL;
}

/* The passage into an activity that has one way in; else NULL. */
static Passage *
sole_inbound(const Why *why, const CampaignActivity *activity)
{
	CampaignTransition *transition;

	if (list_length(activity->inbound) != 1)
		return NULL;
	transition = linitial(activity->inbound);
	return passage_of(why, transition->source->name, transition->outcome);
}

/* Passages out of an activity, of Passage *. */
static List *
outbound(const Why *why, const CampaignActivity *activity)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, why->passages)
	{
		Passage    *passage = lfirst(cell);

		if (strcmp(passage->flow->source, activity->name) == 0)
			result = lappend(result, passage);
	}
	return result;
}

/* Notes what is learnt about a passage, unless something is known. */
static void
learn(Passage *passage, Presence presence)
{
	if (passage != NULL && passage->presence == UNKNOWN)
		passage->presence = presence;
}

/* True if both have keys of one dimension. */
static bool
same_dimension(const Passage *a, const Passage *b)
{
	return a->flow->dimension != NULL && b->flow->dimension != NULL &&
		strcmp(a->flow->dimension, b->flow->dimension) == 0;
}

/* What deliveries say, which pass on what came in. */
static void
learn_from_deliveries(Why *why)
{
	ListCell   *cell;

	foreach(cell, why->order)
	{
		CampaignActivity *activity = lfirst(cell);
		Delivery   *delivery = delivery_of(why, activity->name);
		Presence	presence;
		ListCell   *out;

		if (delivery == NULL || (delivery->erased && delivery->found == NULL))
			continue;
		presence = delivery->found != NULL || delivery->excluded != NULL ?
			PRESENT : ABSENT;
		learn(sole_inbound(why, activity), presence);
		foreach(out, outbound(why, activity))
			learn(lfirst(out), presence);
	}
}

/* Whoever came out of an activity came in. */
static void
learn_upstream(Why *why)
{
	for (int i = list_length(why->order) - 1; i >= 0; i--)
	{
		CampaignActivity *activity = list_nth(why->order, i);
		Passage    *inbound = sole_inbound(why, activity);
		ListCell   *cell;

		if (inbound == NULL)
			continue;
		foreach(cell, outbound(why, activity))
		{
			Passage    *passage = lfirst(cell);

			if (passage->presence == PRESENT &&
				same_dimension(passage, inbound))
				learn(inbound, PRESENT);
		}
	}
}

/* Receiver: there is a row. */
static void
note_row(CampaignReceiver *receiver, TupleTableSlot *slot)
{
}

/* Looks the row up in a population, with the rights of the run's owner. */
static Presence
look_up(const Why *why, const CampaignFlow *flow)
{
	CampaignReceiver receiver = {NULL, note_row};
	CampaignSelect *select = campaign_select_new(NULL, "pg_catalog, pg_temp");
	CampaignIdentity identity;
	CampaignTarget *target;
	uint64		rows;

	campaign_identity_assume(&identity, why->run->owner);
	target = campaign_graph_target(why->graph, flow->dimension);
	appendStringInfo(&select->text,
					 "SELECT 1 FROM campaign_data.%s AS %s WHERE %s = %s LIMIT 1",
					 quote_identifier(flow->population),
					 quote_identifier(target->dimension->name),
					 campaign_row_recipient(target, NULL),
					 quote_literal_cstr(why->key));
	rows = campaign_select_run(select, &receiver);
	campaign_identity_leave(&identity);
	return rows > 0 ? PRESENT : ABSENT;
}

/* True if the flow's population is there to be read. */
static bool
is_kept(const CampaignFlow *flow)
{
	return flow->population != NULL &&
		OidIsValid(get_relname_relid(flow->population,
									 campaign_data_schema_oid()));
}

/* Finds out about the passages that are still unknown, in order. */
static void
learn_downstream(Why *why)
{
	ListCell   *cell;

	foreach(cell, why->order)
	{
		CampaignActivity *activity = lfirst(cell);
		Passage    *inbound = sole_inbound(why, activity);
		ListCell   *out;

		foreach(out, outbound(why, activity))
		{
			Passage    *passage = lfirst(out);

			if (passage->presence != UNKNOWN)
				continue;
			if (inbound != NULL && inbound->presence == ABSENT &&
				same_dimension(passage, inbound))
				passage->presence = ABSENT;
			else if (is_kept(passage->flow))
				passage->presence = look_up(why, passage->flow);
		}
	}
}

/* ------------------------------- stations ------------------------------- */

/* The state of an activity's task. */
static const char *
task_state(const Why *why, const char *activity)
{
	ListCell   *cell;

	foreach(cell, why->tasks)
	{
		CampaignTaskState *task = lfirst(cell);

		if (strcmp(task->activity, activity) == 0)
			return task->state;
	}
	return NULL;
}

/* Adds a station of the activity. */
static CampaignStation *
add_station(Why *why, const CampaignActivity *activity, const char *fate)
{
	CampaignStation *station = palloc0(sizeof(CampaignStation));

	station->position = activity->position;
	station->activity = activity->name;
	station->kind = activity->kind;
	station->dimension = campaign_activity_dimension(why->graph, activity);
	station->fate = fate;
	why->stations = lappend(why->stations, station);
	return station;
}

/* What is shown of a message, as campaign.message shows it. */
static void
describe_message(Why *why, const CampaignActivity *activity,
				 const Delivery *delivery)
{
	CAMPAIGN_STATEMENT(describe,
					   "SELECT campaign.message_status($2, $3, $4, r.state),"
					   " o.reason, CASE WHEN $2 = '.' THEN NULL"
					   " WHEN $2 IN ('s', 'e') THEN $3 ELSE o.settled_at END"
					   " FROM campaign.run r LEFT JOIN LATERAL"
					   " (SELECT o.reason, o.settled_at FROM campaign.outcome o"
					   " WHERE o.message_id = $5 AND $2 <> 's'"
					   " ORDER BY o.attempt DESC LIMIT 1) o ON true"
					   " WHERE r.run_id = $1");
	const CampaignPersonMessage *found = delivery->found;
	char		result[2] = {campaign_person_result(found), '\0'};
	CampaignRows *rows;
	CampaignStation *station;

	rows = campaign_query(&describe, campaign_int8(why->run->id),
						  campaign_text(result),
						  campaign_time_or_null(found->chunk->leased_until),
						  campaign_time_or_null(found->chunk->expires_at),
						  campaign_int8(found->message_id));
	station = add_station(why, activity, campaign_row_text(rows, 0, 1));
	station->reason = campaign_row_text(rows, 0, 2);
	station->at = campaign_row_time(rows, 0, 3);
	station->message_id = found->message_id;
	station->address = found->message.address;
	station->attempts = found->chunk->attempts;
}

/* What an activity that delivers did. */
static void
describe_delivery(Why *why, const CampaignActivity *activity,
				  const Delivery *delivery)
{
	if (delivery->found != NULL)
		describe_message(why, activity, delivery);
	else if (delivery->excluded != NULL)
		add_station(why, activity, "excluded")->reason = delivery->excluded;
	else
		add_station(why, activity, delivery->erased ? "not kept" : "not in");
}

/* What an activity without outcomes was given. */
static Presence
presence_at_end(const Why *why, const CampaignActivity *activity)
{
	Passage    *inbound = sole_inbound(why, activity);

	return inbound == NULL ? UNKNOWN : inbound->presence;
}

/* What came out of an activity: the outcomes the row is in. */
static void
describe_passages(Why *why, const CampaignActivity *activity)
{
	List	   *passages = outbound(why, activity);
	Presence	presence = passages == NIL ?
		presence_at_end(why, activity) : ABSENT;
	bool		described = false;
	ListCell   *cell;

	foreach(cell, passages)
	{
		const Passage *passage = lfirst(cell);

		if (passage->presence == UNKNOWN)
			presence = UNKNOWN;
		if (passage->presence != PRESENT)
			continue;
		add_station(why, activity, "in")->outcome = passage->flow->outcome;
		described = true;
	}
	if (!described)
		add_station(why, activity, presence == PRESENT ? "in" :
					presence == ABSENT ? "not in" : "not kept");
}

/* What an activity did with the row. */
static void
describe_activity(Why *why, const CampaignActivity *activity)
{
	const char *state = task_state(why, activity->name);
	const Delivery *delivery = delivery_of(why, activity->name);

	if (delivery != NULL)
		describe_delivery(why, activity, delivery);
	else if (state == NULL || strcmp(state, "succeeded") != 0)
		add_station(why, activity, state);
	else
		describe_passages(why, activity);
}

/* The path of the row with that key through the run. */
List *
campaign_why_path(int64 run_id, const char *key)
{
	Why			why = {campaign_run_require_for(run_id,
												CAMPAIGN_PRIVILEGE_VIEW)};
	ListCell   *cell;

	why.key = key;
	why.graph = campaign_graph_load(campaign_record_by_id(why.run->campaign_id),
									why.run->version_id);
	why.order = campaign_graph_order(why.graph);
	why.tasks = campaign_task_states(run_id);
	why.deliveries = find_deliveries(run_id, key);
	foreach(cell, campaign_flow_all(run_id))
	{
		Passage    *passage = palloc0(sizeof(Passage));

		passage->flow = lfirst(cell);
		passage->presence = passage->flow->rows == 0 ? ABSENT : UNKNOWN;
		why.passages = lappend(why.passages, passage);
	}
	learn_from_deliveries(&why);
	learn_upstream(&why);
	learn_downstream(&why);
	learn_upstream(&why);
	foreach(cell, why.order)
		describe_activity(&why, lfirst(cell));
	return why.stations;
}
