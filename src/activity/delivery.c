/*
 * delivery.c
 *		What the kinds of category "channel" share: one message per row that
 *		may get one.
 *
 * Acting kinds: messages and exclusions go into the dispatch queue, the
 * population goes on as it came.  Who gets one is decided by one select, which
 * delivery_select.c writes.  Without the option "channel", messages go by the
 * channel of the name of the kind.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "activity/confirmation.h"
#include "activity/delivery.h"
#include "activity/delivery_select.h"
#include "activity/experiment.h"
#include "activity/option.h"
#include "activity/quarantine.h"
#include "activity/recipient.h"
#include "activity/rule.h"
#include "activity/trial.h"
#include "base/clock.h"
#include "base/seen.h"
#include "queue/channel.h"
#include "queue/content.h"
#include "queue/delivery.h"
#include "queue/enqueue.h"
#include "queue/experiment.h"
#include "set/fetch.h"
#include "set/observe.h"

/* True if nobody has to have agreed to the messages. */
bool
campaign_delivery_is_transactional(const CampaignScope *scope)
{
	char	   *category = campaign_option_text(scope->activity->options,
												"category");

	return category != NULL && strcmp(category, "transactional") == 0;
}

/* Lacking: tracked URLs have nothing to begin with. */
CampaignWarning *
campaign_delivery_lack(const CampaignScope *scope)
{
	CampaignChannel *channel = campaign_channel_find(campaign_delivery_channel(scope));

	if (channel == NULL || campaign_channel_tracking_url(channel) != NULL ||
		!campaign_content_tracked(campaign_content_parse(scope->activity->kind,
														 scope->activity->options)))
		return NULL;
	return campaign_warning("no_tracking_url",
							psprintf("activity \"%s\" has tracked URLs, and setting campaign.tracking_url is empty",
									 scope->activity->name),
							"ALTER DATABASE … SET campaign.tracking_url = 'https://…', which is where your endpoint calls campaign_track().");
}

/* Refuses numbers out of range, rules that cannot hold, and wrong times. */
void
campaign_delivery_check(const CampaignScope *scope)
{
	const Jsonb *options = scope->activity->options;
	char	   *weight = campaign_option_text(options, "weight");
	char	   *percent = campaign_option_text(options, "control_percent");
	const char *decimals = weight == NULL ? NULL : strchr(weight, '.');

	if (weight != NULL && (strtod(weight, NULL) > 1000 ||
						   (decimals != NULL && strlen(decimals) > 3)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"weight\" must be at most 1000 and have at most two decimals"),
				 errhint("Rules of pressure add up the weights of a person's messages.")));
	if (percent != NULL && strtod(percent, NULL) > 100)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"control_percent\" must be between 0 and 100"),
				 errhint("It is how many of a hundred people get no message.")));
	campaign_recipient_check(scope);
	campaign_rules_check(scope);
	campaign_timing_check(scope);
}

/* Doubts: who gets marketing, who gets which language, and when. */
List *
campaign_delivery_warn(const CampaignScope *scope)
{
	const CampaignDimension *dimension = scope->target->dimension;
	List	   *warnings = NIL;

	if (!campaign_delivery_is_transactional(scope) &&
		campaign_recipient_consent(scope) == NULL)
		warnings = lappend(warnings,
						   campaign_warning("no_consent",
											psprintf("dimension \"%s\" declares no consent for channel \"%s\"",
													 dimension->name,
													 campaign_delivery_channel(scope)),
											"Declare it with campaign_dimension(…, consent => …), or make the category transactional."));
	if (campaign_recipient_language(scope) == NULL &&
		campaign_object_member(&scope->activity->options->root,
							   "languages") != NULL)
		warnings = lappend(warnings,
						   campaign_warning("no_language",
											psprintf("dimension \"%s\" declares no language",
													 dimension->name),
											"Everybody gets the default; declare it with campaign_dimension(…, language => …)."));
	return list_concat(warnings, campaign_timing_warn(scope));
}

