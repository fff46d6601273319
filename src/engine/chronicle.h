/*
 * chronicle.h
 *		All messages of a person, over all campaigns.
 */
#ifndef CAMPAIGN_CHRONICLE_H
#define CAMPAIGN_CHRONICLE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* Something that happened; texts that do not apply are NULL. */
typedef struct CampaignOccasion
{
	TimestampTz at;				/* 0: not known */
	int			step;			/* of those of one message, from 0 */
	const char *owner;
	const char *campaign;
	int64		run_id;
	const char *activity;
	const char *channel;
	const char *recipient;
	int64		message_id;		/* 0: no message */
	const char *address;
	const char *what;
	Jsonb	   *detail;
} CampaignOccasion;

/*
 * What happened to the row of a dimension in all runs of campaigns that the
 * current user may look at, of CampaignOccasion *, newest first.  With
 * related, messages to rows of other dimensions that lead to this one, too.
 */
extern List *campaign_chronicle(const char *dimension, const char *key,
								bool related);

#endif							/* CAMPAIGN_CHRONICLE_H */
