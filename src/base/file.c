/*
 * file.c
 *		Files of the server below the one folder that is set free for them.
 *
 * A name is walked folder by folder, each opened beneath the one before and
 * never through a symbolic link, so that there is no moment at which a path
 * that was looked at can be swapped for another.
 *
 * A file is written under a hidden name and takes its own when all else of the
 * transaction is done, while a failure of that can still be recorded.  So it
 * may be there although the transaction failed at the very last moment, whole
 * and to be replaced by the next attempt, but never the other way round.  What
 * a crash has left under a hidden name is taken over by the next attempt, or
 * removed by the next output to the folder: nobody has it locked.
 */
#include "postgres.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "common/file_perm.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/memutils.h"

#include "base/attempt.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/settings.h"
#include "base/text.h"

/* Bytes that are collected before they are written. */
#define OUTPUT_BUFFER	(64 * 1024)

/* What hidden names end with, so that nobody else's file has such a one. */
#define HIDDEN_SUFFIX	".campaign_part"

struct CampaignFile
{
	int			fd;
	int			folder;			/* descriptor of the folder it is in */
	const char *part;			/* its name there */
	const char *name;
	struct stat first;			/* as it was when it was opened */
};

struct CampaignOutput
{
	CampaignOutput *next;		/* of those of the transaction */
	int			folder;			/* descriptor of the folder it is in */
	int			fd;
	char	   *name;			/* within the folder */
	char	   *hidden;
	bool		finished;
	SubTransactionId subid;		/* that answers for it */
	int			used;
	char		buffer[OUTPUT_BUFFER];
};

/* Files of this transaction that have not taken their names. */
static CampaignOutput *outputs = NULL;

/* -------------------------------- names --------------------------------- */

/* Why a role may not read, or write, files of the server, or NULL. */
const char *
campaign_file_forbidden(Oid role, bool write)
{
	if (campaign_file_root == NULL || *campaign_file_root == '\0')
		return "setting campaign.file_root is empty";
	if (has_privs_of_role(role, write ? ROLE_PG_WRITE_SERVER_FILES :
						  ROLE_PG_READ_SERVER_FILES))
		return NULL;
	return write ? "its owner is no member of pg_write_server_files" :
		"its owner is no member of pg_read_server_files";
}

/* Refuses whoever may not read, or write, files of the server. */
static void
require_right(bool write)
{
	const char *forbidden = campaign_file_forbidden(GetUserId(), write);

	if (forbidden != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("no file of the server can be %s: %s",
						write ? "written" : "read", forbidden),
				 errhint("An administrator sets campaign.file_root to a folder, and grants the role.")));
}

/* Refuses a name that leads out of the folder, or to nothing. */
static void
refuse_name(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_NAME),
			 errmsg("invalid name of a file: \"%s\"", name),
			 errhint("It is a path below campaign.file_root, without \".\" and \"..\", not longer than %d bytes.",
					 MAXPGPATH - 1)));
}

/* The parts of a name, of char *; refuses one that leads elsewhere. */
static List *
split_name(const char *name)
{
	List	   *parts = NIL;
	const char *from = name;

	if (*name == '\0' || strlen(name) >= MAXPGPATH)
		refuse_name(name);
	for (;;)
	{
		size_t		length = strcspn(from, "/");
		char	   *part = pnstrdup(from, length);

		if (length == 0 || strcmp(part, ".") == 0 || strcmp(part, "..") == 0)
			refuse_name(name);
		parts = lappend(parts, part);
		if (from[length] == '\0')
			return parts;
		from += length + 1;
	}
}

/* Refuses with the reason in errno. */
static void
refuse_opening(const char *name)
{
	bool		link = errno == ELOOP || errno == EMLINK;

	ereport(ERROR,
			(link ? errcode(ERRCODE_INSUFFICIENT_PRIVILEGE) :
			 errcode_for_file_access(),
			 errmsg("could not open file \"%s\": %m", name),
			 errhint("%s", link ? "Symbolic links are not followed." :
					 "It is looked for below campaign.file_root.")));
}

/* True if the descriptor is that of the server's own folder. */
static bool
is_data_folder(int fd)
{
	struct stat here;
	struct stat data;

	return fstat(fd, &here) == 0 && stat(DataDir, &data) == 0 &&
		here.st_dev == data.st_dev && here.st_ino == data.st_ino;
}

/* True if the folder lies within that of the server, which is not for this. */
static bool
is_within_data_folder(int fd)
{
	int			folder = dup(fd);
	bool		within = false;
	struct stat here;
	struct stat above;

	while (folder >= 0 && !within)
	{
		int			parent = openat(folder, "..", O_RDONLY | O_DIRECTORY);

		within = is_data_folder(folder);
		if (parent < 0 || fstat(folder, &here) != 0 ||
			fstat(parent, &above) != 0 ||
			(here.st_dev == above.st_dev && here.st_ino == above.st_ino))
		{
			if (parent >= 0)
				close(parent);
			break;
		}
		close(folder);
		folder = parent;
	}
	if (folder >= 0)
		close(folder);
	return within;
}

