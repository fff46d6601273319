/*
 * link.h
 *		How rows of one dimension lead to rows of another: declared in
 *		campaign.link, or taken from foreign keys.
 */
#ifndef CAMPAIGN_STORE_LINK_H
#define CAMPAIGN_STORE_LINK_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* What a link says of how many rows a row leads to. */
#define CAMPAIGN_LINK_ONE			"one"
#define CAMPAIGN_LINK_ZERO_OR_ONE	"zero or one"
#define CAMPAIGN_LINK_MANY			"many"

typedef struct CampaignLink
{
	char	   *name;
	/* of the dimension it leads from, or schema.relation if that is none */
	char	   *source;
	char	   *source_alias;	/* the row it leads from, in the condition */
	char	   *alias;			/* the row it leads to, in the condition */
	Oid			source_relation;	/* it leads from, once it was found */
	Oid			relation;		/* it leads to; may be stale when read */
	char	   *relation_name;	/* schema.relation, quoted */
	char	   *dimension;		/* the owner's over that relation; or NULL */
	char	   *condition;		/* SQL expression over both rows */
	char	   *cardinality;
	char	   *search_path;	/* under which the condition is read */
	bool		declared;		/* else of a foreign key, which keeps what
								 * the cardinality says */
} CampaignLink;

/* Writes the row, replacing the current user's link of that name and source. */
extern void campaign_link_save(const CampaignLink *link);
/*
 * Deletes the owner's links of that name, from all sources if source is NULL;
 * gives their number.
 */
extern uint64 campaign_link_forget(Oid owner, const char *name,
								   const char *source);
/*
 * The link of that name from a dimension of the owner's, or from a relation
 * if dimension is NULL: a declared one, else one of a foreign key; or NULL.
 */
extern CampaignLink *campaign_link_read(Oid owner, const char *dimension,
										Oid relation, const char *name);
/* Names of all links from there, of char *. */
extern List *campaign_link_names(Oid owner, const char *dimension,
								 Oid relation);
/* The sources of the owner's declared links of that name, of char *. */
extern List *campaign_link_sources(Oid owner, const char *name);
/* As it was when the version was published, or NULL. */
extern CampaignLink *campaign_link_of_version(int64 version_id,
											  const char *source,
											  const char *name);
/* Names of those from there, of char *. */
extern List *campaign_link_names_of_version(int64 version_id,
											const char *source);
/* Links as a jsonb array, to be frozen. */
extern Jsonb *campaign_link_freeze(List *links);

#endif							/* CAMPAIGN_STORE_LINK_H */
