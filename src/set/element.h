/*
 * element.h
 *		Which elements of an HTML text are open.
 */
#ifndef CAMPAIGN_SET_ELEMENT_H
#define CAMPAIGN_SET_ELEMENT_H

#include "postgres.h"

/* A name is cut to so many bytes, its zero included. */
#define CAMPAIGN_ELEMENT_BYTES 24

/* Deeper ones are not looked at. */
#define CAMPAIGN_ELEMENT_DEPTH 64

/* Copied as it is; all zero at the beginning of a text. */
typedef struct CampaignElements
{
	int			depth;
	int			ignored;		/* open ones beyond the depth */
	char		open[CAMPAIGN_ELEMENT_DEPTH][CAMPAIGN_ELEMENT_BYTES];
	char		unclosed[CAMPAIGN_ELEMENT_BYTES];	/* the first; or empty */
} CampaignElements;

/* Names are in lower case and shorter than CAMPAIGN_ELEMENT_BYTES. */
extern void campaign_element_open(CampaignElements *elements,
								  const char *name);
extern void campaign_element_close(CampaignElements *elements,
								   const char *name);
/* At the end of the text: the name of one that is not closed, or NULL. */
extern const char *campaign_element_unclosed(CampaignElements *elements);

#endif							/* CAMPAIGN_SET_ELEMENT_H */
