/*
 * grouping.c
 *		Whether linked rows can be aggregated before they are joined.
 *
 * A join of all people with all their orders, aggregated by person, moves every
 * order through two hash tables.  Where the condition says no more than that a
 * column of the order is the person's key, orders can be aggregated by that
 * column and their groups be joined.  The planner does not turn the one into the
 * other, so it is offered both.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/stratnum.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "activity/grouping.h"
#include "set/row.h"

/* Aggregates that neither fail nor grow with what they are given. */
static const char *const plain_aggregates[] = {
	"count", "min", "max", "bool_and", "bool_or", "every"
};

/* Those that do not if they are given whole or exact numbers. */
static const char *const adding_aggregates[] = {"sum", "avg"};

/* The analyzed join. */
typedef struct Joined
{
	const Query *query;
	int			row;			/* numbers in the range table */
	int			linked;
} Joined;

/* True if the expression sees the linked rows alone, and gives what it gave. */
static bool
is_of_linked(const Joined *joined, Node *node)
{
	return bms_is_subset(pull_varnos(NULL, node),
						 bms_make_singleton(joined->linked)) &&
		!contain_volatile_functions(node);
}

/* The name of a column of an item of the range table; NULL if it is none. */
static char *
column_of(const Joined *joined, Node *node, int item)
{
	Var		   *var = (Var *) node;
	RangeTblEntry *entry;

	while (IsA(var, RelabelType))
		var = (Var *) ((RelabelType *) var)->arg;
	if (!IsA(var, Var) || var->varno != item || var->varattno <= 0 ||
		var->varlevelsup != 0 ||
		(OidIsValid(var->varcollid) &&
		 !get_collation_isdeterministic(var->varcollid)))
		return NULL;
	entry = list_nth_node(RangeTblEntry, joined->query->rtable, item - 1);
	return strVal(list_nth(entry->eref->colnames, var->varattno - 1));
}

/*
 * The operator of "key = column", written with its schema, and the column;
 * false if the condition is another one.  Equality has to be what GROUP BY goes
 * by.
 */
static bool
read_pair(const Joined *joined, Node *node, const char *key, char **column,
		  char **operator)
{
	OpExpr	   *equality = (OpExpr *) node;
	Node	   *plain;
	Oid			number;
	TypeCacheEntry *type;

	if (!IsA(node, OpExpr) || list_length(equality->args) != 2)
		return false;
	number = equality->opno;
	if (column_of(joined, linitial(equality->args), joined->row) == NULL)
	{
		number = get_commutator(number);
		equality = makeNode(OpExpr);
		equality->args = list_make2(lsecond(((OpExpr *) node)->args),
									linitial(((OpExpr *) node)->args));
	}
	*column = column_of(joined, lsecond(equality->args), joined->linked);
	if (*column == NULL || !OidIsValid(number) ||
		column_of(joined, linitial(equality->args), joined->row) == NULL ||
		strcmp(column_of(joined, linitial(equality->args), joined->row),
			   key) != 0)
		return false;
	/* GROUP BY goes by the column's own type, not by what it is taken for. */
	plain = lsecond(equality->args);
	while (IsA(plain, RelabelType))
		plain = (Node *) ((RelabelType *) plain)->arg;
	type = lookup_type_cache(exprType(plain), TYPECACHE_BTREE_OPFAMILY);
	*operator = psprintf("OPERATOR(%s.%s)",
						 quote_identifier(get_namespace_name(campaign_row_operator_schema(number))),
						 get_opname(number));
	return OidIsValid(type->btree_opf) &&
		get_op_opfamily_strategy(number, type->btree_opf) == BTEqualStrategyNumber;
}

/* Finds a column for each column of the key; the condition says nothing else. */
static bool
read_pairs(const Joined *joined, const CampaignTarget *target, Node *condition,
		   CampaignGrouping *grouping)
{
	List	   *parts = make_ands_implicit((Expr *) condition);
	ListCell   *key;
	ListCell   *part;

	foreach(key, target->key)
	{
		char	   *column = NULL;
		char	   *operator = NULL;

		foreach(part, parts)
		{
			if (read_pair(joined, lfirst(part),
						  ((CampaignColumn *) lfirst(key))->name, &column,
						  &operator))
				break;
		}
		if (part == NULL)
			return false;
		parts = list_delete_cell(parts, part);
		grouping->columns = lappend(grouping->columns, column);
		grouping->matches = lappend(grouping->matches, operator);
	}
	return parts == NIL;
}

