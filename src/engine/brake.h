/*
 * brake.h
 *		Stopping before too much is sent: confirmation and the emergency stop.
 */
#ifndef CAMPAIGN_BRAKE_H
#define CAMPAIGN_BRAKE_H

#include "postgres.h"

/* Lets the messages of an activity go that wait for it (55000: none do). */
extern void campaign_brake_confirm(int64 run_id, const char *activity);
/* Holds all runs and claims of the database, or lets them go on. */
extern bool campaign_brake_hold(const char *reason);
extern bool campaign_brake_release(void);

#endif							/* CAMPAIGN_BRAKE_H */
