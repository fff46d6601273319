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
	/* of CampaignTemplateExpression *: variables of a message, in order */
	List	   *expressions;
} CampaignMessageContent;

/* From the options (subject, body) of an activity of that channel. */
extern CampaignMessageContent *campaign_content_parse(const char *channel,
													  const Jsonb *options);
/* The strings of a message's variables, a text[]; NULLs stay NULL. */
extern const char **campaign_content_variables(Datum variables, int *count);
/*
 * Raises the error that rendering a message would raise, so that nothing is
 * enqueued which nobody can claim.
 */
extern void campaign_content_try(const CampaignMessageContent *content,
								 Datum variables);

#endif							/* CAMPAIGN_CONTENT_H */
