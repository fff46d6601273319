/*
 * preview.h
 *		One message, rendered without being enqueued.
 */
#ifndef CAMPAIGN_PREVIEW_H
#define CAMPAIGN_PREVIEW_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "set/select.h"
#include "queue/message.h"
#include "queue/person.h"

typedef struct CampaignPreview
{
	/* what is asked for */
	const char *campaign;
	const char *activity;
	List	   *contents;		/* editions, of CampaignMessageContent * */
	/* what came of it; texts are NULL where there is nothing to say */
	bool		found;
	char	   *recipient;
	char	   *address;
	char	   *reason;			/* why there would be no message */
	int			edition;		/* of the content */
	const char *language;		/* of the edition; NULL: the default */
	CampaignRendered message;	/* all NULL if there would be none */
} CampaignPreview;

/*
 * Runs a select such as campaign_enqueue takes, as the current user, and
 * renders what its first row would get.  Writes nothing; what functions of the
 * owner's do meanwhile, they do.
 */
extern void campaign_preview_run(CampaignPreview *preview,
								 CampaignSelect *select);
/*
 * Renders a message that is in the queue, without tracking.  One whose variant
 * is decided later is shown with the first.
 */
extern void campaign_preview_render(CampaignPreview *preview,
									const CampaignPersonMessage *found);

#endif							/* CAMPAIGN_PREVIEW_H */
