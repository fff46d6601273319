/*
 * enqueue.h
 *		Messages of a delivery into the dispatch queue.
 */
#ifndef CAMPAIGN_ENQUEUE_H
#define CAMPAIGN_ENQUEUE_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "set/select.h"
#include "queue/content.h"

typedef struct CampaignEnqueue
{
	int64		run_id;
	const char *activity;
	const char *channel;
	const CampaignMessageContent *content;
	int64		epoch;
	TimestampTz due_at;
	/* what came of it */
	int64		targeted;
	int64		excluded;
	int64		queued;
} CampaignEnqueue;

/*
 * Runs the select as the current user and turns every row into a message or
 * an exclusion.  Its columns: recipient text, person text (NULL: the
 * recipient), address text, reason text (NULL: gets a message), variables
 * text[]; in the order of recipient COLLATE "C".  All or nothing, within the
 * caller's transaction; a second enqueue for the run and activity is refused.
 */
extern void campaign_enqueue(CampaignEnqueue *enqueue, CampaignSelect *select);

/* The epoch whose partition takes the messages of a run that starts now. */
extern int64 campaign_epoch_current(void);

#endif							/* CAMPAIGN_ENQUEUE_H */
