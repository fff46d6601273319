/*
 * reference.h
 *		Operands of a template's tags that are no SQL.
 */
#ifndef CAMPAIGN_SET_REFERENCE_H
#define CAMPAIGN_SET_REFERENCE_H

#include "postgres.h"

/* Where a reference stands, for errors. */
typedef struct CampaignSpot
{
	const char *what;			/* name of the template */
	const char *text;			/* the whole of it */
	const char *open;			/* the tag */
} CampaignSpot;

/* What a message knows of itself. */
typedef enum CampaignOwn
{
	CAMPAIGN_OWN_NONE,
	CAMPAIGN_OWN_ID,
	CAMPAIGN_OWN_OPEN_URL,
	CAMPAIGN_OWN_UNSUBSCRIBE_URL,
	CAMPAIGN_OWN_LINK			/* has a destination */
} CampaignOwn;

/* True if the word stands at p, in upper or lower case, and ends there. */
extern bool campaign_reference_names(const char *p, const char *word);
/* True if what is at p is about the message: "message.". */
extern bool campaign_reference_is_own(const char *p);
/*
 * Reads message.name between first and close; for a link makes the two those
 * of its destination.  Refuses what is none.
 */
extern CampaignOwn campaign_reference_own(const CampaignSpot *place,
										  const char **first,
										  const char **close);
/* Reads item.name.name; gives the names, NULL ends them. */
extern const char *const *campaign_reference_path(const CampaignSpot *place,
												  const char *first,
												  const char *close);
/* The number of the line that a position of the text is on, from 1. */
extern int	campaign_reference_line(const char *text, const char *position);

#endif							/* CAMPAIGN_SET_REFERENCE_H */
