/*
 * memory.h
 *		Which rows incremental activities have returned.
 */
#ifndef CAMPAIGN_MEMORY_H
#define CAMPAIGN_MEMORY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/* An execution of an activity. */
typedef struct CampaignMemoryBatch
{
	int64		id;
	int64		memory_id;
	const char *dimension;
	int64		run_id;
	TimestampTz returned_at;
	TimestampTz mark;			/* 0: there is no date */
} CampaignMemoryBatch;

/* The memory of a campaign's activity; 0 if it has none. */
extern int64 campaign_memory_find(int64 campaign_id, const char *activity);
/*
 * The same, made if it is not there, and locked until the end of the
 * transaction: what others return meanwhile is seen before anything is
 * returned here.
 */
extern int64 campaign_memory_lock(int64 campaign_id, const char *activity);
/*
 * Forgets what the run itself has returned before, for it is executed again,
 * and what stopped runs have returned to no effect.
 */
extern void campaign_memory_settle(int64 memory_id, int64 run_id);
/* Forgets what was returned before that instant, so many rows at most. */
extern void campaign_memory_prune(int64 memory_id, TimestampTz before,
								  int64 most);
/*
 * Up to where rows have been looked at, by their date, in runs that have
 * succeeded; 0: never.  *open: another run than that has looked further, and
 * has not ended.
 */
extern TimestampTz campaign_memory_mark(int64 memory_id, int64 run_id,
										bool *open);
/*
 * The instant before which no transaction that is still at work has begun:
 * rows that carry the time of their transaction cannot appear before it.
 */
extern TimestampTz campaign_memory_horizon(void);
/* The number of the next batch. */
extern int64 campaign_memory_number(void);
extern void campaign_memory_add(const CampaignMemoryBatch *batch);
/* The table that has a batch's rows: batch, key, fingerprint. */
extern Oid	campaign_memory_table(void);
/* Forgets rows with those keys (char *), NIL: everything; gives how many. */
extern int64 campaign_memory_forget(int64 memory_id, List *keys);
/* Blanks what tells what a row looked like; gives how many rows. */
extern int64 campaign_memory_blank(Oid owner, const char *dimension,
								   const char *key);

#endif							/* CAMPAIGN_MEMORY_H */
