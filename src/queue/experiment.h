/*
 * experiment.h
 *		Which of several contents did best, and who gets it.
 */
#ifndef CAMPAIGN_QUEUE_EXPERIMENT_H
#define CAMPAIGN_QUEUE_EXPERIMENT_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "queue/delivery.h"

/* What is asked of an experiment. */
typedef struct CampaignQuestion
{
	int			variants;
	int			languages;		/* editions of each variant */
	const char *event;			/* that counts */
	double		confidence;		/* such as 0.95 */
	int			otherwise;		/* the variant if none is better for sure */
} CampaignQuestion;

/* What a variant has come to. */
typedef struct CampaignScore
{
	int64		sent;
	int64		people;			/* with the event */
} CampaignScore;

typedef struct CampaignVerdict
{
	int			winner;
	bool		significant;
	double		p_value;		/* of the best against the second */
	CampaignScore *scores;		/* by variant */
} CampaignVerdict;

/*
 * How probable it is that two shares differ so much by chance alone: the
 * two-sided test of two proportions; 1 where nothing can be said.
 */
extern double campaign_two_proportions(int64 people1, int64 sent1,
									   int64 people2, int64 sent2);
/* When campaign_experiment_decide is to be called. */
extern void campaign_experiment_plan(int64 delivery_id, TimestampTz decide_at);
/* When, if it has not been; 0: it has, or need not be. */
extern TimestampTz campaign_experiment_due(int64 delivery_id);
/*
 * Gives the messages that were kept back the content of the winner; they then
 * wait for campaign_delivery_judge.
 */
extern CampaignVerdict *campaign_experiment_decide(int64 delivery_id,
												   const CampaignQuestion *question);

#endif							/* CAMPAIGN_QUEUE_EXPERIMENT_H */
