/*
 * preview.h
 *		One message, rendered without being enqueued.
 */
#ifndef CAMPAIGN_PREVIEW_H
#define CAMPAIGN_PREVIEW_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "set/select.h"
#include "queue/content.h"

typedef struct CampaignPreview
{
	/* what is asked for */
	const char *campaign;
	const char *activity;
	const CampaignMessageContent *content;
	/* what came of it; texts are NULL where there is nothing to say */
	bool		found;
	char	   *recipient;
	char	   *address;
	char	   *reason;			/* why there would be no message */
	char	   *subject;
	char	   *body;
	Jsonb	   *attributes;		/* NULL if there would be no message */
} CampaignPreview;

/*
 * Runs a select such as campaign_enqueue takes, as the current user, and
 * renders what its first row would get.  Writes nothing; what functions of the
 * owner's do meanwhile, they do.
 */
extern void campaign_preview_run(CampaignPreview *preview,
								 CampaignSelect *select);

#endif							/* CAMPAIGN_PREVIEW_H */
