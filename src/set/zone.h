/*
 * zone.h
 *		Time zones by name, as they stand in people's data.
 */
#ifndef CAMPAIGN_ZONE_H
#define CAMPAIGN_ZONE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "pgtime.h"

/* What a text that may be a time is. */
typedef enum CampaignMoment
{
	CAMPAIGN_MOMENT_NONE,		/* none: an expression, perhaps */
	CAMPAIGN_MOMENT_LOCAL,		/* a time without a zone */
	CAMPAIGN_MOMENT_INSTANT		/* a time with a zone or an offset */
} CampaignMoment;

/* Told by its form, which is that of ISO 8601: 2026-12-01 09:00+01. */
extern CampaignMoment campaign_moment_of(const char *text);
/* The zone that SET timezone takes by that name; NULL if there is none. */
extern pg_tz *campaign_zone_find(const char *name);
/* The same; an error if there is none. */
extern pg_tz *campaign_zone_require(const char *name);
/*
 * When clocks of the zone show that: of a time they skip, what they would show
 * without the change; of a time they show twice, the second, as AT TIME ZONE.
 */
extern TimestampTz campaign_zone_instant(pg_tz *zone, Timestamp local);
/* What clocks of the zone show then. */
extern Timestamp campaign_zone_local(pg_tz *zone, TimestampTz at);

#endif							/* CAMPAIGN_ZONE_H */
