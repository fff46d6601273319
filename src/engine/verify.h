/*
 * verify.h
 *		What a run promised, proved from the data it left.
 */
#ifndef CAMPAIGN_VERIFY_H
#define CAMPAIGN_VERIFY_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "store/check.h"

/* Broken promises of a run: none, always. */
extern List *campaign_verify_run(int64 run_id);

#endif							/* CAMPAIGN_VERIFY_H */
