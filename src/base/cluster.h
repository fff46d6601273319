/*
 * cluster.h
 *		Tables whose rows are on several servers (Citus).
 */
#ifndef CAMPAIGN_CLUSTER_H
#define CAMPAIGN_CLUSTER_H

#include "postgres.h"

/*
 * True if the relation's rows are kept elsewhere, whatever is in the table
 * itself: it must be read and written by statements alone.
 */
extern bool campaign_cluster_has(Oid relation);
/*
 * The column by whose hash the rows are distributed; NULL if they are not,
 * or each server has all of them.
 */
extern char *campaign_cluster_column(Oid relation);
/*
 * Distributes an empty table as another one is, by a column of the same type.
 * Its owner does it, and drops it: within a transaction nobody else can do
 * anything with it.
 */
extern void campaign_cluster_distribute(Oid relation, const char *column,
										Oid beside);
extern void campaign_cluster_drop(Oid relation);
/*
 * Refuses (0A000) a server that only keeps parts of tables of another one.
 */
extern void campaign_cluster_require_coordinator(void);
/* True on such a server; it must be known that it is called in a transaction. */
extern bool campaign_cluster_is_worker(void);
/* True if the session executes a part of another server's statement. */
extern bool campaign_cluster_is_fragment(void);

#endif							/* CAMPAIGN_CLUSTER_H */
