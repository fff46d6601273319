/*
 * field.h
 *		From a text in a file to a value in a column.
 */
#ifndef CAMPAIGN_FIELD_H
#define CAMPAIGN_FIELD_H

#include "postgres.h"

#include "fmgr.h"
#include "pgtime.h"
#include "utils/jsonb.h"

#include "set/target.h"

/* What becomes of an empty value. */
typedef enum CampaignFieldNulls
{
	CAMPAIGN_NULLS_DEFAULT,		/* NULL, but for a number an error */
	CAMPAIGN_NULLS_ALLOWED,		/* NULL */
	CAMPAIGN_NULLS_REFUSED		/* an error */
} CampaignFieldNulls;

typedef enum CampaignFieldCase
{
	CAMPAIGN_CASE_KEEP,
	CAMPAIGN_CASE_UPPER,
	CAMPAIGN_CASE_LOWER,
	CAMPAIGN_CASE_INITCAP
} CampaignFieldCase;

/* What becomes of a value that is an error. */
typedef enum CampaignFieldPolicy
{
	CAMPAIGN_FIELD_REJECT,		/* the line is rejected */
	CAMPAIGN_FIELD_NULL,		/* it is NULL; counted */
	CAMPAIGN_FIELD_FALLBACK		/* it is the default value; counted */
} CampaignFieldPolicy;

/* The rules of a column. */
typedef struct CampaignField
{
	const char *name;
	const char *header;			/* what it is called in the file */
	bool		ignored;
	Oid			type;			/* as it was written: may be a domain */
	int32		typmod;
	bool		trim;
	CampaignFieldCase letters;
	CampaignFieldNulls nulls;
	int			longest;		/* characters; 0: any number */
	Jsonb	   *remap;			/* text -> text or null; NULL: none */
	bool		only_mapped;	/* what is not in there is an error */
	const char *decimal;		/* of numbers; NULL: as SQL has them */
	const char *thousands;		/* or NULL */
	const char *format;			/* of dates and times; NULL: as SQL has them */
	pg_tz	   *zone;			/* NULL: that of the session */
	CampaignFieldPolicy policy;
	const char *fallback;		/* the default value; NULL is one */
	/* set by campaign_field_prepare: */
	FmgrInfo	input;
	Oid			ioparam;
	bool		number;
	Oid			base;			/* the type without domains */
	Datum		fallback_value;
	bool		fallback_null;
	/* counted by whoever converts: */
	int64		replaced;
} CampaignField;

/* Why a value was refused without an error having been raised. */
typedef struct CampaignFieldProblem
{
	int			sqlerrcode;
	const char *message;
} CampaignFieldProblem;

/* Looks up what conversion needs; refuses a default that is no value. */
extern void campaign_field_prepare(CampaignField *field);
/* The column that it becomes. */
extern CampaignColumn *campaign_field_column(const CampaignField *field);
/*
 * Converts a text, or NULL; false with a problem, or an error raised by an
 * input function, mean the same.  The text may be changed.
 */
extern bool campaign_field_convert(CampaignField *field, char *text,
								   Datum *value, bool *isnull,
								   CampaignFieldProblem *problem);

#endif							/* CAMPAIGN_FIELD_H */
