/*
 * integers.h
 *		A set of integers that is filled, then asked.
 */
#ifndef CAMPAIGN_INTEGERS_H
#define CAMPAIGN_INTEGERS_H

#include "postgres.h"

typedef struct CampaignIntegers CampaignIntegers;

/* An empty set, in that memory context. */
extern CampaignIntegers *campaign_integers_new(MemoryContext context);
extern void campaign_integers_add(CampaignIntegers *set, int64 value);
/* The first question ends the filling. */
extern bool campaign_integers_has(CampaignIntegers *set, int64 value);
/* False if the text is not an integer as the server writes it. */
extern bool campaign_integer_read(const char *text, int length, int64 *value);

#endif							/* CAMPAIGN_INTEGERS_H */
