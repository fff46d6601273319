/*
 * executor.h
 *		The process that executes tasks of one run, connected as its owner.
 */
#ifndef CAMPAIGN_EXECUTOR_H
#define CAMPAIGN_EXECUTOR_H

#include "postgres.h"

#include "base/compat.h"
#include "base/shared.h"

/* Has one started in its place; false if the server has no process to spare. */
extern bool campaign_executor_start(const CampaignExecutor *executor);

extern PGDLLEXPORT void campaign_executor_main(Datum arg);

#endif							/* CAMPAIGN_EXECUTOR_H */
