/*
 * delivery_select.c
 *		The select of a delivery: who gets a message, and what is in it.
 *
 * It decides in stages: the address and the consent, then what excludes, then
 * (only for who is left) the values the templates need; a CASE keeps their
 * expressions from being evaluated for anybody else.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "activity/delivery.h"
#include "activity/delivery_select.h"
#include "activity/experiment.h"
#include "activity/option.h"
#include "activity/quarantine.h"
#include "activity/recipient.h"
#include "activity/rule.h"
#include "base/errors.h"
#include "base/seen.h"
#include "queue/content.h"
#include "queue/enqueue.h"
#include "set/row.h"

/* The expressions of an edition's templates, in the order of the variables. */
List *
campaign_edition_expressions(const CampaignActivity *activity,
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
CampaignExpression *
campaign_language_expression(const CampaignScope *scope, const List *editions)
{
	return campaign_content_languages(editions) < 2 ? NULL :
		campaign_recipient_language(scope);
}

/* True if people get different contents. */
static bool
has_editions(const CampaignScope *scope, const List *editions)
{
	return campaign_language_expression(scope, editions) != NULL ||
		campaign_experiment_parse(scope->activity->options) != NULL;
}

/* True if it is a population to be enqueued, not just a row to be looked at. */
static bool
flows(const CampaignPopulation *population)
{
	return population != NULL && (OidIsValid(population->relation) ||
								  population->levels != NIL);
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

/* Appends a part of the select that depends on the delivery. */
typedef void (*PartAppender) (CampaignSelect *select,
							  const CampaignTask *task);

/* The part alone, and the expressions that are in it. */
static CampaignSelect
lone_part(const CampaignSelect *select, PartAppender append,
		  const CampaignTask *task)
{
	CampaignSelect part = *select;

	part.expressions = NIL;
	initStringInfo(&part.text);
	append(&part, task);
	return part;
}

/* True if both texts are one expression. */
static bool
same_expression(const CampaignExpression *one, const CampaignExpression *other)
{
	return !one->rule && !other->rule && strcmp(one->text, other->text) == 0 &&
		strcmp(one->search_path, other->search_path) == 0;
}

/* True if two deliveries evaluate the same. */
static bool
same_part(const CampaignSelect *one, const CampaignSelect *other)
{
	ListCell   *left;
	ListCell   *right;

	if (strcmp(one->text.data, other->text.data) != 0 ||
		list_length(one->expressions) != list_length(other->expressions))
		return false;
	forboth(left, one->expressions, right, other->expressions)
	{
		if (!same_expression(lfirst(left), lfirst(right)))
			return false;
	}
	return true;
}

/* The outcomes, with commas between, whose parts are like that one. */
static char *
outcomes_alike(const CampaignFan *fan, const CampaignSelect *parts, int number,
			   int *count)
{
	StringInfoData text;
	ListCell   *cell;

	*count = 0;
	initStringInfo(&text);
	foreach(cell, fan->branches)
	{
		int			other = foreach_current_index(cell);

		if (!same_part(&parts[number], &parts[other]))
			continue;
		/* It is there already. */
		if (other < number)
			return NULL;
		appendStringInfo(&text, "%s%d", (*count)++ > 0 ? ", " : "",
						 ((CampaignBranch *) lfirst(cell))->outcome);
	}
	return text.data;
}

/*
 * Appends the part of the delivery.  Of several, a row gets that of the one it
 * is for, and nothing of the others is evaluated; what is alike is there once.
 */
static void
append_part(CampaignSelect *select, const CampaignTask *task,
			PartAppender append)
{
	const CampaignFan *fan = task->fan;
	CampaignSelect *parts;
	ListCell   *cell;

	if (fan == NULL)
	{
		append(select, task);
		return;
	}
	parts = palloc(sizeof(CampaignSelect) * list_length(fan->branches));
	foreach(cell, fan->branches)
		parts[foreach_current_index(cell)] =
			lone_part(select, append, ((CampaignBranch *) lfirst(cell))->task);
	appendStringInfoString(&select->text, "CASE");
	foreach(cell, fan->branches)
	{
		int			count;
		char	   *outcomes = outcomes_alike(fan, parts,
											  foreach_current_index(cell),
											  &count);

		if (outcomes == NULL)
			continue;
		if (count == fan->noutcomes)
			appendStringInfoString(&select->text, " WHEN true THEN ");
		else
			appendStringInfo(&select->text, " WHEN %s IN (%s) THEN ",
							 campaign_task_number(task), outcomes);
		append(select, ((CampaignBranch *) lfirst(cell))->task);
	}
	appendStringInfoString(&select->text, " END");
}

/* The same of what each delivery has for itself, even where it is alike. */
static void
append_own_part(CampaignSelect *select, const CampaignTask *task,
				PartAppender append)
{
	ListCell   *cell;

	if (task->fan == NULL)
	{
		append(select, task);
		return;
	}
	appendStringInfo(&select->text, "CASE %s", campaign_task_number(task));
	foreach(cell, task->fan->branches)
	{
		const CampaignBranch *branch = lfirst(cell);

		appendStringInfo(&select->text, " WHEN %d THEN ", branch->outcome);
		append(select, branch->task);
	}
	appendStringInfoString(&select->text, " END");
}

/* Its address. */
static void
append_address(CampaignSelect *select, const CampaignTask *task)
{
	appendStringInfoString(&select->text, "pg_catalog.btrim(");
	campaign_recipient_append(select, &task->scope,
							  campaign_recipient_address(&task->scope));
	appendStringInfoString(&select->text, "::pg_catalog.text)");
}

/* Whether the row has agreed. */
static void
append_consent(CampaignSelect *select, const CampaignTask *task)
{
	CampaignExpression *consent = campaign_recipient_consent(&task->scope);

	if (consent != NULL)
		campaign_recipient_append(select, &task->scope, consent);
	else
		appendStringInfoString(&select->text, "true");
}

/* First stage: the row with its address, consent, recipient and person. */
static void
append_addressed(CampaignSelect *select, const CampaignTask *task,
				 const CampaignPopulation *population, const List *editions)
{
	const CampaignScope *scope = &task->scope;
	const char *alias = quote_identifier(scope->target->dimension->name);
	CampaignExpression *language = campaign_language_expression(scope, editions);
	StringInfo	text = &select->text;

	appendStringInfo(text, "(SELECT %s.*, ", alias);
	append_part(select, task, append_address);
	appendStringInfoString(text, " AS \"campaign.address\", ");
	append_part(select, task, append_consent);
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
	if (task->fetched != NULL)
		appendStringInfo(text, "%s AS %s", task->fetched, alias);
	else
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

	if (campaign_language_expression(scope, editions) == NULL)
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

/* Whether nobody may write to the address by the channel. */
static void
append_suppressed(CampaignSelect *select, const CampaignTask *task)
{
	appendStringInfo(&select->text,
					 "EXISTS (SELECT FROM campaign.suppressed AS s"
					 " WHERE s.channel = %s AND s.address_hash = \"campaign.hash\")",
					 quote_literal_cstr(campaign_delivery_channel(&task->scope)));
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
					 " WHEN ",
					 alias,
					 campaign_row_found(task->scope.target, population),
					 campaign_recipient_needs_person(&task->scope) ?
					 " WHEN NOT \"campaign.known\" THEN 'no_person'" : "");
	append_part(select, task, append_suppressed);
	appendStringInfo(text,
					 " THEN 'suppressed' END) END AS \"campaign.%s\" FROM ",
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

/*
 * At most so many rows come: of a table they have been counted, of what was not
 * written for the delivery nobody knows it for certain.
 */
static double
rows_at_most(const CampaignTask *task, const CampaignPopulation *population)
{
	if (task->stream != NULL)
		return Min(task->fan != NULL ? task->fan->most_rows :
				   campaign_target_rows(task->scope.target),
				   (double) campaign_seen_most());
	if (!flows(population))
		return 0;
	return task->inbound == NIL ? campaign_population_rows(population) :
		Max(campaign_population_rows(population),
			(double) ((CampaignFlow *) linitial(task->inbound))->rows);
}

/*
 * True if it decides about each row by that row alone, and by addresses of all,
 * which together fit into memory; then it may do so beside others.
 */
bool
campaign_delivery_gathers(const CampaignScope *scope, double rows)
{
	const Jsonb *options = scope->activity->options;

	return rows >= 0 && rows <= campaign_seen_most() &&
		scope->target->dimension->profile == NULL && scope->person == NULL &&
		campaign_rules_of(scope) == NIL &&
		campaign_option_text(options, "control_percent") == NULL &&
		!has_editions(scope, campaign_content_parse(scope->activity->kind,
													options)) &&
		!campaign_timing_varies(scope, campaign_delivery_channel(scope));
}

/* True if only the first row with an address gets a message. */
static bool
is_per_address(const CampaignTask *task)
{
	return campaign_option_bool(task->scope.activity->options,
								"one_per_address", true);
}

/*
 * Whether the address is new.  Several deliveries ask in one place, where each
 * has addresses of its own.
 */
static void
append_first(CampaignSelect *select, const CampaignTask *task, double rows)
{
	StringInfo	text = &select->text;
	ListCell   *cell;

	if (task->fan != NULL)
	{
		appendStringInfo(text, "CASE WHEN %s IN (-1", campaign_task_number(task));
		foreach(cell, task->fan->branches)
		{
			const CampaignBranch *branch = lfirst(cell);

			if (!is_per_address(branch->task))
				appendStringInfo(text, ", %d", branch->outcome);
		}
		appendStringInfoString(text, ") THEN true ELSE ");
	}
	appendStringInfo(text, "campaign.address_first(\"campaign.hash\", %s, %.0f)%s",
					 task->fan != NULL ? campaign_task_number(task) : "0", rows,
					 task->fan != NULL ? " END" : "");
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
	double		rows = rows_at_most(task, population);

	appendStringInfo(text, "(SELECT %s.*, coalesce(\"campaign.excluded\", CASE WHEN ",
					 alias);
	if (task->fan == NULL && !is_per_address(task))
		appendStringInfoString(text, "false");
	else if (rows <= campaign_seen_most())
	{
		appendStringInfoString(text, "NOT ");
		append_first(select, task, rows);
	}
	else
		appendStringInfo(text,
						 "pg_catalog.row_number() OVER"
						 " (PARTITION BY \"campaign.hash\", \"campaign.excluded\""
						 " ORDER BY %s) > 1",
						 campaign_row_order(task->scope.target, population));
	appendStringInfoString(text,
						   " THEN 'duplicate_address' END) AS \"campaign.reason\" FROM ");
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
	List	   *expressions = campaign_edition_expressions(task->scope.activity,
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

/* Those of a delivery with the same content for all. */
static void
append_sole_values(CampaignSelect *select, const CampaignTask *task)
{
	const CampaignActivity *activity = task->scope.activity;

	append_values(select, task,
				  linitial(campaign_content_parse(activity->kind,
												  activity->options)));
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
		append_own_part(select, task, append_sole_values);
	}
	appendStringInfoString(text, " END");
}

/*
 * Appends what the enqueue needs besides: the population's columns where that
 * is written, and which delivery a row is for.
 */
static void
append_carried(CampaignSelect *select, const CampaignTask *task,
			   const CampaignPopulation *population)
{
	bool		written = task->stream != NULL &&
		OidIsValid(task->stream->relation);
	ListCell   *cell;

	if (task->fan != NULL)
	{
		written = false;
		foreach(cell, task->fan->branches)
			written |= OidIsValid(((CampaignBranch *) lfirst(cell))->task->stream->relation);
	}
	if (written)
	{
		appendStringInfoString(&select->text, ", ");
		campaign_row_columns(select, task->scope.target, population);
	}
	if (task->fan != NULL)
		appendStringInfo(&select->text, ", %s", campaign_task_number(task));
}

/*
 * The whole select: see campaign_enqueue for its columns.  Of several
 * deliveries it is that of any of them; what differs is in parts.
 */
CampaignSelect *
campaign_delivery_select(const CampaignTask *task, const List *editions,
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

	campaign_ensure(task->fan == NULL ||
					(ruling->stages == NIL && !timing->varies),
					"there is a new rule, or a new limit");
	campaign_timing_follow(timing, ruling->reason, ruling->send_at);
	appendStringInfo(text,
					 "SELECT \"campaign.recipient\","
					 " NULLIF(\"campaign.person\", \"campaign.recipient\"),"
					 " \"campaign.address\", %s, ", ruling->reason);
	append_variables(select, task, editions, ruling->reason);
	appendStringInfo(text, ", %s, \"campaign.edition\", %s, %s, %s",
					 timing->send_column, timing->domain_column,
					 ruling->subjects, timing->zoneless_column);
	append_carried(select, task, population);
	appendStringInfoString(text, " FROM ");
	select->ordered = task->stream != NULL &&
		campaign_row_ordered(task->scope.target, population)->sorted;
	campaign_timing_begin(timing, select);
	campaign_ruling_append(ruling, select, population, editions, append_rows);
	campaign_timing_end(timing, select);
	appendStringInfoString(text, campaign_recipient_beside(&task->scope));
	append_order(text, timing, editions, ruling);
	return select;
}

/* Those put off who may not get their message now. */
CampaignSelect *
campaign_delivery_judgement(const CampaignTask *task,
							const CampaignDelivery *delivery, TimestampTz now)
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