/* True if no number of values of the type is too much for their sum. */
static bool
has_room_for_sums(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID ||
		type == NUMERICOID;
}

/* True if the aggregate is one of the plain ones, of a column. */
static bool
is_plain_aggregate(const Aggref *aggregate)
{
	char	   *name = get_func_name(aggregate->aggfnoid);
	bool		adds = true;
	ListCell   *cell;

	if (aggregate->aggfnoid >= FirstGenbkiObjectId || aggregate->aggfilter)
		return false;
	foreach(cell, aggregate->args)
	{
		Node	   *value = (Node *) lfirst_node(TargetEntry, cell)->expr;

		if (!IsA(value, Var))
			return false;
		adds = adds && has_room_for_sums(exprType(value));
	}
	for (int i = 0; i < lengthof(plain_aggregates); i++)
	{
		if (strcmp(name, plain_aggregates[i]) == 0)
			return true;
	}
	for (int i = 0; i < lengthof(adding_aggregates); i++)
	{
		if (strcmp(name, adding_aggregates[i]) == 0)
			return adds;
	}
	return false;
}

/* Walker: true if something in it could fail for a group that nobody wants. */
static bool
can_fail(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Aggref))
		return !is_plain_aggregate((Aggref *) node);
	/* A time of day or a date of what is stored does not fail. */
	if (IsA(node, FuncExpr))
	{
		char		category;
		bool		preferred;

		get_type_category_preferred(((FuncExpr *) node)->funcresulttype,
									&category, &preferred);
		if (((FuncExpr *) node)->funcid >= FirstGenbkiObjectId ||
			((FuncExpr *) node)->funcformat == COERCE_EXPLICIT_CALL ||
			category != TYPCATEGORY_DATETIME)
			return true;
	}
	else if (!IsA(node, Const) && !IsA(node, CoalesceExpr) &&
			 !IsA(node, RelabelType) && !IsA(node, List) &&
			 !IsA(node, TargetEntry))
		return true;
	return expression_tree_walker(node, can_fail, context);
}

/* ------------------------------ foreign keys ----------------------------- */

/*
 * True if what the constraint says was checked for the rows there were.  A key
 * that leads to a partitioned table has a constraint for each partition, too,
 * which does not say that the row is in that one.
 */
static bool
is_sound(const ForeignKeyCacheInfo *reference)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID,
										ObjectIdGetDatum(reference->conoid));
	bool		sound;

	if (!HeapTupleIsValid(tuple))
		return false;
	sound = ((Form_pg_constraint) GETSTRUCT(tuple))->convalidated &&
		(!OidIsValid(((Form_pg_constraint) GETSTRUCT(tuple))->conparentid) ||
		 !get_rel_relispartition(reference->confrelid));
	ReleaseSysCache(tuple);
	return sound;
}

/* True if the foreign key leads from these columns to the target's key. */
static bool
is_of_grouping(const ForeignKeyCacheInfo *reference, Oid linked,
			   const CampaignTarget *target, const CampaignGrouping *grouping)
{
	ListCell   *column;
	ListCell   *key;

	if (reference->confrelid != target->relation ||
		reference->nkeys != list_length(target->key))
		return false;
	forboth(column, grouping->columns, key, target->key)
	{
		AttrNumber	from = get_attnum(linked, lfirst(column));
		AttrNumber	to = get_attnum(target->relation,
									((CampaignColumn *) lfirst(key))->name);
		int			i = 0;

		while (i < reference->nkeys && (reference->conkey[i] != from ||
										reference->confkey[i] != to))
			i++;
		if (i == reference->nkeys)
			return false;
	}
	return is_sound(reference);
}

/* True if such a foreign key holds for all rows of the relation. */
static bool
has_foreign_key(Oid linked, const CampaignTarget *target,
				const CampaignGrouping *grouping)
{
	char		kind = get_rel_relkind(linked);
	Relation	relation;
	bool		found = false;
	ListCell   *cell;

	/* Tables that inherit from it have no keys of its. */
	if (kind != RELKIND_PARTITIONED_TABLE &&
		(kind != RELKIND_RELATION || has_subclass(linked)))
		return false;
	relation = relation_open(linked, AccessShareLock);
	/* Looking into catalogs may replace the list of the relation's entry. */
	foreach(cell, (List *) copyObject(RelationGetFKeyList(relation)))
		found |= is_of_grouping(lfirst(cell), linked, target, grouping);
	relation_close(relation, NoLock);
	return found;
}

