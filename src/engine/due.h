/*
 * due.h
 *		Which runs have something to do.
 */
#ifndef CAMPAIGN_DUE_H
#define CAMPAIGN_DUE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/*
 * Runs of this database with due tasks, which are late after so many ms, and
 * the instant when the next task becomes due (0: none is waiting).
 */
extern List *campaign_due_runs(int patience, TimestampTz *next_due);
/* Those of the list whose owner is that role; for campaign_work(). */
extern List *campaign_due_runs_of(Oid owner, int *others);

#endif							/* CAMPAIGN_DUE_H */
