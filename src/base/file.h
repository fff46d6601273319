/*
 * file.h
 *		Files of the server below the one folder that is set free for them.
 */
#ifndef CAMPAIGN_FILE_H
#define CAMPAIGN_FILE_H

#include "postgres.h"

/* A file being read; see campaign_file_open. */
typedef struct CampaignFile CampaignFile;

/* Why a role may not read, or write, files of the server, or NULL. */
extern const char *campaign_file_forbidden(Oid role, bool write);
/*
 * Opens a plain file below campaign.file_root; refuses whoever may not read
 * files of the server, names that lead out of the folder, symbolic links and
 * whatever is not a plain file.  It must be closed, or given up, by whoever
 * opened it.
 */
extern CampaignFile *campaign_file_open(const char *name);
/* Reads up to size bytes; 0 at the end. */
extern int	campaign_file_read(CampaignFile *file, char *buffer, int size);
/* Refuses a file that was changed since it was opened. */
extern void campaign_file_check_unchanged(const CampaignFile *file);
/* Closes it; may be called after an error. */
extern void campaign_file_close(CampaignFile *file);

/* A file that is there as a whole once it was placed, or not at all. */
typedef struct CampaignOutput CampaignOutput;

/* Begins a file below campaign.file_root, under a name nobody reads. */
extern CampaignOutput *campaign_output_open(const char *name);
extern void campaign_output_write(CampaignOutput *output, const char *data,
								  int length);
/* Has it take its name with campaign_outputs_place. */
extern void campaign_output_finish(CampaignOutput *output);
/*
 * Has the finished files of the transaction take their names, the last thing
 * before its commit; gives the error if one cannot, and then the transaction
 * is to be aborted.  Files that were not placed go with the transaction.
 */
extern ErrorData *campaign_outputs_place(void);

#endif							/* CAMPAIGN_FILE_H */
