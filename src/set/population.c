/*
 * population.c
 *		The rows that flow along a transition: a table in campaign_data.
 *
 * An ordinary logged table, so that it survives whatever the server survives.
 * It is made without SQL: nobody has CREATE on campaign_data, and the owner of
 * the campaign owns the table without having had to be allowed to make it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/toasting.h"
#include "commands/tablecmds.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "base/attempt.h"
#include "base/cluster.h"
#include "base/compat.h"
#include "base/fault.h"
#include "base/identity.h"
#include "base/text.h"
#include "set/observe.h"
#include "set/population.h"
#include "set/select.h"

/* Attempts, a millisecond apart, after who read it has ended. */
#define DROP_ATTEMPTS 200

/* The definition of a column. */
static ColumnDef *
column_definition(const CampaignColumn *column, bool not_null)
{
	ColumnDef  *definition = makeColumnDef(column->name, column->type,
										   column->typmod, column->collation);

	definition->is_not_null = not_null;
	return definition;
}

/*
 * Refuses a default_tablespace in which the owner may not create tables: the
 * server asks for the rights of the extension's owner alone.
 */
static void
check_tablespace(Oid owner)
{
	Oid			tablespace = GetDefaultTablespace(RELPERSISTENCE_PERMANENT,
												  false);

	if (OidIsValid(tablespace) && tablespace != MyDatabaseTableSpace &&
		object_aclcheck(TableSpaceRelationId, tablespace, owner,
						ACL_CREATE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLESPACE,
					   get_tablespace_name(tablespace));
}

/* CREATE TABLE campaign_data.name (…); the first columns are NOT NULL. */
static Oid
create_table(const char *name, List *columns, int not_null, Oid owner,
			 char persistence)
{
	CreateStmt *create = makeNode(CreateStmt);
	CampaignIdentity identity;
	ObjectAddress address;
	ListCell   *cell;

	create->relation = makeRangeVar("campaign_data", pstrdup(name), -1);
	create->relation->relpersistence = persistence;
	create->oncommit = ONCOMMIT_NOOP;
	foreach(cell, columns)
		create->tableElts = lappend(create->tableElts,
									column_definition(lfirst(cell),
													  foreach_current_index(cell) < not_null));
	check_tablespace(owner);
	campaign_identity_enter(&identity);
	address = DefineRelation(create, RELKIND_RELATION, owner, NULL, NULL);
	CommandCounterIncrement();
	NewRelationCreateToastTable(address.objectId, (Datum) 0);
	CommandCounterIncrement();
	CAMPAIGN_FAULT("population_create");
	campaign_identity_leave(&identity);
	return address.objectId;
}

/* One of that name, without a table. */
static CampaignPopulation *
make_population(const char *name, List *columns, int nkeys)
{
	CampaignPopulation *population = palloc0(sizeof(CampaignPopulation));

	population->name = pstrdup(name);
	population->source = psprintf("campaign_data.%s", quote_identifier(name));
	population->columns = columns;
	population->nkeys = nkeys;
	return population;
}

/*
 * The column by which a population of the target is spread as the target is,
 * or NULL: both have to have the rows of one key on the same server, so it is
 * the whole key, and of one type.
 */
static const char *
spreading_column(const CampaignTarget *target)
{
	const CampaignColumn *key = linitial(target->key);
	const char *column;

	if (!OidIsValid(target->relation) || !target->unique ||
		!target->not_null || list_length(target->key) != 1)
		return NULL;
	column = campaign_cluster_column(target->relation);
	if (column == NULL || strcmp(column, key->name) != 0 ||
		get_atttype(target->relation,
					get_attnum(target->relation, column)) != key->type)
		return NULL;
	return key->name;
}

/* Spreads the table over servers, if it has such a column. */
static void
spread(CampaignPopulation *population, const char *column, Oid beside)
{
	if (column == NULL)
		return;
	campaign_cluster_distribute(population->relation, column, beside);
	population->spread = true;
}

/* Creates an empty one for rows of the target on this server. */
CampaignPopulation *
campaign_population_create_here(const char *name, const CampaignTarget *target,
								List *added, Oid owner)
{
	CampaignPopulation *population =
		make_population(name, list_concat_copy(target->key, added),
						list_length(target->key));

	population->relation = create_table(name, population->columns,
										target->not_null ? population->nkeys : 0,
										owner, RELPERSISTENCE_PERMANENT);
	return population;
}

/* Creates an empty one, where the target's rows are. */
CampaignPopulation *
campaign_population_create(const char *name, const CampaignTarget *target,
						   List *added, Oid owner)
{
	CampaignPopulation *population =
		campaign_population_create_here(name, target, added, owner);

	spread(population, spreading_column(target), target->relation);
	return population;
}

/* A table of this server for rows on their way to it. */
Oid
campaign_population_stage(CampaignPopulation *population)
{
	if (!OidIsValid(population->stage))
		population->stage =
			create_table(psprintf("%s_stage", population->name),
						 population->columns, 0,
						 campaign_relation_owner(population->relation),
						 RELPERSISTENCE_UNLOGGED);
	return population->stage;
}

/* Drops it. */
void
campaign_population_unstage(CampaignPopulation *population)
{
	(void) campaign_population_drop(psprintf("%s_stage", population->name));
	population->stage = InvalidOid;
}

/* An empty table for rows on their way to populations. */
CampaignPopulation *
campaign_population_scratch(const char *name, List *columns,
							const char *column, Oid beside, Oid owner)
{
	CampaignPopulation *population = make_population(name, columns, 0);

	population->relation = create_table(name, columns, 0, owner,
										RELPERSISTENCE_UNLOGGED);
	spread(population, column, beside);
	return population;
}

/*
 * About how many rows it has, as whoever wrote it told the planner, or as it
 * would be told if they were written.
 */
double
campaign_population_rows(const CampaignPopulation *population)
{
	double		rows = campaign_observe_size_of(population->relation);
	HeapTuple	tuple;

	if (rows >= 0)
		return rows;
	if (population->expected > 0)
		return population->expected;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(population->relation));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u",
			 population->relation);
	rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
	ReleaseSysCache(tuple);
	return rows;
}

