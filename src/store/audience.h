/*
 * audience.h
 *		Saved audiences: rows kept beyond the run that selected them.
 */
#ifndef CAMPAIGN_AUDIENCE_H
#define CAMPAIGN_AUDIENCE_H

#include "postgres.h"

#include "nodes/pg_list.h"

typedef struct CampaignAudience
{
	int64		id;
	char	   *name;
	Oid			owner;
	/* of one of its versions: */
	int			number;			/* 0: there is none */
	char	   *population;		/* its table in campaign_data */
	char	   *dimension;
} CampaignAudience;

/* How a version came to be. */
typedef struct CampaignAudienceSave
{
	int			number;
	const char *population;
	const char *dimension;
	const char *mode;
	int64		rows;
	int64		run_id;
	const char *activity;
	const char *campaign;
} CampaignAudienceSave;

/*
 * The owner's audience of that name with the version of that number, 0: the
 * newest.  NULL if there is no such audience; number is 0 if no such version.
 */
extern CampaignAudience *campaign_audience_find(Oid owner, const char *name,
												int number);
/* One of a role the caller acts for, his own first; else 42704. */
extern CampaignAudience *campaign_audience_require(const char *name,
												   int number);
extern List *campaign_audience_names(Oid owner);
/*
 * The same with its newest version, locked until the end of the transaction;
 * it is made if it is not there.
 */
extern CampaignAudience *campaign_audience_lock(Oid owner, const char *name);
extern void campaign_audience_add(int64 audience_id,
								  const CampaignAudienceSave *save);
/* Tables of the versions but the newest keep ones, of char *. */
extern List *campaign_audience_populations(int64 audience_id, int keep);
/* Forgets the version that had that table. */
extern void campaign_audience_forget(int64 audience_id,
									 const char *population);
extern void campaign_audience_delete(int64 audience_id);

#endif							/* CAMPAIGN_AUDIENCE_H */
