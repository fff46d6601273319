/*
 * why.h
 *		The path of one row through a run.
 */
#ifndef CAMPAIGN_WHY_H
#define CAMPAIGN_WHY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* Whether the row came to an activity. */
typedef enum CampaignMet
{
	CAMPAIGN_MET_UNKNOWN,
	CAMPAIGN_MET_NO,
	CAMPAIGN_MET_YES
} CampaignMet;

/* What an activity did with the row; texts that do not apply are NULL. */
typedef struct CampaignStation
{
	int			position;
	const char *activity;
	const char *kind;
	const char *dimension;
	const char *fate;
	const char *outcome;
	const char *reason;
	int64		message_id;		/* 0: no message */
	const char *address;
	int			attempts;
	TimestampTz at;				/* 0: not known */
	CampaignMet met;
	const char *decided_by;
	const char *judged;			/* then, or now: by the values of today */
	Jsonb	   *facts;
	Jsonb	   *events;
} CampaignStation;

/* Stations of the row with that key, of CampaignStation *, sources first. */
extern List *campaign_why_path(int64 run_id, const char *key);

#endif							/* CAMPAIGN_WHY_H */
