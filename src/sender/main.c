/*
 * main.c
 *		campaign-sender: sends the messages of a campaign queue.
 *
 * One batch after the other is claimed, sent and acknowledged.  Signals are
 * only counted; the loops look at the count between two steps, so nothing is
 * interrupted that the database has to hear of.
 */
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sender.h"

/* Seconds between two looks at the signals, and two tries to acknowledge. */
#define SLICE 0.2
#define SETTLE_PAUSE 1

/* Longest pause while no server can be reached, in seconds. */
#define LONGEST_PAUSE 60

static volatile sig_atomic_t signals = 0;

/* Counts a request to stop. */
static void
count_signal(int number)
{
	(void) number;
	signals++;
}

/* True once the program has been asked to stop. */
bool
sender_stopping(void)
{
	return signals > 0;
}

/* True if so many seconds have passed since, or it was asked again. */
bool
sender_grace_over(int grace)
{
	static double since = 0;

	if (!sender_stopping())
		return false;
	if (since == 0)
		since = sender_now();
	return signals > 1 || sender_now() - since >= grace;
}

/* Seconds on a clock that nobody sets. */
double
sender_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Writes one line to standard error; any thread may. */
void
sender_log(const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	flockfile(stderr);
	fputs("campaign-sender: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	funlockfile(stderr);
	va_end(arguments);
}

/*
 * Waits, but not beyond a request to stop, nor, when idle, beyond the news that
 * there are messages.
 */
static void
rest(Sender *sender, double seconds, bool idle)
{
	double		end = sender_now() + seconds;
	double		left;

	while ((left = end - sender_now()) > 0 && !sender_stopping())
	{
		if (left > SLICE)
			left = SLICE;
		if (!idle)
			poll(NULL, 0, (int) (left * 1000) + 1);
		else if (sender_queue_wait(sender, left))
			break;
	}
}

/*
 * Acknowledges a batch; goes on trying while the lease lives, or until the
 * time to stop is over.  False, and a line in the log, if that came to nothing.
 */
static bool
settle(Sender *sender, const SenderLease *lease)
{
	bool		again = false;
	int			settled;

	while ((settled = sender_queue_settle(sender, lease, again)) < 0 &&
		   sender_now() <= lease->deadline &&
		   !sender_grace_over(sender->options.grace))
	{
		poll(NULL, 0, SETTLE_PAUSE * 1000);
		again = true;
	}
	if (settled <= 0)
		sender_log("lease %s was not acknowledged; what was sent may be sent again",
				   lease->id);
	return settled > 0;
}

/* True if the batch ended because no server was there. */
static bool
is_unreached(const SenderLease *lease)
{
	for (int i = 0; i < lease->count; i++)
	{
		if (lease->messages[i].state != SENDER_UNREACHED)
			continue;
		sender_log("server not reached: %s", lease->messages[i].reason);
		return true;
	}
	return false;
}

/*
 * Sends one batch and adds to the pause before the next; an exit status.  Ends
 * the program without tidying up if threads are still at work.
 */
static int
send_batch(Sender *sender, SenderLease *lease, double *pause)
{
	bool		complete = sender_batch_send(sender, lease);
	int			status = 0;

	if (!settle(sender, lease))
		status = SENDER_EXIT_UNSETTLED;
	else if (is_unreached(lease))
		status = SENDER_EXIT_UNREACHED;
	if (!complete)
		_exit(status == SENDER_EXIT_UNSETTLED ? status : 0);
	if (status != SENDER_EXIT_UNREACHED)
		*pause = 0;
	else
		*pause = *pause == 0 ? sender->options.interval :
			*pause * 2 < LONGEST_PAUSE ? *pause * 2 : LONGEST_PAUSE;
	return status;
}

/*
 * Claims and sends until asked to stop, or, with --once, until nothing is due.
 * A claim that fails ends the program if none has ever worked.
 */
static int
serve(Sender *sender)
{
	const SenderOptions *options = &sender->options;
	bool		worked = false;
	double		pause = 0;
	int			status = 0;

	while (!sender_stopping())
	{
		SenderLease lease;
		int			count = sender_queue_claim(sender, &lease);

		if (count < 0 && (options->once || !worked))
			return SENDER_EXIT_DATABASE;
		worked = true;
		if (count > 0)
			status = send_batch(sender, &lease, &pause);
		free(lease.messages);
		PQclear(lease.rows);
		if (options->once && (count == 0 || status != 0))
			return status;
		rest(sender, count <= 0 ? options->interval : pause, count <= 0);
	}
	return status == SENDER_EXIT_UNSETTLED ? status : 0;
}

/* Sends a test to the addresses given; nothing of it is in the queue. */
static int
test(Sender *sender)
{
	SenderLease lease;
	int			unsent = 0;

	if (sender_queue_preview(sender, &lease) < 0)
		return SENDER_EXIT_DATABASE;
	(void) sender_batch_send(sender, &lease);
	for (int i = 0; i < lease.count; i++)
	{
		const SenderMessage *message = &lease.messages[i];

		sender_log("%s: %s", message->address,
				   message->state == SENDER_SENT ? "sent" : message->reason);
		unsent += message->state != SENDER_SENT;
	}
	free(lease.messages);
	PQclear(lease.rows);
	return unsent > 0 ? SENDER_EXIT_UNREACHED : 0;
}

/* Does what the options say. */
int
main(int argc, char **argv)
{
	Sender		sender = {.connection = NULL};
	struct sigaction action = {.sa_handler = count_signal};
	int			status = SENDER_EXIT_DATABASE;

	sender_options_read(&sender.options, argc, argv);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	sender.size = sender.options.batch;
	sender.transfers = calloc(sender.options.parallel, sizeof(SenderTransfer));
	if (sender_queue_open(&sender))
		status = sender.options.test ? test(&sender) : serve(&sender);
	for (int i = 0; i < sender.options.parallel; i++)
		curl_easy_cleanup(sender.transfers[i].easy);
	PQfinish(sender.connection);
	return status;
}
