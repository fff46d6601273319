/*
 * memory.h
 *		Which rows incremental activities have returned.
 */
#ifndef CAMPAIGN_MEMORY_H
#define CAMPAIGN_MEMORY_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "base/integers.h"

/* An execution of an activity. */
typedef struct CampaignMemoryBatch
{
	int64		id;
	int64		memory_id;
	const char *dimension;
	int64		run_id;
	TimestampTz returned_at;
	TimestampTz begins;			/* rows with an earlier date were not looked
								 * at; DT_NOBEGIN: all were */
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
 * and what stopped runs have returned to no effect.  Gives where the earliest
 * of the executions began whose rows were given back, by whatever, since the
 * last call; DT_NOEND: none.  Whoever calls must begin there himself.
 */
extern TimestampTz campaign_memory_settle(int64 memory_id, int64 run_id);
/*
 * The same for a run that may have been stopped and whose messages are going
 * to be deleted.  False: somebody is at a memory, and nothing was done.
 */
extern bool campaign_memory_settle_run(int64 run_id);
/*
 * Forgets what was returned before that instant, 0: nothing; dated: also what
 * lies before every date that may be looked at again.  So many rows at most.
 */
extern void campaign_memory_prune(int64 memory_id, TimestampTz before,
								  bool dated, int64 most);
/* What campaign_memory_settle() would give, for whoever only reads. */
extern TimestampTz campaign_memory_given_back(int64 memory_id);
/* Up to where rows have been looked at, by their date; DT_NOBEGIN: never. */
extern TimestampTz campaign_memory_mark(int64 memory_id);
/*
 * The batches (int64 *) of keys of the dimension that count.  test: nothing
 * was settled before.
 */
extern List *campaign_memory_batches(int64 memory_id, const char *dimension,
									 TimestampTz since, bool test);
/* About how many rows all memories have together. */
extern double campaign_memory_size(void);
/*
 * The keys in batches (int8[]) that are integers; refused (42501) if one of
 * them is not of a campaign the caller acts for.
 */
extern CampaignIntegers *campaign_memory_integers(Datum batches,
												  MemoryContext context);
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
