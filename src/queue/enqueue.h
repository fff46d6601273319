/*
 * enqueue.h
 *		Messages of a delivery into the dispatch queue.
 */
#ifndef CAMPAIGN_ENQUEUE_H
#define CAMPAIGN_ENQUEUE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/timestamp.h"

#include "set/population.h"
#include "set/select.h"
#include "queue/contact.h"
#include "queue/content.h"

/* What senders LISTEN to; the payload is the channel with new messages. */
#define CAMPAIGN_NOTIFY_CHANNEL "campaign_dispatch"

/* Edition of messages in a language whose variant is decided later. */
#define CAMPAIGN_EDITION_OPEN(language) (-1 - (language))

/* A row that is not evaluated but excluded. */
typedef struct CampaignRejected
{
	char	   *recipient;
	char	   *reason;
	char	   *sqlstate;		/* of its error */
	char	   *message;
} CampaignRejected;

typedef struct CampaignEnqueue
{
	int64		run_id;
	const char *activity;
	const char *channel;
	List	   *contents;		/* editions, of CampaignMessageContent * */
	int64		epoch;
	TimestampTz now;			/* when messages without a time are due */
	bool		confirmed;		/* false: handed out once it is confirmed */
	TimestampTz valid_until;	/* 0: messages do not expire at an instant */
	const Interval *valid_for;	/* NULL: nor so long after they are due */
	bool		test;			/* nobody is ever to see messages but who tests */
	const CampaignPopulation *population;	/* every row is written to it, too;
											 * may be NULL */
	bool		uncounted;		/* how many rows flow in is not known */
	bool		judged_later;	/* messages put off wait for
								 * campaign_delivery_judge */
	List	   *rules;			/* of CampaignCounting *, which count messages */
	List	   *rejected;		/* of CampaignRejected *: rows the select leaves out */
	/* what came of it */
	int64		targeted;
	int64		excluded;
	int64		queued;
	int64		zoneless;		/* of those, without a time zone they need */
} CampaignEnqueue;

/*
 * Runs the select as the current user and turns every row into a message or
 * an exclusion.  Its columns:
 *	recipient text
 *	person text			NULL: the recipient
 *	address text
 *	reason text			NULL: gets a message
 *	variables text[]	of the edition's expressions
 *	send_at timestamptz	NULL: at once
 *	edition smallint	NULL: the first; negative: not decided yet
 *	domain text			NULL: not limited
 *	subjects bigint[]	who is counted by the rules that count subjects
 *	zoneless boolean	has no valid time zone, but needs one
 * and the population's columns, if there is one.
 * Rows with a reason may come anywhere; of the others, those that agree in
 * edition, domain and send_at come together, for each change begins a chunk.
 * Rows of one recipient must be neighbours, or all but one have a reason.
 * All or nothing, within the caller's transaction; a second enqueue for the
 * run and activity is refused.
 */
extern void campaign_enqueue(CampaignEnqueue *enqueue, CampaignSelect *select);

/*
 * The same for several at a time, at least one, some of which may be NULL: the
 * select has a further column, the last, with the position of the one that a
 * row is for.  Adds to rows how many came for each.
 */
extern void campaign_enqueue_all(CampaignEnqueue **enqueues, int count,
								 CampaignSelect *select, int64 *rows);

/* The epoch whose partition takes the messages of a run that starts now. */
extern int64 campaign_epoch_current(void);

#endif							/* CAMPAIGN_ENQUEUE_H */
