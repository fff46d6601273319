/*
 * experiment.c
 *		Variants of a message, and how one of them wins.
 *
 * Who gets which variant is a range of positions, drawn by a keyed hash of the
 * recipient: stable, and even over many people.  With a winner, those whom no
 * variant's share covers are kept back in the queue until it is chosen.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "activity/experiment.h"
#include "activity/option.h"
#include "base/text.h"
#include "queue/experiment.h"
#include "store/log.h"

#define MOST_VARIANTS	20

static const char *const winner_members = "by, after, confidence, otherwise";
static const char *const winner_events = "delivered, opened, clicked, converted";

/* A number of an object, or the fallback; refuses what is none. */
static double
read_number(const JsonbContainer *object, const char *name, const char *what,
			double fallback)
{
	JsonbValue *value = campaign_object_member(object, name);

	if (value == NULL)
		return fallback;
	if (value->type != jbvNumeric)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" of %s must be a number", name, what)));
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8,
											  NumericGetDatum(value->val.numeric)));
}

/* ------------------------------- variants ------------------------------- */

/* Reads a variant's name, which no other has. */
static void
read_name(CampaignExperiment *experiment, const JsonbContainer *variant)
{
	char	   *name = campaign_object_text(variant, "name");

	if (name == NULL || !campaign_is_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("variant %d has no valid name",
						list_length(experiment->names) + 1),
				 errhint("Names have small letters, digits and underscores, do not begin with a digit, and are at most 63 long.")));
	if (campaign_list_has(experiment->names, name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variant \"%s\" is given twice", name)));
	experiment->names = lappend(experiment->names, name);
}

/* Reads the shares; variants without one share what the others leave. */
static void
read_shares(CampaignExperiment *experiment, const List *variants)
{
	double		sum = 0;
	int			open = 0;
	ListCell   *cell;

	foreach(cell, variants)
	{
		double		share = read_number(lfirst(cell), "percent",
										psprintf("variant \"%s\"",
												 (char *) list_nth(experiment->names,
																   foreach_current_index(cell))),
										-1);

		experiment->shares[foreach_current_index(cell)] = share;
		if (share < 0)
			open++;
		else
			sum += share;
		if ((share != -1 && !(share > 0)) || sum > 100)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("shares of variants must be more than 0 and at most 100 percent together")));
	}
	for (int i = 0; i < list_length(variants); i++)
	{
		if (experiment->shares[i] < 0)
			experiment->shares[i] = (100 - sum) / open;
	}
	if (experiment->event == NULL && open == 0 && sum < 100)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("variants have %g percent together and nobody gets the rest",
						sum),
				 errhint("Leave the last percent out, or say with the option \"winner\" how the best is chosen for the rest.")));
	if (experiment->event != NULL && (open > 0 || sum >= 100))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("nobody is left to get the winner"),
				 errhint("Give every variant a percent, less than 100 together.")));
}

/* --------------------------------- winner ------------------------------- */

/* The position of the variant of that name. */
static int
find_variant(const CampaignExperiment *experiment, const char *name)
{
	ListCell   *cell;

	foreach(cell, experiment->names)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return foreach_current_index(cell);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no variant \"%s\"", name),
			 errhint("%s", campaign_nearest_hint(name, experiment->names,
												 "variants"))));
	return -1;					/* keep the compiler quiet */
}

/* Reads how the winner is chosen. */
static void
read_winner(CampaignExperiment *experiment, const Jsonb *winner)
{
	char	   *after = campaign_object_text(&winner->root, "after");
	char	   *otherwise = campaign_object_text(&winner->root, "otherwise");

	campaign_members_check(&winner->root, "option \"winner\"", winner_members);
	experiment->event = campaign_object_text(&winner->root, "by");
	if (experiment->event == NULL ||
		!campaign_list_has(campaign_split_commas(winner_events),
						   experiment->event))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"by\" of option \"winner\" must be an event"),
				 errhint("Events are %s.", winner_events)));
	if (after == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"winner\" needs \"after\""),
				 errhint("It says how long to wait for events, such as \"1 day\".")));
	experiment->after = DatumGetIntervalP(DirectFunctionCall3(interval_in,
															  CStringGetDatum(after),
															  ObjectIdGetDatum(InvalidOid),
															  Int32GetDatum(-1)));
	experiment->confidence = read_number(&winner->root, "confidence",
										 "option \"winner\"", 0.95);
	if (!(experiment->confidence >= 0.5 && experiment->confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"confidence\" of option \"winner\" must be at least 0.5 and less than 1")));
	experiment->otherwise = otherwise == NULL ? 0 :
		find_variant(experiment, otherwise);
}

