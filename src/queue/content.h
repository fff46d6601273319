/*
 * content.h
 *		What a message says: the templates of a delivery.
 */
#ifndef CAMPAIGN_CONTENT_H
#define CAMPAIGN_CONTENT_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "set/template.h"

/* The parsed templates of one delivery, and the expressions they share. */
typedef struct CampaignMessageContent
{
	CampaignTemplate *subject;	/* may be NULL */
	CampaignTemplate *body;		/* may be NULL */
	List	   *expressions;	/* of char *: variables of a message, in order */
} CampaignMessageContent;

/* From the options (subject, body) of an activity of that channel. */
extern CampaignMessageContent *campaign_content_parse(const char *channel,
													  const Jsonb *options);

#endif							/* CAMPAIGN_CONTENT_H */
