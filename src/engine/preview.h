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

#endif							/* CAMPAIGN_ENGINE_PREVIEW_H */
