/*
 * history.h
 *		Messages that are old: their figures stay, they go.
 */
#ifndef CAMPAIGN_QUEUE_HISTORY_H
#define CAMPAIGN_QUEUE_HISTORY_H

#include "postgres.h"

#include "datatype/timestamp.h"

/*
 * Deletes messages of a run that has ended, with what was said about them, at
 * most so many chunks; the run is locked.  Rows of the queue that will go with
 * their partition are left there.  Gives the number of chunks deleted: fewer
 * than asked for means that nothing is left.
 */
extern int	campaign_history_erase(int64 run_id, bool with_partition,
								   int chunks);
/*
 * Forgets what limits counted in periods that are over, and soft bounces that
 * are older than messages become, so many of each at most; gives how many of
 * those of which there were more.  Claims wait for it if it is not committed.
 */
extern int64 campaign_history_delete_counts(TimestampTz now, int most);
/*
 * Drops partitions of months that are over and in which no run has messages,
 * unless somebody is using them; gives their number.
 */
extern int	campaign_history_drop_partitions(void);

#endif							/* CAMPAIGN_QUEUE_HISTORY_H */
