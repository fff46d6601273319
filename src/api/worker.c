/*
 * worker.c
 *		The executors at work, for SQL.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "base/identity.h"
#include "base/shared.h"

#define EXECUTOR_COLUMNS 7

CAMPAIGN_FUNCTION(campaign_executors);

/*
 * Returns a row for each executor of this database that is at a run of the
 * caller's.  Without preloading there are none.
 */
Datum
campaign_executors(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, campaign_shared_executors())
	{
		CampaignExecutor *executor = lfirst(cell);
		Datum		values[EXECUTOR_COLUMNS] = {0};
		bool		nulls[EXECUTOR_COLUMNS] = {false};

		if (executor->pid == 0 || executor->ended ||
			!campaign_acts_for(executor->owner))
			continue;
		values[0] = Int32GetDatum(executor->pid);
		values[1] = ObjectIdGetDatum(executor->owner);
		values[2] = Int64GetDatum(executor->run_id);
		nulls[3] = executor->activity[0] == '\0';
		if (!nulls[3])
			values[3] = CStringGetTextDatum(executor->activity);
		values[4] = Int64GetDatum(executor->rows);
		nulls[5] = executor->started_at == 0;
		values[5] = TimestampTzGetDatum(executor->started_at);
		nulls[6] = executor->expected <= 0;
		values[6] = Int64GetDatum((int64) Min(executor->expected, 1e18));
		tuplestore_putvalues(result->setResult, result->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}
