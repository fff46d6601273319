/*
 * filter.h
 *		Saved filters: their parameters.
 */
#ifndef CAMPAIGN_SET_FILTER_H
#define CAMPAIGN_SET_FILTER_H

#include "postgres.h"

#include "store/filter.h"

/*
 * The declarations of parameters as they are stored, with types that are the
 * same under any search_path; refuses wrong ones.
 */
extern Jsonb *campaign_filter_parameters(const Jsonb *declared);

#endif							/* CAMPAIGN_SET_FILTER_H */
