/*
 * filter.h
 *		Rows of campaign.filter: saved conditions.
 */
#ifndef CAMPAIGN_FILTER_H
#define CAMPAIGN_FILTER_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct CampaignFilter
{
	char	   *name;
	char	   *dimension;		/* whose rows it is about */
	char	   *condition;		/* SQL, or a rule as JSON */
	Jsonb	   *parameters;		/* name -> {type, default} */
	char	   *description;	/* or NULL */
	char	   *search_path;
} CampaignFilter;

/* Writes the row, replacing the current user's filter of that name. */
extern void campaign_filter_save(const CampaignFilter *filter);
/* The owner's filter of that name, or NULL. */
extern CampaignFilter *campaign_filter_find(Oid owner, const char *name);
/* As it was when the version was published, or NULL. */
extern CampaignFilter *campaign_filter_of_version(int64 version_id,
												  const char *name);
/* Names of the owner's filters, of char *. */
extern List *campaign_filter_names(Oid owner);
/*
 * Where the owner's filter is used, as "filter x" and "activity y of campaign
 * x", of char *: in rules of other filters, and of drafts.
 */
extern List *campaign_filter_uses(Oid owner, const char *name);
/* Deletes it; false if there is none. */
extern bool campaign_filter_forget(Oid owner, const char *name);
/* The rows of these names as jsonb: name -> row, to be frozen. */
extern Jsonb *campaign_filter_freeze(Oid owner, List *names);

#endif							/* CAMPAIGN_FILTER_H */
