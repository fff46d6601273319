/*
 * scheduler.h
 *		The process that starts executors in one database.
 */
#ifndef CAMPAIGN_SCHEDULER_H
#define CAMPAIGN_SCHEDULER_H

#include "postgres.h"

#include "base/compat.h"

/* Has one started; false if the server has no process to spare. */
extern bool campaign_scheduler_start(Oid database);

extern PGDLLEXPORT void campaign_scheduler_main(Datum arg);

#endif							/* CAMPAIGN_SCHEDULER_H */
