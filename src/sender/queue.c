/*
 * queue.c
 *		The queue in the database, as a sender sees it.
 *
 * Each call is a statement and a transaction of its own: a claim is committed
 * before anything is sent.  A lost connection is made again by the next call;
 * what was sent meanwhile is acknowledged then, if the lease still lives.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "sender.h"

/*
 * Makes the extension's schema the first, has the lease understood, and asks
 * whether the channel's messages are mails.
 */
#define GREETING \
	"SELECT pg_catalog.set_config('search_path'," \
	" 'pg_catalog, ' || extnamespace::pg_catalog.regnamespace, false)," \
	" pg_catalog.date_part('epoch', $1::pg_catalog.interval)," \
	" coalesce((SELECT kind::text FROM campaign.channels WHERE name = $2), $2)" \
	" OPERATOR(pg_catalog.=) 'email'" \
	" FROM pg_catalog.pg_extension WHERE extname = 'campaign'"

/* Messages keep the order in which the queue hands them out. */
#define CLAIM \
	"SELECT message_id, lease, idempotency_key, address, subject, body," \
	" attributes->>'text', attributes->>'unsubscribe_url'," \
	" CASE WHEN $4::boolean THEN json_build_object('message_id', message_id," \
	" 'idempotency_key', idempotency_key, 'channel', $1::text," \
	" 'address', address, 'subject', subject, 'body', body," \
	" 'attributes', attributes, 'attempt', attempt)::text END" \
	" FROM campaign_claim($1::text, $2::integer, $3::interval)"

/* The message that a row would get, as if it had been claimed. */
#define PREVIEW \
	"SELECT n, NULL, 'test-' || md5(concat_ws(',', $1::text, $2::text," \
	" $3::text, a, statement_timestamp())), btrim(a), subject, body," \
	" attributes->>'text', NULL," \
	" CASE WHEN $5::boolean THEN json_build_object('message_id', NULL," \
	" 'channel', $6::text, 'address', btrim(a), 'subject', subject," \
	" 'body', body, 'attributes', attributes, 'test', true)::text END," \
	" reason" \
	" FROM campaign_preview($1, $2, $3)," \
	" unnest(string_to_array($4, ',')) WITH ORDINALITY AS t (a, n)"

/*
 * Mailboxes that do not exist (RFC 3463, RFC 7505) are bounces, which are hard
 * if not said otherwise.  Other refusals may be about who sends.
 */
#define REPORT \
	"SELECT (campaign_feedback(jsonb_agg(jsonb_build_object(" \
	"'message_id', f->'message_id', 'event', 'bounced'," \
	" 'detail', jsonb_build_object('reason', f->'reason'))))).recorded" \
	" FROM jsonb_array_elements($1::jsonb) f WHERE f->'permanent' = 'true'" \
	" AND f->>'reason' ~ '^55\\d 5\\.1\\.([1236]|10)\\M' HAVING count(*) > 0"

/* Sends a statement; NULL, and a line in the log, if it failed. */
static PGresult *
send_query(Sender *sender, const char *sql, int count,
		   const char *const *values)
{
	PGresult   *result = PQexecParams(sender->connection, sql, count, NULL,
									  values, NULL, NULL, 0);
	const char *message = PQerrorMessage(sender->connection);

	if (PQresultStatus(result) == PGRES_TUPLES_OK ||
		PQresultStatus(result) == PGRES_COMMAND_OK)
		return result;
	sender_log("database: %.*s", (int) strcspn(message, "\n"), message);
	PQclear(result);
	return NULL;
}

