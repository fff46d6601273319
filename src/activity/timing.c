/*
 * timing.c
 *		When the messages of a delivery are sent, and which limit of an address
 *		domain they are under.
 *
 * Stages around the select of a delivery: the first evaluates the owner's
 * expressions for who gets a message, once each; the second ranks rows, only
 * where waves are counted; the last makes the time of them.  Nothing is
 * written for a delivery that goes at once to domains without limits.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "activity/option.h"
#include "activity/recipient.h"
#include "activity/rule.h"
#include "activity/timing.h"
#include "activity/wave.h"
#include "base/clock.h"
#include "queue/channel.h"
#include "set/zone.h"
#include "store/log.h"

/* ------------------------------- options -------------------------------- */

/* The zone of who has none: the activity's, the campaign's, the session's. */
static const char *
standard_zone(const CampaignScope *scope)
{
	char	   *zone = campaign_option_text(scope->activity->options,
											"time_zone");

	if (zone == NULL)
		zone = campaign_option_text(scope->graph->campaign->settings,
									"time_zone");
	return zone != NULL ? zone : pg_get_timezone_name(session_timezone);
}

/* The type of send_at: timestamptz or timestamp; others are refused. */
static Oid
send_at_type(const CampaignScope *scope, const CampaignExpression *send_at)
{
	Query	   *query = campaign_expression_check(scope, send_at);
	Oid			type = exprType((Node *) linitial_node(TargetEntry,
													   query->targetList)->expr);

	if (type != TIMESTAMPTZOID && type != TIMESTAMPOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s must be of type timestamptz or timestamp, not type %s",
						send_at->what, format_type_be(type)),
				 errhint("A timestamp is a local time of the recipient's; make one of a date by adding a time: day + time '09:00'.")));
	return type;
}

/* Expressions beyond the options. */
List *
campaign_timing_expressions(const CampaignScope *scope)
{
	CampaignExpression *send_at = campaign_option_expression(scope->activity,
															 "send_at");
	CampaignExpression *zone = campaign_recipient_zone(scope);

	return zone == NULL ||
		(send_at == NULL && campaign_rules_quiet(scope) == NULL) ?
		NIL : list_make1(zone);
}

/* Refuses what no option alone shows. */
void
campaign_timing_check(const CampaignScope *scope)
{
	const Jsonb *options = scope->activity->options;
	CampaignExpression *send_at = campaign_option_expression(scope->activity,
															 "send_at");
	Interval   *valid_for = campaign_option_interval(options, "valid_for");
	Interval	zero = {0, 0, 0};
	char	   *zone = campaign_option_text(options, "time_zone");

	if (send_at != NULL)
		(void) send_at_type(scope, send_at);
	if (zone != NULL)
		(void) campaign_zone_require(zone);
	(void) campaign_waves_parse(options);
	if (valid_for != NULL &&
		DatumGetBool(DirectFunctionCall2(interval_eq,
										 IntervalPGetDatum(valid_for),
										 IntervalPGetDatum(&zero))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"valid_for\" must be more than 0"),
				 errhint("Messages that nobody has claimed so long after they were to be sent expire.")));
}

/* ------------------------------- warnings ------------------------------- */

/* The instant of a literal send_at; 0 if it is an expression or absent. */
static TimestampTz
literal_time(const CampaignScope *scope)
{
	char	   *text = campaign_option_text(scope->activity->options, "send_at");
	CampaignMoment moment = text == NULL ? CAMPAIGN_MOMENT_NONE :
		campaign_moment_of(text);

	if (moment == CAMPAIGN_MOMENT_NONE)
		return 0;
	if (moment == CAMPAIGN_MOMENT_INSTANT)
		return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
													   CStringGetDatum(text),
													   ObjectIdGetDatum(InvalidOid),
													   Int32GetDatum(-1)));
	return campaign_zone_instant(campaign_zone_require(standard_zone(scope)),
								 DatumGetTimestamp(DirectFunctionCall3(timestamp_in,
																	   CStringGetDatum(text),
																	   ObjectIdGetDatum(InvalidOid),
																	   Int32GetDatum(-1))));
}

/* Adds a doubt about a time that has passed. */
static List *
warn_past(List *warnings, const char *what, TimestampTz time, TimestampTz now)
{
	if (time == 0 || time > now)
		return warnings;
	return lappend(warnings,
				   campaign_warning("past_time",
									psprintf("%s has passed", what),
									"What is to be sent in the past is sent at once, and what is valid until then expires at once."));
}

