/*
 * sample.h
 *		Some of the rows a select has: those a test is confined to.
 */
#ifndef CAMPAIGN_SAMPLE_H
#define CAMPAIGN_SAMPLE_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "set/target.h"

struct CampaignSelect;

typedef struct CampaignSample
{
	const CampaignTarget *target;	/* of the rows */
	double		percent;		/* of the rows; less than 0: all */
	int64		rows;			/* that many at most; less than 0: all */
	List	   *recipients;		/* of char *: only these; NIL: any */
} CampaignSample;

/*
 * Confines the select to the sample.  Its key's columns come after that many
 * others.  Rows are drawn by a hash of their keys, so that whoever is in one
 * sample is in each that is larger, wherever it is taken.
 */
extern void campaign_sample_apply(struct CampaignSelect *select,
								  const CampaignSample *sample, int skipped);

#endif							/* CAMPAIGN_SAMPLE_H */
