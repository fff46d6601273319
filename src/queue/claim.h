/*
 * claim.h
 *		Handing out messages that are due.
 */
#ifndef CAMPAIGN_CLAIM_H
#define CAMPAIGN_CLAIM_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "datatype/timestamp.h"
#include "utils/tuplestore.h"

/* The most messages that one claim may ask for. */
#define CAMPAIGN_CLAIM_LIMIT 100000

/*
 * Leases up to size messages to the current user and puts them, rendered, into
 * the tuplestore, whose rows are of type campaign.claimed_message.
 */
extern void campaign_claim_messages(const char *channel, int size,
									const Interval *duration,
									Tuplestorestate *rows, TupleDesc desc);

#endif							/* CAMPAIGN_CLAIM_H */
