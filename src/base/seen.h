/*
 * seen.h
 *		A set of hashes that have been met.
 */
#ifndef CAMPAIGN_SEEN_H
#define CAMPAIGN_SEEN_H

#include "postgres.h"

#include "utils/uuid.h"

typedef struct CampaignSeen CampaignSeen;

/*
 * An empty set that lives and grows in the context.  It refuses (53400) to get
 * larger than what is expected, or than campaign_seen_most() if that is more.
 */
extern CampaignSeen *campaign_seen_new(MemoryContext context, int64 expected);
/*
 * True if the owner's hash was not in the set; it is now.  What one owner has
 * added is not there for another.
 */
extern bool campaign_seen_add(CampaignSeen *seen, const pg_uuid_t *hash,
							  int32 owner);
/* Says that the hash will soon be added to the set that was made last. */
extern void campaign_seen_announce(const pg_uuid_t *hash);
/* How many hashes fit into the memory that a statement's hash table may have. */
extern int64 campaign_seen_most(void);

#endif							/* CAMPAIGN_SEEN_H */
