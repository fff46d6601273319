/*
 * target.h
 *		A dimension as it is found in the database now.
 */
#ifndef CAMPAIGN_TARGET_H
#define CAMPAIGN_TARGET_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "utils/rel.h"

#include "store/dimension.h"

/* A column of a key or of a population. */
typedef struct CampaignColumn
{
	char	   *name;
	Oid			type;			/* domains are replaced by their base type */
	int32		typmod;
	Oid			collation;
} CampaignColumn;

/* The column (of CampaignColumn *) of that name; NULL if there is none. */
extern CampaignColumn *campaign_column_find(const List *columns,
											const char *name);

typedef struct CampaignTarget
{
	CampaignDimension *dimension;
	Oid			relation;		/* InvalidOid: lines of files, in no table */
	List	   *key;			/* of CampaignColumn * */
	bool		unique;			/* a unique index stands behind the key */
	bool		not_null;		/* no column of the key can be NULL */
} CampaignTarget;

/*
 * A relation that was found before: by oid as long as it has that name
 * (schema.relation, quoted), else by name; refused (42P01) if it is gone.
 * "what" it belongs to is for messages.
 */
extern Oid	campaign_target_relation(Oid relation, const char *name,
									 const char *what);
/*
 * Finds the dimension's relation, by oid as long as it has the name it was
 * declared with, else by that name, and its key; refuses what is no longer
 * there or has changed its shape (42P01, 42703, 55000).
 */
extern CampaignTarget *campaign_target_resolve(CampaignDimension *dimension);
/*
 * The same of the dimension of the persons that rows of another lead to;
 * refuses a key of several columns, and persons that lead to others.
 */
extern CampaignTarget *campaign_target_resolve_person(CampaignDimension *dimension);
/* Key columns of the relation's primary key, or of a unique index over
 * columns that are NOT NULL, of char *; NIL if there is none. */
extern List *campaign_target_default_key(Oid relation);
/* True if a unique index proves that no two rows agree in all of these. */
extern bool campaign_target_unique(Relation relation, List *columns);
/* True if the role may read the key, without which nobody can be targeted. */
extern bool campaign_target_readable(const CampaignTarget *target, Oid role);
/* About how many rows its relation has; negative: not known. */
extern double campaign_target_rows(const CampaignTarget *target);
/* True if its table is about in the order of the key, as far as is known. */
extern bool campaign_target_in_order(const CampaignTarget *target);
/* Names of the columns its rows have before any are added, of char *. */
extern List *campaign_target_names(const CampaignTarget *target);
/* Names of the relation's columns, of char *. */
extern List *campaign_target_columns(Oid relation);

#endif							/* CAMPAIGN_TARGET_H */
