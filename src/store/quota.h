/*
 * quota.h
 *		How many executors a role may have.
 */
#ifndef CAMPAIGN_QUOTA_H
#define CAMPAIGN_QUOTA_H

#include "postgres.h"

/* How many executors may be at runs of the role in this database at a time. */
extern int	campaign_quota(Oid role);

#endif							/* CAMPAIGN_QUOTA_H */
