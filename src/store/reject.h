/*
 * reject.h
 *		Rows that a table of the owner's refused.
 */
#ifndef CAMPAIGN_REJECT_H
#define CAMPAIGN_REJECT_H

#include "postgres.h"

/* Notes a row that an activity of a run could not do anything with. */
extern void campaign_reject_add(int64 run_id, const char *activity,
								const char *recipient, const char *sqlstate,
								const char *message);
/* Blanks what was said about a row; gives how many were blanked. */
extern int64 campaign_reject_blank(Oid owner, const char *dimension,
								   const char *recipient);

#endif							/* CAMPAIGN_REJECT_H */
