/*
 * zone.h
 *		Time zones by name, as they stand in people's data.
 */
#ifndef CAMPAIGN_ZONE_H
#define CAMPAIGN_ZONE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "pgtime.h"

/* The zone that SET timezone takes by that name; NULL if there is none. */
extern pg_tz *campaign_zone_find(const char *name);
/* The same; an error if there is none. */
extern pg_tz *campaign_zone_require(const char *name);
/*
 * When clocks of the zone show that: of a time they skip, what they would show
 * without the change; of a time they show twice, the second, as AT TIME ZONE.
 */
extern TimestampTz campaign_zone_instant(pg_tz *zone, Timestamp local);

#endif							/* CAMPAIGN_ZONE_H */
