/*
 * suppression.h
 *		Addresses that must not be contacted.
 */
#ifndef CAMPAIGN_SUPPRESSION_H
#define CAMPAIGN_SUPPRESSION_H

#include "postgres.h"

#include "utils/uuid.h"

/* What addresses are compared by; blanks around and case do not count. */
extern void campaign_address_fingerprint(const char *address, int length,
										 pg_uuid_t *result);
/* Why nothing can be sent to a trimmed address (a reason), or NULL. */
extern const char *campaign_address_problem(const char *address, int length);
/* True if the address was not suppressed before. */
extern bool campaign_suppression_add(const char *channel, const char *address,
									 const char *reason);
/* True if the address was suppressed; refused unless by oneself. */
extern bool campaign_suppression_remove(const char *channel,
										const char *address);

#endif							/* CAMPAIGN_SUPPRESSION_H */
