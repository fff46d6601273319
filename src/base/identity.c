/*
 * identity.c
 *		Whose rights are in force, and which schema's names are seen.
 *
 * Two sides meet in every transaction: statements of the campaign's owner,
 * run as the owner, and our own over our tables, run as the extension's owner.
 * They never mix: a section of ours executes no code that a user could have
 * defined, and the owner's code leaves no setting behind.
 */
#include "postgres.h"

#include <float.h>

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_database.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_namespace.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/identity.h"
#include "base/settings.h"
#include "base/version.h"

/* Our own statements see the server's names and nothing of anybody else's. */
#define RESTRICTED_PATH "pg_catalog, pg_temp"

/* So much more must parallel workers save than parallel_setup_cost says. */
#define SETUP_COST_FACTOR	50

/* Sets search_path until the nest level is left. */
static void
set_search_path(const char *path)
{
	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* The owner of schema campaign, whom the install script made it for. */
static Oid
extension_owner(void)
{
	HeapTuple	tuple;
	Oid			owner;

	tuple = SearchSysCache1(NAMESPACEOID,
							ObjectIdGetDatum(campaign_schema_oid()));
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"%s\" does not exist", "campaign")));
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

/* Becomes the extension's owner; pair with campaign_identity_leave. */
void
campaign_identity_enter(CampaignIdentity *saved)
{
	Oid			owner = extension_owner();

	GetUserIdAndSecContext(&saved->userid, &saved->context);
	saved->nestlevel = NewGUCNestLevel();
	set_search_path(RESTRICTED_PATH);
	SetUserIdAndSecContext(owner,
						   saved->context | SECURITY_LOCAL_USERID_CHANGE);
}

/* Becomes the role, restricted, unless that is who it is. */
void
campaign_identity_assume(CampaignIdentity *saved, Oid role)
{
	if (!OidIsValid(role))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the owner of the campaign does not exist any more"),
				 errhint("Nothing the owner wrote is read with the rights of somebody else; drop the campaign.")));
	GetUserIdAndSecContext(&saved->userid, &saved->context);
	saved->nestlevel = NewGUCNestLevel();
	/* After SET ROLE the session's rights are one RESET ROLE away. */
	if (role != saved->userid || role != GetSessionUserId())
		SetUserIdAndSecContext(role, saved->context |
							   SECURITY_LOCAL_USERID_CHANGE |
							   SECURITY_RESTRICTED_OPERATION);
}

/* Becomes who it was before. */
void
campaign_identity_leave(const CampaignIdentity *saved)
{
	SetUserIdAndSecContext(saved->userid, saved->context);
	AtEOXact_GUC(false, saved->nestlevel);
}

/* Opens a level at whose end every SET made inside is undone. */
int
campaign_settings_enter(void)
{
	return NewGUCNestLevel();
}