/* Everything the select of a delivery evaluates. */
List *
campaign_delivery_expressions(const CampaignScope *scope)
{
	List	   *editions = campaign_content_parse(scope->activity->kind,
												  scope->activity->options);
	List	   *expressions = NIL;
	ListCell   *cell;
	CampaignExpression *consent = campaign_recipient_consent(scope);
	CampaignExpression *person = campaign_recipient_person(scope);
	CampaignExpression *language = campaign_language_expression(scope, editions);

	(void) campaign_experiment_parse(scope->activity->options);
	campaign_delivery_check_channel(scope);
	foreach(cell, editions)
		expressions = list_concat(expressions,
								  campaign_edition_expressions(scope->activity,
													  lfirst(cell)));
	/* The option "address" is among the options already. */
	if (campaign_option_text(scope->activity->options, "address") == NULL)
		expressions = lappend(expressions, campaign_recipient_address(scope));
	if (consent != NULL)
		expressions = lappend(expressions, consent);
	if (person != NULL)
		expressions = lappend(expressions, person);
	if (language != NULL)
		expressions = lappend(expressions, language);
	foreach(cell, campaign_rules_of(scope))
	{
		CampaignExpression *by = campaign_rule_expression(lfirst(cell));

		if (by != NULL)
			expressions = lappend(expressions, by);
	}
	return list_concat(expressions, campaign_timing_expressions(scope));
}

/*
 * True if the rows need not be in a table: no rule shares out room by their
 * number, and there are not too many for one pass over their addresses.
 */
bool
campaign_delivery_takes(const CampaignScope *scope)
{
	double		rows = campaign_target_rows(scope->target);
	ListCell   *cell;

	if (rows < 0 || rows > campaign_seen_most())
		return false;
	foreach(cell, campaign_rules_of(scope))
	{
		if (strcmp(((CampaignRule *) lfirst(cell))->kind, "capacity") == 0)
			return false;
	}
	return true;
}

/* What the select of a delivery is built from, besides its task. */
typedef struct Selection
{
	const List *contents;
	CampaignRuling *ruling;
	TimestampTz now;
} Selection;

/* The select, for rows to be kept out of it. */
static CampaignSelect *
build_selection(const CampaignTask *task, const void *arg)
{
	const Selection *selection = arg;
	CampaignRuling ruling = *selection->ruling;

	ruling.task = task;
	return campaign_delivery_select(task, selection->contents, &ruling, selection->now);
}

/* Has the rows come here if they are elsewhere; NULL if they are not. */
static CampaignPopulation *
fetch_rows(const CampaignTask *task)
{
	CampaignPopulation *population = campaign_task_population(task, 0);

	if (!population->spread || campaign_observing())
		return NULL;
	return campaign_fetch_rows(campaign_task_select(task), task->scope.target,
							   population,
							   psprintf("r" INT64_FORMAT "_%d_fetched",
										task->run->id,
										task->scope.activity->position),
							   task->run->owner);
}

/* What a task enqueues; no rule counts its messages yet. */
static CampaignEnqueue *
new_enqueue(const CampaignTask *task)
{
	CampaignEnqueue *enqueue = palloc0(sizeof(CampaignEnqueue));
	const Jsonb *options = task->scope.activity->options;

	enqueue->run_id = task->run->id;
	enqueue->activity = task->scope.activity->name;
	enqueue->channel = campaign_delivery_channel(&task->scope);
	enqueue->contents = campaign_content_parse(task->scope.activity->kind,
											   options);
	enqueue->epoch = task->run->epoch;
	enqueue->now = campaign_clock_now();
	enqueue->confirmed = true;
	enqueue->test = task->run->test;
	enqueue->uncounted = task->stream != NULL;
	if (task->stream != NULL && OidIsValid(task->stream->relation))
		enqueue->population = task->stream;
	enqueue->judged_later = campaign_recipient_consent(&task->scope) != NULL;
	enqueue->valid_until = campaign_option_time(options, "valid_until");
	enqueue->valid_for = campaign_option_interval(options, "valid_for");
	return enqueue;
}

/* Puts a message for every row that may get one into the queue. */
static void
enqueue_rows(CampaignTask *task)
{
	CampaignEnqueue *enqueue = new_enqueue(task);
	CampaignTask here = *task;
	CampaignPopulation *fetched = fetch_rows(task);
	Selection	selection;

	selection.contents = enqueue->contents;
	selection.ruling = campaign_ruling_open(task, enqueue->now);
	selection.now = enqueue->now;
	enqueue->rules = selection.ruling->counting;
	if (fetched != NULL)
		here.fetched = fetched->source;
	campaign_quarantine_enqueue(&here, enqueue, build_selection, &selection);
	if (fetched != NULL)
		(void) campaign_population_drop(fetched->name);
	campaign_task_came(task, enqueue->targeted);
	if (enqueue->zoneless > 0)
		campaign_timing_note_zoneless(task, enqueue->zoneless,
									  enqueue->queued);
}

