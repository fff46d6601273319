/*
 * why.c
 *		The path of one row through a run.
 *
 * Most populations are dropped as soon as nothing reads them, and none has an
 * index.  What became of a row in a delivery is found at once, though, and says
 * where the row has been: whoever came to an activity by its only way was in
 * what came along it.  Only what does not follow is looked up in populations
 * that are still there, with the rights of their owner.  What decided is asked
 * of judge.c and, where sets were combined, follows from where the row was.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

#include "activity/activity.h"
#include "activity/option.h"
#include "base/attempt.h"
#include "base/identity.h"
#include "base/sql.h"
#include "engine/judge.h"
#include "engine/why.h"
#include "queue/content.h"
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
	bool		evaluate;		/* the caller has the owner's rights */
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

/* A population to be looked into. */
typedef struct Lookup
{
	const Why  *why;
	const CampaignFlow *flow;
	Presence	presence;
} Lookup;

/* Looks the row up in a population, with the rights of the run's owner. */
static void
look_up(void *arg)
{
	Lookup	   *lookup = arg;
	const Why  *why = lookup->why;
	const CampaignFlow *flow = lookup->flow;
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
	lookup->presence = rows > 0 ? PRESENT : ABSENT;
}

/* The same; it is not known where the dimension is not what it was. */
static Presence
presence_in(const Why *why, const CampaignFlow *flow)
{
	Lookup		lookup = {why, flow, UNKNOWN};
	ErrorData  *error = campaign_attempt(look_up, &lookup);

	if (error != NULL &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return lookup.presence;
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
				passage->presence = presence_in(why, passage->flow);
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

/* Attempts that were in vain, and feedback, as an array; NULL if none. */
static Jsonb *
events_of(int64 message_id)
{
	CAMPAIGN_STATEMENT(make,
					   "SELECT coalesce($4, '[]') || jsonb_build_array("
					   "jsonb_strip_nulls(jsonb_build_object('what', $1,"
					   " 'at', $2, 'detail', $3)))");
	Jsonb	   *events = NULL;
	ListCell   *cell;

	foreach(cell, campaign_person_events(message_id))
	{
		const CampaignPersonEvent *event = lfirst(cell);

		events = campaign_row_jsonb(campaign_query(&make,
												   campaign_text(event->what),
												   campaign_time(event->at),
												   campaign_jsonb(event->detail),
												   campaign_jsonb(events)),
									0, 1);
	}
	return events;
}

/* What is shown of a message, as campaign.message shows it. */
static void
describe_message(Why *why, const CampaignActivity *activity,
				 const Delivery *delivery)
{
	const CampaignPersonMessage *found = delivery->found;
	CampaignPersonStatus *status = campaign_person_status(why->run->id, found);
	CampaignStation *station = add_station(why, activity, status->status);

	station->reason = status->reason;
	station->at = status->settled_at;
	station->message_id = found->message_id;
	station->address = found->message.address;
	station->attempts = found->chunk->attempts;
	station->events = events_of(found->message_id);
}

/* What an activity that delivers did. */
static void
describe_delivery(Why *why, const CampaignActivity *activity,
				  const Delivery *delivery)
{
	if (delivery->found != NULL)
		describe_message(why, activity, delivery);
	else if (delivery->excluded != NULL)
	{
		CampaignStation *station = add_station(why, activity, "excluded");

		station->reason = delivery->excluded;
		station->decided_by = delivery->excluded;
		station->judged = "then";
	}
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

/* ------------------------------- decisions ------------------------------ */

/* Whether the row came to the activity. */
static CampaignMet
meet(const Why *why, const CampaignActivity *activity)
{
	const Delivery *delivery = delivery_of(why, activity->name);
	CampaignMet met = CAMPAIGN_MET_NO;
	ListCell   *cell;

	if (activity->inbound == NIL ||
		(delivery != NULL && (delivery->found || delivery->excluded)))
		return CAMPAIGN_MET_YES;
	foreach(cell, activity->inbound)
	{
		const CampaignTransition *transition = lfirst(cell);
		const Passage *passage = passage_of(why, transition->source->name,
											transition->outcome);

		if (passage == NULL)
			continue;
		if (passage->presence == PRESENT)
			return CAMPAIGN_MET_YES;
		if (passage->presence == UNKNOWN)
			met = CAMPAIGN_MET_UNKNOWN;
	}
	return met;
}

/* Appends the name as a JSON string, after a comma if need be. */
static void
append_name(StringInfo names, const char *name)
{
	if (names->len > 0)
		appendStringInfoString(names, ", ");
	escape_json(names, name);
}

/* Sets what a combine's inbound sets say, and what follows from it. */
static void
decide_combine(const Why *why, CampaignJudgement *judgement)
{
	const CampaignActivity *activity = judgement->activity;
	bool		intersection =
		strcmp(campaign_option_text(activity->options, "operation"),
			   "intersection") == 0;
	bool		lost = judgement->settled && judgement->present != NIL &&
		strcmp(linitial(judgement->present), "complement") == 0;
	int			leading = Max(campaign_activity_leading(activity), 0);
	StringInfoData sets[3];		/* by presence */
	ListCell   *cell;

	for (int i = 0; i < lengthof(sets); i++)
		initStringInfo(&sets[i]);
	foreach(cell, activity->inbound)
	{
		const CampaignTransition *transition = lfirst(cell);
		const Passage *passage = passage_of(why, transition->source->name,
											transition->outcome);
		char	   *name = psprintf("%s.%s", transition->source->name,
									transition->outcome);
		Presence	presence = passage == NULL ? ABSENT : passage->presence;

		append_name(&sets[presence], name);
		if (lost && intersection && presence == ABSENT)
			campaign_judge_decide(judgement, "not in %s", name);
		else if (lost && !intersection && presence == PRESENT &&
				 foreach_current_index(cell) != leading)
			campaign_judge_decide(judgement, "in %s", name);
	}
	campaign_judge_member(judgement, "sets");
	appendStringInfo(&judgement->facts, "[%s]", sets[PRESENT].data);
	campaign_judge_member(judgement, "other_sets");
	appendStringInfo(&judgement->facts, "[%s]", sets[ABSENT].data);
	if (sets[UNKNOWN].len > 0)
	{
		campaign_judge_member(judgement, "unknown_sets");
		appendStringInfo(&judgement->facts, "[%s]", sets[UNKNOWN].data);
	}
	if (lost && judgement->decided.len == 0 && sets[UNKNOWN].len == 0)
		campaign_judge_decide(judgement, "beyond its limit");
	judgement->judged = "then";
}

/* Adds the values of the message's variables to the facts. */
static void
note_variables(CampaignJudgement *judgement, const Delivery *delivery)
{
	const CampaignPersonMessage *found = delivery->found;
	int			edition = found->chunk->edition;
	const CampaignMessageContent *content;
	ListCell   *cell;

	if (found->message.nvariables == 0)
		return;
	content = campaign_content_edition(campaign_content_parse(judgement->activity->kind,
															  judgement->activity->options),
									   edition < 0 ? -1 - edition : edition);
	campaign_judge_member(judgement, "variables");
	appendStringInfoChar(&judgement->facts, '{');
	foreach(cell, content->expressions)
	{
		int			i = foreach_current_index(cell);

		if (i >= found->message.nvariables)
			break;
		if (i > 0)
			appendStringInfoString(&judgement->facts, ", ");
		escape_json(&judgement->facts,
					((CampaignTemplateExpression *) lfirst(cell))->text);
		appendStringInfoString(&judgement->facts, ": ");
		if (found->message.variables[i] == NULL)
			appendStringInfoString(&judgement->facts, "null");
		else
			escape_json(&judgement->facts, found->message.variables[i]);
	}
	appendStringInfoChar(&judgement->facts, '}');
}

/* What came out of the activity, and where the row was among it. */
static void
set_passages(const Why *why, CampaignJudgement *judgement)
{
	const Passage *inbound = sole_inbound(why, judgement->activity);
	ListCell   *cell;

	if (inbound != NULL && inbound->presence == PRESENT &&
		is_kept(inbound->flow))
		judgement->inbound = judgement->kept = inbound->flow;
	foreach(cell, outbound(why, judgement->activity))
	{
		Passage    *passage = lfirst(cell);
		CampaignFlow *flow = palloc(sizeof(CampaignFlow));

		*flow = *passage->flow;
		if (!is_kept(flow))
			flow->population = NULL;
		judgement->outbound = lappend(judgement->outbound, flow);
		if (passage->presence == UNKNOWN)
			judgement->settled = false;
		if (passage->presence != PRESENT)
			continue;
		judgement->present = lappend(judgement->present, flow->outcome);
		if (flow->population != NULL)
			judgement->kept = flow;
	}
}

/* Finds out what decided over the row in the activity. */
static void
decide(const Why *why, CampaignActivity *activity, CampaignMet met,
	   CampaignJudgement *judgement)
{
	const Delivery *delivery = delivery_of(why, activity->name);
	const char *state = task_state(why, activity->name);

	judgement->run = why->run;
	judgement->graph = why->graph;
	judgement->activity = activity;
	judgement->key = why->key;
	judgement->evaluate = why->evaluate;
	judgement->settled = met == CAMPAIGN_MET_YES && state != NULL &&
		strcmp(state, "succeeded") == 0;
	initStringInfo(&judgement->decided);
	initStringInfo(&judgement->facts);
	set_passages(why, judgement);
	if (delivery != NULL && delivery->found != NULL && why->evaluate)
		note_variables(judgement, delivery);
	if (strcmp(activity->kind, "combine") == 0)
		decide_combine(why, judgement);
	else if (strcmp(campaign_kind_find(activity->kind)->category,
					"targeting") == 0)
		campaign_judge(judgement);
}

/* Says on all stations of the activity, from the first one on, what decided. */
static void
describe_decision(Why *why, CampaignActivity *activity, int first)
{
	CampaignMet met = meet(why, activity);
	CampaignJudgement judgement = {0};

	decide(why, activity, met, &judgement);
	for (int i = first; i < list_length(why->stations); i++)
	{
		CampaignStation *station = list_nth(why->stations, i);

		station->met = met;
		if (judgement.decided.len > 0)
		{
			station->decided_by = judgement.decided.data;
			station->judged = judgement.judged;
		}
		station->facts = campaign_judge_facts(&judgement);
	}
}

/* What an activity did with the row. */
static void
describe_activity(Why *why, CampaignActivity *activity)
{
	const char *state = task_state(why, activity->name);
	const Delivery *delivery = delivery_of(why, activity->name);
	int			first = list_length(why->stations);

	if (delivery != NULL)
		describe_delivery(why, activity, delivery);
	else if (state == NULL || strcmp(state, "succeeded") != 0)
		add_station(why, activity, state);
	else
		describe_passages(why, activity);
	describe_decision(why, activity, first);
}

/* The path of the row with that key through the run. */
List *
campaign_why_path(int64 run_id, const char *key)
{
	Why			why = {campaign_run_require_for(run_id,
												CAMPAIGN_PRIVILEGE_VIEW)};
	ListCell   *cell;

	why.key = key;
	why.evaluate = OidIsValid(why.run->owner) &&
		campaign_acts_for(why.run->owner);
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
