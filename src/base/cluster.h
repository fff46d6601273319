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
 * Distributes a table of the extension's, which may have rows, by a column of
 * its own.  Refuses (55000) where nothing can be distributed.
 */
extern void campaign_cluster_spread(Oid relation, const char *column);
/*
 * True if another server may still have to finish what was committed here: a
 * row that should be there can be missing for that reason alone.
 */
extern bool campaign_cluster_in_doubt(void);
/*
 * Has changes of many parts of a table not wait for those of others, for a
 * section of campaign_settings_enter.
 */
extern void campaign_cluster_commute(void);
/*
 * Refuses (0A000) a server that only keeps parts of tables of another one.
 */
extern void campaign_cluster_require_coordinator(void);
/* True on such a server; it must be known that it is called in a transaction. */
extern bool campaign_cluster_is_worker(void);
/* True if the session executes a part of another server's statement. */
extern bool campaign_cluster_is_fragment(void);

#endif							/* CAMPAIGN_CLUSTER_H */
