/*
 * picture.h
 *		A campaign, or one of its runs, as a drawing.
 */
#ifndef CAMPAIGN_PICTURE_H
#define CAMPAIGN_PICTURE_H

#include "postgres.h"

/* In that format: see docs/reference.md; run 0 draws the draft. */
extern char *campaign_picture(const char *campaign, const char *format,
							  int64 run_id);

#endif							/* CAMPAIGN_PICTURE_H */
