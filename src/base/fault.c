/*
 * fault.c
 *		Named points at which a test can make the server fail.
 *
 * A file is the trigger because it can be placed while the server is down and
 * outlives a crash, and because removing it is atomic: of several processes
 * that reach the point, one acts.
 */
#include "postgres.h"

#include "base/fault.h"

#ifdef CAMPAIGN_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* Writes the file anew, to be found whole by others. */
static bool
put_fault(const char *path, const char *action)
{
	char		fresh[MAXPGPATH];
	int			file;
	bool		written;

	snprintf(fresh, sizeof(fresh), "%s.%d", path, (int) getpid());
	file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | PG_BINARY, 0600);
	if (file < 0)
		return false;
	written = write(file, action, strlen(action)) == (ssize_t) strlen(action);
	close(file);
	return written && rename(fresh, path) == 0;
}

/*
 * Reads the action and removes the file; false if there is none, if another
 * process was quicker, or if the point is to be passed some more times.
 */
static bool
take_fault(const char *name, char *action, Size size)
{
	char		path[MAXPGPATH];
	int			file;
	ssize_t		length;
	int			times = 1;

	snprintf(path, sizeof(path), "campaign_faults/%s", name);
	file = open(path, O_RDONLY | PG_BINARY, 0);
	if (file < 0)
		return false;
	length = read(file, action, size - 1);
	close(file);
	if (length < 0)
		return false;
	action[length] = '\0';
	action[strcspn(action, "\r\n")] = '\0';
	if (strchr(action, ' ') != NULL)
		times = atoi(strchr(action, ' '));
	action[strcspn(action, " ")] = '\0';
	if (times > 1)
	{
		char		later[64];

		snprintf(later, sizeof(later), "%s %d", action, times - 1);
		(void) put_fault(path, later);
		return false;
	}
	return unlink(path) == 0;
}

/*
 * Does what the file of this name in campaign_faults asks for, once; without
 * the file it costs one system call.
 */
void
campaign_fault_reach(const char *name)
{
	char		action[32];

	if (!take_fault(name, action, sizeof(action)))
		return;
	if (strcmp(action, "kill") == 0)
	{
		kill(getpid(), SIGKILL);
		for (;;)
			pause();
	}
	ereport(strcmp(action, "panic") == 0 ? PANIC :
			strcmp(action, "fatal") == 0 ? FATAL : ERROR,
			(errcode(ERRCODE_SYSTEM_ERROR),
			 errmsg("fault point \"%s\" was reached", name)));
}

#endif							/* CAMPAIGN_FAULTS */
