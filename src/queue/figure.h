/*
 * figure.h
 *		What reports say about messages, kept by those who record events.
 */
#ifndef CAMPAIGN_FIGURE_H
#define CAMPAIGN_FIGURE_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "queue/feedback.h"

/* What is known of the events of a kind that a message had before. */
typedef struct CampaignFigureState
{
	bool		any;			/* there was one */
	TimestampTz first_at;		/* the first, if there was one */
	bool		hard;			/* one of its bounces was for good */
	List	   *links;			/* clicked, of char *; NULL for none said */
} CampaignFigureState;

/* Whose event it is. */
typedef struct CampaignFigureSubject
{
	int64		delivery_id;
	int			edition;
} CampaignFigureSubject;

typedef struct CampaignFigures CampaignFigures;

/* An empty collection, in the current memory context. */
extern CampaignFigures *campaign_figures_new(void);
/* Counts an event that has been recorded, and brings the state up to date. */
extern void campaign_figures_count(CampaignFigures *figures,
								   const CampaignFigureSubject *subject,
								   const CampaignFeedback *event,
								   CampaignFigureState *state);
/* Writes what was counted; the collection is then done with. */
extern void campaign_figures_write(CampaignFigures *figures);

/*
 * Has nobody else replace figures of the delivery until the transaction ends.
 * Whoever locks chunks, too, locks figures first, by delivery.
 */
extern void campaign_figures_lock(int64 delivery_id);
/* Those of messages kept back become those of the variant they get; locked. */
extern void campaign_figures_decide(int64 delivery_id, int winner,
									int languages);
/* Writes down how many messages of a run were sent, which chunks tell. */
extern void campaign_figures_keep_sent(int64 run_id);
/* Before events of a message change, and after it; figures must be locked. */
extern void campaign_figures_unlink(int64 message_id);
extern void campaign_figures_relink(int64 message_id);

#endif							/* CAMPAIGN_FIGURE_H */
