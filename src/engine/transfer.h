/*
 * transfer.h
 *		Definitions compared with each other, and brought from elsewhere.
 */
#ifndef CAMPAIGN_TRANSFER_H
#define CAMPAIGN_TRANSFER_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/*
 * What differs between two versions, of CampaignDifference *; 0 is the draft
 * as it would be published now.
 */
extern List *campaign_transfer_compare(const char *campaign, int before,
									   int after);
/*
 * A new campaign from a definition, under that name or its own (NULL).  One
 * error names all that it needs and that is not here; gives the name.
 */
extern char *campaign_transfer_import(const Jsonb *definition,
									  const char *name);

#endif							/* CAMPAIGN_TRANSFER_H */
