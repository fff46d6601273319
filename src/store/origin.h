/*
 * origin.h
 *		Which server the oids of roles in our tables were given by.
 */
#ifndef CAMPAIGN_ORIGIN_H
#define CAMPAIGN_ORIGIN_H

#include "postgres.h"

/*
 * False if the tables hold rows that were restored from another server: an
 * oid there may be somebody else's here, so nobody may be shown anything.
 */
extern bool campaign_origin_here(void);
/*
 * Refuses whoever is no user of the extension (42501), and everybody in a
 * database that came from another server and was not adopted (55000).
 */
extern void campaign_origin_require_user(void);
/* True if the current user may see what belongs to that role. */
extern bool campaign_origin_visible(Oid owner);
/*
 * Finds the owners by name and takes the rows for this server's.  Gives the
 * names of those that are missing here, of char *.
 */
extern List *campaign_origin_adopt(void);

#endif							/* CAMPAIGN_ORIGIN_H */
