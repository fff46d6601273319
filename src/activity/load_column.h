/*
 * load_column.h
 *		The rules of a file's columns, as load_file's option has them.
 */
#ifndef CAMPAIGN_LOAD_COLUMN_H
#define CAMPAIGN_LOAD_COLUMN_H

#include "postgres.h"

#include "activity/activity.h"
#include "set/field.h"

/* Columns of a file, in its order. */
typedef struct CampaignLoadColumns
{
	int			count;
	CampaignField *fields;
	int		   *widths;			/* 0 where none is given */
} CampaignLoadColumns;

/* Reads option "columns"; refuses what means nothing. */
extern void campaign_load_columns_read(const CampaignActivity *activity,
									   CampaignLoadColumns *columns);
/* The columns of a table, without rules. */
extern void campaign_load_columns_of(Oid relation,
									 CampaignLoadColumns *columns);
/* The columns of the rows, of CampaignColumn *. */
extern List *campaign_load_columns_added(const CampaignLoadColumns *columns);

#endif							/* CAMPAIGN_LOAD_COLUMN_H */
