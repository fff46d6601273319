/*
 * template.h
 *		Rows of campaign.template: named texts of messages.
 */
#ifndef CAMPAIGN_STORE_TEMPLATE_H
#define CAMPAIGN_STORE_TEMPLATE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef struct CampaignWording
{
	char	   *name;
	int			number;			/* of the version, from 1 */
	char	   *channel;		/* a kind of activity; NULL: a snippet */
	Jsonb	   *parts;			/* name of the part -> text */
	char	   *description;	/* may be NULL */
} CampaignWording;

/* Adds the current user's next version of that name; gives its number. */
extern int	campaign_wording_save(const CampaignWording *wording);
/* The owner's newest version of that name, or NULL. */
extern CampaignWording *campaign_wording_find(Oid owner, const char *name);
/* Names of the owner's templates, or of its snippets, of char *. */
extern List *campaign_wording_names(Oid owner, bool snippets);
/* Deletes all versions of that name; false if there are none. */
extern bool campaign_wording_drop(Oid owner, const char *name);

#endif							/* CAMPAIGN_STORE_TEMPLATE_H */
