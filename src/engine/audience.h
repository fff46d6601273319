/*
 * audience.h
 *		Comparing and dropping saved audiences.
 */
#ifndef CAMPAIGN_ENGINE_AUDIENCE_H
#define CAMPAIGN_ENGINE_AUDIENCE_H

#include "postgres.h"

#include "set/select.h"

/*
 * Gives the receiver a row (key, change) of texts for each row that differs in
 * two versions of an audience of the caller's.
 */
extern void campaign_audience_compare(const char *name, int before, int after,
									  CampaignReceiver *receiver);
/* Drops one of the caller's with all its versions. */
extern void campaign_audience_drop_all(const char *name);

#endif							/* CAMPAIGN_ENGINE_AUDIENCE_H */