/* Prepares a new connection, which may have failed. */
static bool
greet(Sender *sender)
{
	const char *values[] = {sender->options.lease, sender->options.channel};
	const char *message = PQerrorMessage(sender->connection);
	PGresult   *result;
	PGresult   *listening = NULL;

	if (PQstatus(sender->connection) != CONNECTION_OK)
	{
		sender_log("%.*s", (int) strcspn(message, "\n"), message);
		return false;
	}
	result = send_query(sender, GREETING, 2, values);
	if (result == NULL)
		return false;
	if (PQntuples(result) == 0)
		sender_log("database \"%s\" has no extension campaign",
				   PQdb(sender->connection));
	else if (sender->options.smtp && PQgetvalue(result, 0, 2)[0] == 'f')
		sender_log("channel \"%s\" has no mails; use --webhook",
				   sender->options.channel);
	else
	{
		sender->lease_seconds = atof(PQgetvalue(result, 0, 1));
		listening = send_query(sender, "LISTEN campaign_dispatch", 0, NULL);
	}
	PQclear(result);
	PQclear(listening);
	return listening != NULL;
}

/* Connects, which takes 10 seconds at most if the conninfo does not differ. */
bool
sender_queue_open(Sender *sender)
{
	const char *keywords[] = {"connect_timeout", "tcp_user_timeout",
		"fallback_application_name", "dbname", "client_encoding", NULL};
	const char *values[] = {"10", "10000", "campaign-sender",
		sender->options.dbname, "UTF8", NULL};

	sender->connection = PQconnectdbParams(keywords, values, 1);
	if (!greet(sender))
		return false;
	if (sender->lease_seconds > 4 * sender->options.timeout)
		return true;
	sender_log("--lease must be longer than four times --timeout");
	return false;
}

/* Runs a statement, after connecting again if need be. */
static PGresult *
run_query(Sender *sender, const char *sql, int count,
		  const char *const *values)
{
	if (PQstatus(sender->connection) != CONNECTION_OK)
	{
		PQreset(sender->connection);
		if (!greet(sender))
			return NULL;
		sender_log("connected to the database again");
	}
	return send_query(sender, sql, count, values);
}

/* Takes the messages of a result: how many, or -1 if there is none. */
static int
read_lease(Sender *sender, SenderLease *lease, double start, PGresult *rows)
{
	memset(lease, 0, sizeof(*lease));
	lease->rows = rows;
	if (rows == NULL)
		return -1;
	lease->count = PQntuples(lease->rows);
	lease->messages = calloc(lease->count + 1, sizeof(SenderMessage));
	lease->begin_until = start + sender->lease_seconds / 4;
	lease->deadline = start + sender->lease_seconds;
	for (int i = 0; i < lease->count; i++)
		lease->messages[i] = (SenderMessage) {
			.id = PQgetvalue(lease->rows, i, 0),
			.key = PQgetvalue(lease->rows, i, 2),
			.address = PQgetvalue(lease->rows, i, 3),
			.subject = PQgetvalue(lease->rows, i, 4),
			.body = PQgetvalue(lease->rows, i, 5),
			.text = PQgetvalue(lease->rows, i, 6),
			.unsubscribe = PQgetvalue(lease->rows, i, 7),
			.payload = PQgetvalue(lease->rows, i, 8),
			.delay = -1,
			.reason = "not tried"
		};
	if (lease->count > 0)
		lease->id = PQgetvalue(lease->rows, 0, 1);
	return lease->count;
}

/* Claims a batch: how many messages, or -1 if that failed. */
int
sender_queue_claim(Sender *sender, SenderLease *lease)
{
	double		start = sender_now();
	char		size[16];
	const char *values[] = {sender->options.channel, size,
		sender->options.lease, sender->options.webhook ? "true" : "false"};

	snprintf(size, sizeof(size), "%d", sender->size);
	return read_lease(sender, lease, start,
					  run_query(sender, CLAIM, 4, values));
}

/*
 * Has the message rendered that a row would get, for each of the test's
 * addresses: how many, or -1 if there is none.
 */
int
sender_queue_preview(Sender *sender, SenderLease *lease)
{
	const SenderOptions *options = &sender->options;
	const char *values[] = {options->campaign, options->activity,
		options->key, options->test, options->webhook ? "true" : "false",
		options->channel};
	int			count = read_lease(sender, lease, sender_now(),
								   run_query(sender, PREVIEW, 6, values));

	if (count > 0 && !PQgetisnull(lease->rows, 0, 9))
		sender_log("the row itself would get no message: %s",
				   PQgetvalue(lease->rows, 0, 9));
	if (count <= 0 || (PQgetisnull(lease->rows, 0, 5) && !options->webhook))
		return -1;
	return count;
}

