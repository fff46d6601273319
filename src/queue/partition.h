/*
 * partition.h
 *		Partitions of the dispatch queue, and the index that finds messages.
 */
#ifndef CAMPAIGN_PARTITION_H
#define CAMPAIGN_PARTITION_H

#include "postgres.h"

/* A message's number has so many bits; its epoch stands above them. */
#define CAMPAIGN_EPOCH_SHIFT 36

/* The partition that takes the messages of an epoch. */
extern Oid	campaign_partition_of(int64 epoch);

/*
 * Has other servers of a cluster keep messages from now on; false if they do.
 * Refuses where there are none.
 */
extern bool campaign_queue_distribute(void);
extern bool campaign_queue_distributed(void);

/* For ALTER EXTENSION UPDATE: partitions have the indexes that new ones get. */
extern void campaign_partitions_renew(void);

/* What was appended to a relation and its BRIN index does not cover yet. */
typedef struct CampaignTail CampaignTail;

/* Begins at the relation's present end. */
extern CampaignTail *campaign_tail_open(Oid relation);
/*
 * Summarizes the block ranges begun since.  Does nothing while somebody else,
 * perhaps a VACUUM, does the same; patiently, it waits a moment for that.  May
 * be called while a parallel plan runs.
 */
extern void campaign_tail_summarize(CampaignTail *tail, bool patient);

#endif							/* CAMPAIGN_PARTITION_H */