/* The columns of a relation, of CampaignColumn *. */
static List *
relation_columns(Oid relid)
{
	Relation	relation = relation_open(relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(relation);
	List	   *columns = NIL;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		CampaignColumn *column;

		if (attribute->attisdropped)
			continue;
		column = palloc(sizeof(CampaignColumn));
		column->name = pstrdup(NameStr(attribute->attname));
		column->type = attribute->atttypid;
		column->typmod = attribute->atttypmod;
		column->collation = attribute->attcollation;
		columns = lappend(columns, column);
	}
	relation_close(relation, NoLock);
	return columns;
}

/* True if it is there. */
bool
campaign_population_exists(const char *name)
{
	return OidIsValid(get_relname_relid(name, campaign_data_schema_oid()));
}

/* An existing one. */
CampaignPopulation *
campaign_population_open(const char *name, const CampaignTarget *target)
{
	CampaignPopulation *population =
		make_population(name, NIL, list_length(target->key));

	population->relation = get_relname_relid(name, campaign_data_schema_oid());
	if (!OidIsValid(population->relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("population \"%s\" does not exist", name),
				 errdetail("Somebody dropped campaign_data.%s.", name),
				 errhint("Stop the run and start another.")));
	population->columns = relation_columns(population->relation);
	population->spread = campaign_cluster_has(population->relation);
	return population;
}

/* One that is not there yet, with columns that are NULL. */
CampaignPopulation *
campaign_population_declare(const CampaignTarget *target, List *added)
{
	CampaignPopulation *population = palloc0(sizeof(CampaignPopulation));
	StringInfoData text;
	ListCell   *cell;

	if (added == NIL && OidIsValid(target->relation))
		return NULL;
	initStringInfo(&text);
	foreach(cell, target->key)
		appendStringInfo(&text, "%s k.%s", text.len > 0 ? "," : "(SELECT",
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name));
	foreach(cell, added)
	{
		CampaignColumn *column = lfirst(cell);

		appendStringInfo(&text, ", NULL::%s",
						 format_type_extended(column->type, column->typmod,
											  FORMAT_TYPE_TYPEMOD_GIVEN |
											  FORMAT_TYPE_FORCE_QUALIFY));
		if (OidIsValid(column->collation))
			appendStringInfo(&text, " COLLATE %s",
							 campaign_collation_name(column->collation));
		appendStringInfo(&text, " AS %s", quote_identifier(column->name));
	}
	appendStringInfo(&text, " FROM %s AS k)", OidIsValid(target->relation) ?
					 campaign_relation_name(target->relation) :
					 campaign_columns_item(target->key));
	population->source = text.data;
	population->columns = list_concat_copy(target->key, added);
	population->nkeys = list_length(target->key);
	return population;
}

/* The columns that activities added to it; NULL has none. */
List *
campaign_population_added(const CampaignPopulation *population)
{
	return population == NULL ? NIL :
		list_copy_tail(population->columns, population->nkeys);
}

/*
 * Deletes the table as the extension's owner; nothing of a user's is run.  One
 * that is spread is dropped by who made it, on all servers.
 */
static void
delete_table(void *arg)
{
	CampaignIdentity identity;
	Oid			relation = ((ObjectAddress *) arg)->objectId;
	bool		pushed = !ActiveSnapshotSet();

	if (campaign_cluster_has(relation))
	{
		campaign_cluster_drop(relation);
		return;
	}
	/* Catalogs may hold long values out of line, which a snapshot protects. */
	if (pushed)
		PushActiveSnapshot(GetTransactionSnapshot());
	campaign_identity_enter(&identity);
	performDeletion(arg, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	CAMPAIGN_FAULT("population_drop");
	campaign_identity_leave(&identity);
	if (pushed)
		PopActiveSnapshot();
}

/*
 * Drops it if it is there, nobody is reading it and nothing depends on it.
 * It must not wait: the run is locked, and a dump may read for hours.
 */
bool
campaign_population_drop(const char *name)
{
	Oid			relation = get_relname_relid(name, campaign_data_schema_oid());
	ObjectAddress address;
	ErrorData  *error;

	if (!OidIsValid(relation))
		return true;
	if (!ConditionalLockRelationOid(relation, AccessExclusiveLock))
		return false;
	/* Its owner may have dropped it before the lock was ours. */
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
	{
		UnlockRelationOid(relation, AccessExclusiveLock);
		return true;
	}
	ObjectAddressSet(address, RelationRelationId, relation);
	/* A subtransaction cannot begin before the last changes are seen. */
	CommandCounterIncrement();
	error = campaign_attempt(delete_table, &address);
	if (error != NULL &&
		error->sqlerrcode != ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST)
		ReThrowError(error);
	return error == NULL;
}

/*
 * The same, for who has waited for those who were reading it: they let go of
 * the table a moment after they have let go of the row that was waited for.
 */
bool
campaign_population_drop_after(const char *name)
{
	for (int i = 0; i < DROP_ATTEMPTS; i++)
	{
		if (campaign_population_drop(name))
			return true;
		CHECK_FOR_INTERRUPTS();
		pg_usleep(1000L);
	}
	return false;
}
