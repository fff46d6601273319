/*
 * message.h
 *		Messages of the dispatch queue, read by their numbers.
 */
#ifndef CAMPAIGN_MESSAGE_H
#define CAMPAIGN_MESSAGE_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "set/tracking.h"
#include "queue/chunk.h"
#include "queue/content.h"

/* A message; an address of NULL means that the row is not there. */
typedef struct CampaignMessage
{
	int64		block;			/* where it is in its partition */
	char	   *recipient;
	char	   *address;
	const char **variables;
	int			nvariables;
	bool		suppressed;		/* at this instant */
} CampaignMessage;

/* What a sender gets; texts are NULL where the content has no such part. */
typedef struct CampaignRendered
{
	char	   *subject;
	char	   *body;
	Jsonb	   *attributes;
} CampaignRendered;

/*
 * Messages first_id to last_id, which are of the chunk, the first one at index
 * 0; suppression is judged for the channel, if one is given.
 */
extern CampaignMessage *campaign_messages_read(const CampaignChunk *chunk,
											   int64 first_id, int64 last_id,
											   const char *channel);
/* Fills the content's parts in, with the URLs of its own. */
extern CampaignRendered *campaign_message_render(const CampaignMessageContent *content,
												 const char *campaign,
												 const char *activity,
												 const CampaignMessage *message,
												 const CampaignTracking *tracking);

#endif							/* CAMPAIGN_MESSAGE_H */
