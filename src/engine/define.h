/*
 * define.h
 *		Changes to the draft of a campaign.
 */
#ifndef CAMPAIGN_DEFINE_H
#define CAMPAIGN_DEFINE_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "store/graph.h"
#include "store/link.h"

/* What campaign_dimension() was given; NULL where nothing was. */
typedef struct CampaignDeclaration
{
	Oid			relation;
	const char *name;
	const char *key;
	Jsonb	   *addresses;
	Jsonb	   *consent;
	const char *time_zone;
	const char *language;
	const char *profile;
	const char *profile_dimension;
} CampaignDeclaration;

/* What campaign_template() was given; NULL where nothing was. */
typedef struct CampaignTemplateDeclaration
{
	const char *name;
	const char *channel;
	const char *subject;
	const char *body;
	const Jsonb *parts;			/* others; NULL: none */
	const char *description;
} CampaignTemplateDeclaration;

/* Adds the next version of a template of the current user's; its number. */
extern int	campaign_define_template(const CampaignTemplateDeclaration *declaration);
/* Drops all versions of a template of the current user's. */
extern void campaign_define_drop_template(const char *name);
/* Declares a rule of the current user's, or declares it anew. */
extern void campaign_define_rule(const char *name, const char *kind,
								 Jsonb *settings);
/* Drops a rule of the current user's. */
extern void campaign_define_drop_rule(const char *name);
/*
 * Declares a link of the current user's, or declares it anew: name, source,
 * dimension, condition and cardinality are given.
 */
extern void campaign_define_link(CampaignLink *link);
/* Drops one; source may be NULL where only one has the name. */
extern void campaign_define_unlink(const char *name, const char *source);
/* Declares a dimension of the current user's; gives its name. */
extern char *campaign_define_dimension(const CampaignDeclaration *declaration);

extern void campaign_define_create(const char *campaign, const char *dimension,
								   const char *description,
								   const Jsonb *settings);
extern void campaign_define_add(const char *campaign, const char *activity,
								const char *kind, const Jsonb *options,
								const char *after);
extern void campaign_define_connect(const char *campaign, const char *source,
									const char *target);
extern void campaign_define_disconnect(const char *campaign,
									   const char *source,
									   const char *target);
extern void campaign_define_alter(const char *campaign, const char *activity,
								  const Jsonb *options);
extern void campaign_define_remove(const char *campaign, const char *activity);
extern void campaign_define_rename(const char *campaign, const char *activity,
								   const char *name);
extern void campaign_define_drop(const char *campaign);

/* Settings in the form they are stored in; refuses what means nothing. */
extern Jsonb *campaign_define_settings(const Jsonb *settings);
/* Refuses a text that cannot name an activity. */
extern void campaign_define_check_name(const char *name);
/* Refuses a text that cannot name a campaign or a dimension. */
extern void campaign_define_check_title(const char *noun, const char *title);

/* The whole draft from a document; gives the campaign's name. */
extern char *campaign_define_document(const Jsonb *document);
/* A new campaign from a document, under that name or its own (NULL). */
extern char *campaign_define_new(const Jsonb *document, const char *name);
/*
 * A new campaign with the draft of another, in which variables have these
 * values by default (NULL: those they have); gives its name.
 */
extern char *campaign_define_duplicate(const char *campaign, const char *name,
									   const Jsonb *parameters);
/* The draft (version 0) or a version of the campaign's; refused if not there. */
extern int64 campaign_define_version(const CampaignRecord *record,
									 int version);
/* The draft (version 0) or a version as a document. */
extern Jsonb *campaign_define_export(const char *campaign, int version);

#endif							/* CAMPAIGN_DEFINE_H */
