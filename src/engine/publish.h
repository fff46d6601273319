/*
 * publish.h
 *		How a draft becomes a version.
 */
#ifndef CAMPAIGN_PUBLISH_H
#define CAMPAIGN_PUBLISH_H

#include "postgres.h"

#include "store/graph.h"

/* Freezes a draft without errors, as what is tested or as the next version. */
extern int	campaign_publish_freeze(CampaignGraph *draft, int number);
/*
 * Makes the draft the next version and gives its number.  Refuses, if seen is
 * not NULL, what has another hash; somebody else than the owner must have
 * seen it.
 */
extern int	campaign_publish_draft(const char *campaign, const char *seen);
/* The hash of a version; for 0, of what the draft would become. */
extern char *campaign_publish_hash(const char *campaign, int version);

#endif							/* CAMPAIGN_PUBLISH_H */
