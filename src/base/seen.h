/*
 * seen.h
 *		A set of hashes that have been met.
 */
#ifndef CAMPAIGN_SEEN_H
#define CAMPAIGN_SEEN_H

#include "postgres.h"

#include "utils/uuid.h"

typedef struct CampaignSeen CampaignSeen;

/* An empty set that lives and grows in the context. */
extern CampaignSeen *campaign_seen_new(MemoryContext context);
/* True if the hash was not in the set; it is now. */
extern bool campaign_seen_add(CampaignSeen *seen, const pg_uuid_t *hash);
/* How many hashes a set may get without taking more than memory_limit bytes. */
extern double campaign_seen_capacity(Size memory_limit);

#endif							/* CAMPAIGN_SEEN_H */
