/*
 * version.c
 *		Whether the library and the objects in this database are of one version.
 *
 * The files of a new version are installed once for a server, the objects are
 * updated in each database by a person.  In between, the library serves
 * functions and tables that it does not know.  Rather than knowing them all,
 * it says what to do.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "base/identity.h"
#include "base/version.h"

/* Reads pg_extension, for which the server has no cache. */
char *
campaign_version_installed(void)
{
	Relation	catalog = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Datum		version;
	bool		isnull;
	char	   *installed = NULL;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber,
				F_NAMEEQ, CStringGetDatum("campaign"));
	scan = systable_beginscan(catalog, ExtensionNameIndexId, true, NULL, 1,
							  &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		version = heap_getattr(tuple, Anum_pg_extension_extversion,
							   RelationGetDescr(catalog), &isnull);
		installed = TextDatumGetCString(version);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return installed;
}

/* Compares with what the control file said when the library was built. */
bool
campaign_version_fits(const char *installed)
{
	return installed != NULL && strcmp(installed, CAMPAIGN_VERSION) == 0;
}

/*
 * Refuses objects of another version.  What fits is not looked at again in
 * this session: an extension that is created anew has another schema.
 */
void
campaign_require_version(void)
{
	static Oid	fitting = InvalidOid;
	Oid			schema = campaign_schema_oid();
	char	   *installed;

	if (schema == fitting)
		return;
	installed = campaign_version_installed();
	if (installed != NULL && !campaign_version_fits(installed))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"%s\" is of version %s in this database, but the library of version %s is loaded",
						"campaign", installed, CAMPAIGN_VERSION),
				 errhint("Run ALTER EXTENSION campaign UPDATE, after a restart of the server if new files were installed.")));
	fitting = schema;
}
