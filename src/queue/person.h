/*
 * person.h
 *		One recipient's messages and exclusions, found without a scan.
 */
#ifndef CAMPAIGN_PERSON_H
#define CAMPAIGN_PERSON_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

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

/* What campaign.message shows of a message. */
typedef struct CampaignPersonStatus
{
	char	   *status;
	char	   *reason;			/* NULL: none */
	TimestampTz settled_at;		/* 0: not yet */
} CampaignPersonStatus;

extern CampaignPersonStatus *campaign_person_status(int64 run_id,
													const CampaignPersonMessage *found);

/* What happened to a message: an attempt that was in vain, or feedback. */
typedef struct CampaignPersonEvent
{
	char	   *what;
	TimestampTz at;
	Jsonb	   *detail;			/* NULL: none */
} CampaignPersonEvent;

/* In the order of time, of CampaignPersonEvent *; its end is the status. */
extern List *campaign_person_events(int64 message_id);

/* An exclusion from one of several deliveries. */
typedef struct CampaignPersonExclusion
{
	int64		delivery_id;
	char	   *recipient;
	char	   *reason;
} CampaignPersonExclusion;

/* From any of these (numbers as char *), of CampaignPersonExclusion *. */
extern List *campaign_person_exclusions(List *deliveries,
										const char *recipient);
/* From one whose recipients lead to that person. */
extern List *campaign_person_exclusions_behind(int64 delivery_id,
											   const char *person);

#endif							/* CAMPAIGN_PERSON_H */
