/*
 * argument.h
 *		Arguments of SQL-callable functions.
 */
#ifndef CAMPAIGN_ARGUMENT_H
#define CAMPAIGN_ARGUMENT_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

/* Refuses NULL (22004), naming the argument. */
extern void campaign_argument_require(FunctionCallInfo fcinfo, int number,
									  const char *name);
/* The same with a hint of the function's own. */
extern void campaign_argument_require_hinted(FunctionCallInfo fcinfo,
											 int number, const char *name,
											 const char *hint);
/* A text argument that is neither NULL nor blank (22023). */
extern char *campaign_argument_filled(FunctionCallInfo fcinfo, int number,
									  const char *name, const char *hint);
/* A text argument; NULL if it is. */
extern char *campaign_argument_text(FunctionCallInfo fcinfo, int number);
/* A text argument that must not be NULL. */
extern char *campaign_argument_required(FunctionCallInfo fcinfo, int number,
										const char *name);
/* A jsonb argument; NULL if it is. */
extern Jsonb *campaign_argument_jsonb(FunctionCallInfo fcinfo, int number);

#endif							/* CAMPAIGN_ARGUMENT_H */
