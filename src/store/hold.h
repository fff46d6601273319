/*
 * hold.h
 *		The emergency stop of a database.
 */
#ifndef CAMPAIGN_HOLD_H
#define CAMPAIGN_HOLD_H

#include "postgres.h"

/* True if all runs and claims of the database are held. */
extern bool campaign_held(void);
/* Both give false if it was so already. */
extern bool campaign_hold_set(const char *reason);
extern bool campaign_hold_lift(void);

#endif							/* CAMPAIGN_HOLD_H */
