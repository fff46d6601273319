/*
 * timing.c
 *		SQL-callable functions about zones and quiet hours.
 *
 * All of them only compute; the selects of deliveries call them per row.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "set/quiet.h"
#include "set/zone.h"

CAMPAIGN_FUNCTION(campaign_known_zone);
CAMPAIGN_FUNCTION(campaign_local_instant);
CAMPAIGN_FUNCTION(campaign_quiet_until);

/* campaign.known_zone(zone): the zone, NULL if there is none */
Datum
campaign_known_zone(PG_FUNCTION_ARGS)
{
	text	   *zone = PG_GETARG_TEXT_PP(0);

	if (campaign_zone_find(text_to_cstring(zone)) == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(zone);
}

/* campaign.local_instant(local, zone): when clocks of the zone show that */
Datum
campaign_local_instant(PG_FUNCTION_ARGS)
{
	Timestamp	local = PG_GETARG_TIMESTAMP(0);
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));

	PG_RETURN_TIMESTAMPTZ(campaign_zone_instant(campaign_zone_require(name),
												local));
}

/* What a call site has read; lives as long as the statement. */
typedef struct ReadRule
{
	MemoryContext context;		/* of the two others */
	Jsonb	   *rule;
	CampaignQuiet *quiet;
} ReadRule;

/* The rule, read once where the same comes again and again. */
static const CampaignQuiet *
read_rule(FmgrInfo *flinfo, Jsonb *rule)
{
	ReadRule   *read = flinfo->fn_extra;
	MemoryContext old;

	if (read == NULL)
	{
		read = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(ReadRule));
		read->context = AllocSetContextCreate(flinfo->fn_mcxt,
											  "campaign quiet hours",
											  ALLOCSET_SMALL_SIZES);
		flinfo->fn_extra = read;
	}
	if (read->rule != NULL && VARSIZE(read->rule) == VARSIZE(rule) &&
		memcmp(read->rule, rule, VARSIZE(rule)) == 0)
		return read->quiet;
	read->rule = NULL;
	MemoryContextReset(read->context);
	old = MemoryContextSwitchTo(read->context);
	read->quiet = campaign_quiet_parse(rule);
	read->rule = (Jsonb *) pg_detoast_datum_copy((struct varlena *) rule);
	MemoryContextSwitchTo(old);
	return read->quiet;
}

/* campaign.quiet_until(at, zone, rule): the first instant that is not quiet */
Datum
campaign_quiet_until(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	const CampaignQuiet *quiet = read_rule(fcinfo->flinfo,
										   PG_GETARG_JSONB_P(2));

	PG_RETURN_TIMESTAMPTZ(campaign_quiet_apply(quiet, at,
											   campaign_zone_require(name)));
}
