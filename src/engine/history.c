/*
 * history.c
 *		Cleaning up behind runs that ended long ago.
 *
 * A round is a transaction, so what it does is bounded: nobody waits for its
 * locks, and what it has done stays done.  It waits for nobody either: what
 * somebody is at is for the next round.
 */
#include "postgres.h"

#include "access/xact.h"

#include "base/clock.h"
#include "engine/history.h"
#include "queue/history.h"
#include "set/population.h"
#include "store/history.h"
#include "store/memory.h"
#include "store/task.h"

/* What a round does at most; a chunk has a thousand messages. */
#define MOST_RUNS			100
#define MOST_CHUNKS			200
#define MOST_POPULATIONS	100
#define MOST_LINES			10000
#define MOST_COUNTS			10000

/* Deletes messages, until there were enough for a round. */
static void
clean_messages(Oid role, TimestampTz now, CampaignCleaned *cleaned)
{
	List	   *runs = campaign_history_runs(now, role, MOST_RUNS);
	int			budget = MOST_CHUNKS;
	int64		epoch = 0;
	bool		whole = false;
	ListCell   *cell;

	if (list_length(runs) == MOST_RUNS)
		cleaned->complete = false;
	foreach(cell, runs)
	{
		CampaignOldRun *run = lfirst(cell);
		int			deleted;

		if (!run->locked || !campaign_memory_settle_run(run->run_id))
			continue;
		if (budget <= 0)
		{
			cleaned->complete = false;
			return;
		}
		if (run->epoch != epoch)
			whole = campaign_history_whole_epoch(now, run->epoch);
		epoch = run->epoch;
		deleted = campaign_history_erase(run->run_id, whole, budget);
		CommandCounterIncrement();
		if (deleted < budget)
			cleaned->erased++;
		else
			cleaned->complete = false;
		budget -= deleted;
	}
}

/* Drops populations that nobody is reading. */
static void
clean_populations(Oid role, TimestampTz now, CampaignCleaned *cleaned)
{
	List	   *populations = campaign_history_populations(now, role,
														   MOST_POPULATIONS);
	ListCell   *cell;

	foreach(cell, populations)
	{
		CampaignOldPopulation *population = lfirst(cell);

		if (!campaign_population_drop(population->name))
			continue;
		campaign_flow_forget(population->run_id, population->name);
		cleaned->populations++;
	}
	if (cleaned->populations == MOST_POPULATIONS)
		cleaned->complete = false;
}

/*
 * Does what others would have to wait for: claims for a limit's count, all for
 * the queue, which a partition is taken from, until the transaction ends.
 */
static void
clean_shared(TimestampTz now, CampaignCleaned *cleaned)
{
	if (campaign_history_delete_counts(now, MOST_COUNTS) == MOST_COUNTS)
		cleaned->complete = false;
	cleaned->partitions = campaign_history_drop_partitions();
}

/* Does a round. */
void
campaign_clean(Oid role, CampaignCleaned *cleaned)
{
	TimestampTz now = campaign_clock_now();

	memset(cleaned, 0, sizeof(*cleaned));
	cleaned->complete = true;
	clean_messages(role, now, cleaned);
	clean_populations(role, now, cleaned);
	CommandCounterIncrement();
	cleaned->runs = campaign_history_delete_runs(now, role, MOST_RUNS);
	cleaned->lines = campaign_history_delete_lines(now, role, MOST_LINES);
	if (cleaned->runs == MOST_RUNS || cleaned->lines == MOST_LINES)
		cleaned->complete = false;
	CommandCounterIncrement();
	/* Who has begun a transaction may end it whenever he likes. */
	if (!IsTransactionBlock())
		clean_shared(now, cleaned);
}

/* When there is something to do again. */
TimestampTz
campaign_clean_next(void)
{
	return campaign_history_next(campaign_clock_now());
}
