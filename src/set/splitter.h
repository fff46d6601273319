/*
 * splitter.h
 *		The values in a record of a text file.
 */
#ifndef CAMPAIGN_SPLITTER_H
#define CAMPAIGN_SPLITTER_H

#include "postgres.h"

#include "nodes/pg_list.h"

#include "set/lines.h"

/* How values stand in a record. */
typedef struct CampaignSplitFormat
{
	char		delimiter;
	char		quote;			/* '\0': nothing is quoted */
	char		escape;
	const char *null_text;		/* what stands for NULL, unquoted */
	int			nwidths;		/* 0: delimited */
	const int  *widths;			/* of values, in characters */
} CampaignSplitFormat;

typedef struct CampaignSplitter CampaignSplitter;

/* Refuses what COPY does not take, such as one character for two purposes. */
extern void campaign_splitter_check(const CampaignSplitFormat *format);
extern CampaignSplitter *campaign_splitter_open(const CampaignSplitFormat *format);
/*
 * The values of a record that has no problem, NULL for those that are; they
 * are good until the next one.
 */
extern int	campaign_splitter_split(CampaignSplitter *splitter,
									const CampaignLine *line, char ***fields);
extern void campaign_splitter_close(CampaignSplitter *splitter);

#endif							/* CAMPAIGN_SPLITTER_H */
