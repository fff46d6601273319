/*
 * timing.h
 *		When the messages of a delivery are sent, and which limit of an address
 *		domain they are under.
 */
#ifndef CAMPAIGN_TIMING_H
#define CAMPAIGN_TIMING_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/select.h"

/* Options of deliveries, for the arrays of their kinds. */
#define CAMPAIGN_TIMING_OPTIONS \
	{"send_at", CAMPAIGN_OPTION_MOMENT, false, "at once", \
	"Not before: an expression or a literal; without time zone it is a local time of the recipient's."}, \
	{"time_zone", CAMPAIGN_OPTION_TEXT, false, "the campaign's, then the server's", \
	"Of whom the dimension gives no valid one."}, \
	{"waves", CAMPAIGN_OPTION_WAVES, false, "all at once", \
	"Array of objects, in order: percent or number, neither takes the rest, and at or after (the one before); or one object: count and every."}, \
	{"valid_until", CAMPAIGN_OPTION_TIME, false, NULL, \
	"What is not handed out by then expires."}, \
	{"valid_for", CAMPAIGN_OPTION_INTERVAL, false, NULL, \
	"What is not handed out so long after it was to be sent expires."}

typedef struct CampaignTiming
{
	const CampaignTask *task;
	TimestampTz now;
	CampaignExpression *send_at;	/* NULL: at once */
	bool		local;			/* send_at is without time zone */
	const char *quiet;			/* rule of quiet hours, as text; NULL: none */
	CampaignExpression *zone;	/* the dimension's, if zones matter; or NULL */
	const char *fallback;		/* zone of who has none */
	List	   *waves;			/* of CampaignWave * */
	List	   *domains;		/* with a limit, of char * */
	bool		varies;			/* rows differ in time or domain */
	/* set by campaign_timing_follow: */
	const char *reason;			/* column: why the row gets no message */
	const char *not_before;		/* expression: a time it has anyway; or NULL */
	/* and for the caller, expressions: */
	const char *send_column;	/* timestamptz, NULL: at once */
	const char *domain_column;	/* text, NULL: not limited */
	const char *zoneless_column;	/* boolean: it needs a zone and has none */
} CampaignTiming;

/* Functions for those of a CampaignKind. */
extern List *campaign_timing_expressions(const CampaignScope *scope);
extern void campaign_timing_check(const CampaignScope *scope);
extern List *campaign_timing_warn(const CampaignScope *scope);

/* True if rows differ in time or domain; limits are those of the channel. */
extern bool campaign_timing_varies(const CampaignScope *scope,
								   const char *channel);
/* Reads the options of a delivery that is about to be made. */
extern CampaignTiming *campaign_timing_open(const CampaignTask *task,
											const char *channel,
											TimestampTz now);
/* Says what the stages before have made; to be called before all others. */
extern void campaign_timing_follow(CampaignTiming *timing, const char *reason,
								   const char *not_before);
/*
 * Between the two, the caller appends the item of FROM whose rows are sent,
 * aliased as the dimension; they make one of it with the columns that the
 * fields name.
 */
extern void campaign_timing_begin(const CampaignTiming *timing,
								  CampaignSelect *select);
extern void campaign_timing_end(const CampaignTiming *timing,
								CampaignSelect *select);
/* Notes in the log how many messages needed a zone and had no valid one. */
extern void campaign_timing_note_zoneless(const CampaignTask *task,
										  int64 zoneless, int64 messages);

#endif							/* CAMPAIGN_TIMING_H */