/* When there is something to do for messages kept back; 0: nothing. */
static TimestampTz
next_follow(const CampaignDelivery *delivery)
{
	TimestampTz deferred = campaign_delivery_deferred(delivery->delivery_id);
	TimestampTz decision = campaign_experiment_due(delivery->delivery_id);

	if (deferred == 0 || decision == 0)
		return Max(deferred, decision);
	return Min(deferred, decision);
}

/*
 * Goes on after the messages of a test: nobody has to confirm them, and nothing
 * is left to be done for them.
 */
static void
finish_test(CampaignTask *task, const CampaignDelivery *delivery,
			const char *reason)
{
	if (reason != NULL)
		campaign_trial_withhold(task, psprintf("would wait for a confirmation: %s",
											   reason));
	campaign_trial_react(task, delivery->delivery_id);
	campaign_task_pass(task, 0);
}

/* Goes on after messages that are there; fresh says that they are new. */
static void
finish(CampaignTask *task, const CampaignDelivery *delivery, bool fresh)
{
	char	   *reason = !fresh || task->rehearsal ? NULL :
		campaign_confirmation_reason(task, delivery);

	if (task->run->test)
	{
		finish_test(task, delivery, reason);
		return;
	}
	if (reason != NULL)
		campaign_confirmation_wait(task, delivery, reason);
	else if (!delivery->confirmed)
		task->wait_until = DT_NOEND;
	else
	{
		campaign_experiment_begin(campaign_experiment_parse(task->scope.activity->options),
								  delivery->delivery_id, campaign_clock_now());
		task->follow_at = next_follow(delivery);
		campaign_task_pass(task, 0);
	}
}

/*
 * Enqueues, and passes the whole population on.  Who waits for a confirmation
 * comes here again, when it was given.
 */
void
campaign_delivery_run(CampaignTask *task)
{
	const char *activity = task->scope.activity->name;
	CampaignDelivery *delivery = campaign_delivery_find(task->run->id,
														activity);
	bool		fresh = delivery == NULL;

	if (fresh)
	{
		enqueue_rows(task);
		delivery = campaign_delivery_find(task->run->id, activity);
	}
	finish(task, delivery, fresh);
}

/* The same for several, whose rows come out of one select. */
void
campaign_delivery_gather(CampaignFan *fan)
{
	CampaignEnqueue **enqueues = palloc0(sizeof(CampaignEnqueue *) *
										 fan->noutcomes);
	const CampaignBranch *first = linitial(fan->branches);
	CampaignTask task = *first->task;
	TimestampTz now;
	ListCell   *cell;

	foreach(cell, fan->branches)
	{
		const CampaignBranch *branch = lfirst(cell);

		enqueues[branch->outcome] = new_enqueue(branch->task);
	}
	now = enqueues[first->outcome]->now;
	task.stream = fan->stream;
	task.fan = fan;
	campaign_enqueue_all(enqueues, fan->noutcomes,
						 campaign_delivery_select(&task, enqueues[first->outcome]->contents,
												  campaign_ruling_open(&task, now),
												  now),
						 fan->rows);
	foreach(cell, fan->branches)
	{
		const CampaignBranch *branch = lfirst(cell);

		campaign_task_came(branch->task, fan->rows[branch->outcome]);
		finish(branch->task,
			   campaign_delivery_find(branch->task->run->id,
									  branch->task->scope.activity->name),
			   true);
	}
}

/*
 * Chooses the winner of variants, and judges consent again for messages whose
 * time comes only now.
 */
void
campaign_delivery_follow(CampaignTask *task)
{
	CampaignDelivery *delivery = campaign_delivery_find(task->run->id,
														task->scope.activity->name);
	TimestampTz now = campaign_clock_now();
	List	   *editions = campaign_content_parse(task->scope.activity->kind,
												  task->scope.activity->options);

	campaign_experiment_finish(campaign_experiment_parse(task->scope.activity->options),
							   task, delivery->delivery_id,
							   campaign_content_languages(editions), now);
	campaign_delivery_judge(delivery, campaign_delivery_judgement(task, delivery, now),
							now);
	task->follow_at = next_follow(delivery);
}

/* What the row with the task's key would get. */
CampaignPreview *
campaign_delivery_preview(const CampaignTask *task)
{
	CampaignPreview *preview = palloc0(sizeof(CampaignPreview));

	preview->campaign = task->scope.graph->campaign->name;
	preview->activity = task->scope.activity->name;
	preview->contents = campaign_content_parse(task->scope.activity->kind,
											   task->scope.activity->options);
	campaign_preview_run(preview, campaign_delivery_select(task, preview->contents,
											   campaign_ruling_open(task, 0),
											   campaign_clock_now()));
	return preview;
}
