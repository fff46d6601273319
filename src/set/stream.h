/*
 * stream.h
 *		Populations that are in no table.
 */
#ifndef CAMPAIGN_STREAM_H
#define CAMPAIGN_STREAM_H

#include "postgres.h"

#include "set/counter.h"
#include "set/population.h"
#include "set/row.h"
#include "set/select.h"
#include "set/target.h"

/*
 * The rows of the dimension for which what the select has, which may be empty,
 * is true.  Each must have a key, and one of its own.
 */
extern CampaignPopulation *campaign_stream_open(const CampaignTarget *target,
												const CampaignSelect *condition);
/*
 * All rows of the dimension, under the same conditions, and the select's text: a
 * bigint with a bit for each set that the row is in.
 */
extern CampaignPopulation *campaign_stream_masked(const CampaignTarget *target,
												  const CampaignSelect *mask);
/* The rows of a population that is in a table of this server. */
extern CampaignPopulation *campaign_stream_over(const CampaignPopulation *population,
												CampaignRowJoin join);
/*
 * The same rows with further columns, of CampaignColumn *, whose values are the
 * select's text, each after a comma.  What stands behind the item of FROM, with
 * a blank before it, must join to every row of it at most one and drop none.
 */
extern CampaignPopulation *campaign_stream_extend(const CampaignTarget *target,
												  const CampaignPopulation *stream,
												  const CampaignSelect *values,
												  const char *behind,
												  List *columns);
/*
 * The same rows with more beside them: the select's text is a SELECT up to what
 * it is from, aliased as the dimension.  They come in another order if shuffled.
 */
extern CampaignPopulation *campaign_stream_stage(const CampaignPopulation *stream,
												 const CampaignSelect *stage,
												 bool shuffled);
/*
 * Those of the rows for which the select's text is true, without what stages
 * have put beside them; the counter says how many came and how many passed.
 */
extern CampaignPopulation *campaign_stream_narrow(const CampaignTarget *target,
												  const CampaignPopulation *stream,
												  const CampaignSelect *condition);
/*
 * The same of rows that have a mask beside them, as "campaign.mask": those that
 * are in a wanted set, and satisfy the condition.  The counter counts the rows
 * of each set, too.  They keep the mask.
 */
extern CampaignPopulation *campaign_stream_sets(const CampaignTarget *target,
												const CampaignPopulation *stream,
												int64 wanted,
												const char *condition);
/* It in the order of the key. */
extern CampaignPopulation *campaign_stream_sorted(const CampaignPopulation *stream);
/*
 * The item of FROM, without its alias, that has all that campaign_row_item()
 * promises.  Its placeholders are those of the stream.
 */
extern char *campaign_stream_item(const CampaignTarget *target,
								  const CampaignPopulation *stream);

#endif							/* CAMPAIGN_STREAM_H */
