/*
 * template.h
 *		Message texts with placeholders: parsed once, rendered per message.
 */
#ifndef CAMPAIGN_SET_TEMPLATE_H
#define CAMPAIGN_SET_TEMPLATE_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

/* What a text becomes, and so how the values in it are escaped. */
typedef enum CampaignContent
{
	CAMPAIGN_CONTENT_HEADER,	/* one line of a mail header: subject */
	CAMPAIGN_CONTENT_HTML,		/* an HTML document or fragment */
	CAMPAIGN_CONTENT_TEXT		/* plain text: text part, SMS, push */
} CampaignContent;

typedef struct CampaignTemplate CampaignTemplate;

extern CampaignTemplate *campaign_template_parse(const char *text,
												 CampaignContent content,
												 const char *what,
												 List **expressions);
extern void campaign_template_render(const CampaignTemplate *template,
									 const char *const *values, int nvalues,
									 StringInfo out);

#endif							/* CAMPAIGN_SET_TEMPLATE_H */
