/*
 * literal.h
 *		Literals that could not be read without executing a user's code.
 */
#ifndef CAMPAIGN_SET_LITERAL_H
#define CAMPAIGN_SET_LITERAL_H

#include "postgres.h"

#include "parser/parse_node.h"

/* Hidden literals have this number as parameters. */
#define CAMPAIGN_LITERAL	(1 << 30)

/* True if reading a text as the type may execute functions of a user's. */
extern bool campaign_literal_executes(Oid type);

/* Puts parameters where the raw tree, which is changed, has texts. */
extern void campaign_literal_hide(Node *tree);

/* The parameter that a hidden literal is analyzed as. */
extern Node *campaign_literal_hidden(const ParamRef *reference);

/*
 * Parser hook: the type a hidden literal is read as is known.  Refuses it if
 * that would execute something; NULL for other parameters.
 */
extern Node *campaign_literal_coerce(ParseState *pstate, Param *param,
									 Oid type, int32 typmod, int location);

#endif
