/*
 * outcome.c
 *		What there is to say about a message beyond its byte.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/writer.h"
#include "queue/chunk.h"
#include "queue/outcome.h"

struct CampaignOutcomes
{
	MemoryContext context;
	CampaignWriter *writer;		/* NULL before the first row */
	TimestampTz now;
};

/* An empty collection; the rows will carry this instant. */
CampaignOutcomes *
campaign_outcomes_new(TimestampTz now)
{
	CampaignOutcomes *outcomes = palloc0(sizeof(CampaignOutcomes));

	outcomes->context = CurrentMemoryContext;
	outcomes->now = now;
	return outcomes;
}

/* Opens the table, for as long as the collection lives. */
void
campaign_outcomes_open(CampaignOutcomes *outcomes)
{
	MemoryContext old = MemoryContextSwitchTo(outcomes->context);

	outcomes->writer = campaign_writer_open(campaign_queue_relation("outcome"));
	MemoryContextSwitchTo(old);
}

/* Adds a row. */
void
campaign_outcomes_add(CampaignOutcomes *outcomes, int64 delivery_id,
					  int64 message_id, int attempt, const char *status,
					  const char *reason)
{
	Datum		values[6];
	bool		isnull[6] = {false};

	if (outcomes->writer == NULL)
		campaign_outcomes_open(outcomes);
	values[0] = Int64GetDatum(message_id);
	values[1] = Int32GetDatum(attempt);
	values[2] = Int64GetDatum(delivery_id);
	values[3] = CStringGetTextDatum(status);
	values[4] = reason == NULL ? (Datum) 0 : CStringGetTextDatum(reason);
	isnull[4] = reason == NULL;
	values[5] = TimestampTzGetDatum(outcomes->now);
	campaign_writer_add(outcomes->writer, values, isnull);
}

/* Writes the rows; the collection is then done with. */
void
campaign_outcomes_write(CampaignOutcomes *outcomes)
{
	if (outcomes->writer == NULL)
		return;
	campaign_writer_close(outcomes->writer);
	outcomes->writer = NULL;
	CommandCounterIncrement();
}
