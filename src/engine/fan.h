/*
 * fan.h
 *		What is behind several outcomes, in one statement.
 */
#ifndef CAMPAIGN_FAN_H
#define CAMPAIGN_FAN_H

#include "postgres.h"

#include "activity/activity.h"

/*
 * Has what is behind the outcomes of a task, which has been prepared and not
 * been executed, take its rows in one statement, as far as it can.  Their tasks
 * are prepared then; NULL if there are none.
 */
extern CampaignFan *campaign_fan_open(CampaignTask *task);
/* Executes the task with them. */
extern void campaign_fan_execute(CampaignFan *fan);

#endif							/* CAMPAIGN_FAN_H */