/* The experiment of a channel activity, or NULL. */
CampaignExperiment *
campaign_experiment_parse(const Jsonb *options)
{
	List	   *variants = campaign_option_objects(options, "variants");
	Jsonb	   *winner = campaign_object_document(options, "winner");
	CampaignExperiment *experiment;
	ListCell   *cell;

	if (variants == NIL && winner != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"winner\" needs the option \"variants\"")));
	if (variants == NIL)
		return NULL;
	if (list_length(variants) < 2 || list_length(variants) > MOST_VARIANTS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be between 2 and %d variants",
						MOST_VARIANTS)));
	experiment = palloc0(sizeof(CampaignExperiment));
	experiment->shares = palloc(sizeof(double) * list_length(variants));
	foreach(cell, variants)
		read_name(experiment, lfirst(cell));
	if (winner != NULL)
		read_winner(experiment, winner);
	read_shares(experiment, variants);
	return experiment;
}

/* -------------------------------- running ------------------------------- */

/* width_bucket over the ends of the shares gives a variant's position. */
void
campaign_experiment_append(StringInfo text,
						   const CampaignExperiment *experiment,
						   const char *seed)
{
	double		end = 0;

	appendStringInfo(text,
					 "pg_catalog.width_bucket(campaign.sample_position("
					 "\"campaign.recipient\", %s), ARRAY[",
					 quote_literal_cstr(seed));
	for (int i = 0; i < list_length(experiment->names); i++)
	{
		end += experiment->shares[i] / 100;
		/* Shares that add up to all must not leave a rounding error's rest. */
		if (experiment->event == NULL &&
			i == list_length(experiment->names) - 1)
			end = 1;
		appendStringInfo(text, "%s%.17g", i > 0 ? ", " : "", end);
	}
	appendStringInfoString(text, "]::pg_catalog.float8[])");
}

/* Notes when the winner is chosen. */
void
campaign_experiment_begin(const CampaignExperiment *experiment,
						  int64 delivery_id, TimestampTz now)
{
	Datum		end;

	if (experiment == NULL || experiment->event == NULL)
		return;
	end = DirectFunctionCall2(timestamptz_pl_interval,
							  TimestampTzGetDatum(now),
							  IntervalPGetDatum(experiment->after));
	campaign_experiment_plan(delivery_id, DatumGetTimestampTz(end));
}

/* "a: 12 of 100, b: 30 of 100" */
static char *
describe_scores(const CampaignExperiment *experiment,
				 const CampaignVerdict *verdict)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, experiment->names)
	{
		int			i = foreach_current_index(cell);

		appendStringInfo(&text, "%s%s: " INT64_FORMAT " of " INT64_FORMAT,
						 i > 0 ? ", " : "", (char *) lfirst(cell),
						 verdict->scores[i].people, verdict->scores[i].sent);
	}
	return text.data;
}

/* Says in the log who has won, and why. */
static void
log_verdict(const CampaignExperiment *experiment, const CampaignTask *task,
			const CampaignVerdict *verdict)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "winner"
	};

	line.message = psprintf("%s, %s (%s by %s; p = %.4f)",
							(char *) list_nth(experiment->names,
											  verdict->winner),
							verdict->significant ? "the best" :
							"because none is better for sure",
							describe_scores(experiment, verdict),
							experiment->event, verdict->p_value);
	campaign_log_add(&line);
}

/* Chooses the winner when its time has come. */
void
campaign_experiment_finish(const CampaignExperiment *experiment,
						   const CampaignTask *task, int64 delivery_id,
						   int languages, TimestampTz now)
{
	TimestampTz due = campaign_experiment_due(delivery_id);
	CampaignQuestion question;

	if (due == 0 || due > now)
		return;
	question.variants = list_length(experiment->names);
	question.languages = languages;
	question.event = experiment->event;
	question.confidence = experiment->confidence;
	question.otherwise = experiment->otherwise;
	log_verdict(experiment, task,
				campaign_experiment_decide(delivery_id, &question));
}
