/*
 * version.h
 *		Frozen definitions of a campaign.
 */
#ifndef CAMPAIGN_VERSION_H
#define CAMPAIGN_VERSION_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "store/graph.h"

/* The whole definition as jsonb: what campaign_export shows. */
extern Jsonb *campaign_version_definition(const CampaignRecord *record,
										  int64 version_id);
/*
 * Freezes the draft as the next version: activities with the identities
 * collected in activity->objects, transitions, dimensions, rules, the links
 * and saved filters that were found from it, and a SHA-256 over all of it.  Gives the version's number.
 */
extern int	campaign_version_publish(const CampaignGraph *draft,
									 const Jsonb *dimensions,
									 const Jsonb *rules);
/*
 * A definition with other defaults of variables (NULL: the same ones), and no
 * template any more.
 */
extern Jsonb *campaign_definition_instantiate(const Jsonb *definition,
											  const Jsonb *parameters);
/* Variables that have no default and are not given, of char *. */
extern List *campaign_settings_missing(const Jsonb *settings,
									   const Jsonb *parameters);
/* Numbers of the version that is tested, and of one that is explained. */
#define CAMPAIGN_VERSION_TEST (-1)
#define CAMPAIGN_VERSION_EXPLAINED (-2)
/*
 * Freezes those of the draft's activities that the graph has as one of these
 * two, of which there must be none.
 */
extern void campaign_version_freeze_part(const CampaignGraph *draft,
										 int number, const Jsonb *dimensions,
										 const Jsonb *rules);
/* Deletes the version that is tested; no run must be of it. */
extern void campaign_version_drop_test(int64 campaign_id);
/* True if the version's rows still have the hash they were frozen with. */
extern bool campaign_version_intact(int64 version_id);
/* Its hash as hexadecimal digits. */
extern char *campaign_version_hash(int64 version_id);
/* The version of that number; 0 if there is none. */
extern int64 campaign_version_find(int64 campaign_id, int number);

#endif							/* CAMPAIGN_VERSION_H */
