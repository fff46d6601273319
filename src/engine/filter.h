/*
 * filter.h
 *		Saved filters, and conditions before they are used.
 */
#ifndef CAMPAIGN_ENGINE_FILTER_H
#define CAMPAIGN_ENGINE_FILTER_H

#include "postgres.h"

#include "set/select.h"
#include "store/filter.h"

/* Saves a filter of the current user's, or saves it anew. */
extern void campaign_define_filter(CampaignFilter *filter);
/* Drops one; refused while something uses it. */
extern void campaign_define_unfilter(const char *name);

/* A question about the rows of a dimension of the current user's. */
typedef struct CampaignSurvey
{
	const char *dimension;
	const char *condition;		/* SQL, or a rule as JSON; NULL: all rows */
	const Jsonb *parameters;	/* of the rule; may be NULL */
	const char *attribute;		/* SQL expression, for values */
	int64		limit;			/* of values, or of sampled rows; -1: none */
} CampaignSurvey;

/* The SQL that the survey's rule becomes. */
extern char *campaign_survey_sql(const CampaignSurvey *survey);
/* Gives one row: how many there are, and some of them as jsonb. */
extern void campaign_survey_count(const CampaignSurvey *survey,
								  CampaignReceiver *receiver);
/* Gives rows of value (text), rows (int8), share (numeric). */
extern void campaign_survey_values(const CampaignSurvey *survey,
								   CampaignReceiver *receiver);
/* The same from the statistics of a column, as far as there are any. */
extern void campaign_survey_estimates(const CampaignSurvey *survey,
									  CampaignReceiver *receiver);

#endif							/* CAMPAIGN_ENGINE_FILTER_H */
