/*
 * delivery.c
 *		What the kinds of category "channel" share: one message per row that
 *		may get one.
 *
 * Acting kinds: messages and exclusions go into the dispatch queue, the
 * population goes on as it came.  One select decides in stages: the address
 * and the consent, then what excludes, then (only for who is left) the values
 * the templates need; a CASE keeps their expressions from being evaluated for
 * anybody else.  Without the option "channel", messages go by the channel of
 * the name of the kind.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "activity/confirmation.h"
#include "activity/delivery.h"
#include "activity/experiment.h"
#include "activity/option.h"
#include "activity/quarantine.h"
#include "activity/recipient.h"
#include "activity/rule.h"
#include "activity/trial.h"
#include "base/clock.h"
#include "base/seen.h"
#include "base/settings.h"
#include "base/text.h"
#include "queue/channel.h"
#include "queue/content.h"
#include "queue/delivery.h"
#include "queue/enqueue.h"
#include "queue/experiment.h"
#include "set/row.h"

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

/* The expressions of an edition's templates, in the order of the variables. */
static List *
edition_expressions(const CampaignActivity *activity,
					const CampaignMessageContent *content)
{
	List	   *expressions = NIL;
	ListCell   *cell;

	foreach(cell, content->expressions)
	{
		const CampaignTemplateExpression *part = lfirst(cell);
		CampaignExpression *expression;

		expression = campaign_expression_parse(part->text,
											   psprintf("template of activity \"%s\"",
														activity->name),
											   activity->search_path);
		expression->condition = part->use == CAMPAIGN_USE_CONDITION;
		expression->collection = part->use == CAMPAIGN_USE_COLLECTION;
		expressions = lappend(expressions, expression);
	}
	return expressions;
}

/* The language of the person; NULL if it makes no difference. */
static CampaignExpression *
language_expression(const CampaignScope *scope, const List *editions)
{
	return campaign_content_languages(editions) < 2 ? NULL :
		campaign_recipient_language(scope);
}

