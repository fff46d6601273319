/*
 * quiet.h
 *		Quiet hours: when nothing is sent, by the clock of whom it is sent to.
 */
#ifndef CAMPAIGN_QUIET_H
#define CAMPAIGN_QUIET_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "pgtime.h"
#include "utils/jsonb.h"

/* A rule that was read. */
typedef struct CampaignQuiet CampaignQuiet;

/*
 * Reads a rule: {"weekly": [{"days": [...], "from": "20:00", "until":
 * "08:00"}], "dates": ["2026-12-25", "12-25"]}.  Refuses what is wrong with it
 * (22023), and one that never ends.
 */
extern CampaignQuiet *campaign_quiet_parse(const Jsonb *rule);
/* The first instant from then on that is not quiet in the zone. */
extern TimestampTz campaign_quiet_apply(const CampaignQuiet *quiet,
										TimestampTz at, pg_tz *zone);

#endif							/* CAMPAIGN_QUIET_H */
