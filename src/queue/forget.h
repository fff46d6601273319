/*
 * forget.h
 *		Taking a person's data out of the dispatch queue.
 */
#ifndef CAMPAIGN_FORGET_H
#define CAMPAIGN_FORGET_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* What was forgotten now; what had been before does not count. */
typedef struct CampaignForgotten
{
	int64		messages;		/* blanked */
	int64		withdrawn;		/* that had not been sent */
	int64		leased;			/* that a sender has */
	int64		events;			/* whose detail was removed */
	int64		rows;			/* of populations, signals, answers, ... */
	List	   *addresses;		/* they had, of char * */
} CampaignForgotten;

/* A recipient of a delivery. */
typedef struct CampaignRecipient
{
	int64		delivery_id;
	char	   *channel;
	char	   *recipient;
} CampaignRecipient;

/* Recipients of the delivery behind whom that person is, added to the list. */
extern List *campaign_recipients_of(List *recipients, int64 delivery_id,
									const char *channel, const char *person);
/*
 * Blanks their messages, withdraws those that wait, and suppresses the
 * addresses; locks chunks in the order in which acknowledgements do.
 */
extern void campaign_queue_forget(List *recipients, CampaignForgotten *counts);

#endif							/* CAMPAIGN_FORGET_H */
