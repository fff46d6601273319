/*
 * literal.c
 *		Literals that could not be read without executing a user's code.
 *
 * The server reads a literal while it analyzes a statement.  Where domains with
 * checks are elements of an array, columns of a composite type or bounds of a
 * range, that executes what somebody has defined, with the rights of the owner
 * for whom we analyze, though nobody asked for more than to look.  So every
 * text is first analyzed with parameters in place of its literals, which tells
 * the type that each would be read as.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "set/literal.h"

StaticAssertDecl(sizeof(ParamRef) <= sizeof(A_Const),
				 "a literal has room for a parameter");

/* -------------------------------- types ---------------------------------- */

/* True if bounds of the range are compared or made up by a user's function. */
static bool
range_executes(Oid type)
{
	TypeCacheEntry *range = lookup_type_cache(type, TYPECACHE_RANGE_INFO);

	return range->rng_cmp_proc_finfo.fn_oid >= FirstNormalObjectId ||
		range->rng_canonical_finfo.fn_oid >= FirstNormalObjectId ||
		campaign_literal_executes(range->rngelemtype->type_id);
}

/* True if a column of the type executes something. */
static bool
composite_executes(Oid type)
{
	TupleDesc	columns = lookup_rowtype_tupdesc_copy(type, -1);

	for (int i = 0; i < columns->natts; i++)
	{
		if (!TupleDescAttr(columns, i)->attisdropped &&
			campaign_literal_executes(TupleDescAttr(columns, i)->atttypid))
			return true;
	}
	return false;
}

/* Base types are a superuser's, and read themselves. */
bool
campaign_literal_executes(Oid type)
{
	Oid			element = get_element_type(type);

	check_stack_depth();
	if (OidIsValid(element))
		return campaign_literal_executes(element);
	switch (get_typtype(type))
	{
		case TYPTYPE_DOMAIN:
			return DomainHasConstraints(type) ||
				campaign_literal_executes(getBaseType(type));
		case TYPTYPE_COMPOSITE:
			return composite_executes(type);
		case TYPTYPE_RANGE:
			return range_executes(type);
		case TYPTYPE_MULTIRANGE:
			return range_executes(get_multirange_range(type));
		default:
			return false;
	}
}

/* ------------------------------- analysis -------------------------------- */

/* Puts a parameter where a text is; names of types stay. */
static bool
hide(Node *node, void *context)
{
	if (node == NULL || IsA(node, TypeName) || campaign_is_json_path(node))
		return false;
	if (IsA(node, A_Const))
	{
		A_Const    *literal = (A_Const *) node;
		int			location = literal->location;

		if (literal->isnull || !IsA(&literal->val, String))
			return false;
		memset(node, 0, sizeof(ParamRef));
		node->type = T_ParamRef;
		((ParamRef *) node)->number = CAMPAIGN_LITERAL;
		((ParamRef *) node)->location = location;
		return false;
	}
	/* The walker does not go there. */
	if (IsA(node, CommonTableExpr) &&
		((CommonTableExpr *) node)->cycle_clause != NULL)
	{
		CTECycleClause *cycle = ((CommonTableExpr *) node)->cycle_clause;

		(void) hide(cycle->cycle_mark_value, context);
		(void) hide(cycle->cycle_mark_default, context);
	}
	return raw_expression_tree_walker(node, hide, context);
}

/* Changes the tree; the type of each is asked when it is analyzed. */
void
campaign_literal_hide(Node *tree)
{
	(void) hide(tree, NULL);
}

/* A parameter of the type. */
static Param *
make_parameter(Oid type, int32 typmod, int location)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = CAMPAIGN_LITERAL;
	param->paramtype = type;
	param->paramtypmod = typmod;
	param->paramcollid = get_typcollation(type);
	param->location = location;
	return param;
}

/* Its type is unknown, as that of a literal is. */
Node *
campaign_literal_hidden(const ParamRef *reference)
{
	return (Node *) make_parameter(UNKNOWNOID, -1, reference->location);
}

/* Parser hook; the parameter it gives is analyzed and thrown away. */
Node *
campaign_literal_coerce(ParseState *pstate, Param *param, Oid type,
						int32 typmod, int location)
{
	if (param->paramkind != PARAM_EXTERN ||
		param->paramid != CAMPAIGN_LITERAL || param->paramtype != UNKNOWNOID)
		return NULL;
	/* The check of a domain itself is not executed before the statement is. */
	if (campaign_literal_executes(getBaseType(type)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a literal of type %s cannot be read without executing functions",
						format_type_be(type)),
				 errhint("Have it read when the statement is executed: CAST(text '…' AS %s).",
						 format_type_be(type)),
				 parser_errposition(pstate, param->location)));
	return (Node *) make_parameter(type, typmod, param->location);
}
