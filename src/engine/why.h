/*
 * why.h
 *		The path of one row through a run.
 */
#ifndef CAMPAIGN_WHY_H
#define CAMPAIGN_WHY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

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
} CampaignStation;

/* Stations of the row with that key, of CampaignStation *, sources first. */
extern List *campaign_why_path(int64 run_id, const char *key);

#endif							/* CAMPAIGN_WHY_H */