/* Doubts about times, with those of the waves. */
static List *
warn_times(const CampaignScope *scope, const List *waves, TimestampTz now)
{
	TimestampTz until = campaign_option_time(scope->activity->options,
											 "valid_until");
	TimestampTz send_at = literal_time(scope);
	List	   *warnings = NIL;

	warnings = warn_past(warnings, "option \"send_at\"", send_at, now);
	warnings = warn_past(warnings, "option \"valid_until\"", until, now);
	for (int i = 0; i < list_length(waves); i++)
		warnings = warn_past(warnings, psprintf("\"at\" of wave %d", i + 1),
							 ((CampaignWave *) list_nth(waves, i))->at, now);
	for (int i = 0; i < Max(list_length(waves), 1); i++)
	{
		TimestampTz first = Max(campaign_wave_time(waves, i, now), send_at);

		if (until <= now || first < until)
			continue;
		return lappend(warnings,
					   campaign_warning("expires_early",
										waves == NIL ? "the messages expire before they are sent" :
										psprintf("messages of wave %d expire before they are sent",
												 i + 1),
										"Move option \"valid_until\" behind the time they are sent at."));
	}
	return warnings;
}

/* Doubts that do not prevent publishing. */
List *
campaign_timing_warn(const CampaignScope *scope)
{
	List	   *waves = campaign_waves_parse(scope->activity->options);
	List	   *warnings = warn_times(scope, waves, campaign_clock_now());
	double		sum = campaign_waves_sum(waves);

	if (sum > 100.0000001)
		warnings = lappend(warnings,
						   campaign_warning("waves_exceed",
											psprintf("the waves add up to %g percent", sum),
											"Those beyond 100 percent get fewer recipients than they say, or none."));
	return warnings;
}

/* -------------------------------- select -------------------------------- */

/* Domains of addresses that have a limit. */
static List *
limited_domains(const char *channel)
{
	CampaignChannel *found = campaign_channel_find(channel);

	return found == NULL ? NIL : campaign_channel_domains(found);
}

/* True if rows differ in time or domain. */
bool
campaign_timing_varies(const CampaignScope *scope, const char *channel)
{
	const Jsonb *options = scope->activity->options;

	return campaign_option_text(options, "send_at") != NULL ||
		campaign_object_member(&options->root, "waves") != NULL ||
		campaign_rules_quiet(scope) != NULL ||
		limited_domains(channel) != NIL;
}

/* Reads the options of a delivery that is about to be made. */
CampaignTiming *
campaign_timing_open(const CampaignTask *task, const char *channel,
					 TimestampTz now)
{
	CampaignTiming *timing = palloc0(sizeof(CampaignTiming));
	const CampaignScope *scope = &task->scope;
	Jsonb	   *quiet = campaign_rules_quiet(scope);

	timing->task = task;
	timing->now = now;
	timing->send_at = campaign_option_expression(scope->activity, "send_at");
	timing->local = timing->send_at != NULL &&
		send_at_type(scope, timing->send_at) == TIMESTAMPOID;
	timing->quiet = quiet == NULL ? NULL :
		JsonbToCString(NULL, &quiet->root, VARSIZE(quiet));
	if (timing->local || timing->quiet != NULL)
		timing->zone = campaign_recipient_zone(scope);
	timing->fallback = standard_zone(scope);
	timing->waves = campaign_waves_parse(scope->activity->options);
	timing->domains = limited_domains(channel);
	timing->varies = campaign_timing_varies(scope, channel);
	return timing;
}

/* The instant as a constant that no session's setting changes. */
static char *
time_constant(TimestampTz time)
{
	char		buffer[MAXDATELEN + 1];
	int			zone = 0;

	if (TIMESTAMP_NOT_FINITE(time))
		return pstrdup(TIMESTAMP_IS_NOBEGIN(time) ?
					   "'-infinity'::pg_catalog.timestamptz" :
					   "'infinity'::pg_catalog.timestamptz");
	JsonEncodeDateTime(buffer, TimestampTzGetDatum(time), TIMESTAMPTZOID, &zone);
	return psprintf("'%s'::pg_catalog.timestamptz", buffer);
}

