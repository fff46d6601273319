/*
 * graph.h
 *		Campaigns and the activities and transitions of their versions.
 */
#ifndef CAMPAIGN_GRAPH_H
#define CAMPAIGN_GRAPH_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* A row of campaign.campaign, with the ids of two of its versions. */
typedef struct CampaignRecord
{
	int64		id;
	char	   *name;
	Oid			owner;			/* resolved; InvalidOid if the role is gone */
	char	   *owner_name;
	char	   *dimension;
	char	   *description;
	char	   *status;
	Jsonb	   *settings;
	int64		draft_id;		/* version number 0 */
	int64		live_id;		/* the newest published version, 0 if none */
	int			live_number;
} CampaignRecord;

typedef struct CampaignActivity
{
	char	   *name;
	int			position;		/* order of definition */
	int			index;			/* in the graph's list */
	char	   *kind;
	Jsonb	   *options;
	char	   *search_path;
	List	   *objects;		/* identities frozen on publishing, of char * */
	List	   *inbound;		/* of CampaignTransition * */
	List	   *outbound;
	/* kept by campaign_scope_declare() */
	List	   *columns;		/* added columns that come out */
	bool		columns_sought; /* they are being computed */
	bool		columns_known;
	/* kept by campaign_live_columns() */
	List	   *wanted;			/* names that it and those behind it use */
	bool		wanted_all;		/* they may use any */
	bool		wanted_known;
} CampaignActivity;

typedef struct CampaignTransition
{
	CampaignActivity *source;
	char	   *outcome;
	CampaignActivity *target;
} CampaignTransition;

typedef struct CampaignGraph
{
	CampaignRecord *campaign;
	int64		version_id;
	bool		frozen;			/* not the draft */
	List	   *activities;		/* of CampaignActivity *, by position */
	List	   *transitions;	/* of CampaignTransition *, by position */
	List	   *links;			/* that were found from it, of CampaignLink * */
	List	   *filters;		/* saved ones that were found, of char * */
} CampaignGraph;

/*
 * The campaign of that name, if the current user acts for its owner; else
 * "does not exist" (42704), whoever else may have one of that name.  With
 * lock it is locked until the end of the transaction: whoever changes a
 * campaign takes this lock first.
 */
extern CampaignRecord *campaign_record_require(const char *name, bool lock);
/*
 * The same for whoever has been given that privilege; see store/privilege.h.
 * Who sees the campaign, but may not, is told so (42501).
 */
extern CampaignRecord *campaign_record_require_for(const char *name, bool lock,
												   const char *privilege);
/* True if the current user acts for the owner of a campaign of that name. */
extern bool campaign_record_visible(const char *name);
/* The same for whoever may look at it. */
extern bool campaign_record_known(const char *name);
/* What runs that are started now have for settings. */
extern Jsonb *campaign_record_published_settings(const CampaignRecord *record);
/* By id, without asking who is looking. */
extern CampaignRecord *campaign_record_by_id(int64 campaign_id);
extern CampaignRecord *campaign_record_create(const char *name,
											  const char *dimension,
											  const char *description,
											  const Jsonb *settings);
extern void campaign_record_update(const CampaignRecord *record);
extern void campaign_record_drop(const CampaignRecord *record);

/* A version with all its activities and transitions. */
extern CampaignGraph *campaign_graph_load(CampaignRecord *record,
										  int64 version_id);
/* The activity of that name, or NULL. */
extern CampaignActivity *campaign_graph_find(const CampaignGraph *graph,
											 const char *name);
/*
 * Takes all activities out of the graph but that one and those before it, with
 * their transitions.
 */
extern void campaign_graph_cut(CampaignGraph *graph,
							   const CampaignActivity *last);
/* The activities in an order in which sources precede targets, those on
 * cycles left out. */
extern List *campaign_graph_order(const CampaignGraph *graph);

/* Changes to the draft; the caller has checked them. */
extern void campaign_activity_insert(int64 version_id, const char *name,
									 const char *kind, const Jsonb *options,
									 const char *search_path);
extern CampaignActivity *campaign_activity_find(int64 version_id,
												const char *name);
extern List *campaign_activity_names(int64 version_id);
extern int64 campaign_activity_count(int64 version_id);
extern void campaign_activity_update(int64 version_id, const char *name,
									 const Jsonb *options,
									 const char *search_path);
extern void campaign_activity_rename(int64 version_id, const char *name,
									 const char *new_name);
extern void campaign_activity_delete(int64 version_id, const char *name);
extern bool campaign_transition_insert(int64 version_id, const char *source,
									   const char *outcome,
									   const char *target);
extern bool campaign_transition_delete(int64 version_id, const char *source,
									   const char *outcome,
									   const char *target);

#endif							/* CAMPAIGN_GRAPH_H */
