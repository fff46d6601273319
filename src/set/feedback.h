/*
 * feedback.h
 *		What people did with messages, as a set of recipients.
 */
#ifndef CAMPAIGN_SET_FEEDBACK_H
#define CAMPAIGN_SET_FEEDBACK_H

#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

/* What is asked about a delivery. */
typedef struct CampaignReacted
{
	char	   *delivery;
	char	   *campaign;		/* NULL: of this run */
	List	   *is;				/* events, of char *; NIL: sent is enough */
	List	   *is_not;
	char	   *link;			/* pattern of LIKE, or NULL */
	char	   *since;			/* expressions, or NULL */
	char	   *until;
} CampaignReacted;

/* Reads the object; refuses what says nothing.  what: for messages. */
extern void campaign_reacted_read(const JsonbContainer *object,
								  const char *what, CampaignReacted *reacted);
/* Refuses members that mean nothing together. */
extern void campaign_reacted_check(const CampaignReacted *reacted,
								   const char *what);
/*
 * Writes the select of the recipients among rows of the dimension, in one
 * column "recipient".  run is how the number of this run is written, which may be a test;
 * since and until are times as they are written, or NULL.
 */
extern void campaign_reacted_select(StringInfo text,
									const CampaignReacted *reacted,
									const char *dimension, const char *run,
									bool test, const char *since, const char *until);

#endif							/* CAMPAIGN_SET_FEEDBACK_H */
