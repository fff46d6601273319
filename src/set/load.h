/*
 * load.h
 *		Records that become rows, or are rejected.
 */
#ifndef CAMPAIGN_LOAD_H
#define CAMPAIGN_LOAD_H

#include "postgres.h"

#include "set/field.h"
#include "set/sink.h"

/* The outlets of a load. */
#define CAMPAIGN_LOAD_ROWS		0
#define CAMPAIGN_LOAD_REJECTED	1
#define CAMPAIGN_LOAD_OUTLETS	2

typedef struct CampaignLoad CampaignLoad;

/* The columns of rejected records beyond the number of the line. */
extern List *campaign_load_shape(void);
/*
 * Begins a load of records with these values, in this order; one more than
 * the limit of rejected ones is an error.
 */
extern CampaignLoad *campaign_load_open(CampaignField *fields, int nfields,
										CampaignOutlet *outlets, int64 limit);
/* Adds a record with that many values, of which all is copied. */
extern void campaign_load_add(CampaignLoad *load, int64 line, char **values,
							  const char *raw, int length);
/* Adds one that is no record. */
extern void campaign_load_reject(CampaignLoad *load, int64 line,
								 const char *raw, int length, int sqlerrcode,
								 const char *message);
/* Converts and writes what is left. */
extern void campaign_load_close(CampaignLoad *load);

#endif							/* CAMPAIGN_LOAD_H */
