/*
 * numbers.h
 *		Numbers of a sequence, taken in advance.
 */
#ifndef CAMPAIGN_NUMBERS_H
#define CAMPAIGN_NUMBERS_H

#include "postgres.h"

typedef struct CampaignNumbers CampaignNumbers;

/* Takes so many numbers of the sequence of schema campaign at once. */
extern CampaignNumbers *campaign_numbers_take(const char *sequence,
											  int64 count);
/* Takes so many more; not while a parallel plan runs. */
extern void campaign_numbers_add(CampaignNumbers *numbers, int64 count);
/*
 * The next of them; when they are used up, a new one of the sequence, which
 * is an error while a parallel plan runs.
 */
extern int64 campaign_numbers_next(CampaignNumbers *numbers);

#endif							/* CAMPAIGN_NUMBERS_H */
