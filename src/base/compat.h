/*
 * compat.h
 *		The only place that asks which major version of the server this is.
 *
 * The newest server's names win; older servers get a definition of their own
 * here, so that no other file needs to know that they exist.
 */
#ifndef CAMPAIGN_COMPAT_H
#define CAMPAIGN_COMPAT_H

#include "postgres.h"

#include "access/multixact.h"
#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_tablespace.h"
#include "commands/vacuum.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "parser/analyze.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/lsyscache.h"

/*
 * Before 16 the server exports every symbol unless the library hides them,
 * and PGDLLEXPORT is empty; with hidden visibility it must mean something.
 */
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

/* Stands before the declaration of a function that does not return. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* All settings there are; 16 keeps them in a hash table. */
static inline struct config_generic **
campaign_all_settings(int *count)
{
#if PG_VERSION_NUM >= 160000
	return get_guc_variables(count);
#else
	*count = GetNumConfigOptions();
	return get_guc_variables();
#endif
}

/* Declares and exports a SQL-callable function. */
#define CAMPAIGN_FUNCTION(fn) \
	extern PGDLLEXPORT Datum fn(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(fn)

#if PG_VERSION_NUM < 160000
/* 16 replaced a function per kind of object by one over the catalog's id. */
static inline AclResult
object_aclcheck(Oid classid, Oid objectid, Oid roleid, AclMode mode)
{
	switch (classid)
	{
		case NamespaceRelationId:
			return pg_namespace_aclcheck(objectid, roleid, mode);
		case ProcedureRelationId:
			return pg_proc_aclcheck(objectid, roleid, mode);
		case TableSpaceRelationId:
			return pg_tablespace_aclcheck(objectid, roleid, mode);
		case DatabaseRelationId:
			return pg_database_aclcheck(objectid, roleid, mode);
		default:
			elog(ERROR, "unexpected catalog %u", classid);
	}
	return ACLCHECK_NO_PRIV;	/* keep the compiler quiet */
}

/* Of the kinds this extension asks about there is one. */
static inline bool
object_ownercheck(Oid classid, Oid objectid, Oid roleid)
{
	if (classid != DatabaseRelationId)
		elog(ERROR, "unexpected catalog %u", classid);
	return pg_database_ownercheck(objectid, roleid);
}
#endif

/*
 * True if the current user may read and write what the query's range table
 * asks for.  Raises nothing: the caller reports every problem at once.
 */
static inline bool
campaign_query_permitted(Query *query)
{
#if PG_VERSION_NUM >= 160000
	return ExecCheckPermissions(query->rtable, query->rteperminfos, false);
#else
	return ExecCheckRTPerms(query->rtable, false);
#endif
}

/* True for the path of a JSON_TABLE, which must stay a literal. */
#if PG_VERSION_NUM >= 170000
#define campaign_is_json_path(node) IsA(node, JsonTablePathSpec)
#else
#define campaign_is_json_path(node) false
#endif

/* What a parsed statement that changes data has for RETURNING. */
#if PG_VERSION_NUM >= 180000
#define campaign_returning_of(statement) ((const void *) (statement)->returningClause)
#else
#define campaign_returning_of(statement) ((const void *) (statement)->returningList)
#endif

/* True if a parsed statement gives rows. */
static inline bool
campaign_statement_returns(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_SelectStmt:
			return true;
		case T_InsertStmt:
			return campaign_returning_of((const InsertStmt *) statement) != NULL;
		case T_UpdateStmt:
			return campaign_returning_of((const UpdateStmt *) statement) != NULL;
		case T_DeleteStmt:
			return campaign_returning_of((const DeleteStmt *) statement) != NULL;
#if PG_VERSION_NUM >= 170000
		case T_MergeStmt:
			return campaign_returning_of((const MergeStmt *) statement) != NULL;
#endif
		default:
			return false;
	}
}

/* True if an operator can be answered by an index that is ordered. */
static inline bool
campaign_operator_is_ordered(Oid operator)
{
	ListCell   *cell;

	/* The one for "not equal" is none of the strategies. */
#if PG_VERSION_NUM >= 180000
	foreach(cell, get_op_index_interpretation(operator))
	{
		if (((OpIndexInterpretation *) lfirst(cell))->cmptype != COMPARE_NE)
			return true;
	}
#else
	foreach(cell, get_op_btree_interpretation(operator))
	{
		if (((OpBtreeInterpretation *) lfirst(cell))->strategy <= BTMaxStrategyNumber)
			return true;
	}
#endif
	return false;
}

/* Tells this backend's transactions apart; invalid outside of one. */
static inline LocalTransactionId
campaign_local_transaction(void)
{
#if PG_VERSION_NUM >= 170000
	return MyProc->vxid.lxid;
#else
	return MyProc->lxid;
#endif
}

/* Adds the index entries of a row just inserted. */
static inline List *
campaign_insert_index_entries(ResultRelInfo *target, TupleTableSlot *slot,
							  EState *estate)
{
#if PG_VERSION_NUM >= 160000
	return ExecInsertIndexTuples(target, slot, estate, false, false, NULL,
								 NIL, false);
#else
	return ExecInsertIndexTuples(target, slot, estate, false, false, NULL,
								 NIL);
#endif
}

/* Runs a started plan to its end. */
static inline void
campaign_executor_run(QueryDesc *desc)
{
#if PG_VERSION_NUM >= 180000
	ExecutorRun(desc, ForwardScanDirection, 0);
#else
	ExecutorRun(desc, ForwardScanDirection, 0, true);
#endif
}

/* Tells the planner how large a freshly written relation is. */
static inline void
campaign_set_relation_size(Relation relation, BlockNumber pages, double tuples)
{
#if PG_VERSION_NUM >= 180000
	vac_update_relstats(relation, pages, tuples, 0, 0, false,
						InvalidTransactionId, InvalidMultiXactId,
						NULL, NULL, true);
#else
	vac_update_relstats(relation, pages, tuples, 0, false,
						InvalidTransactionId, InvalidMultiXactId,
						NULL, NULL, true);
#endif
}

#endif							/* CAMPAIGN_COMPAT_H */
