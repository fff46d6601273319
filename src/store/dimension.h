/*
 * dimension.h
 *		Rows of campaign.dimension: user tables that can be targeted.
 */
#ifndef CAMPAIGN_DIMENSION_H
#define CAMPAIGN_DIMENSION_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct CampaignDimension
{
	char	   *name;
	Oid			owner;
	char	   *owner_name;
	Oid			relation;		/* may be stale: see campaign_target_resolve */
	char	   *relation_name;	/* schema.relation, quoted; NULL: lines of files */
	List	   *key;			/* of char *, in order */
	Jsonb	   *addresses;		/* channel -> expression */
	Jsonb	   *consent;		/* channel -> expression */
	char	   *time_zone;		/* expressions; may be NULL */
	char	   *language;
	char	   *profile;
	char	   *profile_dimension;	/* whose key that is; or NULL */
	char	   *search_path;
} CampaignDimension;

/*
 * The dimension that is none: lines of files, which no table of anybody's has.
 * Everybody has it, nobody declares it, and its key is the number of the line.
 */
#define CAMPAIGN_DIMENSION_FILE "file"
#define CAMPAIGN_LINE_COLUMN "line"

/* Writes the row, replacing the owner's dimension of that name. */
extern void campaign_dimension_save(const CampaignDimension *dimension);
/* The owner's dimension of that name, or NULL. */
extern CampaignDimension *campaign_dimension_find(Oid owner, const char *name);
/* As it was when the version was published, or NULL. */
extern CampaignDimension *campaign_dimension_of_version(int64 version_id,
														const char *name);
/* Names of the owner's dimensions, of char *. */
extern List *campaign_dimension_names(Oid owner);
/* The rows of these names as jsonb: name -> row, to be frozen. */
extern Jsonb *campaign_dimension_freeze(Oid owner, List *names);

#endif							/* CAMPAIGN_DIMENSION_H */
