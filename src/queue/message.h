/*
 * message.h
 *		Messages of the dispatch queue, read by their numbers.
 */
#ifndef CAMPAIGN_MESSAGE_H
#define CAMPAIGN_MESSAGE_H

#include "postgres.h"

/* A message; an address of NULL means that the row is not there. */
typedef struct CampaignMessage
{
	char	   *recipient;
	char	   *address;
	const char **variables;
	int			nvariables;
	bool		suppressed;		/* at this instant */
} CampaignMessage;

/* The messages of the range, the first one at index 0. */
extern CampaignMessage *campaign_messages_read(const char *channel,
											   int64 first_id, int64 last_id);

#endif							/* CAMPAIGN_MESSAGE_H */
