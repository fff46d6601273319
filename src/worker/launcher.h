/*
 * launcher.h
 *		The process that starts a scheduler where one is needed.
 */
#ifndef CAMPAIGN_LAUNCHER_H
#define CAMPAIGN_LAUNCHER_H

#include "postgres.h"

#include "base/compat.h"

/* From _PG_init, while preloading. */
extern void campaign_launcher_register(void);

extern PGDLLEXPORT void campaign_launcher_main(Datum arg);

#endif							/* CAMPAIGN_LAUNCHER_H */