/* The column of an expression of the owner's, for who gets a message. */
static void
append_evaluated(const CampaignTiming *timing, CampaignSelect *select,
				 const char *before, const CampaignExpression *expression,
				 const char *after)
{
	appendStringInfo(&select->text, ", CASE WHEN %s IS NULL THEN %s",
					 timing->reason, before);
	campaign_recipient_append(select, &timing->task->scope, expression);
	appendStringInfo(&select->text, "%s END", after);
}

/* The columns of the first stage. */
static void
append_evaluations(const CampaignTiming *timing, CampaignSelect *select)
{
	StringInfo	text = &select->text;

	if (timing->send_at != NULL)
	{
		append_evaluated(timing, select, "", timing->send_at, "");
		appendStringInfoString(text, " AS \"campaign.moment\"");
	}
	if (timing->zone != NULL)
	{
		append_evaluated(timing, select, "campaign.known_zone((",
						 timing->zone, "::pg_catalog.text))");
		appendStringInfoString(text, " AS \"campaign.zone\"");
	}
	if (timing->waves != NIL)
		appendStringInfo(text,
						 ", campaign.sample_position(\"campaign.recipient\", %s)"
						 " AS \"campaign.position\"",
						 quote_literal_cstr(psprintf("%s.%s.waves",
													 timing->task->scope.graph->campaign->name,
													 timing->task->scope.activity->name)));
	/* What follows the last @, without what encloses an address in a header. */
	if (timing->domains != NIL)
		appendStringInfoString(text,
							   ", pg_catalog.rtrim(pg_catalog.lower(pg_catalog.split_part("
							   "\"campaign.address\" COLLATE \"C\", '@', -1)), '> .')"
							   " AS \"campaign.host\"");
}

/* The condition that a row is in a wave, or one before it. */
static void
append_bound(const CampaignTiming *timing, StringInfo text, double share,
			 int64 number)
{
	if (!campaign_waves_count(timing->waves))
		appendStringInfo(text, "\"campaign.position\" < %.17g", share);
	else
		appendStringInfo(text,
						 "\"campaign.rank\" <= " INT64_FORMAT " + %.17g * \"campaign.total\"",
						 number, share);
}

/* When the row's wave begins. */
static void
append_wave(const CampaignTiming *timing, StringInfo text)
{
	ListCell   *cell;
	double		share = 0;
	int64		number = 0;
	int			last = list_length(timing->waves) - 1;

	appendStringInfoString(text, ", CASE");
	foreach(cell, timing->waves)
	{
		const CampaignWave *wave = lfirst(cell);

		if (foreach_current_index(cell) == last)
			break;
		share += Max(wave->percent, 0) / 100;
		number += Max(wave->number, 0);
		appendStringInfoString(text, " WHEN ");
		append_bound(timing, text, share, number);
		appendStringInfo(text, " THEN %s",
						 time_constant(campaign_wave_time(timing->waves,
														  foreach_current_index(cell),
														  timing->now)));
	}
	appendStringInfo(text, "%s %s END", last == 0 ? " WHEN true THEN" : " ELSE",
					 time_constant(campaign_wave_time(timing->waves, last,
													  timing->now)));
}

/* The row's zone. */
static const char *
row_zone(const CampaignTiming *timing)
{
	char	   *fallback = quote_literal_cstr(timing->fallback);

	return timing->zone == NULL ? fallback :
		psprintf("coalesce(\"campaign.zone\", %s)", fallback);
}

/*
 * The row's own time.  It is rounded up to a minute: messages of one time share
 * a chunk, and a chunk for each would be too many.
 */
static void
append_moment(const CampaignTiming *timing, StringInfo text)
{
	appendStringInfo(text,
					 ", pg_catalog.date_bin('1 minute'::pg_catalog.interval,"
					 " %s%s%s%s + '59.999999'::pg_catalog.interval,"
					 " '2000-01-01 00:00+00'::pg_catalog.timestamptz)",
					 timing->local ? "campaign.local_instant(" : "",
					 "\"campaign.moment\"", timing->local ? ", " : "",
					 timing->local ? psprintf("%s)", row_zone(timing)) : "");
}

