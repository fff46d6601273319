/*
 * wording.h
 *		The texts of an activity: its own, its template's, its snippets'.
 */
#ifndef CAMPAIGN_WORDING_H
#define CAMPAIGN_WORDING_H

#include "postgres.h"

#include "activity/activity.h"

/*
 * The options of an activity of that kind with every text written out: parts
 * of the templates they name, where they have none of their own, and the
 * snippets that are included, all of the owner's and as they are now.  What
 * comes out of it comes out unchanged a second time.
 */
extern Jsonb *campaign_wording_resolve(const CampaignKind *kind,
									   const Jsonb *options, Oid owner);
/* True if it is an object of texts. */
extern bool campaign_wording_is_set(const CampaignKind *kind,
									const char *name);
/* Names of the parts messages of the kind have, of char *. */
extern List *campaign_wording_parts(const CampaignKind *kind);

#endif							/* CAMPAIGN_WORDING_H */
