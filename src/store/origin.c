/*
 * origin.c
 *		Which server the oids of roles in our tables were given by.
 *
 * Owners are kept by oid, which a rename does not change, and by name, which
 * a restore does not change.  Table campaign.origin says which of the two is
 * to be believed: CREATE EXTENSION writes this server's identifier there, and
 * a restored dump brings that of the server it was taken from along.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/cluster.h"
#include "base/compat.h"
#include "base/errors.h"
#include "base/identity.h"
#include "base/sql.h"
#include "store/origin.h"

/*
 * Looks through the table.  Not with a statement of ours: views ask this in
 * parallel workers, where none can be begun.
 */
static bool
all_from_here(void)
{
	Relation	relation = table_open(get_relname_relid("origin",
														campaign_schema_oid()),
									  AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL,
										  0, NULL);
	int64		here = (int64) GetSystemIdentifier();
	bool		all = true;
	HeapTuple	tuple;

	while (all && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;

		all = DatumGetInt64(heap_getattr(tuple, 1, RelationGetDescr(relation),
										 &isnull)) == here;
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return all;
}

/* False if rows of another server are among ours; asked once per transaction. */
bool
campaign_origin_here(void)
{
	static LocalTransactionId asked_in = InvalidLocalTransactionId;
	static bool here = false;
	LocalTransactionId now = campaign_local_transaction();

	if (now != asked_in || now == InvalidLocalTransactionId)
	{
		here = all_from_here();
		asked_in = now;
	}
	return here;
}

/* Refuses those who are no users, and everybody where nobody is known. */
void
campaign_origin_require_user(void)
{
	campaign_require_user();
	campaign_cluster_require_coordinator();
	if (campaign_origin_here())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CAMPAIGN_STATE),
			 errmsg("campaigns of this database come from another server"),
			 errdetail("Roles are not the same here, so nothing is shown or executed."),
			 errhint("A superuser calls campaign_adopt(), which finds the owners by name.")));
}

/* True if the current user may see what belongs to that role. */
bool
campaign_origin_visible(Oid owner)
{
	return superuser() || (campaign_acts_for(owner) && campaign_origin_here());
}

/* Forgets what other servers' oids are in the tables. */
static void
forget_owners(void)
{
	CAMPAIGN_STATEMENT(campaigns, "UPDATE campaign.campaign SET owner = 0");
	CAMPAIGN_STATEMENT(dimensions, "UPDATE campaign.dimension SET owner = 0");
	CAMPAIGN_STATEMENT(templates, "UPDATE campaign.template SET owner = 0");
	CAMPAIGN_STATEMENT(rules, "UPDATE campaign.rule SET owner = 0");
	CAMPAIGN_STATEMENT(links, "UPDATE campaign.link SET owner = 0");
	CAMPAIGN_STATEMENT(filters, "UPDATE campaign.filter SET owner = 0");
	CAMPAIGN_STATEMENT(audiences, "UPDATE campaign.audience SET owner = 0");
	CAMPAIGN_STATEMENT(privileges, "UPDATE campaign.privilege SET grantee = 0");
	CAMPAIGN_STATEMENT(lines, "UPDATE campaign.log SET owner = 0");
	CAMPAIGN_STATEMENT(origins,
					   "DELETE FROM campaign.origin WHERE system <> $1");

	(void) campaign_sql_execute(&campaigns, 0, NULL);
	(void) campaign_sql_execute(&dimensions, 0, NULL);
	(void) campaign_sql_execute(&templates, 0, NULL);
	(void) campaign_sql_execute(&rules, 0, NULL);
	(void) campaign_sql_execute(&links, 0, NULL);
	(void) campaign_sql_execute(&filters, 0, NULL);
	(void) campaign_sql_execute(&audiences, 0, NULL);
	(void) campaign_sql_execute(&privileges, 0, NULL);
	(void) campaign_sql_execute(&lines, 0, NULL);
	campaign_execute(&origins, campaign_int8((int64) GetSystemIdentifier()));
}

/* Gives owners without an oid the one their name has, if it has one. */
static void
find_owners(void)
{
	CAMPAIGN_STATEMENT(campaigns,
					   "UPDATE campaign.campaign c SET owner = r.oid"
					   " FROM pg_roles r WHERE c.owner = 0 AND r.rolname = c.owner_name");
	CAMPAIGN_STATEMENT(dimensions,
					   "UPDATE campaign.dimension d SET owner = r.oid"
					   " FROM pg_roles r WHERE d.owner = 0 AND r.rolname = d.owner_name");
	CAMPAIGN_STATEMENT(templates,
					   "UPDATE campaign.template t SET owner = r.oid"
					   " FROM pg_roles r WHERE t.owner = 0 AND r.rolname = t.owner_name");
	CAMPAIGN_STATEMENT(rules,
					   "UPDATE campaign.rule u SET owner = r.oid"
					   " FROM pg_roles r WHERE u.owner = 0 AND r.rolname = u.owner_name");
	CAMPAIGN_STATEMENT(links,
					   "UPDATE campaign.link l SET owner = r.oid"
					   " FROM pg_roles r WHERE l.owner = 0 AND r.rolname = l.owner_name");
	CAMPAIGN_STATEMENT(filters,
					   "UPDATE campaign.filter f SET owner = r.oid"
					   " FROM pg_roles r WHERE f.owner = 0 AND r.rolname = f.owner_name");
	CAMPAIGN_STATEMENT(audiences,
					   "UPDATE campaign.audience a SET owner = r.oid"
					   " FROM pg_roles r WHERE a.owner = 0 AND r.rolname = a.owner_name");
	CAMPAIGN_STATEMENT(privileges,
					   "UPDATE campaign.privilege p SET grantee = r.oid"
					   " FROM pg_roles r WHERE p.grantee = 0 AND r.rolname = p.grantee_name");
	CAMPAIGN_STATEMENT(lines,
					   "UPDATE campaign.log l SET owner = c.owner"
					   " FROM campaign.campaign c WHERE l.owner = 0 AND c.name = l.campaign");

	(void) campaign_sql_execute(&campaigns, 0, NULL);
	(void) campaign_sql_execute(&dimensions, 0, NULL);
	(void) campaign_sql_execute(&templates, 0, NULL);
	(void) campaign_sql_execute(&rules, 0, NULL);
	(void) campaign_sql_execute(&links, 0, NULL);
	(void) campaign_sql_execute(&filters, 0, NULL);
	(void) campaign_sql_execute(&audiences, 0, NULL);
	(void) campaign_sql_execute(&privileges, 0, NULL);
	(void) campaign_sql_execute(&lines, 0, NULL);
}

/* Finds the owners by name and takes the rows for this server's. */
List *
campaign_origin_adopt(void)
{
	CAMPAIGN_STATEMENT(missing,
					   "SELECT DISTINCT owner_name FROM campaign.campaign"
					   " WHERE owner = 0 ORDER BY owner_name");
	CampaignRows *rows;
	List	   *names = NIL;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only a superuser can adopt campaigns of another server"),
				 errhint("Afterwards every owner adopts its own runs with campaign_adopt().")));
	if (!all_from_here())
		forget_owners();
	find_owners();
	rows = campaign_sql_query(&missing, 0, NULL);
	for (int i = 0; i < rows->count; i++)
		names = lappend(names, campaign_row_text(rows, i, 1));
	return names;
}
