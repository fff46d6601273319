/*
 * sender.h
 *		What the files of campaign-sender share.
 */
#ifndef SENDER_H
#define SENDER_H

#include <stdbool.h>
#include <stdio.h>

#include <curl/curl.h>
#include <libpq-fe.h>

/* Exit statuses; docs/sender.md explains them. */
#define SENDER_EXIT_USAGE		1
#define SENDER_EXIT_DATABASE	2
#define SENDER_EXIT_UNREACHED	3
#define SENDER_EXIT_UNSETTLED	4

/* As many messages are sent at the same time at most. */
#define SENDER_PARALLEL_LIMIT	500

typedef struct SenderOptions
{
	char	   *dbname;
	char	   *channel;
	char	   *lease;			/* an interval, judged by the database */
	char	   *smtp;			/* URL; either this or webhook is given */
	char	   *webhook;		/* URL */
	char	   *starttls;
	char	   *ca_file;
	char	   *user;
	char	   *password;		/* not from the command line */
	char	   *password_file;
	char	   *from;
	char	   *from_header;	/* from, encoded */
	char	   *from_address;	/* what of it stands between < and > */
	char	   *reply_to;
	char	   *reply_to_header;
	char	   *list_unsubscribe;
	char	   *test;			/* addresses, with commas between */
	char	   *campaign;		/* this and the next two say of which message */
	char	   *activity;
	char	   *key;
	int			batch;
	int			parallel;
	int			interval;		/* this and the next two in seconds */
	int			timeout;
	int			grace;
	int			once;			/* this and the next two are flags */
	int			no_feedback;
	int			verbose;
} SenderOptions;

/*
 * A message is untried until it is begun, and ends in one of the others.
 * Only of sent ones the database hears that they were sent.
 */
typedef enum SenderState
{
	SENDER_UNTRIED,
	SENDER_UNREACHED,			/* no server took part: not an attempt */
	SENDER_SENT,
	SENDER_TEMPORARY,
	SENDER_PERMANENT
} SenderState;

/* Texts belong to the lease; what is NULL in the database is empty. */
typedef struct SenderMessage
{
	const char *id;
	const char *key;
	const char *address;
	const char *subject;
	const char *body;
	const char *text;			/* the body without HTML */
	const char *unsubscribe;	/* URL of this message's own */
	const char *payload;		/* what a webhook gets */
	SenderState state;
	long		delay;			/* seconds; -1: as the queue sees fit */
	char		reason[240];	/* printable ASCII */
} SenderMessage;

/* What one claim returned. */
typedef struct SenderLease
{
	PGresult   *rows;			/* holds the texts */
	const char *id;
	SenderMessage *messages;
	int			count;
	double		begin_until;	/* this and the next on the clock of sender_now() */
	double		deadline;
} SenderLease;

typedef struct SenderBatch SenderBatch;

/* One of the messages being sent, and the libcurl handle it is sent with. */
typedef struct SenderTransfer
{
	SenderBatch *batch;
	SenderMessage *message;
	CURL	   *easy;
	curl_mime  *mime;
	struct curl_slist *headers;
	struct curl_slist *recipients;
	char		error[CURL_ERROR_SIZE];
	char		reply[160];		/* the server's last words */
} SenderTransfer;

typedef struct Sender
{
	SenderOptions options;
	PGconn	   *connection;
	double		lease_seconds;
	int			size;			/* of the next claim, at most options.batch */
	SenderTransfer *transfers;	/* one for each thread */
} Sender;

/* main.c */
extern bool sender_stopping(void);
extern bool sender_grace_over(int grace);
extern double sender_now(void);
extern void sender_log(const char *format,...)
	__attribute__((format(printf, 1, 2)));

/* options.c */
extern void sender_options_read(SenderOptions *options, int argc, char **argv);

/* header.c */
extern bool sender_header_is_safe(const char *text);
extern bool sender_header_is_address(const char *address);
extern bool sender_header_is_url(const char *url);
extern char *sender_header_text(const char *name, const char *text);
extern bool sender_header_mailbox(const char *name, const char *mailbox,
								  char **header, char **address);

/* queue.c */
extern bool sender_queue_open(Sender *sender);
extern int	sender_queue_claim(Sender *sender, SenderLease *lease);
extern int	sender_queue_preview(Sender *sender, SenderLease *lease);
extern bool sender_queue_wait(Sender *sender, double seconds);
extern int	sender_queue_settle(Sender *sender, const SenderLease *lease,
								bool again);

/* batch.c */
extern bool sender_batch_send(Sender *sender, SenderLease *lease);

/* result.c */
extern void sender_result_set(SenderMessage *message, SenderState state,
							  const char *reason);
extern void sender_result_judge(SenderTransfer *transfer, CURLcode code);
extern bool sender_result_is_stale(const SenderTransfer *transfer);
extern size_t sender_result_keep(char *data, size_t size, size_t count,
								 void *transfer);

/* smtp.c, webhook.c: false if the message cannot be sent and is settled */
extern bool sender_smtp_prepare(const SenderOptions *options,
								SenderTransfer *transfer);
extern bool sender_webhook_prepare(const SenderOptions *options,
								   SenderTransfer *transfer);

#endif							/* SENDER_H */
