/*
 * ruling.c
 *		Rules as stages of the select of a delivery.
 *
 * A stage takes rows with a reason, NULL for those that may still get a
 * message, and gives them with the next reason.  What was counted before is
 * aggregated once and joined; what this delivery itself adds is counted by a
 * window.  So a rule costs what its rows cost, not a query for each of them.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "activity/delivery.h"
#include "activity/option.h"
#include "activity/recipient.h"
#include "activity/rule.h"
#include "set/row.h"

typedef struct RulingStage
{
	void		(*append) (CampaignRuling *ruling, int number);
	const CampaignRule *rule;	/* NULL: the delivery's own control group */
	CampaignCounting *counting; /* of rules that count */
	CampaignRoom room;			/* of capacity */
	const char *percent;		/* of a control group */
	const char *seed;
} RulingStage;

/* Columns that hold a stage's results; number 0 is what stages begin with. */
#define REASON_OF(number) \
	((number) == 0 ? "\"campaign.reason\"" : \
	 psprintf("\"campaign.reason_%d\"", number))

static void append_stage(CampaignRuling *ruling, int number);

/* The alias of the rows. */
static const char *
alias_of(const CampaignRuling *ruling)
{
	return quote_identifier(ruling->task->scope.target->dimension->name);
}

/* --------------------------------- stages ------------------------------- */

/* Who is in the control group, by the hash of the person's key. */
static void
append_control(CampaignRuling *ruling, int number)
{
	const RulingStage *stage = list_nth(ruling->stages, number - 1);
	StringInfo	text = &ruling->select->text;

	appendStringInfo(text,
					 "(SELECT %s.*, CASE WHEN %s IS NULL AND"
					 " campaign.sample_position(coalesce(\"campaign.person\","
					 " \"campaign.recipient\"), %s) * 100 < %s::pg_catalog.float8"
					 " THEN 'control_group' ELSE %s END AS %s FROM ",
					 alias_of(ruling), REASON_OF(number - 1),
					 quote_literal_cstr(stage->seed), stage->percent,
					 REASON_OF(number - 1), REASON_OF(number));
	append_stage(ruling, number - 1);
	appendStringInfo(text, ") AS %s", alias_of(ruling));
}

/*
 * Who is counted, computed once; the OFFSET keeps the planner from evaluating
 * the owner's expression again wherever the result is used.
 */
static void
append_subject(CampaignRuling *ruling, int number)
{
	const RulingStage *stage = list_nth(ruling->stages, number - 1);
	CampaignExpression *by = campaign_rule_expression(stage->rule);
	StringInfo	text = &ruling->select->text;

	appendStringInfo(text,
					 "(SELECT %s.*, CASE WHEN %s IS NULL THEN"
					 " coalesce(campaign.subject_hash((",
					 alias_of(ruling), REASON_OF(number - 1));
	if (by == NULL)
		/* The key of a row that leads to nobody is not one of a person's. */
		appendStringInfoString(text, ruling->task->scope.target->dimension->profile == NULL ?
							   "\"campaign.recipient\"" : "\"campaign.person\"");
	else
		campaign_select_expression(ruling->select, by);
	appendStringInfo(text,
					 ")::pg_catalog.text), 0) ELSE 0 END AS \"campaign.subject_%d\" FROM ",
					 number);
	append_stage(ruling, number - 1);
	appendStringInfo(text, "%s OFFSET 0) AS %s",
					 campaign_recipient_beside(&ruling->task->scope),
					 alias_of(ruling));
}

/* True if several rows of the delivery can be counted for one subject. */
static bool
shares_subjects(const CampaignRuling *ruling, const RulingStage *stage)
{
	return ruling->task->scope.target->dimension->profile != NULL ||
		campaign_object_member(&stage->rule->settings->root, "by") != NULL;
}

/* Who has got, or will get, as much as there may be. */
static void
append_pressure(CampaignRuling *ruling, int number)
{
	const RulingStage *stage = list_nth(ruling->stages, number - 1);
	StringInfo	text = &ruling->select->text;
	int64		run_id = ruling->task->run->id;
	int64		most = campaign_rule_number(stage->rule->settings, "messages");
	char	   *share = shares_subjects(ruling, stage) ?
		psprintf("pg_catalog.row_number() OVER (PARTITION BY %s IS NULL,"
				 " \"campaign.subject_%d\" ORDER BY \"campaign.recipient\" COLLATE \"C\")",
				 REASON_OF(number - 1), number) : "1";

	appendStringInfo(text,
					 "(SELECT %s.*, CASE WHEN %s IS NULL AND \"campaign.subject_%d\" <> 0"
					 " AND coalesce(\"campaign.u\".used, 0) + %s * %d > " INT64_FORMAT
					 " THEN 'pressure' ELSE %s END AS %s FROM ",
					 alias_of(ruling), REASON_OF(number - 1), number, share,
					 stage->counting->weight, most * CAMPAIGN_WEIGHT_PARTS,
					 REASON_OF(number - 1), REASON_OF(number));
	append_subject(ruling, number);
	appendStringInfo(text,
					 " LEFT JOIN (SELECT subject, pg_catalog.sum(weight) AS used"
					 " FROM campaign.contacted WHERE rule_id = " INT64_FORMAT
					 " AND coalesce(test_run_id, " INT64_FORMAT ") = " INT64_FORMAT
					 " AND contacted_at >= %s::pg_catalog.timestamptz"
					 " GROUP BY subject) AS \"campaign.u\""
					 " ON \"campaign.u\".subject = \"campaign.subject_%d\") AS %s",
					 stage->counting->rule_id, run_id, run_id,
					 quote_literal_cstr(timestamptz_to_str(stage->counting->since)),
					 number, alias_of(ruling));
}

