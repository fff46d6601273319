/*
 * channel.h
 *		Channels: what messages are sent by, and how they are handed out.
 */
#ifndef CAMPAIGN_CHANNEL_H
#define CAMPAIGN_CHANNEL_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "queue/throttle.h"

typedef struct CampaignChannel
{
	char	   *name;
	char	   *kind;			/* email, sms, push, direct_mail or custom */
	Jsonb	   *settings;
	bool		paused;			/* nothing is handed out */
	CampaignLimit throttle;
} CampaignChannel;

/*
 * The channel of that name, which may be one of the kinds; NULL if there is
 * none.
 */
extern CampaignChannel *campaign_channel_find(const char *name);
/* The same; an error that names the nearest channels if there is none. */
extern CampaignChannel *campaign_channel_require(const char *name);
/*
 * What tracking URLs of its messages begin with: its own or the server's
 * setting; NULL if both are empty.
 */
extern const char *campaign_channel_tracking_url(const CampaignChannel *channel);
/* The limit of an address domain; without messages if it has none. */
extern CampaignLimit campaign_channel_domain_limit(const CampaignChannel *channel,
												   const char *domain);
/* Domains with a limit of their own, of char *, in lower case. */
extern List *campaign_channel_domains(const CampaignChannel *channel);
/*
 * Declares a channel or changes one: members of settings replace those it has,
 * null removes them.  A kind of NULL: as it was, or that of the name.
 */
extern void campaign_channel_define(const char *name, const char *kind,
									const Jsonb *settings);
/* Removes what was declared; false if nothing was. */
extern bool campaign_channel_forget(const char *name);

#endif							/* CAMPAIGN_CHANNEL_H */
