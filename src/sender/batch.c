/*
 * batch.c
 *		Sends the messages of a lease, many at the same time.
 *
 * Each of some threads takes one message after the other and sends it with a
 * libcurl handle of its own, which keeps its connection.  It is not one thread
 * with libcurl's multi interface, because that stands still as a whole while
 * one mail server takes its time to accept a text or to say good-bye.  Only
 * the main thread speaks to the database.
 *
 * Messages are begun in the first quarter of the lease only; what is left then
 * is given back, and the next claim judges it anew: a claim knows who has
 * unsubscribed and which run was paused up to its instant.  Asking for less,
 * whether messages of this lease may still be sent, would take those that were
 * sent already out of it as well.  It follows that nothing is under way when
 * another sender may have it, even if the database is away.
 *
 * libcurl cannot be hurried out of waiting for a server.  When the time to stop
 * is over, threads are left alone with what they do: they work on copies, what
 * the lease says of their messages is that these have to be sent again, and the
 * end of the program ends them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sender.h"

/* Nanoseconds between two looks at signals and the lease. */
#define TICK 200000000

struct SenderBatch
{
	Sender	   *sender;
	SenderLease *lease;
	pthread_mutex_t lock;		/* for what follows */
	pthread_cond_t done;		/* a thread has ended */
	int			next;			/* the first message that was not begun */
	int			threads;
	int			unreached;		/* messages in a row */
	bool		abandoned;		/* time is over, nobody waits for the threads */
};

/* True while messages may be begun. */
static bool
has_time(const SenderBatch *batch)
{
	return !batch->abandoned && sender_now() < batch->lease->begin_until;
}

/*
 * Copies the next message; returns the original, or NULL if there is none that
 * may be begun.  Until put_back() it counts as broken off.
 */
static SenderMessage *
take(SenderBatch *batch, SenderMessage *copy)
{
	SenderMessage *message = NULL;

	pthread_mutex_lock(&batch->lock);
	if (batch->next < batch->lease->count && has_time(batch) &&
		batch->unreached < batch->sender->options.parallel)
	{
		message = &batch->lease->messages[batch->next++];
		*copy = *message;
		sender_result_set(message, SENDER_TEMPORARY,
						  "stopped while it was being sent");
	}
	pthread_mutex_unlock(&batch->lock);
	return message;
}

/* Says what became of the message, if anybody still wants to know. */
static void
put_back(SenderBatch *batch, SenderMessage *message, const SenderMessage *copy)
{
	static const char *const names[] = {"not tried", "server not reached",
		"sent", "to be tried again", "failed"};

	pthread_mutex_lock(&batch->lock);
	if (!batch->abandoned)
	{
		*message = *copy;
		batch->unreached = copy->state == SENDER_UNREACHED ?
			batch->unreached + 1 : 0;
		if (batch->sender->options.verbose)
			sender_log("message %s: %s: %s", copy->id, names[copy->state],
					   copy->reason);
	}
	pthread_mutex_unlock(&batch->lock);
}

/*
 * Sends a message.  The time a server may take is limited twice: libcurl does
 * not count its good-bye as part of the transfer.
 */
static void
perform(SenderTransfer *transfer, bool fresh)
{
	const SenderOptions *options = &transfer->batch->sender->options;
	CURL	   *easy = transfer->easy;

	curl_easy_reset(easy);
	transfer->error[0] = transfer->reply[0] = '\0';
	if (!(options->webhook ? sender_webhook_prepare :
		  sender_smtp_prepare) (options, transfer))
		return;
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, sender_result_keep);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long) options->timeout);
	curl_easy_setopt(easy, CURLOPT_FTP_RESPONSE_TIMEOUT,
					 (long) options->timeout);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 10L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long) fresh);
	if (options->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
	sender_result_judge(transfer, curl_easy_perform(easy));
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->recipients);
	curl_mime_free(transfer->mime);
	transfer->headers = transfer->recipients = NULL;
	transfer->mime = NULL;
}

/* True if the message has to be sent on a new connection, and may be. */
static bool
has_to_repeat(SenderTransfer *transfer)
{
	bool		result;

	pthread_mutex_lock(&transfer->batch->lock);
	result = sender_result_is_stale(transfer) && has_time(transfer->batch);
	pthread_mutex_unlock(&transfer->batch->lock);
	return result;
}

/* A thread: sends messages as long as there are any. */
static void *
work(void *argument)
{
	SenderTransfer *transfer = argument;
	SenderBatch *batch = transfer->batch;
	SenderMessage *message;
	SenderMessage copy;

	if (transfer->easy == NULL)
		transfer->easy = curl_easy_init();
	transfer->message = &copy;
	while ((message = take(batch, &copy)) != NULL)
	{
		perform(transfer, false);
		if (has_to_repeat(transfer))
			perform(transfer, true);
		put_back(batch, message, &copy);
	}
	pthread_mutex_lock(&batch->lock);
	batch->threads--;
	pthread_cond_signal(&batch->done);
	pthread_mutex_unlock(&batch->lock);
	return NULL;
}

/* Waits for the threads, as long as there is time. */
static void
attend(SenderBatch *batch)
{
	pthread_mutex_lock(&batch->lock);
	while (batch->threads > 0 && !batch->abandoned)
	{
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&batch->done, &batch->lock, &until);
		batch->abandoned = batch->threads > 0 &&
			sender_grace_over(batch->sender->options.grace);
	}
	pthread_mutex_unlock(&batch->lock);
}

/* Starts as many threads as are wanted and can be had. */
static int
start_threads(SenderBatch *batch, pthread_t *threads)
{
	int			started = 0;
	int			wanted = batch->sender->options.parallel;

	if (wanted > batch->lease->count)
		wanted = batch->lease->count;
	pthread_mutex_lock(&batch->lock);
	while (started < wanted)
	{
		batch->sender->transfers[started].batch = batch;
		if (pthread_create(&threads[started], NULL, work,
						   &batch->sender->transfers[started]) != 0)
			break;
		started++;
	}
	batch->threads = started;
	pthread_mutex_unlock(&batch->lock);
	return started;
}

/*
 * Has the next claim take as many messages as were begun in the time there is,
 * or twice as many as the last if all were.
 */
static void
adapt_size(const SenderBatch *batch)
{
	Sender	   *sender = batch->sender;

	sender->size = batch->next < batch->lease->count ? batch->next :
		sender->size * 2;
	if (sender->size < sender->options.parallel)
		sender->size = sender->options.parallel;
	if (sender->size > sender->options.batch)
		sender->size = sender->options.batch;
}

/*
 * Sends what it can; the messages say what became of them.  False if threads
 * were left alone, which go on using what they were given.
 */
bool
sender_batch_send(Sender *sender, SenderLease *lease)
{
	SenderBatch *batch = calloc(1, sizeof(SenderBatch));
	pthread_t	threads[SENDER_PARALLEL_LIMIT];
	int			started;

	batch->sender = sender;
	batch->lease = lease;
	pthread_mutex_init(&batch->lock, NULL);
	pthread_cond_init(&batch->done, NULL);
	started = start_threads(batch, threads);
	attend(batch);
	if (batch->abandoned)
		return false;
	while (started > 0)
		pthread_join(threads[--started], NULL);
	adapt_size(batch);
	free(batch);
	return true;
}