/* In which order rows take the room there is: one that favours nobody. */
static void
append_rank(CampaignRuling *ruling, int number)
{
	const RulingStage *stage = list_nth(ruling->stages, number - 1);
	StringInfo	text = &ruling->select->text;

	appendStringInfo(text,
					 "(SELECT %s.*, pg_catalog.row_number() OVER"
					 " (PARTITION BY %s IS NULL ORDER BY campaign.sample_position("
					 "\"campaign.recipient\", '" INT64_FORMAT "." INT64_FORMAT "'))"
					 " AS \"campaign.rank_%d\" FROM ",
					 alias_of(ruling), REASON_OF(number - 1),
					 stage->rule->id, ruling->task->run->id, number);
	append_stage(ruling, number - 1);
	appendStringInfo(text, ") AS %s", alias_of(ruling));
}

/* Who finds no room; the others find it in some period. */
static void
append_capacity(CampaignRuling *ruling, int number)
{
	const RulingStage *stage = list_nth(ruling->stages, number - 1);
	StringInfo	text = &ruling->select->text;

	appendStringInfo(text,
					 "(SELECT %s.*, CASE WHEN %s IS NULL AND \"campaign.rank_%d\" > "
					 INT64_FORMAT " THEN 'capacity' ELSE %s END AS %s,"
					 " (%s::pg_catalog.timestamptz[])[pg_catalog.width_bucket("
					 "\"campaign.rank_%d\" - 1, '%s'::pg_catalog.int8[])]"
					 " AS \"campaign.room_%d\" FROM ",
					 alias_of(ruling), REASON_OF(number - 1), number,
					 stage->room.total, REASON_OF(number - 1),
					 REASON_OF(number), quote_literal_cstr(stage->room.times),
					 number, stage->room.bounds, number);
	append_rank(ruling, number);
	appendStringInfo(text, ") AS %s", alias_of(ruling));
}

/* Appends a stage around those before it, or what they begin with. */
static void
append_stage(CampaignRuling *ruling, int number)
{
	const RulingStage *stage;

	if (number == 0)
	{
		ruling->rows(ruling);
		return;
	}
	stage = list_nth(ruling->stages, number - 1);
	stage->append(ruling, number);
}

/* -------------------------------- opening ------------------------------- */

/* The weight of each of the delivery's messages, in parts. */
static int
weight_of(const CampaignScope *scope)
{
	char	   *text = campaign_option_text(scope->activity->options, "weight");

	return text == NULL ? CAMPAIGN_WEIGHT_PARTS :
		(int) rint(strtod(text, NULL) * CAMPAIGN_WEIGHT_PARTS);
}

/* Adds a stage; gives it to be filled in. */
static RulingStage *
add_stage(CampaignRuling *ruling, const CampaignRule *rule,
		  void (*append) (CampaignRuling *ruling, int number))
{
	RulingStage *stage = palloc0(sizeof(RulingStage));

	stage->rule = rule;
	stage->append = append;
	ruling->stages = lappend(ruling->stages, stage);
	return stage;
}

/* Adds the delivery's own control group, if it has one. */
static void
open_own_control(CampaignRuling *ruling)
{
	const CampaignScope *scope = &ruling->task->scope;
	const Jsonb *options = scope->activity->options;
	char	   *percent = campaign_option_text(options, "control_percent");
	char	   *seed = campaign_option_text(options, "control_seed");
	RulingStage *stage;

	if (percent == NULL)
		return;
	stage = add_stage(ruling, NULL, append_control);
	stage->percent = percent;
	stage->seed = seed != NULL ? seed :
		psprintf("%s.%s", scope->graph->campaign->name, scope->activity->name);
}

