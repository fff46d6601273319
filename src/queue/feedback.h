/*
 * feedback.h
 *		Events as they are reported: checked, and made ready to be recorded.
 */
#ifndef CAMPAIGN_FEEDBACK_H
#define CAMPAIGN_FEEDBACK_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/uuid.h"

typedef struct CampaignFeedback
{
	int64		message_id;
	const char *event;
	TimestampTz at;
	Jsonb	   *detail;			/* NULL if there is none */
	char	   *link;			/* of a click; NULL if it does not say */
	bool		hard;			/* came back for good */
	Numeric		value;			/* of a conversion; NULL if it does not say */
	pg_uuid_t	key;			/* the same for what is a repetition */
} CampaignFeedback;

/* One event; refuses what is not as documented.  The detail may be NULL. */
extern CampaignFeedback *campaign_feedback_make(int64 message_id,
												const char *event,
												TimestampTz at,
												Jsonb *detail);
/* From parameter "events" of campaign_feedback, of CampaignFeedback *. */
extern List *campaign_feedback_parse(const Jsonb *events, TimestampTz now);

#endif							/* CAMPAIGN_FEEDBACK_H */
