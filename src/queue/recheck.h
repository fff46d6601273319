/*
 * recheck.h
 *		What of a lease must not be sent any more.
 */
#ifndef CAMPAIGN_RECHECK_H
#define CAMPAIGN_RECHECK_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

/*
 * Judges the messages of a live lease as a claim would now.  Those that would
 * not be handed out leave the lease and are put into the tuplestore:
 * message_id bigint, reason text.
 */
extern void campaign_lease_recheck(const pg_uuid_t *lease,
								   Tuplestorestate *rows, TupleDesc desc);

#endif							/* CAMPAIGN_RECHECK_H */
