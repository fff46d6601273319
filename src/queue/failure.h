/*
 * failure.h
 *		What a sender says about messages it could not send.
 */
#ifndef CAMPAIGN_FAILURE_H
#define CAMPAIGN_FAILURE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct CampaignFailure
{
	int64		message_id;
	char	   *reason;			/* NULL if none is given */
	bool		permanent;
	bool		released;		/* untried: the attempt does not count */
	TimestampTz retry_at;		/* 0 if no delay is given */
} CampaignFailure;

/*
 * From parameter "failed" of campaign_ack, ordered by message; refuses
 * whatever is not as documented.
 */
extern List *campaign_failures_parse(const Jsonb *failed, TimestampTz now);

#endif							/* CAMPAIGN_FAILURE_H */