/*
 * Opens the folder that the last part of the name is in; the caller closes it.
 */
static int
open_folder(const char *name, List *parts)
{
	int			folder = open(campaign_file_root, O_RDONLY | O_DIRECTORY);

	for (int i = 0; folder >= 0 && i < list_length(parts) - 1; i++)
	{
		int			next = openat(folder, list_nth(parts, i),
								  O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		int			reason = errno;

		/* A link to a folder is, to the kernel, not a folder. */
		if (next < 0 && reason == ENOTDIR)
		{
			struct stat found;

			if (fstatat(folder, list_nth(parts, i), &found,
						AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(found.st_mode))
				reason = ELOOP;
		}
		close(folder);
		folder = next;
		errno = reason;
	}
	if (folder < 0)
		refuse_opening(name);
	if (is_within_data_folder(folder))
	{
		close(folder);
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("file \"%s\" lies in the data directory", name),
				 errhint("Set campaign.file_root to a folder of its own.")));
	}
	return folder;
}

/* ------------------------------- reading -------------------------------- */

/* Opens a plain file for reading. */
CampaignFile *
campaign_file_open(const char *name)
{
	CampaignFile *file = palloc0(sizeof(CampaignFile));
	List	   *parts;

	require_right(false);
	parts = split_name(name);
	file->folder = open_folder(name, parts);
	file->part = llast(parts);
	file->name = pstrdup(name);
	/* Without waiting: a pipe that nobody writes to would never open. */
	file->fd = openat(file->folder, file->part,
					  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0)
	{
		int			reason = errno;

		campaign_file_close(file);
		errno = reason;
		refuse_opening(name);
	}
	if (fstat(file->fd, &file->first) != 0 || !S_ISREG(file->first.st_mode))
	{
		campaign_file_close(file);
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a plain file", name),
				 errhint("Folders, pipes and devices are not read.")));
	}
	return file;
}

/* Reads up to size bytes; 0 at the end. */
int
campaign_file_read(CampaignFile *file, char *buffer, int size)
{
	ssize_t		bytes;

	do
	{
		CHECK_FOR_INTERRUPTS();
		bytes = read(file->fd, buffer, size);
	} while (bytes < 0 && errno == EINTR);
	if (bytes < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", file->name)));
	return (int) bytes;
}

/* Refuses a file that was changed, or replaced, since it was opened. */
void
campaign_file_check_unchanged(const CampaignFile *file)
{
	struct stat now;
	struct stat named;

	if (fstat(file->fd, &now) == 0 && now.st_size == file->first.st_size &&
		now.st_mtim.tv_sec == file->first.st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == file->first.st_mtim.tv_nsec &&
		fstatat(file->folder, file->part, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		named.st_dev == now.st_dev && named.st_ino == now.st_ino)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("file \"%s\" was changed while it was read", file->name),
			 errhint("Write it under another name and rename it when it is whole; then call campaign_retry().")));
}

/* Closes it. */
void
campaign_file_close(CampaignFile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->folder >= 0)
		close(file->folder);
	file->fd = -1;
	file->folder = -1;
}

/* ------------------------------- writing -------------------------------- */

/* Forgets an output; its hidden file goes if it has not taken its name. */
static void
discard(CampaignOutput *output)
{
	CampaignOutput **link = &outputs;

	while (*link != output)
		link = &(*link)->next;
	*link = output->next;
	if (output->hidden != NULL)
		(void) unlinkat(output->folder, output->hidden, 0);
	if (output->fd >= 0)
		close(output->fd);
	close(output->folder);
	pfree(output);
}

/* Has a finished file take its name, so that it outlasts a crash. */
static void
take_name(CampaignOutput *output)
{
	if (renameat(output->folder, output->hidden, output->folder,
				 output->name) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not rename file \"%s\" to \"%s\": %m",
						output->hidden, output->name)));
	output->hidden = NULL;
	CAMPAIGN_FAULT("file_named");
	if (enableFsync && fsync(output->folder) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not flush the folder of file \"%s\": %m",
						output->name)));
	discard(output);
}

/* Has all finished files take their names; for campaign_attempt. */
static void
take_names(void *arg)
{
	CAMPAIGN_FAULT("file_written");
	while (outputs != NULL && outputs->finished)
		take_name(outputs);
}

/* Has the finished files of the transaction take their names. */
ErrorData *
campaign_outputs_place(void)
{
	return outputs == NULL ? NULL : campaign_attempt(take_names, NULL);
}

/* What has not taken its name goes with the transaction, however it ends. */
static void
end_transaction(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE &&
		event != XACT_EVENT_ABORT)
		return;
	while (outputs != NULL)
		discard(outputs);
}

/* What a subtransaction began ends with it, or becomes its parent's. */
static void
end_subtransaction(SubXactEvent event, SubTransactionId subid,
				   SubTransactionId parent, void *arg)
{
	CampaignOutput *output = outputs;

	while (output != NULL)
	{
		CampaignOutput *next = output->next;

		if (output->subid == subid && event == SUBXACT_EVENT_COMMIT_SUB)
			output->subid = parent;
		else if (output->subid == subid && event == SUBXACT_EVENT_ABORT_SUB)
			discard(output);
		output = next;
	}
}

