/*
 * weave.h
 *		Activities whose rows come together in one that reads nothing else.
 */
#ifndef CAMPAIGN_WEAVE_H
#define CAMPAIGN_WEAVE_H

#include "postgres.h"

#include "activity/activity.h"

/*
 * Names of the activities that may be executed beside a task that has been
 * prepared, with the one that reads what comes out of all of them; NIL if there
 * are none.
 */
extern List *campaign_weave_find(const CampaignTask *task);
/*
 * The prepared task of the one that reads them all, which takes their rows; NULL
 * if it cannot, or if that costs more.  *beside gets the prepared tasks of the
 * others, of CampaignTask *.
 */
extern CampaignTask *campaign_weave(CampaignTask *task, List *others,
									List **beside);

#endif							/* CAMPAIGN_WEAVE_H */
