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
/* True if the URL is relative or has a harmless scheme, and is one line. */
extern bool campaign_escape_is_safe_url(const char *url);
extern const char *campaign_escape_find_control(const char *text,
												const char *end);

#endif							/* CAMPAIGN_SET_ESCAPE_H */
