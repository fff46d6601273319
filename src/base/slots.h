/*
 * slots.h
 *		The memory behind shared.h; for shared.c and executors.c alone.
 */
#ifndef CAMPAIGN_SLOTS_H
#define CAMPAIGN_SLOTS_H

#include "postgres.h"

#include "storage/latch.h"
#include "storage/lwlock.h"

#include "base/shared.h"

/* How many databases can have something to do at the same time. */
#define MAX_DATABASES 1024

typedef struct DatabaseSlot
{
	Oid			database;		/* InvalidOid: free */
	int			pid;			/* its scheduler, or 0 */
	Latch	   *latch;			/* the scheduler's */
	bool		wanted;			/* somebody committed work */
	TimestampTz remind_at;		/* when to look at the latest; 0: never */
	bool		reminded;		/* the scheduler does not know of that yet */
	bool		visit;			/* nobody has looked since the server began */
	bool		contended;		/* more wants to run than may */
	TimestampTz next_due;		/* without a scheduler: when to start one */
	int			attempts;		/* to start one, since one last succeeded */
	TimestampTz attempted_at;
	Oid			cleaned;		/* the database of the next two; stays behind */
	TimestampTz clean_at;		/* when to look for what is old */
	TimestampTz old_at;			/* when there will be some; 0: never */
} DatabaseSlot;

typedef struct SharedState
{
	LWLock	   *lock;			/* protects all below */
	Latch	   *launcher;
	int64		last_ticket;
	DatabaseSlot databases[MAX_DATABASES];
	int			nexecutors;
	CampaignExecutor executors[FLEXIBLE_ARRAY_MEMBER];
} SharedState;

/* NULL: not preloaded. */
extern SharedState *campaign_slots;

/* Needs the lock: the slot of a database, made if it is to be, or NULL. */
extern DatabaseSlot *campaign_slot_of(Oid database, bool add);
/*
 * Needs the lock: wakes the database's scheduler or has one started; false if
 * there is no room.
 */
extern bool campaign_slot_wake(Oid database);

#endif							/* CAMPAIGN_SLOTS_H */