/*
 * True if linked rows lead to none that is gone from the dimension: then the
 * dimension need not be asked who is still there.  Who may not read it all
 * would see fewer rows, or an error.
 */
static bool
is_held(const Joined *joined, const CampaignTarget *target,
		const CampaignGrouping *grouping)
{
	RangeTblEntry *linked = list_nth_node(RangeTblEntry, joined->query->rtable,
										  joined->linked - 1);
	Relation	relation;
	bool		hidden;

	if (linked->rtekind != RTE_RELATION || !OidIsValid(target->relation) ||
		!target->unique ||
		pg_class_aclcheck(target->relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return false;
	relation = relation_open(target->relation, AccessShareLock);
	hidden = relation->rd_rel->relrowsecurity;
	relation_close(relation, NoLock);
	return !hidden && has_foreign_key(linked->relid, target, grouping);
}

/* The grouping, or NULL. */
CampaignGrouping *
campaign_grouping_find(CampaignSelect *select, const CampaignTarget *target)
{
	CampaignGrouping *grouping = palloc0(sizeof(CampaignGrouping));
	Query	   *query = campaign_select_analyze(select);
	JoinExpr   *join = linitial(query->jointree->fromlist);
	Joined		joined = {query};

	joined.row = ((RangeTblRef *) join->larg)->rtindex;
	joined.linked = ((RangeTblRef *) join->rarg)->rtindex;
	if (!is_of_linked(&joined, (Node *) query->targetList) ||
		!is_of_linked(&joined, query->jointree->quals) ||
		!read_pairs(&joined, target, join->quals, grouping))
		return NULL;
	grouping->plain = !can_fail((Node *) query->targetList, NULL);
	grouping->held = is_held(&joined, target, grouping);
	return grouping;
}

/* Appends the linked rows that have a group. */
void
campaign_grouping_from(StringInfo text, const CampaignGrouping *grouping,
					   const CampaignPopulation *population, const char *item,
					   const char *alias)
{
	ListCell   *cell;

	appendStringInfo(text, " FROM %s WHERE ", item);
	foreach(cell, grouping->columns)
		appendStringInfo(text, "%s%s.%s IS NOT NULL",
						 foreach_current_index(cell) > 0 ? " AND " : "",
						 alias, quote_identifier(lfirst(cell)));
	if (grouping->plain)
		return;
	appendStringInfo(text, " AND EXISTS (SELECT FROM %s AS p WHERE ",
					 population->source);
	foreach(cell, grouping->columns)
	{
		int			i = foreach_current_index(cell);
		CampaignColumn *key = list_nth(population->columns, i);

		appendStringInfo(text, "%sp.%s %s %s.%s", i > 0 ? " AND " : "",
						 quote_identifier(key->name),
						 (char *) list_nth(grouping->matches, i), alias,
						 quote_identifier(lfirst(cell)));
	}
	appendStringInfoChar(text, ')');
}

/* The columns, with commas between. */
char *
campaign_grouping_columns(const CampaignGrouping *grouping, const char *alias)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, grouping->columns)
		appendStringInfo(&text, "%s%s.%s",
						 foreach_current_index(cell) > 0 ? ", " : "", alias,
						 quote_identifier(lfirst(cell)));
	return text.data;
}

/* The condition that joins the groups; rows that are gone have no key. */
char *
campaign_grouping_match(const CampaignGrouping *grouping,
						const CampaignTarget *target, const char *item)
{
	StringInfoData text;
	ListCell   *cell;

	initStringInfo(&text);
	foreach(cell, target->key)
	{
		int			i = foreach_current_index(cell);

		appendStringInfo(&text, "%s%s.%s %s %s.\"campaign.%d\"",
						 i > 0 ? " AND " : "",
						 quote_identifier(target->dimension->name),
						 quote_identifier(((CampaignColumn *) lfirst(cell))->name),
						 (char *) list_nth(grouping->matches, i), item, i + 1);
	}
	return text.data;
}
