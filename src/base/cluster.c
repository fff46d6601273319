/*
 * cluster.c
 *		Tables whose rows are on several servers (Citus).
 *
 * Nothing of that extension is linked or needed: what it knows is read from
 * its catalogs, once they are found to be there.  A distributed table looks
 * like any other to who opens it, but is an empty shell: what is written to it
 * by other means than statements is never seen again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_namespace.h"
#include "postmaster/postmaster.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/cluster.h"
#include "base/sql.h"
#include "base/text.h"

CAMPAIGN_STATEMENT(find_relation,
				   "SELECT true FROM pg_catalog.pg_dist_partition AS p"
				   " WHERE p.logicalrelid = $1");

CAMPAIGN_STATEMENT(find_column,
				   "SELECT pg_catalog.column_to_column_name(p.logicalrelid, p.partkey)"
				   " FROM pg_catalog.pg_dist_partition AS p"
				   " WHERE p.logicalrelid = $1 AND p.partmethod = 'h'");

CAMPAIGN_STATEMENT(find_group,
				   "SELECT g.groupid FROM pg_catalog.pg_dist_local_group AS g");

CAMPAIGN_STATEMENT(find_undone,
				   "SELECT true FROM pg_catalog.pg_dist_transaction LIMIT 1");

/* True if a catalog of the other extension is there. */
static bool
has_catalog(const char *name)
{
	return OidIsValid(get_relname_relid(name, PG_CATALOG_NAMESPACE));
}

/* True if the relation's rows are kept elsewhere. */
bool
campaign_cluster_has(Oid relation)
{
	return has_catalog("pg_dist_partition") &&
		campaign_query(&find_relation, campaign_oid(relation))->count > 0;
}

/* The column by whose hash the rows are distributed, or NULL. */
char *
campaign_cluster_column(Oid relation)
{
	CampaignRows *rows;

	if (!has_catalog("pg_dist_partition"))
		return NULL;
	rows = campaign_query(&find_column, campaign_oid(relation));
	return rows->count == 0 ? NULL : campaign_row_text(rows, 0, 1);
}

/*
 * Distributes an empty table as another one is.  Servers commit in two
 * phases, and the second one must not be told them before the first is safe
 * here: so the commit is not left to be written later.
 */
void
campaign_cluster_distribute(Oid relation, const char *column, Oid beside)
{
	ForceSyncCommit();
	campaign_sql_utility_as(campaign_relation_owner(relation),
							psprintf("SELECT pg_catalog.create_distributed_table"
									 "(%s, %s, colocate_with => %s)",
									 quote_literal_cstr(campaign_relation_name(relation)),
									 quote_literal_cstr(column),
									 quote_literal_cstr(campaign_relation_name(beside))));
}

/* Drops it, with all its parts; refused if something depends on it. */
void
campaign_cluster_drop(Oid relation)
{
	ForceSyncCommit();
	campaign_sql_utility_as(campaign_relation_owner(relation),
							psprintf("DROP TABLE %s",
									 campaign_relation_name(relation)));
}

/* Distributes a table as no other one is. */
void
campaign_cluster_spread(Oid relation, const char *column)
{
	if (!has_catalog("pg_dist_partition"))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("this database is not the coordinator of a cluster"),
				 errhint("Install Citus, CREATE EXTENSION citus, and add the servers with citus_add_node().")));
	ForceSyncCommit();
	campaign_sql_utility(psprintf("SELECT pg_catalog.create_distributed_table"
								  "(%s, %s, colocate_with => 'none')",
								  quote_literal_cstr(campaign_relation_name(relation)),
								  quote_literal_cstr(column)));
}

/* The record of what was decided is deleted once all have been told. */
bool
campaign_cluster_in_doubt(void)
{
	return has_catalog("pg_dist_transaction") &&
		campaign_sql_query(&find_undone, 0, NULL)->count > 0;
}

/* Right, because each row is kept once. */
void
campaign_cluster_commute(void)
{
	if (has_catalog("pg_dist_partition"))
		(void) set_config_option("citus.all_modifications_commutative", "on",
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
}

/* True on a server that keeps parts of tables of another one. */
bool
campaign_cluster_is_worker(void)
{
	CampaignRows *rows;

	if (!has_catalog("pg_dist_local_group"))
		return false;
	rows = campaign_query(&find_group);
	return rows->count > 0 && campaign_row_int4(rows, 0, 1) != 0;
}

/* Refuses such a server. */
void
campaign_cluster_require_coordinator(void)
{
	if (campaign_cluster_is_worker())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("campaigns are run by the coordinator of the cluster"),
				 errhint("Connect to the coordinator; this server only keeps parts of its tables.")));
}

/* True if the session executes a part of another server's statement. */
bool
campaign_cluster_is_fragment(void)
{
	return has_catalog("pg_dist_local_group") && application_name != NULL &&
		strncmp(application_name, "citus_internal", 14) == 0;
}
