/*
 * secret.h
 *		What tracking URLs are signed with.
 */
#ifndef CAMPAIGN_SECRET_H
#define CAMPAIGN_SECRET_H

#include "postgres.h"

/* The secret, of CAMPAIGN_SECRET_BYTES; NULL if there is none yet. */
extern char *campaign_secret_read(void);
/* The same; the first caller makes it. */
extern char *campaign_secret_require(void);

#endif							/* CAMPAIGN_SECRET_H */