/* Adds a control group that is a rule. */
static void
open_control(CampaignRuling *ruling, const CampaignRule *rule)
{
	RulingStage *stage = add_stage(ruling, rule, append_control);
	char	   *seed = campaign_object_text(&rule->settings->root, "seed");

	stage->percent = campaign_object_text(&rule->settings->root, "percent");
	stage->seed = seed != NULL ? seed : rule->name;
}

/*
 * Has the delivery count by the rule.  What counts by the rule as it is now, or
 * as it was published, is kept.
 */
static CampaignCounting *
begin_counting(CampaignRuling *ruling, const CampaignRule *rule,
			   const Jsonb *settings_now, bool rolling)
{
	CampaignCounting *counting = palloc0(sizeof(CampaignCounting));
	CampaignPeriod period = campaign_rule_period(rule->settings);
	CampaignPeriod period_now = campaign_rule_period(settings_now);
	TimestampTz since_now = campaign_period_start(&period_now, ruling->now,
												  rolling);

	counting->rule_id = rule->id;
	counting->weight = weight_of(&ruling->task->scope);
	counting->subject = -1;
	counting->since = campaign_period_start(&period, ruling->now, rolling);
	counting->keep = Min(counting->since, since_now);
	ruling->counting = lappend(ruling->counting, counting);
	return counting;
}

/* Adds a rule of pressure, with the subject it counts by. */
static void
open_pressure(CampaignRuling *ruling, const CampaignRule *rule,
			  const Jsonb *settings_now)
{
	RulingStage *stage = add_stage(ruling, rule, append_pressure);
	char	   *column = psprintf("\"campaign.subject_%d\"",
								  list_length(ruling->stages));
	int			number = 0;
	ListCell   *cell;

	foreach(cell, ruling->counting)
	{
		if (((CampaignCounting *) lfirst(cell))->subject >= 0)
			number++;
	}
	stage->counting = begin_counting(ruling, rule, settings_now, true);
	stage->counting->subject = number;
	ruling->subjects = ruling->subjects == NULL ? column :
		psprintf("%s, %s", ruling->subjects, column);
}

/* Adds a rule of capacity, with the room it has left. */
static void
open_capacity(CampaignRuling *ruling, const CampaignRule *rule,
			  const Jsonb *settings_now)
{
	RulingStage *stage = add_stage(ruling, rule, append_capacity);
	CampaignPeriod period = campaign_rule_period(rule->settings);
	char	   *excess = campaign_object_text(&rule->settings->root, "excess");
	bool		defers = excess == NULL || strcmp(excess, "defer") == 0;
	CampaignFlow *flow = linitial(ruling->task->inbound);
	char	   *column = psprintf("\"campaign.room_%d\"",
								  list_length(ruling->stages));

	stage->counting = begin_counting(ruling, rule, settings_now, false);
	campaign_room_find(&stage->room, rule->id, &period,
					   campaign_rule_number(rule->settings, "messages"),
					   defers ? flow->rows : 0, ruling->now,
					   ruling->task->run->id);
	if (defers)
		ruling->send_at = ruling->send_at == NULL ? column :
			psprintf("greatest(%s, %s)", ruling->send_at, column);
}

/* Adds a rule, unless it was dropped since the campaign was published. */
static void
open_rule(CampaignRuling *ruling, const CampaignRule *rule)
{
	Jsonb	   *settings_now;

	if (strcmp(rule->kind, "control") == 0)
	{
		open_control(ruling, rule);
		return;
	}
	if (strcmp(rule->kind, "quiet_hours") == 0)
		return;
	settings_now = campaign_rule_lock(rule->id);
	if (settings_now == NULL)
		return;
	if (strcmp(rule->kind, "pressure") == 0)
		open_pressure(ruling, rule, settings_now);
	else
		open_capacity(ruling, rule, settings_now);
}

/* Finds the rules that hold; a preview follows none. */
CampaignRuling *
campaign_ruling_open(const CampaignTask *task, TimestampTz now)
{
	CampaignRuling *ruling = palloc0(sizeof(CampaignRuling));
	ListCell   *cell;

	ruling->task = task;
	ruling->now = now;
	if (task->key == NULL)
	{
		open_own_control(ruling);
		foreach(cell, campaign_rules_of(&task->scope))
			open_rule(ruling, lfirst(cell));
	}
	ruling->reason = pstrdup(REASON_OF(list_length(ruling->stages)));
	ruling->subjects = ruling->subjects == NULL ? "NULL::pg_catalog.int8[]" :
		psprintf("ARRAY[%s]", ruling->subjects);
	return ruling;
}

/* Appends the item of FROM with all rules applied. */
void
campaign_ruling_append(CampaignRuling *ruling, CampaignSelect *select,
					   const CampaignPopulation *population,
					   const List *editions, CampaignRowsAppender rows)
{
	ruling->editions = editions;
	ruling->select = select;
	ruling->population = population;
	ruling->rows = rows;
	append_stage(ruling, list_length(ruling->stages));
}
