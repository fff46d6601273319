/*
 * preview.h
 *		What one row of a dimension would get from an activity.
 */
#ifndef CAMPAIGN_ENGINE_PREVIEW_H
#define CAMPAIGN_ENGINE_PREVIEW_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "queue/preview.h"

typedef struct CampaignPreviewRequest
{
	const char *campaign;
	const char *activity;
	const char *key;
	int			version;		/* 0: the draft */
	const Jsonb *variables;		/* NULL: the defaults */
} CampaignPreviewRequest;

/*
 * Refused if the row is not there.  Whatever the owner's functions do to the
 * database meanwhile is undone.
 */
extern CampaignPreview *campaign_preview_message(const CampaignPreviewRequest *request);
/*
 * The message in the queue that a recipient has of an activity of a run, with
 * the reason if he has none; refused if he was not among the targeted.
 */
extern CampaignPreview *campaign_preview_read(int64 run_id,
											  const char *activity,
											  const char *key);

#endif							/* CAMPAIGN_ENGINE_PREVIEW_H */
