/*
 * identity.h
 *		Whose rights are in force, and which schema's names are seen.
 */
#ifndef CAMPAIGN_IDENTITY_H
#define CAMPAIGN_IDENTITY_H

#include "postgres.h"

/* What to restore at the end of a section. */
typedef struct CampaignIdentity
{
	Oid			userid;
	int			context;
	int			nestlevel;
} CampaignIdentity;

/*
 * A section in which the extension's owner acts under "pg_catalog, pg_temp".
 * No code of a user may run in it.  An error restores everything by itself.
 */
extern void campaign_identity_enter(CampaignIdentity *saved);
extern void campaign_identity_leave(const CampaignIdentity *saved);

/*
 * A section in which what a role has written is read.  Reading runs code: the
 * constants of an expression meet the checks of their domains.  So whoever the
 * caller is, it has that role's rights alone, and nothing it leaves behind
 * runs later.  Ends with campaign_identity_leave.
 */
extern void campaign_identity_assume(CampaignIdentity *saved, Oid role);

/* Brackets code of the owner's, so that what it SETs does not survive it. */
extern int	campaign_settings_enter(void);
extern void campaign_settings_leave(int nestlevel);

/*
 * A section in which the texts of values are those that executors write,
 * whatever the session's settings are.  Ends with campaign_settings_leave.
 */
extern int	campaign_formats_enter(void);
/* A section with the given search_path, for parsing a stored expression. */
extern int	campaign_search_path_enter(const char *path);
/* Within such a section, lets each sort and hash take that much. */
extern void campaign_memory_set(int kilobytes);
/*
 * The same if it is not more anyway; has plans executed without compiling them,
 * and in parallel only if that saves more than usual.
 */
extern void campaign_planning_adjust(int kilobytes);
extern void campaign_planning_ordered(void);
/* The same, and loops only where there is no other way to join. */
extern void campaign_planning_sets(int kilobytes);
/* No joins by hashes, until campaign_settings_leave() of what it gives. */
extern int	campaign_planning_enter_merged(void);
/* The caller's search_path with its schemas written out, pg_temp last. */
extern char *campaign_search_path_current(void);

extern Oid	campaign_schema_oid(void);	/* schema "campaign" */
extern Oid	campaign_data_schema_oid(void);	/* schema "campaign_data" */

/* Refuses whoever has no USAGE on schema campaign (42501). */
extern void campaign_require_user(void);
/* True if the current user may act for that role. */
extern bool campaign_acts_for(Oid role);
/*
 * Refuses whoever may not act for the owner of the database (42501); what he
 * wanted, as in "may ...".
 */
extern void campaign_require_database_owner(const char *what, const char *hint);

/* Why a role cannot be connected as in this database, or NULL. */
extern const char *campaign_role_problem(Oid role);
/* The role, or InvalidOid if it does not exist any more. */
extern Oid	campaign_role_existing(Oid role);

#endif							/* CAMPAIGN_IDENTITY_H */