/* Asks to be told about the ends of transactions, once per process. */
static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	RegisterXactCallback(end_transaction, NULL);
	RegisterSubXactCallback(end_subtransaction, NULL);
	registered = true;
}

/*
 * Refuses a name that is taken by what is no plain file, before all is written
 * in vain.
 */
static void
check_replaceable(int folder, const char *part, const char *name)
{
	struct stat found;

	if (fstatat(folder, part, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
		!S_ISREG(found.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a plain file", name),
				 errhint("Folders, links, pipes and devices are not replaced.")));
}

/*
 * Opens the hidden file, which may be what a crash has left, and keeps others
 * from writing it until it has its name.
 */
static void
create_hidden(CampaignOutput *output, int folder, char *hidden,
			  const char *name)
{
	struct stat opened;
	struct stat named;

	output->fd = openat(folder, hidden,
						O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
						pg_file_create_mode);
	if (output->fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create file \"%s\": %m", name)));
	/* Whoever wrote it may have renamed it between the two. */
	if (flock(output->fd, LOCK_EX | LOCK_NB) != 0 ||
		fstat(output->fd, &opened) != 0 ||
		fstatat(folder, hidden, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
		opened.st_ino != named.st_ino || !S_ISREG(opened.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("file \"%s\" is being written by somebody else",
						name)));
	/* What it is written to must be ours, and be nothing else as well. */
	if (opened.st_uid != geteuid() || opened.st_nlink != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("file \"%s\" cannot be written: \"%s\" was put beside it by somebody else",
						name, hidden),
				 errhint("Remove it, and let only the server write to the folder.")));
	output->hidden = hidden;
	if (ftruncate(output->fd, 0) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not truncate file \"%s\": %m", name)));
}

/* True if that is a name under which files are written. */
static bool
is_hidden(const char *name)
{
	size_t		length = strlen(name);
	size_t		suffix = strlen(HIDDEN_SUFFIX);

	return *name == '.' && length > suffix + 1 &&
		strcmp(name + length - suffix, HIDDEN_SUFFIX) == 0;
}

/* Removes a hidden file unless somebody is writing it. */
static void
remove_abandoned(int folder, const char *name)
{
	int			fd = openat(folder, name,
							O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void) unlinkat(folder, name, 0);
	close(fd);
}

/* Removes what crashes have left in the folder, under other names. */
static void
sweep_folder(int folder, const char *own)
{
	int			copy = openat(folder, ".", O_RDONLY | O_DIRECTORY);
	DIR		   *entries = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (entries == NULL)
	{
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(entries)) != NULL)
	{
		if (is_hidden(entry->d_name) && strcmp(entry->d_name, own) != 0)
			remove_abandoned(folder, entry->d_name);
	}
	closedir(entries);
}

/* Begins a file under a hidden name, the same at each attempt. */
CampaignOutput *
campaign_output_open(const char *name)
{
	CampaignOutput *output;
	List	   *parts;
	char	   *hidden;
	int			folder;

	require_right(true);
	parts = split_name(name);
	folder = open_folder(name, parts);
	register_callbacks();
	output = MemoryContextAllocZero(TopTransactionContext,
									sizeof(CampaignOutput));
	output->folder = folder;
	output->fd = -1;
	output->subid = GetCurrentSubTransactionId();
	output->next = outputs;
	outputs = output;
	output->name = MemoryContextStrdup(TopTransactionContext, llast(parts));
	hidden = MemoryContextStrdup(TopTransactionContext,
								 psprintf(".%s" HIDDEN_SUFFIX, output->name));
	check_replaceable(folder, output->name, name);
	sweep_folder(folder, hidden);
	create_hidden(output, folder, hidden, name);
	return output;
}

/* Writes what is collected. */
static void
flush(CampaignOutput *output)
{
	int			done = 0;

	while (done < output->used)
	{
		ssize_t		bytes;

		CHECK_FOR_INTERRUPTS();
		bytes = write(output->fd, output->buffer + done, output->used - done);
		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes <= 0)
		{
			if (bytes == 0)
				errno = ENOSPC;
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not write file \"%s\": %m",
							output->name)));
		}
		done += (int) bytes;
	}
	output->used = 0;
}

/* Adds to the file. */
void
campaign_output_write(CampaignOutput *output, const char *data, int length)
{
	while (length > 0)
	{
		int			part = Min(length, OUTPUT_BUFFER - output->used);

		memcpy(output->buffer + output->used, data, part);
		output->used += part;
		data += part;
		length -= part;
		if (output->used == OUTPUT_BUFFER)
			flush(output);
	}
}

/* Has it take its name with campaign_outputs_place. */
void
campaign_output_finish(CampaignOutput *output)
{
	flush(output);
	if (pg_fsync(output->fd) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not flush file \"%s\": %m", output->name)));
	/* It stays open, so that nobody else begins to write it. */
	output->finished = true;
}
