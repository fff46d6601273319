/*
 * target.c
 *		A dimension as it is found in the database now.
 *
 * Tables get dropped, altered and swapped for a rebuilt one of the same name
 * while campaigns live; so nothing about them but names is believed from one
 * transaction to the next.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "optimizer/plancat.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "base/errors.h"
#include "base/text.h"
#include "set/target.h"

/* The correlation of a column with its table from which it is in order. */
#define ORDERLY_CORRELATION 0.9

/* The column of that name. */
CampaignColumn *
campaign_column_find(const List *columns, const char *name)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		if (strcmp(((CampaignColumn *) lfirst(cell))->name, name) == 0)
			return lfirst(cell);
	}
	return NULL;
}

/* The relation of the stored name, or InvalidOid. */
static Oid
relation_by_name(const char *name)
{
	List	   *names = textToQualifiedNameList(cstring_to_text(name));

	return RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
}

/* The relation, by oid if it still has the name, else by name. */
Oid
campaign_target_relation(Oid relation, const char *name, const char *what)
{
	char	   *current = campaign_relation_name(relation);

	if (current != NULL && strcmp(current, name) == 0)
		return relation;
	relation = name[0] != '\0' ? relation_by_name(name) : InvalidOid;
	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation %s of %s does not exist", name, what),
				 errhint("Bring it back under that name, or declare the dimension anew with campaign_dimension().")));
	return relation;
}

/* Refuses kinds of relations that have no rows to target. */
static void
check_relation_kind(Relation relation)
{
	switch (relation->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" cannot be targeted",
							RelationGetRelationName(relation)),
					 errhint("A dimension is a table, view, materialized view, partitioned or foreign table.")));
	}
	if (relation->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("temporary table \"%s\" cannot be targeted",
						RelationGetRelationName(relation)),
				 errhint("Campaigns are executed by other sessions, which cannot see it.")));
}

/* The column of that name; refused with the nearest names if missing. */
static CampaignColumn *
find_column(Relation relation, const char *name, bool *not_null)
{
	TupleDesc	desc = RelationGetDescr(relation);
	CampaignColumn *column;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped ||
			strcmp(NameStr(attribute->attname), name) != 0)
			continue;
		column = palloc(sizeof(CampaignColumn));
		column->name = pstrdup(name);
		column->typmod = attribute->atttypmod;
		column->type = getBaseTypeAndTypmod(attribute->atttypid,
											&column->typmod);
		column->collation = attribute->attcollation;
		*not_null = attribute->attnotnull;
		return column;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" of relation \"%s\" does not exist", name,
					RelationGetRelationName(relation)),
			 errhint("%s",
					 campaign_nearest_hint(name,
										   campaign_target_columns(RelationGetRelid(relation)),
										   "columns"))));
	return NULL;				/* keep the compiler quiet */
}

/* Names of the relation's columns. */
List *
campaign_target_columns(Oid relid)
{
	Relation	relation = relation_open(relid, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(relation);
	List	   *names = NIL;

	for (int i = 0; i < desc->natts; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped)
			names = lappend(names,
							pstrdup(NameStr(TupleDescAttr(desc, i)->attname)));
	}
	relation_close(relation, AccessShareLock);
	return names;
}

/*
 * Columns of an index that proves uniqueness at any instant, of char *; NIL
 * if it does not: partial, over expressions, deferrable, invalid.
 */
static List *
unique_index_columns(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Form_pg_index form;
	List	   *columns = NIL;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	form = (Form_pg_index) GETSTRUCT(tuple);
	if (form->indisunique && form->indimmediate && form->indisvalid &&
		heap_attisnull(tuple, Anum_pg_index_indpred, NULL) &&
		heap_attisnull(tuple, Anum_pg_index_indexprs, NULL))
	{
		for (int i = 0; i < form->indnkeyatts; i++)
			columns = lappend(columns,
							  get_attname(form->indrelid,
										  form->indkey.values[i], false));
	}
	ReleaseSysCache(tuple);
	return columns;
}

/* True if all the columns are NOT NULL. */
static bool
columns_not_null(Relation relation, List *columns)
{
	ListCell   *cell;

	foreach(cell, columns)
	{
		bool		not_null;

		(void) find_column(relation, lfirst(cell), &not_null);
		if (!not_null)
			return false;
	}
	return true;
}

/* True if a unique index stands behind the key: over it or part of it. */
bool
campaign_target_unique(Relation relation, List *key)
{
	ListCell   *index;

	foreach(index, RelationGetIndexList(relation))
	{
		List	   *columns = unique_index_columns(lfirst_oid(index));
		ListCell   *cell;
		bool		within = columns != NIL;

		foreach(cell, columns)
			within = within && campaign_list_has(key, lfirst(cell));
		if (within && (list_length(columns) == list_length(key) ||
					   columns_not_null(relation, columns)))
			return true;
	}
	return false;
}

