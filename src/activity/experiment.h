/*
 * experiment.h
 *		Variants of a message, and how one of them wins.
 */
#ifndef CAMPAIGN_ACTIVITY_EXPERIMENT_H
#define CAMPAIGN_ACTIVITY_EXPERIMENT_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "activity/activity.h"

typedef struct CampaignExperiment
{
	List	   *names;			/* of char * */
	double	   *shares;			/* percent of each */
	/* how one wins; event is NULL if none does */
	char	   *event;
	Interval   *after;
	double		confidence;
	int			otherwise;		/* position of a variant */
} CampaignExperiment;

/*
 * The options variants and winner, NULL if there are no variants; refuses what
 * is wrong with them.
 */
extern CampaignExperiment *campaign_experiment_parse(const Jsonb *options);
/*
 * Appends the expression for the position of a row's variant; the number of
 * variants stands for those who wait for the winner.
 */
extern void campaign_experiment_append(StringInfo text,
									   const CampaignExperiment *experiment,
									   const char *seed);
/* Notes when the winner of a delivery is chosen. */
extern void campaign_experiment_begin(const CampaignExperiment *experiment,
									  int64 delivery_id, TimestampTz now);
/* Chooses it, if that is due, and says so in the log. */
extern void campaign_experiment_finish(const CampaignExperiment *experiment,
									   const CampaignTask *task,
									   int64 delivery_id, int languages,
									   TimestampTz now);

#endif							/* CAMPAIGN_ACTIVITY_EXPERIMENT_H */