/* True if people get different contents. */
static bool
has_editions(const CampaignScope *scope, const List *editions)
{
	return language_expression(scope, editions) != NULL ||
		campaign_experiment_parse(scope->activity->options) != NULL;
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
	CampaignExpression *language = language_expression(scope, editions);

	(void) campaign_experiment_parse(scope->activity->options);
	campaign_delivery_check_channel(scope);
	foreach(cell, editions)
		expressions = list_concat(expressions,
								  edition_expressions(scope->activity,
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

/* True if it is a population to be enqueued, not just a row to be looked at. */
static bool
flows(const CampaignPopulation *population)
{
	return population != NULL && OidIsValid(population->relation);
}

/*
 * Ends a stage.  The OFFSET keeps the planner from taking it apart, and so from
 * evaluating expressions again wherever a later stage uses their results.  The
 * order is that of the final rows, so that they are sorted early and once, or
 * come sorted out of a merge; only the order of a stage is known to the next.
 */
static void
end_stage(StringInfo text, const CampaignTask *task,
		  const CampaignPopulation *population)
{
	const CampaignTarget *target = task->scope.target;

	if (flows(population))
		appendStringInfo(text, " ORDER BY %s",
						 campaign_row_order(target, population));
	appendStringInfo(text, " OFFSET 0) AS %s",
					 quote_identifier(target->dimension->name));
}

/* First stage: the row with its address, consent, recipient and person. */
static void
append_addressed(CampaignSelect *select, const CampaignTask *task,
				 const CampaignPopulation *population, const List *editions)
{
	const CampaignScope *scope = &task->scope;
	const char *alias = quote_identifier(scope->target->dimension->name);
	CampaignExpression *consent = campaign_recipient_consent(scope);
	CampaignExpression *language = language_expression(scope, editions);
	StringInfo	text = &select->text;

	appendStringInfo(text, "(SELECT %s.*, pg_catalog.btrim(", alias);
	campaign_recipient_append(select, scope, campaign_recipient_address(scope));
	appendStringInfoString(text, "::pg_catalog.text) AS \"campaign.address\", ");
	if (consent != NULL)
		campaign_recipient_append(select, scope, consent);
	else
		appendStringInfoString(text, "true");
	appendStringInfo(text, " AS \"campaign.consent\", %s COLLATE \"C\" AS \"campaign.recipient\", ",
					 campaign_row_recipient(scope->target, population));
	campaign_recipient_columns(select, scope);
	if (language != NULL)
	{
		appendStringInfoString(text, ", pg_catalog.translate(pg_catalog.lower(pg_catalog.btrim(");
		campaign_recipient_append(select, scope, language);
		appendStringInfoString(text, "::pg_catalog.text)), '_', '-') AS \"campaign.language\"");
	}
	appendStringInfoString(text, " FROM ");
	campaign_row_from(select, scope->target,
					  flows(population) ?
					  campaign_row_ordered(scope->target, population) :
					  population,
					  CAMPAIGN_ROW_LEFT);
	campaign_recipient_join(select, scope);
	if (task->key != NULL)
		appendStringInfo(text, " WHERE %s",
						 campaign_row_has_key(scope->target, task->key));
	else
		campaign_sieve_append(select, task->sieve,
							  campaign_row_recipient(scope->target, population));
	end_stage(text, task, population);
}

/*
 * The position of the language: the whole language's, or that of its first
 * subtag, or the default's.
 */
static void
append_language(StringInfo text, const CampaignScope *scope,
				const List *editions)
{
	static const char *const languages[] = {
		"\"campaign.language\"",
		"pg_catalog.split_part(\"campaign.language\", '-', 1)"
	};

	if (language_expression(scope, editions) == NULL)
	{
		appendStringInfoChar(text, '0');
		return;
	}
	appendStringInfoString(text, "coalesce(");
	for (int i = 0; i < lengthof(languages); i++)
	{
		appendStringInfo(text, "CASE %s", languages[i]);
		for (int j = 1; j < campaign_content_languages(editions); j++)
			appendStringInfo(text, " WHEN %s THEN %d",
							 quote_literal_cstr(((CampaignMessageContent *) list_nth(editions, j))->language),
							 j);
		appendStringInfoString(text, " END, ");
	}
	appendStringInfoString(text, "0)");
}

/* The number of the edition, as campaign.chunk has it. */
static void
append_edition_number(StringInfo text, const CampaignScope *scope,
					  const List *editions)
{
	CampaignExperiment *experiment = campaign_experiment_parse(scope->activity->options);

	if (experiment == NULL)
	{
		append_language(text, scope, editions);
		return;
	}
	appendStringInfo(text,
					 "(SELECT CASE WHEN e.variant < %d THEN e.variant * %d"
					 " + e.language ELSE -1 - e.language END FROM (SELECT ",
					 list_length(experiment->names),
					 campaign_content_languages(editions));
	campaign_experiment_append(text, experiment,
							   psprintf("%s.%s", scope->graph->campaign->name,
										scope->activity->name));
	appendStringInfoString(text, " AS variant, ");
	append_language(text, scope, editions);
	appendStringInfoString(text, " AS language) AS e)");
}

/*
 * Which content a row gets.  Where rows of a recipient are no neighbours, all
 * but one are repetitions: the key may not be unique.
 */
static void
append_edition(StringInfo text, const CampaignScope *scope,
			   const CampaignPopulation *population, const List *editions,
			   bool apart)
{
	appendStringInfoString(text, ", (");
	if (has_editions(scope, editions))
		append_edition_number(text, scope, editions);
	else
		appendStringInfoString(text, "NULL");
	appendStringInfo(text,
					 ")::pg_catalog.int2 AS \"campaign.edition\","
					 " %s AS \"campaign.repeated\"",
					 !apart ? "false" :
					 psprintf("coalesce(\"campaign.recipient\" ="
							  " pg_catalog.lag(\"campaign.recipient\")"
							  " OVER (ORDER BY %s), false)",
							  campaign_row_order(scope->target, population)));
}

/*
 * Second stage: what the address is compared by and which content is right,
 * computed once as well.
 */
static void
append_hashed(CampaignSelect *select, const CampaignTask *task,
			  const CampaignPopulation *population, const List *editions,
			  bool apart)
{
	const char *alias = quote_identifier(task->scope.target->dimension->name);

	appendStringInfo(&select->text,
					 "(SELECT %s.*, campaign.address_hash(\"campaign.address\")"
					 " AS \"campaign.hash\"", alias);
	append_edition(&select->text, &task->scope, population, editions, apart);
	appendStringInfoString(&select->text, " FROM ");
	append_addressed(select, task, population, editions);
	end_stage(&select->text, task, population);
}

/* True if only the first row of a person gets a message. */
static bool
is_personal(const CampaignScope *scope)
{
	return scope->target->dimension->profile != NULL &&
		campaign_option_bool(scope->activity->options, "one_per_person", false);
}

/*
 * Third stage: why the row gets no message, NULL if it may.  Suppression is
 * not joined: only a join that sorts would keep the rows in their order.
 */
static void
append_reasoned(CampaignSelect *select, const CampaignTask *task,
				const CampaignPopulation *population, const List *editions,
				bool apart)
{
	const char *alias = quote_identifier(task->scope.target->dimension->name);
	StringInfo	text = &select->text;

	appendStringInfo(text,
					 "(SELECT %s.*, CASE WHEN \"campaign.repeated\" THEN 'duplicate'"
					 " WHEN NOT %s THEN 'gone'%s ELSE"
					 " coalesce(campaign.address_fault(\"campaign.address\"), CASE"
					 " WHEN \"campaign.consent\" IS NOT TRUE THEN 'no_consent'"
					 " WHEN EXISTS (SELECT FROM campaign.suppressed AS s"
					 " WHERE s.channel = %s AND s.address_hash = \"campaign.hash\")"
					 " THEN 'suppressed' END) END AS \"campaign.%s\" FROM ",
					 alias,
					 campaign_row_found(task->scope.target, population),
					 campaign_recipient_needs_person(&task->scope) ?
					 " WHEN NOT \"campaign.known\" THEN 'no_person'" : "",
					 quote_literal_cstr(campaign_delivery_channel(&task->scope)),
					 is_personal(&task->scope) ? "barred" : "excluded");
	append_hashed(select, task, population, editions, apart);
	/* Of persons the reason is used more than once. */
	if (is_personal(&task->scope))
		end_stage(text, task, population);
	else
		appendStringInfo(text, ") AS %s", alias);
}

/* Fourth stage: of the rows that lead to one person, the first one stays. */
static void
append_personal(CampaignSelect *select, const CampaignTask *task,
				const CampaignPopulation *population, const List *editions,
				bool apart)
{
	const char *alias = quote_identifier(task->scope.target->dimension->name);
	StringInfo	text = &select->text;

	if (!is_personal(&task->scope))
	{
		append_reasoned(select, task, population, editions, apart);
		return;
	}
	appendStringInfo(text,
					 "(SELECT %s.*, CASE WHEN \"campaign.barred\" IS NULL"
					 " AND \"campaign.person\" IS NOT NULL"
					 " AND pg_catalog.row_number() OVER"
					 " (PARTITION BY \"campaign.person\" COLLATE \"C\", \"campaign.barred\" IS NULL"
					 " ORDER BY %s) > 1"
					 " THEN 'duplicate_person' ELSE \"campaign.barred\" END"
					 " AS \"campaign.excluded\" FROM ", alias,
					 campaign_row_order(task->scope.target, population));
	append_reasoned(select, task, population, editions, apart);
	end_stage(text, task, population);
}

/* True if the hashes of the population's addresses fit into memory. */
static bool
hashes_fit(const CampaignPopulation *population)
{
	Size		limit = (Size) Max(work_mem, campaign_work_mem) * 1024;

	return !flows(population) || campaign_population_rows(population) <=
		campaign_seen_capacity((Size) (limit * hash_mem_multiplier));
}

/*
 * Fifth stage: of the rows that share an address, the first one stays.  Rows
 * come in order, so it is the one whose address has not been seen before; a
 * sort by addresses says the same if there are too many to be remembered.
 */
static void
append_deduplicated(CampaignSelect *select, const CampaignTask *task,
					const CampaignPopulation *population, const List *editions,
					bool apart)
{
	const char *alias = quote_identifier(task->scope.target->dimension->name);
	StringInfo	text = &select->text;

	appendStringInfo(text, "(SELECT %s.*, ", alias);
	if (!campaign_option_bool(task->scope.activity->options,
							  "one_per_address", true))
		appendStringInfoString(text, "\"campaign.excluded\"");
	else if (hashes_fit(population))
		appendStringInfoString(text,
							   "coalesce(\"campaign.excluded\", CASE"
							   " WHEN NOT campaign.address_first(\"campaign.hash\")"
							   " THEN 'duplicate_address' END)");
	else
		appendStringInfo(text,
						 "coalesce(\"campaign.excluded\", CASE"
						 " WHEN pg_catalog.row_number() OVER"
						 " (PARTITION BY \"campaign.hash\", \"campaign.excluded\""
						 " ORDER BY %s) > 1 THEN 'duplicate_address' END)",
						 campaign_row_order(task->scope.target, population));
	appendStringInfoString(text, " AS \"campaign.reason\" FROM ");
	append_personal(select, task, population, editions, apart);
	end_stage(text, task, population);
}

/*
 * True if messages are not in the order of their recipients alone: two rows of
 * one are no neighbours then, if the key is not unique.
 */
static bool
in_groups(const CampaignScope *scope, const List *editions,
		  const CampaignRuling *ruling)
{
	return has_editions(scope, editions) ||
		ruling->send_at != NULL ||
		campaign_timing_varies(scope, campaign_delivery_channel(scope));
}

/* What rules are applied to. */
static void
append_rows(const CampaignRuling *ruling)
{
	append_deduplicated(ruling->select, ruling->task, ruling->population,
						ruling->editions,
						in_groups(&ruling->task->scope, ruling->editions,
								  ruling));
}

/* The order the enqueue wants; what does not vary is left out. */
static void
append_order(StringInfo text, const CampaignTiming *timing,
			 const List *editions, const CampaignRuling *ruling)
{
	const CampaignScope *scope = &timing->task->scope;

	appendStringInfoString(text, " ORDER BY ");
	if (has_editions(scope, editions))
		appendStringInfoString(text, "\"campaign.edition\", ");
	if (timing->domains != NIL)
		appendStringInfo(text, "%s, ", timing->domain_column);
	if (timing->varies)
		appendStringInfo(text, "%s, ", timing->send_column);
	appendStringInfoString(text, campaign_row_order(scope->target,
													ruling->population));
	if (in_groups(scope, editions, ruling))
		appendStringInfoString(text, ", \"campaign.repeated\"");
}

/* The values of the expressions of an edition's templates. */
static void
append_values(CampaignSelect *select, const CampaignTask *task,
			  const CampaignMessageContent *content)
{
	StringInfo	text = &select->text;
	ListCell   *cell;
	List	   *expressions = edition_expressions(task->scope.activity,
												  content);

	appendStringInfoString(text, "ARRAY[");
	foreach(cell, expressions)
	{
		const CampaignExpression *expression = lfirst(cell);

		appendStringInfo(text, "%s%s(",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 expression->collection ? "pg_catalog.to_jsonb" : "");
		campaign_select_expression(select, expression);
		appendStringInfoString(text, ")::pg_catalog.text");
	}
	appendStringInfoString(text, "]::pg_catalog.text[]");
}

/* The same of the right edition, for who gets a message. */
static void
append_variables(CampaignSelect *select, const CampaignTask *task,
				 const List *editions, const char *reason)
{
	StringInfo	text = &select->text;
	ListCell   *cell;

	appendStringInfo(text, "CASE WHEN %s IS NOT NULL THEN NULL", reason);
	if (has_editions(&task->scope, editions))
	{
		int			languages = campaign_content_languages(editions);

		foreach(cell, editions)
		{
			int			i = foreach_current_index(cell);

			appendStringInfo(text, " WHEN \"campaign.edition\" = %d", i);
			/* Those kept back have the values for any variant. */
			if (i < languages)
				appendStringInfo(text, " OR \"campaign.edition\" = %d",
								 CAMPAIGN_EDITION_OPEN(i));
			appendStringInfoString(text, " THEN ");
			append_values(select, task, lfirst(cell));
		}
	}
	else
	{
		appendStringInfoString(text, " ELSE ");
		append_values(select, task, linitial(editions));
	}
	appendStringInfoString(text, " END");
}

/* The whole select: see campaign_enqueue for its columns. */
static CampaignSelect *
build_select(const CampaignTask *task, const List *editions,
			 CampaignRuling *ruling, TimestampTz now)
{
	CampaignSelect *select = campaign_task_select(task);
	StringInfo	text = &select->text;
	CampaignPopulation *population = task->key == NULL ?
		campaign_task_population(task, 0) :
		campaign_population_declare(task->scope.target, task->scope.added);
	CampaignTiming *timing = campaign_timing_open(task,
												  campaign_delivery_channel(&task->scope),
												  now);

	campaign_timing_follow(timing, ruling->reason, ruling->send_at);
	appendStringInfo(text,
					 "SELECT \"campaign.recipient\","
					 " NULLIF(\"campaign.person\", \"campaign.recipient\"),"
					 " \"campaign.address\", %s, ", ruling->reason);
	append_variables(select, task, editions, ruling->reason);
	appendStringInfo(text, ", %s, \"campaign.edition\", %s, %s, %s FROM ",
					 timing->send_column, timing->domain_column,
					 ruling->subjects, timing->zoneless_column);
	campaign_timing_begin(timing, select);
	campaign_ruling_append(ruling, select, population, editions, append_rows);
	campaign_timing_end(timing, select);
	appendStringInfoString(text, campaign_recipient_beside(&task->scope));
	append_order(text, timing, editions, ruling);
	return select;
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
	return build_select(task, selection->contents, &ruling, selection->now);
}

/* Puts a message for every row that may get one into the queue. */
static void
enqueue(const CampaignTask *task)
{
	CampaignEnqueue enqueue = {0};
	Selection	selection;

	enqueue.run_id = task->run->id;
	enqueue.activity = task->scope.activity->name;
	enqueue.channel = campaign_delivery_channel(&task->scope);
	enqueue.contents = campaign_content_parse(task->scope.activity->kind,
											  task->scope.activity->options);
	enqueue.epoch = task->run->epoch;
	enqueue.now = campaign_clock_now();
	enqueue.confirmed = true;
	enqueue.test = task->run->test;
	enqueue.judged_later = campaign_recipient_consent(&task->scope) != NULL;
	selection.contents = enqueue.contents;
	selection.ruling = campaign_ruling_open(task, enqueue.now);
	selection.now = enqueue.now;
	enqueue.rules = selection.ruling->counting;
	enqueue.valid_until = campaign_option_time(task->scope.activity->options,
											   "valid_until");
	enqueue.valid_for = campaign_option_interval(task->scope.activity->options,
												 "valid_for");
	campaign_quarantine_enqueue(task, &enqueue, build_selection, &selection);
	if (enqueue.zoneless > 0)
		campaign_timing_note_zoneless(task, enqueue.zoneless, enqueue.queued);
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
	char	   *reason = NULL;

	if (delivery == NULL)
	{
		enqueue(task);
		delivery = campaign_delivery_find(task->run->id, activity);
		reason = task->rehearsal ? NULL :
			campaign_confirmation_reason(task, delivery);
	}
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

/* Those put off who may not get their message now. */
static CampaignSelect *
build_judgement(const CampaignTask *task, const CampaignDelivery *delivery,
				TimestampTz now)
{
	CampaignSelect *select = campaign_task_select(task);
	StringInfo	text = &select->text;
	const char *alias = quote_identifier(task->scope.target->dimension->name);

	appendStringInfo(text,
					 "SELECT \"campaign.m\".message_id, CASE WHEN"
					 " %s.\"campaign.recipient\" IS NULL THEN 'gone'%s"
					 " ELSE 'no_consent' END"
					 " FROM campaign.deferred AS \"campaign.m\" LEFT JOIN ",
					 alias,
					 campaign_recipient_needs_person(&task->scope) ?
					 " WHEN NOT \"campaign.known\" THEN 'no_person'" : "");
	append_addressed(select, task,
					 campaign_population_declare(task->scope.target,
												 task->scope.added),
					 NIL);
	appendStringInfo(text,
					 " ON %s.\"campaign.recipient\" = \"campaign.m\".recipient"
					 " WHERE \"campaign.m\".delivery_id = " INT64_FORMAT
					 " AND \"campaign.m\".send_at <= '%s'::pg_catalog.timestamptz"
					 " AND %s.\"campaign.consent\" IS NOT TRUE",
					 alias, delivery->delivery_id, timestamptz_to_str(now),
					 alias);
	return select;
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
	campaign_delivery_judge(delivery, build_judgement(task, delivery, now),
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
	campaign_preview_run(preview, build_select(task, preview->contents,
											   campaign_ruling_open(task, 0),
											   campaign_clock_now()));
	return preview;
}
