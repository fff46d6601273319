/*
 * render.h
 *		What a template is parsed into, and how a message is made of it.
 */
#ifndef CAMPAIGN_SET_RENDER_H
#define CAMPAIGN_SET_RENDER_H

#include "lib/stringinfo.h"

#include "set/escape.h"
#include "set/reference.h"
#include "set/template.h"
#include "set/tracking.h"

/* Blocks within blocks. */
#define CAMPAIGN_TEMPLATE_DEPTH 16

/*
 * What follows a piece of literal text.  Blocks are jumps between parts, as
 * in a program; "next" is always the part behind in the text.
 */
typedef enum CampaignPartKind
{
	CAMPAIGN_PART_END,			/* of the template */
	CAMPAIGN_PART_NOTHING,		/* goes on with the next */
	CAMPAIGN_PART_VALUE,		/* appends the operand */
	CAMPAIGN_PART_IF,			/* next if the operand is true, else target */
	CAMPAIGN_PART_EACH,			/* next for the first item, else target */
	CAMPAIGN_PART_AGAIN,		/* target for one more item, else next */
	CAMPAIGN_PART_JUMP			/* target */
} CampaignPartKind;

typedef struct CampaignTemplatePart
{
	int			start;			/* of the literal text */
	int			length;
	CampaignPartKind kind;
	CampaignEscape escape;
	int			expression;		/* the operand's position; -1: an item's */
	int			target;
	const char *const *path;	/* names to the item's member, NULL ends it */
	CampaignOwn own;			/* of a value: the operand is its destination */
} CampaignTemplatePart;

struct CampaignTemplate
{
	const char *unclosed;		/* an HTML element that is not; or NULL */
	char	   *text;
	CampaignTemplatePart *parts;
	int			nparts;
	bool		tracked;		/* has URLs that are */
};

extern bool campaign_template_render(const CampaignTemplate *template,
									 const char *const *values, int nvalues,
									 const CampaignTracking *tracking,
									 int64 limit, StringInfo out);

#endif							/* CAMPAIGN_SET_RENDER_H */
