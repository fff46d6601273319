/*
 * survey.c
 *		Conditions and values before they are used: SQL, counts, samples.
 *
 * Everything is read with the rights of whoever asks.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "activity/option.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/text.h"
#include "engine/filter.h"
#include "set/row.h"

/* The current user's dimension; refused if there is none of that name. */
static CampaignTarget *
require_target(const CampaignSurvey *survey)
{
	CampaignDimension *dimension = campaign_dimension_find(GetUserId(),
														   survey->dimension);

	if (dimension == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CAMPAIGN_NOT_FOUND),
				 errmsg("dimension \"%s\" does not exist", survey->dimension),
				 errhint("%s Dimensions are declared with campaign_dimension().",
						 campaign_nearest_hint(survey->dimension,
											   campaign_dimension_names(GetUserId()),
											   "dimensions"))));
	return campaign_target_resolve(dimension);
}

/* The condition, analyzed over the dimension's rows; NULL if there is none. */
static CampaignExpression *
read_condition(const CampaignSurvey *survey, CampaignTarget *target,
			   char **shown)
{
	CampaignScope scope = {.target = target};
	CampaignExpression *expression;

	if (survey->condition == NULL)
		return NULL;
	expression = campaign_expression_parse(survey->condition, "condition",
										   campaign_search_path_current());
	expression->condition = true;
	expression->parameters = survey->parameters;
	expression->shown = shown;
	(void) campaign_expression_check(&scope, expression);
	expression->shown = NULL;
	return expression;
}

/* The SQL that the rule becomes. */
char *
campaign_survey_sql(const CampaignSurvey *survey)
{
	char	   *sql = NULL;

	(void) read_condition(survey, require_target(survey), &sql);
	return sql;
}

/* A select under the caller's search_path. */
static CampaignSelect *
new_select(void)
{
	return campaign_select_new(NULL, campaign_search_path_current());
}

/* Appends the rows that are asked for, as what follows FROM. */
static void
append_rows(CampaignSelect *select, CampaignTarget *target,
			CampaignExpression *condition)
{
	campaign_row_from(select, target, NULL, CAMPAIGN_ROW_INNER);
	if (condition == NULL)
		return;
	appendStringInfoString(&select->text, " WHERE ");
	campaign_select_expression(select, condition);
}

/* Gives one row: how many there are, and some of them. */
void
campaign_survey_count(const CampaignSurvey *survey, CampaignReceiver *receiver)
{
	CampaignTarget *target = require_target(survey);
	CampaignExpression *condition = read_condition(survey, target, NULL);
	CampaignSelect *select = new_select();

	appendStringInfoString(&select->text,
						   "SELECT (SELECT pg_catalog.count(*) FROM ");
	append_rows(select, target, condition);
	if (survey->limit > 0)
	{
		appendStringInfo(&select->text,
						 "), (SELECT pg_catalog.jsonb_agg(s.*) FROM (SELECT %s.* FROM ",
						 quote_identifier(target->dimension->name));
		append_rows(select, target, condition);
		appendStringInfo(&select->text, " LIMIT " INT64_FORMAT ") AS s)",
						 survey->limit);
	}
	else
		appendStringInfoString(&select->text, "), NULL::pg_catalog.jsonb");
	(void) campaign_select_run(select, receiver);
}

/* Appends LIMIT. */
static void
append_limit(StringInfo text, const CampaignSurvey *survey)
{
	if (survey->limit >= 0)
		appendStringInfo(text, " LIMIT " INT64_FORMAT, survey->limit);
}

/* Gives values with the rows that have each. */
void
campaign_survey_values(const CampaignSurvey *survey,
					   CampaignReceiver *receiver)
{
	CampaignTarget *target = require_target(survey);
	CampaignExpression *condition = read_condition(survey, target, NULL);
	CampaignExpression *attribute =
		campaign_expression_parse(survey->attribute, "attribute",
								  campaign_search_path_current());
	CampaignScope scope = {.target = target};
	CampaignSelect *select = new_select();

	(void) campaign_expression_check(&scope, attribute);
	appendStringInfoString(&select->text,
						   "SELECT v.value, v.rows, pg_catalog.round(v.rows / pg_catalog.sum(v.rows) OVER (), 6)"
						   " FROM (SELECT x.value, pg_catalog.count(*) AS rows FROM (SELECT (");
	campaign_select_expression(select, attribute);
	appendStringInfoString(&select->text, ")::pg_catalog.text AS value FROM ");
	append_rows(select, target, condition);
	appendStringInfoString(&select->text,
						   ") AS x GROUP BY x.value) AS v"
						   " ORDER BY v.rows DESC, v.value COLLATE \"C\"");
	append_limit(&select->text, survey);
	(void) campaign_select_run(select, receiver);
}

/*
 * Gives what the statistics of a column know of it.  The view shows them only
 * to who may read the column.
 */
void
campaign_survey_estimates(const CampaignSurvey *survey,
						  CampaignReceiver *receiver)
{
	CampaignTarget *target = require_target(survey);
	CampaignSelect *select = new_select();

	if (get_attnum(target->relation, survey->attribute) <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("\"%s\" is no column of dimension \"%s\"",
						survey->attribute, survey->dimension),
				 errhint("%s Only of columns there are statistics.",
						 campaign_nearest_hint(survey->attribute,
											   campaign_target_columns(target->relation),
											   "columns"))));
	if (survey->condition != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("statistics know of no condition"),
				 errhint("Leave the condition out, or have the rows counted.")));
	appendStringInfo(&select->text,
					 "SELECT v.value, pg_catalog.round(v.share * GREATEST(c.reltuples, 0))::pg_catalog.int8, pg_catalog.round(v.share::pg_catalog.numeric, 6)"
					 " FROM pg_catalog.pg_class AS c"
					 " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
					 " JOIN LATERAL (SELECT * FROM pg_catalog.pg_stats AS s"
					 " WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = %s"
					 " ORDER BY s.inherited DESC LIMIT 1) AS s ON true"
					 " CROSS JOIN LATERAL (SELECT m.value, m.share"
					 " FROM ROWS FROM (pg_catalog.unnest(s.most_common_vals::pg_catalog.text::pg_catalog._text),"
					 " pg_catalog.unnest(s.most_common_freqs)) AS m (value, share)"
					 " UNION ALL SELECT NULL, s.null_frac WHERE s.null_frac > 0) AS v"
					 " WHERE c.oid = %u ORDER BY v.share DESC, v.value COLLATE \"C\"",
					 quote_literal_cstr(survey->attribute), target->relation);
	append_limit(&select->text, survey);
	(void) campaign_select_run(select, receiver);
}
