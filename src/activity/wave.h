/*
 * wave.h
 *		Waves: a delivery's messages in parts, one after the other.
 */
#ifndef CAMPAIGN_WAVE_H
#define CAMPAIGN_WAVE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct CampaignWave
{
	double		percent;		/* of those who get a message; -1: not by share */
	int64		number;			/* of messages; -1: not by number */
	TimestampTz at;				/* 0: after the wave before */
	Interval   *after;
} CampaignWave;

/*
 * The waves of the option, of CampaignWave *, in order; NIL if it was not
 * given.  Refuses what is wrong with it.  The last takes all the rest.
 */
extern List *campaign_waves_parse(const Jsonb *options);
/* When the wave of that number begins, if the delivery is made then. */
extern TimestampTz campaign_wave_time(const List *waves, int number,
									  TimestampTz now);
/* True if some are counted, so that rows must be. */
extern bool campaign_waves_count(const List *waves);
/* What the percentages add up to. */
extern double campaign_waves_sum(const List *waves);

#endif							/* CAMPAIGN_WAVE_H */
