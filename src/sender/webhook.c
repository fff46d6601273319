/*
 * webhook.c
 *		A message as a call of a webhook.
 *
 * The database writes the JSON.  A password without a user is a bearer token.
 */
#include "sender.h"

/* Sets the transfer up for its message; false if that cannot be sent. */
bool
sender_webhook_prepare(const SenderOptions *options, SenderTransfer *transfer)
{
	SenderMessage *message = transfer->message;
	CURL	   *easy = transfer->easy;
	char		line[200];

	if (!sender_header_is_safe(message->address))
	{
		sender_result_set(message, SENDER_PERMANENT, "malformed address");
		return false;
	}
	snprintf(line, sizeof(line), "Idempotency-Key: %s", message->key);
	transfer->headers = curl_slist_append(NULL, line);
	transfer->headers = curl_slist_append(transfer->headers,
										  "Content-Type: application/json");
	/* Without waiting for "100 Continue", which a large body would. */
	transfer->headers = curl_slist_append(transfer->headers, "Expect:");
	curl_easy_setopt(easy, CURLOPT_URL, options->webhook);
	if (options->password != NULL && options->user == NULL)
	{
		curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long) CURLAUTH_BEARER);
		curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, options->password);
	}
	else
	{
		curl_easy_setopt(easy, CURLOPT_USERNAME, options->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, options->password);
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, message->payload);
	return true;
}
