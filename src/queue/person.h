/*
 * person.h
 *		One recipient's messages and exclusions, found without a scan.
 */
#ifndef CAMPAIGN_PERSON_H
#define CAMPAIGN_PERSON_H

#include "postgres.h"

#include "queue/message.h"

/* A message of a recipient, and where it waits or has come to its end. */
typedef struct CampaignPersonMessage
{
	int64		message_id;
	CampaignChunk *chunk;
	CampaignMessage message;
} CampaignPersonMessage;

/* The message of the recipient in the delivery, or NULL. */
extern CampaignPersonMessage *campaign_person_message(int64 delivery_id,
													  const char *recipient);
/* The byte of the message. */
extern char campaign_person_result(const CampaignPersonMessage *found);
/* Why the recipient was left out of the delivery; NULL if he was not. */
extern char *campaign_person_exclusion(int64 delivery_id,
									   const char *recipient);

#endif							/* CAMPAIGN_PERSON_H */
