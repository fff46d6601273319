/*
 * errors.h
 *		SQLSTATEs of our own, and the check for "our own tables disagree".
 *
 * Callers tell situations apart by SQLSTATE, so a code is part of the
 * interface (docs/reference.md lists all); the server's own classes are used
 * wherever one says what happened.
 */
#ifndef CAMPAIGN_ERRORS_H
#define CAMPAIGN_ERRORS_H

#include "postgres.h"

/* A campaign, run, activity … of that name or number is not there (for you). */
#define ERRCODE_CAMPAIGN_NOT_FOUND	ERRCODE_UNDEFINED_OBJECT
/* The verb is not allowed in the state the object is in. */
#define ERRCODE_CAMPAIGN_STATE		ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE

/* For what only damage to our tables can cause: a clean error, no crash. */
#define campaign_ensure(condition, ...) \
	do { \
		if (unlikely(!(condition))) \
			ereport(ERROR, \
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), \
					 errmsg_internal(__VA_ARGS__), \
					 errhint("The tables of the extension are inconsistent; was schema \"campaign\" changed by hand?"))); \
	} while (0)

#endif							/* CAMPAIGN_ERRORS_H */