/*
 * Waits for messages to be announced; true if they were.  A connection that is
 * lost meanwhile has nothing to say, and is made again by the next claim.
 */
bool
sender_queue_wait(Sender *sender, double seconds)
{
	struct pollfd input = {PQsocket(sender->connection), POLLIN, 0};
	PGnotify   *news;
	bool		announced = false;

	poll(&input, 1, (int) (seconds * 1000) + 1);
	PQconsumeInput(sender->connection);
	while ((news = PQnotifies(sender->connection)) != NULL)
	{
		announced |= strcmp(news->extra, sender->options.channel) == 0;
		PQfreemem(news);
	}
	return announced;
}

/* Writes one element of what campaign_ack is told about failures. */
static void
describe_failure(FILE *out, const SenderMessage *message)
{
	fprintf(out, "{\"message_id\": %s, \"permanent\": %s", message->id,
			message->state == SENDER_PERMANENT ? "true" : "false");
	if (message->state <= SENDER_UNREACHED)
		fputs(", \"released\": true", out);
	else if (message->delay >= 0)
		fprintf(out, ", \"delay\": \"%d seconds\"", (int) message->delay);
	fputs(", \"reason\": \"", out);
	for (const char *c = message->reason; *c != '\0'; c++)
		fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	fputs("\"}", out);
}

/* An array of all that were not sent; NULL if none was tried. */
static char *
describe_failures(const SenderLease *lease)
{
	bool		touched = false;
	const char *comma = "";
	char	   *json = NULL;
	size_t		size;
	FILE	   *out = open_memstream(&json, &size);

	fputc('[', out);
	for (int i = 0; i < lease->count; i++)
	{
		if (lease->messages[i].state > SENDER_UNREACHED)
			touched = true;
		if (lease->messages[i].state == SENDER_SENT)
			continue;
		fputs(comma, out);
		describe_failure(out, &lease->messages[i]);
		comma = ",";
	}
	fputc(']', out);
	fclose(out);
	if (touched)
		return json;
	free(json);
	return NULL;
}

/* Reports bounces.  The batch is settled, so nothing depends on that. */
static void
report_bounces(Sender *sender, const SenderLease *lease, const char *failures)
{
	PGresult   *result = run_query(sender, REPORT, 1, &failures);

	if (result != NULL && PQntuples(result) > 0)
		sender_log("lease %s: %s bounces reported", lease->id,
				   PQgetvalue(result, 0, 0));
	PQclear(result);
}

/*
 * Tells the database what became of the messages: 1 if it took that, 0 if the
 * lease is not live any more, -1 if it could not be told.  Told again, it may
 * have heard it the first time.  A lease of which nothing was tried is given
 * back as a whole.
 */
int
sender_queue_settle(Sender *sender, const SenderLease *lease, bool again)
{
	char	   *failures = describe_failures(lease);
	const char *values[] = {lease->id, failures};
	const char *word;
	PGresult   *result;
	int			settled = -1;

	if (failures == NULL)
		result = run_query(sender, "SELECT 'settled', format('%s given back',"
						   " campaign_release($1::uuid))", 1, values);
	else
		result = run_query(sender, "SELECT result, format('%s: %s sent,"
						   " %s failed, %s to be tried again',"
						   " result, sent, failed, retried)"
						   " FROM campaign_ack($1::uuid, $2::jsonb)", 2, values);
	if (result != NULL)
	{
		word = PQgetvalue(result, 0, 0);
		settled = strcmp(word, "settled") == 0 ||
			(again && strcmp(word, "settled before") == 0);
		sender_log("lease %s: %s", lease->id, PQgetvalue(result, 0, 1));
	}
	PQclear(result);
	if (settled > 0 && failures != NULL && sender->options.smtp != NULL &&
		!sender->options.no_feedback)
		report_bounces(sender, lease, failures);
	free(failures);
	return settled;
}
