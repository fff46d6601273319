/*
 * health.h
 *		What waits for what, since when, and what to do about it.
 */
#ifndef CAMPAIGN_HEALTH_H
#define CAMPAIGN_HEALTH_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/* Something that waits or is wrong; what is not about one campaign has none. */
typedef struct CampaignSymptom
{
	const char *severity;		/* "error", "warning" or "info" */
	const char *code;
	int64		campaign_id;	/* 0: about all, and shown to everybody */
	Oid			owner;
	char	   *campaign;
	int64		run_id;			/* 0: none */
	char	   *activity;		/* NULL: none */
	TimestampTz since;			/* 0: not known */
	char	   *message;
	char	   *hint;
	List	   *supervisors;	/* char *, whom the campaign wants told */
} CampaignSymptom;

/*
 * All that the current user may see, of CampaignSymptom *, the worst first.
 * To be asked instead of, not after, refusing a database whose objects are of
 * another version or whose rows come from another server.
 */
extern List *campaign_health_examine(void);

#endif							/* CAMPAIGN_HEALTH_H */
