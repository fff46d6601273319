/*
 * writer.h
 *		Bulk insertion into one relation without SQL.
 */
#ifndef CAMPAIGN_WRITER_H
#define CAMPAIGN_WRITER_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "storage/block.h"
#include "utils/rel.h"

typedef struct CampaignWriter CampaignWriter;

/*
 * Opens the relation for appending: rows are buffered and written with
 * multi-inserts, indexes are kept.  No trigger, constraint, default or
 * privilege is looked at: only for relations this extension made.  Open it
 * before a plan starts, for in a parallel plan no XID can be taken.
 */
extern CampaignWriter *campaign_writer_open(Oid relation);
/*
 * Opens its relation once more, for rows that are to be together; it must be
 * closed before the other.
 */
extern CampaignWriter *campaign_writer_open_beside(CampaignWriter *other);
/* How many columns the relation has. */
extern int	campaign_writer_columns(const CampaignWriter *writer);
/* Has it take its columns out of those places of the values it is given. */
extern void campaign_writer_choose(CampaignWriter *writer, const int *places);
/* The values are copied at once. */
extern void campaign_writer_add(CampaignWriter *writer, const Datum *values,
								const bool *isnull);
/*
 * Writes what is buffered and tells the first and the last block written to
 * since it was asked before; there must have been a row.
 */
extern void campaign_writer_blocks(CampaignWriter *writer, BlockNumber *first,
								   BlockNumber *last);
/* Writes what is buffered; returns the rows written since the opening. */
extern int64 campaign_writer_close(CampaignWriter *writer);

#endif							/* CAMPAIGN_WRITER_H */