/* The primary key, or a unique index over columns that are NOT NULL. */
List *
campaign_target_default_key(Oid relid)
{
	Relation	relation = relation_open(relid, AccessShareLock);
	List	   *key = NIL;
	ListCell   *cell;

	foreach(cell, RelationGetIndexList(relation))
	{
		List	   *columns = unique_index_columns(lfirst_oid(cell));

		if (columns == NIL || !columns_not_null(relation, columns))
			continue;
		if (key == NIL || lfirst_oid(cell) == relation->rd_pkindex)
			key = columns;
	}
	relation_close(relation, AccessShareLock);
	return key;
}

/* True if the role may read all columns of the key. */
bool
campaign_target_readable(const CampaignTarget *target, Oid role)
{
	ListCell   *cell;

	if (!OidIsValid(target->relation))
		return true;
	if (pg_class_aclcheck(target->relation, role, ACL_SELECT) == ACLCHECK_OK)
		return true;
	foreach(cell, target->key)
	{
		AttrNumber	number = get_attnum(target->relation,
										((CampaignColumn *) lfirst(cell))->name);

		if (pg_attribute_aclcheck(target->relation, number, role,
								  ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/* Names of the columns its rows have before any are added. */
List *
campaign_target_names(const CampaignTarget *target)
{
	return OidIsValid(target->relation) ?
		campaign_target_columns(target->relation) :
		list_make1(pstrdup(CAMPAIGN_LINE_COLUMN));
}

/* The lines of a file: there is nothing to be found. */
static void
resolve_file(CampaignTarget *target)
{
	CampaignColumn *line = palloc0(sizeof(CampaignColumn));

	line->name = pstrdup(CAMPAIGN_LINE_COLUMN);
	line->type = INT8OID;
	line->typmod = -1;
	target->key = list_make1(line);
	target->unique = true;
	target->not_null = true;
}

/* Finds the dimension's relation and key. */
CampaignTarget *
campaign_target_resolve(CampaignDimension *dimension)
{
	CampaignTarget *target = palloc0(sizeof(CampaignTarget));
	Relation	relation;
	ListCell   *cell;

	target->dimension = dimension;
	if (dimension->relation_name == NULL)
	{
		resolve_file(target);
		return target;
	}
	target->relation =
		campaign_target_relation(dimension->relation, dimension->relation_name,
								 psprintf("dimension \"%s\"",
										  dimension->name));
	relation = try_relation_open(target->relation, AccessShareLock);
	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation %s of dimension \"%s\" does not exist",
						dimension->relation_name, dimension->name),
				 errhint("It was dropped just now.")));
	check_relation_kind(relation);
	target->not_null = true;
	foreach(cell, dimension->key)
	{
		bool		not_null;

		target->key = lappend(target->key,
							  find_column(relation, lfirst(cell), &not_null));
		target->not_null = target->not_null && not_null;
	}
	target->unique = campaign_target_unique(relation, dimension->key);
	/* The lock stays: what was found must still be there when it is read. */
	relation_close(relation, NoLock);
	return target;
}

/* The dimension of the persons that rows of another lead to. */
CampaignTarget *
campaign_target_resolve_person(CampaignDimension *dimension)
{
	if (list_length(dimension->key) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dimension \"%s\" cannot be a profile_dimension: its key has several columns",
						dimension->name),
				 errhint("Declare one over the same table, or a view of it, whose key is one column.")));
	if (dimension->profile != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("dimension \"%s\" cannot be a profile_dimension: its rows lead to others",
						dimension->name),
				 errhint("Name the dimension whose rows are persons, which has no profile.")));
	return campaign_target_resolve(dimension);
}

/* About how many rows its relation has; lines of files have none. */
double
campaign_target_rows(const CampaignTarget *target)
{
	Relation	relation;
	BlockNumber pages;
	double		rows;
	double		visible;

	if (!OidIsValid(target->relation))
		return -1;
	relation = relation_open(target->relation, AccessShareLock);
	if (relation->rd_rel->relkind == RELKIND_RELATION)
		estimate_rel_size(relation, NULL, &pages, &rows, &visible);
	else
		rows = relation->rd_rel->reltuples;
	relation_close(relation, NoLock);
	return rows;
}

/* True if its table is about in the order of the key's first column. */
bool
campaign_target_in_order(const CampaignTarget *target)
{
	const CampaignColumn *column = linitial(target->key);
	AttStatsSlot slot;
	HeapTuple	tuple;
	bool		ordered = false;

	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(target->relation),
							Int16GetDatum(get_attnum(target->relation,
													 column->name)),
							BoolGetDatum(false));
	if (!HeapTupleIsValid(tuple))
		return false;
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		ordered = slot.nnumbers == 1 &&
			fabs(slot.numbers[0]) >= ORDERLY_CORRELATION;
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return ordered;
}
