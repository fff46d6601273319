/*
 * log.h
 *		What happened: rows are only ever added.
 */
#ifndef CAMPAIGN_LOG_H
#define CAMPAIGN_LOG_H

#include "postgres.h"

/* A line of the log; what is not known stays NULL or 0. */
typedef struct CampaignLogLine
{
	Oid			owner;			/* whose campaign it is */
	const char *campaign;
	int64		run_id;
	const char *activity;
	const char *event;			/* "move", "define", "publish", … */
	const char *old_state;
	const char *new_state;
	const char *message;
	const char *sqlstate;
	const char *hint;
} CampaignLogLine;

extern void campaign_log_add(const CampaignLogLine *line);

#endif							/* CAMPAIGN_LOG_H */
