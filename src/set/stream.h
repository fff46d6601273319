/*
 * stream.h
 *		Populations that are in no table.
 */
#ifndef CAMPAIGN_STREAM_H
#define CAMPAIGN_STREAM_H

#include "postgres.h"

#include "set/population.h"
#include "set/select.h"
#include "set/target.h"

/*
 * The rows of the dimension for which what the select has, which may be empty,
 * is true.  Each must have a key, and one of its own.
 */
extern CampaignPopulation *campaign_stream_open(const CampaignTarget *target,
												const CampaignSelect *condition);
/*
 * The same rows with further columns, of CampaignColumn *, whose values are the
 * select's text, each after a comma.
 */
extern CampaignPopulation *campaign_stream_extend(const CampaignTarget *target,
												  const CampaignPopulation *stream,
												  const CampaignSelect *values,
												  List *columns);
/* It in the order of the key. */
extern CampaignPopulation *campaign_stream_sorted(const CampaignPopulation *stream);
/*
 * The item of FROM, without its alias, that has all that campaign_row_item()
 * promises.  Its placeholders are those of the stream.
 */
extern char *campaign_stream_item(const CampaignTarget *target,
								  const CampaignPopulation *stream);

#endif							/* CAMPAIGN_STREAM_H */
