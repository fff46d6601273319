/*
 * extract.h
 *		Rows of a select as lines of a file, or in a table of their own.
 */
#ifndef CAMPAIGN_EXTRACT_H
#define CAMPAIGN_EXTRACT_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "base/file.h"
#include "set/select.h"

/* How lines are written. */
typedef struct CampaignExtractFormat
{
	char		delimiter;
	const char *null_text;
	int			encoding;
	bool		header;
	List	   *names;			/* of columns, of char * */
} CampaignExtractFormat;

/* Writes the rows; gives their number.  The file is not finished. */
extern int64 campaign_extract_write(CampaignSelect *select,
									const CampaignExtractFormat *format,
									CampaignOutput *output);
/* Counts them, and writes nothing. */
extern int64 campaign_extract_count(CampaignSelect *select);
/*
 * The table of that name, under the search_path in force; made with the
 * columns of the query, under these names, if it is not there.  As the current
 * user, who owns it then.
 */
extern Oid	campaign_extract_table(const char *name, const Query *query,
								   List *names);
/* Takes all rows out of the table. */
extern void campaign_extract_empty(Oid relation);

#endif							/* CAMPAIGN_EXTRACT_H */
