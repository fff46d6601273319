/*
 * smtp.c
 *		A message as a mail.
 *
 * Each recipient gets a mail of their own.  The Message-ID is made from the
 * idempotency key, so a mail that is sent again after a crash is known to be
 * the same to servers and mailboxes that look.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "sender.h"

/* Adds a header line. */
static void
add_header(SenderTransfer *transfer, const char *line)
{
	transfer->headers = curl_slist_append(transfer->headers, line);
}

/* Adds an encoded header, which is freed. */
static void
add_text_header(SenderTransfer *transfer, const char *name, const char *text)
{
	char	   *line = sender_header_text(name, text);

	add_header(transfer, line);
	free(line);
}

/* Adds how to unsubscribe: by one click (RFC 8058) where the URL allows it. */
static void
add_unsubscribe(SenderTransfer *transfer, const char *template)
{
	const SenderMessage *message = transfer->message;
	char	   *line = NULL;
	size_t		size;
	FILE	   *out = open_memstream(&line, &size);

	fputs("List-Unsubscribe: <", out);
	while (*template != '\0')
	{
		bool		id = strncmp(template, "{message_id}", 12) == 0;
		bool		key = strncmp(template, "{idempotency_key}", 17) == 0;

		if (id || key)
			fputs(id ? message->id : message->key, out);
		else
			fputc(*template, out);
		template += id ? 12 : key ? 17 : 1;
	}
	fputc('>', out);
	fclose(out);
	add_header(transfer, line);
	if (strncasecmp(line, "List-Unsubscribe: <https://", 27) == 0)
		add_header(transfer, "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
	free(line);
}

/* Adds all headers but those of MIME. */
static void
add_headers(const SenderOptions *options, SenderTransfer *transfer)
{
	const SenderMessage *message = transfer->message;
	time_t		now = time(NULL);
	struct tm	parts;
	char		line[600];

	strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S +0000",
			 gmtime_r(&now, &parts));
	add_header(transfer, line);
	add_header(transfer, options->from_header);
	if (options->reply_to_header != NULL)
		add_header(transfer, options->reply_to_header);
	snprintf(line, sizeof(line), "To: <%s>", message->address);
	add_header(transfer, line);
	add_text_header(transfer, "Subject", message->subject);
	snprintf(line, sizeof(line), "Message-ID: <%s%s>", message->key,
			 strrchr(options->from_address, '@'));
	add_header(transfer, line);
	if (sender_header_is_url(message->unsubscribe))
		add_unsubscribe(transfer, message->unsubscribe);
	else if (options->list_unsubscribe != NULL)
		add_unsubscribe(transfer, options->list_unsubscribe);
}

/* Adds a text, with line ends as mail wants them. */
static void
add_part(curl_mime *mime, const char *text, const char *type)
{
	curl_mimepart *part = curl_mime_addpart(mime);
	char	   *lines = NULL;
	size_t		size;
	FILE	   *out = open_memstream(&lines, &size);

	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c == '\n' && (c == text || c[-1] != '\r'))
			fputc('\r', out);
		fputc(*c, out);
	}
	fclose(out);
	curl_mime_data(part, lines, size);
	curl_mime_type(part, type);
	curl_mime_encoder(part, "quoted-printable");
	free(lines);
}

/* Makes the body: HTML, after the plain version if there is one. */
static void
add_body(SenderTransfer *transfer)
{
	const SenderMessage *message = transfer->message;

	add_header(transfer, "Content-Type: multipart/alternative");
	transfer->mime = curl_mime_init(transfer->easy);
	if (*message->text != '\0')
		add_part(transfer->mime, message->text, "text/plain; charset=utf-8");
	add_part(transfer->mime, message->body, "text/html; charset=utf-8");
}

/* Sets the transfer up for its message; false if that cannot be sent. */
bool
sender_smtp_prepare(const SenderOptions *options, SenderTransfer *transfer)
{
	SenderMessage *message = transfer->message;
	CURL	   *easy = transfer->easy;

	if (!sender_header_is_address(message->address))
		sender_result_set(message, SENDER_PERMANENT, "malformed address");
	else if (!sender_header_is_safe(message->subject))
		sender_result_set(message, SENDER_PERMANENT, "malformed subject");
	if (message->state == SENDER_PERMANENT)
		return false;
	add_headers(options, transfer);
	add_body(transfer);
	transfer->recipients = curl_slist_append(NULL, message->address);
	curl_easy_setopt(easy, CURLOPT_URL, options->smtp);
	curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)
					 (strcmp(options->starttls, "required") == 0 ? CURLUSESSL_ALL :
					  strcmp(options->starttls, "try") == 0 ? CURLUSESSL_TRY :
					  CURLUSESSL_NONE));
	curl_easy_setopt(easy, CURLOPT_USERNAME, options->user);
	curl_easy_setopt(easy, CURLOPT_PASSWORD, options->password);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, options->from_address);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer->recipients);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_MIMEPOST, transfer->mime);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, sender_result_keep);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	return true;
}
