/*
 * row.h
 *		The row that expressions are about, as one item of FROM.
 */
#ifndef CAMPAIGN_ROW_H
#define CAMPAIGN_ROW_H

#include "postgres.h"

#include "set/population.h"
#include "set/select.h"
#include "set/target.h"

typedef enum CampaignRowJoin
{
	CAMPAIGN_ROW_INNER,			/* rows that are gone from the dimension drop out */
	CAMPAIGN_ROW_LEFT,			/* they stay, with NULLs */
	CAMPAIGN_ROW_BARE			/* the population's columns alone */
} CampaignRowJoin;

/*
 * Appends the item, aliased as the dimension: its rows if population is NULL,
 * else those of the population with the columns that were added to them.
 */
extern void campaign_row_from(CampaignSelect *select,
							  const CampaignTarget *target,
							  const CampaignPopulation *population,
							  CampaignRowJoin join);
/* The item alone, without its alias. */
extern char *campaign_row_item(const CampaignTarget *target,
							   const CampaignPopulation *population,
							   CampaignRowJoin join);
/* The column of the population (or, without one, of the key), by number from 0. */
extern const char *campaign_row_column(const CampaignTarget *target,
									   const CampaignPopulation *population,
									   int number);
/*
 * True if keys are the same where their texts are, in an order that an index on
 * columns of their types has.
 */
extern bool campaign_row_has_plain_key(const CampaignTarget *target);
/* True if the key is a part of the order, so that no lot is needed. */
extern bool campaign_row_key_ordered(const CampaignTarget *target,
									 const List *order);
/*
 * What rows of equal order are ordered by: the key that the order has, or else
 * the column "campaign.position", by lot.
 */
extern const char *campaign_row_last_order(const CampaignTarget *target,
										   const CampaignPopulation *population,
										   const List *order);
/* All its columns with commas between; nothing is appended after the last. */
extern void campaign_row_columns(CampaignSelect *select,
								 const CampaignTarget *target,
								 const CampaignPopulation *population);
/*
 * The condition that the key of a row of the dimension is NULL, or was there
 * before: for the SELECT list, as it may have a window function.
 */
extern char *campaign_row_unusable(const CampaignTarget *target);
/* The key as text: what a recipient is called. */
extern char *campaign_row_recipient(const CampaignTarget *target,
									const CampaignPopulation *population);
/*
 * What rows are ordered by, for ORDER BY of any stage that has the row's
 * columns and the recipient as "campaign.recipient": keys of integers and uuids
 * by their values, others by the bytes of the recipient.
 */
extern char *campaign_row_order(const CampaignTarget *target,
								const CampaignPopulation *population);
/* The population as an item of FROM that comes in that order, if it has it. */
extern CampaignPopulation *campaign_row_ordered(const CampaignTarget *target,
												const CampaignPopulation *population);
/* The same if its rows are few enough to be looked up by their keys, else as it is. */
extern const CampaignPopulation *campaign_row_looked_up(const CampaignTarget *target,
														const CampaignPopulation *population);
/*
 * Columns of a relation as "prefix.column, ...": those the current user may
 * read, so that a grant on some of them is enough.
 */
extern char *campaign_row_readable(Oid relation, const char *prefix);
/* The same, always one by one. */
extern char *campaign_row_listed(Oid relation, const char *prefix);
/* The equality operator of a type, written with its schema. */
extern char *campaign_row_equality(Oid type);
/* The condition that the key is the same in two items of FROM, by alias. */
extern char *campaign_row_match(const CampaignTarget *target, const char *left,
								const char *right);
/*
 * The condition that a row of the dimension has that key, written as
 * campaign_row_recipient does.
 */
extern char *campaign_row_has_key(const CampaignTarget *target,
								  const char *key);
/*
 * The condition that the row has the key of an item of FROM, by alias, whose
 * columns have the names "campaign.1" and so on.
 */
extern char *campaign_row_same(const CampaignTarget *target,
							   const CampaignPopulation *population,
							   const char *item);
/* With CAMPAIGN_ROW_LEFT: true where the row is still in the dimension. */
extern const char *campaign_row_found(const CampaignTarget *target,
									  const CampaignPopulation *population);

/* The schema of an operator. */
extern Oid	campaign_row_operator_schema(Oid operator);

/* ------------------------ the row of the person -------------------------- */

/* The dimension's rows, one per key, aliased as the dimension. */
extern char *campaign_row_whole(const CampaignTarget *target);
/*
 * "key =" and " COLLATE …", between which belongs what a key of one column is
 * compared with.
 */
extern char *campaign_row_equals(const CampaignTarget *target);
extern char *campaign_row_collation(const CampaignTarget *target);
/* True if a value of the type can be compared with the column. */
extern bool campaign_row_comparable(const CampaignColumn *column, Oid type);
/* Its columns, as further columns of another item; each after a comma. */
extern char *campaign_row_stow(const CampaignTarget *target);
/* The item of FROM with these, after a comma and the item they are in. */
extern char *campaign_row_stowed(const CampaignTarget *target,
								 const CampaignTarget *carrier);

#endif							/* CAMPAIGN_ROW_H */