/* When the row's message is sent, the latest of all; NULL if it is at once. */
static void
append_time(const CampaignTiming *timing, StringInfo text)
{
	const char *now = time_constant(timing->now);

	appendStringInfo(text, "NULLIF(%sGREATEST(%s",
					 timing->quiet == NULL ? "" : "campaign.quiet_until(", now);
	if (timing->send_at != NULL)
		append_moment(timing, text);
	if (timing->waves != NIL)
		append_wave(timing, text);
	if (timing->not_before != NULL)
		appendStringInfo(text, ", %s", timing->not_before);
	if (timing->quiet != NULL)
		appendStringInfo(text, "), %s, %s::pg_catalog.jsonb", row_zone(timing),
						 quote_literal_cstr(timing->quiet));
	appendStringInfo(text, "), %s)", now);
}

/* The domain of the row's address, if it has a limit. */
static void
append_domain(const CampaignTiming *timing, StringInfo text)
{
	ListCell   *cell;

	appendStringInfoString(text, "CASE WHEN \"campaign.host\" IN (");
	foreach(cell, timing->domains)
		appendStringInfo(text, "%s%s",
						 foreach_current_index(cell) > 0 ? ", " : "",
						 quote_literal_cstr(lfirst(cell)));
	appendStringInfoString(text, ") THEN \"campaign.host\" END");
}

/* Says what the stages before have made. */
void
campaign_timing_follow(CampaignTiming *timing, const char *reason,
					   const char *not_before)
{
	timing->reason = reason;
	timing->not_before = not_before;
	timing->varies = timing->varies || not_before != NULL;
	timing->send_column = timing->varies ? "\"campaign.send_at\"" :
		"NULL::pg_catalog.timestamptz";
	timing->domain_column = timing->domains != NIL ? "\"campaign.domain\"" :
		"NULL::pg_catalog.text";
	timing->zoneless_column = timing->zone == NULL ? "false" :
		psprintf("%s IS NULL AND \"campaign.zone\" IS NULL%s", reason,
				 timing->quiet != NULL ? "" :
				 " AND \"campaign.moment\" IS NOT NULL");
}

/* Begins the item of FROM. */
void
campaign_timing_begin(const CampaignTiming *timing, CampaignSelect *select)
{
	const char *alias = quote_identifier(timing->task->scope.target->dimension->name);
	StringInfo	text = &select->text;

	if (!timing->varies)
		return;
	appendStringInfo(text, "(SELECT %s.*, ", alias);
	append_time(timing, text);
	appendStringInfoString(text, " AS \"campaign.send_at\"");
	if (timing->domains != NIL)
	{
		appendStringInfoString(text, ", ");
		append_domain(timing, text);
		appendStringInfoString(text, " AS \"campaign.domain\"");
	}
	appendStringInfoString(text, " FROM ");
	if (campaign_waves_count(timing->waves))
		appendStringInfo(text,
						 "(SELECT %s.*, pg_catalog.row_number() OVER w AS \"campaign.rank\","
						 " pg_catalog.count(*) OVER (PARTITION BY %s IS NULL) AS \"campaign.total\""
						 " FROM ", alias, timing->reason);
	appendStringInfo(text, "(SELECT %s.*", alias);
	append_evaluations(timing, select);
	appendStringInfoString(text, " FROM ");
}

/* Ends the item of FROM. */
void
campaign_timing_end(const CampaignTiming *timing, CampaignSelect *select)
{
	const char *alias = quote_identifier(timing->task->scope.target->dimension->name);
	StringInfo	text = &select->text;

	if (!timing->varies)
		return;
	appendStringInfo(text, "%s OFFSET 0) AS %s",
					 campaign_recipient_beside(&timing->task->scope), alias);
	if (campaign_waves_count(timing->waves))
		appendStringInfo(text,
						 " WINDOW w AS (PARTITION BY %s IS NULL"
						 " ORDER BY \"campaign.position\","
						 " \"campaign.recipient\" COLLATE \"C\")) AS %s",
						 timing->reason, alias);
	appendStringInfo(text, ") AS %s", alias);
}

/* Notes in the log how many messages had no valid time zone. */
void
campaign_timing_note_zoneless(const CampaignTask *task, int64 zoneless,
							  int64 messages)
{
	CampaignLogLine line = {
		.owner = task->run->owner,
		.campaign = task->run->campaign,
		.run_id = task->run->id,
		.activity = task->scope.activity->name,
		.event = "time zone missing",
		.message = psprintf("for " INT64_FORMAT " of " INT64_FORMAT " messages \"%s\" was taken",
							zoneless, messages,
							standard_zone(&task->scope))
	};

	campaign_log_add(&line);
}
