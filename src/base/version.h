/*
 * version.h
 *		Whether the library and the objects in this database are of one version.
 */
#ifndef CAMPAIGN_VERSION_H
#define CAMPAIGN_VERSION_H

/* The version of the extension in this database, or NULL without it. */
extern char *campaign_version_installed(void);
/* True if that is the library's. */
extern bool campaign_version_fits(const char *installed);
/*
 * Refuses to go on with objects of another version (55000).  Must come before
 * arguments are read: those of another version's functions may be others.
 */
extern void campaign_require_version(void);

#endif							/* CAMPAIGN_VERSION_H */
