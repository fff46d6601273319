/*
 * tracking.h
 *		URLs by which a message tells what became of it.
 */
#ifndef CAMPAIGN_SET_TRACKING_H
#define CAMPAIGN_SET_TRACKING_H

#include "postgres.h"

#include "lib/stringinfo.h"

#define CAMPAIGN_SECRET_BYTES 32

/* What a hit of the URL means; the letter stands in the token. */
typedef enum CampaignTrackingKind
{
	CAMPAIGN_TRACKING_OPEN = 'o',
	CAMPAIGN_TRACKING_LINK = 'l',
	CAMPAIGN_TRACKING_UNSUBSCRIBE = 'u'
} CampaignTrackingKind;

/* What the URLs of a message are made of. */
typedef struct CampaignTracking
{
	const char *url;			/* what they begin with; NULL: there are none */
	const char *secret;			/* of CAMPAIGN_SECRET_BYTES */
	int64		message_id;
	bool		unsubscribes;	/* senders hear how to */
} CampaignTracking;

/* Appends the URL; the destination is that of a link, else NULL. */
extern void campaign_tracking_append(StringInfo out,
									 const CampaignTracking *tracking,
									 CampaignTrackingKind kind,
									 const char *destination);
/*
 * True if the token was made with the secret for the destination (NULL: none);
 * only then kind and message are set.
 */
extern bool campaign_tracking_verify(const char *token, const char *secret,
									 const char *destination,
									 CampaignTrackingKind *kind,
									 int64 *message_id);

#endif							/* CAMPAIGN_SET_TRACKING_H */
