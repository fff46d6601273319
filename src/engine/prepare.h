/*
 * prepare.h
 *		What a task is given before it is executed.
 */
#ifndef CAMPAIGN_PREPARE_H
#define CAMPAIGN_PREPARE_H

#include "postgres.h"

#include "activity/activity.h"

/*
 * Sets scope and inbound flows of the activity's task, in the run it has; raises
 * what has changed for the worse.  One that has a stream has its flow already.
 */
extern void campaign_prepare(CampaignTask *task, const char *name);

#endif							/* CAMPAIGN_PREPARE_H */
