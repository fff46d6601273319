/*
 * lines.h
 *		The records of a text file, one after the other.
 */
#ifndef CAMPAIGN_LINES_H
#define CAMPAIGN_LINES_H

#include "postgres.h"

#include "base/file.h"

/* A record of the file; good until the next one is asked for. */
typedef struct CampaignLine
{
	const char *text;			/* in the database's encoding, without its end */
	int			length;
	int64		number;			/* of its first line, from 1 */
	bool		several;		/* a quoted part of it spans lines */
	/* what is wrong with it as a whole: an SQLSTATE, and why; 0: nothing */
	int			sqlerrcode;
	const char *problem;
} CampaignLine;

/* How a file is to be read. */
typedef struct CampaignLineFormat
{
	int			encoding;
	char		quote;			/* '\0': nothing is quoted */
	char		escape;
	bool		multiline;		/* quoted parts may span lines */
	int			longest;		/* bytes a record may have */
} CampaignLineFormat;

typedef struct CampaignLines CampaignLines;

extern CampaignLines *campaign_lines_open(CampaignFile *file,
										  const CampaignLineFormat *format);
/*
 * The next record; false at the end.  One with a problem has been left out as
 * far as that goes: of what was not encoded properly there are question marks.
 */
extern bool campaign_lines_next(CampaignLines *lines, CampaignLine *line);
/*
 * Takes the lines of the record just given back, all but the first: quotes
 * that have held them together were none.
 */
extern void campaign_lines_break(CampaignLines *lines);

#endif							/* CAMPAIGN_LINES_H */
