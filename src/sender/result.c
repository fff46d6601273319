/*
 * result.c
 *		What became of a message, judged by what the server said.
 *
 * Only words about the message itself are final: a 5xx to the recipient or the
 * text of a mail, a 4xx of a webhook.  Whatever may be about this program, its
 * options or the way to the server is tried again.
 */
#include <string.h>

#include "sender.h"

/* A server that asks for longer is asked again after a day. */
#define LONGEST_DELAY 86400

/* Copies printable ASCII; other bytes become question marks. */
static void
copy_printable(char *to, size_t room, const char *from, size_t length)
{
	size_t		i;

	for (i = 0; i < length && i + 1 < room; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

/* Says what became of the message. */
void
sender_result_set(SenderMessage *message, SenderState state,
				  const char *reason)
{
	message->state = state;
	copy_printable(message->reason, sizeof(message->reason), reason,
				   strlen(reason));
}

/*
 * Keeps the last line of a mail server, or words of a webhook; for libcurl.
 * A good-bye (221) says nothing about the message.
 */
size_t
sender_result_keep(char *data, size_t size, size_t count, void *transfer)
{
	char	   *reply = ((SenderTransfer *) transfer)->reply;
	size_t		length = size * count;

	if (length > 3 && strncmp(data, "221", 3) == 0)
		return length;
	while (length > 0 && strchr("\r\n ", data[length - 1]) != NULL)
		length--;
	copy_printable(reply, sizeof(((SenderTransfer *) transfer)->reply), data,
				   length);
	return size * count;
}

/* True if there was no server, or none that wanted to speak to us. */
static bool
is_unreached(CURLcode code, long status, double connected)
{
	switch (code)
	{
		case CURLE_COULDNT_RESOLVE_PROXY:
		case CURLE_COULDNT_RESOLVE_HOST:
		case CURLE_COULDNT_CONNECT:
		case CURLE_REMOTE_ACCESS_DENIED:
		case CURLE_SSL_CONNECT_ERROR:
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_USE_SSL_FAILED:
		case CURLE_LOGIN_DENIED:
			return true;
		case CURLE_OPERATION_TIMEDOUT:
			return connected == 0;
		default:
			return code == CURLE_OK ? status == 401 || status == 407 :
				code == CURLE_WEIRD_SERVER_REPLY;
	}
}

/* True if a mail server judged the recipient or the text. */
static bool
is_mail_verdict(const SenderTransfer *transfer, CURLcode code)
{
	curl_off_t	uploaded = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	return strncmp(transfer->error, "RCPT", 4) == 0 ||
		strncmp(transfer->error, "DATA", 4) == 0 ||
		(code == CURLE_WEIRD_SERVER_REPLY && uploaded > 0);
}

/* Judges a mail. */
static SenderState
judge_mail(const SenderTransfer *transfer, CURLcode code, long status,
		   double connected)
{
	bool		verdict = is_mail_verdict(transfer, code);

	if (code == CURLE_OK)
		return SENDER_SENT;
	if (verdict && status >= 500)
		return SENDER_PERMANENT;
	if (!verdict && is_unreached(code, status, connected))
		return SENDER_UNREACHED;
	return SENDER_TEMPORARY;
}

/* Judges a call of a webhook. */
static SenderState
judge_call(CURLcode code, long status, double connected)
{
	if (is_unreached(code, status, connected))
		return SENDER_UNREACHED;
	if (code != CURLE_OK && status < 200)
		return SENDER_TEMPORARY;
	if (status >= 200 && status < 300)
		return SENDER_SENT;
	if (status < 400 || status >= 500 || status == 408 || status == 425 ||
		status == 429)
		return SENDER_TEMPORARY;
	return SENDER_PERMANENT;
}

/* Says what became of the message of a transfer that has ended. */
void
sender_result_judge(SenderTransfer *transfer, CURLcode code)
{
	SenderMessage *message = transfer->message;
	bool		mail = transfer->recipients != NULL;
	char		reason[512];
	long		status = 0;
	double		connected = 0;
	curl_off_t	delay = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME, &connected);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &delay);
	if (code != CURLE_OK && status < 400)
		snprintf(reason, sizeof(reason), "%s", *transfer->error ?
				 transfer->error : curl_easy_strerror(code));
	else if (mail)
		snprintf(reason, sizeof(reason), "%s", transfer->reply);
	else
		snprintf(reason, sizeof(reason), "HTTP %d %s", (int) status,
				 transfer->reply);
	sender_result_set(message, mail ?
					  judge_mail(transfer, code, status, connected) :
					  judge_call(code, status, connected), reason);
	if (message->state == SENDER_TEMPORARY && delay > 0)
		message->delay = delay < LONGEST_DELAY ? (long) delay : LONGEST_DELAY;
}

/*
 * True if the server had closed a connection that was kept for the message,
 * or did so with a 421, before it had anything of it.
 */
bool
sender_result_is_stale(const SenderTransfer *transfer)
{
	long		connects = 0;
	long		status = 0;
	curl_off_t	uploaded = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	return transfer->message->state == SENDER_TEMPORARY && connects == 0 &&
		uploaded == 0 && (status < 400 || status == 421);
}
