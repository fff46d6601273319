/*
 * content.h
 *		What a message says: the templates of a delivery, by language.
 */
#ifndef CAMPAIGN_CONTENT_H
#define CAMPAIGN_CONTENT_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "set/template.h"

/* Segments of a text message, if the activity sets no other limit. */
#define CAMPAIGN_MAX_SEGMENTS 10

/* Where a part stands in a message that is handed out. */
typedef enum CampaignPlace
{
	CAMPAIGN_PLACE_SUBJECT,
	CAMPAIGN_PLACE_BODY,
	CAMPAIGN_PLACE_ATTRIBUTE
} CampaignPlace;

typedef struct CampaignMessagePart
{
	CampaignPlace place;
	CampaignContent escaping;
	const char *name;			/* the attribute's, or the option's */
	CampaignTemplate *template;
} CampaignMessagePart;

/* One edition of what a delivery says, and the expressions its parts share. */
typedef struct CampaignMessageContent
{
	const char *variant;		/* NULL: there are none */
	const char *language;		/* in lower case, with hyphens; NULL: default */
	List	   *parts;			/* of CampaignMessagePart * */
	/* of CampaignTemplateExpression *: variables of a message, in order */
	List	   *expressions;
	int			max_segments;	/* of the body; 0: it is no text message */
	/* what bounds the size of its messages */
	int64		bytes;
	int64		placeholders;
	bool		has_collections;
} CampaignMessageContent;

/*
 * The editions of an activity's content, of CampaignMessageContent *: of each
 * variant the default first, then its languages.  With the option winner, the
 * variants of a language have their expressions in common.  Reads the options that the kind of
 * channel has parts for; refuses what is wrong with them.
 */
extern List *campaign_content_parse(const char *channel_kind,
									const Jsonb *options);
/* How many of them each variant has. */
extern int	campaign_content_languages(const List *editions);
/* The edition of that number. */
extern CampaignMessageContent *campaign_content_edition(const List *editions,
														int number);
/* The part that stands there, NULL if there is none; not for attributes. */
extern const CampaignMessagePart *campaign_content_part(const CampaignMessageContent *content,
														CampaignPlace place);
/* True if messages of any edition have URLs that are tracked. */
extern bool campaign_content_tracked(const List *editions);
/* The strings of a message's variables, a text[]; NULLs stay NULL. */
extern const char **campaign_content_variables(Datum variables, int *count);
/*
 * Why a message with these variables must not be enqueued (a reason), or
 * NULL: then it can be rendered by whoever claims it.
 */
extern const char *campaign_content_fault(const CampaignMessageContent *content,
										  Datum variables);
/* Segments of the body if every value is NULL; 0 if that is too much. */
extern int	campaign_content_segments(const CampaignMessageContent *content);

#endif							/* CAMPAIGN_CONTENT_H */
