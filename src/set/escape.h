/*
 * escape.h
 *		How a value is written into a message.
 */
#ifndef CAMPAIGN_SET_ESCAPE_H
#define CAMPAIGN_SET_ESCAPE_H

#include "lib/stringinfo.h"

typedef enum CampaignEscape
{
	CAMPAIGN_ESCAPE_NONE,		/* as it is */
	CAMPAIGN_ESCAPE_HEADER,		/* control characters become spaces */
	CAMPAIGN_ESCAPE_HTML,		/* & < > " ' become character references */
	CAMPAIGN_ESCAPE_URL,		/* a URL from its first byte; # if unsafe */
	CAMPAIGN_ESCAPE_URL_PART	/* inside a URL: percent-encoded */
} CampaignEscape;

extern void campaign_escape_append(StringInfo out, const char *value,
								   CampaignEscape escape);
extern const char *campaign_escape_find_control(const char *text,
												const char *end);

#endif							/* CAMPAIGN_SET_ESCAPE_H */
