/*
 * template.h
 *		Message texts with placeholders: parsed once, rendered per message.
 */
#ifndef CAMPAIGN_SET_TEMPLATE_H
#define CAMPAIGN_SET_TEMPLATE_H

#include "nodes/pg_list.h"

/* The longest text of a template, with its snippets. */
#define CAMPAIGN_TEMPLATE_BYTES (1024 * 1024)

/* What a text becomes, and so how the values in it are escaped. */
typedef enum CampaignContent
{
	CAMPAIGN_CONTENT_HEADER,	/* one line of a mail header: subject */
	CAMPAIGN_CONTENT_HTML,		/* an HTML document or fragment */
	CAMPAIGN_CONTENT_TEXT		/* plain text: text part, SMS, push */
} CampaignContent;

/* What an expression is for, and so what its value is as a text. */
typedef enum CampaignTemplateUse
{
	CAMPAIGN_USE_VALUE,			/* any type's text */
	CAMPAIGN_USE_CONDITION,		/* a boolean's */
	CAMPAIGN_USE_COLLECTION		/* a jsonb's */
} CampaignTemplateUse;

typedef struct CampaignTemplateExpression
{
	const char *text;
	CampaignTemplateUse use;
} CampaignTemplateExpression;

typedef struct CampaignTemplate CampaignTemplate;

extern CampaignTemplate *campaign_template_parse(const char *text,
												 CampaignContent content,
												 const char *what,
												 List **expressions);
/* What it was parsed from. */
extern const char *campaign_template_text(const CampaignTemplate *template);
/* An HTML element that is not closed, NULL if there is none. */
extern const char *campaign_template_unclosed(const CampaignTemplate *template);
/* True if the message has URLs that are tracked. */
extern bool campaign_template_tracked(const CampaignTemplate *template);

#endif							/* CAMPAIGN_SET_TEMPLATE_H */
