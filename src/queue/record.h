/*
 * record.h
 *		Writing events down, each once, and what they change in figures.
 */
#ifndef CAMPAIGN_RECORD_H
#define CAMPAIGN_RECORD_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "queue/event.h"

/*
 * Records the events (CampaignFeedback *) that are new, parks those of messages
 * that are not there or not the caller's to speak of (InvalidOid: all are),
 * and counts both.  Gives those that were recorded, in the order of messages.
 */
extern List *campaign_record(List *events, Oid caller,
							 CampaignEventCounts *counts);

#endif							/* CAMPAIGN_RECORD_H */