/* Opens such a level with the formats of executors in force. */
int
campaign_formats_enter(void)
{
	static const char *const formats[][2] = {
		{"bytea_output", "hex"},
		{"datestyle", "ISO, MDY"},
		{"extra_float_digits", "1"},
		{"intervalstyle", "postgres"}
	};
	int			nestlevel = NewGUCNestLevel();

	for (int i = 0; i < lengthof(formats); i++)
		(void) set_config_option(formats[i][0], formats[i][1], PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	return nestlevel;
}

/* Closes the level; an error closes it by itself. */
void
campaign_settings_leave(int nestlevel)
{
	AtEOXact_GUC(false, nestlevel);
}

/* Opens such a level with the given search_path in force. */
int
campaign_search_path_enter(const char *path)
{
	int			nestlevel = NewGUCNestLevel();

	set_search_path(path);
	return nestlevel;
}

/* Sets a setting until the nest level is left. */
static void
set_for_section(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* Sets work_mem until the nest level is left. */
void
campaign_memory_set(int kilobytes)
{
	char		value[32];

	if (work_mem == kilobytes)
		return;
	snprintf(value, sizeof(value), "%dkB", kilobytes);
	set_for_section("work_mem", value);
}

/*
 * What a parallel worker costs: it comes after a while, builds hash tables that
 * others have, too, and takes a core that another branch or run could use.
 */
static void
raise_setup_cost(void)
{
	char		value[64];

	/* An owner may have set what cannot be multiplied. */
	snprintf(value, sizeof(value), "%g",
			 Min(parallel_setup_cost, DBL_MAX / 2 / SETUP_COST_FACTOR) *
			 SETUP_COST_FACTOR);
	set_for_section("parallel_setup_cost", value);
}

/*
 * Raises work_mem until the nest level is left.  Expressions are not compiled:
 * they are many and short, and compiling takes longer than what it saves.
 */
void
campaign_planning_adjust(int kilobytes)
{
	set_for_section("jit", "off");
	raise_setup_cost();
	if (work_mem < kilobytes)
		campaign_memory_set(kilobytes);
}

/* The same, and no loop over a large set that the planner takes for one row. */
void
campaign_planning_sets(int kilobytes)
{
	campaign_planning_adjust(kilobytes);
	set_for_section("enable_nestloop", "off");
}

/* No sets are joined by hashes that can be joined otherwise. */
int
campaign_planning_enter_merged(void)
{
	int			nestlevel = NewGUCNestLevel();

	set_for_section("enable_hashjoin", "off");
	return nestlevel;
}

/*
 * Until then, no rows that an index has in the right order are sorted: several
 * sorts of parts and a merge cost more than that, and some servers think that
 * fewer rows come out of it.
 */
void
campaign_planning_ordered(void)
{
	set_for_section("enable_gathermerge", "off");
}

/* The schemas names are looked up in now, as a search_path to be stored. */
char *
campaign_search_path_current(void)
{
	StringInfoData path;
	ListCell   *cell;

	initStringInfo(&path);
	foreach(cell, fetch_search_path(false))
	{
		Oid			schema = lfirst_oid(cell);
		char	   *name = get_namespace_name(schema);

		if (name == NULL || isAnyTempNamespace(schema))
			continue;
		appendStringInfo(&path, "%s, ", quote_identifier(name));
	}
	appendStringInfoString(&path, "pg_temp");
	return path.data;
}

/* Schema campaign; refused (3F000) if the extension is not here. */
Oid
campaign_schema_oid(void)
{
	return get_namespace_oid("campaign", false);
}

/* Schema campaign_data. */
Oid
campaign_data_schema_oid(void)
{
	return get_namespace_oid("campaign_data", false);
}

/*
 * Refuses whoever has no USAGE on schema campaign, and everybody as long as
 * the extension has not been updated.
 */
void
campaign_require_user(void)
{
	campaign_require_version();
	if (object_aclcheck(NamespaceRelationId, campaign_schema_oid(),
						GetUserId(), ACL_USAGE) == ACLCHECK_OK)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for schema %s", "campaign"),
			 errhint("GRANT USAGE ON SCHEMA campaign TO %s makes this role a user of the extension.",
					 quote_identifier(GetUserNameFromId(GetUserId(), false)))));
}

/* True if the current user has the rights of the role; false if it is gone. */
bool
campaign_acts_for(Oid role)
{
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
		return superuser();
	return has_privs_of_role(GetUserId(), role);
}

/* Lets the database's owner pass, and whoever has his rights. */
void
campaign_require_database_owner(const char *what, const char *hint)
{
	if (!object_ownercheck(DatabaseRelationId, MyDatabaseId, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only the owner of the database may %s", what),
				 errhint("%s", hint)));
}

/* Why no worker could be connected as the role in this database, or NULL. */
const char *
campaign_role_problem(Oid role)
{
	HeapTuple	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
	bool		can_login;

	if (!HeapTupleIsValid(tuple))
		return "the role does not exist any more";
	can_login = ((Form_pg_authid) GETSTRUCT(tuple))->rolcanlogin;
	ReleaseSysCache(tuple);
	if (!can_login)
		return "the role is not permitted to log in";
	if (superuser_arg(role) && !campaign_enable_superuser_campaigns)
		return "the role is a superuser, and campaign.enable_superuser_campaigns is off";
	if (object_aclcheck(DatabaseRelationId, MyDatabaseId, role,
						ACL_CONNECT) != ACLCHECK_OK)
		return "the role has no CONNECT privilege on the database";
	if (object_aclcheck(NamespaceRelationId, campaign_schema_oid(), role,
						ACL_USAGE) != ACLCHECK_OK)
		return "the role has no USAGE privilege on schema campaign";
	return NULL;
}

/* The role, or InvalidOid if it does not exist any more. */
Oid
campaign_role_existing(Oid role)
{
	return SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)) ?
		role : InvalidOid;
}
